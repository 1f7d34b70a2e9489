//! What is written down of a build of this machine, so that any later flightdeck on it finds the build again; and what
//! follows from it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::heard::Heard;
use super::store::Machine;
use crate::fleet::{Place, Region, Text};
use crate::plan::{BuildPhase, BuildState, StartBuild};

/// What was to be started: written before it was.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) at: Timestamp,
    pub(super) place: Place,
    pub(super) machine: Machine,
    pub(super) call: StartBuild,
}

/// The process that leads the group of everything it started.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// When it began, in the machine's words: another process of the same id is not it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<String>,
}

/// Why it was interrupted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Why {
    /// Somebody asked for it.
    Asked,
    /// It took longer than it may.
    Limit,
}

/// That it was interrupted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Stop {
    pub(super) at: Timestamp,
    pub(super) why: Why,
    /// Whether it had to be killed, and so could not clean up.
    #[serde(default)]
    pub(super) killed: bool,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Status {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signal: Option<i32>,
}

/// How the build ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) at: Timestamp,
    /// `None`: it ended while nobody watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    pub(super) heard: Heard,
}

impl Begun {
    /// Whether it has had all its time.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let limit = i64::try_from(self.call.limit).unwrap_or(i64::MAX);
        now.duration_since(self.at) > SignedDuration::from_secs(limit)
    }

    /// A build that goes on.
    pub(super) fn running(&self, doing: Option<String>, stop: Option<&Stop>) -> BuildState {
        let doing = doing.unwrap_or_else(|| "started".into());
        let says = match stop {
            None => doing,
            Some(_) => format!("interrupted, cleaning up: {doing}"),
        };
        BuildState::running(Text::new(one_line(&says)), Some(self.at))
    }

    /// A build that ended, as it concerns a region.
    pub(super) fn ended(&self, end: &End, stop: Option<&Stop>, region: &Region) -> BuildState {
        let heard = &end.heard;
        let picked = heard.pick(region).and_then(|(image, copies)| match &self.call.parent {
            Some(parent) if *parent == image => Err(format!("it told of {image}, which it was built on")),
            _ => Ok((image, copies)),
        });
        let exit = end.status.map(|status| status.code == Some(0));
        let believed = match exit {
            Some(well) => well,
            None => stop.is_none() && heard.error.is_none(),
        };
        if let (true, Ok((image, copies))) = (believed, &picked) {
            let says = match exit {
                Some(_) => String::new(),
                None => "it ended while nobody watched, and its exit status is not known".into(),
            };
            return BuildState {
                phase: BuildPhase::Succeeded,
                says: says.into(),
                since: Some(self.at),
                image: Some(image.clone()),
                copies: copies.clone(),
            };
        }
        let made = picked.as_ref().ok().map(|(image, _)| format!("; it had told of {image}"));
        let made = made.unwrap_or_default();
        let why = end.why(picked.err());
        let (phase, says) = match stop {
            Some(stop) => {
                let killed = if stop.killed {
                    "; it did not end by itself and was killed: look for what it left"
                } else {
                    ""
                };
                match stop.why {
                    Why::Asked => (BuildPhase::Stopped, format!("interrupted{made}{killed}")),
                    Why::Limit => {
                        let limit = in_words(self.call.limit);
                        (
                            BuildPhase::Failed,
                            format!("took longer than {limit} and was interrupted{made}{killed}"),
                        )
                    }
                }
            }
            None => (BuildPhase::Failed, why),
        };
        BuildState::ended(phase, Text::new(one_line(&says)), Some(self.at))
    }
}

impl End {
    /// Why a build failed that nobody stopped.
    fn why(&self, no_image: Option<String>) -> String {
        let Heard { error, last, .. } = &self.heard;
        let said = error.as_ref().or(Some(last).filter(|last| !last.is_empty()));
        let said = said.map(|said| format!(": {}", said.raw())).unwrap_or_default();
        match self.status {
            Some(Status { code: Some(0), .. }) => no_image
                .map_or_else(|| format!("it ended well{said}"), |why| format!("it ended well, but {why}")),
            Some(Status { code: Some(code), .. }) => format!("it ended with status {code}{said}"),
            Some(Status { signal: Some(signal), .. }) => format!("it was ended by signal {signal}{said}"),
            _ if error.is_some() => format!("it ended while nobody watched{said}"),
            _ => {
                let why = no_image.unwrap_or_else(|| "its last words cannot be trusted".into());
                format!("it ended while nobody watched, and {why}{said}")
            }
        }
    }
}

/// Most characters of what is said in one line.
const WIDEST: usize = 300;

fn one_line(says: &str) -> String {
    let mut line: String =
        says.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).take(WIDEST).collect();
    if says.chars().nth(WIDEST).is_some() {
        line.push('…');
    }
    line
}

/// A time as a person says it.
fn in_words(seconds: u64) -> String {
    match seconds {
        3_600.. if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        60.. if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
