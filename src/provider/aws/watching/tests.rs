use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde_json::{Value, json};

use super::*;
use crate::fleet::{
    Alarm, AlarmKind, AlarmState, ClusterSelector, Fleet, Naming, Scope, Section, Seen, Text,
};
use crate::provider::Observer as _;
use crate::provider::aws::Aws;
use crate::provider::aws::connection::Connection;
use crate::provider::aws::factory::Factory;
use crate::provider::aws::replay::{Answer, Asked, Replay};
use crate::provider::aws::testing::{HandClock, World, target_group};

/// A session that watches so much of cluster `web`.
fn aws(
    alarms: Option<&[&str]>,
    metrics: bool,
    answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (Aws, Replay) {
    let world = World::default();
    let replay = Replay::new(move |asked| match asked.action() {
        "DescribeAlarms" | "GetMetricData" => answers(asked),
        _ => world.answer(asked),
    });
    let factory = Factory::fixed(SharedHttpClient::new(replay.clone()), &["eu-west-1"]);
    let connection = Connection::fixed(factory, Arc::new(HandClock::default()));
    let web = ClusterSelector { name: "web".into(), account: None, region: None };
    let alarms = alarms.map(|names| names.iter().map(Text::new).collect());
    let naming = Naming { watched: vec![(web, Watched { alarms, metrics })], ..Naming::default() };
    (Aws::over(connection, naming), replay)
}

/// Looks at everything, then at the cluster.
async fn look(aws: &Aws) -> Arc<Fleet> {
    let fleet = aws.observe(&Scope::Complete).await.unwrap();
    let id = fleet.clusters[0].id.clone();
    aws.observe(&Scope::Background { first: vec![id.clone()] }).await.unwrap();
    aws.observe(&Scope::Cluster(id)).await.unwrap()
}

fn alarm<'a>(fleet: &'a Fleet, name: &str) -> &'a Alarm {
    &fleet.alarm(&fleet.places[0], &name.into()).expect("it was asked for").value
}

fn metrics<'a>(fleet: &'a Fleet, side: &str) -> &'a Seen<Metrics> {
    let arn = target_group(&format!("web-{side}")).as_str().into();
    fleet.target_groups[&arn].metrics.as_ref().expect("it was asked for")
}

fn asked_of_cloudwatch(replay: &Replay) -> (usize, usize) {
    (replay.count("DescribeAlarms"), replay.count("GetMetricData"))
}

#[tokio::test]
async fn without_alarms_and_limits_cloudwatch_is_never_asked() {
    for alarms in [None, Some(&[][..])] {
        let (aws, replay) = aws(alarms, false, |_| unreachable!("nobody asks"));
        let fleet = look(&aws).await;
        assert_eq!(asked_of_cloudwatch(&replay), (0, 0));
        assert!(fleet.alarms.is_empty() && fleet.gaps.is_empty());
    }
}

#[tokio::test]
async fn metric_and_composite_alarms_are_read_to_the_last_page_and_a_missing_one_is_told() {
    let (aws, replay) = aws(Some(&["errors", "well", "gone", "new"]), false, |asked| {
        let body = asked.field("Body");
        for word in ["errors", "well", "gone", "MetricAlarm", "CompositeAlarm"] {
            assert!(body.contains(word), "{word} in {body:?}");
        }
        if body.contains("page-2") {
            let composite = json!({ "AlarmName": "well", "StateValue": "ALARM", "StateReason": "errors" });
            return Answer::cbor(&json!({ "MetricAlarms": [], "CompositeAlarms": [composite] }));
        }
        let ok = json!({ "AlarmName": "errors", "StateValue": "OK" });
        let new = json!({ "AlarmName": "new", "StateValue": "DREAMING" });
        Answer::cbor(&json!({ "MetricAlarms": [ok, new], "CompositeAlarms": [], "NextToken": "page-2" }))
    });
    let fleet = look(&aws).await;
    assert_eq!(asked_of_cloudwatch(&replay), (2, 0), "by the look at the cluster alone");
    assert_eq!(
        (&alarm(&fleet, "errors").state, alarm(&fleet, "errors").kind),
        (&AlarmState::Ok, Some(AlarmKind::Metric))
    );
    let well = alarm(&fleet, "well");
    assert_eq!((&well.state, well.kind), (&AlarmState::Alarm, Some(AlarmKind::Composite)));
    assert_eq!(well.reason, Some("errors".into()));
    assert_eq!(*alarm(&fleet, "gone"), Alarm::not_there());
    assert_eq!(alarm(&fleet, "new").state, AlarmState::Other("DREAMING".into()));
    assert_eq!(fleet.gaps, []);
}

