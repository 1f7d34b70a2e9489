//! Why a call did not do what it was asked, in words for a person and in a kind for the program.

use std::fmt;

/// What kind of failure it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureKind {
    /// No credentials were found.
    NoCredentials,
    /// Credentials or login have expired.
    Expired,
    /// A permission is missing.
    Denied,
    /// Too many calls; reads back off.
    Throttled,
    /// No answer in time.
    TimedOut,
    /// No connection.
    Unreachable,
    /// The thing asked for is not there.
    NotFound,
    /// Refused before anything was sent: read-only, or a call we do not make.
    Refused,
    /// The cloud does not know this operation.
    Unsupported,
    /// Wrong configuration: unknown profile, region, endpoint.
    Configuration,
    /// The cloud's own error, or an answer we could not read.
    Other,
}

/// A failure: what failed, why, what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// What failed ("observe eu-west-1", "ModifyListener on web").
    pub what: String,
    /// Why, in one sentence, cleaned of everything that could command a terminal.
    pub why: String,
    /// What to do next; empty where nobody knows.
    pub remedy: String,
    /// The IAM action that is missing, such as `ec2:DescribeImages`.
    pub action: Option<String>,
    /// Whether a write may have taken effect all the same.
    pub maybe_applied: bool,
}

impl Failure {
    /// A failure of which it is certain that nothing was changed.
    pub fn new(
        kind: FailureKind,
        what: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            what: what.into(),
            why: why.into(),
            remedy: remedy.into(),
            action: None,
            maybe_applied: false,
        }
    }

    /// Whether trying again later can help without anybody doing anything.
    pub fn may_pass(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Throttled | FailureKind::TimedOut | FailureKind::Unreachable | FailureKind::Expired
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        if !self.remedy.is_empty() {
            write!(f, " ({})", self.remedy)?;
        }
        Ok(())
    }
}
