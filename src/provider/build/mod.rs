//! Image builders that run on this machine: Packer and other programs, in front of any cloud.
//!
//! A [`Workshop`] answers for their builds itself and hands everything else on. A build outlives flightdeck: whatever
//! is known of it is in its folder, and a later one on the same machine goes on from there. It is never started twice.

mod command;
mod heard;
mod log;
mod packer;
mod process;
mod record;
mod store;
mod watch;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use store::{BuildStore, Machine, Part};

use self::log::Log;
use self::record::{Begun, Why};
use self::watch::Watched;
use super::{Clock, Entries, EntryName, Failure, FailureKind, Observer, Operator};
use crate::fleet::{Actions, BuildId, Cursor, Fleet, Identity, Place, Scope, SourceArn, Tail};
use crate::plan::{BuildKey, Builder, Call, Program, Receipt, Resource, StartBuild, State};

/// How often a program that was interrupted is looked at.
const POLL: Duration = Duration::from_millis(200);
/// How long it may clean up before it is killed: Packer ends its instance, and waits for that.
const GRACE: Duration = Duration::from_mins(10);
/// How long what it started may outlive a program that was interrupted.
const LEFT_OVER: Duration = Duration::from_secs(15);
/// How long the system may take to end what was killed.
const KILLED: Duration = Duration::from_mins(1);

/// A cloud with a workshop of this machine in front of it.
pub struct Workshop {
    observer: Arc<dyn Observer>,
    /// Never there in a read-only session: it starts nothing, stops nothing and writes nothing down.
    operator: Option<Arc<dyn Operator>>,
    store: Arc<dyn BuildStore>,
    clock: Arc<dyn Clock>,
    /// Variables of the environment that programs are not given.
    withheld: Vec<OsString>,
    watched: Mutex<BTreeMap<BuildId, Watched>>,
}

impl Workshop {
    /// Sets it up in front of a cloud. `withheld`: the variables that hold secrets of AWS.
    pub fn new(
        observer: Arc<dyn Observer>,
        operator: Option<Arc<dyn Operator>>,
        store: Arc<dyn BuildStore>,
        clock: Arc<dyn Clock>,
        withheld: Vec<OsString>,
    ) -> Self {
        Self { observer, operator, store, clock, withheld, watched: Mutex::default() }
    }

    fn log<'a>(&'a self, key: &'a BuildKey) -> Log<'a> {
        Log { store: self.store.as_ref(), build: &key.id, by: &key.by }
    }

    fn start(&self, place: &Place, start: &StartBuild, program: &Program) -> Result<Receipt, Failure> {
        let what = format!("start build {}", start.build);
        let refused = |why: String, remedy: String| {
            Failure::new(FailureKind::Refused, what.as_str(), cleaned(&why), cleaned(&remedy))
        };
        process::check(program).map_err(|why| refused(why, "plan again".into()))?;
        if let Some(folder) = program.folder.as_ref().filter(|folder| !self.store.is_folder(folder)) {
            let why = format!("there is no folder {folder}, where it is to run");
            return Err(refused(why, "give a folder that is there in the configuration".into()));
        }
        self.store.let_programs_be_interrupted().map_err(|error| {
            refused(
                format!("no program is started that could not be stopped in good order: {error}"),
                String::new(),
            )
        })?;
        let begun = Begun {
            at: self.clock.now(),
            place: place.clone(),
            machine: self.store.machine(),
            call: start.clone(),
        };
        let unwritten = |error: &std::io::Error| {
            refused(
                format!("nothing is started, because it cannot be written down: {error}"),
                "mend the state folder".into(),
            )
        };
        let written = serde_json::to_vec(&begun).map_err(std::io::Error::from);
        let made = written.and_then(|begun| self.store.make(&start.build, &begun));
        if !made.map_err(|error| unwritten(&error))? {
            return Err(refused(
                "there is a build of this name, and none is started twice".into(),
                String::new(),
            ));
        }
        let child = match self.store.log_to_write(&start.build) {
            Ok(log) => process::start(program, log, &self.withheld).map_err(|error| {
                let (why, remedy) = process::not_started(program, &error);
                refused(why, remedy)
            }),
            Err(error) => Err(unwritten(&error)),
        };
        match child {
            Ok(child) => {
                self.began(&start.build, child);
                Ok(Receipt { request_id: None, actions: Vec::new() })
            }
            Err(failure) => {
                // What is left of it says that nothing tells of a process, which is as true.
                let _best_effort = self.store.discard(&start.build);
                Err(failure)
            }
        }
    }

