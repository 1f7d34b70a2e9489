//! What could be done: pure functions from an [`Intent`] to a [`Plan`].
//!
//! What was shown is what will run: dialog, dry run, journal, demo and AWS all take this one value. Nothing is sent
//! from here (`engine` runs an approved plan), and time is passed in.

mod call;
mod guard;
mod history;
mod intent;
mod policy;
mod progress;
mod record;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use call::{Call, Receipt};
pub use guard::{Answer, Finding};
pub use history::History;
pub use intent::{Intent, Percent};
pub use policy::{ClusterPolicy, Policy};
pub use progress::{Outcome, Progress, Truth};
pub use record::{Event, RECORD_SCHEMA, Record, Who};

use crate::fleet::{AccountId, Actions, ClusterName, Place, Region, SourceArn};

/// Schema of a plan in JSON.
pub const PLAN_SCHEMA: &str = "flightdeck.plan.v1";

/// Names one plan and the operation that runs it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(String);

impl OperationId {
    /// Wraps an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&crate::fleet::clean(&self.0))
    }
}

/// How a plan is confirmed; strength follows from its risk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfirmKind {
    /// `yes`.
    Yes,
    /// A phrase that belongs to this very plan.
    Typed,
}

/// What has to be said to confirm a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// How.
    pub kind: ConfirmKind,
    /// What has to be typed; `yes` for kind yes.
    pub phrase: String,
}

/// A wait inside a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Longest time in seconds.
    pub seconds: u64,
    /// What is waited for, in words.
    pub until: String,
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
}

/// What will be done, in full. Made by [`plan`] only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// Names this plan and the operation that runs it. A plan runs once.
    pub id: OperationId,
    /// The verb.
    pub verb: String,
    /// What was asked.
    pub intent: Intent,
    /// The cluster.
    pub cluster: ClusterName,
    /// The account it is bound to.
    pub account: AccountId,
    /// The region it is bound to.
    pub region: Region,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can no longer be approved.
    pub expires_at: Timestamp,
    /// Over everything but itself, the id, the times and the guards' verdicts.
    pub digest: String,
    /// How it is confirmed.
    pub confirm: Confirm,
    /// What the guards say.
    pub guards: Vec<Finding>,
    /// What will be done.
    pub steps: Vec<Step>,
    /// How far it reaches.
    pub reach: Reach,
    /// What the operator should know, one sentence each: sticky tails, mixed recorded actions, bookkeeping.
    pub notes: Vec<String>,
}

impl Plan {
    /// Where it acts.
    pub fn place(&self) -> Place {
        Place { account: self.account.clone(), region: self.region.clone() }
    }

    /// Whether a guard blocks it.
    pub fn is_blocked(&self) -> bool {
        self.guards.iter().any(|guard| guard.verdict == Answer::Block)
    }
}

/// No plan could be made, or a plan cannot be run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{why} ({remedy})")]
pub struct Refusal {
    /// Why, in one sentence.
    pub why: String,
    /// What to do instead.
    pub remedy: String,
}

impl Refusal {
    /// A refusal with its way out.
    pub fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}
