//! What happens is told to whoever watches, and written down in the journal.

use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{Run, Stop, words};
use crate::engine::journal::JournalError;
use crate::engine::{Journal, Lease};
use crate::plan::{Event, History, Late, Progress, RECORD_SCHEMA, Record, Refusal, Resource, Truth};
use crate::provider::Failure;

impl Run<'_> {
    /// Appends a record; when this returns, it is durable.
    pub(super) fn record(
        &self,
        step: u32,
        event: Event,
        fill: impl FnOnce(&mut Record),
    ) -> Result<(), JournalError> {
        let approval = self.approved.approval();
        let mut record = Record {
            schema: RECORD_SCHEMA,
            at: self.now(),
            operation: self.plan.id.clone(),
            event,
            who: approval.who.clone(),
            why: approval.reason.clone(),
            verb: self.plan.verb.clone(),
            cluster: self.plan.intent.cluster().clone(),
            digest: self.plan.digest.clone(),
            step,
            of: u32::try_from(self.plan.steps.len()).unwrap_or(u32::MAX),
            plan: None,
            overrides: Vec::new(),
            epoch: self.lease.as_ref().map(Lease::epoch),
            call: None,
            request_id: None,
            resource: None,
            before: None,
            after: None,
            result: None,
            report: None,
        };
        fill(&mut record);
        self.remembered().write(record)
    }

    /// The same; a journal that does not take it stops the run.
    pub(super) fn write_down(
        &self,
        step: u32,
        event: Event,
        fill: impl FnOnce(&mut Record),
    ) -> Result<(), Stop> {
        self.record(step, event, fill).map_err(|error| self.stop(words::unwritten(&error)))
    }

    /// Writes the end down, where the beginning was.
    pub(super) fn write_end(&self, event: Event, says: &str) -> Result<(), JournalError> {
        if !self.begun {
            return Ok(());
        }
        // Where it is held tells a person what is left.
        let step = if event == Event::Held { self.step } else { 0 };
        self.record(step, event, |record| {
            record.result = Some(says.to_owned());
            record.report = self.report();
        })
    }

    /// What the journal and other cockpits tell.
    pub(super) fn history(&self) -> History {
        let history = self.remembered().history().clone();
        history.with_claims(self.ports.claims.to_vec()).seen_by(self.ports.session.clone())
    }

    pub(super) fn remembered(&self) -> MutexGuard<'_, Journal> {
        // A journal knows by itself whether its last record is whole.
        self.ports.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another operation of this cockpit that has changed the same since: a way back does not wait
    /// until what it takes back has settled.
    pub(super) fn overtaken(&self, resource: &Resource) -> Option<Refusal> {
        let journal = self.remembered();
        let newer = journal.history().overtaken(&self.plan.id, resource)?;
        let says = format!("{} {} took over before this one was over", newer.verb, newer.operation);
        Some(Refusal::new(says, "follow that one"))
    }

    pub(super) fn say(&mut self, truth: Truth, says: &str, until: Option<(Timestamp, Late)>) {
        let at = self.now();
        (self.tell)(Progress {
            operation: self.plan.id.clone(),
            at,
            course: self.course,
            step: self.step,
            truth,
            says: says.into(),
            deadline: until.map(|(deadline, _)| deadline),
            late: until.map(|(_, late)| late),
            paused: self.paused.is_some(),
        });
    }

    pub(super) fn failed(&self, failure: &Failure) -> Stop {
        self.stop(words::sentence_of(failure))
    }
}
