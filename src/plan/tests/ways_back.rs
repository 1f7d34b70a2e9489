//! Rollbacks, and half-done operations that go on.

use super::steps::green_outside;
use super::*;

fn undo(operation: &str) -> Intent {
    Intent::Rollback { cluster: id(), of: Some(OperationId::new(operation)), source: None }
}

fn resume(operation: &OperationId) -> Intent {
    Intent::Resume { cluster: id(), operation: operation.clone() }
}

fn shift_in_steps(orders: &Orders) -> Plan {
    planned(orders, &stepped(100, Stepped::default()), &History::default()).unwrap()
}

/// What the journal says of a plan that was begun, with these further steps intended.
fn begun(orders: &Orders, plan: &Plan, steps: &[u32]) -> Vec<Record> {
    let of = |event, step| Record {
        operation: plan.id.clone(),
        step,
        ..record(orders, "", &plan.verb, event, (0, 0))
    };
    let started =
        Record { plan: Some(Box::new(plan.clone())), resource: None, before: None, ..of(Event::Started, 0) };
    let intended = steps.iter().map(|n| {
        let step = &plan.steps[*n as usize - 1];
        Record {
            before: Some(step.expects.as_ref().unwrap().state.clone()),
            after: Some(State::Actions(step.call.as_ref().unwrap().actions().clone())),
            call: step.call.clone(),
            ..of(Event::Intended, *n)
        }
    });
    std::iter::once(started).chain(intended).collect()
}

fn at(blue: i32, green: i32) -> Orders {
    orders(blue, green)
}

#[test]
fn a_shift_in_steps_is_rolled_back_to_what_was_before_its_first_call() {
    let plan = shift_in_steps(&at(100, 0));
    let half = at(75, 25);
    let history = History::new(begun(&half, &plan, &[1, 3]));
    let back = planned(&half, &back(), &history).unwrap();
    assert_eq!(weights(first_call(&back)), [100, 0]);
    assert_eq!(back.notes[0], format!("restores what was before operation {}", plan.id));
}

#[test]
fn undoing_one_operation_restores_exactly_what_was_before_it_and_says_what_else_goes() {
    let orders = at(25, 75);
    let history = History::new(vec![
        record(&orders, "p-1", "shift", Event::Intended, (100, 0)),
        record(&orders, "p-2", "shift", Event::Intended, (60, 40)),
        record(&orders, "p-3", "shift", Event::Intended, (50, 50)),
    ]);
    let plan = planned(&orders, &undo("p-2"), &history).unwrap();
    assert_eq!(weights(first_call(&plan)), [60, 40], "mixed as it was");
    assert_eq!(plan.notes[0], "restores exactly what was before operation p-2");
    assert_eq!(plan.notes[1], "it also undoes what came after it: shift p-3");
    let last = planned(&orders, &undo("p-3"), &history).unwrap();
    assert!(last.notes.iter().all(|note| !note.contains("also undoes")), "{:?}", last.notes);
    assert!(planned(&orders, &undo("p-4"), &history).unwrap_err().why.contains("no record tells of"));
}

#[test]
fn a_colleague_without_a_journal_rolls_back_by_the_claim() {
    let plan = shift_in_steps(&at(100, 0));
    let half = at(75, 25);
    let of = |step, stand, hold| {
        let claim = Claim { step, ..claim(&plan.id.to_string(), hold, stand, Some(plan.clone())) };
        History::default().with_claims(vec![claim])
    };
    let left = of(3, Stand::Running, Hold::Lapsed);
    assert_eq!(weights(first_call(&planned(&half, &back(), &left).unwrap())), [100, 0]);
    let undone = undo(&plan.id.to_string());
    assert_eq!(weights(first_call(&planned(&half, &undone, &left).unwrap())), [100, 0]);
    // Nothing was sent: there is nothing to take back.
    let early = of(0, Stand::Held, Hold::Released);
    assert!(planned(&half, &back(), &early).unwrap_err().why.contains("no record"));
    let failed = of(1, Stand::Failed, Hold::Released);
    assert!(planned(&half, &back(), &failed).unwrap_err().why.contains("no record"));
    assert!(left.knows(&plan.id) && !early.knows(&plan.id));
}

