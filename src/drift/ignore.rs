//! Findings that a person has seen and lives with, until a date.
//!
//! They are still found and shown, marked as such, and do not count. When the time has come they are back by
//! themselves. Where they are written down is elsewhere: in the configuration, or in a file that the screen writes.

use jiff::Timestamp;

use super::RuleName;
use crate::fleet::{ClusterSelector, Text};

/// What is ignored, where, until when, why, and who said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ignore {
    /// Which clusters.
    pub cluster: ClusterSelector,
    /// Findings of which rule.
    pub rule: RuleName,
    /// When they count again.
    pub until: Timestamp,
    /// Why.
    pub reason: Text,
    /// Who said so.
    pub author: Text,
}
