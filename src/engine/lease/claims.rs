//! What the entries tell of everybody's leases.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::head::{Found, Head};
use super::rules::age;
use super::{LIFE, names, packed};
use crate::fleet::{ClusterId, ClusterName, Place};
use crate::plan::{Call, Claim, Hold, Intent, OperationId, Plan, Resource, Stand};
use crate::provider::{Entries, Entry, EntryName, Failure, Observer};

/// Reads who holds what in a place: the newest epoch of each cluster, and older ones that were left half done and that
/// nobody took over. One call for each ten heads, and one for each ten pieces of plans.
///
/// # Errors
/// The store cannot be reached or may not be read.
pub async fn read_claims(observer: &dyn Observer, place: &Place) -> Result<Vec<Claim>, Failure> {
    let mut entries = observer.entries_under(place, &names::every_lease()).await?;
    let wanted: Vec<EntryName> = told(&entries).iter().flat_map(Told::pieces).collect();
    for names in wanted.chunks(Entries::BATCH) {
        entries.found.extend(observer.entries(place, names).await?.found);
    }
    Ok(claims(&entries, place))
}

/// What entries tell, by the store's clock.
pub fn claims(entries: &Entries, place: &Place) -> Vec<Claim> {
    let claims: Vec<Claim> = told(entries)
        .into_iter()
        .filter_map(|told| {
            let cluster = ClusterId { place: place.clone(), name: told.cluster.clone() };
            claim_of(&cluster, told.epoch, told.entry, entries.server_time, told.plan(entries))
        })
        .collect();
    claims.iter().filter(|claim| is_of_interest(claim, &claims)).cloned().collect()
}

/// Whether it is the newest of its cluster, or left half done with nobody who took it over.
fn is_of_interest(claim: &Claim, all: &[Claim]) -> bool {
    let newer = |other: &&Claim| other.cluster == claim.cluster && other.epoch > claim.epoch;
    let newer: Vec<&Claim> = all.iter().filter(newer).collect();
    newer.is_empty() || (!claim.stand.is_over() && !newer.iter().any(|other| takes_over(other, claim)))
}

/// Whether one operation made another one's going on impossible or needless: it took it over by name, or changed what
/// it changes.
fn takes_over(newer: &Claim, older: &Claim) -> bool {
    if newer.operation == older.operation {
        return true;
    }
    // Whoever was gone before the first step changed nothing.
    if newer.stand == Stand::Failed || newer.step == 0 && newer.is_abandoned() {
        return false;
    }
    let Some(plan) = &newer.plan else { return false };
    let names = |operation: &OperationId| *operation == older.operation;
    match &plan.intent {
        Intent::Resume { operation, .. } => names(operation),
        Intent::Rollback { of: Some(operation), .. } if names(operation) => true,
        _ => older.plan.as_ref().is_some_and(|older| !resources(plan).is_disjoint(&resources(older))),
    }
}

fn resources(plan: &Plan) -> BTreeSet<Resource> {
    plan.steps.iter().filter_map(|step| step.call.as_ref()).map(Call::resource).collect()
}

/// A head of interest: the newest of its cluster, or one that is not over.
struct Told<'a> {
    cluster: ClusterName,
    epoch: u64,
    entry: &'a Entry,
    head: Found,
}

impl Told<'_> {
    fn pieces(&self) -> Vec<EntryName> {
        let Found::Known(head) = &self.head else { return Vec::new() };
        (1..=head.chunks.min(super::prune::MOST_CHUNKS))
            .map(|nth| names::chunk(&self.cluster, self.epoch, nth))
            .collect()
    }

    fn plan(&self, entries: &Entries) -> Option<Plan> {
        let Found::Known(head) = &self.head else { return None };
        let pieces = self.pieces();
        let found = pieces.iter().map(|name| Some(entries.found.get(name)?.value.as_str()));
        let chunks: Vec<&str> = found.collect::<Option<_>>()?;
        packed::unpack(&chunks, &head.sha256).filter(|plan| plan.id == head.operation)
    }
}

fn told(entries: &Entries) -> Vec<Told<'_>> {
    let mut newest: BTreeMap<ClusterName, u64> = BTreeMap::new();
    for (cluster, epoch) in entries.found.keys().filter_map(names::epoch_of) {
        let last = newest.entry(cluster).or_default();
        *last = epoch.max(*last);
    }
    let heads = entries.found.iter().filter_map(|(name, entry)| {
        let (cluster, epoch) = names::epoch_of(name)?;
        let head = Head::read(&entry.value);
        let is_over = !matches!(&head, Found::Known(head) if !head.stand.is_over());
        (newest.get(&cluster) == Some(&epoch) || !is_over).then_some(Told { cluster, epoch, entry, head })
    });
    let mut heads: Vec<Told<'_>> = heads.collect();
    heads.sort_by(|a, b| (&a.cluster, a.epoch).cmp(&(&b.cluster, b.epoch)));
    heads
}

/// What one head says; `None` where it cannot be read.
pub(super) fn claim_of(
    cluster: &ClusterId,
    epoch: u64,
    entry: &Entry,
    server_time: Option<Timestamp>,
    plan: Option<Plan>,
) -> Option<Claim> {
    let head = match Head::read(&entry.value) {
        Found::Known(head) => *head,
        Found::Newer { schema } => Head::foreign(schema, entry.modified_at),
        Found::Unreadable => return None,
    };
    let until = entry.modified_at.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    // Without the store's time nobody is told to be gone.
    let lapsed = server_time.is_some_and(|now| age(entry.modified_at, now) >= LIFE);
    let hold = match (head.released, lapsed) {
        (true, _) => Hold::Released,
        (false, true) if head.schema <= super::head::SCHEMA => Hold::Lapsed,
        (false, _) => Hold::Alive { until },
    };
    Some(Claim {
        cluster: cluster.clone(),
        epoch,
        who: head.who(),
        session: head.session,
        operation: head.operation,
        verb: head.verb,
        step: head.step,
        of: head.of,
        stand: head.stand,
        says: head.says,
        since: head.since,
        updated_at: entry.modified_at,
        hold,
        plan: plan.map(Box::new),
    })
}
