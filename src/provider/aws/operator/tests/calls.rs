//! The calls that are no traffic: what each sends, and what is refused.

use super::*;
use crate::plan::{
    Builder, BuiltBy, CreateTags, CreateTargetGroup, DeleteTargetGroup, Desired, ModifyAttributes, Program,
    SetDesiredCapacity, StartRefresh, TagImage, TemplateNumber, TerminateInGroup, UpdateGroup,
};
use crate::provider::aws::testing::{BUILD, IMAGE, INSTANCE, PIPELINE, TEMPLATE, build, every_call, stop};

/// The calls of groups, templates and instances.
fn calls() -> impl Iterator<Item = Call> {
    every_call().into_iter().filter(|call| call.source().is_none())
}

fn call(operation: &str) -> Call {
    calls().find(|call| call.operation() == operation).unwrap()
}

/// The refresh of the list, somewhat different.
fn refresh(change: impl Fn(&mut StartRefresh)) -> Call {
    let Call::StartInstanceRefresh(mut start) = call("StartInstanceRefresh") else { unreachable!() };
    change(&mut start);
    Call::StartInstanceRefresh(start)
}

/// What AWS answers to each of them.
fn answer(asked: &Asked) -> Answer {
    match asked.action() {
        "GetCallerIdentity" => who("123456789012"),
        "DescribeLaunchTemplateVersions" => Answer::ok(
            "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item><versionNumber>6</versionNumber>\
             <launchTemplateData><imageId>ami-old</imageId></launchTemplateData></item></launchTemplateVersionSet>\
             </DescribeLaunchTemplateVersionsResponse>",
        ),
        "DescribeAutoScalingGroups" => Answer::ok(
            "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>\
             <AutoScalingGroupName>orders-blue</AutoScalingGroupName><MinSize>2</MinSize><MaxSize>9</MaxSize>\
             <DesiredCapacity>4</DesiredCapacity><HealthCheckType>ELB</HealthCheckType>\
             <HealthCheckGracePeriod>71</HealthCheckGracePeriod><DefaultCooldown>72</DefaultCooldown>\
             <DefaultInstanceWarmup>73</DefaultInstanceWarmup><VPCZoneIdentifier>subnet-a,subnet-b</VPCZoneIdentifier>\
             <AvailabilityZones><member>eu-west-1a</member></AvailabilityZones>\
             <TerminationPolicies><member>OldestInstance</member></TerminationPolicies>\
             <TargetGroupARNs><member>arn:b</member></TargetGroupARNs>\
             <Tags><member><Key>Cluster</Key><Value>orders</Value><PropagateAtLaunch>true</PropagateAtLaunch>\
             <ResourceId>orders-blue</ResourceId></member><member><Key>aws:cloudformation:stack-name</Key>\
             <Value>s</Value></member></Tags></member></AutoScalingGroups></DescribeAutoScalingGroupsResult>\
             </DescribeAutoScalingGroupsResponse>",
        ),
        "DescribeLifecycleHooks" => Answer::ok(
            "<DescribeLifecycleHooksResponse><DescribeLifecycleHooksResult><LifecycleHooks><member>\
             <LifecycleHookName>warm</LifecycleHookName><AutoScalingGroupName>orders-blue</AutoScalingGroupName>\
             <LifecycleTransition>autoscaling:EC2_INSTANCE_LAUNCHING</LifecycleTransition>\
             <HeartbeatTimeout>74</HeartbeatTimeout><GlobalTimeout>172800</GlobalTimeout>\
             <DefaultResult>CONTINUE</DefaultResult></member></LifecycleHooks></DescribeLifecycleHooksResult>\
             </DescribeLifecycleHooksResponse>",
        ),
        "DescribeTargetGroups" => Answer::ok(
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member>\
             <TargetGroupArn>arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders-blue/1</TargetGroupArn>\
             <TargetGroupName>orders-blue</TargetGroupName><Protocol>HTTP</Protocol><Port>8080</Port><VpcId>vpc-1</VpcId>\
             <ProtocolVersion>HTTP1</ProtocolVersion><TargetType>instance</TargetType><IpAddressType>ipv4</IpAddressType>\
             <HealthCheckEnabled>true</HealthCheckEnabled><HealthCheckProtocol>HTTP</HealthCheckProtocol>\
             <HealthCheckPort>traffic-port</HealthCheckPort><HealthCheckPath>/health</HealthCheckPath>\
             <HealthCheckIntervalSeconds>11</HealthCheckIntervalSeconds>\
             <HealthCheckTimeoutSeconds>12</HealthCheckTimeoutSeconds><HealthyThresholdCount>3</HealthyThresholdCount>\
             <UnhealthyThresholdCount>4</UnhealthyThresholdCount><Matcher><HttpCode>200-204</HttpCode></Matcher>\
             <LoadBalancerArns><member>arn:lb</member></LoadBalancerArns></member></TargetGroups>\
             </DescribeTargetGroupsResult></DescribeTargetGroupsResponse>",
        ),
        "CreateLaunchTemplateVersion" => Answer::ok(
            "<CreateLaunchTemplateVersionResponse><launchTemplateVersion><versionNumber>7</versionNumber>\
             </launchTemplateVersion></CreateLaunchTemplateVersionResponse>",
        ),
        "ListBuildsForProject" => Answer::ok(r#"{"ids":["images:1","images:2"]}"#),
        "BatchGetBuilds" => Answer::ok(format!(
            r#"{{"builds":[{{"id":"images:1"}},{{"id":"images:2","environment":{{"type":"LINUX_CONTAINER",
            "image":"i","computeType":"c","environmentVariables":[
            {{"name":"FLIGHTDECK_BUILD","value":"{BUILD}"}}]}}}}]}}"#
        )),
        "GetImagePipeline" => Answer::ok(r#"{"imagePipeline":{"status":"ENABLED"}}"#),
        "ListImagePipelineImages" => Answer::ok(format!(
            r#"{{"imageSummaryList":[{{"arn":"arn:other"}},{{"arn":"{RUN}","tags":{{"flightdeck:build":"{BUILD}"}}}}]}}"#
        )),
        "StartBuild" | "StopBuild" | "StartImagePipelineExecution" | "CancelImageCreation" => {
            Answer::ok("{}")
        }
        action => Answer::ok(format!("<{action}Response><{action}Result/></{action}Response>")),
    }
}

