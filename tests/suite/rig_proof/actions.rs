//! What a person does to a group, on virtual time: instances taken out and given back, sizes, hooks, activities.

use serde_json::{Value, json};

use super::{DEREGISTRATION_DELAY_S, advance, count, group, health, members, refused, scaling};
use crate::rig::Rig;

const GROUP: &str = "orders-blue";
const BOTH_ZONES: [&str; 2] = ["us-east-1a", "us-east-1b"];

fn named(operation: &str, rest: &str) -> String {
    format!("Action={operation}&AutoScalingGroupName={GROUP}{rest}")
}

fn done(rig: &Rig, form: &str) {
    let (status, body) = scaling(rig, form);
    assert_eq!(status, 200, "{form}: {body}");
}

fn end(instance: &str, decrement: bool) -> String {
    format!(
        "Action=TerminateInstanceInAutoScalingGroup&InstanceId={instance}&\
         ShouldDecrementDesiredCapacity={decrement}"
    )
}

fn of_one(operation: &str, instance: &str, decrement: bool) -> String {
    named(operation, &format!("&InstanceIds.member.1={instance}&ShouldDecrementDesiredCapacity={decrement}"))
}

fn state(rig: &Rig, instance: &str) -> Option<String> {
    let group = group(rig, GROUP);
    let found = group["Instances"].as_array().unwrap().iter().find(|one| one["InstanceId"] == instance);
    found.map(|one| one["LifecycleState"].as_str().unwrap().to_owned())
}

fn desired(rig: &Rig) -> u64 {
    group(rig, GROUP)["DesiredCapacity"].as_u64().unwrap()
}

/// All activities of the group, newest first.
fn activities(rig: &Rig) -> Vec<Value> {
    let found =
        rig.call("autoscaling", "describe_scaling_activities", &json!({ "AutoScalingGroupName": GROUP }));
    found["Activities"].as_array().unwrap().clone()
}

fn says(activity: &Value, member: &str) -> String {
    activity[member].as_str().unwrap_or_default().to_owned()
}

#[test]
fn an_ended_instance_drains_while_its_replacement_starts() {
    let rig = Rig::with(&["orders"]);
    rig.tell("delays", &json!({ "instance_pending": 30 }));
    let first = rig.members(GROUP)[0];
    let (_, answer) = scaling(&rig, &end(first, false));
    assert!(answer.contains("<StatusCode>WaitingForELBConnectionDraining</StatusCode>"), "{answer}");
    assert_eq!(state(&rig, first).as_deref(), Some("Terminating"));
    assert_eq!(count(&health(&rig, GROUP), "<State>draining</State>"), 1);
    assert_eq!((members(&rig, GROUP, "Pending", "1"), members(&rig, GROUP, "InService", "1")), (1, 3));
    assert!(refused(&rig, &end(first, false)).starts_with("ScalingActivityInProgress: "));

    advance(&rig, 30);
    assert_eq!(count(&health(&rig, GROUP), "<State>healthy</State>"), 4);
    advance(&rig, DEREGISTRATION_DELAY_S);
    assert_eq!((state(&rig, first), desired(&rig)), (None, 4));
    let found = rig.call("ec2", "describe_instances", &json!({ "InstanceIds": [first] }));
    assert_eq!(found["Reservations"][0]["Instances"][0]["State"]["Name"], "terminated");
}

#[test]
fn ending_with_decrement_launches_nothing_and_stops_at_the_minimum() {
    let rig = Rig::with(&["orders"]);
    for instance in &rig.members(GROUP)[..3] {
        done(&rig, &end(instance, true));
    }
    advance(&rig, DEREGISTRATION_DELAY_S);
    assert_eq!((desired(&rig), group(&rig, GROUP)["Instances"].as_array().unwrap().len()), (1, 1));
    let why = refused(&rig, &end(rig.members(GROUP)[3], true));
    assert!(why.starts_with("ValidationError: Currently, desiredSize equals minSize (1)."), "{why}");
    let unknown = refused(&rig, &end("i-0123456789abcdef0", false));
    assert!(unknown.contains("No managed instance found for instance ID: i-0123456789abcdef0"), "{unknown}");
}

