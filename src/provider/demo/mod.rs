//! The simulated fleet: a small world that lives by its seed and by the clock it is given, and takes the same calls as
//! the real cloud.
//!
//! The same seed and the same clock give the same fleet, however often it is looked at: time is passed in, everything
//! random hangs on the seed, and what happens between two looks happens at its own moment. No task runs and nothing
//! sleeps. `world` is what there is, `cast` who plays, `life` what happens, `facts` what is told, `calls` what is
//! taken, `cloudwatch` what is watched, `weather` what goes wrong.

mod ask;
mod builds;
mod calls;
mod cast;
mod chance;
mod cloudwatch;
mod crowd;
mod facts;
mod hands;
mod launch;
mod life;
mod look;
mod loose;
mod phase;
mod rebalance;
mod recipes;
mod refresh;
mod register;
mod replacing;
mod seed;
mod state;
mod traffic;
mod weather;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

pub use cast::DEFAULT_INSTANCES;
pub use cloudwatch::watched_clusters;
pub use hands::Foreign;
pub use recipes::recipes;
pub use weather::{BuildFate, Fate, Sent, Weather};

use super::{Clock, Created, Entries, EntryName, Failure, FailureKind, Observer, Operator, Register};
use crate::fleet::{BuildId, Cursor, Facts, Fleet, Identity, Naming, Place, Scope, Tail, Text, assemble};
use crate::plan::{self, BuildKey, Call, Receipt, Resource};
use look::Memory;
use world::World;

/// The seed where none is given.
pub const DEFAULT_SEED: u64 = 7;

/// What a simulated fleet is made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Everything random follows from it.
    pub seed: u64,
    /// Instances at the start.
    pub instances: usize,
    /// Whether instances fail and people change things by themselves. Without it only what is under way goes on.
    pub lively: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: DEFAULT_SEED, instances: DEFAULT_INSTANCES, lively: true }
    }
}

/// A simulated cloud account with its fleet.
pub struct Demo {
    clock: Arc<dyn Clock>,
    naming: Naming,
    state: Mutex<State>,
}

struct State {
    world: World,
    memory: Memory,
    weather: Weather,
    sent: Vec<Sent>,
    last: Option<Arc<Fleet>>,
    register: register::Entered,
}

impl Demo {
    /// Sets up a fleet whose time begins now, by the clock it is given.
    pub fn new(options: Options, naming: Naming, clock: Arc<dyn Clock>) -> Self {
        let mut world = cast::world(options.seed, options.instances, clock.now());
        world.mishaps = options.lively;
        world.hands = options.lively;
        let state = State {
            world,
            memory: Memory::default(),
            weather: Weather::default(),
            sent: Vec::new(),
            last: None,
            register: register::Entered::default(),
        };
        Self { clock, naming, state: Mutex::new(state) }
    }

    /// Everything there is, freshly seen, before clusters are found in it.
    pub fn facts(&self) -> Vec<Facts> {
        let (state, at) = self.now();
        let mut memory = Memory::default();
        memory.look(&state.world, &state.weather, &self.naming, &Scope::Complete, &|_| None, at);
        memory.facts
    }

    /// Changes what becomes of calls and looks from now on.
    pub fn weather(&self, change: impl FnOnce(&mut Weather)) {
        change(&mut self.lock().weather);
    }

    /// Lets somebody else change something now; `false` where there is no such thing.
    pub fn meddle(&self, place: &Place, foreign: &Foreign) -> bool {
        let (mut state, _) = self.now();
        let now = state.world.now;
        state.world.region(place).is_some_and(|region| state.world.meddle(region, foreign, now))
    }

    /// Nobody here knows of a build any more, as of one that ran on another machine.
    pub fn forget_build(&self, place: &Place, build: &BuildId) {
        let (mut state, _) = self.now();
        if let Some(region) = state.world.region(place) {
            state.world.regions[region].builds.remove(build);
        }
    }

    /// Every change that was sent, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What a panicking test left behind is still a world.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world, lived up to now.
    fn now(&self) -> (MutexGuard<'_, State>, Timestamp) {
        let at = self.clock.now();
        let mut state = self.lock();
        let now = state.world.moment(at);
        state.world.silent = state.weather.silent;
        state.world.advance(now);
        (state, at)
    }

    fn who() -> Identity {
        Identity {
            account: seed::ACCOUNT.into(),
            arn: Text::new(format!("arn:aws:sts::{}:assumed-role/on-call/demo", seed::ACCOUNT)),
        }
    }
}

impl State {
    fn region(&self, place: &Place, what: &str) -> Result<usize, Failure> {
        self.world.region(place).ok_or_else(|| {
            let why = format!("the simulated fleet has nothing in {place}");
            Failure::new(FailureKind::NotFound, what, why, "choose one of its regions")
        })
    }

