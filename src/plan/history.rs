//! What is on record of a cluster: what was before, so that it can be again. Records come from the own journal and
//! from what the shared bookkeeping tells of operations elsewhere: a colleague's journal is not here.
//!
//! Looked up by cluster and by operation without reading the rest: journals grow for years.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Claim, Event, Expected, Intent, OperationId, Plan, Record, Resource, SessionId, Stand, State};
use crate::fleet::{Actions, ClusterId, SourceArn};

/// The records of the journal, oldest first, and the claims of the shared bookkeeping. A copy of it is cheap.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {
    records: Vec<Arc<Record>>,
    index: Arc<Index>,
    claims: Vec<Claim>,
    session: Option<SessionId>,
    untrusted: usize,
}

/// Where to look.
#[derive(Clone, PartialEq, Debug, Default)]
struct Index {
    /// Positions of the records of each operation.
    operations: HashMap<OperationId, Vec<usize>>,
    clusters: HashMap<ClusterId, OfCluster>,
}

/// Where to look for a cluster.
#[derive(Clone, PartialEq, Debug, Default)]
struct OfCluster {
    /// Positions of the first records of its operations, in the order they began.
    operations: Vec<usize>,
    /// When a change of it was last sent.
    changed_at: Option<Timestamp>,
}

/// What one operation did to a listener or a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changed<'a> {
    /// The operation.
    pub operation: &'a OperationId,
    /// Its verb.
    pub verb: &'a str,
    /// When it began.
    pub since: Timestamp,
    /// The listener or rule.
    pub source: &'a SourceArn,
    /// Its actions before the operation's first call.
    pub before: &'a Actions,
    /// What the operation wrote last; `None` where that is not on record.
    pub after: Option<&'a Actions>,
    /// The operation's plan, where it is on record.
    pub plan: Option<&'a Plan>,
    /// Whether it was itself a way back.
    pub back: bool,
}

impl History {
    /// Takes records in the order of the journal.
    pub fn new(records: Vec<Record>) -> Self {
        let mut history = Self::default();
        for record in records {
            history.push(record);
        }
        history
    }

    /// The same with what the shared bookkeeping tells.
    #[must_use]
    pub fn with_claims(self, claims: Vec<Claim>) -> Self {
        Self { claims, ..self }
    }

    /// The same as this run of the program sees it: claims of its own are nobody else's.
    #[must_use]
    pub fn seen_by(self, session: SessionId) -> Self {
        Self { session: Some(session), ..self }
    }

    /// The same with all that another knows beside its records: claims, and whose eyes these are.
    #[must_use]
    pub fn beside(self, other: &Self) -> Self {
        Self { claims: other.claims.clone(), session: other.session.clone(), ..self }
    }