#[test]
fn first_the_old_side_goes_in_then_the_new_side_out() {
    let mut orders = green_outside();
    let green = orders.green.clone();
    let history = History::new(vec![record(&orders, "p-1", "switch", Event::Intended, (0, 100))]);
    let plan = planned(&orders, &back(), &history).unwrap();
    let calls: Vec<Vec<u32>> = plan.steps.iter().filter_map(|step| step.call.as_ref()).map(weights).collect();
    assert_eq!(calls, [[100, 0], [0, 100]]);
    assert_eq!(plan.steps[1].wait.as_ref().unwrap().what, WaitFor::Healthy);
    assert!(!plan.is_blocked(), "{:?}", plan.guards);
    // By another listener its health is known: it need not be waited for.
    orders.world.listener("web", 8443, &[(&green, 100)]);
    for target in orders.world.targets_mut(&green) {
        target.state = TargetState::Healthy;
    }
    let plan = planned(&orders, &back(), &history).unwrap();
    assert_eq!(plan.steps.iter().filter(|step| step.call.is_some()).count(), 1);
}

#[test]
fn the_way_back_needs_nothing_but_the_load_balancer_to_answer() {
    let mut orders = at(0, 100);
    orders.world.gap(crate::fleet::Section::Groups, None);
    orders.world.facts.groups.as_mut().unwrap().at =
        crate::fleet::builders::ago(SignedDuration::from_mins(9));
    let history = History::new(vec![record(&orders, "p-1", "switch", Event::Intended, (100, 0))]);
    assert!(!planned(&orders, &back(), &history).unwrap().is_blocked());
    assert_eq!(
        verdict(&planned(&orders, &shift(50), &history).unwrap(), "fresh-facts").verdict,
        Answer::Block
    );
    orders.world.gap(crate::fleet::Section::TargetHealth, None);
    assert!(planned(&orders, &back(), &history).unwrap().is_blocked());
}

#[test]
fn bringing_an_old_side_back_by_hand_is_offered_as_a_rollback() {
    let orders = at(0, 100);
    let fleet = orders.world.fleet();
    let history = History::new(vec![record(&orders, "p-1", "switch", Event::Intended, (100, 0))]);
    let plan = planned(&orders, &shift(0), &history).unwrap();
    let instead = rollback_instead(&plan, &fleet, &history).unwrap();
    assert!(matches!(&instead, Intent::Rollback { of: None, .. }));
    assert_eq!(first_call(&planned(&orders, &instead, &history).unwrap()), first_call(&plan));
    assert!(plan.notes[0].starts_with("this is what rollback would restore"), "{:?}", plan.notes);
    let other = planned(&orders, &shift(50), &history).unwrap();
    assert_eq!(rollback_instead(&other, &fleet, &history), None);
}

#[test]
fn a_half_done_operation_goes_on_after_the_step_that_is_observed() {
    let old = shift_in_steps(&at(100, 0));
    for (now, done, left, waits) in [
        (at(100, 0), vec![1], vec![[95, 5], [75, 25], [50, 50], [0, 100]], 0),
        (at(75, 25), vec![1, 3], vec![[50, 50], [0, 100]], 1),
        // The call of step 5 was lost, or step 3 was never known to be written.
        (at(75, 25), vec![1, 3, 5], vec![[50, 50], [0, 100]], 1),
        (at(0, 100), vec![1, 3, 5, 7], vec![], 2),
    ] {
        let history = History::new(begun(&now, &old, &done));
        let plan = planned(&now, &resume(&old.id), &history).unwrap();
        let calls: Vec<Vec<u32>> =
            plan.steps.iter().filter_map(|step| step.call.as_ref()).map(weights).collect();
        assert_eq!(calls, left);
        let first = plan.steps.iter().take_while(|step| step.call.is_none()).count();
        assert_eq!(first, waits, "its waits again");
        assert_eq!(weights(plan.way_back().unwrap()), [100, 0], "an abort leads to before the old one");
        assert_eq!(plan.confirm.phrase, "orders resume");
        assert_ne!(plan.id, old.id);
    }
}

