//! A lease that is held: proven before each write, renewed beside whatever takes long, given back at the end.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::head::{Found, Head};
use super::names;
use super::prune::{self, Old};
use super::rules::{Grip, LeaseLost, Proof, Sight};
use super::write::{self, Doubt, Writing, Written};
use super::{DEADLINE, RENEWAL};
use crate::fleet::{ClusterName, Place};
use crate::plan::Stand;
use crate::provider::{Clock, Failure, Observer, Register};

/// Attempts of what a holder must know or say before it goes on.
const ATTEMPTS: u32 = 3;

/// Time between two of them, and before a renewal that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a lease is kept with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Reads entries.
    pub observer: &'a dyn Observer,
    /// Writes them.
    pub register: &'a dyn Register,
    /// Tells time and waits.
    pub clock: &'a dyn Clock,
}

/// The lease of one cluster, held.
pub struct Lease<'a> {
    desk: Desk<'a>,
    place: Place,
    cluster: ClusterName,
    head: Head,
    grip: Grip,
    doubt: Option<Doubt>,
    /// Why it is no longer held.
    lost: Option<LeaseLost>,
    /// A renewal under way: it is never dropped half done, because then nobody knew the version.
    beat: Option<Writing<'a>>,
    /// When the next renewal begins.
    due: Duration,
    /// Epochs that nobody needs any more.
    old: Vec<Old>,
}

impl<'a> Lease<'a> {
    pub(super) fn new(
        desk: Desk<'a>,
        place: Place,
        cluster: ClusterName,
        head: Head,
        grip: Grip,
        old: Vec<Old>,
    ) -> Self {
        let due = grip.began + RENEWAL;
        Self { desk, place, cluster, head, grip, doubt: None, lost: None, beat: None, due, old }
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.grip.epoch
    }

    /// Whether it is still held as far as is known without asking: no call.
    ///
    /// # Errors
    /// It is lost, or was not renewed in time.
    pub fn still(&mut self) -> Result<(), LeaseLost> {
        if self.lost.is_none() && !self.grip.is_in_time(self.desk.clock.monotonic()) {
            let why = format!("it could not be renewed for {} s", DEADLINE.as_secs());
            self.lost = Some(LeaseLost::unproven(why));
        }
        self.lost.clone().map_or(Ok(()), Err)
    }

