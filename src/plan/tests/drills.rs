//! `drill`: what it sends, what it refuses, when it is allowed.

use super::*;
use crate::fleet::InstanceId;
use crate::plan::{DrillHours, Exercise, Subnets, Window, choose_for_drill};

const ZONES: [&str; 3] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
const BLUE: &str = "orders-blue";

/// `orders` with six instances in blue, two in each of three zones.
fn zoned() -> Orders {
    let mut orders = orders(100, 0);
    let had = orders.world.group_mut(BLUE).members.len();
    for n in had..6 {
        let id = format!("i-more-{n}");
        orders.world.member(BLUE, &id, "ami-1");
        let blue = orders.blue.clone();
        orders.world.targets_mut(&blue).push(target(&id, TargetState::Healthy));
    }
    let ids: Vec<InstanceId> =
        orders.world.group_mut(BLUE).members.iter().map(|one| one.id.clone()).collect();
    for (n, id) in ids.iter().enumerate() {
        let instance = orders.world.instance_mut(id.raw());
        instance.zone = Some(ZONES[n % 3].into());
        instance.subnet = Some(subnet(n % 3));
    }
    let group = orders.world.group_mut(BLUE);
    for (n, member) in group.members.iter_mut().enumerate() {
        member.zone = Some(ZONES[n % 3].into());
    }
    (group.min, group.desired, group.max) = (1, 6, 9);
    group.zones = ZONES.map(Into::into).to_vec();
    group.subnets = (0..3).map(subnet).collect();
    orders
}

fn subnet(n: usize) -> crate::fleet::SubnetId {
    format!("subnet-{n}").as_str().into()
}

fn ids(orders: &mut Orders) -> Vec<InstanceId> {
    orders.world.group_mut(BLUE).members.iter().map(|member| member.id.clone()).collect()
}

fn drill(exercise: Exercise) -> Intent {
    Intent::Drill { cluster: id(), group: BLUE.into(), exercise, stop_below: None }
}

fn empty(zone: &str) -> Intent {
    drill(Exercise::Empty { zone: zone.into(), seconds: 600 })
}

fn lose(instance: &InstanceId) -> Intent {
    drill(Exercise::Replace { instance: instance.clone() })
}

/// A policy that allows drills until an hour after the plan is made.
fn allowing() -> Policy {
    let until = read_at() + SignedDuration::from_hours(3);
    let window = Window::Once { from: Timestamp::MIN, until };
    own_policy(ClusterPolicy {
        drills: Some(DrillHours { written: "until noon".into(), windows: vec![window] }),
        ..ClusterPolicy::default()
    })
}

fn made(orders: &Orders, intent: &Intent) -> Result<Plan, Refusal> {
    plan(intent, &orders.world.fleet(), &History::default(), &allowing(), read_at())
}

fn why(orders: &Orders, intent: &Intent) -> String {
    made(orders, intent).unwrap_err().why
}

