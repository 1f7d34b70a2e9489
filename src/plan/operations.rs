//! What is known of operations: one entry each, merged from the own journal and from the claims of everybody.
//!
//! An end in the journal is final: whoever goes on with an operation begins a new one. Without an end the claim
//! decides, and without a claim the time since the last record. Whoever runs an operation knows better than this.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Claim, DrillReport, Event, History, Hold, Intent, OperationId, Plan, Record, Stand, Who};
use crate::fleet::{ClusterId, SourceArn};

/// An operation that nobody claims is taken for running this long after its last record: the life of a lease, and so
/// the longest time until a claim must have been seen.
const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// Where an operation stands, as far as anybody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownState {
    /// It runs.
    Running,
    /// It stopped where it is, for a person to decide.
    Held,
    /// It has no end, and whoever ran it is gone.
    Abandoned,
    /// It reached its goal.
    Done,
    /// It came to nothing; what was before still is.
    Failed,
    /// What was before it is again.
    RolledBack,
}

impl KnownState {
    /// The word in documents and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Held => "held",
            Self::Abandoned => "abandoned",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::RolledBack => "rolled-back",
        }
    }
}

/// What a person can do about a half-done operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayOut {
    /// Let it go on from what is observed.
    Resume,
    /// The same with an operation that was begun elsewhere: it becomes one of this machine.
    Adopt,
    /// Set the traffic back at once.
    Abort,
    /// Put back what was before it.
    Rollback,
}

impl WayOut {
    /// The word in documents and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Adopt => "adopt",
            Self::Abort => "abort",
            Self::Rollback => "rollback",
        }
    }
}

/// One operation.
#[derive(Clone, PartialEq, Debug)]
pub struct Known {
    /// Its id.
    pub id: OperationId,
    /// Its verb.
    pub verb: String,
    /// The cluster.
    pub cluster: ClusterId,
    /// Where it stands.
    pub state: KnownState,
    /// The step it is at, from 1; 0 before the first.
    pub step: u32,
    /// How many steps it has; 0 where nobody wrote it down.
    pub of: u32,
    /// Who holds it, or held it last.
    pub holder: Who,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was heard of last.
    pub updated_at: Timestamp,
    /// What it does or why it stopped, in one sentence.
    pub why: String,
    /// What can be done about it; empty where nothing is half done, and while somebody runs it.
    pub ways_out: Vec<WayOut>,
    /// Its plan; `None` where nobody wrote it down, or it could not be read.
    pub plan: Option<Box<Plan>>,
    /// What it showed, where it was a drill that ended.
    pub report: Option<DrillReport>,
}

impl Known {
    /// Whether there is this way out of it: one that is half done has its own, and one that is done can be rolled back
    /// all the same.
    pub fn offers(&self, way: WayOut) -> bool {
        self.ways_out.contains(&way) || way == WayOut::Rollback && self.state == KnownState::Done
    }
}

/// Every operation that the journal or a claim tells of, the newest first.
pub fn operations(history: &History, claims: &[Claim], at: Timestamp) -> Vec<Known> {
    let mut told: BTreeMap<&OperationId, Told> = BTreeMap::new();
    for record in history.records() {
        match told.entry(&record.operation) {
            Entry::Vacant(free) => free.insert(Told::new(record)).take(record),
            Entry::Occupied(mut one) => one.get_mut().take(record),
        }
    }
    for claim in claims {
        match told.entry(&claim.operation) {
            Entry::Vacant(free) => free.insert(Told::claimed(claim)).hear(claim),
            Entry::Occupied(mut one) => one.get_mut().hear(claim),
        }
    }
    let mut newest_first: Vec<Told> = told.into_values().collect();
    newest_first
        .sort_by(|a, b| b.known.started_at.cmp(&a.known.started_at).then(b.known.id.cmp(&a.known.id)));
    let mut settled: Vec<Known> = Vec::with_capacity(newest_first.len());
    let mut heirs: BTreeMap<OperationId, usize> = BTreeMap::new();
    for one in newest_first {
        let heir = heirs.get(&one.known.id).and_then(|heir| settled.get(*heir));
        let known = one.settled(heir, &settled, at);
        if let Some(of) = continued(&known) {
            heirs.entry(of.clone()).or_insert(settled.len());
        }
        settled.push(known);
    }
    settled
}

/// What was told of one operation so far.
struct Told {
    known: Known,
    /// Whether the own journal tells of it.
    own: bool,
    /// Whether an end was written down, or a claim says whether it is held.
    certain: bool,
    /// Whether a record says that another one took it over.
    taken_over: bool,
}

impl Told {
    fn new(record: &Record) -> Self {
        let known = Known {
            id: record.operation.clone(),
            verb: record.verb.clone(),
            cluster: record.cluster.clone(),
            state: KnownState::Running,
            step: 0,
            of: 0,
            holder: record.who.clone(),
            started_at: record.at,
            updated_at: record.at,
            why: String::new(),
            ways_out: Vec::new(),
            plan: None,
            report: None,
        };
        Self { known, own: true, certain: false, taken_over: false }
    }