    fn outage(&self, what: &str) -> Result<(), Failure> {
        self.weather.outage.map_or(Ok(()), |kind| Err(weather::failure(kind, what)))
    }
}

#[async_trait]
impl Observer for Demo {
    async fn identity(&self) -> Result<Identity, Failure> {
        let (mut state, at) = self.now();
        state.outage("GetCallerIdentity")?;
        state.memory.count(at, 1);
        Ok(Self::who())
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        let (mut state, at) = self.now();
        state.outage("observe the fleet")?;
        let State { world, memory, weather, last, .. } = &mut *state;
        let newer = memory.look(world, weather, &self.naming, scope, &|id| last.as_ref()?.cluster(id), at);
        if let Some(last) = last.as_ref().filter(|_| !newer) {
            return Ok(last.clone());
        }
        let fleet = Arc::new(assemble(&memory.facts, &self.naming, Some(Self::who()), at));
        *last = Some(fleet.clone());
        Ok(fleet)
    }

    async fn state(&self, place: &Place, resource: &Resource) -> Result<plan::State, Failure> {
        let what = format!("read {resource}");
        let (mut state, at) = self.now();
        state.outage(&what)?;
        state.memory.count(at, state::calls(resource));
        let region = state.region(place, &what)?;
        state.world.regions[region]
            .state(resource, state.world.now)
            .ok_or_else(|| Failure::new(FailureKind::NotFound, what, "it is not there", "look again"))
    }

    async fn entries(&self, _place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        let (mut state, at) = self.now();
        state.outage("read bookkeeping")?;
        state.memory.count(at, 1);
        Ok(state.register.read(at, |name| names.contains(name)))
    }

    async fn entries_under(&self, _place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        let (mut state, at) = self.now();
        state.outage("list bookkeeping")?;
        state.memory.count(at, 1);
        Ok(state.register.read(at, |name| name.is_under(prefix)))
    }

    async fn follow(&self, place: &Place, build: &BuildKey, from: &Cursor) -> Result<Tail, Failure> {
        let what = format!("read the log of {}", build.id);
        let (mut state, at) = self.now();
        state.outage(&what)?;
        state.memory.count(at, state::calls(&Resource::Build(build.clone())));
        let region = state.region(place, &what)?;
        state.world.regions[region]
            .log(build, from, state.world.now)
            .ok_or_else(|| Failure::new(FailureKind::NotFound, what, "nobody here keeps it", ""))
    }

    fn calls_last_minute(&self) -> u32 {
        let at = self.clock.now();
        self.lock().memory.calls(at)
    }
}

#[async_trait]
impl Operator for Demo {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        let what = format!("{} {}", call.operation(), call.resource());
        let (mut state, at) = self.now();
        state.outage(&what)?;
        state.memory.count(at, 1);
        let region = state.region(place, &what)?;
        let now = state.world.now;
        let fate = state.weather.changes.pop_front().unwrap_or(Fate::Well);
        if matches!(call, Call::StartBuild(_)) {
            state.world.next_build = state.weather.builds.pop_front();
        }
        let lost = || Failure { maybe_applied: true, ..weather::failure(FailureKind::TimedOut, &what) };
        let answer = match &fate {
            Fate::Refused(kind) => Err(weather::failure(*kind, &what)),
            Fate::Lost => Err(lost()),
            Fate::Well | Fate::Unanswered | Fate::Overtaken(_) => {
                calls::apply(&mut state.world, region, call, now)
            }
        };
        let applied = answer.is_ok();
        state.sent.push(Sent { at, place: place.clone(), call: call.clone(), applied });
        let actions = answer?;
        match &fate {
            Fate::Unanswered => return Err(lost()),
            Fate::Overtaken(foreign) => drop(state.world.meddle(region, foreign, now)),
            Fate::Well | Fate::Refused(_) | Fate::Lost => {}
        }
        let nth = state.sent.len() as u64;
        let request_id = Some(Text::new(state.world.chance.uuid("request", nth)));
        Ok(Receipt { request_id, actions })
    }
}

#[async_trait]
impl Register for Demo {
    async fn create(&self, _place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure> {
        let (mut state, at) = self.now();
        state.outage("PutParameter")?;
        state.memory.count(at, 1);
        Ok(state.register.create(name, value, at))
    }

    async fn put(&self, _place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure> {
        let (mut state, at) = self.now();
        state.outage("PutParameter")?;
        state.memory.count(at, 1);
        Ok(state.register.put(name, value, at))
    }

    async fn delete(&self, _place: &Place, name: &EntryName) -> Result<(), Failure> {
        let (mut state, at) = self.now();
        state.outage("DeleteParameter")?;
        state.memory.count(at, 1);
        state.register.delete(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
