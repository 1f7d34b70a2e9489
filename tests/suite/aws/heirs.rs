//! Operations on groups that are killed with a call just sent, and resumed to their end by a colleague with an empty
//! home: every call of the plan goes out once, whoever sends it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::refresh::GROUP;
use super::{Desk, changed};
use crate::rig::Rig;

/// Time in which the first call is sent.
const SOON: Duration = Duration::from_mins(1);

/// Nothing of `reports` is watched or kept longer than it must be, and `orders` may be drilled at any hour.
const HASTY: &str = "[[cluster]]\nname = \"reports\"\nbake = \"0s\"\nkeep_warm = \"0s\"\n\
                     [[cluster]]\nname = \"orders\"\ndrills = { hours = \"always\" }\n";

/// Applies a plan, kills the run once it has sent `first`, and lets a colleague resume it to its end. Time stands still
/// until then, so nothing that is waited for is over before.
fn taken_over(rig: &Rig, words: &[&str], first: &str) {
    let (desk, colleague) = (Desk::at(rig), Desk::at(rig));
    let config = desk.keep("hasty.toml", HASTY);
    let planned = desk.done(&[&["--config", &config, "plan"], words, &["--json"]].concat());
    let plan: Value = planned.json();
    let file = desk.keep("plan.json", &planned.out);
    let phrase = plan["confirm"]["phrase"].as_str().unwrap().to_owned();
    rig.forget();
    let mut running = desk.start(&["--config", &config, "apply", &file, "--confirm", &phrase]);
    running.until(first, SOON, || {
        rig.log().iter().any(|request| request.operation == first && request.status.is_some())
    });
    running.kill();

    rig.tell("clock", &json!({ "advance": 75 }));
    rig.tell("run", &json!({ "factor": 300 }));
    let left = colleague.done(&["operations", "--json"]).json();
    let left = left["operations"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["state"], "abandoned", "{left:?}");
    let id = left[0]["id"].as_str().unwrap();
    let resume = ["--config", &config, "resume", id, "--confirm"];
    let confirm = plan["cluster"].as_str().unwrap().to_owned() + " resume";
    let resumed = colleague.run(&[&resume[..], &[&confirm]].concat());
    assert_eq!(resumed.code, 0, "{}{}", resumed.out, resumed.err);
    let known = colleague.done(&["operations", "--json"]).json();
    let stand = |one: &Value| one["state"].as_str().unwrap().to_owned();
    let stands: Vec<String> = known["operations"].as_array().unwrap().iter().map(stand).collect();
    assert!(!stands.iter().any(|stand| stand == "abandoned" || stand == "running"), "{stands:?}");
    let calls =
        plan["steps"].as_array().unwrap().iter().filter_map(|step| step["call"]["operation"].as_str());
    assert_eq!(changed(rig), calls.collect::<Vec<_>>());
}

/// The group, and its members in service.
fn whole(rig: &Rig, name: &str) -> (Value, Vec<Value>) {
    let asked = json!({ "AutoScalingGroupNames": [name] });
    let group =
        rig.call("autoscaling", "describe_auto_scaling_groups", &asked)["AutoScalingGroups"][0].clone();
    let members = group["Instances"].as_array().unwrap().iter();
    let serving = members.filter(|one| one["LifecycleState"] == "InService").cloned().collect();
    (group, serving)
}

#[test]
fn a_refresh_that_was_killed_is_resumed_by_a_colleague() {
    let rig = Rig::with(&["orders"]);
    let words = ["refresh", GROUP, "--template-version", "2", "--warmup", "10s"];
    taken_over(&rig, &words, "StartInstanceRefresh");
    let (group, serving) = whole(&rig, GROUP);
    assert_eq!(group["LaunchTemplate"]["Version"], "2");
    assert_eq!(serving.len(), 4);
    assert!(serving.iter().all(|one| one["LaunchTemplate"]["Version"] == "2"), "{serving:?}");
}