#[test]
fn standby_drains_lowers_the_desired_capacity_and_gives_it_back() {
    let rig = Rig::with(&["orders"]);
    let first = rig.members(GROUP)[0];
    done(&rig, &of_one("EnterStandby", first, true));
    assert_eq!((state(&rig, first).as_deref(), desired(&rig)), (Some("EnteringStandby"), 3));
    advance(&rig, DEREGISTRATION_DELAY_S);
    assert_eq!(state(&rig, first).as_deref(), Some("Standby"));
    assert!(refused(&rig, &of_one("EnterStandby", first, true)).contains("is not in InService"));
    done(&rig, &named("ExitStandby", &format!("&InstanceIds.member.1={first}")));
    assert_eq!((state(&rig, first).as_deref(), desired(&rig)), (Some("InService"), 4));
    assert_eq!(count(&health(&rig, GROUP), "<State>healthy</State>"), 4);

    // Without decrement another is launched, and the way back is above the desired capacity.
    done(&rig, &of_one("EnterStandby", first, false));
    assert_eq!((members(&rig, GROUP, "InService", "1"), desired(&rig)), (4, 4));
}

#[test]
fn a_detached_instance_runs_on_outside_the_group() {
    let rig = Rig::with(&["orders"]);
    let first = rig.members(GROUP)[0];
    done(&rig, &of_one("DetachInstances", first, false));
    assert_eq!(state(&rig, first).as_deref(), Some("Detaching"));
    assert_eq!((members(&rig, GROUP, "InService", "1"), desired(&rig)), (4, 4));
    advance(&rig, DEREGISTRATION_DELAY_S);
    assert_eq!(state(&rig, first), None);
    let found = rig.call("ec2", "describe_instances", &json!({ "InstanceIds": [first] }));
    let instance = &found["Reservations"][0]["Instances"][0];
    assert_eq!(instance["State"]["Name"], "running");
    assert!(!instance["Tags"].to_string().contains("aws:autoscaling:groupName"), "{instance}");
    assert!(refused(&rig, &of_one("DetachInstances", first, true)).contains("is not part of"));
}

#[test]
fn neither_standby_nor_detaching_takes_the_desired_capacity_under_the_minimum() {
    let rig = Rig::with(&["orders"]);
    done(&rig, &named("UpdateAutoScalingGroup", "&MinSize=4"));
    for (operation, verb) in [("EnterStandby", "place into standby"), ("DetachInstances", "detach")] {
        let why = refused(&rig, &of_one(operation, rig.members(GROUP)[0], true));
        assert!(why.contains(&format!("min-size=4, max-size=12, and desired-size=4. To {verb} 1")), "{why}");
    }
    assert_eq!(members(&rig, GROUP, "InService", "1"), 4);
    let many: Vec<_> = (1..=21).map(|n| format!("&InstanceIds.member.{n}=i-{n}")).collect();
    let many = format!("&ShouldDecrementDesiredCapacity=true{}", many.concat());
    let why = refused(&rig, &named("EnterStandby", &many));
    assert!(why.contains("less than or equal to 20"), "{why}");
}

#[test]
fn sizes_that_contradict_each_other_and_versions_that_are_not_there_are_refused() {
    let rig = Rig::with(&["orders"]);
    let template = "&LaunchTemplate.LaunchTemplateName=orders&LaunchTemplate.Version=9";
    for (operation, rest, words) in [
        ("SetDesiredCapacity", "&DesiredCapacity=13", "value 13 is above max value 12"),
        ("SetDesiredCapacity", "&DesiredCapacity=0", "value 0 is below min value 1"),
        (
            "UpdateAutoScalingGroup",
            "&MinSize=13",
            "Max bound, 12, must be greater than or equal to min bound, 13",
        ),
        ("UpdateAutoScalingGroup", "&DesiredCapacity=13", "Desired capacity:13 must be between"),
        ("UpdateAutoScalingGroup", template, "Could not find the specified version 9"),
    ] {
        let why = refused(&rig, &named(operation, rest));
        assert!(why.starts_with("ValidationError: ") && why.contains(words), "{why}");
    }
    assert_eq!(desired(&rig), 4);
    done(&rig, &named("UpdateAutoScalingGroup", "&MinSize=6&MaxSize=6"));
    assert_eq!((desired(&rig), members(&rig, GROUP, "InService", "1")), (6, 6));
}

