//! Two pairs of eyes: a confirmed plan is laid down beside the leases, and waits until another STS principal approves
//! its digest there.
//!
//! Three kinds of entries: the head says who asks for what, the pieces are the plan, and the yes is created once by
//! the second person. Who may write below `/flightdeck/` could forge a yes, just as they could write to the load
//! balancer without flightdeck: what is guarded against is one person's mistake.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lease::{Desk, LONGEST, MOST_CHUNKS, cut, flat, pack, unpack};
use crate::fleet::{ClusterName, Place, Text};
use crate::plan::{ApprovedPlan, Asked, OperationId, Plan, Policy, Refusal, Who};
use crate::provider::{Created, Entries, Entry, EntryName, Failure, Observer};

const SCHEMA: u64 = 1;
const HEAD: &str = "second";
const PLAN: &str = "second-plan";
const YES: &str = "second-yes";

/// What the head says.
#[derive(Serialize, Deserialize)]
struct Head {
    schema: u64,
    principal: Text,
    host: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<String>,
    pieces: usize,
    sha256: String,
}

/// What the second person says.
#[derive(Serialize, Deserialize)]
struct Yes {
    schema: u64,
    principal: Text,
    host: Text,
    digest: String,
    at: Timestamp,
}

fn head(cluster: &ClusterName, id: &OperationId) -> EntryName {
    EntryName::of(&[HEAD, cluster.raw(), &id.to_string()])
}

fn piece(cluster: &ClusterName, id: &OperationId, nth: usize) -> EntryName {
    EntryName::of(&[PLAN, cluster.raw(), &id.to_string(), &nth.to_string()])
}

fn yes(cluster: &ClusterName, id: &OperationId) -> EntryName {
    EntryName::of(&[YES, cluster.raw(), &id.to_string()])
}

/// Lays a confirmed plan down for a second person. The head comes last: a plan that can be found is whole.
///
/// # Errors
/// The store cannot be reached.
pub async fn ask(desk: Desk<'_>, approved: &ApprovedPlan) -> Result<(), Refusal> {
    let plan = approved.plan();
    let packed = pack(plan).map_err(|error| Refusal::new(format!("the plan cannot be kept: {error}"), ""))?;
    let place = plan.place();
    for (nth, text) in packed.chunks.iter().enumerate() {
        let name = piece(&plan.cluster, &plan.id, nth + 1);
        desk.register.put(&place, &name, text).await.map_err(|failure| unkept(&failure))?;
    }
    let approval = approved.approval();
    let head_of = Head {
        schema: SCHEMA,
        principal: approval.who.principal.clone(),
        host: approval.who.host.clone(),
        reason: approval.reason.as_ref().map(|reason| cut(reason.raw(), LONGEST).into()),
        overrides: approval.overrides.clone(),
        pieces: packed.chunks.len(),
        sha256: packed.sha256,
    };
    let name = head(&plan.cluster, &plan.id);
    desk.register.put(&place, &name, &text_of(&head_of)?).await.map_err(|failure| unkept(&failure))?;
    Ok(())
}

/// What a second person has said so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// Yes, to this very plan.
    Yes(Who),
    /// Something that is no yes to this plan.
    Other(Refusal),
}

/// What a second person has said to a plan: one call.
///
/// # Errors
/// The store cannot be reached.
pub async fn said(observer: &dyn Observer, plan: &Plan, first: &Who) -> Result<Said, Failure> {
    let name = yes(&plan.cluster, &plan.id);
    let entries = observer.entries(&plan.place(), std::slice::from_ref(&name)).await?;
    Ok(match entries.found.get(&name).map(|entry| consent(entry, plan, first)) {
        None => Said::Nothing,
        Some(Ok(who)) => Said::Yes(who),
        Some(Err(refusal)) => Said::Other(refusal),
    })
}

fn consent(entry: &Entry, plan: &Plan, first: &Who) -> Result<Who, Refusal> {
    let again = "make the plan again and ask again";
    let said: Yes = serde_json::from_str(&entry.value)
        .map_err(|_| Refusal::new("what the second person said cannot be read", again))?;
    if said.schema > SCHEMA {
        let why = format!("the approval has schema {}, this program knows {SCHEMA}", said.schema);
        return Err(Refusal::new(why, "use the version of flightdeck that wrote it"));
    }
    if said.digest != plan.digest {
        return Err(Refusal::new(
            "the second person approved another plan: its digest is not this one's",
            again,
        ));
    }
    if said.principal == first.principal {
        return Err(Refusal::new(format!("{} cannot be both persons", first.principal), again));
    }
    Ok(Who { principal: said.principal, host: said.host })
}

