//! What the records tell of a cluster: what was before, so that it can be again.

use std::collections::BTreeSet;

use super::{Claim, Event, OperationId, Record};
use crate::fleet::{Action, Actions, ClusterId, SourceArn};

/// The records of the journal, oldest first.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {
    records: Vec<Record>,
    claims: Vec<Claim>,
    untrusted: usize,
}

/// The actions of a listener or rule before an operation changed them.
#[derive(Clone, Debug)]
pub(crate) struct Recorded<'a> {
    /// The operation that changed them.
    pub operation: &'a OperationId,
    /// The listener or rule.
    pub source: &'a SourceArn,
    /// What it did before.
    pub actions: &'a Actions,
}

impl Recorded<'_> {
    /// Whether all traffic went to one target group: one fully live side.
    pub fn is_one_side(&self) -> bool {
        self.actions.iter().flat_map(Action::weights).filter(|(_, weight)| *weight > 0).count() == 1
    }
}

impl History {
    /// Takes records in the order of the journal.
    pub fn new(records: Vec<Record>) -> Self {
        Self { records, ..Self::default() }
    }

    /// The same with what the shared bookkeeping tells: operations of colleagues, and of a journal that is not here.
    #[must_use]
    pub fn with_claims(self, claims: Vec<Claim>) -> Self {
        Self { claims, ..self }
    }

    /// What the shared bookkeeping tells.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The same, where so many further records could not be trusted and were left out.
    #[must_use]
    pub fn without(self, untrusted: usize) -> Self {
        Self { untrusted, ..self }
    }

    /// How many records could not be trusted: what was before may be newer than the records tell.
    pub fn untrusted(&self) -> usize {
        self.untrusted
    }

    /// All of them, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Adds a record that was just written.
    pub fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Whether an operation was ever begun: a plan runs once.
    pub fn knows(&self, operation: &OperationId) -> bool {
        self.records.iter().any(|record| record.operation == *operation)
    }

    /// The newest change to a listener or rule that came after this operation's own.
    pub fn overtaken(&self, operation: &OperationId, source: &SourceArn) -> Option<&Record> {
        self.records
            .iter()
            .rev()
            .filter(|record| record.event == Event::Intended && record.source.as_ref() == Some(source))
            .take_while(|record| record.operation != *operation)
            .next()
    }

    /// What was before each operation that changed this cluster's traffic, newest first. Rollbacks are left out:
    /// what was before them is what they led away from. A call that certainly changed nothing is left out too.
    pub(crate) fn before_operations(&self, cluster: &ClusterId) -> Vec<Recorded<'_>> {
        let came_to_nothing: BTreeSet<(&OperationId, u32)> = self
            .records
            .iter()
            .filter(|record| record.event == Event::Failed)
            .map(|record| (&record.operation, record.step))
            .collect();
        self.records
            .iter()
            .rev()
            .filter(|record| {
                record.cluster == *cluster
                    && record.event == Event::Intended
                    && record.verb != "rollback"
                    && !came_to_nothing.contains(&(&record.operation, record.step))
            })
            .filter_map(|record| {
                Some(Recorded {
                    operation: &record.operation,
                    source: record.source.as_ref()?,
                    actions: record.before.as_ref()?,
                })
            })
            .collect()
    }
}
