//! `scale` and `replace`: what they send, what they refuse, what they count.

use super::*;
use crate::fleet::{InstanceId, LaunchSource, OverrideFact, PolicyFact, PolicyKind, ScheduleFact};

fn scale(desired: i32, bounds: (Option<i32>, Option<i32>)) -> Intent {
    let (min, max) = bounds;
    Intent::Scale { cluster: id(), group: "orders-blue".into(), desired, min, max }
}

fn replace(instances: &[InstanceId]) -> Intent {
    in_batches(instances, Batches::default())
}

fn in_batches(instances: &[InstanceId], batches: Batches) -> Intent {
    Intent::Replace { cluster: id(), group: "orders-blue".into(), instances: instances.to_vec(), batches }
}

/// `orders` with its sizes, and the instances of blue.
fn sized() -> (Orders, Vec<InstanceId>) {
    let mut orders = orders(100, 0);
    let group = orders.world.group_mut("orders-blue");
    let ids: Vec<InstanceId> = group.members.iter().map(|member| member.id.clone()).collect();
    (group.min, group.desired, group.max) = (1, i32::try_from(ids.len()).unwrap(), 9);
    (orders, ids)
}

fn made(orders: &Orders, intent: &Intent) -> Plan {
    planned(orders, intent, &History::default()).unwrap()
}

fn refusal(orders: &Orders, intent: &Intent) -> String {
    planned(orders, intent, &History::default()).unwrap_err().why
}

#[test]
fn a_size_is_set_alone_and_bounds_go_with_it_where_they_are_given() {
    let (orders, ids) = sized();
    let now = i32::try_from(ids.len()).unwrap();
    let plan = made(&orders, &scale(7, (None, None)));
    let set = |desired| Call::SetDesiredCapacity(SetDesiredCapacity { group: "orders-blue".into(), desired });
    let step = &plan.steps[0];
    assert_eq!((step.call.clone(), step.undo.clone()), (Some(set(7)), Some(set(now))));
    assert_eq!(plan.steps[1].wait.as_ref().unwrap().what, WaitFor::Sized);
    assert_eq!(plan.confirm.phrase, "orders 7");

    let wider = made(&orders, &scale(20, (None, Some(20))));
    let Some(Call::UpdateAutoScalingGroup(update)) = &wider.steps[0].call else {
        panic!("{:?}", wider.steps)
    };
    assert_eq!((update.min, update.desired, update.max), (Some(1), Some(20), Some(20)));
    let Some(Call::UpdateAutoScalingGroup(back)) = wider.way_back() else { panic!("{:?}", wider.steps) };
    assert_eq!((back.min, back.desired, back.max), (Some(1), Some(now), Some(9)));
}

#[test]
fn a_size_outside_its_bounds_or_none_at_all_is_refused() {
    let (orders, ids) = sized();
    let now = i32::try_from(ids.len()).unwrap();
    assert!(refusal(&orders, &scale(10, (None, None))).contains("10 is not between 1 and 9"));
    assert!(refusal(&orders, &scale(0, (None, None))).contains("0 is not between"));
    assert!(refusal(&orders, &scale(3, (Some(5), Some(4)))).contains("cannot have from 5 to 4"));
    assert!(refusal(&orders, &scale(3, (Some(-1), None))).contains("cannot have from -1"));
    assert!(refusal(&orders, &scale(now, (None, None))).contains("that size already"));
}

#[test]
fn what_sets_a_size_again_is_named_and_what_was_not_read_of_that_is_said() {
    let (mut orders, _) = sized();
    let says =
        |orders: &Orders, what: &str| made(orders, &scale(7, (None, None))).notes.join("|").contains(what);
    assert!(!says(&orders, "again"), "it has neither");
    let policy = |name: &str, acts: bool, group: &str| PolicyFact {
        group: group.into(),
        name: name.into(),
        kind: PolicyKind::TargetTracking,
        metric: Some("ASGAverageCPUUtilization".into()),
        target: Some(50.0),
        alarms: Vec::new(),
        acts,
    };
    let all = &mut orders.world.facts.policies.as_mut().unwrap().value;
    all.extend([
        policy("busy", true, "orders-blue"),
        policy("off", false, "orders-blue"),
        policy("other", true, "orders-green"),
    ]);
    orders.world.facts.schedules.as_mut().unwrap().value.push(ScheduleFact {
        group: "orders-blue".into(),
        name: "night".into(),
        recurrence: Some("0 22 * * *".into()),
        time_zone: None,
        starts_at: None,
        min: Some(1),
        desired: Some(2),
        max: None,
    });
    let busy =
        "policy busy of orders-blue keeps ASGAverageCPUUtilization at 50 and may set another size again";
    assert!(says(&orders, busy));
    assert!(!says(&orders, "policy off") && !says(&orders, "policy other"));
    let night = "scheduled action night of orders-blue sets min 1, desired 2 at 0 22 * * * (UTC)";
    assert!(says(&orders, night) && !says(&orders, "is resumed"));

    orders.world.group_mut("orders-blue").suspended =
        vec!["AlarmNotification".into(), "ScheduledActions".into()];
    assert!(says(&orders, &format!("{busy}, once AlarmNotification is resumed")));
    assert!(says(&orders, &format!("{night}, once ScheduledActions is resumed")));

    orders.world.facts.policies = None;
    assert!(says(&orders, "scaling policies of orders-blue were not read"));
    let read_at = orders.world.facts.schedules.as_ref().unwrap().at;
    orders.world.group_mut("orders-blue").created_at = Some(read_at + std::time::Duration::from_secs(1));
    assert!(says(&orders, "scheduled actions of orders-blue were not read"), "read before it was made");
}