fn subnets(call: Option<&Call>) -> Subnets {
    match call {
        Some(Call::UpdateAutoScalingGroup(update)) => update.subnets.clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_zone_is_emptied_watched_and_given_back() {
    let orders = zoned();
    let plan = made(&orders, &empty("eu-west-1b")).unwrap();
    assert!(!plan.is_blocked(), "{:?}", plan.guards);
    let (all, fewer) =
        (Subnets::new(&[subnet(0), subnet(1), subnet(2)]), Subnets::new(&[subnet(0), subnet(2)]));
    let calls: Vec<&Call> = plan.steps.iter().filter_map(|step| step.call.as_ref()).collect();
    assert_eq!(calls.iter().map(|call| subnets(Some(call))).collect::<Vec<_>>(), [fewer, all.clone()]);
    assert_eq!(subnets(plan.way_back()), all);
    let waits: Vec<WaitFor> = plan.steps.iter().filter_map(|step| Some(step.wait.as_ref()?.what)).collect();
    assert_eq!(waits, [WaitFor::Emptied, WaitFor::Bake, WaitFor::Sized]);
    assert_eq!((plan.reach.instances, plan.reach.lowest_healthy), (2, Some(4)));
    let allowed = verdict(&plan, "drill-allowed");
    assert!(allowed.why.contains("are allowed until noon"), "of the step that takes: {}", allowed.why);
    assert_eq!(plan.capacity, [6, 4, 6, 6], "as low as if the zone went before others are there");
    assert_eq!(plan.confirm.phrase, "orders drill");
    assert!(
        plan.notes.iter().any(|note| note.contains("goes back as soon as fewer than 3")),
        "{:?}",
        plan.notes
    );
    let json = serde_json::to_value(calls[0]).unwrap();
    assert_eq!(json["input"]["VPCZoneIdentifier"], "subnet-0,subnet-2");
    assert_eq!(serde_json::from_value::<Call>(json).unwrap(), *calls[0]);
}

#[test]
fn a_zone_that_cannot_be_emptied_or_in_which_all_would_stay_is_refused() {
    let mut orders = zoned();
    assert!(why(&orders, &empty("eu-west-1d")).contains("does not launch in eu-west-1d"));
    let short = drill(Exercise::Empty { zone: "eu-west-1b".into(), seconds: 5 });
    assert!(why(&orders, &short).contains("not emptied for 5 s"));
    let stop = Intent::Drill {
        cluster: id(),
        group: BLUE.into(),
        exercise: Exercise::Empty { zone: "eu-west-1b".into(), seconds: 600 },
        stop_below: Some(5),
    };
    assert!(why(&orders, &stop).contains("would stop at once: 4"));
    orders.world.group_mut(BLUE).suspended = vec!["AZRebalance".into()];
    assert!(why(&orders, &empty("eu-west-1b")).contains("nothing would move"));
    orders.world.group_mut(BLUE).suspended.clear();
    orders.world.group_mut(BLUE).members[1].protected = true;
    assert!(why(&orders, &empty("eu-west-1b")).contains("protected from scale-in"));
    assert!(made(&orders, &empty("eu-west-1a")).is_ok());
    orders.world.group_mut(BLUE).subnets.clear();
    assert!(why(&orders, &empty("eu-west-1a")).contains("names zones and no subnets"));
    orders.world.group_mut(BLUE).zones.truncate(1);
    orders.world.group_mut(BLUE).subnets = vec![subnet(0)];
    assert!(why(&orders, &empty("eu-west-1a")).contains("no other zone"));
}

#[test]
fn the_zone_of_a_subnet_in_which_nothing_stands_follows_from_the_others_or_is_not_guessed() {
    let mut orders = zoned();
    let in_c: Vec<InstanceId> = ids(&mut orders).into_iter().skip(2).step_by(3).collect();
    for id in &in_c {
        orders.world.instance_mut(id.raw()).subnet = None;
    }
    let plan = made(&orders, &empty("eu-west-1b")).unwrap();
    let call = plan.steps[0].call.as_ref();
    assert_eq!(subnets(call), Subnets::new(&[subnet(0), subnet(2)]), "the one left over is the third zone's");
    assert!(why(&orders, &empty("eu-west-1c")).contains("cannot be told"));
    orders.world.group_mut(BLUE).subnets.push(subnet(3));
    assert!(
        why(&orders, &empty("eu-west-1b")).contains("cannot be told"),
        "two could be in the third zone, or one"
    );
}

#[test]
fn one_is_chosen_by_a_number_of_those_that_are_sound_and_the_same_plan_comes_out_again() {
    let mut orders = zoned();
    let all = ids(&mut orders);
    orders.world.group_mut(BLUE).members[0].protected = true;
    orders.world.group_mut(BLUE).members[1].lifecycle = "Standby".into();
    orders.world.instance_mut(all[2].raw()).tags.insert("flightdeck:quarantine".into(), "leak".into());
    let fleet = orders.world.fleet();
    let group = fleet.cluster(&id()).unwrap().group(&BLUE.into()).unwrap().clone();
    let chosen: std::collections::BTreeSet<InstanceId> =
        (0..100).map(|nth| choose_for_drill(&group, nth).unwrap()).collect();
    assert!(!chosen.is_empty() && all[..3].iter().all(|id| !chosen.contains(id)), "{chosen:?}");
    let one = chosen.first().unwrap();
    let plans = [made(&orders, &lose(one)).unwrap(), made(&orders, &lose(one)).unwrap()];
    assert_eq!(plans[0].digest, plans[1].digest);
    assert_eq!(plans[0].way_back(), None);
    assert!(made(&orders, &lose(&all[0])).unwrap_err().why.contains("protected"));
    assert!(made(&orders, &lose(&all[2])).unwrap_err().why.contains("taken aside"));
}

#[test]
fn a_drill_is_allowed_only_where_and_when_the_configuration_says_so() {
    let orders = zoned();
    let intent = empty("eu-west-1b");
    let judged = |policy: &Policy, at| {
        let plan = plan(&intent, &orders.world.fleet(), &History::default(), policy, at).unwrap();
        verdict(&plan, "drill-allowed").clone()
    };
    let nowhere = judged(&Policy::default(), read_at());
    assert_eq!(nowhere.verdict, Answer::Block);
    assert!(nowhere.why.contains("write drills = { hours ="), "{}", nowhere.why);
    assert_eq!(judged(&allowing(), read_at()).verdict, Answer::Pass);
    assert_eq!(judged(&allowing(), read_at() + SignedDuration::from_mins(150)).verdict, Answer::Warn);
    assert_eq!(judged(&allowing(), read_at() + SignedDuration::from_hours(4)).verdict, Answer::Block);
    assert_eq!(can_override("drill-allowed"), Some(false));
    let shift = planned(&orders, &shift(10), &History::default()).unwrap();
    assert!(shift.guards.iter().all(|guard| guard.name != "drill-allowed"), "only drills are judged by it");
}

#[test]
fn what_gives_the_zone_back_is_never_kept_waiting() {
    let orders = zoned();
    let plan = made(&orders, &empty("eu-west-1b")).unwrap();
    let calls: Vec<u32> = plan.steps.iter().filter(|step| step.call.is_some()).map(|step| step.n).collect();
    let late = read_at() + SignedDuration::from_hours(4);
    let blocks = |step| {
        let findings = check(&plan, step, &orders.world.fleet(), &History::default(), &allowing(), late);
        findings.iter().any(|one| one.name == "drill-allowed" && one.verdict == Answer::Block)
    };
    assert!(blocks(calls[0]), "the hours are over before it began");
    assert!(!blocks(calls[1]), "what it took is given back all the same");
}
