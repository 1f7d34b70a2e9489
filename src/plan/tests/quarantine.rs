//! `quarantine`, `release` and `terminate`: what they send, what they refuse, and what keeps the evidence.

use super::*;
use crate::fleet::{InstanceId, Text};

const SAYS: &str = "INC-7 · ann · 2025-10-09 08:53Z";

/// `orders` with room in the sizes of blue, and its first instance.
fn roomy() -> (Orders, InstanceId) {
    let mut orders = orders(100, 0);
    let group = orders.world.group_mut("orders-blue");
    (group.min, group.max) = (1, 9);
    (orders, "i-blue0".into())
}

fn by() -> Author {
    Author { who: "ann".into(), at: read_at() }
}

fn quarantine(id: &InstanceId, how: Aside, replacement: bool, reason: &str) -> Intent {
    let (instance, reason) = (id.clone(), reason.into());
    let (cluster, group) = (super::id(), "orders-blue".into());
    Intent::Quarantine { cluster, group, instance, how, replacement, reason, by: by() }
}

fn release(instance: &InstanceId) -> Intent {
    let (cluster, group) = (id(), "orders-blue".into());
    Intent::Release { cluster, group, instance: instance.clone(), by: by() }
}

fn terminate(instance: &InstanceId) -> Intent {
    Intent::Terminate { cluster: id(), group: "orders-blue".into(), instance: instance.clone() }
}

fn made(orders: &Orders, intent: &Intent) -> Plan {
    planned(orders, intent, &History::default()).unwrap()
}

fn refusal(orders: &Orders, intent: &Intent) -> String {
    planned(orders, intent, &History::default()).unwrap_err().to_string()
}

fn calls(plan: &Plan) -> Vec<&Call> {
    plan.steps.iter().filter_map(|step| step.call.as_ref()).collect()
}

fn tag_of(plan: &Plan) -> Text {
    let tags = calls(plan).into_iter().find_map(|call| match call {
        Call::CreateTags(tags) => Some(&tags.tags[0]),
        _ => None,
    });
    tags.unwrap().value.clone()
}

/// Puts the instance into a lifecycle state, with these tags.
fn put(orders: &mut Orders, id: &InstanceId, lifecycle: &str, says: Option<&str>) {
    orders.world.group_mut("orders-blue").members[0].lifecycle = lifecycle.into();
    if let Some(says) = says {
        orders.world.instance_mut(id.raw()).tags.insert("flightdeck:quarantine".into(), says.into());
    }
}

/// Takes the instance out of its group.
fn detached(orders: &mut Orders, id: &InstanceId) {
    orders.world.group_mut("orders-blue").members.remove(0);
    orders.world.instance_mut(id.raw()).tags.insert("flightdeck:quarantine".into(), SAYS.into());
    orders
        .world
        .instance_mut(id.raw())
        .tags
        .insert("flightdeck:quarantined-from".into(), "orders-blue".into());
}

#[test]
fn a_suspect_is_marked_first_then_stands_by_and_its_group_has_to_be_whole() {
    let (orders, id) = roomy();
    let plan = made(&orders, &quarantine(&id, Aside::Standby, true, " INC-7 "));
    let [Call::CreateTags(tags), Call::EnterStandby(enter)] = calls(&plan)[..] else {
        panic!("{:?}", plan.steps)
    };
    assert_eq!(tag_of(&plan), SAYS.into());
    assert_eq!((tags.instance(), &tags.tags[1].value), (&id, &"orders-blue".into()));
    assert_eq!((enter.instance(), enter.decrement), (&id, false));
    assert_eq!(plan.steps.last().unwrap().wait.as_ref().unwrap().what, WaitFor::Aside);
    assert!(matches!(plan.way_back(), Some(Call::ExitStandby(exit)) if *exit.instance() == id));
    assert_eq!(plan.reach.lowest_healthy, Some(1));
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
    for says in ["kept: i-blue0", "lost: its connections", "release brings it back"] {
        assert!(plan.notes.iter().any(|note| note.contains(says)), "{says}: {:?}", plan.notes);
    }
}

#[test]
fn detaching_leads_nowhere_back_and_says_what_is_lost() {
    let (orders, id) = roomy();
    let plan = made(&orders, &quarantine(&id, Aside::Detach, false, "INC-7"));
    assert!(matches!(calls(&plan)[1], Call::DetachInstances(detach) if detach.decrement));
    assert_eq!(plan.way_back(), None);
    assert!(
        plan.notes.iter().any(|note| note.contains("lost: its place in orders-blue")),
        "{:?}",
        plan.notes
    );
}

