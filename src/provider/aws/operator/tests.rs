mod calls;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::*;
use crate::fleet::{Action, Actions, ForwardConfig, TargetGroupTuple};
use crate::provider::FailureKind;
use crate::provider::aws::factory::Factory;
use crate::provider::aws::replay::{Answer, Asked, Replay};
use crate::provider::aws::testing::{StillClock, who};

const LISTENER: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/1/2";
const RULE: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/web/1/2/3";

fn place() -> Place {
    Place { account: "123456789012".into(), region: "eu-west-1".into() }
}

fn rules(weights: [i32; 2]) -> String {
    let [a, b] = weights;
    format!(
        "<ModifyRuleResponse><ModifyRuleResult><Rules><member><RuleArn>{RULE}</RuleArn><Actions><member>\
         <Type>forward</Type><Order>1</Order><ForwardConfig><TargetGroups>\
         <member><TargetGroupArn>arn:a</TargetGroupArn><Weight>{a}</Weight></member>\
         <member><TargetGroupArn>arn:b</TargetGroupArn><Weight>{b}</Weight></member>\
         </TargetGroups><TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>\
         </ForwardConfig></member></Actions></member></Rules></ModifyRuleResult>\
         <ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></ModifyRuleResponse>"
    )
}

fn operator(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (AwsOperator, Replay) {
    let replay = Replay::new(answers);
    let factory = Factory::fixed(SharedHttpClient::new(replay.clone()), &["eu-west-1"]);
    (AwsOperator::new(Arc::new(Connection::fixed(factory, Arc::new(StillClock)))), replay)
}

fn weights(weights: [i32; 2]) -> Actions {
    let tuple =
        |(arn, weight): (&str, i32)| TargetGroupTuple { target_group_arn: arn.into(), weight: Some(weight) };
    vec![Action {
        kind: "forward".into(),
        order: Some(1),
        forward_config: Some(ForwardConfig {
            target_groups: ["arn:a", "arn:b"].into_iter().zip(weights).map(tuple).collect(),
            target_group_stickiness_config: None,
        }),
        ..Action::default()
    }]
}

fn shift() -> Call {
    Call::ModifyRule { rule: RULE.into(), actions: weights([90, 10]) }
}

#[tokio::test]
async fn a_call_sends_the_actions_and_nothing_else_and_returns_what_aws_holds_now() {
    let (operator, replay) = operator(|asked| match asked.action() {
        "GetCallerIdentity" => who("123456789012"),
        _ => Answer::ok(rules([90, 10])),
    });
    let receipt = operator.apply(&place(), &shift()).await.unwrap();
    assert!(crate::fleet::same_actions(&receipt.actions, &weights([90, 10])));
    assert_eq!(receipt.request_id, Some("request-1".into()));
    let sent = &replay.asked()[1];
    let fields: Vec<(&str, &str)> = sent.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("Action", "ModifyRule"),
            ("Actions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", "arn:a"),
            ("Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight", "90"),
            ("Actions.member.1.ForwardConfig.TargetGroups.member.2.TargetGroupArn", "arn:b"),
            ("Actions.member.1.ForwardConfig.TargetGroups.member.2.Weight", "10"),
            ("Actions.member.1.Order", "1"),
            ("Actions.member.1.Type", "forward"),
            ("RuleArn", RULE),
            ("Version", "2015-12-01"),
        ]
    );
}

#[tokio::test]
async fn a_write_is_never_repeated() {
    for answer in [Answer::error(400, "Throttling"), Answer::error(503, "ServiceUnavailable"), Answer::Cut] {
        let (operator, replay) = operator(move |asked| match asked.action() {
            "GetCallerIdentity" => who("123456789012"),
            _ => answer.clone(),
        });
        operator.apply(&place(), &shift()).await.unwrap_err();
        assert_eq!(replay.count("ModifyRule"), 1);
    }
}

#[tokio::test]
async fn the_account_is_proven_before_the_first_write_and_a_foreign_one_is_refused() {
    let (operator, replay) = operator(|asked| match asked.action() {
        "GetCallerIdentity" => who("999999999999"),
        _ => Answer::ok(rules([90, 10])),
    });
    let failure = operator.apply(&place(), &shift()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.why.contains("999999999999"), "{failure}");
    assert_eq!(replay.count("ModifyRule"), 0);
}

#[tokio::test]
async fn the_account_is_proven_once_for_each_login() {
    let (operator, replay) = operator(|asked| match asked.action() {
        "GetCallerIdentity" => who("123456789012"),
        _ => Answer::ok(rules([90, 10])),
    });
    for _ in 0..3 {
        operator.apply(&place(), &shift()).await.unwrap();
    }
    assert_eq!(replay.count("GetCallerIdentity"), 1);
    *operator.connection.proven.lock().unwrap() = None;
    operator.apply(&place(), &shift()).await.unwrap();
    assert_eq!(replay.count("GetCallerIdentity"), 2);
}

