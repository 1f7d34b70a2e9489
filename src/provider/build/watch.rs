//! Looks after builds of this machine: whether the process is there, how it ended, whether it has had its time.
//!
//! A look takes no longer than reading a few small files. Only a session that may write interrupts what had its time,
//! kills what does not end, and writes down what it found.

use std::collections::BTreeMap;
use std::io;
use std::process::Child;
use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::record::{Begun, End, Process, Status, Stop, Why};
use super::store::Part;
use super::{GRACE, LEFT_OVER, Workshop, passed, process};
use crate::fleet::BuildId;
use crate::plan::BuildKey;
use crate::provider::{Failure, FailureKind};

/// A process that this workshop saw alive.
#[derive(Default)]
pub(super) struct Watched {
    /// Its own child, until its end is known.
    child: Option<Child>,
    pid: Option<u32>,
    /// When and how it ended.
    ended: Option<(Option<Status>, Timestamp)>,
    /// That it was interrupted, where that could not be written down.
    stop: Option<Stop>,
}

/// A build as it was found.
pub(super) struct Seen {
    pub(super) begun: Begun,
    pub(super) stop: Option<Stop>,
    /// `None`: it goes on.
    pub(super) end: Option<End>,
}

/// The process that leads it.
enum Leader {
    Runs,
    Ended(Option<Status>, Timestamp),
}

impl Workshop {
    /// Takes in a program that was just started.
    pub(super) fn began(&self, build: &BuildId, child: Child) {
        let pid = child.id();
        let process = Process { pid, mark: self.store.mark(pid) };
        // Where it cannot be written, the lock on the log tells of it.
        let _best_effort = self.write(build, Part::Process, &process);
        self.all_watched()
            .insert(build.clone(), Watched { child: Some(child), pid: Some(pid), ..Watched::default() });
    }

    /// How far a build is.
    pub(super) fn look(&self, key: &BuildKey) -> Result<Seen, Failure> {
        let begun: Begun = self
            .read(&key.id, Part::Begun)?
            .filter(|begun: &Begun| begun.call.key() == *key)
            .ok_or_else(|| {
                let why = "no build of this name was started on this machine by this user";
                Failure::new(FailureKind::NotFound, format!("read build {}", key.id), why, "")
            })?;
        let mut all = self.all_watched();
        let known = all.get(&key.id);
        let ours = known.is_some_and(|watched| watched.child.is_some());
        let stop = match known.and_then(|watched| watched.stop) {
            Some(stop) => Some(stop),
            None => self.read(&key.id, Part::Stop)?,
        };
        if let (false, Some(end)) = (ours, self.read(&key.id, Part::End)?) {
            all.remove(&key.id);
            return Ok(Seen { begun, stop, end: Some(end) });
        }
        let leader = self.leader(&mut all, &key.id, &begun)?;
        drop(all);
        match leader {
            Leader::Runs => {
                let stop = if self.operator.is_some() { self.had_its_time(key, &begun, stop) } else { stop };
                Ok(Seen { begun, stop, end: None })
            }
            Leader::Ended(_, at) if stop.is_some() && self.is_something_left(&key.id, at) => {
                Ok(Seen { begun, stop, end: None })
            }
            Leader::Ended(status, at) => {
                let heard =
                    self.log(key).result(status.is_some()).map_err(|error| unread(&key.id, &error))?;
                let end = End { at, status, heard };
                if self.operator.is_some() {
                    // Where it cannot be written, it is found out again.
                    let _best_effort = self.write(&key.id, Part::End, &end);
                }
                Ok(Seen { begun, stop, end: Some(end) })
            }
        }
    }

    /// Interrupts it, after writing that down: a second interrupt would make Packer leave everything as it is.
    pub(super) fn interrupt(&self, key: &BuildKey, why: Why) -> Result<Stop, Failure> {
        let stop = Stop { at: self.clock.now(), why, killed: false };
        let pid = self.pid(&key.id)?;
        self.stopped(&key.id, stop);
        process::interrupt(pid).map_err(|error| {
            let (what, why) = (format!("stop build {}", key.id), super::cleaned(&error.to_string()));
            Failure::new(FailureKind::Other, what, why, "")
        })?;
        Ok(stop)
    }

