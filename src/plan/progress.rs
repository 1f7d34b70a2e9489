//! How an operation is going: the events an engine emits and the end it comes to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Late, OperationId};

/// How far a weight is true. It is not true because it was written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truth {
    /// Approved, not sent yet.
    Wanted,
    /// The call was answered with success.
    Written,
    /// Reading it back gave what was written.
    ReadBack,
    /// Propagation time has passed and target states are steady.
    Settled,
}

/// Where an operation is going.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// Nowhere before a second person has approved it.
    Unapproved,
    /// To its goal.
    Ahead,
    /// Back to what was before its first call.
    Back,
}

/// What a person tells a running operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Steer {
    /// Stay at this step, lease kept, until told to go on.
    Pause,
    /// Go on after a pause.
    Continue,
    /// End the present wait now and take the next step; also the yes to a wait for a person.
    StepNow,
    /// Stop after the call in flight, give the lease back, and leave everything where it is.
    Hold,
    /// Go back to what was before, at once.
    Abort,
}

/// One thing that happened in an operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// The operation.
    pub operation: OperationId,
    /// When.
    pub at: Timestamp,
    /// Where it is going.
    pub course: Course,
    /// The step, from 1; on the way back the one it had come to.
    pub step: u32,
    /// How far its weights are true.
    pub truth: Truth,
    /// One sentence: what it does or why it waits.
    pub says: String,
    /// When the present wait ends at the latest.
    pub deadline: Option<Timestamp>,
    /// What happens at the deadline.
    pub late: Option<Late>,
    /// Whether a person has paused it.
    pub paused: bool,
}

/// The end of an operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum Outcome {
    /// It reached its goal.
    Done {
        /// In one sentence, such as "settled, no request counts".
        says: String,
    },
    /// Nothing was sent.
    Refused {
        /// Why.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// A call was sent and came to nothing: what was before still is.
    Failed {
        /// Why.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// It went back: what was before is again.
    RolledBack {
        /// Why it went back.
        why: String,
        /// What to do next.
        remedy: String,
    },
    /// Something was changed, or may have been, and the operation stopped short of its goal.
    Held {
        /// Why.
        why: String,
        /// The way out.
        remedy: String,
    },
}
