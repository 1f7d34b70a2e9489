//! From intents to plans, over small worlds of raw facts.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::fleet::builders::{World, forward, read_at, target};
use crate::fleet::{
    Action, Exact, GroupStickiness, ListenerArn, LoadBalancerKind, Setting, SourceArn, TargetGroupArn,
    TargetState, same_actions,
};

mod drills;
mod groups;
mod guarded;
mod quarantine;
mod refresh_ends;
mod refreshes;
mod stand_up;
mod steps;
mod ways_back;

/// A cluster `orders` with a blue and a green side of two instances each, behind one listener.
pub(crate) struct Orders {
    pub(crate) world: World,
    pub(crate) blue: TargetGroupArn,
    pub(crate) green: TargetGroupArn,
    pub(crate) listener: ListenerArn,
}

pub(crate) fn orders(blue_weight: i32, green_weight: i32) -> Orders {
    let mut world = World::new();
    world.image("ami-1", "orders-1.0.0");
    world.image("ami-2", "orders-1.1.0");
    world.template("lt-blue", 1, "ami-1");
    world.template("lt-green", 1, "ami-2");
    for (colour, image) in [("blue", "ami-1"), ("green", "ami-2")] {
        world.group(&format!("orders-{colour}"), &format!("lt-{colour}"));
        for n in 0..2 {
            world.member(&format!("orders-{colour}"), &format!("i-{colour}{n}"), image);
        }
    }
    let blue = world.target_group("orders-blue", "orders-blue");
    let green = world.target_group("orders-green", "orders-green");
    let listener = world.listener("web", 443, &[(&blue, blue_weight), (&green, green_weight)]);
    Orders { world, blue, green, listener }
}

pub(crate) fn shift(percent: u8) -> Intent {
    Intent::Shift {
        cluster: id(),
        to: "orders-green".into(),
        percent: Percent::new(percent).unwrap(),
        steps: None,
        source: None,
    }
}

pub(crate) fn stepped(percent: u8, steps: Stepped) -> Intent {
    let Intent::Shift { cluster, to, percent, source, .. } = shift(percent) else { unreachable!() };
    Intent::Shift { cluster, to, percent, steps: Some(steps), source }
}

fn switch() -> Intent {
    Intent::Switch { cluster: id(), to: "orders-green".into(), source: None }
}

fn own_policy(own: ClusterPolicy) -> Policy {
    let selector = crate::fleet::ClusterSelector { name: "orders".into(), account: None, region: None };
    Policy { clusters: vec![(selector, own)], ..Policy::default() }
}

/// Changes what the listener does.
fn set_actions(orders: &mut Orders, actions: crate::fleet::Actions) {
    orders.world.facts.listeners.values_mut().next().unwrap().value[0].actions = actions;
}

/// What a colleague wrote down of an operation on `orders`.
fn claim(operation: &str, hold: Hold, stand: Stand, plan: Option<Plan>) -> Claim {
    Claim {
        cluster: id(),
        epoch: 1,
        who: Who { principal: "arn:aws:iam::1:user/bob".into(), host: "desk".into() },
        session: SessionId::new("s-bob"),
        operation: OperationId::new(operation),
        verb: "shift".into(),
        step: 3,
        of: 7,
        stand,
        says: "bakes".into(),
        since: read_at(),
        updated_at: read_at(),
        hold,
        plan: plan.map(Box::new),
    }
}

pub(crate) fn back() -> Intent {
    Intent::Rollback { cluster: id(), of: None, source: None }
}

pub(crate) fn id() -> ClusterId {
    ClusterId {
        place: Place { account: "123456789012".into(), region: "eu-west-1".into() },
        name: "orders".into(),
    }
}

fn planned(orders: &Orders, intent: &Intent, history: &History) -> Result<Plan, Refusal> {
    plan(intent, &orders.world.fleet(), history, &Policy::default(), read_at())
}

fn weights(call: &Call) -> Vec<u32> {
    call.actions().iter().flat_map(Action::weights).map(|(_, weight)| weight).collect()
}

fn first_call(plan: &Plan) -> &Call {
    plan.steps[0].call.as_ref().unwrap()
}