#[test]
fn scaling_in_drains_keeps_the_zones_even_and_spares_the_protected() {
    let rig = Rig::with(&["orders"]);
    let protected = rig.members(GROUP)[0];
    let protect = json!({
        "AutoScalingGroupName": GROUP, "InstanceIds": [protected], "ProtectedFromScaleIn": true
    });
    rig.call("autoscaling", "set_instance_protection", &protect);
    done(&rig, &named("SetDesiredCapacity", "&DesiredCapacity=2"));
    assert_eq!((members(&rig, GROUP, "Terminating", "1"), members(&rig, GROUP, "InService", "1")), (2, 2));
    assert_eq!(state(&rig, protected).as_deref(), Some("InService"));
    advance(&rig, DEREGISTRATION_DELAY_S);
    let left = group(&rig, GROUP)["Instances"].to_string();
    assert!(BOTH_ZONES.iter().all(|zone| left.contains(zone)), "{left}");
}

#[test]
fn hooks_keep_an_instance_on_its_way_in_and_out_until_they_are_completed_or_run_out() {
    let rig = Rig::with(&["orders"]);
    let hook = |name: &str, transition: &str, result: &str| {
        let put = format!(
            "&LifecycleHookName={name}&LifecycleTransition=autoscaling:EC2_INSTANCE_{transition}&\
             HeartbeatTimeout=600&DefaultResult={result}"
        );
        done(&rig, &named("PutLifecycleHook", &put));
    };
    hook("hello", "LAUNCHING", "ABANDON");
    hook("goodbye", "TERMINATING", "CONTINUE");
    let complete = |hook: &str, instance: &str, result: &str| {
        named(
            "CompleteLifecycleAction",
            &format!("&LifecycleHookName={hook}&InstanceId={instance}&LifecycleActionResult={result}"),
        )
    };
    let (first, second) = (rig.members(GROUP)[0], rig.members(GROUP)[1]);

    done(&rig, &end(first, false));
    assert_eq!(members(&rig, GROUP, "Pending:Wait", "1"), 1);
    assert_eq!(count(&health(&rig, GROUP), "<State>healthy</State>"), 3, "it is no target yet");
    advance(&rig, DEREGISTRATION_DELAY_S);
    assert_eq!(state(&rig, first).as_deref(), Some("Terminating:Wait"));
    done(&rig, &complete("goodbye", first, "CONTINUE"));
    assert_eq!(state(&rig, first), None);
    let again = refused(&rig, &complete("goodbye", first, "CONTINUE"));
    assert!(again.contains("No active Lifecycle Action found"), "{again}");

    let waiting = group(&rig, GROUP)["Instances"][3]["InstanceId"].as_str().unwrap().to_owned();
    done(&rig, &complete("hello", &waiting, "CONTINUE"));
    assert_eq!(state(&rig, &waiting).as_deref(), Some("InService"));
    assert_eq!(count(&health(&rig, GROUP), "<State>healthy</State>"), 4);

    // What nobody completes takes the default result: this launch is abandoned, and another tried.
    done(&rig, &end(second, false));
    let abandoned = group(&rig, GROUP)["Instances"][4]["InstanceId"].as_str().unwrap().to_owned();
    advance(&rig, 599);
    assert_eq!(state(&rig, &abandoned).as_deref(), Some("Pending:Wait"));
    advance(&rig, 1);
    assert_ne!(state(&rig, &abandoned).as_deref(), Some("Pending:Wait"));
    assert_eq!(members(&rig, GROUP, "Pending:Wait", "1"), 1);
}

