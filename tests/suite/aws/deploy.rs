//! An image deployed by the program, on the rig: the side without traffic is made ready, put into the action, given the
//! traffic, and the old one ends last.

use std::time::Duration;

use serde_json::{Value, json};

use super::person::{PROGRAM, SIZE, answer, press_until};
use super::{Desk, changed};
use crate::rig::Rig;
use crate::terminal::Terminal;

/// A key that chooses the next one.
const DOWN: &str = "\u{1b}[B";
/// The side is refreshed, what it gets settles, and the old side ends.
const DEPLOYED: Duration = Duration::from_mins(4);

/// Nothing is watched or kept longer than it must be; what has settled is waited for all the same.
const HASTY: &str = "[[cluster]]\nname = \"reports\"\nbake = \"0s\"\nkeep_warm = \"0s\"\n";

fn group(rig: &Rig, name: &str) -> Value {
    let asked = json!({ "AutoScalingGroupNames": [name] });
    rig.call("autoscaling", "describe_auto_scaling_groups", &asked)["AutoScalingGroups"][0].clone()
}

/// The weights of the rule that carries the traffic, by target group's name.
fn weights(rig: &Rig) -> Vec<(String, i64)> {
    let found = rig.call("elbv2", "describe_rules", &json!({ "RuleArns": [rig.id("rules", "reports")] }));
    let forward = &found["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"];
    let name = |arn: &Value| arn.as_str().unwrap().split('/').nth(1).unwrap().to_owned();
    let mut weights: Vec<(String, i64)> = forward
        .as_array()
        .unwrap()
        .iter()
        .map(|tuple| (name(&tuple["TargetGroupArn"]), tuple["Weight"].as_i64().unwrap()))
        .collect();
    weights.sort();
    weights
}