fn verdict<'a>(plan: &'a Plan, name: &str) -> &'a Finding {
    plan.guards.iter().find(|guard| guard.name == name).unwrap()
}

fn approval(plan: &Plan) -> Approval {
    Approval {
        phrase: plan.confirm.phrase.clone(),
        reason: None,
        overrides: Vec::new(),
        who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
    }
}

/// The record of an operation that changed the listener from these weights.
pub(crate) fn record(
    orders: &Orders,
    operation: &str,
    verb: &str,
    event: Event,
    before: (i32, i32),
) -> Record {
    Record {
        schema: RECORD_SCHEMA,
        at: read_at(),
        operation: OperationId::new(operation),
        event,
        who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
        why: None,
        verb: verb.into(),
        cluster: id(),
        digest: "d".into(),
        step: 1,
        of: 0,
        plan: None,
        overrides: Vec::new(),
        epoch: None,
        call: None,
        request_id: None,
        resource: Some(Resource::Source(SourceArn::Listener(orders.listener.clone()))),
        before: Some(State::Actions(forward(&[(&orders.blue, before.0), (&orders.green, before.1)]))),
        after: None,
        result: None,
        report: None,
    }
}

#[test]
fn a_shift_writes_the_share_and_keeps_everything_else() {
    let mut orders = orders(90, 10);
    let listeners = orders.world.facts.listeners.values_mut().next().unwrap();
    let actions = &mut listeners.value[0].actions;
    actions[0].forward_config.as_mut().unwrap().target_group_stickiness_config =
        Some(GroupStickiness { enabled: true, duration_seconds: Some(3600) });
    actions[0].order = Some(2);
    let oidc = BTreeMap::from([("Issuer".to_string(), Setting::Text(Exact::new("https://login")))]);
    actions.insert(
        0,
        Action {
            kind: "authenticate-oidc".into(),
            order: Some(1),
            settings: BTreeMap::from([("AuthenticateOidcConfig".into(), Setting::Map(oidc))]),
            ..Action::default()
        },
    );
    let plan = planned(&orders, &shift(25), &History::default()).unwrap();
    let call = first_call(&plan);
    assert_eq!(weights(call), [75, 25]);
    let sent = call.actions();
    assert_eq!(sent[0].kind, "authenticate-oidc");
    let Setting::Map(oidc) = &sent[0].settings["AuthenticateOidcConfig"] else { panic!("{sent:?}") };
    assert_eq!(oidc["UseExistingClientSecret"], Setting::Flag(true));
    let stickiness = sent[1].forward_config.as_ref().unwrap().target_group_stickiness_config;
    assert_eq!(stickiness, Some(GroupStickiness { enabled: true, duration_seconds: Some(3600) }));
    assert_eq!(weights(plan.steps[0].undo.as_ref().unwrap()), [90, 10]);
    assert_eq!(verdict(&plan, "stickiness").why, "sticky 1 h: old clients stay");
    assert_eq!(
        plan.confirm,
        Confirm { kind: ConfirmKind::Typed, phrase: "orders 25".into(), reason: false, second: false }
    );
    assert!(!plan.is_blocked(), "{:?}", plan.guards);
}

#[test]
fn reach_tells_instances_share_and_the_lowest_healthy_count() {
    let plan = planned(&orders(100, 0), &shift(10), &History::default()).unwrap();
    let Reach { instances, percent, lowest_healthy, seconds, .. } = plan.reach;
    assert_eq!((instances, lowest_healthy, seconds), (4, Some(2), 30));
    assert!((percent - 10.0).abs() < f64::EPSILON);
}

