//! What a plan consists of: steps with their calls, waits and expectations, and how far they reach.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Call;
use crate::fleet::{Actions, SourceArn, Text, Zone};

/// What a wait waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitFor {
    /// Propagation time has passed and target states are steady.
    Settled,
    /// The bake time has passed, and every gate stayed good meanwhile.
    Bake,
    /// Targets of a side that was just added with weight 0 are healthy.
    Healthy,
    /// A person says so.
    Person,
}

/// What becomes of an operation whose wait does not end as it should before its deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Late {
    /// It stays where it is and asks.
    Hold,
    /// It goes back.
    RollBack,
}

impl Late {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hold => "holds",
            Self::RollBack => "rolls back",
        }
    }
}

/// A wait inside a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Planned time in seconds: least time of settling and baking, longest time of the others.
    pub seconds: u64,
    /// What is waited for, in words.
    pub until: String,
    /// What is waited for.
    #[serde(rename = "for")]
    pub what: WaitFor,
    /// What happens at the deadline where it did not come.
    pub late: Late,
}

/// What a step expects to find before it, by identity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The listener or rule.
    pub source: SourceArn,
    /// Its actions.
    pub actions: Actions,
}

/// One step of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// From 1.
    pub n: u32,
    /// In words.
    pub does: String,
    /// The call, `None` for a pure wait.
    pub call: Option<Call>,
    /// The call that takes it back.
    pub undo: Option<Call>,
    /// What is waited for after the call.
    pub wait: Option<Wait>,
    /// What has to be there before the call.
    pub expects: Option<Expected>,
}

/// How far a plan reaches.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// Instances whose traffic changes.
    pub instances: usize,
    /// Share of the cluster's requests that moves, in percent.
    pub percent: f64,
    /// Lowest number of healthy, traffic-taking targets on the way; `None`: unknown.
    pub lowest_healthy: Option<usize>,
    /// Estimated time.
    pub seconds: u64,
    /// What carried the traffic before; `None` in plans of before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Carried>,
}

/// What carried the traffic when one side was last fully live: what "never to zero" is measured by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// The target group that carried it.
    pub side: Text,
    /// Its healthy targets.
    pub healthy: usize,
    /// Those of them whose zone is known, by zone.
    pub zones: BTreeMap<Zone, usize>,
    /// How that is known.
    pub by: CarriedBy,
}

/// How it is known what carried the traffic before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarriedBy {
    /// One side has all the traffic now.
    Now,
    /// A record tells of the side that had all of it last.
    Record,
    /// No record does: it is the side with the largest weight now.
    LargestWeight,
}