#[tokio::test]
async fn metrics_of_both_sides_come_in_one_call_and_are_summed_over_pages() {
    let result = |id: &str, points: &[(i64, f64)]| {
        let times: Vec<Value> = points.iter().map(|(at, _)| json!({ "$time": at })).collect();
        let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
        json!({ "Id": id, "StatusCode": "Complete", "Timestamps": times, "Values": values })
    };
    let (aws, replay) = aws(None, true, move |asked| {
        let body = asked.field("Body");
        for word in ["AWS/ApplicationELB", "app/web/1", "targetgroup/web-green/1", "p99", "HealthyHostCount"]
        {
            assert!(body.contains(word), "{word} in {body:?}");
        }
        Answer::cbor(&if body.contains("page-2") {
            json!({ "MetricDataResults": [
                result("q0_RequestCount", &[(120, 100.0), (60, 0.0)]),
                result("q0_HTTPCode_Target_5XX_Count", &[]),
            ] })
        } else {
            json!({ "NextToken": "page-2", "MetricDataResults": [
                result("q0_RequestCount", &[(180, 50.0)]),
                result("q0_TargetResponseTime", &[(180, 0.2), (120, 0.25)]),
                result("q0_HealthyHostCount", &[(60, 1.0), (180, 2.0)]),
                result("q1_RequestCount", &[]),
                result("who", &[(180, 1.0)]),
            ] })
        })
    });
    let fleet = look(&aws).await;
    assert_eq!(asked_of_cloudwatch(&replay), (0, 2));
    let time = |seconds| Some(Timestamp::from_second(seconds).unwrap());
    let blue = Metrics {
        requests: Some(150),
        errors_5xx: Some(0),
        p99_ms: Some(250),
        healthy_hosts: Some(2),
        counted_at: time(180),
    };
    assert_eq!(metrics(&fleet, "blue").value, blue);
    assert_eq!(metrics(&fleet, "green").value, Metrics::default());
}

#[tokio::test]
async fn a_count_that_failed_inside_an_answer_is_no_count_of_nothing() {
    let (aws, _) = aws(None, true, |_| {
        let failed = json!({ "Id": "q0_HTTPCode_Target_5XX_Count", "StatusCode": "InternalError",
            "Timestamps": [], "Values": [] });
        let requests = json!({ "Id": "q0_RequestCount", "StatusCode": "Complete",
            "Timestamps": [{ "$time": 60 }], "Values": [7.0] });
        Answer::cbor(&json!({ "MetricDataResults": [failed, requests] }))
    });
    let fleet = look(&aws).await;
    let blue = &metrics(&fleet, "blue").value;
    assert_eq!((blue.requests, blue.errors_5xx), (Some(7), None));
}

#[tokio::test]
async fn a_denied_call_is_a_gap_that_names_the_action_and_heals() {
    let denied = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let still = Arc::clone(&denied);
    let (aws, _) = aws(Some(&["errors"]), true, move |asked| {
        if still.load(std::sync::atomic::Ordering::Relaxed) {
            Answer::cbor_error(403, "AccessDenied")
        } else if asked.action() == "DescribeAlarms" {
            Answer::cbor(&json!({ "MetricAlarms": [{ "AlarmName": "errors", "StateValue": "OK" }] }))
        } else {
            Answer::cbor(&json!({ "MetricDataResults": [] }))
        }
    });
    let fleet = look(&aws).await;
    let mut gaps: Vec<_> = fleet.gaps.iter().map(|gap| (gap.section, gap.action.as_deref())).collect();
    gaps.sort();
    let expected = [
        (Section::Alarms, Some("cloudwatch:DescribeAlarms")),
        (Section::Metrics, Some("cloudwatch:GetMetricData")),
    ];
    assert_eq!(gaps, expected);
    assert!(fleet.alarms.is_empty(), "what may not be read is not missing");
    denied.store(false, std::sync::atomic::Ordering::Relaxed);
    let healed = aws.observe(&Scope::Cluster(fleet.clusters[0].id.clone())).await.unwrap();
    assert_eq!(healed.gaps, []);
    assert_eq!(alarm(&healed, "errors").state, AlarmState::Ok);
}

#[test]
fn names_and_sides_are_cut_to_what_one_call_takes() {
    let names: Vec<Text> = (0..101).map(|n| Text::from(format!("a{n}"))).collect();
    let watched = Watched { alarms: Some(names), metrics: true };
    let cluster = crate::plan::tests::orders(90, 10).world.fleet().clusters.remove(0);
    let sizes: Vec<usize> = tasks(&watched, &cluster, Timestamp::UNIX_EPOCH)
        .iter()
        .map(|task| match task {
            Task::Alarms(names) => names.len(),
            Task::Metrics(sides, _) => sides.len(),
            _ => unreachable!(),
        })
        .collect();
    assert_eq!(sizes, [100, 1, 2]);
    assert_eq!(SIDES * Counted::OF_APPLICATIONS.len(), 500);
}

#[test]
fn a_network_load_balancer_counts_hosts_only_and_others_nothing() {
    let arn = |kind: &str| LoadBalancerArn::new(format!("arn:aws:e:r:1:loadbalancer/{kind}/web/50dc"));
    let group = "arn:aws:e:r:1:targetgroup/blue/73e2".into();
    let side = Side::of(&arn("net"), &group).unwrap();
    assert_eq!((side.namespace, side.balancer_dimension.as_str()), ("AWS/NetworkELB", "net/web/50dc"));
    assert_eq!(side.group_dimension, "targetgroup/blue/73e2");
    assert_eq!(side.counts(), [Counted::HealthyHosts]);
    assert_eq!(Side::of(&arn("app"), &group).unwrap().counts().len(), 4);
    assert_eq!(Side::of(&arn("gwy"), &group), None);
    assert_eq!(Side::of(&"nothing".into(), &group), None);
}
