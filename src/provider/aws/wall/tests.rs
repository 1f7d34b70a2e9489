use std::collections::BTreeSet;
use std::sync::Arc;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use futures_util::FutureExt as _;

use super::*;
use crate::provider::aws::factory::{Clients, Factory, Lane};
use crate::provider::aws::meter::Meter;
use crate::provider::aws::replay::{Answer, Replay};
use crate::provider::aws::testing::{StillClock, linked_sdks};

fn clients(lane: Lane) -> (Clients, Replay) {
    let replay = Replay::new(|_| Answer::ok("<Response/>"));
    let http = aws_smithy_runtime_api::client::http::SharedHttpClient::new(replay.clone());
    let meter = Meter::new(Arc::new(StillClock));
    let clients = Factory::fixed(http, &["eu-west-1"]).clients(&"eu-west-1".into(), lane, &meter);
    (clients, replay)
}

/// Every operation of every linked SDK client, read from the SDK's own sources: (service, operation).
fn every_operation() -> BTreeSet<(String, String)> {
    let mut operations = BTreeSet::new();
    for sources in linked_sdks().into_values() {
        let sources = sources.join("operation");
        for file in std::fs::read_dir(sources).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none() {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let told = text.split("orchestrator::Metadata::new(").nth(1).unwrap();
            let mut names = told.split('"').skip(1).step_by(2);
            let operation = names.next().unwrap().to_owned();
            operations.insert((names.next().unwrap().to_owned(), operation));
        }
    }
    operations
}

/// Sends a bare operation through the orchestrator with only the wall in its way, and tells whether it left.
async fn leaves(wall: Wall, service: &str, named: &str, on_the_wire: &str) -> bool {
    let replay = Replay::new(|_| Answer::ok(""));
    let mut components =
        aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder::new("wall");
    components.push_interceptor(wall.interceptor());
    let prefix = TARGETS.iter().find(|(of, _)| *of == service);
    let target = prefix.map(|(_, prefix)| format!("{prefix}.{on_the_wire}"));
    let body = target.as_ref().map_or_else(|| format!("Action={on_the_wire}&Version=1"), |_| "{}".into());
    let path = match service {
        IMAGE_BUILDER => format!("http://aws.test/{on_the_wire}?arn=a/b"),
        _ => format!("http://aws.test/service/x/operation/{on_the_wire}"),
    };
    let in_path = service == CLOUDWATCH || service == IMAGE_BUILDER;
    let operation = Operation::builder()
        .service_name(service.to_owned())
        .operation_name(named.to_owned())
        .http_client(replay.clone())
        .endpoint_url("http://aws.test")
        .no_auth()
        .no_retry()
        .runtime_plugin(StaticRuntimePlugin::new().with_runtime_components(components))
        .serializer(move |(): ()| {
            let mut request = HttpRequest::new(SdkBody::from(if in_path { "" } else { body.as_str() }));
            request.set_uri(if in_path { path.as_str() } else { "/" })?;
            if let Some(target) = &target {
                request.headers_mut().insert("x-amz-target", target.clone());
            }
            Ok(request)
        })
        .deserializer::<(), std::io::Error>(|_| Ok(()))
        .build();
    let _answer = operation.invoke(()).await;
    !replay.asked().is_empty()
}

#[tokio::test]
async fn of_every_operation_of_every_linked_client_only_listed_reads_leave_a_read_only_session() {
    let operations = every_operation();
    assert!(operations.len() > 900, "only {} operations found", operations.len());
    let mut left = BTreeSet::new();
    for (service, operation) in &operations {
        if leaves(Wall::Reads, service, operation, operation).await {
            left.insert((service.as_str(), operation.as_str()));
        }
    }
    let listed: BTreeSet<_> = READS.iter().map(|row| (row.service, row.operation)).collect();
    assert_eq!(left, listed);
}

#[tokio::test]
async fn a_writing_session_may_send_the_closed_list_of_calls_and_no_other() {
    let mut left = BTreeSet::new();
    for (service, operation) in every_operation() {
        if leaves(Wall::ReadsAndCalls, &service, &operation, &operation).await {
            left.insert(operation);
        }
    }
    let listed: BTreeSet<_> = READS.iter().chain(WRITES).map(|row| row.operation.to_owned()).collect();
    assert_eq!(left, listed);
}

