//! Operations of this cockpit: running, and just ended.

use jiff::{SignedDuration, Timestamp};

use crate::fleet::{ClusterId, SourceArn};
use crate::plan::{Call, OperationId, Outcome, Plan, Progress, Truth};

/// An ended operation stays on the screen for this long; after that the journal tells of it.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(10);

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// The verb.
    pub verb: String,
    /// The cluster.
    pub cluster: ClusterId,
    /// The listener or rule it writes.
    pub source: Option<SourceArn>,
    /// How many steps it has.
    pub steps: u32,
    /// When it was approved.
    pub started_at: Timestamp,
    /// The newest that was heard of it.
    pub progress: Option<Progress>,
    /// How far its weights are true.
    pub truth: Truth,
    /// Its end, and when.
    pub ended: Option<(Timestamp, Outcome)>,
}

impl Operation {
    /// An operation that begins now.
    pub fn new(plan: &Plan, at: Timestamp) -> Self {
        Self {
            id: plan.id.clone(),
            verb: plan.verb.clone(),
            cluster: plan.intent.cluster().clone(),
            source: plan.steps.iter().find_map(|step| step.call.as_ref()).map(Call::source),
            steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
            started_at: at,
            progress: None,
            truth: Truth::Wanted,
            ended: None,
        }
    }

    /// Whether it still runs.
    pub fn runs(&self) -> bool {
        self.ended.is_none()
    }

    /// Takes what was heard of it.
    pub fn take(&mut self, progress: Progress) {
        self.truth = self.truth.max(progress.truth);
        self.progress = Some(progress);
    }

    /// Whether it ended so long ago that only the journal still tells of it.
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.ended.as_ref().is_some_and(|(ended, _)| at.duration_since(*ended) > REMEMBERED)
    }

    /// Where it stands, in a few words.
    pub fn word(&self) -> &'static str {
        match &self.ended {
            Some((_, Outcome::Done { .. })) => "done",
            Some((_, Outcome::Refused { .. })) => "refused",
            Some((_, Outcome::Failed { .. })) => "failed",
            Some((_, Outcome::RolledBack { .. })) => "rolled back",
            Some((_, Outcome::Held { .. })) => "held",
            None => match self.truth {
                Truth::Wanted => "sending",
                Truth::Written => "reading back",
                Truth::ReadBack => "settling",
                Truth::Settled => "settled",
            },
        }
    }

    /// The time until its present wait ends at the latest.
    pub fn left(&self, at: Timestamp) -> Option<SignedDuration> {
        let deadline = self.progress.as_ref()?.deadline?;
        self.runs().then(|| deadline.duration_since(at).max(SignedDuration::ZERO))
    }
}