#[test]
fn activities_tell_of_launches_and_ends_with_their_causes() {
    let rig = Rig::with(&["orders"]);
    let first = rig.members(GROUP)[0];
    assert_eq!(activities(&rig).len(), 4, "those that made the group");
    done(&rig, &end(first, true));
    let newest = activities(&rig).remove(0);
    assert_eq!(says(&newest, "Description"), format!("Terminating EC2 instance: {first}"));
    assert!(says(&newest, "Cause").contains("user request, shrinking the capacity from 4 to 3"), "{newest}");
    assert!(newest.get("EndTime").is_none(), "{newest}");
    advance(&rig, DEREGISTRATION_DELAY_S);
    let newest = activities(&rig).remove(0);
    assert_eq!((says(&newest, "StatusCode").as_str(), &newest["Progress"]), ("Successful", &json!(100)));
    assert!(newest["EndTime"].is_string());

    let page = named("DescribeScalingActivities", "&MaxRecords=2");
    let (_, page) = scaling(&rig, &page);
    assert_eq!((count(&page, "<ActivityId>"), count(&page, "<NextToken>2</NextToken>")), (2, 1), "{page}");
    let failed = "&Filters.member.1.Name=Status&Filters.member.1.Values.member.1=Failed";
    let (_, page) = scaling(&rig, &named("DescribeScalingActivities", failed));
    assert_eq!(count(&page, "<ActivityId>"), 0, "{page}");
}

#[test]
fn a_zone_without_capacity_is_passed_over_and_no_zone_leaves_the_group_short_until_there_is_one() {
    let rig = Rig::with(&["orders"]);
    rig.tell("capacity", &json!({ "none_in": BOTH_ZONES }));
    done(&rig, &named("SetDesiredCapacity", "&DesiredCapacity=5"));
    let failed = activities(&rig).remove(0);
    assert_eq!(says(&failed, "StatusCode"), "Failed");
    let words = says(&failed, "StatusMessage");
    assert!(
        words.starts_with(
            "We currently do not have sufficient t3.micro capacity in the Availability Zone you"
        )
    );
    assert!(words.ends_with("Launching EC2 instance failed."), "{words}");
    assert_eq!(members(&rig, GROUP, "InService", "1"), 4);

    rig.tell("capacity", &json!({ "none_in": ["us-east-1a"] }));
    advance(&rig, 60);
    assert_eq!(members(&rig, GROUP, "InService", "1"), 5);
    let newest = group(&rig, GROUP)["Instances"][4].clone();
    assert_eq!(newest["AvailabilityZone"], "us-east-1b");
}

#[test]
fn suspended_processes_neither_launch_nor_end_nor_register() {
    let rig = Rig::with(&["orders"]);
    let suspended = json!({
        "AutoScalingGroupName": GROUP, "ScalingProcesses": ["Launch", "Terminate", "AddToLoadBalancer"]
    });
    rig.call("autoscaling", "suspend_processes", &suspended);
    done(&rig, &named("SetDesiredCapacity", "&DesiredCapacity=6"));
    assert_eq!(members(&rig, GROUP, "InService", "1"), 4);
    done(&rig, &named("SetDesiredCapacity", "&DesiredCapacity=2"));
    assert_eq!(members(&rig, GROUP, "InService", "1"), 4);

    done(&rig, &named("SetDesiredCapacity", "&DesiredCapacity=5"));
    let launches = json!({ "AutoScalingGroupName": GROUP, "ScalingProcesses": ["Launch"] });
    rig.call("autoscaling", "resume_processes", &launches);
    assert_eq!(members(&rig, GROUP, "InService", "1"), 5);
    assert_eq!(count(&health(&rig, GROUP), "<State>healthy</State>"), 4);
}

