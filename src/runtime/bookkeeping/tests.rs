//! A store that counts, on a paused clock.

use std::sync::Mutex;

use async_trait::async_trait;
use tokio::time::Instant;

use super::*;
use crate::fleet::builders::read_at;
use crate::fleet::{Identity, Scope};
use crate::plan::{Resource, State};
use crate::provider::{Entries, EntryName, FailureKind};
use crate::runtime::cycle::Arrival;

/// A store without entries, that can be read or not, and the seconds at which it was asked.
struct Store {
    began: Instant,
    closed: Mutex<bool>,
    asked: Mutex<Vec<u64>>,
}

#[async_trait]
impl Observer for Store {
    async fn identity(&self) -> Result<Identity, Failure> {
        Err(denied())
    }

    async fn observe(&self, _scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        Err(denied())
    }

    async fn state(&self, _place: &Place, _resource: &Resource) -> Result<State, Failure> {
        Err(denied())
    }

    async fn entries(&self, _place: &Place, _names: &[EntryName]) -> Result<Entries, Failure> {
        Err(denied())
    }

    async fn entries_under(&self, _place: &Place, _prefix: &EntryName) -> Result<Entries, Failure> {
        self.asked.lock().unwrap().push(self.began.elapsed().as_secs());
        let closed = *self.closed.lock().unwrap();
        if closed { Err(denied()) } else { Ok(Entries { server_time: None, found: [].into() }) }
    }

    fn calls_last_minute(&self) -> u32 {
        0
    }
}

fn denied() -> Failure {
    Failure {
        what: "read leases".into(),
        why: "ops may not call ssm:GetParametersByPath".into(),
        remedy: String::new(),
        action: None,
        kind: FailureKind::Denied,
        maybe_applied: false,
    }
}

struct Site {
    store: Arc<Store>,
    nudges: mpsc::UnboundedSender<Nudge>,
    arrivals: mpsc::Receiver<Arrival>,
    _newest: watch::Sender<Option<Arc<Fleet>>>,
    _home: tempfile::TempDir,
}

impl Site {
    /// A reader of a store, before a fleet that was seen.
    fn new(closed: bool) -> Self {
        let fleet = crate::app::fixture::fleet_of(&crate::app::fixture::world(), read_at());
        Self::before(fleet, closed)
    }

    fn before(fleet: Fleet, closed: bool) -> Self {
        let store = Arc::new(Store {
            began: clock::monotonic(),
            closed: Mutex::new(closed),
            asked: Mutex::default(),
        });
        let (newest, seen) = watch::channel(Some(Arc::new(fleet)));
        let (nudges, heard) = mpsc::unbounded_channel();
        let (queue, arrivals) = mpsc::channel(1000);
        let home = tempfile::tempdir().unwrap();
        let reader = Reader {
            observer: store.clone(),
            policy: Arc::default(),
            ledger: Arc::new(Ledger::new(home.path().to_owned(), true)),
            clock: Arc::new(crate::runtime::testing::Paused::new()),
            queue,
            newest: seen,
            nudges: heard,
        };
        tokio::runtime::Handle::current().spawn(reader.run());
        Self { store, nudges, arrivals, _newest: newest, _home: home }
    }

    /// A look comes back, so many times, ten seconds apart.
    async fn looks(&self, times: u32) {
        for _ in 0..times {
            self.nudges.send(Nudge::Looked).unwrap();
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    }

    fn asked(&self) -> Vec<u64> {
        self.store.asked.lock().unwrap().clone()
    }

    /// What was told of the place, one after the other.
    fn told(&mut self) -> Vec<Option<String>> {
        let mut told = Vec::new();
        while let Ok(arrival) = self.arrivals.try_recv() {
            match arrival {
                Arrival::Message(Message::Bookkeeping { unread, .. }) => told.push(unread),
                other => panic!("{other:?}"),
            }
        }
        told
    }
}

#[tokio::test(start_paused = true)]
async fn what_others_do_is_read_with_every_look() {
    let mut site = Site::new(false);
    site.looks(3).await;
    assert_eq!(site.asked(), [0, 10, 20]);
    assert_eq!(site.told(), [None, None, None]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_read_is_told_as_unknown_and_asked_seldom() {
    let mut site = Site::new(true);
    site.looks(8).await;
    assert_eq!(site.asked(), [0, 60]);
    assert!(site.told().iter().all(|unread| unread.as_ref().is_some_and(|why| why.contains("ssm:"))));
    *site.store.closed.lock().unwrap() = false;
    site.looks(6).await;
    assert_eq!(site.told(), [None, None], "it is back");
}

#[tokio::test(start_paused = true)]
async fn what_is_decided_on_is_read_at_once() {
    let site = Site::new(true);
    site.looks(1).await;
    site.nudges.send(Nudge::Now).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(site.asked(), [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn however_many_places_there_are_the_background_reads_at_most_seven_a_minute() {
    let mut fleet = crate::app::fixture::fleet_of(&crate::app::fixture::world(), read_at());
    let clusters = fleet.clusters.clone();
    for n in 0..20 {
        let place = Place { account: "123456789012".into(), region: format!("moon-{n}").as_str().into() };
        fleet.places.push(place.clone());
        fleet.clusters.extend(clusters.iter().cloned().map(|mut cluster| {
            cluster.id.place = place.clone();
            cluster
        }));
    }
    let site = Site::before(fleet, false);
    site.looks(1).await;
    let first = site.asked().len();
    assert!(first > 20, "all of them at the beginning: {first}");
    site.looks(120).await;
    let later = site.asked().split_off(first);
    assert!(later.len() > 60, "{}", later.len());
    for begun in &later {
        let minute = later.iter().filter(|at| (*begun..begun + 60).contains(*at)).count();
        assert!(minute <= 7, "{minute} in the minute from {begun} s");
    }
}
