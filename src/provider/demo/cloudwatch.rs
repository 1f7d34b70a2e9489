//! What CloudWatch tells of the simulated fleet: what load balancers counted, minute by minute and a minute late, and
//! the alarms over it. Everything follows from the world and a moment, so that looking more often changes nothing.

use jiff::Timestamp;

use super::facts::Sight;
use super::world::{Instance, MINUTE, Moment, SECOND, time_of};
use crate::fleet::{
    Alarm, AlarmKind, AlarmState, ClusterSelector, Metrics, TargetGroupArn, TargetState, Text,
};
use crate::plan::{ClusterPolicy, DrillHours, GatePolicy, Window};

/// From the end of a minute until CloudWatch tells of it.
const LATE: Moment = 40 * SECOND;
/// Minutes that metrics are told of.
const MINUTES: i64 = 5;
/// Minutes that an alarm judges by.
const JUDGED: i64 = 2;
/// How far back the beginning of an alarm's state is looked for, in minutes.
const REMEMBERED: i64 = 15;
/// Requests a minute to a cluster.
const REQUESTS: f64 = 6_000.0;
/// Share of 5xx of a sound version, and of one that fails under load.
const ERRORS: (f64, f64) = (0.000_8, 0.2);
/// Time in which a sound version answers 99 of 100 requests, and how much longer one that fails takes, in milliseconds.
const P99: (f64, f64) = (130.0, 700.0);

/// An alarm of the simulated fleet.
struct Rule {
    cluster: &'static str,
    name: &'static str,
    over: Over,
}

/// What an alarm watches.
enum Over {
    /// More 5xx of a cluster than so many percent.
    Errors(f64),
    /// A longer time for 99 of 100 requests than so many milliseconds.
    Time(f64),
    /// A metric that nobody publishes any more.
    Nothing,
    /// Any of other alarms.
    Any(&'static [&'static str]),
}

/// Every alarm there is.
const RULES: &[Rule] = &[
    Rule { cluster: "orders", name: "orders-5xx", over: Over::Errors(2.0) },
    Rule { cluster: "orders", name: "orders-slow", over: Over::Time(500.0) },
    Rule { cluster: "orders", name: "orders-is-not-well", over: Over::Any(&["orders-5xx", "orders-slow"]) },
    Rule { cluster: "checkout", name: "checkout-5xx", over: Over::Errors(2.0) },
    Rule { cluster: "payments", name: "payments-canary", over: Over::Nothing },
    Rule { cluster: "recommend", name: "recommend-5xx", over: Over::Errors(2.0) },
    Rule { cluster: "recommend", name: "recommend-is-not-well", over: Over::Any(&["recommend-5xx"]) },
];

/// Simulated clusters in which drills are allowed.
const DRILLED: [&str; 2] = ["orders", "checkout"];
/// At every time.
const ALWAYS: Window = Window::Once { from: Timestamp::MIN, until: Timestamp::MAX };

/// What a configuration would say of the simulated clusters: which alarms and limits of metrics watch over a bake.
/// `reports` names an alarm that is not there.
pub fn watched_clusters() -> Vec<(ClusterSelector, ClusterPolicy)> {
    let limits =
        GatePolicy { max_5xx_percent: Some(5.0), max_response_ms: Some(600), min_healthy_hosts: Some(2) };
    [
        ("orders", vec!["orders-5xx", "orders-is-not-well"], limits),
        ("checkout", vec!["checkout-5xx"], GatePolicy::default()),
        ("payments", vec!["payments-canary"], GatePolicy::default()),
        ("recommend", vec!["recommend-is-not-well"], GatePolicy::default()),
        ("reports", vec!["reports-5xx"], GatePolicy::default()),
    ]
    .into_iter()
    .map(|(name, alarms, gates)| {
        // Whoever tries the cockpit may try a drill, at any hour.
        let drills =
            DRILLED.contains(&name).then(|| DrillHours { written: "always".into(), windows: vec![ALWAYS] });
        let selector = ClusterSelector { name: name.into(), account: None, region: None };
        let alarms = Some(alarms.into_iter().map(Text::new).collect());
        (selector, ClusterPolicy { alarms, gates, drills, ..ClusterPolicy::default() })
    })
    .collect()
}

/// Whether the simulated fleet has an alarm of this name.
pub(super) fn is_alarm(name: &Text) -> bool {
    RULES.iter().any(|rule| rule.name == name.raw())
}

/// What was counted of a target group in one minute.
struct Minute {
    began: Moment,
    requests: f64,
    errors: f64,
    p99: f64,
    healthy: usize,
}

