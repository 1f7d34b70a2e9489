//! Shifts in steps, switches, and groups that are not in the action yet.

use super::*;

fn calls(plan: &Plan) -> Vec<Vec<u32>> {
    plan.steps.iter().filter_map(|step| step.call.as_ref()).map(weights).collect()
}

fn waits(plan: &Plan) -> Vec<(WaitFor, u64)> {
    plan.steps.iter().filter_map(|step| step.wait.as_ref()).map(|wait| (wait.what, wait.seconds)).collect()
}

/// Orders with green attached to its target group, which is in no action.
pub(crate) fn green_outside() -> Orders {
    let mut orders = orders(100, 0);
    let (blue, green) = (orders.blue.clone(), orders.green.clone());
    set_actions(&mut orders, forward(&[(&blue, 1)]));
    for target in orders.world.targets_mut(&green) {
        target.state = TargetState::Unused;
    }
    // Blue and green are one cluster by tag while they share no listener.
    for group in ["orders-blue", "orders-green"] {
        orders.world.group_mut(group).tags.insert("Cluster".into(), "orders".into());
    }
    orders
}

#[test]
fn a_shift_in_steps_is_one_call_and_one_bake_a_share_and_settles_at_the_goal() {
    let plan = planned(&orders(90, 10), &stepped(100, Stepped::default()), &History::default()).unwrap();
    assert_eq!(calls(&plan), [[75, 25], [50, 50], [0, 100]], "5 % lies behind it");
    let (bake, settled) = ((WaitFor::Bake, 120), (WaitFor::Settled, 30));
    assert_eq!(waits(&plan), [bake, bake, bake, settled]);
    assert_eq!(plan.steps.iter().map(|step| step.n).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(plan.steps[2].does, "orders-green 25 → 50 % on web :443 default");
    assert_eq!(plan.steps[3].does, "bake for 2 min");
    assert_eq!(plan.reach.seconds, 390);
    assert_eq!(plan.confirm.phrase, "orders 100");
    assert!(!plan.is_blocked(), "{:?}", plan.guards);
}

#[test]
fn steps_lead_down_as_well_and_without_a_bake_nothing_is_baked() {
    let none = Stepped { bake: 0, ..Stepped::default() };
    let plan = planned(&orders(10, 90), &stepped(0, none), &History::default()).unwrap();
    assert_eq!(calls(&plan), [[50, 50], [75, 25], [95, 5], [100, 0]]);
    assert_eq!(waits(&plan), [(WaitFor::Settled, 30)]);
}

#[test]
fn a_person_is_asked_between_steps_where_the_cluster_wants_it_and_not_after_the_last() {
    let own = ClusterPolicy { manual_gate: true, ..ClusterPolicy::default() };
    let steps = Stepped { at: vec![Percent::new(50).unwrap()], bake: 60 };
    let plan = plan(
        &stepped(100, steps),
        &orders(100, 0).world.fleet(),
        &History::default(),
        &own_policy(own),
        read_at(),
    );
    let (bake, person) = ((WaitFor::Bake, 60), (WaitFor::Person, 3_600));
    assert_eq!(waits(&plan.unwrap()), [bake, person, bake, (WaitFor::Settled, 30)]);
}

#[test]
fn a_switch_gives_all_of_it_in_one_call_and_says_how_long_the_old_side_stays() {
    let plan = planned(&orders(70, 30), &switch(), &History::default()).unwrap();
    assert_eq!(calls(&plan), [[0, 100]]);
    assert_eq!(waits(&plan), [(WaitFor::Bake, 120), (WaitFor::Settled, 30)]);
    assert_eq!((plan.verb.as_str(), plan.confirm.phrase.as_str()), ("switch", "orders green"));
    assert!(plan.notes.iter().any(|note| note.contains("stay up for 1 h")), "{:?}", plan.notes);
    assert_eq!(verdict(&plan, "large-step").verdict, Answer::Pass, "its phrase is typed for what it is");
}

#[test]
fn a_side_that_is_not_in_the_action_is_put_in_with_weight_0_and_waited_for_first() {
    let orders = green_outside();
    let plan = planned(&orders, &stepped(100, Stepped::default()), &History::default()).unwrap();
    assert_eq!(calls(&plan), [[100, 0], [95, 5], [75, 25], [50, 50], [0, 100]]);
    assert_eq!(waits(&plan)[0], (WaitFor::Healthy, 600));
    assert_eq!(plan.steps[1].does, "wait until the targets of orders-green are healthy, 10 min at most");
    assert_eq!(weights(plan.steps[0].undo.as_ref().unwrap()), [1], "its undo takes it out");
    let health = verdict(&plan, "enough-healthy-targets");
    assert_eq!(health.verdict, Answer::Warn);
    assert_eq!(
        health.why,
        "the health of orders-green is not known before it is in the action: it is checked before step 3"
    );
    assert!(!plan.is_blocked(), "{:?}", plan.guards);
    assert_eq!(plan.reach.instances, 4);
}

#[test]
fn before_it_is_given_traffic_the_health_of_a_side_that_was_put_in_is_asked_strictly() {
    let mut orders = green_outside();
    let plan = planned(&orders, &stepped(100, Stepped::default()), &History::default()).unwrap();
    let (blue, green) = (orders.blue.clone(), orders.green.clone());
    set_actions(&mut orders, forward(&[(&blue, 100), (&green, 0)]));
    let blocks = |orders: &Orders| {
        let findings =
            check(&plan, 3, &orders.world.fleet(), &History::default(), &Policy::default(), read_at());
        blocked_by(&findings, &[]).map(|finding| finding.name.clone())
    };
    assert_eq!(blocks(&orders).as_deref(), Some("enough-healthy-targets"), "they are unused still");
    for target in orders.world.targets_mut(&green) {
        target.state = TargetState::Healthy;
    }
    assert_eq!(blocks(&orders), None);
}

#[test]
fn a_group_that_no_listener_can_send_to_is_refused_with_the_reason() {
    let mut orders = green_outside();
    orders.world.group_mut("orders-green").target_groups.clear();
    let refusal = planned(&orders, &shift(10), &History::default()).unwrap_err();
    assert!(refusal.why.contains("attached to no target group"), "{refusal}");
    let mut orders = green_outside();
    let green = orders.green.clone();
    let groups = &mut orders.world.facts.target_groups.as_mut().unwrap().value;
    groups.iter_mut().find(|group| group.arn == green).unwrap().load_balancers =
        vec!["arn:aws:e:loadbalancer/app/other/1".into()];
    let refusal = planned(&orders, &shift(10), &History::default()).unwrap_err();
    assert!(refusal.why.contains("other load balancers"), "{refusal}");
}

#[test]
fn a_small_shift_outside_production_takes_a_yes_and_everything_else_its_phrase() {
    let confirm = |intent: &Intent, policy: &Policy| {
        plan(intent, &orders(90, 10).world.fleet(), &History::default(), policy, read_at()).unwrap().confirm
    };
    let production = own_policy(ClusterPolicy { production: true, ..ClusterPolicy::default() });
    assert_eq!(confirm(&shift(15), &Policy::default()).phrase, "yes");
    assert_eq!(confirm(&shift(15), &Policy::default()).kind, ConfirmKind::Yes);
    assert_eq!(confirm(&shift(15), &production).phrase, "orders 15");
    assert_eq!(confirm(&shift(16), &Policy::default()).phrase, "orders 16");
    assert_eq!(confirm(&switch(), &Policy::default()).kind, ConfirmKind::Typed);
}

proptest! {
    /// Whatever the weights, the goal and the steps: every call is absolute and valid, never all 0, moves in one
    /// direction and ends at the goal; each undo is the state before it.
    #[test]
    fn every_step_of_a_shift_is_absolute_valid_and_undone_by_what_was_before(
        blue in 0..=999_i32,
        green in 0..=999_i32,
        goal in 0..=100_u8,
        at in proptest::collection::vec(0..=100_u8, 0..6),
        bake in 0..300_u64,
    ) {
        prop_assume!(blue + green > 0);
        let orders = orders(blue, green);
        let at = at.into_iter().filter_map(Percent::new).collect();
        let Ok(plan) = planned(&orders, &stepped(goal, Stepped { at, bake }), &History::default()) else {
            let total = i64::from(blue + green);
            prop_assert_eq!(i64::from(green) * 100, i64::from(goal) * total);
            return Ok(());
        };
        let mut present = vec![u32::try_from(blue).unwrap(), u32::try_from(green).unwrap()];
        let up = f64::from(goal) > share(&present);
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.call.is_some()).collect();
        for step in &steps {
            let sent = weights(step.call.as_ref().unwrap());
            prop_assert!(sent.iter().sum::<u32>() > 0);
            prop_assert!(sent.iter().all(|weight| *weight <= 999));
            prop_assert_eq!(up, share(&sent) > share(&present), "{:?} to {:?}", present, sent);
            let before: Vec<u32> = weights(step.undo.as_ref().unwrap());
            prop_assert_eq!(&before, &present);
            let expected = step.expects.as_ref().unwrap().state.actions().unwrap();
            prop_assert!(same_actions(expected, step.undo.as_ref().unwrap().actions()));
            present = sent;
        }
        prop_assert_eq!(present[1] * 100, u32::from(goal) * (present[0] + present[1]));
        prop_assert_eq!(plan.way_back(), plan.steps[0].undo.as_ref());
        let sum: u64 = plan.steps.iter().filter_map(|step| Some(step.wait.as_ref()?.seconds)).sum();
        prop_assert_eq!(plan.reach.seconds, sum);
        prop_assert!(plan.steps.iter().zip(1..).all(|(step, n)| step.n == n));
    }
}

fn share(weights: &[u32]) -> f64 {
    f64::from(weights[1]) * 100.0 / f64::from(weights[0] + weights[1])
}
