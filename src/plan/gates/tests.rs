//! Gates over small worlds of raw facts.

use jiff::SignedDuration;

use super::*;
use crate::fleet::builders::read_at;
use crate::fleet::{Alarm, AlarmKind, AlarmState, ClusterSelector, Seen, TargetState};
use crate::plan::ClusterPolicy;
use crate::plan::tests::{Orders, orders};

/// A policy that says this of the cluster.
pub(crate) fn policy(own: ClusterPolicy) -> Policy {
    let orders = ClusterSelector { name: "orders".into(), account: None, region: None };
    Policy { clusters: vec![(orders, own)], ..Policy::default() }
}

/// A policy that names alarms.
pub(crate) fn naming(alarms: &[&str]) -> Policy {
    let alarms = Some(alarms.iter().map(Text::new).collect());
    policy(ClusterPolicy { alarms, ..ClusterPolicy::default() })
}

/// Puts an alarm into the world.
pub(crate) fn set_alarm(orders: &mut Orders, name: &str, state: AlarmState) {
    let reason = (state == AlarmState::Alarm).then(|| Text::new("Threshold Crossed: 7 > 5"));
    let kind = (state != AlarmState::NotThere).then_some(AlarmKind::Metric);
    let value = Alarm { state, reason, since: None, kind };
    orders.world.facts.alarms.insert(name.into(), Seen { at: read_at(), value });
}

fn found(orders: &Orders, policy: &Policy, seconds: i64) -> Vec<GateFinding> {
    let fleet = orders.world.fleet();
    let cluster = &fleet.clusters[0];
    watch(&fleet, cluster, &cluster.traffic[0], policy, read_at() + SignedDuration::from_secs(seconds))
}

/// What the gate of this name says.
#[track_caller]
fn reading(orders: &Orders, policy: &Policy, name: &str, seconds: i64) -> Reading {
    let found = found(orders, policy, seconds);
    found.into_iter().find(|finding| finding.name == name).expect("the gate is listed").reading
}

fn health(orders: &Orders, seconds: i64) -> Reading {
    reading(orders, &Policy::default(), "target-health", seconds)
}

fn every_target(orders: &mut Orders, arn: &TargetGroupArn, state: &TargetState) {
    for target in orders.world.targets_mut(arn) {
        target.state = state.clone();
    }
}

#[test]
fn a_gate_that_nobody_configured_is_not_listed() {
    let listed = |own: ClusterPolicy| -> Vec<&str> {
        found(&orders(90, 10), &policy(own), 0).iter().map(|finding| finding.name).collect()
    };
    assert_eq!(listed(ClusterPolicy::default()), ["target-health"]);
    let gates =
        GatePolicy { max_5xx_percent: Some(1.0), max_response_ms: Some(500), min_healthy_hosts: Some(2) };
    let all = ClusterPolicy { alarms: Some(vec!["a".into()]), gates, ..ClusterPolicy::default() };
    assert_eq!(listed(all), ["target-health", "alarms", "errors-5xx", "response-time", "healthy-hosts"]);
}

#[test]
fn a_side_with_traffic_and_no_healthy_target_is_bad_and_one_without_traffic_is_not_asked() {
    let mut both = orders(90, 10);
    assert_eq!(health(&both, 0).why(), "2 of 2 healthy in orders-blue, 2 of 2 healthy in orders-green");
    let green = both.green.clone();
    for state in [TargetState::Unhealthy, TargetState::Draining, TargetState::Unused] {
        every_target(&mut both, &green, &state);
        let bad = "orders-green takes traffic and none of its 2 targets is healthy";
        assert_eq!(health(&both, 0), Reading::Bad(bad.into()));
    }
    let mut idle = orders(100, 0);
    every_target(&mut idle, &green, &TargetState::Unhealthy);
    assert_eq!(health(&idle, 0), Reading::Good("2 of 2 healthy in orders-blue".into()));
}

#[test]
fn unknown_and_old_health_is_no_data_and_never_hides_what_is_bad() {
    let mut both = orders(90, 10);
    assert!(matches!(health(&both, 10), Reading::Good(_)));
    let old = "the health of the targets of orders-blue is 11 s old and may be 10 s";
    assert_eq!(health(&both, 11), Reading::NoData(old.into()));
    let (blue, green) = (both.blue.clone(), both.green.clone());
    both.world.facts.target_health.remove(&green);
    let unread = "the health of the targets of orders-green could not be read";
    assert_eq!(health(&both, 0), Reading::NoData(unread.into()));
    every_target(&mut both, &blue, &TargetState::Unhealthy);
    assert!(matches!(health(&both, 0), Reading::Bad(_)));
}

#[test]
fn an_alarm_that_has_gone_off_is_bad_and_one_that_cannot_tell_is_no_data() {
    let two = naming(&["errors", "slow"]);
    let says = |state: AlarmState, seconds| {
        let mut orders = orders(90, 10);
        set_alarm(&mut orders, "errors", AlarmState::Ok);
        set_alarm(&mut orders, "slow", state);
        reading(&orders, &two, "alarms", seconds)
    };
    let no_data = |why: &str| Reading::NoData(why.into());
    assert_eq!(says(AlarmState::Ok, 0), Reading::Good("errors is OK, slow is OK".into()));
    let bad = "alarm slow is in ALARM: Threshold Crossed: 7 > 5";
    assert_eq!(says(AlarmState::Alarm, 0), Reading::Bad(bad.into()));
    assert_eq!(says(AlarmState::InsufficientData, 0), no_data("alarm slow has not enough data"));
    assert_eq!(says(AlarmState::NotThere, 0), no_data("there is no alarm slow"));
    let new = "alarm slow says SLEEPING, which flightdeck does not know";
    assert_eq!(says(AlarmState::Other("SLEEPING".into()), 0), no_data(new));
    assert_eq!(says(AlarmState::Ok, 11), no_data("the state of alarm errors is 11 s old and may be 10 s"));
    assert_eq!(
        reading(&orders(90, 10), &two, "alarms", 0),
        no_data("the state of alarm errors was not read")
    );
}

