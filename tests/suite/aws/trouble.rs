//! The cockpit in trouble: it opens whatever AWS says, tells it, answers keys, and comes back by itself.

use serde_json::json;

use super::person::{CTRL_C, PROGRAM, SIZE, answer, at_orders, plan_a_shift};
use super::{changes, front_door, meddle};
use crate::rig::Rig;
use crate::terminal::Terminal;

#[test]
fn without_a_login_the_cockpit_says_so_and_offers_the_simulated_fleet() {
    let rig = Rig::shared();
    let environment: Vec<_> =
        rig.environment().into_iter().filter(|(name, _)| !name.contains("KEY")).collect();
    let mut terminal = Terminal::start(PROGRAM, SIZE, &[], &environment);
    terminal.wait_for("no AWS credentials were found");
    assert!(terminal.text().contains("--demo"), "{}", terminal.text());
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_login_that_ran_out_costs_a_pause_and_a_new_one_is_picked_up() {
    let rig = Rig::own();
    rig.fault(&json!({ "kind": "expired", "count": null }));
    let mut terminal = Terminal::start(PROGRAM, SIZE, &[], &rig.environment());
    terminal.wait_for("the login has expired");
    rig.heal();
    terminal.wait_for("checkout");
    rig.fault(&json!({ "kind": "expired", "count": null }));
    terminal.send("\u{12}");
    terminal.wait_for("the login has expired");
    assert!(terminal.text().contains("checkout"), "what was seen stays: {}", terminal.text());
    rig.heal();
    terminal.wait_until("an end of the trouble", |screen| !screen.contents().contains("expired"));
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_cockpit_whose_aws_hangs_still_answers_keys() {
    let rig = Rig::own();
    rig.fault(&json!({ "latency_ms": 60_000, "count": null }));
    let mut terminal = Terminal::start(PROGRAM, SIZE, &[], &rig.environment());
    terminal.wait_for("SAFE");
    terminal.send("?");
    terminal.wait_for("shows all keys of this screen");
    terminal.send(CTRL_C);
    assert_eq!(terminal.wait_for_exit(), 0);
    rig.heal();
}

#[test]
fn what_somebody_else_changes_under_an_open_dialog_is_not_overwritten() {
    let rig = Rig::own();
    let mut terminal = at_orders(&rig, &[]);
    plan_a_shift(&mut terminal);
    answer(&mut terminal, &rig.account()[8..]);
    meddle(&rig, 70, 30);
    let theirs = front_door(&rig);
    answer(&mut terminal, "orders 25");
    terminal.wait_until("that the world changed", |screen| {
        ["the world changed", "someone changed", "the world moved"]
            .iter()
            .any(|says| screen.contents().contains(says))
    });
    assert!(changes(&rig).is_empty(), "{:?}", changes(&rig));
    assert_eq!(front_door(&rig), theirs);
}
