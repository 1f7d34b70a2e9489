use serde_json::json;

use super::*;
use crate::fleet::{GroupName, InstanceId, RefreshStatus};
use crate::plan::{GroupState, InstanceMark, Newest, RefreshMark, Saved, Sizes, State, TemplateState};

#[test]
fn a_call_is_written_with_the_names_of_aws_and_read_back() {
    let call = Call::ModifyRule { rule: "arn:rule".into(), actions: Vec::new() };
    let json = serde_json::to_value(&call).unwrap();
    assert_eq!(
        json,
        json!({"service": "elbv2", "operation": "ModifyRule", "input": {"RuleArn": "arn:rule", "Actions": []}})
    );
    assert_eq!(serde_json::from_value::<Call>(json).unwrap(), call);
}

#[test]
fn a_call_outside_the_list_is_not_read() {
    let json = json!({"service": "elbv2", "operation": "DeleteListener", "input": {"ListenerArn": "x"}});
    assert!(serde_json::from_value::<Call>(json).unwrap_err().to_string().contains("DeleteListener"));
}

fn template(version: i64) -> TemplateNumber {
    TemplateNumber { id: "lt-1".into(), version }
}

fn start(version: i64) -> Call {
    Call::StartInstanceRefresh(Box::new(StartRefresh {
        group: "orders-blue".into(),
        strategy: Strategy::Rolling,
        desired: Desired::LaunchTemplate(template(version)),
        preferences: Preferences {
            min_healthy_percentage: 100,
            max_healthy_percentage: 110,
            instance_warmup: Some(60),
            checkpoint_percentages: vec![50, 100],
            checkpoint_delay: Some(600),
            bake_time: None,
            skip_matching: true,
            auto_rollback: true,
            scale_in_protected_instances: Protected::Ignore,
            standby_instances: Standby::Ignore,
            alarm_specification: Some(Alarms { alarms: vec!["errors".into()] }),
        },
    }))
}

fn every() -> Vec<Call> {
    let (group, instance) = (GroupName::from("orders-blue"), InstanceId::from("i-1"));
    vec![
        start(7),
        Call::CancelInstanceRefresh(OfGroup { group: group.clone() }),
        Call::RollbackInstanceRefresh(OfGroup { group: group.clone() }),
        Call::UpdateAutoScalingGroup(UpdateGroup {
            group: group.clone(),
            min: None,
            max: Some(9),
            desired: None,
            template: Some(template(5)),
            subnets: None,
        }),
        Call::SetDesiredCapacity(SetDesiredCapacity { group: group.clone(), desired: 4 }),
        Call::TerminateInstanceInAutoScalingGroup(TerminateInGroup {
            instance: instance.clone(),
            decrement: false,
        }),
        Call::EnterStandby(EnterStandby::new(group.clone(), instance.clone(), false)),
        Call::ExitStandby(ExitStandby::new(group.clone(), instance.clone())),
        Call::DetachInstances(DetachInstances::new(group, instance.clone(), true)),
        create("ours"),
        Call::CreateTags(CreateTags::new(instance.clone(), [("flightdeck:why".into(), "slow".into())])),
        Call::TerminateInstances(TerminateInstances::new(instance)),
    ]
}

fn create(description: &str) -> Call {
    Call::CreateLaunchTemplateVersion(CreateTemplateVersion {
        template: "lt-1".into(),
        source: 6,
        description: description.into(),
        changes: TemplateChanges { image: Some("ami-2".into()), instance_type: None },
        token: "t".into(),
    })
}

#[test]
fn every_call_is_read_back_as_it_was_written() {
    for call in every() {
        let text = serde_json::to_string(&call).unwrap();
        assert_eq!(serde_json::from_str::<Call>(&text).unwrap(), call, "{text}");
        assert_eq!(call.source(), None);
        assert!(call.actions().is_empty());
        assert!(!call.says().is_empty(), "{text}");
    }
}

#[test]
fn every_call_refuses_a_field_it_does_not_know() {
    for call in every() {
        let mut json = serde_json::to_value(&call).unwrap();
        json["input"]["Surprise"] = json!(1);
        assert!(serde_json::from_value::<Call>(json).is_err(), "{}", call.operation());
    }
}

#[test]
fn a_refresh_is_written_with_the_names_of_aws() {
    assert_eq!(
        serde_json::to_value(start(7)).unwrap(),
        json!({
            "service": "autoscaling", "operation": "StartInstanceRefresh",
            "input": {
                "AutoScalingGroupName": "orders-blue",
                "Strategy": "Rolling",
                "DesiredConfiguration": {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "7"}},
                "Preferences": {
                    "MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "InstanceWarmup": 60,
                    "CheckpointPercentages": [50, 100], "CheckpointDelay": 600,
                    "SkipMatching": true, "AutoRollback": true,
                    "ScaleInProtectedInstances": "Ignore", "StandbyInstances": "Ignore",
                    "AlarmSpecification": {"Alarms": ["errors"]},
                },
            },
        })
    );
}

