//! Leases over a store that loses answers, on clocks that a test moves.

mod holding;
mod taking;
mod telling;

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::poll_fn;
use jiff::{SignedDuration, Timestamp};

use super::head::Head;
use super::{Desk, LIFE, Lease, NotTaken, RENEWAL, claims, names, read_claims};
use crate::fleet::builders::read_at;
use crate::fleet::{ClusterName, Fleet, Identity, Place, Scope};
use crate::plan::tests::{orders, shift};
use crate::plan::{Claim, History, Hold, Plan, Policy, Resource, SessionId, Stand, Who, plan};
use crate::provider::{Clock, Created, Entries, Entry, EntryName, Failure, FailureKind, Observer, Register};

/// What becomes of one write.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fate {
    Well,
    /// It never arrives, and nobody tells.
    Lost,
    /// It is applied, and its answer is lost.
    Unanswered,
    /// It is refused.
    Refused,
    /// It is answered after so many seconds.
    Slow(u64),
}

#[derive(Default)]
pub(in crate::engine) struct State {
    entries: BTreeMap<EntryName, Entry>,
    /// What becomes of the next writes; once it is empty, all is well.
    fates: VecDeque<Fate>,
    /// Reads fail.
    unreadable: bool,
    /// The store tells no time.
    timeless: bool,
    /// What reads do not show yet.
    hidden: Option<EntryName>,
    /// Since the start.
    now: Duration,
    wakes: Vec<Duration>,
    log: Vec<String>,
}

/// A store and its clock, in one.
#[derive(Default)]
pub(in crate::engine) struct Store(Mutex<State>);

impl Store {
    pub(in crate::engine) fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    pub(in crate::engine) fn pass(&self, time: Duration) {
        self.with(|state| state.now += time);
    }

    fn fate(&self, fates: &[Fate]) {
        self.with(|state| state.fates.extend(fates));
    }

    pub(in crate::engine) fn entry(&self, name: &EntryName) -> Option<Entry> {
        self.with(|state| state.entries.get(name).cloned())
    }

    /// Somebody else writes.
    pub(in crate::engine) fn plant(&self, name: &EntryName, value: &str) {
        let at = self.now();
        self.with(|state| {
            let version = state.entries.get(name).map_or(0, |entry| entry.version) + 1;
            state.entries.insert(name.clone(), Entry { value: value.into(), version, modified_at: at });
        });
    }

    pub(in crate::engine) fn writes(&self) -> usize {
        self.with(|state| state.log.len())
    }

    pub(in crate::engine) fn desk(&self) -> Desk<'_> {
        Desk { observer: self, register: self, clock: self }
    }

    /// What becomes of a write, and how long it takes.
    async fn weather(&self, what: String) -> Fate {
        let fate = self.with(|state| {
            state.log.push(what);
            state.fates.pop_front().unwrap_or(Fate::Well)
        });
        if let Fate::Slow(seconds) = fate {
            self.sleep(Duration::from_secs(seconds)).await;
        }
        fate
    }

    fn read(&self, meant: impl Fn(&EntryName) -> bool) -> Result<Entries, Failure> {
        let at = self.now();
        self.with(|state| {
            if state.unreadable {
                return Err(Failure::new(FailureKind::Unreachable, "GetParameters", "no connection", "look"));
            }
            let shown = |name: &&EntryName| meant(name) && state.hidden.as_ref() != Some(*name);
            let found = state.entries.keys().filter(shown);
            let found = found.map(|name| (name.clone(), state.entries[name].clone())).collect();
            Ok(Entries { server_time: (!state.timeless).then_some(at), found })
        })
    }

    /// Runs a future; where it waits, the time passes until it need not.
    pub(in crate::engine) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..100_000 {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
            self.with(|state| {
                let next = state.wakes.iter().copied().filter(|wake| *wake > state.now).min();
                state.now = next.expect("something to wait for");
                let now = state.now;
                state.wakes.retain(|wake| *wake > now);
            });
        }
        panic!("it waits for ever");
    }
}