impl Sight<'_> {
    /// What its load balancer counted of a target group.
    pub(super) fn metrics(&self, arn: &TargetGroupArn) -> Metrics {
        if self.silent {
            return Metrics::default();
        }
        let minutes: Vec<Minute> = (0..MINUTES).map(|back| self.minute(arn, self.newest() - back)).collect();
        let busy = || minutes.iter().filter(|minute| minute.requests > 0.0);
        let sum = |of: fn(&Minute) -> f64| busy().next().map(|_| whole(busy().map(of).sum()));
        Metrics {
            requests: sum(|minute| minute.requests),
            errors_5xx: sum(|minute| minute.errors),
            p99_ms: busy().map(|minute| whole(minute.p99)).max(),
            healthy_hosts: minutes.first().and_then(|minute| u32::try_from(minute.healthy).ok()),
            counted_at: busy().next().map(|minute| time_of(self.start, minute.began)),
        }
    }

    /// An alarm by its name, as somebody set it or as it is.
    pub(super) fn alarm(&self, name: &Text) -> Alarm {
        let Some(rule) = self.rule(name.raw()) else { return Alarm::not_there() };
        let kind = if matches!(rule.over, Over::Any(_)) { AlarmKind::Composite } else { AlarmKind::Metric };
        let newest = self.newest();
        let (state, reason) = self.state(rule, newest);
        let same = |back: &i64| self.state(rule, newest - back).0 == state;
        let since = (1..REMEMBERED).take_while(same).last().unwrap_or(0);
        Alarm {
            since: Some(time_of(self.start, (newest - since + 1) * MINUTE + LATE)),
            kind: Some(kind),
            reason: Some(reason.into()),
            state,
        }
    }

    /// The state of an alarm.
    pub(super) fn alarm_state(&self, name: &Text) -> AlarmState {
        self.rule(name.raw()).map_or(AlarmState::NotThere, |rule| self.state(rule, self.newest()).0)
    }

    fn rule(&self, name: &str) -> Option<&'static Rule> {
        let is_here = |rule: &&Rule| !self.sides(rule.cluster).is_empty();
        RULES.iter().find(|rule| rule.name == name).filter(is_here)
    }

    /// The state of an alarm when a minute was the newest, with AWS's reason.
    fn state(&self, rule: &Rule, newest: i64) -> (AlarmState, String) {
        if let Some(told) = self.region.told_alarms.get(&Text::new(rule.name)) {
            return (told.clone(), "set by hand".into());
        }
        let over = match rule.over {
            _ if self.silent => None,
            Over::Any(names) => {
                let states =
                    names.iter().filter_map(|name| Some((name, self.state(self.rule(name)?, newest))));
                let gone_off = states.into_iter().find(|(_, (state, _))| *state == AlarmState::Alarm);
                return match gone_off {
                    Some((name, _)) => (AlarmState::Alarm, format!("{name} transitioned to ALARM")),
                    None => (AlarmState::Ok, "no child alarm is in ALARM".into()),
                };
            }
            Over::Nothing => None,
            Over::Errors(limit) => self.judged(rule, newest, |all| {
                let sum = |of: fn(&Minute) -> f64| all.iter().map(of).sum::<f64>();
                (100.0 * sum(|minute| minute.errors) / sum(|minute| minute.requests), limit)
            }),
            Over::Time(limit) => self
                .judged(rule, newest, |all| (all.iter().map(|minute| minute.p99).fold(0.0, f64::max), limit)),
        };
        match over {
            None => (AlarmState::InsufficientData, "Insufficient Data: no datapoints were received".into()),
            Some((value, limit)) if value > limit => {
                let why = format!(
                    "Threshold Crossed: 1 datapoint [{value:.1}] was greater than the threshold ({limit:.1})"
                );
                (AlarmState::Alarm, why)
            }
            Some((value, limit)) => {
                let why = format!("1 datapoint [{value:.1}] was not greater than the threshold ({limit:.1})");
                (AlarmState::Ok, why)
            }
        }
    }

    /// What is judged of the minutes with requests; `None` where there was none.
    fn judged(
        &self,
        rule: &Rule,
        newest: i64,
        judge: impl Fn(&[Minute]) -> (f64, f64),
    ) -> Option<(f64, f64)> {
        let minutes = (0..JUDGED).flat_map(|back| {
            self.sides(rule.cluster).into_iter().map(move |arn| self.minute(arn, newest - back))
        });
        let busy: Vec<Minute> = minutes.filter(|minute| minute.requests > 0.0).collect();
        (!busy.is_empty()).then(|| judge(&busy))
    }

    /// The two target groups of a cluster of the cast.
    fn sides(&self, cluster: &str) -> Vec<&TargetGroupArn> {
        let of_it = |name: &Text| matches!(name.raw().strip_prefix(cluster), Some("-blue" | "-green"));
        let here = self.region.target_groups.iter().filter(|(_, group)| of_it(&group.fact.name));
        here.map(|(arn, _)| arn).collect()
    }

    /// The number of the newest minute that CloudWatch tells of.
    fn newest(&self) -> i64 {
        (self.now - LATE).div_euclid(MINUTE) - 1
    }

    fn minute(&self, arn: &TargetGroupArn, number: i64) -> Minute {
        let (began, end) = (number * MINUTE, (number + 1) * MINUTE);
        let share = self.region.share(std::slice::from_ref(arn), began + MINUTE / 2);
        let groups = self.region.groups.iter().filter(|group| group.fact.target_groups.contains(arn));
        let there = |instance: &&Instance| {
            instance.launched < began && instance.drained.is_none_or(|drained| drained > end)
        };
        let members: Vec<&Instance> = groups.flat_map(|group| &group.instances).filter(there).collect();
        let is_bad = |image| self.region.images.get(image).is_some_and(|image| image.bad);
        let bad = members.iter().filter(|instance| is_bad(&instance.launch.image)).count();
        let bad = ratio(bad, members.len());
        let told = self.region.target_groups.get(arn);
        let is_healthy = |instance: &&&Instance| {
            told.and_then(|group| instance.target(group, end))
                .is_some_and(|(state, ..)| state == TargetState::Healthy)
        };
        let mut noise = self.chance.of(&format!("minute {}", arn.raw()), number.unsigned_abs());
        let requests = (REQUESTS * share * (0.9 + 0.2 * noise.f64())).round();
        Minute {
            began,
            requests: if members.is_empty() { 0.0 } else { requests },
            errors: (requests * (ERRORS.0 + (ERRORS.1 - ERRORS.0) * bad)).round(),
            p99: P99.0 * (0.9 + 0.2 * noise.f64()) + P99.1 * bad,
            healthy: members.iter().filter(is_healthy).count(),
        }
    }
}

/// A count of something, of a number that is none below 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a small world, rounded before"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// A part of a whole, 0–1; 0 of nothing.
fn ratio(part: usize, of: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if of == 0 { 0.0 } else { number(part) / number(of) }
}