#[test]
fn weights_that_do_not_divide_are_refused_and_other_sums_are_tried_first() {
    let mut orders = orders(2, 0);
    for group in ["orders-blue", "orders-green"] {
        orders.world.group_mut(group).tags.insert("Cluster".into(), "orders".into());
    }
    orders.world.group("orders-purple", "lt-green").tags.insert("Cluster".into(), "orders".into());
    let purple = orders.world.target_group("orders-purple", "orders-purple");
    let three = |blue: i32, purple_weight: i32| {
        forward(&[(&orders.blue, blue), (&orders.green, 0), (&purple, purple_weight)])
    };
    let mut world = orders.world;
    let listener = &mut world.facts.listeners.values_mut().next().unwrap().value[0];
    // 2 : 1 share 67 % only in a sum of 300.
    listener.actions = three(2, 1);
    let plan = plan(&shift(33), &world.fleet(), &History::default(), &Policy::default(), read_at()).unwrap();
    assert_eq!(weights(first_call(&plan)), [134, 99, 67]);
    let listener = &mut world.facts.listeners.values_mut().next().unwrap().value[0];
    listener.actions = three(998, 1);
    let refusal = super::plan(&shift(33), &world.fleet(), &History::default(), &Policy::default(), read_at())
        .unwrap_err();
    assert!(refusal.why.contains("no weights from 0 to 999"), "{refusal}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_nearest() {
    let orders = orders(90, 10);
    let fleet = orders.world.fleet();
    let ask = |intent: &Intent| {
        plan(intent, &fleet, &History::default(), &Policy::default(), read_at()).unwrap_err().to_string()
    };
    let to = |group: &str| Intent::Shift {
        cluster: id(),
        to: group.into(),
        percent: Percent::new(5).unwrap(),
        steps: None,
        source: None,
    };
    assert_eq!(
        ask(&to("orders-gren")),
        "orders has no group orders-gren (did you mean `orders-green`, `orders-blue`?)"
    );
    assert_eq!(ask(&shift(10)), "orders-green already has 10 % of the traffic of orders (nothing to do)");
    let elsewhere = ClusterId { name: "ordres".into(), ..id() };
    let unknown = Intent::Rollback { cluster: elsewhere, of: None, source: None };
    assert!(ask(&unknown).contains("did you mean `orders`?"));
    assert!(find_cluster(&fleet, "ordres").unwrap_err().remedy.contains("orders"));
    assert_eq!(find_cluster(&fleet, "orders@eu-west-1").unwrap().id, id());
}

#[test]
fn percentages_outside_0_to_100_are_no_percentages() {
    for wrong in ["101", "-1", "10.5", "", "many", "256"] {
        assert!(wrong.parse::<Percent>().unwrap_err().contains("0 to 100"), "{wrong}");
    }
    assert_eq!("25%".parse::<Percent>().unwrap().get(), 25);
}

#[test]
fn several_sources_must_be_told_apart_and_a_network_load_balancer_is_not_written_to() {
    let mut orders = orders(90, 10);
    orders.world.listener("web", 8443, &[(&orders.blue, 50), (&orders.green, 50)]);
    let refusal = planned(&orders, &shift(25), &History::default()).unwrap_err();
    assert!(refusal.why.contains("2 listeners or rules"), "{refusal}");
    assert!(refusal.remedy.contains(orders.listener.raw()), "{refusal}");
    let Intent::Shift { cluster, to, percent, .. } = shift(25) else { unreachable!() };
    let named = Intent::Shift {
        cluster,
        to,
        percent,
        steps: None,
        source: Some(SourceArn::Listener(orders.listener.clone())),
    };
    assert_eq!(weights(first_call(&planned(&orders, &named, &History::default()).unwrap())), [75, 25]);

    let mut orders = super::tests::orders(90, 10);
    orders.world.facts.load_balancers.as_mut().unwrap().value[0].kind = LoadBalancerKind::Network;
    assert!(planned(&orders, &shift(25), &History::default()).unwrap_err().why.contains("network"));
}

#[test]
fn a_side_without_healthy_targets_is_never_given_traffic() {
    for state in [TargetState::Unhealthy, TargetState::Initial, TargetState::Unused, TargetState::Draining] {
        let mut orders = orders(100, 0);
        let green = orders.green.clone();
        for fact in orders.world.targets_mut(&green) {
            fact.state = state.clone();
        }
        let plan = planned(&orders, &shift(10), &History::default()).unwrap();
        assert_eq!(verdict(&plan, "enough-healthy-targets").verdict, Answer::Block, "{state:?}");
        assert!(plan.clone().approve(approval(&plan), read_at()).is_err());
    }
}

#[test]
fn less_than_half_of_before_never_carries_the_traffic() {
    let mut orders = orders(100, 0);
    for n in 2..5 {
        orders.world.member("orders-blue", &format!("i-blue{n}"), "ami-1");
        let blue = orders.blue.clone();
        orders.world.targets_mut(&blue).push(target(&format!("i-blue{n}"), TargetState::Healthy));
    }
    let plan = planned(&orders, &shift(100), &History::default()).unwrap();
    let guard = verdict(&plan, "never-to-zero");
    assert_eq!(guard.verdict, Answer::Block);
    assert!(guard.why.contains("half of the 5 of orders-blue"), "{}", guard.why);
    let plan = planned(&orders, &shift(80), &History::default()).unwrap();
    assert!(!plan.is_blocked(), "{:?}", plan.guards);
}

#[test]
fn unknown_health_counts_as_unhealthy() {
    let mut orders = orders(100, 0);
    orders.world.facts.target_health.remove(&orders.green);
    let plan = planned(&orders, &shift(10), &History::default()).unwrap();
    assert_eq!(verdict(&plan, "enough-healthy-targets").verdict, Answer::Block);
    assert_eq!(verdict(&plan, "fresh-facts").verdict, Answer::Block);
}

#[test]
fn traffic_may_leave_a_sick_side() {
    let mut orders = orders(90, 10);
    let blue = orders.blue.clone();
    orders.world.targets_mut(&blue)[0].state = TargetState::Unhealthy;
    assert!(!planned(&orders, &shift(50), &History::default()).unwrap().is_blocked());
}

#[test]
fn facts_older_than_ten_seconds_block_and_so_does_a_gap_in_what_is_named() {
    let orders = orders(90, 10);
    let fleet = orders.world.fleet();
    let at = |seconds| read_at() + SignedDuration::from_secs(seconds);
    let blocked = |fleet: &Fleet, at| {
        let plan = plan(&shift(25), fleet, &History::default(), &Policy::default(), at).unwrap();
        verdict(&plan, "fresh-facts").verdict == Answer::Block
    };
    assert!(!blocked(&fleet, at(10)));
    assert!(blocked(&fleet, at(11)));
    for (section, blocks) in [
        (crate::fleet::Section::Listeners, true),
        (crate::fleet::Section::TargetHealth, true),
        (crate::fleet::Section::Groups, true),
        (crate::fleet::Section::Images, false),
        (crate::fleet::Section::Refreshes, false),
    ] {
        let mut orders = super::tests::orders(90, 10);
        orders.world.gap(section, None);
        assert_eq!(blocked(&orders.world.fleet(), at(0)), blocks, "{section:?}");
    }
}

#[test]
fn several_images_on_the_side_that_gains_are_a_warning() {
    let mut orders = orders(90, 10);
    orders.world.instance_mut("i-green0").image = Some("ami-1".into());
    let plan = planned(&orders, &shift(25), &History::default()).unwrap();
    assert_eq!(verdict(&plan, "one-image-per-side").verdict, Answer::Warn);
    assert!(!plan.is_blocked());
}

#[test]
fn a_large_step_warns() {
    let plan = planned(&orders(100, 0), &shift(51), &History::default()).unwrap();
    assert_eq!(verdict(&plan, "large-step").verdict, Answer::Warn);
    let plan = planned(&orders(100, 0), &shift(50), &History::default()).unwrap();
    assert_eq!(verdict(&plan, "large-step").verdict, Answer::Pass);
}

#[test]
fn a_rollback_restores_what_was_recorded() {
    let orders = orders(75, 25);
    let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (100, 0))]);
    let plan = planned(&orders, &back(), &history).unwrap();
    assert_eq!(weights(first_call(&plan)), [100, 0]);
    assert_eq!(plan.notes[0], "restores what was before operation p-1");
    assert_eq!(plan.confirm.phrase, "orders back");
}