fn lost(what: &str) -> Failure {
    Failure { maybe_applied: true, ..Failure::new(FailureKind::TimedOut, what, "no answer in time", "look") }
}

#[async_trait]
impl Clock for Store {
    fn now(&self) -> Timestamp {
        read_at() + SignedDuration::try_from(self.monotonic()).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.with(|state| state.now)
    }

    async fn sleep(&self, time: Duration) {
        let until = self.monotonic() + time;
        poll_fn(|_| {
            self.with(|state| {
                if state.now >= until {
                    return Poll::Ready(());
                }
                state.wakes.push(until);
                Poll::Pending
            })
        })
        .await;
    }
}

#[async_trait]
impl Observer for Store {
    async fn identity(&self) -> Result<Identity, Failure> {
        Ok(Identity { account: "123456789012".into(), arn: "arn:aws:iam::1:user/ann".into() })
    }

    async fn observe(&self, _scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        Ok(Arc::new(orders(90, 10).world.fleet()))
    }

    async fn state(&self, _place: &Place, _resource: &Resource) -> Result<crate::plan::State, Failure> {
        Ok(crate::plan::State::Actions(Vec::new()))
    }

    async fn entries(&self, _place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        assert!(names.len() <= Entries::BATCH, "{} names in one call", names.len());
        self.read(|name| names.contains(name))
    }

    async fn entries_under(&self, _place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        self.read(|name| name.is_under(prefix))
    }

    fn calls_last_minute(&self) -> u32 {
        0
    }
}

#[async_trait]
impl Register for Store {
    async fn create(&self, _place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure> {
        let fate = self.weather(format!("create {name}")).await;
        match fate {
            Fate::Refused => return Err(Failure::new(FailureKind::Denied, "PutParameter", "denied", "ask")),
            Fate::Lost => return Err(lost("PutParameter")),
            Fate::Well | Fate::Unanswered | Fate::Slow(_) => {}
        }
        let created = if self.entry(name).is_some() {
            Created::Exists
        } else {
            self.plant(name, value);
            Created::Yes
        };
        if fate == Fate::Unanswered { Err(lost("PutParameter")) } else { Ok(created) }
    }

    async fn put(&self, _place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure> {
        let fate = self.weather(format!("put {name}")).await;
        match fate {
            Fate::Refused => return Err(Failure::new(FailureKind::Denied, "PutParameter", "denied", "ask")),
            Fate::Lost => return Err(lost("PutParameter")),
            Fate::Well | Fate::Unanswered | Fate::Slow(_) => {}
        }
        self.plant(name, value);
        let version = self.entry(name).map_or(0, |entry| entry.version);
        if fate == Fate::Unanswered { Err(lost("PutParameter")) } else { Ok(version) }
    }

    async fn delete(&self, _place: &Place, name: &EntryName) -> Result<(), Failure> {
        self.weather(format!("delete {name}")).await;
        self.with(|state| state.entries.remove(name));
        Ok(())
    }
}

pub(in crate::engine) fn some_plan() -> Plan {
    let orders = orders(90, 10);
    plan(&shift(25), &orders.world.fleet(), &History::default(), &Policy::default(), read_at()).unwrap()
}

pub(in crate::engine) fn who(name: &str) -> Who {
    Who { principal: format!("arn:aws:iam::1:user/{name}").into(), host: format!("{name}s-laptop").into() }
}

fn cluster() -> ClusterName {
    "orders".into()
}

fn head(epoch: u64) -> EntryName {
    names::head(&cluster(), epoch)
}

fn take<'a>(store: &'a Store, name: &str) -> Result<Lease<'a>, NotTaken> {
    let (plan, who, session) = (some_plan(), who(name), SessionId::new(name));
    store.block_on(Lease::take(store.desk(), &plan, &who, &session))
}

fn seen(store: &Store) -> Vec<Claim> {
    store.block_on(read_claims(store, &some_plan().place())).unwrap()
}
