//! What one journal entry says. Framing, checksums and the chain are `engine`'s.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Call, DrillReport, OperationId, Plan, Resource, State};
use crate::fleet::{Actions, ClusterId, SourceArn, Text};

/// The newest record schema this program knows; a newer record is refused with a sentence.
pub const RECORD_SCHEMA: u32 = 1;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// An approved plan begins.
    Started,
    /// A call is about to be sent. Written before it is.
    Intended,
    /// The call was answered with success.
    Applied,
    /// The call was refused or lost.
    Failed,
    /// What was written was read back and is what was wanted.
    ReadBack,
    /// Propagation time has passed and targets are steady.
    Settled,
    /// The operation stopped where it is, for a person to decide.
    Held,
    /// The operation reached its goal.
    Done,
    /// It went back to what was before.
    RolledBack,
    /// A person steered it: paused it, let it go on, asked it to stop.
    Steered,
    /// Another operation took it over from here: it was resumed, adopted or rolled back.
    TakenOver,
}

impl Event {
    /// The word in files and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Intended => "intended",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::ReadBack => "read-back",
            Self::Settled => "settled",
            Self::Held => "held",
            Self::Done => "done",
            Self::RolledBack => "rolled-back",
            Self::Steered => "steered",
            Self::TakenOver => "taken-over",
        }
    }
}

impl Event {
    /// Where an operation stands after it, in a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Self::Started => "it has begun",
            Self::Intended => "a call was about to be sent",
            Self::Applied => "a call was written and not read back yet",
            Self::Failed => "a call came to nothing",
            Self::ReadBack => "what was written was read back",
            Self::Settled => "it has settled",
            Self::Held => "it was held",
            Self::Done => "it reached its goal",
            Self::RolledBack => "it went back to what was before",
            Self::Steered => "a person steered it",
            Self::TakenOver => "another operation took it over",
        }
    }
}

/// Who acts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Who {
    /// ARN of the STS principal.
    pub principal: Text,
    /// The machine, as it calls itself.
    pub host: Text,
}

/// One entry of the journal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// [`RECORD_SCHEMA`].
    pub schema: u32,
    /// When it was written.
    pub at: Timestamp,
    /// The operation it belongs to: the plan's id.
    pub operation: OperationId,
    /// What happened.
    pub event: Event,
    /// Who acts.
    pub who: Who,
    /// The reason the operator gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// The verb.
    pub verb: String,
    /// The cluster.
    pub cluster: ClusterId,
    /// Digest of the plan.
    pub digest: String,
    /// The step, from 1; 0 for what concerns the whole operation.
    pub step: u32,
    /// How many steps it has.
    #[serde(default)]
    pub of: u32,
    /// The whole plan, in the record that says it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<Plan>>,
    /// Guards that were overridden, by name, in the record that says it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// The epoch of the lease it was written under; `None` without a lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The call that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// AWS's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Text>,
    /// What the call writes to, whose state is told below; under the name it had when it was always a listener or rule.
    #[serde(rename = "source", default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// What was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<State>,
    /// What is to be there after, or was found there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<State>,
    /// The outcome in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What a drill showed, in the record of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<DrillReport>,
}

impl Record {
    /// Whether it ends its operation. A call that failed does not, and neither does stopping for a person to decide.
    pub fn ends(&self) -> bool {
        match self.event {
            Event::Done | Event::RolledBack | Event::TakenOver => true,
            Event::Failed => self.step == 0,
            _ => false,
        }
    }

    /// The listener or rule it tells of; `None` where it tells of something else, or of nothing.
    pub fn source(&self) -> Option<&SourceArn> {
        match &self.resource {
            Some(Resource::Source(source)) => Some(source),
            _ => None,
        }
    }

    /// The actions of its listener or rule before.
    pub fn actions_before(&self) -> Option<&Actions> {
        self.before.as_ref().and_then(State::actions)
    }

    /// The actions of its listener or rule after.
    pub fn actions_after(&self) -> Option<&Actions> {
        self.after.as_ref().and_then(State::actions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As version 0.1 wrote it.
    const OLD: &str = r#"{
        "schema": 1, "at": "2026-03-01T10:00:00Z", "operation": "p-1", "event": "intended",
        "who": {"principal": "arn:aws:iam::1:user/ann", "host": "laptop"}, "verb": "shift",
        "cluster": {"place": {"account": "123456789012", "region": "eu-west-1"}, "name": "orders"},
        "digest": "d", "step": 1, "of": 2,
        "source": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/1/2",
        "before": [{"Type": "forward", "TargetGroupArn": "tg"}],
        "after": [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "tg", "Weight": 5}]}}]
    }"#;

    #[test]
    fn an_old_record_is_read_and_written_as_it_was() {
        let record: Record = serde_json::from_str(OLD).unwrap();
        assert!(record.source().is_some_and(|source| source.raw().ends_with("/web/1/2")));
        assert_eq!(record.actions_before().unwrap()[0].weights(), [("tg".into(), 1)]);
        assert_eq!(record.actions_after().unwrap()[0].weights(), [("tg".into(), 5)]);
        let old: serde_json::Value = serde_json::from_str(OLD).unwrap();
        assert_eq!(serde_json::to_value(&record).unwrap(), old);
    }

    #[test]
    fn a_record_of_a_group_is_read_back() {
        let mut record: Record = serde_json::from_str(OLD).unwrap();
        record.resource = Some(Resource::Group("orders-blue".into()));
        record.before = Some(State::Group(crate::plan::GroupState::default()));
        record.after = None;
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{text}");
        assert_eq!((record.source(), record.actions_before()), (None, None));
    }
}