#[test]
fn a_live_group_is_not_scaled_below_half_of_what_is_healthy() {
    let (mut orders, _) = sized();
    orders.world.group_mut("orders-blue").min = 0;
    let plan = made(&orders, &scale(0, (None, None)));
    let finding = verdict(&plan, "capacity");
    assert_eq!(finding.verdict, Answer::Block, "{}", finding.why);
}

#[test]
fn instances_are_replaced_one_after_the_other_each_waited_for() {
    let (orders, ids) = sized();
    let plan = made(&orders, &replace(&ids[..2]));
    let ended: Vec<&InstanceId> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.call {
            Some(Call::TerminateInstanceInAutoScalingGroup(end)) if !end.decrement => Some(&end.instance),
            _ => None,
        })
        .collect();
    assert_eq!(ended, [&ids[0], &ids[1]]);
    let waits = plan.steps.iter().filter_map(|step| step.wait.as_ref()).map(|wait| wait.what);
    assert_eq!(waits.collect::<Vec<_>>(), [WaitFor::Replaced; 2]);
    assert_eq!(plan.way_back(), None);
    assert!(plan.notes.iter().any(|note| note.contains("does not come back")), "{:?}", plan.notes);
    assert_eq!(plan.reach.lowest_healthy, Some(ids.len() - 1));
}

#[test]
fn nothing_is_meant_by_no_instance_a_strange_one_or_the_same_twice() {
    let (mut orders, ids) = sized();
    assert!(refusal(&orders, &replace(&[])).contains("no instance is named"));
    assert!(refusal(&orders, &replace(&["i-x".into()])).contains("has no instance i-x"));
    assert!(refusal(&orders, &replace(&[ids[0].clone(), ids[0].clone()])).contains("named twice"));
    for lifecycle in ["Standby", "Warmed:Stopped", "Terminating:Wait"] {
        orders.world.group_mut("orders-blue").members[0].lifecycle = lifecycle.into();
        assert!(planned(&orders, &replace(&ids[..1]), &History::default()).is_err(), "{lifecycle}");
    }
}

/// Blue with this many instances, all healthy, and its bounds.
fn of_size(size: usize, max: i32) -> (Orders, Vec<InstanceId>) {
    let mut orders = orders(100, 0);
    for n in 2..size {
        orders.world.member("orders-blue", &format!("i-blue{n}"), "ami-1");
    }
    let ids: Vec<InstanceId> = (0..size).map(|n| InstanceId::new(format!("i-blue{n}"))).collect();
    let group = orders.world.group_mut("orders-blue");
    group.members.truncate(size);
    (group.min, group.desired, group.max) = (1, i32::try_from(size).unwrap(), max);
    let arn = orders.blue.clone();
    let targets = orders.world.targets_mut(&arn);
    targets.clear();
    targets.extend(ids.iter().map(|id| target(id.raw(), TargetState::Healthy)));
    (orders, ids)
}

/// The steps in short: `end i`, `end-last i`, `set n`, `update`, `replaced`, `sized`.
fn short(plan: &Plan) -> Vec<String> {
    let word = |step: &Step| match (&step.call, &step.wait) {
        (Some(Call::TerminateInstanceInAutoScalingGroup(end)), _) if end.decrement => {
            format!("end-last {}", end.instance)
        }
        (Some(Call::TerminateInstanceInAutoScalingGroup(end)), _) => format!("end {}", end.instance),
        (Some(Call::SetDesiredCapacity(set)), _) => format!("set {}", set.desired),
        (Some(Call::UpdateAutoScalingGroup(update)), _) => {
            format!("update {:?} {:?}", update.desired, update.max)
        }
        (Some(other), _) => other.operation().to_owned(),
        (None, wait) => format!("{:?}", wait.as_ref().unwrap().what),
    };
    plan.steps.iter().map(word).collect()
}

#[test]
fn a_batch_is_ended_together_and_waited_for_together() {
    let (orders, ids) = of_size(8, 9);
    let plan = made(&orders, &in_batches(&ids[..5], Batches { at_once: 3, launch_first: false }));
    assert_eq!(
        short(&plan),
        ["end i-blue0", "end i-blue1", "Replaced", "end i-blue2", "end i-blue3", "end i-blue4", "Replaced"]
    );
    assert_eq!(plan.reach.lowest_healthy, Some(5), "the largest batch is counted");
    assert_eq!(verdict(&plan, "capacity").verdict, Answer::Pass);
    let zero = in_batches(&ids[..5], Batches { at_once: 0, launch_first: false });
    assert!(refusal(&orders, &zero).contains("are none"));
}

