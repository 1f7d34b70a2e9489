use std::sync::Arc;

use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::*;
use crate::provider::aws::factory::{Clients, Factory, Lane, http_client};
use crate::provider::aws::meter::Meter;
use crate::provider::aws::replay::{Answer, Replay};
use crate::provider::aws::testing::StillClock;

fn clients(answer: Answer, lane: Lane) -> (Clients, Replay) {
    let replay = Replay::new(move |_| answer.clone());
    let factory = Factory::fixed(SharedHttpClient::new(replay.clone()), &["eu-west-1"]);
    (factory.clients(&"eu-west-1".into(), lane, &Meter::new(Arc::new(StillClock))), replay)
}

fn asked<'a>(region: &'a Region, service: &'static str, operation: &'static str) -> Asked<'a> {
    Asked::new(service, operation, region)
}

async fn read_fails_with(answer: Answer) -> Trouble {
    let (clients, _) = clients(answer, Lane::Idle);
    let error = clients.ec2.describe_images().send().await.unwrap_err();
    Trouble::of(asked(&"eu-west-1".into(), permissions::EC2, "DescribeImages"), &error)
}

async fn write_fails_with(answer: Answer) -> (Failure, usize) {
    let (clients, replay) = clients(answer, Lane::Write);
    let error = clients.elb.modify_rule().rule_arn("r").send().await.unwrap_err();
    let trouble = Trouble::of(asked(&"eu-west-1".into(), permissions::ELB, "ModifyRule"), &error);
    (trouble.failure, replay.asked().len())
}

#[tokio::test]
async fn a_denied_call_names_the_missing_iam_action() {
    let trouble = read_fails_with(Answer::ec2_error(403, "UnauthorizedOperation")).await;
    assert_eq!(trouble.failure.action.as_deref(), Some("ec2:DescribeImages"));
    assert_eq!(
        trouble.to_string(),
        "DescribeImages in eu-west-1: the role lacks ec2:DescribeImages (see `flightdeck iam-policy viewer`)"
    );
    let (failure, _) = write_fails_with(Answer::error(403, "AccessDenied")).await;
    assert_eq!(failure.action.as_deref(), Some("elasticloadbalancing:ModifyRule"));
    assert!(!failure.maybe_applied);
}

#[tokio::test]
async fn each_kind_of_failure_is_told_apart() {
    let kinds = [
        (Answer::ec2_error(503, "RequestLimitExceeded"), FailureKind::Throttled),
        (Answer::ec2_error(400, "ExpiredToken"), FailureKind::Expired),
        (Answer::ec2_error(401, "AuthFailure"), FailureKind::NoCredentials),
        (Answer::ec2_error(400, "InvalidAMIID.NotFound"), FailureKind::NotFound),
        (Answer::ec2_error(500, "InternalError"), FailureKind::Other),
        (Answer::Http(500, "<!doctype html><title>500</title>".into()), FailureKind::Unsupported),
        (Answer::Http(200, "{}".into()), FailureKind::Other),
        (Answer::Cut, FailureKind::Unreachable),
    ];
    for (answer, kind) in kinds {
        let trouble = read_fails_with(answer.clone()).await;
        assert_eq!(trouble.kind(), kind, "{answer:?} gave {trouble}");
        assert!(!trouble.failure.why.is_empty() && !trouble.failure.maybe_applied);
    }
}

#[tokio::test]
async fn a_write_is_sent_once_whatever_the_answer_and_says_whether_it_may_have_worked() {
    let answers = [
        (Answer::error(400, "Throttling"), false),
        (Answer::error(400, "TargetGroupNotFound"), false),
        (Answer::error(503, "ServiceUnavailable"), true),
        (Answer::Http(500, "<html>".into()), true),
        (Answer::Http(200, "not xml".into()), true),
        (Answer::Cut, true),
    ];
    for (answer, maybe_applied) in answers {
        let (failure, sent) = write_fails_with(answer.clone()).await;
        assert_eq!(sent, 1, "{answer:?}");
        assert_eq!(failure.maybe_applied, maybe_applied, "{answer:?} gave {failure}");
    }
}

#[tokio::test]
async fn a_read_that_somebody_waits_for_is_tried_again_and_one_in_the_background_is_not() {
    for (lane, attempts) in [(Lane::Asked, 3), (Lane::Idle, 1)] {
        tokio::time::pause();
        let (clients, replay) = clients(Answer::ec2_error(503, "RequestLimitExceeded"), lane);
        clients.ec2.describe_images().send().await.unwrap_err();
        assert_eq!(replay.asked().len(), attempts);
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_stopped_call_is_a_refusal() {
    let (clients, _) = clients(Answer::ok(""), Lane::Asked);
    let error = clients.elb.modify_rule().rule_arn("r").send().await.unwrap_err();
    let trouble = Trouble::of(asked(&"eu-west-1".into(), permissions::ELB, "ModifyRule"), &error);
    assert_eq!(trouble.kind(), FailureKind::Refused);
    assert!(trouble.to_string().contains("not among the calls flightdeck makes in a read-only session"));
    assert!(!trouble.failure.maybe_applied);
}

#[tokio::test]
async fn a_connection_that_was_never_made_applied_nothing() {
    let settings = crate::provider::aws::Settings {
        endpoint_url: Some("http://127.0.0.1:9".into()),
        regions: vec!["eu-west-1".into()],
        ..crate::provider::aws::Settings::default()
    };
    let factory = Factory::load(&settings, http_client()).await.unwrap();
    let meter = Meter::new(Arc::new(StillClock));
    let clients = factory.clients(&"eu-west-1".into(), Lane::Write, &meter);
    let config = aws_sdk_elasticloadbalancingv2::config::Builder::default()
        .credentials_provider(SharedCredentialsProvider::new(aws_sdk_sts::config::Credentials::for_tests()));
    let call = clients.elb.modify_rule().rule_arn("r").customize().config_override(config);
    let error = call.send().await.unwrap_err();
    let trouble = Trouble::of(asked(&"eu-west-1".into(), permissions::ELB, "ModifyRule"), &error);
    assert_eq!(trouble.kind(), FailureKind::Unreachable, "{trouble}");
    assert!(!trouble.failure.maybe_applied, "{trouble}");
}

#[test]
fn what_the_credential_chain_says_becomes_a_sentence() {
    let region: Region = "eu-west-1".into();
    let asked = asked(&region, permissions::STS, "GetCallerIdentity");
    let none = asked.no_credentials(&CredentialsError::not_loaded_no_source());
    assert_eq!(none.kind, FailureKind::NoCredentials);
    assert!(none.remedy.contains("--demo"), "{none}");
    let expired = asked.no_credentials(&CredentialsError::provider_error("the SSO session has expired"));
    assert_eq!(expired.kind, FailureKind::Expired);
    assert!(expired.may_pass());
    let broken = asked.no_credentials(&CredentialsError::invalid_configuration("no such source_profile"));
    assert_eq!(broken.kind, FailureKind::Configuration);
}

#[test]
fn hostile_and_endless_messages_of_the_cloud_are_tamed() {
    let region: Region = "eu-west-1".into();
    let asked = asked(&region, permissions::EC2, "DescribeImages");
    let message = format!("\u{1b}[31m{}", "x".repeat(10_000));
    let failure = asked.answered(400, Some("Odd"), Some(&message));
    assert!(failure.to_string().len() < 300 && !failure.to_string().contains('\u{1b}'));
}