#[test]
fn without_a_replacement_the_group_never_gets_smaller_than_it_may() {
    let (mut orders, id) = roomy();
    let smaller = made(&orders, &quarantine(&id, Aside::Standby, false, "INC-7"));
    assert!(matches!(calls(&smaller)[1], Call::EnterStandby(enter) if enter.decrement));
    orders.world.group_mut("orders-blue").min = 2;
    let why = refusal(&orders, &quarantine(&id, Aside::Standby, false, "INC-7"));
    assert!(why.contains("may not get smaller than 2"), "{why}");
    assert!(refusal(&orders, &quarantine(&id, Aside::Detach, false, "INC-7")).contains("smaller than 2"));
    made(&orders, &quarantine(&id, Aside::Standby, true, "INC-7"));
}

#[test]
fn a_group_at_its_largest_takes_nobody_back_and_says_so_before() {
    let (mut orders, id) = roomy();
    orders.world.group_mut("orders-blue").max = 2;
    let plan = made(&orders, &quarantine(&id, Aside::Standby, true, "INC-7"));
    assert_eq!(plan.way_back(), None);
    assert!(plan.notes.iter().any(|note| note.contains("as large as it may be")), "{:?}", plan.notes);
    put(&mut orders, &id, "Standby", Some(SAYS));
    let why = refusal(&orders, &release(&id));
    assert!(why.contains("may not get larger than 2"), "{why}");
}

#[test]
fn the_tag_is_clean_within_its_length_and_never_reads_like_a_release() {
    let (orders, id) = roomy();
    let tag = |reason: &str| tag_of(&made(&orders, &quarantine(&id, Aside::Standby, true, reason)));
    let long = tag(&"é".repeat(400));
    assert_eq!(long.raw().chars().count(), 256);
    assert!(long.raw().ends_with("é… · ann · 2025-10-09 08:53Z"), "{long}");
    assert_eq!(tag("\u{1b}]0;x\u{7} released · now").raw(), "]0;x released - now · ann · 2025-10-09 08:53Z");
    for reason in ["", "  ", "released"] {
        assert!(
            planned(&orders, &quarantine(&id, Aside::Standby, true, reason), &History::default()).is_err(),
            "{reason}"
        );
    }
}

#[test]
fn what_is_not_in_service_is_not_set_aside() {
    let (mut orders, id) = roomy();
    for how in [Aside::Standby, Aside::Detach] {
        for (lifecycle, expected) in [
            ("Warmed:Stopped", "warm pool"),
            ("Pending:Wait", "Pending:Wait"),
            ("Terminating", "Terminating"),
        ] {
            put(&mut orders, &id, lifecycle, None);
            let why = refusal(&orders, &quarantine(&id, how, true, "INC-7"));
            assert!(why.contains(expected), "{why}");
        }
    }
    assert!(refusal(&orders, &quarantine(&"i-blue1x".into(), Aside::Standby, true, "x")).contains("i-blue1"));
    put(&mut orders, &id, "Standby", None);
    let marked = made(&orders, &quarantine(&id, Aside::Standby, true, "INC-7"));
    assert!(matches!(calls(&marked)[..], [Call::CreateTags(_)]), "{:?}", marked.steps);
    assert!(refusal(&orders, &quarantine(&id, Aside::Detach, true, "INC-7")).contains("stands by"));
    put(&mut orders, &id, "Standby", Some(SAYS));
    let why = refusal(&orders, &quarantine(&id, Aside::Standby, true, "INC-8"));
    assert!(why.contains("in quarantine already: INC-7"), "{why}");
}

#[test]
fn a_live_group_is_not_left_without_enough_healthy_instances() {
    let (mut orders, id) = roomy();
    orders.world.group_mut("orders-blue").desired = 1;
    orders.world.group_mut("orders-blue").members.truncate(1);
    let plan = made(&orders, &quarantine(&id, Aside::Standby, true, "INC-7"));
    assert_eq!(verdict(&plan, "capacity").verdict, Answer::Block, "{:?}", verdict(&plan, "capacity"));
}