    /// Interrupts it once, and waits for its end.
    async fn stop(&self, key: &BuildKey) -> Result<Receipt, Failure> {
        let from = self.clock.now();
        loop {
            let seen = self.look(key)?;
            if seen.end.is_some() {
                return Ok(Receipt { request_id: None, actions: Vec::new() });
            }
            if seen.stop.is_none() {
                self.interrupt(key, Why::Asked)?;
            }
            if passed(from, self.clock.now(), GRACE + LEFT_OVER + KILLED) {
                let why = "it was interrupted and killed, and has not ended";
                let failure = Failure::new(FailureKind::TimedOut, format!("stop build {}", key.id), why, "");
                return Err(Failure { maybe_applied: true, ..failure });
            }
            self.clock.sleep(POLL).await;
        }
    }
}

/// Whether more than this time has passed.
fn passed(from: Timestamp, now: Timestamp, time: Duration) -> bool {
    Duration::try_from(now.duration_since(from)).is_ok_and(|passed| passed > time)
}

fn cleaned(text: &str) -> String {
    crate::fleet::clean(text).into_owned()
}

#[async_trait]
impl Observer for Workshop {
    async fn identity(&self) -> Result<Identity, Failure> {
        self.observer.identity().await
    }

    async fn places(&self) -> Result<Vec<Place>, Failure> {
        self.observer.places().await
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        self.observer.observe(scope).await
    }

    async fn state(&self, place: &Place, resource: &Resource) -> Result<State, Failure> {
        match resource {
            Resource::Build(key) if key.by.is_local() => {
                let seen = self.look(key)?;
                Ok(State::Build(match &seen.end {
                    Some(end) => seen.begun.ended(end, seen.stop.as_ref(), &place.region),
                    // A log that cannot be read is no reason not to tell that it goes on.
                    None => seen.begun.running(self.log(key).step().unwrap_or_default(), seen.stop.as_ref()),
                }))
            }
            _ => self.observer.state(place, resource).await,
        }
    }

    async fn actions(&self, place: &Place, source: &SourceArn) -> Result<Actions, Failure> {
        self.observer.actions(place, source).await
    }

    async fn entries(&self, place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        self.observer.entries(place, names).await
    }

    async fn entries_under(&self, place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        self.observer.entries_under(place, prefix).await
    }

    async fn follow(&self, place: &Place, build: &BuildKey, from: &Cursor) -> Result<Tail, Failure> {
        if !build.by.is_local() {
            return self.observer.follow(place, build, from).await;
        }
        let over = self.look(build)?.end.is_some();
        self.log(build).part(from, over).map_err(|error| watch::unread(&build.id, &error))
    }

    fn calls_last_minute(&self) -> u32 {
        self.observer.calls_last_minute()
    }
}

#[async_trait]
impl Operator for Workshop {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        let Some(operator) = &self.operator else {
            let what = format!("{} on {}", call.operation(), call.resource());
            return Err(Failure::new(FailureKind::Refused, what, "this session is read-only", ""));
        };
        match call {
            Call::StartBuild(start) => match &start.builder {
                Builder::Packer(program) | Builder::Command(program) => self.start(place, start, program),
                Builder::CodeBuild(_) | Builder::ImageBuilder(_) => operator.apply(place, call).await,
            },
            Call::StopBuild(stop) if stop.build.by.is_local() => self.stop(&stop.build).await,
            _ => operator.apply(place, call).await,
        }
    }
}
