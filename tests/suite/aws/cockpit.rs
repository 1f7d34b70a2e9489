//! Moving traffic from the cockpit, by keys.

use std::time::Duration;

use super::person::{CTRL_C, answer, at_orders, plan_a_shift, press_until};
use super::{changed, changes, front_door};
use crate::rig::Rig;

/// New weights are given half a minute to reach every node, then the last look may take its time.
const SETTLED: Duration = Duration::from_secs(90);

#[test]
fn a_shift_is_armed_confirmed_rolled_back_and_settled_by_keys() {
    let rig = Rig::own();
    let before = front_door(&rig);
    let mut terminal = at_orders(&rig, &[]);
    assert!(terminal.text().contains("SAFE"), "{}", terminal.text());
    rig.forget();

    plan_a_shift(&mut terminal);
    answer(&mut terminal, "0000");
    terminal.wait_for("not the last 4 digits");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "orders 26");
    terminal.wait_for("not the phrase");
    assert!(changes(&rig).is_empty());
    answer(&mut terminal, "orders 25");
    terminal.wait_for("ARMED");
    terminal.wait_for("✔ read back … settled");
    terminal.wait_for("weight  25");
    assert_eq!(changed(&rig), ["ModifyListener"]);

    terminal.send("r");
    terminal.wait_for("ModifyListener");
    answer(&mut terminal, "orders back");
    terminal.wait_for("weight  10");
    assert_eq!(changed(&rig), ["ModifyListener", "ModifyListener"]);
    assert_eq!(front_door(&rig), before);
    assert!(terminal.shows("✔ read back ✔ settled", SETTLED), "{}", terminal.text());
    // It is over when its lease is given back; until then leaving would ask.
    terminal.wait_for("rollback done");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn what_shifts_in_another_session_sends_nothing_in_a_read_only_one() {
    let rig = Rig::own();
    let mut terminal = at_orders(&rig, &["--read-only"]);
    assert!(terminal.text().contains("READ-ONLY"), "{}", terminal.text());
    terminal.send("a");
    terminal.wait_for("this session is read-only");
    plan_a_shift(&mut terminal);
    press_until(&mut terminal, "\r", "✘ this session is read-only");
    for keys in [&rig.account()[8..], "\r", "orders 25", "\r", "y"] {
        terminal.send(keys);
    }
    terminal.send(CTRL_C);
    assert_eq!(terminal.wait_for_exit(), 0);
    assert!(!rig.log().is_empty() && changes(&rig).is_empty(), "{:?}", changes(&rig));
}