#[test]
fn a_rollback_goes_past_mixed_states_to_the_last_fully_live_side() {
    let orders = orders(50, 50);
    let history = History::new(vec![
        record(&orders, "p-1", "shift", Event::Intended, (100, 0)),
        record(&orders, "p-2", "shift", Event::Intended, (75, 25)),
    ]);
    let plan = planned(&orders, &back(), &history).unwrap();
    assert_eq!(weights(first_call(&plan)), [100, 0]);
    assert!(plan.notes[0].contains("before operation p-1"), "{:?}", plan.notes);
}

#[test]
fn a_rollback_to_a_mixed_state_says_so_and_a_failed_call_is_no_record() {
    let orders = orders(50, 50);
    let history = History::new(vec![
        record(&orders, "p-1", "shift", Event::Intended, (75, 25)),
        record(&orders, "p-2", "shift", Event::Intended, (60, 40)),
        record(&orders, "p-2", "shift", Event::Failed, (60, 40)),
    ]);
    let plan = planned(&orders, &back(), &history).unwrap();
    assert_eq!(weights(first_call(&plan)), [75, 25]);
    assert!(plan.notes[0].contains("mixed"), "{:?}", plan.notes);
}

#[test]
fn without_a_record_or_without_a_difference_there_is_nothing_to_roll_back() {
    let orders = orders(100, 0);
    assert!(planned(&orders, &back(), &History::default()).unwrap_err().why.contains("no record"));
    let history = History::new(vec![
        record(&orders, "p-1", "shift", Event::Intended, (100, 0)),
        record(&orders, "p-2", "rollback", Event::Intended, (90, 10)),
    ]);
    assert!(planned(&orders, &back(), &history).unwrap_err().why.contains("already as it was"));
}