#[test]
fn a_replacement_that_was_killed_between_two_instances_is_resumed_by_a_colleague() {
    let rig = Rig::with(&["orders"]);
    let (first, second) = (rig.members(GROUP)[0], rig.members(GROUP)[1]);
    taken_over(&rig, &["replace", first, second], "TerminateInstanceInAutoScalingGroup");
    let (_, serving) = whole(&rig, GROUP);
    assert_eq!(serving.len(), 4);
    let is_old = |one: &Value| one["InstanceId"] == first || one["InstanceId"] == second;
    assert!(!serving.iter().any(is_old), "{serving:?}");
}

#[test]
fn another_size_that_was_not_waited_for_is_resumed_by_a_colleague() {
    let rig = Rig::with(&["orders"]);
    taken_over(&rig, &["scale", GROUP, "3"], "SetDesiredCapacity");
    let (group, serving) = whole(&rig, GROUP);
    assert_eq!((group["DesiredCapacity"].as_i64(), serving.len()), (Some(3), 3));
}

#[test]
fn a_quarantine_that_was_killed_is_resumed_by_a_colleague() {
    let rig = Rig::with(&["orders"]);
    let suspect = rig.members(GROUP)[0];
    taken_over(&rig, &["quarantine", suspect, "--reason", "INC-7"], "CreateTags");
    let (group, serving) = whole(&rig, GROUP);
    let mut members = group["Instances"].as_array().unwrap().iter();
    let member = members.find(|one| one["InstanceId"] == suspect).unwrap();
    assert_eq!((&member["LifecycleState"], serving.len()), (&json!("Standby"), 4));
}

#[test]
fn a_drill_that_was_killed_with_a_zone_empty_is_resumed_by_a_colleague_who_gives_the_zone_back() {
    let rig = Rig::with(&["orders"]);
    let zones = |serving: &[Value]| -> BTreeSet<String> {
        serving.iter().map(|one| one["AvailabilityZone"].as_str().unwrap().to_owned()).collect()
    };
    let subnets = |group: &Value| -> BTreeSet<String> {
        group["VPCZoneIdentifier"].as_str().unwrap().split(',').map(str::to_owned).collect()
    };
    let (before, serving) = whole(&rig, GROUP);
    let zone = zones(&serving).pop_first().unwrap();
    taken_over(&rig, &["drill", GROUP, "--zone", &zone, "--for", "1m"], "UpdateAutoScalingGroup");
    let (after, serving) = whole(&rig, GROUP);
    assert_eq!(subnets(&after), subnets(&before));
    assert_eq!(serving.len(), 4);
}

#[test]
fn another_type_that_was_killed_before_its_refresh_is_resumed_by_a_colleague() {
    let rig = Rig::with(&["orders"]);
    let words = ["scale", GROUP, "--type", "c5.large"];
    taken_over(&rig, &words, "CreateLaunchTemplateVersion");
    let (group, serving) = whole(&rig, GROUP);
    let version = &group["LaunchTemplate"]["Version"];
    assert_eq!(serving.len(), 4);
    assert!(serving.iter().all(|one| one["LaunchTemplate"]["Version"] == *version), "{serving:?}");
}

#[test]
fn a_deployment_that_was_killed_is_resumed_by_a_colleague() {
    let rig = Rig::with(&["orders", "reports"]);
    let image = rig.id("images", "reports-0.3.0");
    taken_over(&rig, &["deploy", "reports", "--image", image, "--retire"], "StartInstanceRefresh");
    let (green, serving) = whole(&rig, "reports-green");
    let version = &green["LaunchTemplate"]["Version"];
    assert_eq!(serving.len(), 2);
    assert!(serving.iter().all(|one| one["LaunchTemplate"]["Version"] == *version), "{serving:?}");
    assert_eq!(whole(&rig, "reports-blue").0["DesiredCapacity"], 0);
}