    /// What the shared bookkeeping tells.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Whether a claim is of this run of the program.
    pub fn is_own(&self, claim: &Claim) -> bool {
        self.session.as_ref() == Some(&claim.session)
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
    pub fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// Adds a record that was just written.
    pub fn push(&mut self, record: Record) {
        let index = Arc::make_mut(&mut self.index);
        let at = self.records.len();
        let positions = index.operations.entry(record.operation.clone()).or_default();
        let cluster = index.clusters.entry(record.cluster.clone()).or_default();
        if positions.is_empty() {
            cluster.operations.push(at);
        }
        positions.push(at);
        if matches!(record.event, Event::Intended | Event::Applied) {
            cluster.changed_at = cluster.changed_at.max(Some(record.at));
        }
        self.records.push(Arc::new(record));
    }

    /// Whether an operation was ever begun, here or elsewhere: a plan runs once.
    pub fn knows(&self, operation: &OperationId) -> bool {
        self.index.operations.contains_key(operation)
            || self.claims_of(operation).any(|claim| claim.step > 0 || claim.stand.is_over())
    }

    /// The plan of an operation, where it is on record.
    pub fn plan_of(&self, operation: &OperationId) -> Option<&Plan> {
        let recorded = self.records_of(operation).find_map(|record| record.plan.as_deref());
        recorded.or_else(|| self.claims_of(operation).find_map(|claim| claim.plan.as_deref()))
    }

    /// The newest change to a resource that came after this operation's own last one, or after its beginning.
    pub fn overtaken(&self, operation: &OperationId, resource: &Resource) -> Option<&Record> {
        let own = |record: &&Record| {
            record.operation == *operation && matches!(record.event, Event::Started | Event::Intended)
        };
        self.records
            .iter()
            .map(AsRef::as_ref)
            .rev()
            .take_while(|record| !own(record))
            .find(|record| record.event == Event::Intended && record.resource.as_ref() == Some(resource))
    }

    /// The records of one operation, oldest first.
    pub(crate) fn records_of(&self, operation: &OperationId) -> impl DoubleEndedIterator<Item = &Record> {
        let positions = self.index.operations.get(operation).into_iter().flatten();
        positions.filter_map(|position| self.records.get(*position)).map(AsRef::as_ref)
    }

    /// The last record of each operation on a cluster of which the own journal tells no end.
    pub fn left_open(&self, cluster: &ClusterId) -> impl Iterator<Item = &Record> {
        let begun = self.index.clusters.get(cluster).map_or(&[][..], |own| own.operations.as_slice());
        let begun = begun.iter().filter_map(|position| self.records.get(*position));
        begun
            .filter(|first| !self.records_of(&first.operation).any(Record::ends))
            .filter_map(|first| self.records_of(&first.operation).next_back())
    }

    /// What the shared bookkeeping tells of one operation.
    pub(crate) fn claims_of(&self, operation: &OperationId) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.operation == *operation)
    }

    /// When a change of a cluster was last sent, by the own journal.
    pub fn changed_at(&self, cluster: &ClusterId) -> Option<Timestamp> {
        self.index.clusters.get(cluster)?.changed_at
    }

    /// What each operation did to the traffic of a cluster, newest first; one entry for each listener or rule.
    /// Calls that certainly changed nothing are left out.
    pub(crate) fn changes(&self, cluster: &ClusterId) -> impl Iterator<Item = Changed<'_>> {
        let mut elsewhere: Vec<Changed<'_>> = self
            .claims
            .iter()
            .filter(|claim| {
                claim.cluster == *cluster && !self.index.operations.contains_key(&claim.operation)
            })
            .filter_map(|claim| self.claimed(claim))
            .collect();
        elsewhere.sort_by_key(|changed| std::cmp::Reverse(changed.since));
        let mut elsewhere = elsewhere.into_iter().peekable();
        let here = self.index.clusters.get(cluster).map_or(&[][..], |own| own.operations.as_slice());
        let begun = here.iter().rev().filter_map(|position| self.records.get(*position));
        let mut here = begun.flat_map(|record| self.recorded(&record.operation)).peekable();
        std::iter::from_fn(move || match (here.peek(), elsewhere.peek()) {
            (Some(own), Some(other)) if other.since > own.since => elsewhere.next(),
            (None, _) => elsewhere.next(),
            _ => here.next(),
        })
    }

    /// What an operation did, by the own journal, else by the shared bookkeeping.
    pub(crate) fn changes_of(&self, operation: &OperationId) -> Vec<Changed<'_>> {
        let mut changes = self.recorded(operation);
        if changes.is_empty() {
            changes = self.claims_of(operation).filter_map(|claim| self.claimed(claim)).collect();
        }
        if changes.is_empty() {
            changes.extend(self.inherited(operation));
        }
        changes
    }

    /// What an operation that was resumed, and stopped before a call of its own, stands for: what the one before it
    /// did.
    fn inherited(&self, operation: &OperationId) -> Option<Changed<'_>> {
        let plan = self.plan_of(operation)?;
        let Intent::Resume { .. } = plan.intent else { return None };
        let before = plan.back.as_ref().filter(|back| back.source().is_some())?;
        let source = plan.steps.iter().find_map(|step| match &step.expects.as_ref()?.resource {
            Resource::Source(source) => Some(source),
            _ => None,
        })?;
        Some(Changed {
            operation: &plan.id,
            verb: &plan.verb,
            since: plan.created_at,
            source,
            before: before.actions(),
            after: None,
            plan: Some(plan),
            back: self.leads_back(&plan.intent),
        })
    }

    /// What an operation did, by the own journal.
    fn recorded(&self, operation: &OperationId) -> Vec<Changed<'_>> {
        let failed: BTreeSet<u32> = self
            .records_of(operation)
            .filter(|record| record.event == Event::Failed)
            .map(|record| record.step)
            .collect();
        let mut changes: Vec<Changed<'_>> = Vec::new();
        for record in self.records_of(operation) {
            let (Event::Intended, Some(source), Some(before)) =
                (record.event, record.source(), record.actions_before())
            else {
                continue;
            };
            if failed.contains(&record.step) {
                continue;
            }
            let known = changes.iter_mut().find(|changed| changed.source == source);
            if let Some(changed) = known {
                changed.after = record.actions_after().or(changed.after);
                continue;
            }
            let plan = self.plan_of(operation);
            let back = plan
                .and_then(|plan| plan.back.as_ref())
                .filter(|back| back.source().as_ref() == Some(source));
            changes.push(Changed {
                operation: &record.operation,
                verb: &record.verb,
                since: record.at,
                source,
                // What a resumed operation found was half-way: its plan says what was before.
                before: back.map_or(before, super::Call::actions),
                after: record.actions_after(),
                plan,
                back: plan.map_or(record.verb == "rollback", |plan| self.leads_back(&plan.intent)),
            });
        }
        changes
    }

    /// What an operation did, by its plan and the step its holder wrote down.
    fn claimed<'a>(&'a self, claim: &'a Claim) -> Option<Changed<'a>> {
        let plan = claim.plan.as_deref()?;
        // A call that failed is the one it stands at.
        let reached = if claim.stand == Stand::Failed { claim.step.saturating_sub(1) } else { claim.step };
        let mut calls = plan
            .steps
            .iter()
            .filter(|step| step.n <= reached)
            .filter_map(|step| Some((step, step.call.as_ref().filter(|call| call.source().is_some())?)));
        let (first, call) = calls.next()?;
        let Some(Expected { resource: Resource::Source(source), state: State::Actions(before) }) =
            &first.expects
        else {
            return None;
        };
        let last = calls.next_back().map_or(call, |(_, call)| call);
        Some(Changed {
            operation: &claim.operation,
            verb: &claim.verb,
            since: claim.since,
            source,
            before: plan
                .back
                .as_ref()
                .filter(|back| back.source().is_some())
                .map_or(before, super::Call::actions),
            after: Some(last.actions()),
            plan: Some(plan),
            back: self.leads_back(&plan.intent),
        })
    }

    /// Whether an intent is a way back, by itself or by what it resumes.
    pub(crate) fn leads_back(&self, intent: &Intent) -> bool {
        matches!(
            self.origin(intent),
            Intent::Rollback { .. } | Intent::CancelRefresh { .. } | Intent::RollbackRefresh { .. }
        )
    }

    /// What an intent comes down to: of a resumed operation, what that one wanted.
    pub(crate) fn origin<'a>(&'a self, intent: &'a Intent) -> &'a Intent {
        /// An operation that was resumed more often is not told apart any more.
        const OFTEN: usize = 100;
        let mut intent = intent;
        for _ in 0..OFTEN {
            match intent {
                Intent::Resume { operation, .. } => {
                    let Some(plan) = self.plan_of(operation) else { return intent };
                    intent = &plan.intent;
                }
                // What a build is carried on to is what is wanted.
                Intent::Rebuild { then: Some(then), .. } => intent = then,
                _ => return intent,
            }
        }
        intent
    }
}