#[tokio::test]
async fn a_request_that_is_not_what_it_is_called_trips_the_wire() {
    assert!(leaves(Wall::Reads, "EC2", "DescribeInstances", "DescribeInstances").await);
    assert!(!leaves(Wall::Reads, "EC2", "DescribeInstances", "TerminateInstances").await);
    assert!(!leaves(Wall::Reads, "EC2", "DescribeInstances", "").await);
    assert!(!leaves(Wall::Reads, "EC2", "DescribeInstances", "DescribeInstances&Action=RunInstances").await);
    assert!(leaves(Wall::Reads, CLOUDWATCH, "DescribeAlarms", "DescribeAlarms").await);
    assert!(!leaves(Wall::Reads, CLOUDWATCH, "DescribeAlarms", "DeleteAlarms").await);
    assert!(!leaves(Wall::Reads, CLOUDWATCH, "DescribeAlarms", "").await);
    assert!(!leaves(Wall::Reads, "Auto Scaling", "DescribeInstances", "DescribeInstances").await);
    assert!(leaves(Wall::Reads, SSM, "GetParameters", "GetParameters").await);
    assert!(!leaves(Wall::Reads, SSM, "GetParameters", "PutParameter").await);
    assert!(!leaves(Wall::Reads, SSM, "GetParameters", "").await);
    assert!(leaves(Wall::Reads, CODE_BUILD, "BatchGetBuilds", "BatchGetBuilds").await);
    assert!(!leaves(Wall::Reads, CODE_BUILD, "BatchGetBuilds", "StartBuild").await);
    assert!(leaves(Wall::Reads, IMAGE_BUILDER, "GetImage", "GetImage").await);
    assert!(!leaves(Wall::Reads, IMAGE_BUILDER, "GetImage", "DeleteImage").await);
    assert!(!leaves(Wall::Reads, IMAGE_BUILDER, "GetImage", "").await);
    assert!(!leaves(Wall::Reads, LOGS, "GetLogEvents", "DeleteLogStream").await);
}

/// Sends through real clients what could do harm, typed as it would be by mistake.
async fn send_harm(clients: &Clients) {
    let Clients { ec2, autoscaling, cloudwatch, codebuild, elb, imagebuilder, logs, ssm, sts } = clients;
    let _ = ec2.terminate_instances().instance_ids("i-1").instance_ids("i-2").send().await;
    let _ = ec2.stop_instances().instance_ids("i-1").send().await;
    let _ = ec2.reboot_instances().instance_ids("i-1").send().await;
    let _ = ec2.run_instances().min_count(1).max_count(1).send().await;
    let _ = ec2.create_tags().resources("i-1").send().await;
    let tag = |key: &str| aws_sdk_ec2::types::Tag::builder().key(key).value("v").build();
    let _ = ec2.create_tags().resources("i-1").tags(tag("Name")).send().await;
    let _ = ec2.create_tags().resources("i-1").tags(tag("flightdeck:x")).tags(tag("Name")).send().await;
    let _ = ec2.create_tags().resources("i-1").resources("i-2").tags(tag("flightdeck:x")).send().await;
    let _ = ec2.deregister_image().image_id("ami-1").send().await;
    let _ = ec2.create_launch_template_version().launch_template_id("lt-1").send().await;
    let _ = ec2.get_password_data().instance_id("i-1").send().await;
    let _ = ec2.get_console_screenshot().instance_id("i-1").wake_up(true).send().await;
    let _ = autoscaling
        .terminate_instance_in_auto_scaling_group()
        .instance_ids("i-1")
        .instance_ids("i-2")
        .should_decrement_desired_capacity(true)
        .send()
        .await;
    let two = ["i-1".to_owned(), "i-2".to_owned()].to_vec();
    let _ = autoscaling.detach_instances().set_instance_ids(Some(two.clone())).send().await;
    let _ = autoscaling.enter_standby().auto_scaling_group_name("g").send().await;
    let _ = autoscaling.exit_standby().set_instance_ids(Some(two)).send().await;
    let _ = autoscaling.start_instance_refresh().auto_scaling_group_name("g").send().await;
    let _ = autoscaling.set_desired_capacity().auto_scaling_group_name("g").desired_capacity(0).send().await;
    let _ = autoscaling.delete_auto_scaling_group().auto_scaling_group_name("g").send().await;
    let made = autoscaling.create_auto_scaling_group().auto_scaling_group_name("g").max_size(9);
    let _ = made.clone().min_size(1).desired_capacity(1).send().await;
    let _ = made.min_size(0).send().await;
    let _ = cloudwatch.delete_alarms().alarm_names("a").send().await;
    let _ = cloudwatch.disable_alarm_actions().alarm_names("a").send().await;
    let _ = cloudwatch
        .set_alarm_state()
        .alarm_name("a")
        .state_value(aws_sdk_cloudwatch::types::StateValue::Ok)
        .state_reason("r")
        .send()
        .await;
    let _ = ssm.put_parameter().name("/flightdeck/lease/web/1").value("x").send().await;
    let _ = ssm.delete_parameter().name("/flightdeck/lease/web/1").send().await;
    let _ = ssm.put_parameter().name("/prod/password").value("x").send().await;
    let _ = ssm.delete_parameter().name("/flightdecks/x").send().await;
    let _ = ssm.get_parameters().names("/flightdeck/lease/web/1").with_decryption(true).send().await;
    let _ = ssm.get_parameters().names("/prod/password").send().await;
    let _ = ssm.get_parameters_by_path().path("/").recursive(true).send().await;
    let _ = ssm.get_parameter().name("/prod/password").send().await;
    let _ = ssm.send_command().document_name("AWS-RunShellScript").instance_ids("i-1").send().await;
    let _ = ssm.start_session().target("i-1").send().await;
    let _ = elb.modify_listener().listener_arn("l").send().await;
    let _ = elb.modify_rule().rule_arn("r").send().await;
    let _ = elb.deregister_targets().target_group_arn("t").send().await;
    let _ = elb.delete_load_balancer().load_balancer_arn("b").send().await;
    let build = codebuild.start_build().project_name("p");
    let _ = build.clone().privileged_mode_override(true).send().await;
    let _ = build.clone().buildspec_override("x").send().await;
    let _ = build.service_role_override("arn").send().await;
    let _ = codebuild.delete_project().name("p").send().await;
    let run = imagebuilder.start_image_pipeline_execution().image_pipeline_arn("p").client_token("t");
    let _ = run.clone().send().await;
    let _ = run.tags("Name", "x").send().await;
    let _ = imagebuilder.delete_image().image_build_version_arn("i").send().await;
    let _ = logs.get_log_events().log_stream_name("s").unmask(true).send().await;
    let _ = logs.delete_log_group().log_group_name("g").send().await;
    let _ = sts.assume_role().role_arn("arn").role_session_name("s").send().await;
}

