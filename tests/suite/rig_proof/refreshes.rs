//! Instance refreshes on virtual time: states, bounds, checkpoints, ways back and refusals.
//!
//! The seeded `orders-blue` has four instances on version 1 of its template, between 1 and 12, behind a load balancer.

use serde_json::{Value, json};

use super::{DEREGISTRATION_DELAY_S, advance, group, members, refused, scaling};
use crate::rig::Rig;

const GROUP: &str = "orders-blue";
const WARM_UP_S: u32 = 30;
/// A minute of virtual time is long for each step of these refreshes, but for draining.
const MINUTE: u32 = 60;
const HOUR: u32 = 3600;

fn start_form(preferences: &str) -> String {
    let desired = "DesiredConfiguration.LaunchTemplate.";
    format!(
        "Action=StartInstanceRefresh&AutoScalingGroupName={GROUP}&{desired}LaunchTemplateName=orders&\
         {desired}Version=2&Preferences.InstanceWarmup={WARM_UP_S}{preferences}"
    )
}

fn start(rig: &Rig, preferences: &str) {
    let (status, body) = scaling(rig, &start_form(preferences));
    assert_eq!(status, 200, "{body}");
}

fn act(rig: &Rig, operation: &str) {
    let (status, body) = scaling(rig, &format!("Action={operation}&AutoScalingGroupName={GROUP}"));
    assert_eq!(status, 200, "{body}");
}

/// All refreshes of the group, newest first.
fn all(rig: &Rig) -> Vec<Value> {
    let asked = json!({ "AutoScalingGroupName": GROUP });
    let found = rig.call("autoscaling", "describe_instance_refreshes", &asked);
    found["InstanceRefreshes"].as_array().unwrap().clone()
}

fn newest(rig: &Rig) -> Value {
    all(rig).remove(0)
}

fn status(rig: &Rig) -> String {
    newest(rig)["Status"].as_str().unwrap().to_owned()
}

fn percent(rig: &Rig) -> u64 {
    newest(rig)["PercentageComplete"].as_u64().unwrap()
}

/// Capacity that counts: pending or in service.
fn live(rig: &Rig) -> usize {
    ["Pending", "InService"].iter().flat_map(|state| ["1", "2"].map(|v| members(rig, GROUP, state, v))).sum()
}

fn until(rig: &Rig, step: u32, wanted: &str) {
    for _ in 0..100 {
        if status(rig) == wanted {
            return;
        }
        advance(rig, step);
    }
    panic!("never {wanted}: {}", newest(rig));
}

#[test]
fn a_refresh_goes_from_pending_to_successful_and_only_then_changes_the_group() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=50&Preferences.BakeTime=120");
    assert_eq!(status(&rig), "Pending");
    advance(&rig, 5);
    assert_eq!(status(&rig), "InProgress");
    assert_eq!(members(&rig, GROUP, "Terminating", "1"), 2, "half may go at once");
    assert_eq!(members(&rig, GROUP, "InService", "2"), 2);
    assert_eq!(percent(&rig), 0, "nothing counts before its warm-up");
    let reason = newest(&rig)["StatusReason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("Waiting for instances to warm up before continuing."), "{reason}");

    until(&rig, 5, "Baking");
    assert_eq!(group(&rig, GROUP)["LaunchTemplate"]["Version"], "1");
    assert_eq!(members(&rig, GROUP, "InService", "2"), 4);
    advance(&rig, 120);
    let done = newest(&rig);
    assert_eq!((&done["Status"], &done["PercentageComplete"]), (&"Successful".into(), &100.into()));
    assert_eq!(done["InstancesToUpdate"], 0);
    assert!(done["EndTime"].is_string() && done["Strategy"] == "Rolling", "{done}");
    assert_eq!(group(&rig, GROUP)["LaunchTemplate"]["Version"], "2");
}