#[test]
fn weights_are_counted_where_overrides_have_them() {
    let rig = Rig::with(&["orders", "workers"]);
    let template = json!({ "LaunchTemplateName": "workers", "Version": "1" });
    let policy = json!({ "LaunchTemplate": {
        "LaunchTemplateSpecification": template,
        "Overrides": [{ "InstanceType": "c5.large", "WeightedCapacity": "2" }],
    }});
    let made = json!({
        "AutoScalingGroupName": "weighted", "MinSize": 1, "MaxSize": 8, "DesiredCapacity": 4,
        "AvailabilityZones": BOTH_ZONES, "MixedInstancesPolicy": policy,
    });
    rig.call("autoscaling", "create_auto_scaling_group", &made);
    let found = group(&rig, "weighted");
    assert_eq!(found["Instances"].as_array().unwrap().len(), 2);
    assert_eq!(found["Instances"][0]["WeightedCapacity"], "2");
    assert!(found.get("LaunchTemplate").is_none(), "it stands in the policy: {found}");
}

#[test]
fn a_group_keeps_the_settings_and_hooks_it_is_made_with_and_its_name_is_its_own() {
    let rig = Rig::with(&["orders"]);
    let form = |name: &str| {
        format!(
            "Action=CreateAutoScalingGroup&AutoScalingGroupName={name}&MinSize=0&MaxSize=2&\
             AvailabilityZones.member.1=us-east-1a&LaunchTemplate.LaunchTemplateName=orders&\
             LaunchTemplate.Version=2&DefaultInstanceWarmup=90&MaxInstanceLifetime=86400&\
             InstanceMaintenancePolicy.MinHealthyPercentage=100&\
             InstanceMaintenancePolicy.MaxHealthyPercentage=200&\
             LifecycleHookSpecificationList.member.1.LifecycleHookName=hello&\
             LifecycleHookSpecificationList.member.1.LifecycleTransition=autoscaling:EC2_INSTANCE_LAUNCHING"
        )
    };
    done(&rig, &form("orders-new"));
    let made = group(&rig, "orders-new");
    assert_eq!((&made["DefaultInstanceWarmup"], &made["MaxInstanceLifetime"]), (&json!(90), &json!(86_400)));
    assert_eq!(made["InstanceMaintenancePolicy"]["MaxHealthyPercentage"], 200);
    let hooks = "Action=DescribeLifecycleHooks&AutoScalingGroupName=orders-new";
    assert!(scaling(&rig, hooks).1.contains("<LifecycleHookName>hello</LifecycleHookName>"));
    assert!(refused(&rig, &form(GROUP)).starts_with("AlreadyExists: "));

    // A refresh takes what the group has where it is told nothing.
    done(&rig, "Action=StartInstanceRefresh&AutoScalingGroupName=orders-new");
    let asked = json!({ "AutoScalingGroupName": "orders-new" });
    let found = rig.call("autoscaling", "describe_instance_refreshes", &asked);
    let preferences = &found["InstanceRefreshes"][0]["Preferences"];
    assert_eq!(
        (&preferences["MinHealthyPercentage"], &preferences["InstanceWarmup"]),
        (&json!(100), &json!(90))
    );

    // Nor is a group with instances deleted by the way.
    assert!(refused(&rig, &named("DeleteAutoScalingGroup", "")).starts_with("ResourceInUse: "));
    done(&rig, "Action=DeleteAutoScalingGroup&AutoScalingGroupName=orders-new");
    done(&rig, &named("DeleteAutoScalingGroup", "&ForceDelete=true"));
    assert!(refused(&rig, &named("SetDesiredCapacity", "&DesiredCapacity=1")).contains("not found"));
}