    /// Interrupts a build that had its time, kills one that was interrupted and does not end.
    fn had_its_time(&self, key: &BuildKey, begun: &Begun, stop: Option<Stop>) -> Option<Stop> {
        let now = self.clock.now();
        match stop {
            // Where that fails, it is tried again by the next look.
            None if begun.is_over(now) => self.interrupt(key, Why::Limit).ok(),
            Some(stop) if !stop.killed && passed(stop.at, now, GRACE) => {
                let stop = Stop { killed: true, ..stop };
                if self.pid(&key.id).is_ok_and(|pid| process::kill(pid).is_ok()) {
                    self.stopped(&key.id, stop);
                }
                Some(stop)
            }
            stop => stop,
        }
    }

    /// Whether what a program started is still there after its end: that is waited for, then killed, then let be. Only
    /// of a program that was seen alive: else its number may be another's by now.
    fn is_something_left(&self, build: &BuildId, ended: Timestamp) -> bool {
        let pid = self.all_watched().get(build).and_then(|watched| watched.pid);
        let Some(pid) = pid.filter(|pid| self.operator.is_some() && process::is_left(*pid)) else {
            return false;
        };
        let now = self.clock.now();
        if passed(ended, now, LEFT_OVER) {
            let _is_told_by_the_next_look = process::kill(pid);
        }
        !passed(ended, now, LEFT_OVER * 2)
    }

    fn leader(
        &self,
        all: &mut BTreeMap<BuildId, Watched>,
        build: &BuildId,
        begun: &Begun,
    ) -> Result<Leader, Failure> {
        let now = self.clock.now();
        if let Some(watched) = all.get_mut(build) {
            if let Some((status, at)) = watched.ended {
                return Ok(Leader::Ended(status, at));
            }
            if let Some(child) = &mut watched.child {
                return match child.try_wait() {
                    Ok(None) => Ok(Leader::Runs),
                    Ok(Some(status)) => {
                        watched.child = None;
                        watched.ended = Some((Some(status.into()), now));
                        Ok(Leader::Ended(Some(status.into()), now))
                    }
                    Err(error) => Err(unread(build, &error)),
                };
            }
        }
        let machine = self.store.machine();
        if begun.machine.is_elsewhere(&machine) {
            let why = format!("it runs on the machine {}", super::cleaned(&begun.machine.name));
            let what = format!("read build {build}");
            return Err(Failure::new(FailureKind::Other, what, why, "start flightdeck there"));
        }
        let process: Option<Process> = self.read(build, Part::Process)?;
        let runs = begun.machine.is_still(&machine)
            && match &process {
                Some(Process { pid, mark: Some(mark) }) => self.store.mark(*pid).as_ref() == Some(mark),
                _ => self.store.is_held(build).map_err(|error| unread(build, &error))?,
            };
        if runs {
            let pid = process.map(|process| process.pid);
            all.entry(build.clone()).or_insert(Watched { pid, ..Watched::default() });
            return Ok(Leader::Runs);
        }
        if let Some(watched) = all.get_mut(build) {
            watched.ended = Some((None, now));
        }
        Ok(Leader::Ended(None, now))
    }

    fn pid(&self, build: &BuildId) -> Result<u32, Failure> {
        self.all_watched().get(build).and_then(|watched| watched.pid).ok_or_else(|| {
            let why = "its process is not known: flightdeck ended just as it started it";
            Failure::new(FailureKind::Other, format!("stop build {build}"), why, "end it by hand")
        })
    }

    fn stopped(&self, build: &BuildId, stop: Stop) {
        // An interrupt is worth more than its record.
        let _best_effort = self.write(build, Part::Stop, &stop);
        if let Some(watched) = self.all_watched().get_mut(build) {
            watched.stop = Some(stop);
        }
    }

    fn read<T: DeserializeOwned>(&self, build: &BuildId, part: Part) -> Result<Option<T>, Failure> {
        let bytes = self.store.read(build, part).map_err(|error| unread(build, &error))?;
        let read = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        read.map_err(|error| unread(build, &io::Error::other(format!("{}: {error}", part.file()))))
    }

    fn write(&self, build: &BuildId, part: Part, what: &impl Serialize) -> io::Result<()> {
        self.store.write(build, part, &serde_json::to_vec(what)?)
    }

    fn all_watched(&self) -> MutexGuard<'_, BTreeMap<BuildId, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a build cannot be read.
pub(super) fn unread(build: &BuildId, error: &io::Error) -> Failure {
    let why = super::cleaned(&error.to_string());
    Failure::new(
        FailureKind::Other,
        format!("read build {build}"),
        why,
        "see the folder of builds in the state folder",
    )
}