#[tokio::test]
async fn no_mutating_byte_leaves_a_real_client_of_an_observer() {
    for lane in [Lane::Asked, Lane::Idle] {
        let (clients, replay) = clients(lane);
        send_harm(&clients).await;
        assert_eq!(replay.asked(), []);
        let _ = clients.ec2.describe_instances().send().await;
        assert_eq!(replay.count("DescribeInstances"), 1);
    }
}

#[tokio::test]
async fn an_operator_sends_its_calls_once_and_nothing_else_that_could_do_harm() {
    let (clients, replay) = clients(Lane::Write);
    send_harm(&clients).await;
    let sent: Vec<String> = replay.asked().iter().map(|asked| asked.action().to_owned()).collect();
    let calls = [
        "CreateLaunchTemplateVersion",
        "SetDesiredCapacity",
        "DeleteAutoScalingGroup",
        "PutParameter",
        "DeleteParameter",
        "ModifyListener",
        "ModifyRule",
    ];
    assert_eq!(sent, calls);
}

/// What somebody could hang into one operation to switch the wall off.
#[derive(Debug)]
struct Saboteur;

impl Intercept for Saboteur {
    fn name(&self) -> &'static str {
        "Saboteur"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(disable_interceptor::<Wall>("sabotage"));
        Ok(())
    }
}

#[tokio::test]
async fn an_operation_cannot_switch_the_wall_off() {
    let (clients, replay) = clients(Lane::Asked);
    let call = clients.ec2.terminate_instances().instance_ids("i-1").customize().interceptor(Saboteur);
    // A debug build of the SDK panics at the attempt, a release build ignores it.
    let sent = std::panic::AssertUnwindSafe(call.send()).catch_unwind().await;
    assert!(!matches!(sent, Ok(Ok(_))));
    assert_eq!(replay.asked(), []);
}

#[test]
fn a_screenshot_that_presses_a_key_is_refused_by_its_field() {
    use aws_sdk_ec2::operation::get_console_screenshot::GetConsoleScreenshotInput as Screenshot;
    let refused = |wake: Option<bool>| {
        let input = Screenshot::builder().instance_id("i-1").set_wake_up(wake).build().unwrap();
        refuse_fields(&Input::erase(input)).is_err()
    };
    assert!(refused(Some(true)));
    assert!(!refused(Some(false)) && !refused(None));
}
