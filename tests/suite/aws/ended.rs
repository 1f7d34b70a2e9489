//! A refresh that another tool started is ended by the program, on the rig: cancelled, which leaves a mix that is
//! finished, or taken back; and another instance type, which is a version and a refresh.

use std::time::Duration;

use serde_json::json;

use super::refresh::{GROUP, group, rig};
use super::{Desk, Saved, changed};
use crate::command::Ran;
use crate::rig::Rig;

/// Time in which the program acts on what it sees.
const SOON: Duration = Duration::from_mins(1);

/// Starts a refresh to version 2 behind the program's back, and lets this many seconds pass.
fn started_elsewhere(rig: &Rig, seconds: u32) {
    let start = json!({
        "AutoScalingGroupName": GROUP,
        "DesiredConfiguration": { "LaunchTemplate": { "LaunchTemplateName": "orders", "Version": "2" } },
        "Preferences": { "InstanceWarmup": 10, "MinHealthyPercentage": 100, "MaxHealthyPercentage": 125 },
    });
    rig.call("autoscaling", "start_instance_refresh", &start);
    rig.tell("clock", &json!({ "advance": seconds }));
}

/// Runs a plan: time stands still until its call was sent, and then runs fast.
fn run(rig: &Rig, desk: &Desk<'_>, plan: &Saved, call: &str) -> Ran {
    rig.forget();
    let mut running = desk.start(&["apply", &plan.file, "--confirm", plan.phrase()]);
    running.until("the call", SOON, || changed(rig) == [call]);
    rig.tell("run", &json!({ "factor": 300 }));
    let ran = running.end(SOON);
    assert_eq!(changed(rig), [call]);
    ran
}

/// The status of the newest refresh.
fn status(rig: &Rig) -> String {
    let asked = json!({ "AutoScalingGroupName": GROUP });
    let found = rig.call("autoscaling", "describe_instance_refreshes", &asked);
    found["InstanceRefreshes"][0]["Status"].as_str().unwrap().to_owned()
}

#[test]
fn a_refresh_of_another_tool_is_cancelled_by_one_call_and_the_group_is_left_as_it_is() {
    let rig = Rig::with(&["orders"]);
    let desk = Desk::at(&rig);
    started_elsewhere(&rig, 90);
    let plan = desk.plan(&["cancel", GROUP]);
    let applied = run(&rig, &desk, &plan, "CancelInstanceRefresh");
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(status(&rig), "Cancelled");
    assert_eq!(group(&rig)["LaunchTemplate"]["Version"], "1");
    let again = desk.run(&["plan", "cancel", GROUP]);
    assert_eq!(again.code, 3, "{}", again.out);
    assert!(again.err.contains("the newest is Cancelled"), "{}", again.err);
}

#[test]
fn a_cancel_whose_answer_is_lost_is_looked_up_and_never_sent_again() {
    let rig = Rig::with(&["orders"]);
    let desk = Desk::at(&rig);
    started_elsewhere(&rig, 60);
    let plan = desk.plan(&["cancel", GROUP]);
    rig.fault(&json!({ "operation": "CancelInstanceRefresh", "kind": "drop", "apply": true, "count": null }));
    let applied = run(&rig, &desk, &plan, "CancelInstanceRefresh");
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(status(&rig), "Cancelled");
}

#[test]
fn a_refresh_of_another_tool_is_taken_back_by_aws() {
    let rig = Rig::with(&["orders"]);
    let desk = Desk::at(&rig);
    started_elsewhere(&rig, 90);
    let plan = desk.plan(&["rollback-refresh", GROUP]);
    let applied = run(&rig, &desk, &plan, "RollbackInstanceRefresh");
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(status(&rig), "RollbackSuccessful");
    assert_eq!(group(&rig)["LaunchTemplate"]["Version"], "1");
}

#[test]
fn another_instance_type_is_a_version_with_that_type_and_a_refresh_to_it() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let plan = desk.plan(&["scale", GROUP, "--type", "c5.large"]);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["CreateLaunchTemplateVersion", "StartInstanceRefresh"]);
    let asked = json!({ "LaunchTemplateName": "orders", "Versions": ["1", "3"] });
    let found = rig.call("ec2", "describe_launch_template_versions", &asked);
    let versions = found["LaunchTemplateVersions"].as_array().unwrap();
    let made = versions.iter().find(|version| version["VersionNumber"] == 3).unwrap();
    let old = versions.iter().find(|version| version["VersionNumber"] == 1).unwrap();
    assert_eq!(made["LaunchTemplateData"]["InstanceType"], "c5.large");
    assert_eq!(made["LaunchTemplateData"]["ImageId"], old["LaunchTemplateData"]["ImageId"]);
    assert_eq!(group(&rig)["LaunchTemplate"]["Version"], "3");
}