#[test]
fn percent_counts_an_instance_after_its_warm_up_and_its_predecessors_end() {
    let rig = Rig::with(&["orders"]);
    rig.tell("delays", &json!({ "target_draining": 0 }));
    start(&rig, "&Preferences.MinHealthyPercentage=75");
    advance(&rig, 5);
    assert_eq!(members(&rig, GROUP, "InService", "2"), 1);
    advance(&rig, WARM_UP_S - 5);
    assert_eq!(percent(&rig), 0);
    advance(&rig, 5);
    assert_eq!((percent(&rig), newest(&rig)["InstancesToUpdate"].as_u64()), (25, Some(3)));
}

#[test]
fn both_bounds_hold_all_the_way() {
    let rig = Rig::with(&["orders"]);
    rig.tell("delays", &json!({ "instance_pending": 20, "target_draining": 40 }));
    start(&rig, "&Preferences.MinHealthyPercentage=100&Preferences.MaxHealthyPercentage=150");
    let mut most = 0;
    while status(&rig) != "Successful" {
        advance(&rig, 5);
        let in_service = members(&rig, GROUP, "InService", "1") + members(&rig, GROUP, "InService", "2");
        assert!(in_service >= 4, "{in_service} in service");
        most = most.max(live(&rig));
    }
    assert_eq!(most, 6, "half as many again, launched first");
    assert_eq!(members(&rig, GROUP, "InService", "2"), 4);
}

#[test]
fn where_the_bounds_leave_no_room_one_is_launched_first_if_a_maximum_is_given() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=90&Preferences.MaxHealthyPercentage=100");
    advance(&rig, 5);
    assert_eq!((live(&rig), members(&rig, GROUP, "Terminating", "1")), (5, 0));

    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=90");
    advance(&rig, 5);
    assert_eq!((live(&rig), members(&rig, GROUP, "Terminating", "1")), (4, 1), "ended first where none is");
}

#[test]
fn a_checkpoint_waits_for_its_delay_and_a_last_one_below_100_ends_the_refresh() {
    let rig = Rig::with(&["orders"]);
    let points = "&Preferences.MinHealthyPercentage=75&Preferences.CheckpointPercentages.member.1=25&\
                  Preferences.CheckpointPercentages.member.2=50&Preferences.CheckpointDelay=600";
    start(&rig, points);
    advance(&rig, DEREGISTRATION_DELAY_S + 10);
    assert_eq!((status(&rig).as_str(), percent(&rig)), ("InProgress", 25));
    advance(&rig, 580);
    assert_eq!(members(&rig, GROUP, "InService", "2"), 1, "it waits");
    until(&rig, MINUTE, "Successful");
    assert_eq!((members(&rig, GROUP, "InService", "1"), members(&rig, GROUP, "InService", "2")), (2, 2));
}

#[test]
fn a_cancelled_refresh_leaves_a_group_of_two_versions_that_wants_the_old_one() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=50");
    advance(&rig, 5);
    act(&rig, "CancelInstanceRefresh");
    assert_eq!(status(&rig), "Cancelling", "instances are on their way out");
    advance(&rig, DEREGISTRATION_DELAY_S + 5);
    assert_eq!(status(&rig), "Cancelled");
    assert_eq!((members(&rig, GROUP, "InService", "1"), members(&rig, GROUP, "InService", "2")), (2, 2));
    assert_eq!(group(&rig, GROUP)["LaunchTemplate"]["Version"], "1");
    // It is finished by a second one, which leaves alone what matches.
    start(&rig, "&Preferences.MinHealthyPercentage=50&Preferences.SkipMatching=true");
    assert_eq!(newest(&rig)["InstancesToUpdate"], 2);
    until(&rig, MINUTE, "Successful");
    assert_eq!((members(&rig, GROUP, "InService", "2"), all(&rig).len()), (4, 2));
}

#[test]
fn a_cancel_that_waits_for_nothing_ends_at_the_next_look() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=50");
    advance(&rig, 5);
    let cancel = format!("Action=CancelInstanceRefresh&AutoScalingGroupName={GROUP}");
    assert_eq!(scaling(&rig, &format!("{cancel}&WaitForTransitioningInstances=false")).0, 200);
    advance(&rig, 5);
    assert_eq!((status(&rig).as_str(), members(&rig, GROUP, "Terminating", "1")), ("Cancelled", 2));
}

