//! CloudWatch: alarms by name, and what load balancers count of target groups.

use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::{Page, send, text, time};
use crate::fleet::{Alarm, AlarmKind, AlarmState, Region, TargetGroupArn, Text};
use crate::provider::aws::factory::Clients;
use crate::provider::aws::permissions::CLOUDWATCH;
use crate::provider::aws::trouble::Trouble;
use crate::provider::aws::watching::{Counted, MINUTE, Side, WINDOW};

/// Most alarms a page, and names a call [cloudwatch: DescribeAlarms].
const PAGE: i32 = 100;

/// What was counted of one side: times of minutes, and numbers.
pub(crate) type Points = (TargetGroupArn, Counted, Vec<(Timestamp, f64)>);

/// Metric and composite alarms by name (at most [`PAGE`]); one that is not there is in no answer.
pub(crate) async fn alarms(
    clients: &Clients,
    region: &Region,
    names: &[Text],
    token: Option<String>,
) -> Result<Page<(Text, Alarm)>, Trouble> {
    let names = names.iter().map(|name| name.raw().to_owned()).collect();
    let kinds = vec![sdk::AlarmType::MetricAlarm, sdk::AlarmType::CompositeAlarm];
    let answer = send!(clients.cloudwatch.describe_alarms().set_alarm_names(Some(names))
        .set_alarm_types(Some(kinds)).max_records(PAGE).set_next_token(token);
        CLOUDWATCH, "DescribeAlarms", region)?;
    let metric = answer.metric_alarms().iter().map(|found| {
        let alarm = Alarm {
            state: state(found.state_value()),
            reason: text(found.state_reason()),
            since: time(found.state_transitioned_timestamp().or_else(|| found.state_updated_timestamp())),
            kind: Some(AlarmKind::Metric),
        };
        Some((found.alarm_name()?.into(), alarm))
    });
    let composite = answer.composite_alarms().iter().map(|found| {
        let alarm = Alarm {
            state: state(found.state_value()),
            reason: text(found.state_reason()),
            since: time(found.state_transitioned_timestamp().or_else(|| found.state_updated_timestamp())),
            kind: Some(AlarmKind::Composite),
        };
        Some((found.alarm_name()?.into(), alarm))
    });
    Ok(Page::of(metric.chain(composite), answer.next_token()))
}

fn state(state: Option<&sdk::StateValue>) -> AlarmState {
    match state {
        Some(sdk::StateValue::Ok) => AlarmState::Ok,
        Some(sdk::StateValue::Alarm) => AlarmState::Alarm,
        Some(sdk::StateValue::InsufficientData) => AlarmState::InsufficientData,
        Some(other) => AlarmState::Other(other.as_str().into()),
        None => AlarmState::Other("unknown".into()),
    }
}

/// What was counted of these sides, minute by minute, in the time before an instant. A metric that failed inside a
/// sound answer is left out, as one without a point is.
pub(crate) async fn metrics(
    clients: &Clients,
    region: &Region,
    sides: &[Side],
    until: Timestamp,
    token: Option<String>,
) -> Result<Page<Points>, Trouble> {
    let queries: Vec<(String, &Side, Counted)> = sides
        .iter()
        .enumerate()
        .flat_map(|(n, side)| side.counts().iter().map(move |counted| (id(n, *counted), side, *counted)))
        .collect();
    let asked = queries.iter().map(|(id, side, counted)| query(id, side, *counted)).collect();
    let until = DateTime::from_secs(until.as_second());
    let from = DateTime::from_secs((until.secs() - WINDOW).div_euclid(MINUTE) * MINUTE);
    let answer = send!(clients.cloudwatch.get_metric_data().set_metric_data_queries(Some(asked))
        .start_time(from).end_time(until).set_next_token(token); CLOUDWATCH, "GetMetricData", region)?;
    let is_sound = |found: &&sdk::MetricDataResult| {
        matches!(found.status_code(), None | Some(sdk::StatusCode::Complete | sdk::StatusCode::PartialData))
    };
    let points = answer.metric_data_results().iter().filter(is_sound).filter_map(|found| {
        let (_, side, counted) = queries.iter().find(|(id, ..)| Some(id.as_str()) == found.id())?;
        let times = found.timestamps().iter().map(|at| time(Some(at)));
        let points = times.zip(found.values()).filter_map(|(at, value)| Some((at?, *value)));
        Some(Some((side.target_group.clone(), *counted, points.collect())))
    });
    Ok(Page::of(points, answer.next_token()))
}

/// Names a query: letters, digits and underscores, a small letter first [cloudwatch: MetricDataQuery].
fn id(side: usize, counted: Counted) -> String {
    format!("q{side}_{}", counted.metric())
}

fn query(id: &str, side: &Side, counted: Counted) -> sdk::MetricDataQuery {
    let dimension = |name: &str, value: &str| sdk::Dimension::builder().name(name).value(value).build();
    let metric = sdk::Metric::builder()
        .namespace(side.namespace)
        .metric_name(counted.metric())
        .dimensions(dimension("LoadBalancer", &side.balancer_dimension))
        .dimensions(dimension("TargetGroup", &side.group_dimension))
        .build();
    let minute = i32::try_from(MINUTE).unwrap_or(i32::MAX);
    let stat = sdk::MetricStat::builder().metric(metric).period(minute).stat(counted.statistic()).build();
    sdk::MetricDataQuery::builder().id(id).metric_stat(stat).return_data(true).build()
}