#[test]
fn a_side_that_was_put_in_and_is_not_healthy_yet_is_waited_for_again() {
    let mut now = green_outside();
    let old = shift_in_steps(&now);
    let (blue, green) = (now.blue.clone(), now.green.clone());
    set_actions(&mut now, forward(&[(&blue, 100), (&green, 0)]));
    for target in now.world.targets_mut(&green) {
        target.state = TargetState::Initial;
    }
    let plan = planned(&now, &resume(&old.id), &History::new(begun(&now, &old, &[1]))).unwrap();
    assert_eq!(plan.steps[0].wait.as_ref().unwrap().what, WaitFor::Healthy);
    assert!(!plan.is_blocked(), "{:?}", plan.guards);
    let findings = check(&plan, 2, &now.world.fleet(), &History::default(), &Policy::default(), read_at());
    assert!(blocked_by(&findings, &[]).is_some(), "before its call it is asked strictly");
}

#[test]
fn what_is_neither_before_nor_after_a_step_is_not_written_over_and_both_are_shown() {
    let old = shift_in_steps(&at(100, 0));
    let now = at(60, 40);
    let history = History::new(begun(&now, &old, &[1, 3]));
    let refusal = planned(&now, &resume(&old.id), &history).unwrap_err();
    assert!(refusal.why.contains("there is orders-blue 60 orders-green 40"), "{refusal}");
    assert!(refusal.why.contains("wrote orders-blue 75 orders-green 25"), "{refusal}");
    assert!(refusal.remedy.contains(&format!("rollback {}", old.id)), "{refusal}");
}

#[test]
fn what_is_over_or_on_no_record_cannot_go_on() {
    let old = shift_in_steps(&at(100, 0));
    let now = at(75, 25);
    let unknown = planned(&now, &resume(&old.id), &History::default()).unwrap_err();
    assert!(unknown.why.contains("no record tells how"), "{unknown}");
    for end in [Event::Done, Event::RolledBack, Event::TakenOver] {
        let mut records = begun(&now, &old, &[1, 3]);
        records.push(Record { event: end, step: 0, ..records[0].clone() });
        let refusal = planned(&now, &resume(&old.id), &History::new(records)).unwrap_err();
        assert!(refusal.why.contains("is over"), "{end:?}: {refusal}");
    }
}

#[test]
fn a_resumed_operation_is_resumed_again_and_rolled_back_to_the_very_beginning() {
    let old = shift_in_steps(&at(100, 0));
    let quarter = at(75, 25);
    let mut records = begun(&quarter, &old, &[1, 3]);
    let again = planned(&quarter, &resume(&old.id), &History::new(records.clone())).unwrap();
    let half = at(50, 50);
    let call = again.steps.iter().find(|step| step.call.is_some()).unwrap().n;
    records.extend(begun(&half, &again, &[call]));
    let history = History::new(records);
    let third = planned(&half, &resume(&again.id), &history).unwrap();
    assert_eq!(weights(third.way_back().unwrap()), [100, 0]);
    let undone = planned(&half, &undo(&again.id.to_string()), &history).unwrap();
    assert_eq!(weights(first_call(&undone)), [100, 0]);
    assert_eq!(weights(first_call(&planned(&half, &back(), &history).unwrap())), [100, 0]);
}

#[test]
fn the_light_is_warm_only_while_the_way_back_would_pass_and_tells_minutes() {
    let mut orders = at(0, 100);
    let history = History::new(vec![record(&orders, "p-1", "switch", Event::Intended, (100, 0))]);
    let of = |orders: &Orders| {
        let fleet = orders.world.fleet();
        light(&fleet, &fleet.clusters[0], &history, &Policy::default())
    };
    let warm = of(&orders);
    assert_eq!((warm.kind, warm.minutes), (LightKind::Warm, Some(1)));
    assert_eq!(warm.target.as_deref(), Some("orders-blue 100 orders-green 0"));
    assert_eq!(warm.why, "one call restores what was before p-1");
    let blue = orders.blue.clone();
    for target in orders.world.targets_mut(&blue) {
        target.state = TargetState::Unhealthy;
    }
    assert_eq!(of(&orders).kind, LightKind::Image, "its image is still there");
}

