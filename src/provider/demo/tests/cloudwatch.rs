//! Alarms and metrics that live with the simulated world, and gates over them.

use super::*;
use crate::fleet::{AlarmState, Cluster};
use crate::plan::{Policy, Reading, watch};

/// A calm demo that is watched as it is by default.
fn watched() -> (Demo, Arc<Hand>, Policy) {
    let policy = Policy { clusters: watched_clusters(), ..Policy::default() };
    let naming = Naming { watched: policy.watched(), ..Naming::default() };
    let clock = Arc::new(Hand(Mutex::new(start())));
    let demo = Demo::new(Options { lively: false, ..Options::default() }, naming, clock.clone());
    now(demo.observe(&Scope::Complete)).unwrap();
    (demo, clock, policy)
}

fn look(demo: &Demo, name: &str) -> (Arc<Fleet>, Cluster) {
    let all = now(demo.observe(&Scope::Complete)).unwrap();
    let id = all.clusters.iter().find(|cluster| cluster.id.name.raw() == name).unwrap().id.clone();
    let fleet = now(demo.observe(&Scope::Cluster(id.clone()))).unwrap();
    let cluster = fleet.cluster(&id).unwrap().clone();
    (fleet, cluster)
}

fn state(demo: &Demo, cluster: &str, alarm: &str) -> AlarmState {
    let (fleet, cluster) = look(demo, cluster);
    fleet.alarm(&cluster.id.place, &alarm.into()).expect("it was asked for").value.state.clone()
}

/// What the gates of a cluster say now.
fn gates(demo: &Demo, policy: &Policy, cluster: &str) -> Vec<(&'static str, Reading)> {
    let (fleet, cluster) = look(demo, cluster);
    let found = watch(&fleet, &cluster, &cluster.traffic[0], policy, demo.clock.now());
    found.into_iter().map(|finding| (finding.name, finding.reading)).collect()
}

#[test]
fn without_a_configuration_cloudwatch_is_not_asked() {
    let (demo, _) = calm();
    let (fleet, cluster) = look(&demo, "orders");
    assert!(fleet.alarms.is_empty());
    assert!(fleet.target_groups.values().all(|group| group.metrics.is_none()));
    let before = demo.calls_last_minute();
    look(&demo, "orders");
    let (plain, _) = (demo.calls_last_minute() - before, cluster);
    let (demo, ..) = watched();
    look(&demo, "orders");
    let before = demo.calls_last_minute();
    look(&demo, "orders");
    assert_eq!(demo.calls_last_minute() - before, plain + 2, "one call for alarms and one for metrics");
}

#[test]
fn a_sound_cluster_passes_every_gate_however_often_it_is_looked_at() {
    let (demo, clock, policy) = watched();
    for _ in 0..40 {
        clock.pass(20);
        let found = gates(&demo, &policy, "orders");
        assert_eq!(found.len(), 5);
        for (name, reading) in found {
            assert!(matches!(reading, Reading::Good(_)), "{name}: {reading:?}");
        }
    }
    let (fleet, _) = look(&demo, "orders");
    let (again, _) = look(&demo, "orders");
    assert_eq!(fleet.target_groups, again.target_groups);
    assert_eq!(fleet.alarms, again.alarms);
}

#[test]
fn a_version_that_fails_under_load_sets_the_alarm_off_after_a_while_and_the_way_back_ends_it() {
    let (demo, clock, policy) = watched();
    let alarm = || state(&demo, "recommend", "recommend-is-not-well");
    assert_eq!(alarm(), AlarmState::Ok);
    let (place, source, before) = source_of(&demo, "recommend-green");
    demo.meddle(
        &place,
        &Foreign::Actions { source: source.clone(), actions: with_weights(&before, &[75, 25]) },
    );
    let seconds_until = |state: AlarmState| {
        (0..60).find(|_| {
            clock.pass(10);
            alarm() == state
        })
    };
    let raised = seconds_until(AlarmState::Alarm).expect("the alarm goes off") * 10;
    assert!((60..=180).contains(&raised), "{raised} s");
    let alarms = gates(&demo, &policy, "recommend").into_iter().find(|(name, _)| *name == "alarms").unwrap();
    let why = "alarm recommend-is-not-well is in ALARM: recommend-5xx transitioned to ALARM";
    assert_eq!(alarms.1, Reading::Bad(why.into()));
    demo.meddle(&place, &Foreign::Actions { source, actions: with_weights(&before, &[100, 0]) });
    let ended = seconds_until(AlarmState::Ok).expect("it ends") * 10;
    assert!((60..=240).contains(&ended), "{ended} s");
}

#[test]
fn requests_follow_the_weights_and_a_side_without_traffic_counts_none() {
    let (demo, clock, _) = watched();
    let requests = |demo: &Demo| {
        let (fleet, cluster) = look(demo, "orders");
        let of = |w: &crate::fleet::Weight| {
            fleet.target_groups[&w.target_group].metrics.as_ref().unwrap().value.requests
        };
        cluster.traffic[0].weights.iter().map(of).collect::<Vec<_>>()
    };
    let (place, source, before) = source_of(&demo, "orders-green");
    let shares = requests(&demo);
    assert!(shares[0] > Some(20_000) && shares[1] < Some(4_000), "{shares:?}");
    demo.meddle(&place, &Foreign::Actions { source, actions: with_weights(&before, &[0, 100]) });
    clock.pass(600);
    let shares = requests(&demo);
    assert!(shares[0].is_none() && shares[1] > Some(20_000), "{shares:?}");
}

#[test]
fn an_alarm_can_be_set_by_hand_and_be_itself_again() {
    let (demo, ..) = watched();
    let place = look(&demo, "orders").1.id.place;
    let set = |name: &str, state| demo.meddle(&place, &Foreign::Alarm { name: name.into(), state });
    assert!(set("orders-5xx", Some(AlarmState::Alarm)));
    assert_eq!(state(&demo, "orders", "orders-5xx"), AlarmState::Alarm);
    assert_eq!(state(&demo, "orders", "orders-is-not-well"), AlarmState::Alarm);
    assert!(set("orders-5xx", None));
    assert_eq!(state(&demo, "orders", "orders-is-not-well"), AlarmState::Ok);
    assert!(!set("orders-6xx", Some(AlarmState::Alarm)));
}

#[test]
fn missing_data_a_missing_alarm_and_a_missing_permission_are_told_apart() {
    let (demo, _, policy) = watched();
    assert_eq!(state(&demo, "reports", "reports-5xx"), AlarmState::NotThere);
    assert_eq!(state(&demo, "payments", "payments-canary"), AlarmState::InsufficientData);
    demo.weather(|weather| weather.silent = true);
    for (name, reading) in gates(&demo, &policy, "orders").into_iter().skip(1) {
        assert!(matches!(reading, Reading::NoData(_)), "{name}: {reading:?}");
    }
    demo.weather(|weather| {
        weather.silent = false;
        weather.denied.extend([Section::Alarms, Section::Metrics]);
    });
    for ((name, reading), action) in
        gates(&demo, &policy, "orders").into_iter().skip(1).zip(["DescribeAlarms", "GetMetricData"])
    {
        assert!(reading.why().contains(&format!("cloudwatch:{action}")), "{name}: {reading:?}");
    }
    demo.weather(|weather| weather.denied.clear());
    assert_eq!(state(&demo, "orders", "orders-5xx"), AlarmState::Ok);
    assert!(look(&demo, "orders").0.gaps.iter().all(|gap| gap.section != Section::Alarms));
}
