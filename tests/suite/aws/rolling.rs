//! Groups that AWS refreshes, by keys: stopped at a checkpoint, cancelled, seen half-finished, finished; and taken back.

use std::time::Duration;

use serde_json::{Value, json};

use super::changed;
use super::person::{ESCAPE, answer, at_orders, press_until};
use super::refresh::{GROUP, group, versions};
use crate::rig::Rig;
use crate::terminal::Terminal;

/// Time in which the program, which reads a group every 25 s, sees that AWS is done.
const SEEN: Duration = Duration::from_mins(2);
/// Looks at once.
const LOOK: &str = "\u{12}";
/// Virtual seconds in which AWS replaces half of the group and stops, or goes to its end.
const LONG: u32 = 1_500;

/// The cockpit, armed, with a refresh of the group that stops at 50 %, and stands there.
fn at_the_checkpoint(rig: &Rig) -> Terminal {
    let mut terminal = at_orders(rig, &[]);
    rig.forget();
    terminal.send("f");
    terminal.wait_for("Refresh orders");
    terminal.send("\t\t50\r");
    terminal.wait_for("StartInstanceRefresh");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "orders refresh");
    terminal.wait_for("ARMED");
    press_until(&mut terminal, LOOK, "refresh ");
    press_until(&mut terminal, LOOK, "4 to go");
    rig.tell("clock", &json!({ "advance": LONG }));
    press_until(&mut terminal, LOOK, "50 %");
    assert_eq!(changed(rig), ["StartInstanceRefresh"]);
    terminal
}

/// Lets go of the refresh, with which AWS goes on, and comes back to the cluster.
fn let_go(terminal: &mut Terminal) {
    press_until(terminal, "o", "operations ·");
    terminal.send("h");
    terminal.wait_for("held");
    press_until(terminal, ESCAPE, "INSTANCE");
}

/// The status of the group's refreshes, the newest first.
fn statuses(rig: &Rig) -> Vec<String> {
    let found =
        rig.call("autoscaling", "describe_instance_refreshes", &json!({ "AutoScalingGroupName": GROUP }));
    let refreshes = found["InstanceRefreshes"].as_array().unwrap().iter();
    refreshes.map(|refresh| refresh["Status"].as_str().unwrap().to_owned()).collect()
}

/// How many instances in service run each of the two versions.
fn runs(group: &Value) -> [usize; 2] {
    ["1", "2"].map(|number| versions(group).iter().filter(|version| **version == number).count())
}

#[test]
fn a_group_is_refreshed_with_a_checkpoint_cancelled_seen_half_finished_and_finished_by_keys() {
    let rig = Rig::own();
    let mut terminal = at_the_checkpoint(&rig);
    terminal.send("C");
    terminal.wait_for("abort it to go back, or hold it, which lets AWS go on, and then cancel");
    let_go(&mut terminal);
    press_until(&mut terminal, "C", "CancelInstanceRefresh");
    answer(&mut terminal, "orders cancel");
    rig.tell("run", &json!({ "factor": 300 }));
    press_until(&mut terminal, LOOK, "half-finished: 2 of 4 on version 2");
    assert_eq!(statuses(&rig), ["Cancelled"]);
    assert_eq!(runs(&group(&rig)), [2, 2]);

    press_until(&mut terminal, "f", "which finishes what is half done");
    terminal.send("\r");
    terminal.wait_for("StartInstanceRefresh");
    answer(&mut terminal, "orders refresh");
    press_until(&mut terminal, LOOK, "─ orders-blue ● live · 4 wanted, 1–12 · wants 1.43.0");
    assert_eq!(changed(&rig), ["StartInstanceRefresh", "CancelInstanceRefresh", "StartInstanceRefresh"]);
    assert_eq!(statuses(&rig), ["Successful", "Cancelled"]);
    let group = group(&rig);
    assert_eq!((runs(&group), &group["LaunchTemplate"]["Version"]), ([0, 4], &json!("2")));
}

#[test]
fn a_refresh_is_taken_back_while_it_runs_by_keys() {
    let rig = Rig::own();
    let mut terminal = at_the_checkpoint(&rig);
    let_go(&mut terminal);
    press_until(&mut terminal, "B", "RollbackInstanceRefresh");
    answer(&mut terminal, "orders back");
    rig.tell("run", &json!({ "factor": 300 }));
    press_until(&mut terminal, "o", "operations ·");
    assert!(terminal.shows("✔ done", SEEN), "{}", terminal.text());
    assert_eq!(changed(&rig), ["StartInstanceRefresh", "RollbackInstanceRefresh"]);
    assert_eq!(statuses(&rig), ["RollbackSuccessful"]);
    let group = group(&rig);
    assert_eq!((runs(&group), &group["LaunchTemplate"]["Version"]), ([4, 0], &json!("1")));
}

#[test]
fn a_suspect_is_set_aside_by_keys_and_stays_through_a_refresh() {
    let rig = Rig::own();
    rig.tell("run", &json!({ "factor": 300 }));
    let mut terminal = at_orders(&rig, &[]);
    rig.forget();
    terminal.send("Q");
    terminal.wait_for("Quarantine i-");
    let text = terminal.text();
    let titled = text.split("Quarantine ").nth(1).unwrap();
    let suspect = titled.split(' ').next().unwrap().to_owned();
    assert!(rig.members(GROUP).contains(&suspect.as_str()), "{suspect}");
    terminal.send("INC-7\r");
    terminal.wait_for("EnterStandby");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, &format!("orders {}", &suspect[suspect.len() - 4..]));
    terminal.wait_for("ARMED");
    press_until(&mut terminal, "o", "operations ·");
    assert!(terminal.shows("✔ done", SEEN), "{}", terminal.text());
    assert_eq!(changed(&rig), ["CreateTags", "EnterStandby"]);

    press_until(&mut terminal, ESCAPE, "INSTANCE");
    press_until(&mut terminal, "f", "Refresh orders");
    terminal.send("\r");
    terminal.wait_for("StartInstanceRefresh");
    terminal.wait_for("✔ quarantined");
    terminal.wait_for("1 in standby stay as they are");
    answer(&mut terminal, "orders refresh");
    press_until(&mut terminal, LOOK, "─ orders-blue ● live · 4 wanted, 1–12 · wants 1.43.0");
    assert_eq!(changed(&rig), ["CreateTags", "EnterStandby", "StartInstanceRefresh"]);
    let group = group(&rig);
    assert_eq!(runs(&group), [0, 4]);
    let mut members = group["Instances"].as_array().unwrap().iter();
    let member = members.find(|member| member["InstanceId"] == suspect.as_str()).unwrap();
    assert_eq!(member["LifecycleState"], "Standby");
}