#[test]
fn a_rollback_runs_the_percentage_back_to_0_and_brings_the_old_version_back() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=50");
    advance(&rig, DEREGISTRATION_DELAY_S + 10);
    assert_eq!(percent(&rig), 50);
    act(&rig, "RollbackInstanceRefresh");
    assert_eq!((status(&rig).as_str(), percent(&rig)), ("RollbackInProgress", 50));
    let mut last = 50;
    while status(&rig) == "RollbackInProgress" {
        advance(&rig, MINUTE);
        assert!(percent(&rig) <= last, "{} after {last}", percent(&rig));
        last = percent(&rig);
    }
    let done = newest(&rig);
    assert_eq!((&done["Status"], &done["PercentageComplete"]), (&"RollbackSuccessful".into(), &0.into()));
    assert_eq!(done["RollbackDetails"]["PercentageCompleteOnRollback"], 50);
    assert!(done["RollbackDetails"]["RollbackReason"].is_string());
    assert_eq!((live(&rig), members(&rig, GROUP, "InService", "1")), (4, 4));
    assert_eq!(group(&rig, GROUP)["LaunchTemplate"]["Version"], "1");
}

#[test]
fn a_rollback_can_be_cancelled_itself() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=75");
    advance(&rig, DEREGISTRATION_DELAY_S + 10);
    act(&rig, "RollbackInstanceRefresh");
    advance(&rig, 5);
    act(&rig, "CancelInstanceRefresh");
    until(&rig, MINUTE, "Cancelled");
    assert_eq!(live(&rig), 4);
    assert!(newest(&rig)["RollbackDetails"].is_object());
}

#[test]
fn nothing_to_do_is_a_success_at_once_where_what_matches_is_skipped() {
    let rig = Rig::with(&["orders"]);
    let desired = "DesiredConfiguration.LaunchTemplate.";
    let form = format!(
        "Action=StartInstanceRefresh&AutoScalingGroupName={GROUP}&{desired}LaunchTemplateName=orders&\
         {desired}Version=1&Preferences.SkipMatching=true"
    );
    assert_eq!(scaling(&rig, &form).0, 200);
    assert_eq!((status(&rig).as_str(), percent(&rig)), ("Successful", 100));
}

#[test]
fn a_group_that_grows_meanwhile_launches_what_the_refresh_wants() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=75");
    let grow = json!({ "AutoScalingGroupName": GROUP, "DesiredCapacity": 6 });
    rig.call("autoscaling", "set_desired_capacity", &grow);
    assert_eq!((members(&rig, GROUP, "InService", "1"), members(&rig, GROUP, "InService", "2")), (4, 2));
    until(&rig, MINUTE, "Successful");
    assert_eq!((live(&rig), members(&rig, GROUP, "InService", "2")), (6, 6));
}

#[test]
fn a_policy_of_several_types_is_replaced_and_saved_whole() {
    let rig = Rig::with(&["workers"]);
    let named = json!({ "LaunchTemplateName": "workers", "Version": "2" });
    let overrides = json!([{ "InstanceType": "c5.large" }, { "InstanceType": "m5.large" }]);
    let policy = json!({
        "LaunchTemplate": { "LaunchTemplateSpecification": named, "Overrides": overrides },
        "InstancesDistribution": { "OnDemandPercentageAboveBaseCapacity": 50 },
    });
    let start = json!({
        "AutoScalingGroupName": "workers",
        "DesiredConfiguration": { "MixedInstancesPolicy": policy },
        "Preferences": { "MinHealthyPercentage": 50, "InstanceWarmup": 30, "SkipMatching": true },
    });
    rig.call("autoscaling", "start_instance_refresh", &start);
    advance(&rig, HOUR);
    let group = group(&rig, "workers");
    let wanted = &group["MixedInstancesPolicy"]["LaunchTemplate"];
    assert_eq!(wanted["LaunchTemplateSpecification"]["Version"], "2");
    assert_eq!(
        group["MixedInstancesPolicy"]["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"],
        50
    );
    assert_eq!(members(&rig, "workers", "InService", "2"), 2, "one of them matched from the start");
    let kinds = group["Instances"].to_string();
    assert!(kinds.contains("c5.large") && kinds.contains("m5.large"), "{kinds}");

    // What the group answers names its template twice; a request may name it once.
    let given_back = "Action=StartInstanceRefresh&AutoScalingGroupName=workers&\
                      DesiredConfiguration.LaunchTemplate.LaunchTemplateName=workers&\
                      DesiredConfiguration.LaunchTemplate.LaunchTemplateId=lt-1";
    assert!(refused(&rig, given_back).contains("either launchTemplateId or LaunchTemplateName"));
}