#[test]
fn an_image_that_is_marked_as_bad_is_nothing_to_go_back_to() {
    let mut world = World::new();
    world.image("ami-1", "batch-1.0.0");
    world.image("ami-2", "batch-1.1.0");
    world.image("ami-3", "batch-1.2.0");
    for (number, image) in [(1, "ami-1"), (2, "ami-2"), (3, "ami-3")] {
        world.template("lt-batch", number, image);
    }
    world.group("batch", "lt-batch");
    for n in 0..20 {
        world.member("batch", &format!("i-{n:02}"), "ami-3");
    }
    let of = |world: &World| {
        let fleet = world.fleet();
        light(&fleet, &fleet.clusters[0], &History::default(), &Policy::default())
    };
    // Ten batches of two.
    assert_eq!((of(&world).target.as_deref(), of(&world).minutes), (Some("1.1.0"), Some(50)));
    world.image("ami-2", "batch-1.1.0").tags.insert("flightdeck:bad".into(), "true".into());
    assert_eq!(of(&world).target.as_deref(), Some("1.0.0"));
}

#[test]
fn a_journal_of_100_000_records_is_asked_for_one_cluster_without_reading_the_rest() {
    let orders = at(75, 25);
    let elsewhere = ClusterId { name: "search".into(), ..id() };
    let many = (0..100_000).map(|n| {
        let operation = format!("p-{}", n / 5);
        Record {
            cluster: elsewhere.clone(),
            ..record(&orders, &operation, "shift", Event::Intended, (100, 0))
        }
    });
    let own = record(&orders, "p-own", "shift", Event::Intended, (100, 0));
    let history = History::new(many.chain([own]).collect());
    assert_eq!(history.changes(&id()).count(), 1);
    assert_eq!(history.changes(&elsewhere).count(), 20_000);
    assert_eq!(history.records_of(&OperationId::new("p-7")).count(), 5);
    assert_eq!(weights(first_call(&planned(&orders, &back(), &history).unwrap())), [100, 0]);
}

#[test]
fn a_resumed_operation_that_was_stopped_before_a_call_of_its_own_goes_back_to_the_very_beginning() {
    let old = shift_in_steps(&at(100, 0));
    let quarter = at(75, 25);
    let mut records = begun(&quarter, &old, &[1, 3]);
    let again = planned(&quarter, &resume(&old.id), &History::new(records.clone())).unwrap();
    records.extend(begun(&quarter, &again, &[]));
    let undone = planned(&quarter, &undo(&again.id.to_string()), &History::new(records)).unwrap();
    assert_eq!(weights(first_call(&undone)), [100, 0]);
}

#[test]
fn an_operation_that_sent_nothing_is_not_told_to_have_written_something() {
    let old = shift_in_steps(&at(100, 0));
    let now = at(60, 40);
    let refusal = planned(&now, &resume(&old.id), &History::new(begun(&now, &old, &[]))).unwrap_err();
    assert!(refusal.why.contains("was to begin from orders-blue 100 orders-green 0"), "{refusal}");
}

#[test]
fn without_a_record_it_goes_back_to_an_idle_side_with_an_earlier_image_and_to_no_other() {
    let plan = planned(&at(0, 100), &back(), &History::default()).unwrap();
    assert_eq!(weights(first_call(&plan)), [100, 0]);
    assert!(plan.notes[0].contains("no record tells what was before"), "{:?}", plan.notes);
    let refusal = planned(&at(100, 0), &back(), &History::default()).unwrap_err();
    assert!(refusal.why.contains("no record of an earlier change"), "{refusal}");
}