#[test]
fn what_may_not_be_read_says_which_permission_is_missing() {
    let mut both = orders(90, 10);
    both.world.gap(Section::Alarms, None);
    both.world.gap(Section::Metrics, None);
    let found = reading(&both, &naming(&["errors"]), "alarms", 0);
    assert_eq!(found, Reading::NoData("the state of alarm errors was not read: not allowed".into()));
    let gates = GatePolicy { max_response_ms: Some(1), ..GatePolicy::default() };
    let found =
        reading(&both, &policy(ClusterPolicy { gates, ..ClusterPolicy::default() }), "response-time", 0);
    assert_eq!(found, Reading::NoData("the metrics of orders-blue were not read: not allowed".into()));
}

#[test]
fn a_long_reason_of_an_alarm_is_cut_between_letters() {
    let alarm = |reason: &str| Alarm {
        state: AlarmState::Alarm,
        reason: Some(reason.into()),
        since: None,
        kind: Some(AlarmKind::Composite),
    };
    let cut = in_alarm(&"a".into(), &alarm(&"é".repeat(121)));
    assert_eq!(cut, format!("alarm a is in ALARM: {}…", "é".repeat(120)));
    assert_eq!(in_alarm(&"a".into(), &alarm("")), "alarm a is in ALARM");
}

#[test]
fn metrics_are_judged_by_the_limits_of_the_cluster_side_by_side() {
    let gates =
        GatePolicy { max_5xx_percent: Some(0.5), max_response_ms: Some(400), min_healthy_hosts: Some(2) };
    let policy = policy(ClusterPolicy { gates, ..ClusterPolicy::default() });
    let fine = Metrics {
        requests: Some(1000),
        errors_5xx: Some(5),
        p99_ms: Some(400),
        healthy_hosts: Some(2),
        counted_at: Some(read_at()),
    };
    let says = |green: Metrics, gate: &str| {
        let mut orders = orders(90, 10);
        for (arn, value) in [(orders.blue.clone(), fine.clone()), (orders.green.clone(), green)] {
            orders.world.facts.metrics.insert(arn, Seen { at: read_at(), value });
        }
        reading(&orders, &policy, gate, 0)
    };
    for (gate, good) in [
        ("errors-5xx", "0.5 % 5xx in orders-blue, 0.5 % 5xx in orders-green"),
        ("response-time", "99 % within 400 ms in orders-blue, 99 % within 400 ms in orders-green"),
        ("healthy-hosts", "2 healthy hosts in orders-blue, 2 healthy hosts in orders-green"),
    ] {
        assert_eq!(says(fine.clone(), gate), Reading::Good(good.into()));
        assert!(matches!(says(Metrics::default(), gate), Reading::NoData(_)), "{gate}");
    }
    let bad = Metrics { errors_5xx: Some(6), p99_ms: Some(401), healthy_hosts: Some(1), ..fine.clone() };
    for (gate, why) in [
        (
            "errors-5xx",
            "0.6 % of the answers of orders-green were 5xx, 0.5 % are allowed (6 of 1000 requests)",
        ),
        ("response-time", "99 % of requests to orders-green took up to 401 ms, 400 ms are allowed"),
        ("healthy-hosts", "orders-green had 1 healthy hosts in the newest minute and needs 2"),
    ] {
        assert_eq!(says(bad.clone(), gate), Reading::Bad(why.into()));
    }
    let silent = Metrics { requests: Some(0), errors_5xx: Some(0), ..fine.clone() };
    assert_eq!(
        says(silent, "errors-5xx"),
        Reading::NoData("no requests were counted in orders-green".into())
    );
}

#[test]
fn requests_are_counted_only_in_minutes_that_began_after_the_write() {
    let written = read_at();
    let says = |blue: i64, green: Option<i64>| {
        let mut orders = orders(90, 10);
        let minute = |seconds| read_at() + SignedDuration::from_secs(seconds);
        for (arn, counted_at) in
            [(orders.blue.clone(), Some(minute(blue))), (orders.green.clone(), green.map(minute))]
        {
            let value = Metrics { counted_at, ..Metrics::default() };
            orders.world.facts.metrics.insert(arn, Seen { at: read_at(), value });
        }
        let fleet = orders.world.fleet();
        request_counts(&fleet, &fleet.clusters[0].traffic[0], written)
    };
    assert_eq!(says(0, Some(60)).as_deref(), Some("requests counted in orders-blue and orders-green"));
    assert_eq!(says(0, Some(-1)).as_deref(), Some("no requests counted yet in orders-green"));
    assert_eq!(says(-60, None).as_deref(), Some("no requests counted yet in orders-blue and orders-green"));
    let fleet = orders(90, 10).world.fleet();
    assert_eq!(request_counts(&fleet, &fleet.clusters[0].traffic[0], written), None);
}