#[test]
fn a_group_leaves_a_zone_that_is_taken_from_it() {
    let rig = Rig::with(&["orders"]);
    let subnets = group(&rig, GROUP)["VPCZoneIdentifier"].as_str().unwrap().to_owned();
    let (first, _) = subnets.split_once(',').unwrap();
    done(&rig, &named("UpdateAutoScalingGroup", &format!("&VPCZoneIdentifier={first}")));
    assert_eq!((members(&rig, GROUP, "Terminating", "1"), members(&rig, GROUP, "InService", "1")), (2, 4));
    advance(&rig, DEREGISTRATION_DELAY_S);
    let left = group(&rig, GROUP)["Instances"].to_string();
    assert_eq!(BOTH_ZONES.iter().filter(|zone| left.contains(**zone)).count(), 1, "{left}");
}

#[test]
fn a_group_that_goes_away_or_belongs_to_a_service_cannot_be_changed() {
    let rig = Rig::with(&["orders"]);
    let first = rig.members(GROUP)[0];
    for (told, words) in [
        (json!({ "names": [GROUP], "status": "Delete in progress" }), "Delete in progress"),
        (json!({ "names": [GROUP], "operator": "eks.amazonaws.com" }), "managed by eks.amazonaws.com"),
    ] {
        rig.tell("groups", &told);
        assert!(group(&rig, GROUP).to_string().contains(words.trim_start_matches("managed by ")));
        for form in [
            named("StartInstanceRefresh", ""),
            named("SetDesiredCapacity", "&DesiredCapacity=5"),
            named("UpdateAutoScalingGroup", "&MaxSize=5"),
            of_one("EnterStandby", first, true),
            end(first, false),
        ] {
            let why = refused(&rig, &form);
            assert!(why.starts_with("ValidationError: ") && why.contains(words), "{why}");
        }
    }
}

#[test]
fn warm_pools_and_hooks_are_answered_where_there_are_none() {
    let rig = Rig::shared();
    for operation in ["DescribeLifecycleHooks", "DescribeWarmPool"] {
        let (status, body) = scaling(rig, &named(operation, ""));
        assert!(status == 200 && !body.contains("<member>"), "{body}");
    }
    let unknown = "Action=DescribeWarmPool&AutoScalingGroupName=nobody";
    assert!(refused(rig, unknown).contains("'nobody' not found"));
}

#[test]
fn a_new_template_version_keeps_what_is_sent_over_what_its_source_has() {
    let rig = Rig::with(&["orders"]);
    let image = rig.id("images", "orders-1.43.0");
    let sent = json!({
        "ImageId": image,
        "UserData": "aGVsbG8=",
        "CpuOptions": { "CoreCount": 1, "ThreadsPerCore": 2 },
        "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "VolumeSize": 20, "Encrypted": true } }],
        "TagSpecifications": [{ "ResourceType": "instance", "Tags": [{ "Key": "team", "Value": "orders" }] }],
        "InstanceType": "t3.small",
    });
    let asked = json!({
        "LaunchTemplateName": "orders", "SourceVersion": "1", "ClientToken": "once", "VersionDescription": "new",
        "LaunchTemplateData": sent,
    });
    rig.call("ec2", "create_launch_template_version", &asked);
    let again = rig.call("ec2", "create_launch_template_version", &asked);
    assert_eq!(again["LaunchTemplateVersion"]["VersionNumber"], 3, "the token makes it once");
    let found = rig.call(
        "ec2",
        "describe_launch_template_versions",
        &json!({ "LaunchTemplateName": "orders", "Versions": ["3"] }),
    );
    let version = &found["LaunchTemplateVersions"][0];
    let data = &version["LaunchTemplateData"];
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&data[name], value, "{name}");
    }
    assert_eq!(data["MetadataOptions"]["HttpTokens"], "required", "of its source");
    assert_eq!(version["VersionDescription"], "new");

    done(
        &rig,
        &named(
            "UpdateAutoScalingGroup",
            "&LaunchTemplate.LaunchTemplateName=orders&LaunchTemplate.Version=3",
        ),
    );
    done(&rig, &named("SetDesiredCapacity", "&DesiredCapacity=5"));
    assert_eq!(members(&rig, GROUP, "InService", "3"), 1, "and a group can launch it");
}
