//! One file a gate. Each looks at what a cluster does with the traffic it has now, while a bake lasts, and says good,
//! no data or bad with one sentence. A gate that nobody configured is not listed; what becomes of a reading (go back,
//! hold, go on) is `engine`'s.

mod alarms;
mod counts;
mod errors_5xx;
mod healthy_hosts;
mod response_time;
mod target_health;
#[cfg(test)]
pub(super) mod tests;

use std::time::Duration;

use jiff::Timestamp;

use super::{GatePolicy, Policy};
use crate::fleet::{Cluster, Fleet, Metrics, Place, Section, TargetGroupArn, Text, TrafficSource};

pub(super) use alarms::in_alarm;
pub use counts::request_counts;

/// How late CloudWatch is: a minute is over before it is told, and its metrics arrive one or two minutes after that.
const CLOUDWATCH_LAG: Duration = Duration::from_mins(3);

/// What a gate says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reading {
    /// All is well, and this is what shows it.
    Good(String),
    /// Nobody can tell: what it looks at is missing, unreadable or too old.
    NoData(String),
    /// It is not well: the way back.
    Bad(String),
}

impl Reading {
    /// Its sentence.
    pub fn why(&self) -> &str {
        match self {
            Self::Good(why) | Self::NoData(why) | Self::Bad(why) => why,
        }
    }

    /// One reading of many: what is bad, else what is not known, else everything that is good; `None` of none.
    fn of_all(readings: impl Iterator<Item = Self>) -> Option<Self> {
        readings.reduce(|all, one| match (all, one) {
            (bad @ Self::Bad(_), _) | (_, bad @ Self::Bad(_)) => bad,
            (unknown @ Self::NoData(_), _) | (_, unknown @ Self::NoData(_)) => unknown,
            (Self::Good(all), Self::Good(one)) => Self::Good(format!("{all}, {one}")),
        })
    }
}

/// What one gate found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GateFinding {
    /// The gate's name.
    pub name: &'static str,
    /// What it says.
    pub reading: Reading,
    /// How long after weights were written "no data" is no reason to hold yet, because what the gate looks at arrives
    /// late. A bake does not end well on such a reading either: it waits until this time is over.
    pub lag: Duration,
}

/// What a gate looks at.
struct Watched<'a> {
    fleet: &'a Fleet,
    place: &'a Place,
    source: &'a TrafficSource,
    alarms: &'a [Text],
    limits: GatePolicy,
    at: Timestamp,
}

/// A gate: its name, how late its facts arrive, and what it says; `None` where nobody configured it.
struct Gate {
    name: &'static str,
    lag: Duration,
    check: fn(&Watched<'_>) -> Option<Reading>,
}

/// Every gate, in the order they are shown.
static GATES: &[Gate] =
    &[target_health::GATE, alarms::GATE, errors_5xx::GATE, response_time::GATE, healthy_hosts::GATE];

/// What the gates of a cluster say of one listener or rule, by a look at that cluster that was just taken.
pub fn watch(
    fleet: &Fleet,
    cluster: &Cluster,
    source: &TrafficSource,
    policy: &Policy,
    at: Timestamp,
) -> Vec<GateFinding> {
    let watched = Watched {
        fleet,
        place: &cluster.id.place,
        source,
        alarms: policy.alarms(&cluster.id),
        limits: policy.gates(&cluster.id),
        at,
    };
    let finding =
        |gate: &Gate| Some(GateFinding { name: gate.name, reading: (gate.check)(&watched)?, lag: gate.lag });
    GATES.iter().filter_map(finding).collect()
}

impl<'a> Watched<'a> {
    /// Target groups with a weight above 0.
    fn sides(&self) -> impl Iterator<Item = &'a TargetGroupArn> {
        let carrying = self.source.weights.iter().filter(|weight| weight.weight > 0);
        carrying.map(|weight| &weight.target_group)
    }

    /// What the metrics of every side with traffic say together.
    fn metrics(&self, check: impl Fn(&Text, &Metrics) -> Reading) -> Reading {
        let readings = self.sides().map(|arn| {
            let name = arn.name();
            let Some(seen) = self.fleet.target_groups.get(arn).and_then(|group| group.metrics.as_ref())
            else {
                return self.unread(Section::Metrics, &format!("the metrics of {name} were not read"));
            };
            match self.too_old(seen.at) {
                Some(age) => Reading::NoData(format!("the metrics of {name} are {age}")),
                None => check(&name, &seen.value),
            }
        });
        Reading::of_all(readings).unwrap_or_else(nothing_carries)
    }

    /// What is missing, and why as far as a gap tells.
    fn unread(&self, section: Section, what: &str) -> Reading {
        Reading::NoData(match self.fleet.gap(self.place, section, None) {
            Some(gap) => format!("{what}: {}", gap.why),
            None => what.to_owned(),
        })
    }

    /// Why something that was seen then is too old to be judged by; `None` where it is not.
    fn too_old(&self, seen_at: Timestamp) -> Option<String> {
        let age = self.at.duration_since(seen_at).unsigned_abs();
        (age > Policy::FRESH)
            .then(|| format!("{} s old and may be {} s", age.as_secs(), Policy::FRESH.as_secs()))
    }
}

/// What every gate says where nothing carries traffic.
fn nothing_carries() -> Reading {
    Reading::NoData("no target group has a weight above 0".into())
}
