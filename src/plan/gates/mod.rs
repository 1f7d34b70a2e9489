//! One file a gate. Each looks at what a cluster does with the traffic it has now, while a bake lasts, and says good,
//! no data or bad with one sentence. A gate that nobody configured is not listed; what becomes of a reading (go back,
//! hold, go on) is `engine`'s.

mod target_health;

use std::time::Duration;

use jiff::Timestamp;

use super::Policy;
use crate::fleet::{Cluster, Fleet, TrafficSource};

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
    source: &'a TrafficSource,
    at: Timestamp,
}

/// A gate: its name, how late its facts arrive, and what it says; `None` where nobody configured it.
struct Gate {
    name: &'static str,
    lag: Duration,
    check: fn(&Watched<'_>) -> Option<Reading>,
}

/// Every gate, in the order they are shown.
static GATES: &[Gate] = &[target_health::GATE];

/// What the gates of a cluster say of one listener or rule, by a look at that cluster that was just taken.
pub fn watch(
    fleet: &Fleet,
    _cluster: &Cluster,
    source: &TrafficSource,
    _policy: &Policy,
    at: Timestamp,
) -> Vec<GateFinding> {
    let watched = Watched { fleet, source, at };
    GATES
        .iter()
        .filter_map(|gate| {
            let reading = (gate.check)(&watched)?;
            Some(GateFinding { name: gate.name, reading, lag: gate.lag })
        })
        .collect()
}

impl Watched<'_> {
    /// Why something that was seen then is too old to be judged by; `None` where it is not.
    fn too_old(&self, seen_at: Timestamp) -> Option<String> {
        let age = self.at.duration_since(seen_at).unsigned_abs();
        (age > Policy::FRESH)
            .then(|| format!("{} s old and may be {} s", age.as_secs(), Policy::FRESH.as_secs()))
    }
}
