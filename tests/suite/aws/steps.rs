//! Operations of many steps: to their end, killed in the middle, and met by others on the way.
//!
//! The rig's request log is the judge of what was sent, and `operations` has to tell the same story.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, changes, cluster, meddle};
use crate::command::Running;
use crate::rig::Rig;

/// Long enough for everything that is waited for here.
const PATIENCE: Duration = Duration::from_mins(1);

/// The one operation that is known, as `operations --json` tells it.
fn operation(desk: &Desk<'_>) -> Value {
    let told = desk.done(&["operations", "--json"]).json();
    assert_eq!(told["schema"], "flightdeck.operations.v1");
    let operations = told["operations"].as_array().expect("operations");
    assert_eq!(operations.len(), 1, "{told}");
    operations[0].clone()
}

/// The weight of the green side of `orders`.
fn green(desk: &Desk<'_>) -> u64 {
    let snapshot = desk.done(&["snapshot", "--json"]).json();
    let weights = &cluster(&snapshot, "orders")["traffic"][0]["weights"];
    weights[1]["weight"].as_u64().expect("a weight")
}

/// Begins to apply a plan and waits until its first call was sent.
fn begun(desk: &Desk<'_>, bake: &str) -> Running {
    let shift = desk.plan(&["shift", "orders", "--to", "green=50", "--steps", "20,50", "--bake", bake]);
    desk.rig.forget();
    let mut running = desk.start(&["apply", &shift.file, "--confirm", shift.phrase()]);
    running.until("the first call", PATIENCE, || {
        desk.rig.log().iter().any(|request| request.operation == "ModifyListener" && request.status.is_some())
    });
    running
}

#[test]
fn a_shift_in_steps_bakes_each_of_them_and_ends_at_its_goal() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let ran = begun(&desk, "2s").end(PATIENCE);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(green(&desk), 50);
    let sent = changes(&rig);
    assert_eq!(sent.len(), 2, "{sent:?}");
    let told = operation(&desk);
    assert_eq!(told["state"], "done", "{told}");
    assert_eq!(told["verb"], "shift");
    let written = desk.events().iter().filter(|event| *event == "applied").count();
    assert_eq!(written, sent.len(), "the journal tells of every request");
}

#[test]
fn killed_in_the_middle_it_is_found_from_an_empty_home_and_rolled_back() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    begun(&desk, "5m").kill();
    assert_eq!(green(&desk), 20);

    let colleague = Desk::at(&rig);
    let running = operation(&colleague);
    assert_eq!(running["state"], "running", "{running}");
    let id = running["id"].as_str().expect("an id").to_owned();
    let refused = colleague.run(&["rollback", &id]);
    assert_eq!(refused.code, 3, "a lease that is renewed is never broken: {}", refused.err);

    rig.tell("clock", &json!({ "advance": 75 }));
    let abandoned = operation(&colleague);
    assert_eq!(abandoned["state"], "abandoned", "{abandoned}");
    assert_eq!(abandoned["id"], running["id"]);
    let ways = abandoned["ways_out"].as_array().expect("ways out");
    assert!(ways.contains(&"rollback".into()), "{abandoned}");
    let rolled_back = colleague.run(&["rollback", &id]);
    assert_eq!(rolled_back.code, 0, "{}", rolled_back.err);
    assert_eq!(green(&colleague), 10);
}

#[test]
fn killed_in_the_middle_it_is_resumed_by_a_colleague_with_an_empty_home() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    begun(&desk, "2s").kill();
    rig.tell("clock", &json!({ "advance": 75 }));
    let colleague = Desk::at(&rig);
    let id = operation(&colleague)["id"].as_str().expect("an id").to_owned();
    let asks = colleague.run(&["resume", &id]);
    assert_eq!(asks.code, 3, "it asks for its phrase: {}", asks.err);
    let phrase = asks.err.split('\'').nth(1).expect("the phrase stands in the answer").to_owned();
    let resumed = colleague.run(&["resume", &id, "--confirm", &phrase]);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    assert_eq!(green(&colleague), 50);
    assert_eq!(changes(&rig).len(), 2, "{:?}", changes(&rig));
}

#[test]
fn what_a_colleague_changes_in_the_middle_holds_it_and_is_not_overwritten() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let running = begun(&desk, "3s");
    meddle(&rig, 70, 30);
    let ran = running.end(PATIENCE);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("held: someone changed"), "{}", ran.err);
    assert!(ran.err.contains("orders-green 30") && ran.err.contains("orders-green 20"), "{}", ran.err);
    assert_eq!(green(&desk), 30);
    assert_eq!(changes(&rig).len(), 1);
    assert_eq!(operation(&desk)["state"], "held");
}

#[test]
fn who_interrupts_it_finds_it_held_and_goes_on_later() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let running = begun(&desk, "5m");
    running.interrupt();
    let ran = running.end(PATIENCE);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("held"), "{}", ran.err);
    let held = operation(&desk);
    assert_eq!(held["state"], "held", "{held}");
    let id = held["id"].as_str().expect("an id");
    let aborted = desk.run(&["operations", "abort", id]);
    assert_eq!(aborted.code, 0, "{}", aborted.err);
    assert_eq!(green(&desk), 10);
}