#[test]
fn an_alarm_stops_a_start_and_fails_or_rolls_back_what_runs() {
    let rig = Rig::with(&["orders"]);
    let watched =
        "&Preferences.MinHealthyPercentage=75&Preferences.AlarmSpecification.Alarms.member.1=errors";
    assert!(refused(&rig, &start_form(watched)).contains("alarm does not exist: errors"));
    for state in ["ALARM", "INSUFFICIENT_DATA"] {
        rig.tell("alarms", &json!({ "errors": state }));
        let why = refused(&rig, &start_form(watched));
        assert!(why.starts_with("ValidationError: ") && why.contains(state), "{why}");
    }

    rig.tell("alarms", &json!({ "errors": "OK" }));
    start(&rig, watched);
    advance(&rig, 5);
    rig.tell("alarms", &json!({ "errors": "INSUFFICIENT_DATA" }));
    advance(&rig, HOUR);
    assert_eq!((status(&rig).as_str(), members(&rig, GROUP, "InService", "2")), ("InProgress", 1));
    rig.tell("alarms", &json!({ "errors": "ALARM" }));
    advance(&rig, 5);
    assert_eq!(status(&rig), "Failed");
    assert_eq!((members(&rig, GROUP, "InService", "1"), members(&rig, GROUP, "InService", "2")), (3, 1));

    rig.tell("alarms", &json!({ "errors": "OK" }));
    start(&rig, &format!("{watched}&Preferences.AutoRollback=true"));
    advance(&rig, MINUTE);
    rig.tell("alarms", &json!({ "errors": "ALARM" }));
    advance(&rig, 5);
    assert_eq!(status(&rig), "RollbackInProgress");
    let reason = newest(&rig)["RollbackDetails"]["RollbackReason"].as_str().unwrap().to_owned();
    assert!(reason.contains("errors is in ALARM"), "{reason}");
}

#[test]
fn protected_and_standby_instances_are_waited_for_an_hour_left_alone_or_taken() {
    let held = |rig: &Rig| {
        let (protected, standby) = (&rig.members(GROUP)[..1], &rig.members(GROUP)[1..2]);
        let protect = json!({
            "AutoScalingGroupName": GROUP, "InstanceIds": protected, "ProtectedFromScaleIn": true
        });
        rig.call("autoscaling", "set_instance_protection", &protect);
        let enter = json!({
            "AutoScalingGroupName": GROUP, "InstanceIds": standby, "ShouldDecrementDesiredCapacity": true
        });
        rig.tell("delays", &json!({ "target_draining": 0 }));
        rig.call("autoscaling", "enter_standby", &enter);
    };
    let bounds = "&Preferences.MinHealthyPercentage=50";

    let rig = Rig::with(&["orders"]);
    held(&rig);
    start(&rig, bounds);
    advance(&rig, HOUR / 2);
    assert_eq!(status(&rig), "InProgress");
    advance(&rig, HOUR);
    let failed = newest(&rig);
    assert_eq!(failed["Status"], "Failed");
    assert!(failed["StatusReason"].as_str().unwrap().contains("protected from scale in"), "{failed}");

    let rig = Rig::with(&["orders"]);
    held(&rig);
    let ignore = "&Preferences.ScaleInProtectedInstances=Ignore&Preferences.StandbyInstances=Ignore";
    start(&rig, &format!("{bounds}{ignore}"));
    until(&rig, MINUTE, "Successful");
    assert_eq!(members(&rig, GROUP, "InService", "1") + members(&rig, GROUP, "Standby", "1"), 2);

    let rig = Rig::with(&["orders"]);
    held(&rig);
    let take = "&Preferences.ScaleInProtectedInstances=Refresh&Preferences.StandbyInstances=Terminate";
    start(&rig, &format!("{bounds}{take}"));
    until(&rig, MINUTE, "Successful");
    assert_eq!((members(&rig, GROUP, "Standby", "1"), members(&rig, GROUP, "InService", "2")), (0, 3));
}

