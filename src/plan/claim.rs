//! What the shared bookkeeping tells of a cluster: who holds it for which operation, and how far that is.
//!
//! A claim is what one epoch of a lease says, together with the plan that is kept beside it. How a lease is taken,
//! renewed and lost is `engine`'s; where it is kept is `provider`'s.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{OperationId, Plan, Who};
use crate::fleet::{ClusterId, clean};

/// Names one run of the program: two cockpits of one person on one machine are two.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// Wraps an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&clean(&self.0))
    }
}

/// Where an operation stands, as its holder wrote it down last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// It runs.
    Running,
    /// It stopped where it is, for a person to decide.
    Held,
    /// It reached its goal.
    Done,
    /// A call came to nothing; what was before still is.
    Failed,
    /// It went back to what was before.
    RolledBack,
}

impl Stand {
    /// Whether nothing is left to do.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::RolledBack)
    }
}

/// Whether somebody holds the lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// It is renewed.
    Alive {
        /// When it ends if it is not renewed again, by the server's clock.
        until: Timestamp,
    },
    /// It was not renewed in time: whoever held it is gone.
    Lapsed,
    /// It was given back.
    Released,
}

/// One epoch of a cluster's lease.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// The cluster.
    pub cluster: ClusterId,
    /// The epoch, from 1; the newest counts.
    pub epoch: u64,
    /// Who holds or held it.
    pub who: Who,
    /// In which run of the program.
    pub session: SessionId,
    /// The operation.
    pub operation: OperationId,
    /// Its verb.
    pub verb: String,
    /// The step it is at, from 1; 0 before the first.
    pub step: u32,
    /// How many steps it has.
    pub of: u32,
    /// Where it stands.
    pub stand: Stand,
    /// What it does or why it stopped, in one sentence.
    pub says: String,
    /// When it began, by its holder's clock.
    pub since: Timestamp,
    /// When it was renewed or written last, by the server's clock.
    pub updated_at: Timestamp,
    /// Whether the lease is held.
    pub hold: Hold,
    /// Its plan; `None` where it could not be read.
    pub plan: Option<Box<Plan>>,
}

impl Claim {
    /// Whether somebody else's writes must be reckoned with.
    pub fn is_alive(&self) -> bool {
        matches!(self.hold, Hold::Alive { .. })
    }

    /// The same at a time that may be long after it was read: what was not renewed since has lapsed by then.
    pub fn is_alive_at(&self, at: Timestamp) -> bool {
        /// What clocks may differ by, and a renewal be late.
        const LATE: SignedDuration = SignedDuration::from_secs(15);
        let Hold::Alive { until } = self.hold else { return false };
        at < until.saturating_add(LATE).unwrap_or(Timestamp::MAX)
    }

    /// Whether its holder is gone and left it half done.
    pub fn is_abandoned(&self) -> bool {
        self.hold == Hold::Lapsed && self.stand == Stand::Running
    }
}