    fn claimed(claim: &Claim) -> Self {
        let known = Known {
            id: claim.operation.clone(),
            verb: claim.verb.clone(),
            cluster: claim.cluster.clone(),
            state: KnownState::Running,
            step: 0,
            of: 0,
            holder: claim.who.clone(),
            started_at: claim.since,
            updated_at: Timestamp::MIN,
            why: String::new(),
            ways_out: Vec::new(),
            plan: None,
            report: None,
        };
        Self { known, own: false, certain: false, taken_over: false }
    }

    /// The next record of the journal.
    fn take(&mut self, record: &Record) {
        if record.event == Event::TakenOver {
            // Somebody else's word: where it stood stays as it was told.
            self.taken_over = true;
            return;
        }
        let end = match record.event {
            Event::Done => Some(KnownState::Done),
            Event::RolledBack => Some(KnownState::RolledBack),
            Event::Held => Some(KnownState::Held),
            // A call that failed is not yet the end of its operation.
            Event::Failed if record.step == 0 => Some(KnownState::Failed),
            _ => None,
        };
        let known = &mut self.known;
        known.state = end.unwrap_or(KnownState::Running);
        known.report.clone_from(&record.report);
        self.certain = end.is_some();
        known.step = known.step.max(record.step);
        known.of = known.of.max(record.of);
        known.holder = record.who.clone();
        known.updated_at = record.at;
        known.why = record.result.clone().unwrap_or_else(|| record.event.says().into());
        if known.plan.is_none() {
            known.plan.clone_from(&record.plan);
        }
    }

    /// What a claim says.
    fn hear(&mut self, claim: &Claim) {
        let known = &mut self.known;
        if known.plan.is_none() {
            known.plan.clone_from(&claim.plan);
        }
        known.of = known.of.max(claim.of);
        if self.own && self.certain {
            return;
        }
        self.certain = true;
        known.state = match (claim.stand, claim.hold) {
            (Stand::Done, _) => KnownState::Done,
            (Stand::Failed, _) => KnownState::Failed,
            (Stand::RolledBack, _) => KnownState::RolledBack,
            (Stand::Running | Stand::Held, Hold::Alive { .. }) => KnownState::Running,
            (Stand::Running, Hold::Lapsed) => KnownState::Abandoned,
            (Stand::Held, _) | (Stand::Running, Hold::Released) => KnownState::Held,
        };
        if claim.updated_at >= known.updated_at {
            known.step = claim.step;
            known.holder = claim.who.clone();
            known.updated_at = claim.updated_at;
            known.why.clone_from(&claim.says);
        }
    }

    /// Where it stands, given everything that began later and the one of these that went on with it.
    fn settled(self, heir: Option<&Known>, newer: &[Known], at: Timestamp) -> Known {
        let Self { mut known, own, certain, taken_over } = self;
        if !certain && at.duration_since(known.updated_at) >= SILENCE {
            known.state = KnownState::Abandoned;
        }
        if known.state == KnownState::Abandoned {
            known.why = format!("its holder is gone; last heard: {}", known.why);
        }
        if let Some(heir) = heir {
            match (heir.state, heir.verb.as_str()) {
                (KnownState::Done, "rollback") | (KnownState::RolledBack, "resume") => {
                    known.state = KnownState::RolledBack;
                }
                (KnownState::Done, _) => known.state = KnownState::Done,
                _ => {}
            }
            known.why = format!("{} {} took it over: {}", heir.verb, heir.id, heir.why);
            return known;
        }
        if !matches!(known.state, KnownState::Held | KnownState::Abandoned) {
            return known;
        }
        if let Some(later) = newer.iter().find(|later| overtakes(later, &known, newer)) {
            known.why = format!("{} {} changed the same since: {}", later.verb, later.id, known.why);
        } else if taken_over {
            known.why = format!("it was taken over: {}", known.why);
        } else {
            let on: &[WayOut] = if own { &[WayOut::Resume] } else { &[WayOut::Resume, WayOut::Adopt] };
            known.ways_out = [on, &[WayOut::Abort, WayOut::Rollback]].concat();
        }
        known
    }
}

/// The operation this one went on with, or took back. One that came to nothing did neither.
fn continued(known: &Known) -> Option<&OperationId> {
    let of = match &known.plan.as_ref()?.intent {
        Intent::Resume { operation, .. } => Some(operation),
        Intent::Rollback { of, .. } => of.as_ref(),
        _ => None,
    };
    of.filter(|_| known.state != KnownState::Failed)
}

/// Whether one changed the same listener or rule after an earlier one, which can no longer go on then. What came to
/// nothing or was taken back left everything as it was; so did what took back something later still.
fn overtakes(later: &Known, earlier: &Known, newer: &[Known]) -> bool {
    let took_back_a_later_one = later.verb == "rollback"
        && continued(later).is_some_and(|of| newer.iter().any(|other| other.id == *of));
    later.step > 0
        && !matches!(later.state, KnownState::Failed | KnownState::RolledBack)
        && !took_back_a_later_one
        && later.cluster == earlier.cluster
        && source(later).is_some_and(|changed| source(earlier) == Some(changed))
}

/// The listener or rule an operation writes.
fn source(known: &Known) -> Option<SourceArn> {
    known.plan.as_ref()?.steps.iter().find_map(|step| step.call.as_ref()?.source())
}

#[cfg(test)]
mod tests;