#[test]
fn the_way_back_needs_nearly_all_of_the_old_side() {
    let mut orders = orders(0, 100);
    let blue = orders.blue.clone();
    orders.world.targets_mut(&blue)[0].state = TargetState::Unhealthy;
    let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (100, 0))]);
    let plan = planned(&orders, &back(), &history).unwrap();
    let guard = verdict(&plan, "enough-healthy-targets");
    assert_eq!(guard.verdict, Answer::Block);
    assert_eq!(guard.why, "orders-blue has 1 healthy targets and needs 2 (others are unhealthy)");
}

#[test]
fn recorded_weights_that_are_impossible_are_never_written() {
    let orders = orders(50, 50);
    for wrong in [(0, 0), (1000, 0)] {
        let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, wrong)]);
        let plan = planned(&orders, &back(), &history).unwrap();
        assert_eq!(verdict(&plan, "valid-weights").verdict, Answer::Block, "{wrong:?}");
    }
}

#[test]
fn an_approval_needs_the_phrase_and_a_plan_not_older_than_five_minutes() {
    let plan = planned(&orders(90, 10), &shift(25), &History::default()).unwrap();
    let at = |minutes| read_at() + SignedDuration::from_mins(minutes);
    assert!(plan.clone().approve(approval(&plan), at(5)).is_ok());
    assert!(plan.clone().approve(approval(&plan), at(6)).unwrap_err().why.contains("expired"));
    let wrong = Approval { phrase: "orders 26".into(), ..approval(&plan) };
    assert!(plan.clone().approve(wrong, at(0)).unwrap_err().why.contains("phrase"));
}

#[test]
fn a_saved_plan_survives_formatting_and_not_editing() {
    let plan = planned(&orders(90, 10), &shift(25), &History::default()).unwrap();
    let pretty = serde_json::to_string_pretty(&plan).unwrap();
    let compact = serde_json::to_string(&plan).unwrap();
    assert_eq!(Plan::load(&pretty, read_at()).unwrap(), plan);
    assert_eq!(Plan::load(&compact, read_at()).unwrap(), plan);
    for (from, to) in [
        ("\"Weight\":25", "\"Weight\":26"),
        ("\"Weight\":10", "\"Weight\":11"),
        ("\"account\":\"123456789012\"", "\"account\":\"123456789013\""),
        ("\"phrase\":\"orders 25\"", "\"phrase\":\"yes\""),
        ("\"seconds\":30", "\"seconds\":31"),
        ("\"percent\":15.0", "\"percent\":1.0"),
    ] {
        assert!(compact.contains(from), "{from} in {compact}");
        let edited = compact.replacen(from, to, 1);
        assert!(Plan::load(&edited, read_at()).unwrap_err().why.contains("edited"), "{from}");
    }
    let later = read_at() + SignedDuration::from_mins(6);
    assert!(Plan::load(&compact, later).unwrap_err().why.contains("expired"));
    let newer = compact.replace("plan.v1", "plan.v2");
    assert!(Plan::load(&newer, read_at()).unwrap_err().why.contains("plan.v2"));
    for broken in ["", "{", "[]", "{}", "null", "\u{0}"] {
        assert!(Plan::load(broken, read_at()).is_err());
    }
}

