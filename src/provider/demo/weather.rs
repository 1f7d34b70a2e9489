//! What goes wrong between us and the simulated cloud, when a test says so. By default, nothing.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;

use super::Foreign;
use crate::fleet::{Place, Section};
use crate::plan::Call;
use crate::provider::{Failure, FailureKind};

/// What becomes of calls and looks.
#[derive(Default)]
pub struct Weather {
    /// What becomes of the next changes, one each; once it is empty, all is well.
    pub changes: VecDeque<Fate>,
    /// Every look and every call fails in this way, before it is sent, while it is set.
    pub outage: Option<FailureKind>,
    /// Sections that may not be read.
    pub denied: BTreeSet<Section>,
    /// What becomes of the next builds, one each; once it is empty, chance says it.
    pub builds: VecDeque<BuildFate>,
    /// CloudWatch answers and has no data, neither for metrics nor for alarms that nobody set.
    pub silent: bool,
}

/// What becomes of one change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is applied and answered.
    Well,
    /// It is refused, and certainly not applied.
    Refused(FailureKind),
    /// It is lost on its way: not applied, and nobody tells.
    Lost,
    /// It is applied, and its answer is lost.
    Unanswered,
    /// It is applied and answered, and somebody else changes something right after it.
    Overtaken(Foreign),
}

/// What becomes of one build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuildFate {
    /// It ends well.
    Well,
    /// It fails half way.
    Fails,
    /// It hangs half way, until its time is over.
    Hangs,
    /// It ends well, and its image stays pending.
    NeverReady,
    /// It ends well, and prints more than anybody can read.
    Talks,
}

/// A change that was sent, for tests to count.
#[derive(Clone, PartialEq, Debug)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: Place,
    /// What.
    pub call: Call,
    /// Whether it took effect.
    pub applied: bool,
}

/// A failure of this kind, in the words of a demo.
pub(super) fn failure(kind: FailureKind, what: &str) -> Failure {
    let (why, remedy) = match kind {
        FailureKind::NoCredentials => ("no credentials were found", "log in, or set AWS_PROFILE"),
        FailureKind::Expired => ("the login has expired", "log in again"),
        FailureKind::Denied => ("a permission is missing", "ask for it"),
        FailureKind::Throttled => ("the cloud asks for fewer calls", "wait a little"),
        FailureKind::TimedOut => ("no answer in time", "look again"),
        FailureKind::Unreachable => ("no connection", "check the network"),
        FailureKind::NotFound => ("there is no such thing", "look again"),
        FailureKind::Refused => ("refused before it was sent", ""),
        FailureKind::Unsupported => ("the cloud does not know this operation", ""),
        FailureKind::Configuration => ("the configuration is wrong", "check it"),
        FailureKind::Other => ("the cloud failed by itself", "try again"),
    };
    Failure::new(kind, what, why, remedy)
}
