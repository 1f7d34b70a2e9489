//! Operations of many steps by keys: followed on the operations screen, killed, found by a colleague, led back.

use std::time::Duration;

use serde_json::json;

use super::person::{PROGRAM, SIZE, answer, at_orders, at_orders_in, press_until};
use super::{Desk, changes, front_door, meddle};
use rustix::process::Signal;

use crate::rig::Rig;
use crate::rig::beside::CloudWatch;
use crate::terminal::Terminal;

/// Two steps, each watched, then the settling.
const STEPS_TAKE: Duration = Duration::from_mins(3);

/// Arms and confirms a shift of `orders` to 50 % in steps that are watched for so long.
fn shift_in_steps(rig: &Rig, watched: &str) -> Terminal {
    begin_steps(rig, at_orders(rig, &[]), watched)
}

/// The same on a cockpit that is at the cluster already.
fn begin_steps(rig: &Rig, mut terminal: Terminal, watched: &str) -> Terminal {
    terminal.send("s");
    terminal.wait_for("% of the traffic");
    terminal.send("50\t\u{1b}[B");
    terminal.wait_for("in steps, each watched");
    terminal.send("\t\t");
    terminal.send(&"\u{7f}".repeat(10));
    terminal.send(&format!("{watched}\r"));
    terminal.wait_for("ModifyListener");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "orders 50");
    terminal.wait_for("ARMED");
    terminal
}

/// How many calls have changed the fleet.
fn sent(rig: &Rig) -> usize {
    changes(rig).len()
}

#[test]
fn a_shift_in_steps_is_followed_to_its_end_on_the_operations_screen() {
    let rig = Rig::own();
    let mut terminal = shift_in_steps(&rig, "3s");
    // A bake of 3 s may be over before anybody looks; longer ones are looked at below.
    press_until(&mut terminal, "o", "operations ·");
    assert!(terminal.shows("✔ done", STEPS_TAKE), "{}", terminal.text());
    // 10 → 25 → 50.
    assert_eq!(sent(&rig), 2, "{:?}", changes(&rig));
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_cockpit_that_was_killed_leaves_its_operation_to_a_colleague_with_an_empty_home() {
    let rig = Rig::own();
    let before = front_door(&rig);
    let mut first = shift_in_steps(&rig, "5m");
    press_until(&mut first, "o", "operations ·");
    first.wait_for("baking");
    first.signal(Signal::KILL);
    assert_eq!(sent(&rig), 1);

    let mut second = Terminal::start(PROGRAM, SIZE, &[], &rig.environment());
    second.wait_for("checkout");
    second.send("o");
    second.wait_for("running");
    rig.tell("clock", &json!({ "advance": 75 }));
    press_until(&mut second, "\u{12}", "abandoned");
    press_until(&mut second, "r", "Roll back orders");
    answer(&mut second, &rig.account()[8..]);
    second.wait_for("✔");
    answer(&mut second, "orders back");
    second.wait_for("settling");
    assert_eq!(sent(&rig), 2, "{:?}", changes(&rig));
    assert_eq!(front_door(&rig), before);
}

#[test]
fn one_key_stops_it_and_another_leads_it_back() {
    let rig = Rig::own();
    let before = front_door(&rig);
    let mut terminal = shift_in_steps(&rig, "5m");
    press_until(&mut terminal, "o", "operations ·");
    terminal.wait_for("baking");
    terminal.send("!");
    terminal.wait_for("held");
    assert_eq!(sent(&rig), 1, "{:?}", changes(&rig));
    press_until(&mut terminal, "r", "Roll back orders");
    answer(&mut terminal, "orders back");
    terminal.wait_for("settling");
    assert_eq!(sent(&rig), 2, "{:?}", changes(&rig));
    assert_eq!(front_door(&rig), before);
}

#[test]
fn an_alarm_in_the_middle_rolls_it_back() {
    let rig = Rig::own();
    let before = front_door(&rig);
    let cloud = CloudWatch::of(&rig);
    cloud.alarm("errors", "OK");
    let says = format!("[[cluster]]\nname = \"orders\"\nalarms = [\"{}\"]\n", cloud.name("errors"));
    let desk = Desk::at(&rig);
    let config = desk.keep("watched.toml", &says);
    let mut environment = rig.environment();
    environment.push(("AWS_ENDPOINT_URL_CLOUDWATCH", format!("http://127.0.0.1:{}", cloud.port())));
    let terminal = at_orders_in(&rig, &["--config", &config], &environment);
    let mut terminal = begin_steps(&rig, terminal, "5m");
    press_until(&mut terminal, "o", "operations ·");
    terminal.wait_for("baking");
    cloud.set("errors", "ALARM");
    terminal.wait_for("rolled back");
    terminal.wait_for("is in ALARM");
    assert_eq!(sent(&rig), 2, "{:?}", changes(&rig));
    assert_eq!(front_door(&rig), before);
}

#[test]
fn what_a_colleague_changes_in_the_middle_holds_it_and_shows_both() {
    let rig = Rig::own();
    let mut terminal = shift_in_steps(&rig, "5m");
    press_until(&mut terminal, "o", "operations ·");
    terminal.wait_for("baking");
    meddle(&rig, 42, 58);
    let theirs = front_door(&rig);
    terminal.wait_for("held");
    // Whole, over as many lines as it takes.
    let said = |screen: &vt100::Screen| {
        let text = screen.contents().replace('│', " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (columns, rows) in [SIZE, (80, 30)] {
        terminal.resize(columns, rows);
        terminal.wait_until("both values", |screen| {
            let said = said(screen);
            let both = said.split("someone changed it: ").last().unwrap_or_default();
            let Some((found, rest)) = both.split_once(" is there, ") else { return false };
            let Some((expected, _)) = rest.split_once(" was expected") else { return false };
            ["42", "58"].iter().all(|weight| found.contains(weight))
                && ["75", "25"].iter().all(|weight| expected.contains(weight))
        });
    }
    assert_eq!(front_door(&rig), theirs);
    assert_eq!(sent(&rig), 1, "{:?}", changes(&rig));
}