#[test]
fn an_image_is_deployed_to_the_side_without_traffic_shifted_in_and_the_old_side_ends() {
    let rig = Rig::with(&["orders", "reports"]);
    rig.tell("run", &json!({ "factor": 300 }));
    // The side without traffic was scaled to nothing after the deployment before.
    let nothing = json!({ "AutoScalingGroupName": "reports-green", "MinSize": 0, "DesiredCapacity": 0 });
    rig.call("autoscaling", "update_auto_scaling_group", &nothing);
    rig.tell("clock", &json!({ "advance": 3_600 }));
    assert_eq!(group(&rig, "reports-green")["Instances"].as_array().unwrap().len(), 0);
    let desk = Desk::at(&rig);
    let config = desk.keep("hasty.toml", HASTY);
    let image = rig.id("images", "reports-0.3.0");
    let words =
        ["--config", &config, "plan", "deploy", "reports", "--image", image, "--steps", "50", "--retire"];
    let planned = desk.done(&[&words[..], &["--json"]].concat());
    let plan = desk.keep("plan.json", &planned.out);
    let phrase = planned.json()["confirm"]["phrase"].as_str().unwrap().to_owned();
    assert_eq!(phrase, "reports deploy");
    rig.forget();
    let applied = desk.run(&["--config", &config, "apply", &plan, "--confirm", &phrase]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    let sent = changed(&rig);
    let of_traffic: Vec<usize> = (0..sent.len()).filter(|n| sent[*n] == "ModifyRule").collect();
    assert_eq!(of_traffic.len(), 3, "into the action, half, all: {sent:?}");
    let launched = sent.iter().position(|name| name == "UpdateAutoScalingGroup").unwrap();
    assert!(of_traffic[0] < launched && launched < of_traffic[1], "{sent:?}");
    assert!(sent[..launched].iter().any(|name| name == "CreateLaunchTemplateVersion"), "{sent:?}");
    assert_eq!(sent.last().map(String::as_str), Some("UpdateAutoScalingGroup"), "{sent:?}");
    let all = weights(&rig);
    assert!(all.iter().all(|(name, weight)| (name == "reports-green") == (*weight > 0)), "{all:?}");
    let (green, blue) = (group(&rig, "reports-green"), group(&rig, "reports-blue"));
    assert_eq!(blue["DesiredCapacity"], 0);
    assert_eq!(blue["Instances"].as_array().unwrap().len(), 0);
    let version = &green["LaunchTemplate"]["Version"];
    let members = green["Instances"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    assert!(members.iter().all(|member| member["LaunchTemplate"]["Version"] == *version), "{members:?}");
}

#[test]
fn an_image_is_deployed_to_the_side_without_traffic_given_all_of_it_and_the_old_side_ends_by_keys() {
    let rig = Rig::with(&["orders", "reports"]);
    rig.tell("run", &json!({ "factor": 300 }));
    let desk = Desk::at(&rig);
    let config = desk.keep("hasty.toml", HASTY);
    let mut terminal = Terminal::start(PROGRAM, SIZE, &["--config", &config], &rig.environment());
    terminal.wait_for("reports");
    terminal.send("/reports\r");
    terminal.wait_until("reports alone", |screen| !screen.contents().contains("orders"));
    terminal.send("\r");
    terminal.wait_for(rig.members("reports-blue")[0]);
    rig.forget();
    terminal.send("D");
    terminal.wait_for("Deploy reports");
    terminal.send(DOWN);
    terminal.wait_for("0.3.0, which blue runs");
    terminal.send(&format!("\t{DOWN}"));
    terminal.wait_for("all in one call");
    terminal.send(&format!("\t{DOWN}"));
    terminal.wait_for("and when it has settled");
    terminal.send("\r");
    terminal.wait_for("ModifyRule");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "reports deploy");
    terminal.wait_for("ARMED");
    press_until(&mut terminal, "o", "operations ·");
    assert!(terminal.shows("✔ done", DEPLOYED), "{}", terminal.text());

    let all = weights(&rig);
    assert!(all.iter().all(|(name, weight)| (name == "reports-green") == (*weight > 0)), "{all:?}");
    let (green, blue) = (group(&rig, "reports-green"), group(&rig, "reports-blue"));
    assert_eq!(blue["DesiredCapacity"], 0);
    let version = &green["LaunchTemplate"]["Version"];
    let members = green["Instances"].as_array().unwrap();
    assert!(members.iter().all(|member| member["LaunchTemplate"]["Version"] == *version), "{members:?}");
    let sent = changed(&rig);
    let at = |name: &str| sent.iter().position(|sent| sent == name).unwrap();
    assert!(at("CreateLaunchTemplateVersion") < at("StartInstanceRefresh"), "{sent:?}");
    assert_eq!(sent.last().map(String::as_str), Some("UpdateAutoScalingGroup"), "{sent:?}");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

/// The live group says good-bye by a hook; the other one is gone, and the rule gives this to the target groups.
fn only_blue(rig: &Rig, weights: &[(&Value, i64)]) {
    let hook = json!({
        "AutoScalingGroupName": "reports-blue",
        "LifecycleHookName": "goodbye",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 30,
        "DefaultResult": "CONTINUE",
    });
    rig.call("autoscaling", "put_lifecycle_hook", &hook);
    let tuple = |(arn, weight): &(&Value, i64)| json!({ "TargetGroupArn": arn, "Weight": weight });
    let groups: Vec<Value> = weights.iter().map(tuple).collect();
    let forward = json!([{ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } }]);
    rig.call("elbv2", "modify_rule", &json!({ "RuleArn": rig.id("rules", "reports"), "Actions": forward }));
    let gone = json!({ "AutoScalingGroupName": "reports-green", "ForceDelete": true });
    rig.call("autoscaling", "delete_auto_scaling_group", &gone);
    rig.tell("clock", &json!({ "advance": 3_600 }));
}

/// Deploys an image to the side that is to be made, and tells what was sent.
fn deploy(rig: &Rig) -> Vec<String> {
    rig.tell("run", &json!({ "factor": 300 }));
    let desk = Desk::at(rig);
    let config = desk.keep("hasty.toml", HASTY);
    let image = rig.id("images", "reports-0.3.0");
    let planned = desk.done(&["--config", &config, "plan", "deploy", "reports", "--image", image, "--json"]);
    let plan = desk.keep("plan.json", &planned.out);
    let phrase = planned.json()["confirm"]["phrase"].as_str().unwrap().to_owned();
    rig.forget();
    let applied = desk.run(&["--config", &config, "apply", &plan, "--confirm", &phrase]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    changed(rig)
}

/// The group that was made is like the live one, and carries all of the traffic.
fn assert_like_blue(rig: &Rig) -> Value {
    let all = weights(rig);
    assert!(all.iter().all(|(name, weight)| (name == "reports-green") == (*weight > 0)), "{all:?}");
    let (green, blue) = (group(rig, "reports-green"), group(rig, "reports-blue"));
    for same in [
        "VPCZoneIdentifier",
        "HealthCheckType",
        "HealthCheckGracePeriod",
        "TerminationPolicies",
        "DesiredCapacity",
    ] {
        assert_eq!(green[same], blue[same], "{same}");
    }
    let hooks = json!({ "AutoScalingGroupName": "reports-green" });
    let hooks = rig.call("autoscaling", "describe_lifecycle_hooks", &hooks);
    assert_eq!(hooks["LifecycleHooks"][0]["LifecycleHookName"], "goodbye");
    green
}

#[test]
fn where_no_group_is_without_traffic_one_is_made_like_the_live_one_behind_the_target_group_that_waits() {
    let rig = Rig::with(&["orders", "reports"]);
    let [behind, live] =
        ["green", "blue"].map(|side| group(&rig, &format!("reports-{side}"))["TargetGroupARNs"].clone());
    only_blue(&rig, &[(&live[0], 100), (&behind[0], 0)]);
    let sent = deploy(&rig);
    assert_eq!(sent.first().map(String::as_str), Some("CreateAutoScalingGroup"), "{sent:?}");
    assert_eq!(assert_like_blue(&rig)["TargetGroupARNs"], behind);
}

#[test]
fn where_no_target_group_waits_either_one_is_made_like_the_live_one() {
    let rig = Rig::with(&["orders", "reports"]);
    let [behind, live] =
        ["green", "blue"].map(|side| group(&rig, &format!("reports-{side}"))["TargetGroupARNs"].clone());
    let live = live[0].clone();
    let short = json!([{ "Key": "deregistration_delay.timeout_seconds", "Value": "7" }]);
    let attributes = json!({ "TargetGroupArn": live, "Attributes": short });
    rig.call("elbv2", "modify_target_group_attributes", &attributes);
    only_blue(&rig, &[(&live, 100)]);
    rig.call("elbv2", "delete_target_group", &json!({ "TargetGroupArn": behind[0] }));
    let sent = deploy(&rig);
    assert_eq!(sent.first().map(String::as_str), Some("CreateTargetGroup"), "{sent:?}");
    let made = assert_like_blue(&rig)["TargetGroupARNs"][0].clone();
    assert_ne!(made, behind[0]);
    let described = |arn: &Value| {
        let asked = json!({ "TargetGroupArns": [arn] });
        rig.call("elbv2", "describe_target_groups", &asked)["TargetGroups"][0].clone()
    };
    let (there, wanted) = (described(&made), described(&live));
    for same in [
        "Protocol",
        "Port",
        "VpcId",
        "TargetType",
        "HealthCheckPath",
        "HealthCheckIntervalSeconds",
        "Matcher",
    ] {
        assert_eq!(there[same], wanted[same], "{same}");
    }
    let attributes =
        rig.call("elbv2", "describe_target_group_attributes", &json!({ "TargetGroupArn": made }));
    let attributes = attributes["Attributes"].as_array().unwrap().clone();
    let delay = attributes.iter().find(|one| one["Key"] == "deregistration_delay.timeout_seconds").unwrap();
    assert_eq!(delay["Value"], "7");
}
