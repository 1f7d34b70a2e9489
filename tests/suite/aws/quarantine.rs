//! A suspect is set aside by the program, on the rig: marked first, kept through a refresh of its group, given back or
//! ended by the one call that was shown.

use serde_json::{Value, json};

use super::refresh::{GROUP, group, rig};
use super::{Desk, changed};
use crate::rig::Rig;

/// An instance as EC2 tells it.
fn instance(rig: &Rig, id: &str) -> Value {
    let found = rig.call("ec2", "describe_instances", &json!({ "InstanceIds": [id] }));
    found["Reservations"][0]["Instances"][0].clone()
}

fn tag(rig: &Rig, id: &str) -> String {
    let instance = instance(rig, id);
    let tags = instance["Tags"].as_array().unwrap();
    let tag = tags.iter().find(|tag| tag["Key"] == "flightdeck:quarantine").unwrap();
    tag["Value"].as_str().unwrap().to_owned()
}

/// Where the instance stands in its group; `None` where the group has it no more.
fn lifecycle(rig: &Rig, id: &str) -> Option<String> {
    let group = group(rig);
    let member = group["Instances"].as_array().unwrap().iter().find(|one| one["InstanceId"] == id)?;
    Some(member["LifecycleState"].as_str().unwrap().to_owned())
}

#[test]
fn a_suspect_is_quarantined_survives_a_refresh_and_is_ended_at_last() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let suspect = rig.members(GROUP)[0].to_owned();
    let plan = desk.plan(&["quarantine", &suspect, "--reason", "INC-7"]);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["CreateTags", "EnterStandby"]);
    assert_eq!(lifecycle(&rig, &suspect).as_deref(), Some("Standby"));
    assert!(tag(&rig, &suspect).starts_with("INC-7 · "), "{}", tag(&rig, &suspect));

    let words =
        ["plan", "refresh", GROUP, "--template-version", "2", "--warmup", "10s", "--standby", "terminate"];
    let blocked = desk.run(&words);
    assert_eq!(blocked.code, 3, "{}{}", blocked.out, blocked.err);
    assert!(blocked.err.contains("guard quarantined blocks it"), "{}", blocked.err);
    let refresh = desk.plan(&["refresh", GROUP, "--template-version", "2", "--warmup", "10s"]);
    let applied = desk.apply(&refresh);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(lifecycle(&rig, &suspect).as_deref(), Some("Standby"));
    assert_eq!(instance(&rig, &suspect)["State"]["Name"], "running");

    let end = desk.plan(&["terminate", &suspect]);
    rig.forget();
    let applied = desk.apply(&end);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["TerminateInstances"]);
}

#[test]
fn what_stands_by_is_released_and_its_tag_says_so() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let suspect = rig.members(GROUP)[1].to_owned();
    let before = group(&rig)["DesiredCapacity"].clone();
    let plan = desk.plan(&["quarantine", &suspect, "--no-replacement", "--reason", "INC-8"]);
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    let release = desk.plan(&["release", &suspect]);
    rig.forget();
    let applied = desk.apply(&release);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["ExitStandby", "CreateTags"]);
    assert_eq!(lifecycle(&rig, &suspect).as_deref(), Some("InService"));
    assert_eq!(group(&rig)["DesiredCapacity"], before);
    assert!(tag(&rig, &suspect).starts_with("released · "), "{}", tag(&rig, &suspect));
}

#[test]
fn what_was_detached_runs_on_outside_its_group_and_cannot_be_released() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let suspect = rig.members(GROUP)[2].to_owned();
    let plan = desk.plan(&["quarantine", &suspect, "--detach", "--reason", "INC-9"]);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["CreateTags", "DetachInstances"]);
    assert_eq!(lifecycle(&rig, &suspect), None);
    assert_eq!(instance(&rig, &suspect)["State"]["Name"], "running");
    let refused = desk.run(&["plan", "release", &suspect]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("was detached"), "{}", refused.err);
}
