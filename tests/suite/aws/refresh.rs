//! An instance refresh by the program: started once with what the plan says, looked up where its answer is lost,
//! followed to its end.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, changed, changes};
use crate::rig::Rig;

/// Time in which the program acts on what it sees.
const SOON: Duration = Duration::from_mins(1);

/// The group that these tests change.
pub const GROUP: &str = "orders-blue";

/// One account whose virtual time runs by itself, so fast that draining takes a second.
pub fn rig() -> Rig {
    let rig = Rig::with(&["orders"]);
    rig.tell("run", &json!({ "factor": 300 }));
    rig
}

/// The group as AWS tells it.
pub fn group(rig: &Rig) -> Value {
    let asked = json!({ "AutoScalingGroupNames": [GROUP] });
    rig.call("autoscaling", "describe_auto_scaling_groups", &asked)["AutoScalingGroups"][0].clone()
}

/// The data of a version of the group's launch template.
fn data(rig: &Rig, version: &str) -> Value {
    let asked = json!({ "LaunchTemplateName": "orders", "Versions": [version] });
    let found = rig.call("ec2", "describe_launch_template_versions", &asked);
    found["LaunchTemplateVersions"][0]["LaunchTemplateData"].clone()
}

/// The versions of the launch template that the group's instances in service run.
pub fn versions(group: &Value) -> Vec<&str> {
    let instances = group["Instances"].as_array().unwrap().iter();
    let in_service = instances.filter(|one| one["LifecycleState"] == "InService");
    in_service.map(|one| one["LaunchTemplate"]["Version"].as_str().unwrap()).collect()
}

#[test]
fn a_refresh_to_a_version_starts_once_with_what_the_plan_says_and_ends_with_the_group_on_it() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let plan = desk.plan(&["refresh", GROUP, "--template-version", "2", "--warmup", "10s"]);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["StartInstanceRefresh"]);
    let sent = &changes(&rig)[0].params;
    let input = plan.input();
    for bound in ["MinHealthyPercentage", "MaxHealthyPercentage"] {
        let sent = sent[&format!("Preferences.{bound}")].as_str().unwrap();
        assert_eq!(sent, input["Preferences"][bound].to_string(), "{bound}");
    }
    assert_eq!(sent["DesiredConfiguration.LaunchTemplate.Version"], "2");
    let group = group(&rig);
    assert_eq!(group["LaunchTemplate"]["Version"], "2");
    assert_eq!(versions(&group), ["2"; 4]);
}

#[test]
fn a_refresh_to_an_image_makes_a_version_that_has_all_of_the_old_one_but_the_image() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let image = rig.id("images", "orders-1.43.0");
    let plan = desk.plan(&["refresh", GROUP, "--image", image, "--warmup", "10s"]);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["CreateLaunchTemplateVersion", "StartInstanceRefresh"]);
    let (mut before, mut after) = (data(&rig, "1"), data(&rig, "3"));
    assert_eq!(after["ImageId"], image);
    for version in [&mut before, &mut after] {
        version["ImageId"] = Value::Null;
    }
    assert_eq!(after, before);
    assert_eq!(versions(&group(&rig)), ["3"; 4]);
}

#[test]
fn a_start_whose_answer_is_lost_is_looked_up_and_never_sent_again() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let plan = desk.plan(&["refresh", GROUP, "--template-version", "2", "--warmup", "10s"]);
    rig.forget();
    let lost = json!({ "operation": "StartInstanceRefresh", "kind": "drop", "apply": true, "count": null });
    rig.fault(&lost);
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["StartInstanceRefresh"]);
    assert!(desk.events().contains(&"read-back".to_owned()), "{:?}", desk.events());
    assert_eq!(versions(&group(&rig)), ["2"; 4]);
}

#[test]
fn a_start_that_never_arrived_is_not_sent_again_either() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let plan = desk.plan(&["refresh", GROUP, "--template-version", "2", "--warmup", "10s"]);
    rig.forget();
    rig.fault(&json!({ "operation": "StartInstanceRefresh", "kind": "drop", "count": null }));
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 1, "{}", applied.err);
    assert!(applied.err.contains("nothing was changed"), "{}", applied.err);
    assert_eq!(changed(&rig), ["StartInstanceRefresh"]);
    assert_eq!(versions(&group(&rig)), ["1"; 4]);
}

#[test]
fn a_refresh_that_somebody_cancels_is_held_with_its_group_as_it_is() {
    let rig = Rig::with(&["orders"]);
    let desk = Desk::at(&rig);
    let plan = desk.plan(&["refresh", GROUP, "--template-version", "2", "--warmup", "10s"]);
    rig.forget();
    let phrase = plan.phrase().to_owned();
    let mut running = desk.start(&["apply", &plan.file, "--confirm", &phrase]);
    running.until("the start", SOON, || changed(&rig) == ["StartInstanceRefresh"]);
    rig.tell("clock", &json!({ "advance": 60 }));
    rig.call("autoscaling", "cancel_instance_refresh", &json!({ "AutoScalingGroupName": GROUP }));
    rig.tell("clock", &json!({ "advance": 600 }));
    let ended = running.end(SOON);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.err.contains("Cancelled"), "{}", ended.err);
    assert_eq!(changed(&rig), ["StartInstanceRefresh"]);
    assert_eq!(group(&rig)["LaunchTemplate"]["Version"], "1");
}

#[test]
fn killed_in_the_middle_it_goes_on_by_itself_and_is_taken_back_by_a_colleague() {
    let rig = Rig::with(&["orders"]);
    let desk = Desk::at(&rig);
    let plan = desk.plan(&["refresh", GROUP, "--template-version", "2", "--warmup", "10s"]);
    rig.forget();
    let phrase = plan.phrase().to_owned();
    let mut running = desk.start(&["apply", &plan.file, "--confirm", &phrase]);
    running.until("the start is written down", SOON, || desk.events().contains(&"applied".to_owned()));
    running.kill();
    // A minute and more: the lease has ended, and the refresh has replaced some.
    rig.tell("clock", &json!({ "advance": 90 }));
    assert!(versions(&group(&rig)).contains(&"2"));

    let colleague = Desk::at(&rig);
    let operations = colleague.done(&["operations", "--json"]).json();
    let id = operations["operations"][0]["id"].as_str().expect("an id").to_owned();
    rig.tell("run", &json!({ "factor": 300 }));
    let back = colleague.run(&["rollback", &id]);
    assert_eq!(back.code, 0, "{}", back.err);
    assert_eq!(changed(&rig), ["StartInstanceRefresh", "RollbackInstanceRefresh"]);
    let group = group(&rig);
    assert_eq!(versions(&group), ["1"; 4]);
    assert_eq!(group["LaunchTemplate"]["Version"], "1");
}