#[test]
fn launches_that_fail_for_an_hour_fail_the_refresh() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=75");
    rig.tell("capacity", &json!({ "none_in": ["us-east-1a", "us-east-1b"] }));
    advance(&rig, HOUR);
    assert_eq!((status(&rig).as_str(), live(&rig)), ("InProgress", 3));
    advance(&rig, MINUTE);
    let failed = newest(&rig);
    assert_eq!(failed["Status"], "Failed");
    assert!(failed["StatusReason"].as_str().unwrap().starts_with("Failed to launch instances"), "{failed}");
}

#[test]
fn a_suspended_process_stalls_a_refresh() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=50");
    let suspended = json!({ "AutoScalingGroupName": GROUP, "ScalingProcesses": ["InstanceRefresh"] });
    rig.call("autoscaling", "suspend_processes", &suspended);
    advance(&rig, 2 * HOUR);
    assert_eq!((status(&rig).as_str(), members(&rig, GROUP, "InService", "1")), ("InProgress", 4));
    rig.call("autoscaling", "resume_processes", &suspended);
    until(&rig, MINUTE, "Successful");
}

#[test]
fn what_cannot_be_started_steered_or_rolled_back_is_refused_by_its_code() {
    let rig = Rig::with(&["orders", "search"]);
    let named = format!("AutoScalingGroupName={GROUP}");
    for operation in ["CancelInstanceRefresh", "RollbackInstanceRefresh"] {
        let why = refused(&rig, &format!("Action={operation}&{named}"));
        assert!(why.starts_with("ActiveInstanceRefreshNotFound: "), "{why}");
    }
    start(&rig, "");
    assert!(refused(&rig, &start_form("")).starts_with("InstanceRefreshInProgress: "));

    // No desired configuration; and a group on $Latest.
    let rig = Rig::with(&["orders", "search"]);
    for group in [GROUP, "search-v001"] {
        let desired = if group == GROUP {
            ""
        } else {
            "&DesiredConfiguration.LaunchTemplate.LaunchTemplateName=search&\
             DesiredConfiguration.LaunchTemplate.Version=2"
        };
        let form = format!("Action=StartInstanceRefresh&AutoScalingGroupName={group}{desired}");
        let rolls_back = format!("{form}&Preferences.AutoRollback=true");
        assert!(refused(&rig, &rolls_back).starts_with("ValidationError: AutoRollback cannot be enabled"));
        assert_eq!(scaling(&rig, &form).0, 200);
        let why = refused(&rig, &format!("Action=RollbackInstanceRefresh&AutoScalingGroupName={group}"));
        assert!(why.starts_with("IrreversibleInstanceRefresh: "), "{why}");
    }
}