#[test]
fn a_version_that_is_no_number_is_not_read() {
    let mut json = serde_json::to_value(start(7)).unwrap();
    json["input"]["DesiredConfiguration"]["LaunchTemplate"]["Version"] = json!("$Latest");
    assert!(serde_json::from_value::<Call>(json).unwrap_err().to_string().contains("number"));
}

#[test]
fn more_instances_than_one_are_not_read() {
    let call = Call::TerminateInstances(TerminateInstances::new("i-1".into()));
    let mut json = serde_json::to_value(call).unwrap();
    json["input"]["InstanceIds"] = json!(["i-1", "i-2"]);
    assert!(serde_json::from_value::<Call>(json).is_err());
}

fn refreshed(id: &str, status: &str, to: i64) -> State {
    let mark = RefreshMark { status: status.into(), to: Some(template(to)), ..RefreshMark::of(id.into()) };
    let refresh = Newest::Refresh(mark);
    State::Group(GroupState { refresh: Some(refresh), ..GroupState::default() })
}

#[test]
fn a_refresh_that_was_not_there_and_goes_where_we_want_is_ours() {
    let never = State::Group(GroupState { refresh: Some(Newest::None), ..GroupState::default() });
    let before = refreshed("r-1", "Successful", 6);
    assert_eq!(start(7).effect(&before, &before), Effect::NotTaken);
    assert_eq!(start(7).effect(&never, &never), Effect::NotTaken);
    assert_eq!(start(7).effect(&never, &refreshed("r-1", "Pending", 7)), Effect::Taken);
    assert_eq!(start(7).effect(&before, &refreshed("r-2", "Pending", 7)), Effect::Taken);
    assert_eq!(start(7).effect(&before, &refreshed("r-2", "Pending", 8)), Effect::Other);
}

#[test]
fn a_refresh_is_stopped_or_goes_back_only_where_it_is_the_same_one() {
    let group = OfGroup { group: "orders-blue".into() };
    let (cancel, back) = (Call::CancelInstanceRefresh(group.clone()), Call::RollbackInstanceRefresh(group));
    let before = refreshed("r-1", "InProgress", 7);
    for (status, cancelled, rolled) in [
        ("InProgress", Effect::NotTaken, Effect::NotTaken),
        ("Baking", Effect::NotTaken, Effect::NotTaken),
        ("Cancelling", Effect::Taken, Effect::NotTaken),
        ("Cancelled", Effect::Taken, Effect::Other),
        ("RollbackInProgress", Effect::NotTaken, Effect::Taken),
        ("RollbackSuccessful", Effect::Other, Effect::Taken),
        ("Successful", Effect::Other, Effect::Other),
    ] {
        let now = refreshed("r-1", status, 7);
        assert_eq!(cancel.effect(&before, &now), cancelled, "cancel, {status}");
        assert_eq!(back.effect(&before, &now), rolled, "roll back, {status}");
    }
    assert_eq!(cancel.effect(&before, &refreshed("r-2", "Cancelled", 7)), Effect::Other);
    assert_eq!(RefreshStatus::of_word(&"Odd".into()), RefreshStatus::Other("Odd".into()));
}

#[test]
fn sizes_and_template_are_there_or_as_before_or_somebody_elses() {
    let state = |desired, max, version| {
        State::Group(GroupState {
            sizes: Some(Sizes { min: 1, desired, max }),
            saved: Some(Saved::Template(template(version))),
            ..GroupState::default()
        })
    };
    let every = every();
    let (update, set) = (&every[3], &every[4]);
    let before = state(2, 6, 4);
    assert_eq!(update.effect(&before, &before), Effect::NotTaken);
    assert_eq!(update.effect(&before, &state(2, 9, 5)), Effect::Taken);
    // The wanted size is not what it sets.
    assert_eq!(update.effect(&before, &state(3, 9, 5)), Effect::Taken);
    assert_eq!(update.effect(&before, &state(2, 9, 4)), Effect::Other);
    assert_eq!(set.effect(&before, &before), Effect::NotTaken);
    assert_eq!(set.effect(&before, &state(4, 6, 4)), Effect::Taken);
    assert_eq!(set.effect(&before, &state(5, 6, 4)), Effect::Other);
}

#[test]
fn a_template_version_is_ours_by_its_number_and_description() {
    let state = |versions: &[(i64, &str)]| {
        State::Template(TemplateState {
            latest: versions.last().map_or(0, |last| last.0),
            descriptions: versions.iter().map(|(number, text)| (*number, (*text).into())).collect(),
        })
    };
    let before = state(&[(6, "")]);
    assert_eq!(create("ours").effect(&before, &before), Effect::NotTaken);
    assert_eq!(create("ours").effect(&before, &state(&[(6, ""), (7, "ours")])), Effect::Taken);
    assert_eq!(create("ours").effect(&before, &state(&[(6, ""), (7, "ours"), (8, "")])), Effect::Taken);
    assert_eq!(create("ours").effect(&before, &state(&[(6, ""), (7, "theirs")])), Effect::Other);
}