#[test]
fn where_too_few_would_be_left_as_many_are_launched_first() {
    let (orders, ids) = of_size(1, 3);
    let plan = made(&orders, &replace(&ids));
    assert_eq!(short(&plan), ["set 2", "Sized", "end-last i-blue0", "Replaced"]);
    assert_eq!(plan.reach.lowest_healthy, Some(1));
    assert_eq!(verdict(&plan, "capacity").verdict, Answer::Pass);
    assert!(matches!(plan.way_back(), Some(Call::SetDesiredCapacity(set)) if set.desired == 1));
    assert!(plan.notes.iter().any(|note| note.contains("too few would be left")), "{:?}", plan.notes);

    let (orders, ids) = of_size(4, 9);
    let plan = made(&orders, &in_batches(&ids[..3], Batches { at_once: 3, launch_first: false }));
    assert_eq!(short(&plan)[0], "set 7", "one of four is less than half of them");
}

#[test]
fn what_is_launched_first_stays_until_the_last_batch_and_the_largest_size_is_given_back() {
    let (orders, ids) = of_size(3, 3);
    let plan = made(&orders, &in_batches(&ids, Batches { at_once: 2, launch_first: true }));
    assert_eq!(
        short(&plan),
        [
            "update Some(5) Some(5)",
            "Sized",
            "end i-blue0",
            "Replaced",
            "end-last i-blue1",
            "end-last i-blue2",
            "Replaced",
            "update None Some(3)"
        ]
    );
    assert_eq!(plan.reach.lowest_healthy, Some(3));
    let Some(Call::UpdateAutoScalingGroup(back)) = plan.way_back() else { panic!("{:?}", plan.steps) };
    assert_eq!((back.desired, back.max), (Some(3), Some(3)));
}

#[test]
fn a_plan_tells_how_many_are_healthy_on_the_way() {
    let (orders, ids) = of_size(4, 9);
    assert_eq!(made(&orders, &replace(&ids[..2])).capacity, [4, 3, 4, 3, 4]);
    let batch = Batches { at_once: 2, launch_first: true };
    assert_eq!(made(&orders, &in_batches(&ids[..2], batch)).capacity, [4, 6, 5, 4, 4]);
    assert_eq!(made(&orders, &scale(6, (None, None))).capacity, [4, 6]);
    let shifted = planned(&orders, &shift(25), &History::default()).unwrap();
    assert!(shifted.capacity.is_empty(), "it changes no instance");
}

#[test]
fn more_than_half_of_a_group_is_replaced_only_by_whoever_overrides_that_by_name() {
    let (orders, ids) = of_size(5, 9);
    let finding = |count: usize, policy: &Policy| {
        let plan =
            plan(&replace(&ids[..count]), &orders.world.fleet(), &History::default(), policy, read_at());
        verdict(&plan.unwrap(), "few-replaced").clone()
    };
    assert_eq!(finding(3, &Policy::default()).verdict, Answer::Pass);
    let blocked = finding(4, &Policy::default());
    assert_eq!(blocked.verdict, Answer::Block);
    assert!(blocked.why.contains("4 of 5 instances of orders-blue are selected"), "{}", blocked.why);
    assert_eq!(can_override("few-replaced"), Some(true));
    let one = own_policy(ClusterPolicy { max_replaced: Some(1), ..ClusterPolicy::default() });
    assert_eq!(finding(2, &one).verdict, Answer::Block);
    let made = made(&orders, &scale(6, (None, None)));
    assert!(made.guards.iter().all(|guard| guard.name != "few-replaced"), "nothing was chosen");
}

#[test]
fn a_mixed_group_is_scaled_in_capacity_units_and_its_instances_are_replaced_by_id() {
    let (mut orders, ids) = sized();
    let group = orders.world.group_mut("orders-blue");
    let LaunchSource::Template(base) = group.source.clone() else { panic!("{:?}", group.source) };
    let heavy = OverrideFact {
        instance_type: Some("m7g.xlarge".into()),
        weighted_capacity: Some("4".into()),
        ..OverrideFact::default()
    };
    group.source = LaunchSource::Mixed { base, overrides: vec![heavy] };
    (group.desired, group.max) = (8, 40);
    let plan = made(&orders, &scale(24, (None, None)));
    assert!(plan.steps[0].does.contains("8 → 24 capacity units"), "{}", plan.steps[0].does);
    assert!(plan.notes.iter().any(|note| note.contains("not instances")), "{:?}", plan.notes);
    assert!(refusal(&orders, &scale(3, (Some(5), Some(4)))).contains("from 5 to 4 capacity units"));

    let one = made(&orders, &replace(&ids[..1]));
    let Some(Call::TerminateInstanceInAutoScalingGroup(end)) = &one.steps[0].call else {
        panic!("{:?}", one.steps)
    };
    assert_eq!((&end.instance, end.decrement), (&ids[0], false));
    let first = Batches { at_once: 1, launch_first: true };
    assert!(refusal(&orders, &in_batches(&ids[..1], first)).contains("counts capacity units"));
}