#[test]
fn what_stands_by_goes_back_into_service_and_is_marked_as_released_once_it_is_there() {
    let (mut orders, id) = roomy();
    put(&mut orders, &id, "Standby", Some(SAYS));
    let plan = made(&orders, &release(&id));
    let [Call::ExitStandby(_), Call::CreateTags(_)] = calls(&plan)[..] else { panic!("{:?}", plan.steps) };
    assert_eq!(tag_of(&plan), "released · ann · 2025-10-09 08:53Z".into());
    assert!(matches!(plan.way_back(), Some(Call::EnterStandby(enter)) if enter.decrement));
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
    put(&mut orders, &id, "InService", Some(SAYS));
    assert!(matches!(calls(&made(&orders, &release(&id)))[..], [Call::CreateTags(_)]));
    put(&mut orders, &id, "InService", Some("released · ann · now"));
    assert!(refusal(&orders, &release(&id)).contains("nothing to release"));
    detached(&mut orders, &id);
    let why = refusal(&orders, &release(&id));
    assert!(why.contains("was detached: no call of flightdeck puts it back"), "{why}");
}

#[test]
fn only_what_is_in_quarantine_is_ended() {
    let (mut orders, id) = roomy();
    for (lifecycle, says) in [
        ("InService", None),
        ("InService", Some(SAYS)),
        ("Standby", None),
        ("Standby", Some("released · ann")),
    ] {
        let (mut orders, _) = roomy();
        put(&mut orders, &id, lifecycle, says);
        let why = refusal(&orders, &terminate(&id));
        assert!(why.contains("not in quarantine") && why.contains("`replace i-blue0`"), "{lifecycle}: {why}");
    }
    put(&mut orders, &id, "Standby", Some(SAYS));
    let plan = made(&orders, &terminate(&id));
    assert!(matches!(calls(&plan)[..], [Call::TerminateInstances(end)] if *end.instance() == id));
    assert_eq!(plan.confirm.phrase, "orders terminate lue0");
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
    detached(&mut orders, &id);
    assert!(matches!(calls(&made(&orders, &terminate(&id)))[..], [Call::TerminateInstances(_)]));
    let fleet = orders.world.fleet();
    assert_eq!(standing(&fleet, &id), Ok((super::id(), "orders-blue".into())));
    assert!(standing(&fleet, &"i-blue1x".into()).unwrap_err().remedy.contains("i-blue1"));
}

#[test]
fn a_refresh_that_would_end_what_is_in_quarantine_is_blocked_and_one_that_ignores_it_passes() {
    let (mut orders, id) = roomy();
    orders.world.image("ami-3", "orders-1.2.0");
    let refresh = |standby| Intent::Refresh {
        cluster: super::id(),
        group: "orders-blue".into(),
        to: RefreshTo::Image("ami-3".into()),
        knobs: Knobs { standby, ..Knobs::default() },
    };
    let said = |orders: &Orders, standby| {
        let plan = made(orders, &refresh(standby));
        let Finding { verdict, why, .. } = verdict(&plan, "quarantined").clone();
        (verdict, why)
    };
    assert_eq!(said(&orders, Some(Standby::Terminate)).0, Answer::Pass);
    put(&mut orders, &id, "Standby", Some(SAYS));
    let (verdict, why) = said(&orders, Some(Standby::Terminate));
    assert!(verdict == Answer::Block && why.contains(SAYS), "{why}");
    assert_eq!(said(&orders, Some(Standby::Wait)).0, Answer::Warn);
    let (verdict, why) = said(&orders, None);
    assert!(verdict == Answer::Pass && why.contains("it stays: i-blue0"), "{why}");
    put(&mut orders, &id, "Standby", Some("released · ann · now"));
    assert_eq!(said(&orders, Some(Standby::Terminate)).0, Answer::Pass);
    // Tagged and in service: what set it aside was left half done, or taken back.
    put(&mut orders, &id, "InService", Some(SAYS));
    assert_eq!(said(&orders, None).0, Answer::Block);
    let replace = Intent::Replace {
        cluster: super::id(),
        group: "orders-blue".into(),
        instances: vec![id],
        batches: Batches::default(),
    };
    assert_eq!(verdict_of(&made(&orders, &replace)), Answer::Block);
    assert_eq!(can_override("quarantined"), Some(true));
}

fn verdict_of(plan: &Plan) -> Answer {
    verdict(plan, "quarantined").verdict
}

#[test]
fn an_intent_comes_back_from_json_and_the_tag_is_the_one_that_was_planned() {
    let (orders, id) = roomy();
    let intent = quarantine(&id, Aside::Detach, true, "INC-7");
    let text = serde_json::to_string(&intent).unwrap();
    assert_eq!(serde_json::from_str::<Intent>(&text).unwrap(), intent, "{text}");
    let later = read_at() + SignedDuration::from_secs(120);
    let again = plan(&intent, &orders.world.fleet(), &History::default(), &Policy::default(), later).unwrap();
    assert_eq!(again.digest, made(&orders, &intent).digest);
}
