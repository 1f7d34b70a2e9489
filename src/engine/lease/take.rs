//! Taking a lease: the newest epoch is found, judged, and the next one created.

use std::time::Duration;

use super::claims::claim_of;
use super::head::{Found, Head};
use super::hold::{Desk, Lease};
use super::packed::{self, Packed};
use super::prune;
use super::rules::{Age, Grip, Newest, Taking, age, taking};
use super::{LIFE, names};
use crate::fleet::{ClusterId, ClusterName, Place};
use crate::plan::{Claim, Plan, Refusal, SessionId, Who};
use crate::provider::{Created, Entries, Entry, Failure, FailureKind};

/// How often the race for the next epoch may be lost, or the store be out of step with itself.
const ATTEMPTS: u32 = 5;

/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Why a lease was not taken.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum NotTaken {
    /// Somebody holds it.
    #[error("{}", held(.0))]
    Held(Box<Claim>),
    /// A newer program wrote it: what it means is not known here, so it counts as held.
    #[error("the lease of {cluster} has schema {schema}, this program knows {}", super::head::SCHEMA)]
    Newer {
        /// The cluster.
        cluster: ClusterName,
        /// The schema.
        schema: u64,
    },
    /// Others were faster, again and again.
    #[error("others took the lease of {cluster} again and again at the same moment")]
    Contested {
        /// The cluster.
        cluster: ClusterName,
    },
    /// The store cannot be reached or does not do what it is asked.
    #[error("the lease cannot be taken: {}: {}", .0.what, .0.why)]
    Unreachable(Failure),
}

impl NotTaken {
    /// As a refusal, with the way out.
    pub fn refusal(&self) -> Refusal {
        let remedy = match self {
            Self::Held(_) => {
                format!(
                    "wait until it is over; a lease that is not renewed is free after {} s",
                    LIFE.as_secs()
                )
            }
            Self::Newer { .. } => "use the version of flightdeck that wrote it".into(),
            Self::Contested { .. } => "look who holds the cluster now, then try again".into(),
            Self::Unreachable(failure) => failure.remedy.clone(),
        };
        Refusal::new(self.to_string(), remedy)
    }
}

fn held(claim: &Claim) -> String {
    let Claim { cluster, who, verb, operation, since, step, of, .. } = claim;
    format!(
        "{} is held by {} on {} since {since:.0}: {verb} {operation}, step {step} of {of}",
        cluster.name, who.principal, who.host
    )
}

impl<'a> Lease<'a> {
    /// Takes the lease of a plan's cluster, and puts the plan beside it. When this returns, both are durable.
    ///
    /// # Errors
    /// Somebody holds it, or the store cannot be reached: nothing may be written.
    pub async fn take(desk: Desk<'a>, plan: &Plan, who: &Who, session: &SessionId) -> Result<Self, NotTaken> {
        let packed = packed::pack(plan).map_err(|error| unpackable(&error.to_string()))?;
        let head = Head::first(plan, &packed, who, session, desk.clock.now());
        let text = head.written().map_err(|error| unpackable(&error.to_string()))?;
        let wants = Wants { desk, place: plan.place(), cluster: plan.cluster.clone(), session, text };
        let listed = wants.listed().await?;
        let mut hint = prune::newest(&listed);
        let mut tried: Option<(u64, Duration)> = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                desk.clock.sleep(PAUSE).await;
                hint = prune::newest(&wants.listed().await?).max(hint);
            }
            let Some(newest) = wants.climb(hint).await? else { continue };
            hint = newest;
            let epoch = newest + 1;
            let began = desk.clock.monotonic();
            // What turns out to be one's own may be the work of an earlier request: its time counts.
            let first = tried.filter(|(of, _)| *of == epoch).map_or(began, |(_, first)| first);
            tried = Some((epoch, first));
            if let Some(grip) = wants.create(epoch, first).await? {
                let old = prune::old(&listed, newest);
                let mut lease = Self::new(desk, wants.place.clone(), wants.cluster.clone(), head, grip, old);
                return match wants.lay(&packed, grip.epoch).await {
                    Ok(()) => lease.still().map(|()| lease).map_err(|lost| unpackable(&lost.why)),
                    Err(failure) => {
                        // Without its plan nobody could go on with it: it is given back, or lapses.
                        let _ = lease.release(crate::plan::Stand::Failed, "its plan cannot be kept").await;
                        Err(NotTaken::Unreachable(failure))
                    }
                };
            }
        }
        Err(NotTaken::Contested { cluster: wants.cluster })
    }
}

/// Somebody who wants a lease.
struct Wants<'a, 'b> {
    desk: Desk<'a>,
    place: Place,
    cluster: ClusterName,
    session: &'b SessionId,
    text: String,
}

impl Wants<'_, '_> {
    async fn listed(&self) -> Result<Entries, NotTaken> {
        let under = names::lease(&self.cluster);
        self.desk.observer.entries_under(&self.place, &under).await.map_err(NotTaken::Unreachable)
    }