const RUN: &str = "arn:aws:imagebuilder:eu-west-1:123456789012:image/orders/1.0.0/3";

const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/g/1";

/// A group like the one in [`answer`], with its hooks and tags and without what AWS keeps to itself.
fn made_alike(template: &str) -> Vec<String> {
    vec![
        "AutoScalingGroupName=orders-green".into(),
        "DefaultCooldown=72".into(),
        "DefaultInstanceWarmup=73".into(),
        "DesiredCapacity=0".into(),
        "HealthCheckGracePeriod=71".into(),
        "HealthCheckType=ELB".into(),
        format!("LaunchTemplate.{template}"),
        "LaunchTemplate.Version=7".into(),
        "LifecycleHookSpecificationList.member.1.DefaultResult=CONTINUE".into(),
        "LifecycleHookSpecificationList.member.1.HeartbeatTimeout=74".into(),
        "LifecycleHookSpecificationList.member.1.LifecycleHookName=warm".into(),
        "LifecycleHookSpecificationList.member.1.LifecycleTransition=autoscaling:EC2_INSTANCE_LAUNCHING"
            .into(),
        "MaxSize=9".into(),
        "MinSize=0".into(),
        "Tags.member.1.Key=Cluster".into(),
        "Tags.member.1.PropagateAtLaunch=true".into(),
        "Tags.member.1.ResourceId=orders-green".into(),
        "Tags.member.1.ResourceType=auto-scaling-group".into(),
        "Tags.member.1.Value=orders".into(),
        "TargetGroupARNs.member.1=arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/g/1".into(),
        "TerminationPolicies.member.1=OldestInstance".into(),
        "VPCZoneIdentifier=subnet-a,subnet-b".into(),
    ]
}