fn instance(group: Option<&str>, lifecycle: &str, state: &str) -> State {
    State::Instance(InstanceMark {
        group: group.map(Into::into),
        lifecycle: group.map(|_| lifecycle.into()),
        state: (!state.is_empty()).then(|| state.into()),
        ..InstanceMark::default()
    })
}

#[test]
fn an_instance_tells_what_became_of_it() {
    let every = every();
    let of = |operation: &str| every.iter().find(|call| call.operation() == operation).unwrap();
    let serving = instance(Some("orders-blue"), "InService", "running");
    let standby = instance(Some("orders-blue"), "Standby", "running");
    let free = instance(None, "", "running");
    let ending = instance(Some("orders-blue"), "Terminating:Wait", "running");
    let gone = instance(None, "", "");
    for (operation, before, found, effect) in [
        ("TerminateInstanceInAutoScalingGroup", &serving, &serving, Effect::NotTaken),
        ("TerminateInstanceInAutoScalingGroup", &serving, &ending, Effect::Taken),
        ("TerminateInstanceInAutoScalingGroup", &serving, &gone, Effect::Taken),
        ("TerminateInstanceInAutoScalingGroup", &serving, &standby, Effect::Other),
        ("EnterStandby", &serving, &serving, Effect::NotTaken),
        ("EnterStandby", &serving, &standby, Effect::Taken),
        ("EnterStandby", &serving, &ending, Effect::Other),
        ("ExitStandby", &standby, &standby, Effect::NotTaken),
        ("ExitStandby", &standby, &serving, Effect::Taken),
        ("DetachInstances", &serving, &free, Effect::Taken),
        ("DetachInstances", &serving, &gone, Effect::Other),
        ("DetachInstances", &serving, &serving, Effect::NotTaken),
        ("TerminateInstances", &free, &free, Effect::NotTaken),
        ("TerminateInstances", &free, &gone, Effect::Taken),
    ] {
        assert_eq!(
            of(operation).effect(before, found),
            effect,
            "{operation}: {} → {}",
            before.says(),
            found.says()
        );
    }
}

#[test]
fn a_tag_is_there_or_not() {
    let mark = |tags: &[(&str, &str)]| {
        let tags = tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        State::Instance(InstanceMark { state: Some("running".into()), tags, ..InstanceMark::default() })
    };
    let tag = Call::CreateTags(CreateTags::new("i-1".into(), [("flightdeck:why".into(), "slow".into())]));
    let before = mark(&[]);
    assert_eq!(tag.effect(&before, &before), Effect::NotTaken);
    assert_eq!(tag.effect(&before, &mark(&[("flightdeck:why", "slow")])), Effect::Taken);
    assert_eq!(tag.effect(&before, &mark(&[("flightdeck:why", "hot")])), Effect::Other);
}

#[test]
fn a_state_of_another_kind_tells_nothing() {
    let other = State::Actions(Vec::new());
    for call in every() {
        assert_eq!(call.effect(&other, &other), Effect::Other, "{}", call.operation());
    }
}

#[test]
fn a_group_is_made_where_there_was_none_and_is_gone_when_it_is_on_its_way_out() {
    let template = TemplateNumber { id: "lt-1".into(), version: 7 };
    let create = Call::CreateAutoScalingGroup(CreateGroup {
        group: "orders-green".into(),
        like: "orders-blue".into(),
        template: template.clone(),
        max: 9,
        target_groups: vec!["arn:g".into()],
    });
    let delete = Call::DeleteAutoScalingGroup(DeleteGroup { group: "orders-green".into() });
    for call in [&create, &delete] {
        let text = serde_json::to_string(call).unwrap();
        assert_eq!(serde_json::from_str::<Call>(&text).unwrap(), *call, "{text}");
    }
    let found = |max, deleting| {
        State::Group(GroupState {
            sizes: Some(crate::plan::Sizes { min: 0, desired: 0, max }),
            saved: Some(crate::plan::Saved::Template(template.clone())),
            deleting,
            ..GroupState::default()
        })
    };
    assert_eq!(create.effect(&State::Absent, &State::Absent), Effect::NotTaken);
    assert_eq!(create.effect(&State::Absent, &found(9, false)), Effect::Taken);
    assert_eq!(create.effect(&State::Absent, &found(8, false)), Effect::Other, "somebody else's");
    assert_eq!(create.effect(&State::Absent, &found(9, true)), Effect::Other);
    assert_eq!(delete.effect(&found(9, false), &found(9, false)), Effect::NotTaken);
    assert_eq!(delete.effect(&found(9, false), &found(9, true)), Effect::Taken);
    assert_eq!(delete.effect(&found(9, false), &State::Absent), Effect::Taken);
}