    /// Goes up from where the list left off to the newest epoch, and judges it. `None` where the store is out of step
    /// with itself.
    async fn climb(&self, from: u64) -> Result<Option<u64>, NotTaken> {
        let mut epoch = from;
        loop {
            let names = [names::head(&self.cluster, epoch), names::head(&self.cluster, epoch + 1)];
            let asked = if epoch == 0 { &names[1..] } else { &names[..] };
            let entries =
                self.desk.observer.entries(&self.place, asked).await.map_err(NotTaken::Unreachable)?;
            match (entries.found.get(&names[0]), entries.found.contains_key(&names[1])) {
                (_, true) => epoch += 1,
                (Some(entry), false) => {
                    self.judge(epoch, entry, &entries).await?;
                    return Ok(Some(epoch));
                }
                (None, false) => return Ok((epoch == 0).then_some(0)),
            }
        }
    }

    /// Refuses where the newest epoch is held.
    async fn judge(&self, epoch: u64, entry: &Entry, entries: &Entries) -> Result<(), NotTaken> {
        let mut watched = Duration::ZERO;
        loop {
            let found = Head::read(&entry.value);
            let newest = Newest {
                released: matches!(&found, Found::Known(head) if head.released),
                ours: matches!(&found, Found::Known(head) if head.session == *self.session),
                newer_schema: matches!(found, Found::Newer { .. }),
                age: entries
                    .server_time
                    .map_or(Age::Watched(watched), |now| Age::Told(age(entry.modified_at, now))),
            };
            match taking(&newest) {
                Taking::Free => return Ok(()),
                Taking::Watch => {
                    let begun = self.desk.clock.monotonic();
                    self.desk.clock.sleep(LIFE).await;
                    let name = names::head(&self.cluster, epoch);
                    let again = self.desk.observer.entries(&self.place, std::slice::from_ref(&name)).await;
                    let again = again.map_err(NotTaken::Unreachable)?;
                    if again.found.get(&name).map(|entry| entry.version) != Some(entry.version) {
                        return Err(self.held(epoch, entry, entries));
                    }
                    watched = self.desk.clock.monotonic().saturating_sub(begun);
                }
                Taking::Held | Taking::NewerSchema => return Err(self.held(epoch, entry, entries)),
            }
        }
    }

    fn held(&self, epoch: u64, entry: &Entry, entries: &Entries) -> NotTaken {
        let cluster = ClusterId { place: self.place.clone(), name: self.cluster.clone() };
        match (Head::read(&entry.value), claim_of(&cluster, epoch, entry, entries.server_time, None)) {
            (Found::Newer { schema }, _) => NotTaken::Newer { cluster: cluster.name, schema },
            (_, Some(claim)) => NotTaken::Held(Box::new(claim)),
            (_, None) => unpackable("what its newest epoch says cannot be read, and it was written just now"),
        }
    }

    /// Creates an epoch; `None` where somebody else did. `first`: when it was tried first.
    async fn create(&self, epoch: u64, first: Duration) -> Result<Option<Grip>, NotTaken> {
        let name = names::head(&self.cluster, epoch);
        let began = self.desk.clock.monotonic();
        let created = self.desk.register.create(&self.place, &name, &self.text).await;
        match created {
            Ok(Created::Yes) => return Ok(Some(Grip::taken(epoch, began))),
            Err(failure) if !failure.maybe_applied => return Err(NotTaken::Unreachable(failure)),
            // It may be ours, from a request whose answer was lost.
            Ok(Created::Exists) | Err(_) => {}
        }
        let entries = self.desk.observer.entries(&self.place, std::slice::from_ref(&name)).await;
        let entries = entries.map_err(NotTaken::Unreachable)?;
        let ours = entries.found.get(&name).is_some_and(|entry| entry.value == self.text);
        Ok(ours.then(|| Grip::taken(epoch, first)))
    }

    /// Puts the plan beside the lease.
    async fn lay(&self, packed: &Packed, epoch: u64) -> Result<(), Failure> {
        for (nth, chunk) in packed.chunks.iter().enumerate() {
            let name = names::chunk(&self.cluster, epoch, nth + 1);
            match self.desk.register.create(&self.place, &name, chunk).await {
                Ok(Created::Yes) => continue,
                Err(failure) if !failure.maybe_applied => return Err(failure),
                Ok(Created::Exists) | Err(_) => {}
            }
            let entries = self.desk.observer.entries(&self.place, std::slice::from_ref(&name)).await?;
            if entries.found.get(&name).is_none_or(|entry| entry.value != *chunk) {
                return Err(Failure::new(
                    FailureKind::Other,
                    "keep the plan beside the lease",
                    "it does not read back as it was written",
                    "try again",
                ));
            }
        }
        Ok(())
    }
}

fn unpackable(why: &str) -> NotTaken {
    NotTaken::Unreachable(Failure::new(FailureKind::Other, "take the lease", why, "try again"))
}