    /// Proves that this lease is the newest one of its cluster and nobody else's: asked of the store, one call.
    ///
    /// # Errors
    /// It is lost, or cannot be proven: nothing may be written on its strength.
    pub async fn prove(&mut self) -> Result<(), LeaseLost> {
        self.settle().await;
        let mut why = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.desk.clock.sleep(PAUSE).await;
            }
            self.still()?;
            match self.sight().await {
                Ok(Proof::Mine) => return self.still(),
                Ok(Proof::Stale) => why = "the store shows an older state than was written".into(),
                Ok(Proof::Overtaken) => {
                    let lost = self.overtaken().await;
                    return self.lose(lost);
                }
                Ok(Proof::Stranger) => return self.lose(write::stranger()),
                Err(failure) => why = format!("it cannot be proven: {}: {}", failure.what, failure.why),
            }
        }
        self.lose(LeaseLost::unproven(why))
    }

    /// Writes down where the operation stands. When this returns, it is durable, and the lease is renewed.
    ///
    /// # Errors
    /// It is lost, or it could not be written down: nothing may be sent on its strength.
    pub async fn note(&mut self, step: u32, stand: Stand, says: &str) -> Result<(), LeaseLost> {
        self.head.step = step;
        self.head.say(stand, says);
        self.settle().await;
        let mut failure = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.desk.clock.sleep(PAUSE).await;
            }
            self.still()?;
            let Some(writing) = self.writing() else { break };
            let written = writing.await;
            failure.clone_from(&written.failure);
            self.absorb(written);
            self.still()?;
            if failure.is_none() {
                return Ok(());
            }
        }
        let why = failure.map_or_else(
            || "its head cannot be written as JSON".into(),
            |failure| format!("it cannot be renewed: {}: {}", failure.what, failure.why),
        );
        self.lose(LeaseLost::unproven(why))
    }

    /// Gives it back and says how it ended. Epochs that are long over are taken away.
    ///
    /// # Errors
    /// It was lost before, or could not be given back: then it lapses by itself.
    pub async fn release(mut self, stand: Stand, says: &str) -> Result<(), LeaseLost> {
        self.head.released = true;
        self.note(self.head.step, stand, says).await?;
        prune::prune(self.desk, &self.place, &self.cluster, &self.old).await;
        Ok(())
    }

    /// Does something that takes long, and renews the lease meanwhile. It is done to its end even where the lease is
    /// lost on the way, which the next question tells.
    pub async fn beside<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if self.beat.is_none() && self.still().is_ok() && self.wait().is_zero() {
                self.beat = self.writing();
            }
            if let Some(beat) = &mut self.beat {
                // The renewal is asked first: a future that is always ready must not starve it.
                match select(beat, future.as_mut()).await {
                    Either::Left((written, _)) => {
                        self.beat = None;
                        self.absorb(written);
                    }
                    Either::Right((done, _)) => return done,
                }
            } else if self.lost.is_some() {
                return future.await;
            } else if let Either::Left((done, _)) =
                select(future.as_mut(), self.desk.clock.sleep(self.wait())).await
            {
                return done;
            }
        }
    }

    fn wait(&self) -> Duration {
        self.due.saturating_sub(self.desk.clock.monotonic())
    }

    /// A write of the head as it is now.
    fn writing(&mut self) -> Option<Writing<'a>> {
        let head = write::Head {
            place: self.place.clone(),
            name: names::head(&self.cluster, self.grip.epoch),
            text: self.head.written().ok()?,
        };
        Some(write::write(self.desk, head, self.grip, self.doubt.take()))
    }

    fn absorb(&mut self, written: Written) {
        self.doubt = written.doubt;
        let now = self.desk.clock.monotonic();
        self.due = if written.failure.is_some() { now + PAUSE } else { now };
        match written.grip {
            Ok(grip) => {
                self.grip = grip;
                self.due = self.due.max(if written.failure.is_none() { grip.began + RENEWAL } else { now });
            }
            Err(lost) => self.lost = self.lost.take().or(Some(lost)),
        }
    }

    /// Waits for a renewal under way.
    async fn settle(&mut self) {
        if let Some(beat) = self.beat.take() {
            let written = beat.await;
            self.absorb(written);
        }
    }

    /// What the store shows now.
    async fn sight(&mut self) -> Result<Proof, Failure> {
        let mine = names::head(&self.cluster, self.grip.epoch);
        let next = names::head(&self.cluster, self.grip.epoch + 1);
        let mut entries = self.desk.observer.entries(&self.place, &[mine.clone(), next.clone()]).await?;
        let mine = entries.found.remove(&mine);
        if let Some(doubt) = self.doubt.take() {
            match doubt.settled(self.grip, mine.as_ref()) {
                Ok((grip, super::rules::Fate::Applied)) => self.grip = grip,
                Ok(_) => self.doubt = Some(doubt),
                Err(_) => return Ok(Proof::Stranger),
            }
        }
        let sight = Sight { mine: mine.map(|entry| entry.version), next: entries.found.contains_key(&next) };
        Ok(self.grip.proof(sight))
    }

    /// Who has it now, where that can be told.
    async fn overtaken(&mut self) -> LeaseLost {
        let next = names::head(&self.cluster, self.grip.epoch + 1);
        let entries = self.desk.observer.entries(&self.place, std::slice::from_ref(&next)).await;
        match entries.ok().and_then(|entries| Some(Head::read(&entries.found.get(&next)?.value))) {
            Some(Found::Known(head)) => {
                let Head { principal, host, verb, operation, .. } = *head;
                LeaseLost::taken(format!("{principal} on {host} took the cluster over ({verb} {operation})"))
            }
            _ => LeaseLost::taken("somebody took the cluster over"),
        }
    }

    fn lose(&mut self, lost: LeaseLost) -> Result<(), LeaseLost> {
        let lost = self.lost.get_or_insert(lost);
        Err(lost.clone())
    }
}
