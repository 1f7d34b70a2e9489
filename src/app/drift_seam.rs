//! What `drift` will bring.

use crate::fleet::InstanceId;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Needs a look.
    Warning,
    /// Needs a person.
    Critical,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The instance.
    pub instance: InstanceId,
    /// The rule's name.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What ought to be.
    pub expected: String,
    /// What is.
    pub actual: String,
    /// Why, in one sentence.
    pub why: String,
}

/// All findings of one snapshot.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// In no order.
    pub findings: Vec<Finding>,
}
