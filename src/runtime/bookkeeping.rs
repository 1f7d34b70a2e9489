//! Reads what other cockpits say they do: after each look in the background, and whenever one cluster is
//! looked at because something is decided there or was written.
//!
//! Its rule: in the background one place at a time, by turns, and so seldom that all of it keeps within the calls that
//! looks leave to it: the more there is to read, the longer the pause. What cannot be read is told as unknown; what was
//! told before stands until then.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};

use super::aside::aside;
use super::clock;
use super::cycle::Queue;
use super::ledger::Ledger;
use crate::app::Message;
use crate::engine;
use crate::fleet::{Fleet, Place};
use crate::plan::{Claim, LeaseStore, Policy};
use crate::provider::{Clock, Failure, Observer};

/// Pause for each place and each claim: both cost calls, and a cluster's claims are about one page of the store.
///
/// At most seven in any minute, however many places there are, and yet one with each look.
const EACH: Duration = Duration::from_secs(9);
/// Pause after a place that could not be read: what needs a person may take its time.
const AFTER_FAILURE: Duration = Duration::from_mins(1);

/// Why to read again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Nudge {
    /// A look in the background came back.
    Looked,
    /// Something is decided on, or was written from here.
    Now,
}

/// Whose turn it is in the background.
#[derive(Default)]
struct Turns {
    /// Places that had one.
    had: BTreeSet<Place>,
    at: usize,
}

impl Turns {
    /// All that never had a turn, at once; then one after the other.
    fn next(&mut self, places: Vec<Place>) -> Vec<Place> {
        let (had, new): (Vec<Place>, Vec<Place>) =
            places.into_iter().partition(|place| self.had.contains(place));
        if !new.is_empty() || had.is_empty() {
            self.had.extend(new.iter().cloned());
            return new;
        }
        self.at = (self.at + 1) % had.len();
        had.into_iter().nth(self.at).into_iter().collect()
    }
}

/// Reads the shared bookkeeping.
pub(super) struct Reader {
    pub(super) observer: Arc<dyn Observer>,
    pub(super) policy: Arc<Policy>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: Queue,
    pub(super) newest: watch::Receiver<Option<Arc<Fleet>>>,
    pub(super) nudges: mpsc::UnboundedReceiver<Nudge>,
}

impl Reader {
    /// Reads until nobody looks any more.
    pub(super) async fn run(mut self) {
        let mut due = clock::monotonic();
        let mut turns = Turns::default();
        while let Some(first) = self.nudges.recv().await {
            let mut now = first == Nudge::Now;
            while let Ok(next) = self.nudges.try_recv() {
                now |= next == Nudge::Now;
            }
            if now || clock::monotonic() >= due {
                let places = self.places();
                let places = if now { places } else { turns.next(places) };
                let pause = self.read(places).await;
                due = clock::monotonic() + pause;
            }
        }
    }

    /// Reads these places, and says how long to pause.
    async fn read(&self, places: Vec<Place>) -> Duration {
        let read = |place: Place| async {
            let answer = engine::read_claims(&*self.observer, &place).await;
            (place, answer)
        };
        let answers = join_all(places.into_iter().map(read)).await;
        let mut pause = Duration::ZERO;
        for (place, answer) in answers {
            pause = match &answer {
                Ok(claims) => pause + EACH * u32::try_from(1 + claims.len()).unwrap_or(u32::MAX),
                Err(_) => pause.max(AFTER_FAILURE),
            };
            let asks = answer.is_ok() && self.asks_two(&place);
            self.tell(place.clone(), answer).await;
            if asks {
                self.tell_waiting(place).await;
                pause += EACH;
            }
        }
        pause
    }

    /// Whether a cluster of a place asks for two persons: only then plans can wait there.
    fn asks_two(&self, place: &Place) -> bool {
        let newest = self.newest.borrow();
        let clusters = newest.iter().flat_map(|fleet| &fleet.clusters);
        clusters
            .filter(|cluster| cluster.id.place == *place)
            .any(|cluster| self.policy.two_people(&cluster.id))
    }

    /// Reads which plans wait for a second person. Where that cannot be read, those that were known still wait.
    async fn tell_waiting(&self, place: Place) {
        match engine::second::read_asked(&*self.observer, &place, self.clock.now()).await {
            Ok(asked) => {
                let _ended = self.queue.send(Message::Asked { place, asked }.into()).await;
            }
            Err(failure) => tracing::warn!("{failure}"),
        }
    }

    /// Places with a cluster whose lease is kept where it can be read.
    fn places(&self) -> Vec<Place> {
        let newest = self.newest.borrow();
        let Some(fleet) = newest.as_ref() else { return Vec::new() };
        let leased = |place: &Place| {
            let mut here = fleet.clusters.iter().filter(|cluster| cluster.id.place == *place);
            here.any(|cluster| self.policy.lease(&cluster.id) != LeaseStore::None)
        };
        fleet.places.iter().filter(|place| leased(place)).cloned().collect()
    }

    async fn tell(&self, place: Place, answer: Result<Vec<Claim>, Failure>) {
        let unread = match answer {
            Ok(claims) => {
                let (ledger, place) = (Arc::clone(&self.ledger), place.clone());
                aside(move || ledger.hear(place, claims)).await;
                None
            }
            Err(failure) => {
                tracing::warn!("{failure}");
                Some(failure.why)
            }
        };
        // Whoever does not listen any more needs no message.
        let _ended = self.queue.send(Message::Bookkeeping { place, unread }.into()).await;
    }
}

#[cfg(test)]
mod tests;