/// What a target group is made with, like the live one's.
fn made_beside() -> Vec<String> {
    vec![
        "HealthCheckEnabled=true".into(),
        "HealthCheckIntervalSeconds=11".into(),
        "HealthCheckPath=/health".into(),
        "HealthCheckPort=traffic-port".into(),
        "HealthCheckProtocol=HTTP".into(),
        "HealthCheckTimeoutSeconds=12".into(),
        "HealthyThresholdCount=3".into(),
        "IpAddressType=ipv4".into(),
        "Matcher.HttpCode=200-204".into(),
        "Name=orders-green".into(),
        "Port=8080".into(),
        "Protocol=HTTP".into(),
        "ProtocolVersion=HTTP1".into(),
        "TargetType=instance".into(),
        "UnhealthyThresholdCount=4".into(),
        "VpcId=vpc-1".into(),
    ]
}

#[expect(clippy::too_many_lines, reason = "one table: a row a call")]
#[tokio::test]
async fn each_call_sends_what_it_says_and_nothing_else() {
    let group = "AutoScalingGroupName=orders-blue";
    let id = format!("InstanceIds.member.1={INSTANCE}");
    let template = format!("LaunchTemplateId={TEMPLATE}");
    let expected = [
        ("CreateTargetGroup", made_beside()),
        (
            "ModifyTargetGroupAttributes",
            vec![
                "Attributes.member.1.Key=slow_start.duration_seconds".into(),
                "Attributes.member.1.Value=30".into(),
                format!("TargetGroupArn={TARGET_GROUP}"),
            ],
        ),
        ("DeleteTargetGroup", vec![format!("TargetGroupArn={TARGET_GROUP}")]),
        (
            "StartInstanceRefresh",
            vec![
                group.to_owned(),
                format!("DesiredConfiguration.LaunchTemplate.{template}"),
                "DesiredConfiguration.LaunchTemplate.Version=7".into(),
                "Preferences.AlarmSpecification.Alarms.member.1=5xx".into(),
                "Preferences.AutoRollback=true".into(),
                "Preferences.BakeTime=63".into(),
                "Preferences.CheckpointDelay=62".into(),
                "Preferences.CheckpointPercentages.member.1=25".into(),
                "Preferences.CheckpointPercentages.member.2=100".into(),
                "Preferences.InstanceWarmup=61".into(),
                "Preferences.MaxHealthyPercentage=115".into(),
                "Preferences.MinHealthyPercentage=95".into(),
                "Preferences.ScaleInProtectedInstances=Ignore".into(),
                "Preferences.SkipMatching=true".into(),
                "Preferences.StandbyInstances=Ignore".into(),
                "Strategy=Rolling".into(),
            ],
        ),
        ("CancelInstanceRefresh", vec![group.into()]),
        ("RollbackInstanceRefresh", vec![group.into()]),
        (
            "UpdateAutoScalingGroup",
            vec![
                group.into(),
                "DesiredCapacity=4".into(),
                format!("LaunchTemplate.{template}"),
                "LaunchTemplate.Version=7".into(),
                "MaxSize=9".into(),
                "MinSize=1".into(),
                "VPCZoneIdentifier=subnet-0123456789abcdef0,subnet-0123456789abcdef1".into(),
            ],
        ),
        ("SetDesiredCapacity", vec![group.into(), "DesiredCapacity=4".into()]),
        (
            "TerminateInstanceInAutoScalingGroup",
            vec![format!("InstanceId={INSTANCE}"), "ShouldDecrementDesiredCapacity=false".into()],
        ),
        ("EnterStandby", vec![group.into(), id.clone(), "ShouldDecrementDesiredCapacity=true".into()]),
        ("ExitStandby", vec![group.into(), id.clone()]),
        ("DetachInstances", vec![group.into(), id, "ShouldDecrementDesiredCapacity=false".into()]),
        ("CreateAutoScalingGroup", made_alike(&template)),
        ("DeleteAutoScalingGroup", vec![group.into(), "ForceDelete=true".into()]),
        (
            "CreateLaunchTemplateVersion",
            vec![
                "ClientToken=token-1".into(),
                "LaunchTemplateData.ImageId=ami-0123456789abcdef0".into(),
                template,
                "VersionDescription=orders 1.43.0".into(),
            ],
        ),
        (
            "CreateTags",
            vec![
                format!("ResourceId.1={INSTANCE}"),
                "Tag.1.Key=flightdeck:quarantine".into(),
                "Tag.1.Value=why & who".into(),
            ],
        ),
        (
            "CreateTags",
            vec![
                format!("ResourceId.1={IMAGE}"),
                "Tag.1.Key=flightdeck:bad".into(),
                "Tag.1.Value=why & who".into(),
            ],
        ),
        ("TerminateInstances", vec![format!("InstanceId.1={INSTANCE}")]),
        (
            "StartBuild",
            vec![
                format!(
                    "environmentVariablesOverride=[{},{},{}]",
                    variable("BASE", IMAGE),
                    variable("FLIGHTDECK_BUILD", BUILD),
                    variable("FLIGHTDECK_IMAGE_VARIABLE", "AMI")
                ),
                format!("idempotencyToken={BUILD}"),
                "projectName=images".into(),
                "sourceVersion=v1.43.0".into(),
                "timeoutInMinutesOverride=120".into(),
            ],
        ),
        (
            "StartImagePipelineExecution",
            vec![
                "clientToken=TOKEN".into(),
                format!("imagePipelineArn={PIPELINE}"),
                format!(r#"tags={{"flightdeck:build":"{BUILD}"}}"#),
            ],
        ),
        ("StopBuild", vec!["id=images:2".into()]),
        ("CancelImageCreation", vec!["clientToken=TOKEN".into(), format!("imageBuildVersionArn={RUN}")]),
    ];
    assert!(calls().map(|call| call.operation()).eq(expected.iter().map(|(operation, _)| *operation)));
    let (operator, replay) = operator(answer);
    for (call, (operation, fields)) in calls().zip(expected) {
        let before = replay.count(operation);
        let receipt = operator.apply(&place(), &call).await.unwrap();
        assert_eq!(receipt, Receipt { request_id: Some("request-1".into()), actions: Vec::new() });
        let sent = replay.asked().pop().unwrap();
        assert_eq!(sent.action(), operation);
        let told = sent.fields.iter().filter(|(name, _)| *name != "Action" && *name != "Version");
        // A token is a digest in the shape of a UUID.
        let value = |name: &str, value: &str| match name {
            "clientToken" if value.len() == 36 => "TOKEN".to_owned(),
            _ => value.to_owned(),
        };
        let told: Vec<String> = told.map(|(name, told)| format!("{name}={}", value(name, told))).collect();
        assert_eq!(told, fields, "{operation}");
        assert_eq!(replay.count(operation), before + 1);
    }
}

/// A plain variable as CodeBuild takes it.
fn variable(name: &str, value: &str) -> String {
    format!(r#"{{"name":"{name}","value":"{value}","type":"PLAINTEXT"}}"#)
}

#[tokio::test]
async fn preferences_that_a_refresh_does_not_name_are_left_to_the_group() {
    let (operator, replay) = operator(answer);
    let call = refresh(|start| {
        let preferences = &mut start.preferences;
        preferences.instance_warmup = None;
        preferences.checkpoint_percentages.clear();
        preferences.checkpoint_delay = None;
        preferences.bake_time = None;
        preferences.alarm_specification = None;
    });
    operator.apply(&place(), &call).await.unwrap();
    let sent = replay.asked().pop().unwrap();
    let named: Vec<&str> = sent.fields.keys().filter_map(|name| name.strip_prefix("Preferences.")).collect();
    let always = [
        "AutoRollback",
        "MaxHealthyPercentage",
        "MinHealthyPercentage",
        "ScaleInProtectedInstances",
        "SkipMatching",
        "StandbyInstances",
    ];
    assert_eq!(named, always);
}

#[tokio::test]
async fn no_call_is_ever_repeated() {
    for call in calls() {
        for lost in [Answer::error(400, "Throttling"), Answer::ec2_error(503, "Unavailable"), Answer::Cut] {
            let operation = call.operation();
            let (operator, replay) = operator(move |asked| match asked.action() {
                action if action == operation => lost.clone(),
                _ => answer(asked),
            });
            operator.apply(&place(), &call).await.unwrap_err();
            assert_eq!(replay.count(operation), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_carries_no_account_is_not_sent_before_sts_has_said_whose_it_is() {
    for call in calls() {
        for sts in [Answer::Never, Answer::Cut, Answer::error(503, "Unavailable"), who("999999999999")] {
            let (operator, replay) = operator(move |asked| match asked.action() {
                "GetCallerIdentity" => sts.clone(),
                _ => answer(asked),
            });
            let failure = operator.apply(&place(), &call).await.unwrap_err();
            assert!(!failure.maybe_applied);
            assert_eq!(replay.asked().len(), replay.count("GetCallerIdentity"), "{}", call.operation());
        }
    }
}

#[tokio::test]
async fn what_aws_would_not_take_or_nobody_could_mean_is_refused_before_anything_is_asked() {
    let (operator, replay) = operator(answer);
    let update = |min, desired, max| {
        let group = "orders-blue".into();
        Call::UpdateAutoScalingGroup(UpdateGroup { group, min, max, desired, template: None, subnets: None })
    };
    let tag = |key: &str| Call::CreateTags(CreateTags::new(INSTANCE.into(), [(key.into(), "v".into())]));
    let create = |change: fn(&mut crate::plan::CreateTemplateVersion)| {
        let Call::CreateLaunchTemplateVersion(mut create) = call("CreateLaunchTemplateVersion") else {
            unreachable!()
        };
        change(&mut create);
        Call::CreateLaunchTemplateVersion(create)
    };
    let target_group = |arn: &str| {
        Call::DeleteTargetGroup(DeleteTargetGroup {
            target_group: TARGET_GROUP.replace("g/1", arn).as_str().into(),
        })
    };
    let named = |name: &str| {
        Call::CreateTargetGroup(CreateTargetGroup { name: name.into(), like: TARGET_GROUP.into() })
    };
    let put_in = |arn: &str| {
        let Call::CreateAutoScalingGroup(mut create) = call("CreateAutoScalingGroup") else { unreachable!() };
        create.target_groups = vec![arn.into()];
        Call::CreateAutoScalingGroup(create)
    };
    let odd = [
        target_group("g/to-be"),
        Call::DeleteTargetGroup(DeleteTargetGroup {
            target_group: TARGET_GROUP.replace("123456789012", "999999999999").as_str().into(),
        }),
        Call::ModifyTargetGroupAttributes(ModifyAttributes {
            target_group: TARGET_GROUP.into(),
            attributes: Vec::new(),
        }),
        named(""),
        named("orders_green"),
        named("orders-"),
        named("internal-orders"),
        named(&"g".repeat(33)),
        put_in(&TARGET_GROUP.replace("g/1", "g/to-be")),
        put_in("g"),
        refresh(|start| start.group = "".into()),
        refresh(|start| {
            let number = TemplateNumber { id: TEMPLATE.into(), version: 0 };
            start.desired = Desired::LaunchTemplate(number);
        }),
        refresh(|start| start.preferences.min_healthy_percentage = 101),
        refresh(|start| start.preferences.max_healthy_percentage = 99),
        refresh(|start| start.preferences.max_healthy_percentage = 196),
        refresh(|start| start.preferences.checkpoint_percentages = vec![50, 50, 100]),
        refresh(|start| start.preferences.checkpoint_percentages = vec![0, 100]),
        refresh(|start| start.preferences.checkpoint_delay = Some(172_801)),
        refresh(|start| start.preferences.bake_time = Some(-1)),
        refresh(|start| start.preferences.instance_warmup = Some(-1)),
        refresh(|start| {
            start.preferences.alarm_specification.as_mut().unwrap().alarms = vec!["a".into(); 11];
        }),
        update(None, None, None),
        update(Some(5), Some(4), None),
        update(Some(5), None, Some(4)),
        update(Some(-1), None, None),
        Call::SetDesiredCapacity(SetDesiredCapacity { group: "orders-blue".into(), desired: -1 }),
        Call::TerminateInstanceInAutoScalingGroup(TerminateInGroup {
            instance: "orders-blue".into(),
            decrement: false,
        }),
        tag("Name"),
        tag("aws:flightdeck:"),
        Call::CreateTags(CreateTags::new(INSTANCE.into(), [])),
        create(|create| create.source = 0),
        create(|create| create.changes.image = None),
        create(|create| create.changes.image = Some("resolve:ssm:/golden".into())),
        create(|create| create.token = "".into()),
        create(|create| create.description = "".into()),
        Call::TagImage(TagImage::new(IMAGE.into(), [("Name".into(), "v".into())])),
        Call::TagImage(TagImage::new("ami-to-be[orders]".into(), [("flightdeck:bad".into(), "v".into())])),
        build(Builder::Packer(program())),
        build(Builder::Command(program())),
        stop(BuiltBy::Packer),
        stop(BuiltBy::Command),
        stop(BuiltBy::ImageBuilder(PIPELINE.replace("eu-west-1", "us-east-1").into())),
    ];
    for call in odd {
        let failure = operator.apply(&place(), &call).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused, "{call:?}");
        assert!(!failure.maybe_applied);
    }
    assert_eq!(replay.asked(), []);
}

fn program() -> Program {
    Program {
        program: "packer".into(),
        arguments: Vec::new(),
        folder: None,
        environment: [].into(),
        aws_environment: false,
    }
}

#[tokio::test]
async fn a_disabled_pipeline_is_not_run_though_aws_would() {
    let (operator, replay) = operator(|asked| match asked.action() {
        "GetImagePipeline" => {
            Answer::ok(r#"{"imagePipeline":{"status":"DISABLED","consecutiveFailures":4}}"#)
        }
        _ => answer(asked),
    });
    let failure = operator.apply(&place(), &call("StartImagePipelineExecution")).await.unwrap_err();
    assert_eq!((failure.kind, failure.maybe_applied), (FailureKind::Refused, false));
    assert_eq!(failure.why, "the pipeline is disabled after 4 failed runs");
    assert_eq!(replay.count("StartImagePipelineExecution"), 0);
}

#[tokio::test]
async fn what_aws_refuses_of_a_group_comes_with_what_to_do() {
    let refusals = [
        ("InstanceRefreshInProgress", FailureKind::Other, "let it end or cancel it"),
        ("ActiveInstanceRefreshNotFound", FailureKind::NotFound, "observe again"),
        ("IrreversibleInstanceRefresh", FailureKind::Other, "cancel it instead"),
        ("ScalingActivityInProgress", FailureKind::Other, "the group is busy"),
        ("ResourceContention", FailureKind::Other, "try again"),
    ];
    for (code, kind, remedy) in refusals {
        let (operator, _) = operator(move |asked| match asked.action() {
            "GetCallerIdentity" => who("123456789012"),
            _ => Answer::error(400, code),
        });
        let failure = operator.apply(&place(), &call("StartInstanceRefresh")).await.unwrap_err();
        assert_eq!((failure.kind, failure.maybe_applied), (kind, false), "{code}");
        assert!(failure.why.contains(code) && failure.remedy.contains(remedy), "{failure}");
    }
}