/// Says yes to a plan of somebody else.
///
/// # Errors
/// This person may not, or the store cannot be reached.
pub async fn approve(desk: Desk<'_>, asked: &Asked, who: &Who, phrase: &str) -> Result<(), Refusal> {
    let now = desk.clock.now();
    asked.may_approve(who, phrase, now)?;
    let plan = &asked.plan;
    let said = Yes {
        schema: SCHEMA,
        principal: who.principal.clone(),
        host: who.host.clone(),
        digest: plan.digest.clone(),
        at: now,
    };
    let name = yes(&plan.cluster, &plan.id);
    match desk.register.create(&plan.place(), &name, &text_of(&said)?).await {
        Ok(Created::Yes) => Ok(()),
        Ok(Created::Exists) => {
            Err(Refusal::new(format!("plan {} was approved already", plan.id), "nothing is left to do"))
        }
        Err(failure) => Err(unkept(&failure)),
    }
}

/// Takes a plan away that waits no more: the head first, so that nobody approves what does not run.
///
/// What cannot be taken away is too old after an hour, and says so.
pub async fn withdraw(desk: Desk<'_>, plan: &Plan) {
    let (cluster, id, place) = (&plan.cluster, &plan.id, plan.place());
    let pieces = pack(plan).map_or(0, |packed| packed.chunks.len());
    let pieces = (1..=pieces).map(|nth| piece(cluster, id, nth));
    for name in [head(cluster, id), yes(cluster, id)].into_iter().chain(pieces) {
        if desk.register.delete(&place, &name).await.is_err() {
            return;
        }
    }
}

/// Reads which plans wait for a second person in a place; those that are too old, or not whole, are left out.
///
/// # Errors
/// The store cannot be reached or may not be read.
pub async fn read_asked(
    observer: &dyn Observer,
    place: &Place,
    at: Timestamp,
) -> Result<Vec<Asked>, Failure> {
    let mut entries = observer.entries_under(place, &EntryName::of(&[HEAD])).await?;
    // What waited in vain, in a cockpit that is gone, is not read again and again.
    let (now, life) = (entries.server_time.unwrap_or(at), Policy::SECOND_PERSON);
    entries.found.retain(|_, entry| entry.modified_at.checked_add(life).is_ok_and(|until| now <= until));
    let wanted: Vec<EntryName> = heads(&entries).flat_map(Found::needs).collect();
    for names in wanted.chunks(Entries::BATCH) {
        entries.found.extend(observer.entries(place, names).await?.found);
    }
    let asked = heads(&entries).filter_map(|found| found.asked(&entries));
    Ok(asked.filter(|asked| at <= asked.until()).collect())
}

/// A head as it was found.
struct Found {
    cluster: ClusterName,
    id: OperationId,
    asked_at: Timestamp,
    head: Head,
}

fn heads(entries: &Entries) -> impl Iterator<Item = Found> {
    entries.found.iter().filter_map(|(name, entry)| {
        let parts = name.parts()?;
        let [kind, cluster, id] = parts.as_slice() else { return None };
        let head: Head = serde_json::from_str(&entry.value).ok()?;
        (kind == HEAD && head.schema <= SCHEMA && head.pieces <= MOST_CHUNKS).then(|| Found {
            cluster: ClusterName::new(cluster),
            id: OperationId::new(id),
            asked_at: entry.modified_at,
            head,
        })
    })
}

impl Found {
    fn pieces(&self) -> Vec<EntryName> {
        (1..=self.head.pieces).map(|nth| piece(&self.cluster, &self.id, nth)).collect()
    }

    fn needs(self) -> Vec<EntryName> {
        let mut names = self.pieces();
        names.push(yes(&self.cluster, &self.id));
        names
    }

    fn asked(self, entries: &Entries) -> Option<Asked> {
        let text = |name: &EntryName| Some(entries.found.get(name)?.value.as_str());
        let chunks: Vec<&str> = self.pieces().iter().map(text).collect::<Option<_>>()?;
        let plan = unpack(&chunks, &self.head.sha256).filter(|plan| plan.id == self.id)?;
        let said = entries.found.get(&yes(&self.cluster, &self.id));
        let who = Who { principal: self.head.principal, host: self.head.host };
        let approved_by = said.and_then(|entry| consent(entry, &plan, &who).ok());
        Some(Asked {
            plan: Box::new(plan),
            who,
            reason: self.head.reason,
            overrides: self.head.overrides,
            asked_at: self.asked_at,
            approved_by,
        })
    }
}

fn text_of(value: &impl Serialize) -> Result<String, Refusal> {
    flat(value).map_err(|error| Refusal::new(format!("it cannot be written as JSON: {error}"), ""))
}

fn unkept(failure: &Failure) -> Refusal {
    Refusal::new(
        format!("the plan cannot wait for a second person: {}: {}", failure.what, failure.why),
        failure.remedy.clone(),
    )
}

#[cfg(test)]
mod tests;