#[test]
fn preferences_outside_their_ranges_are_refused() {
    let rig = Rig::with(&["orders"]);
    for (preferences, words) in [
        ("MinHealthyPercentage=101", "less than or equal to 100"),
        ("MinHealthyPercentage=90&Preferences.MaxHealthyPercentage=99", "greater than or equal to 100"),
        ("MaxHealthyPercentage=110", "MinHealthyPercentage must be specified"),
        ("MinHealthyPercentage=50&Preferences.MaxHealthyPercentage=151", "cannot be greater than 100"),
        ("BakeTime=172801", "less than or equal to 172800"),
        ("CheckpointDelay=60", "CheckpointPercentages must be specified"),
        (
            "CheckpointPercentages.member.1=50&Preferences.CheckpointPercentages.member.2=50",
            "ascending order",
        ),
        ("StandbyInstances=Refresh", "[Terminate, Ignore, Wait]"),
    ] {
        let why = refused(&rig, &start_form(&format!("&Preferences.{preferences}")));
        assert!(why.starts_with("ValidationError: ") && why.contains(words), "{preferences}: {why}");
    }
    let unknown = start_form("").replace("Version=2", "Version=9");
    assert!(refused(&rig, &unknown).contains("Could not find the specified version 9"));
    assert!(refused(&rig, &start_form("").replace(GROUP, "nobody")).contains("'nobody' not found"));
    assert!(all(&rig).is_empty(), "nothing of this was begun");
}

#[test]
fn an_image_that_is_gone_cannot_be_desired_and_lets_a_rollback_fail() {
    let rig = Rig::with(&["orders"]);
    let (old, new) = (rig.id("images", "orders-1.42.0"), rig.id("images", "orders-1.43.0"));
    start(&rig, "&Preferences.MinHealthyPercentage=75");
    advance(&rig, DEREGISTRATION_DELAY_S + 10);
    rig.call("ec2", "deregister_image", &json!({ "ImageId": old }));
    act(&rig, "RollbackInstanceRefresh");
    advance(&rig, 2 * HOUR);
    assert_eq!(status(&rig), "RollbackFailed");

    rig.call("ec2", "deregister_image", &json!({ "ImageId": new }));
    assert!(refused(&rig, &start_form("")).contains(&format!("The image id '[{new}]' does not exist")));
}

#[test]
fn refreshes_that_a_test_tells_stand_beside_those_that_run_and_come_in_pages() {
    let rig = Rig::with(&["orders"]);
    let told = json!({ "InstanceRefreshId": "told", "Status": "Cancelled" });
    rig.tell("refreshes", &json!({ "group": GROUP, "refreshes": [told] }));
    start(&rig, "");
    let found: Vec<_> = all(&rig).iter().map(|one| one["Status"].clone()).collect();
    assert_eq!(found, ["Pending", "Cancelled"]);
    let (_, page) =
        scaling(&rig, &format!("Action=DescribeInstanceRefreshes&AutoScalingGroupName={GROUP}&MaxRecords=1"));
    assert!(page.contains("<Status>Pending</Status>") && page.contains("<NextToken>1</NextToken>"), "{page}");
}

#[test]
fn a_refresh_that_bakes_can_be_rolled_back() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=50&Preferences.BakeTime=3600");
    until(&rig, MINUTE, "Baking");
    act(&rig, "RollbackInstanceRefresh");
    until(&rig, MINUTE, "RollbackSuccessful");
    assert_eq!((members(&rig, GROUP, "InService", "1"), percent(&rig)), (4, 0));
}

#[test]
fn time_can_be_let_run_by_itself_while_the_servers_clock_keeps_real_time() {
    let rig = Rig::with(&["orders"]);
    start(&rig, "&Preferences.MinHealthyPercentage=0&Preferences.BakeTime=86400");
    rig.tell("run", &json!({ "factor": 100_000 }));
    // Each look is an exchange with the rig, so time passes without a wait of our own.
    while status(&rig) != "Successful" {
        assert_ne!(status(&rig), "Failed");
    }
    let now = rig.tell("run", &json!({ "factor": 0 }))["now"].as_f64().unwrap();
    assert!(now > 86_400.0, "{now}");
    let instant = |name: &str| newest(&rig)[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(instant("EndTime").duration_since(instant("StartTime")).as_secs() < i64::from(HOUR));
}
