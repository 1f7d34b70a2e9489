//! `scale` and `replace`: what they send, what they refuse, what they count.

use super::*;
use crate::fleet::InstanceId;

fn scale(desired: i32, bounds: (Option<i32>, Option<i32>)) -> Intent {
    let (min, max) = bounds;
    Intent::Scale { cluster: id(), group: "orders-blue".into(), desired, min, max }
}

fn replace(instances: &[InstanceId]) -> Intent {
    Intent::Replace { cluster: id(), group: "orders-blue".into(), instances: instances.to_vec() }
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