#[test]
fn a_plan_is_renewed_by_the_same_work_only() {
    let saved = planned(&orders(90, 10), &shift(50), &History::default()).unwrap();
    let mut sick = orders(90, 10);
    let blue = sick.blue.clone();
    sick.world.targets_mut(&blue)[0].state = TargetState::Unhealthy;
    let renewed = saved.clone().renewed_by(planned(&sick, &shift(50), &History::default()).unwrap()).unwrap();
    assert_eq!(renewed.id, saved.id);
    assert_eq!(
        Plan::recorded(serde_json::to_value(&renewed).unwrap()).unwrap(),
        renewed,
        "it is still whole"
    );
    let moved = planned(&orders(80, 20), &shift(50), &History::default()).unwrap();
    assert!(saved.renewed_by(moved).unwrap_err().why.contains("the world moved"));
}

#[test]
fn the_light_is_warm_while_a_side_is_up_and_says_why_it_is_not() {
    let of = |fleet: &Fleet| light(fleet, &fleet.clusters[0], &History::default(), &Policy::default());
    let earlier = of(&orders(0, 100).world.fleet());
    assert_eq!((earlier.kind, earlier.target.as_deref()), (LightKind::Warm, Some("orders-blue")));
    let newer = of(&orders(100, 0).world.fleet());
    assert_ne!(newer.kind, LightKind::Warm, "an idle side with a newer image is no way back: {}", newer.why);

    let mut world = World::new();
    world.image("ami-1", "batch-1.0.0");
    world.image("ami-2", "batch-1.1.0");
    world.template("lt-batch", 1, "ami-1");
    world.template("lt-batch", 2, "ami-2");
    world.group("batch", "lt-batch");
    world.member("batch", "i-1", "ami-2");
    let found = of(&world.fleet());
    assert_eq!((found.kind, found.target.as_deref()), (LightKind::Image, Some("1.0.0")));

    world.facts.images.as_mut().unwrap().value.get_mut(&"ami-1".into()).unwrap().state = "disabled".into();
    let found = of(&world.fleet());
    assert_eq!(found.kind, LightKind::None);
    assert!(found.why.contains("no earlier image of batch"), "{}", found.why);
}

#[test]
fn a_call_is_what_a_plan_expects_to_undo() {
    let plan = planned(&orders(90, 10), &shift(25), &History::default()).unwrap();
    let step = &plan.steps[0];
    assert!(same_actions(
        step.undo.as_ref().unwrap().actions(),
        step.expects.as_ref().unwrap().state.actions().unwrap()
    ));
}

proptest! {
    /// Whatever the weights and the goal: a plan gives exactly the share, with weights AWS takes, never all 0.
    #[test]
    fn a_shift_gives_exactly_the_share(blue in 0..=999_i32, green in 0..=999_i32, percent in 0..=100_u8) {
        prop_assume!(blue + green > 0);
        let orders = orders(blue, green);
        if let Ok(plan) = planned(&orders, &shift(percent), &History::default()) {
            let sent = weights(first_call(&plan));
            let total: u32 = sent.iter().sum();
            prop_assert!(total > 0);
            prop_assert!(sent.iter().all(|weight| *weight <= 999));
            prop_assert_eq!(sent[1] * 100, u32::from(percent) * total);
        } else {
            let total = i64::from(blue + green);
            prop_assert_eq!(i64::from(green) * 100, i64::from(percent) * total, "refused although it changes something");
        }
    }
}