#[tokio::test]
async fn what_must_not_be_sent_is_refused_before_anything_is_asked() {
    let (operator, replay) = operator(|_| Answer::ok(""));
    let network = LISTENER.replace("/app/", "/net/");
    let elsewhere = LISTENER.replace("eu-west-1", "us-east-1");
    let foreign = LISTENER.replace("123456789012", "999999999999");
    let listener = |arn: &str, actions| Call::ModifyListener { listener: arn.into(), actions };
    let calls = [
        listener(&network, weights([1, 1])),
        listener(&elsewhere, weights([1, 1])),
        listener(&foreign, weights([1, 1])),
        listener("arn:odd", weights([1, 1])),
        listener(LISTENER, weights([0, 0])),
        listener(LISTENER, weights([1000, 0])),
        listener(LISTENER, Vec::new()),
    ];
    for call in calls {
        let failure = operator.apply(&place(), &call).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Refused, "{failure}");
        assert!(!failure.maybe_applied);
    }
    assert_eq!(replay.asked(), []);
}

/// Credentials that are others whenever the number is another.
#[derive(Clone, Debug, Default)]
struct Numbered(Arc<std::sync::atomic::AtomicU32>);

impl aws_credential_types::provider::ProvideCredentials for Numbered {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let key = format!("KEY{}", self.0.load(std::sync::atomic::Ordering::Relaxed));
        let expired = std::time::SystemTime::UNIX_EPOCH;
        aws_credential_types::provider::future::ProvideCredentials::ready(Ok(
            aws_credential_types::Credentials::new(key, "secret", None, Some(expired), "test"),
        ))
    }
}

#[tokio::test]
async fn a_write_proven_under_one_login_never_leaves_under_another_that_was_proven_beside_it() {
    let replay = Replay::new(|asked| match (asked.action(), asked.key.as_str()) {
        ("GetCallerIdentity", "KEY0") => who("123456789012"),
        ("GetCallerIdentity", _) => who("999999999999"),
        _ => Answer::ok(rules([90, 10])),
    });
    let login = Numbered::default();
    let factory = Factory::with_login(SharedHttpClient::new(replay.clone()), &["eu-west-1"], login.clone());
    let connection = Connection::fixed(factory, Arc::new(StillClock));
    let first = connection.writers(&place(), Lane::Write, Proof::Needed).await.unwrap();
    login.0.store(1, std::sync::atomic::Ordering::Relaxed);
    let other = Place { account: "999999999999".into(), ..place() };
    connection.writers(&other, Lane::Write, Proof::Needed).await.unwrap();
    let failure = traffic::write(&first, &place(), &shift()).await.unwrap_err();
    assert_eq!(failure.why, OTHER_LOGIN);
    assert_eq!(replay.count("ModifyRule"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_of_traffic_needs_nothing_but_the_load_balancers_to_answer() {
    let silent = [
        Answer::Never,
        Answer::Cut,
        Answer::error(400, "Throttling"),
        Answer::error(503, "ServiceUnavailable"),
        Answer::Http(500, "<html/>".into()),
    ];
    for silent in silent {
        let (operator, replay) = operator(move |asked| match asked.action() {
            "GetCallerIdentity" => silent.clone(),
            _ => Answer::ok(rules([90, 10])),
        });
        let soon = std::time::Duration::from_secs(3);
        tokio::time::timeout(soon, operator.apply(&place(), &shift())).await.unwrap().unwrap();
        assert_eq!((replay.count("GetCallerIdentity"), replay.count("ModifyRule")), (1, 1));
    }
}

#[tokio::test]
async fn a_login_that_ran_out_or_is_not_accepted_stops_a_write_of_traffic() {
    for code in ["ExpiredToken", "InvalidClientTokenId"] {
        let (operator, replay) = operator(move |asked| match asked.action() {
            "GetCallerIdentity" => Answer::error(403, code),
            _ => Answer::ok(rules([90, 10])),
        });
        operator.apply(&place(), &shift()).await.unwrap_err();
        assert_eq!(replay.count("ModifyRule"), 0);
    }
}

/// Credentials that are others every time they are asked for, as at a change of login.
#[derive(Debug, Default)]
struct Changing(std::sync::atomic::AtomicU32);

impl aws_credential_types::provider::ProvideCredentials for Changing {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let expired = std::time::SystemTime::UNIX_EPOCH;
        let key = format!("KEY{n}");
        aws_credential_types::provider::future::ProvideCredentials::ready(Ok(
            aws_credential_types::Credentials::new(key, "secret", None, Some(expired), "test"),
        ))
    }
}

#[tokio::test]
async fn a_write_signed_by_another_login_than_the_proven_one_is_stopped_before_it_leaves() {
    // The first login belongs to the right account, the next to another one.
    let replay = Replay::new(|asked| match (asked.action(), asked.key.as_str()) {
        ("GetCallerIdentity", "KEY0") => who("123456789012"),
        ("GetCallerIdentity", _) => who("999999999999"),
        _ => Answer::ok(rules([90, 10])),
    });
    let factory =
        Factory::with_login(SharedHttpClient::new(replay.clone()), &["eu-west-1"], Changing::default());
    let operator = AwsOperator::new(Arc::new(Connection::fixed(factory, Arc::new(StillClock))));
    let failure = operator.apply(&place(), &shift()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.why.contains("999999999999"), "{failure}");
    assert_eq!((replay.count("ModifyRule"), replay.count("GetCallerIdentity")), (0, 2));
}
