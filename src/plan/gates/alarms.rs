//! The CloudWatch alarms that the cluster's configuration names are quiet.

use super::{CLOUDWATCH_LAG, Gate, Reading, Watched};
use crate::fleet::{Alarm, AlarmState, Section, Text};

pub(super) const GATE: Gate = Gate {
    name: "alarms",
    lag: CLOUDWATCH_LAG,
    check: |watched| Reading::of_all(watched.alarms.iter().map(|name| alarm(watched, name))),
};

fn alarm(watched: &Watched<'_>, name: &Text) -> Reading {
    let Some(seen) = watched.fleet.alarm(watched.place, name) else {
        return watched.unread(Section::Alarms, &format!("the state of alarm {name} was not read"));
    };
    match (watched.too_old(seen.at), &seen.value.state) {
        (Some(age), _) => Reading::NoData(format!("the state of alarm {name} is {age}")),
        (None, AlarmState::Ok) => Reading::Good(format!("{name} is OK")),
        (None, AlarmState::Alarm) => Reading::Bad(in_alarm(name, &seen.value)),
        (None, AlarmState::InsufficientData) => Reading::NoData(format!("alarm {name} has not enough data")),
        (None, AlarmState::NotThere) => Reading::NoData(format!("there is no alarm {name}")),
        (None, AlarmState::Other(word)) => {
            Reading::NoData(format!("alarm {name} says {word}, which flightdeck does not know"))
        }
    }
}

/// An alarm that has gone off, with AWS's reason as far as it fits into a sentence.
pub(in crate::plan) fn in_alarm(name: &Text, alarm: &Alarm) -> String {
    /// AWS lists every value that crossed a threshold.
    const REASON: usize = 120;
    let reason = alarm.reason.as_ref().map(ToString::to_string).unwrap_or_default();
    match reason.char_indices().nth(REASON) {
        _ if reason.is_empty() => format!("alarm {name} is in ALARM"),
        None => format!("alarm {name} is in ALARM: {reason}"),
        Some((end, _)) => format!("alarm {name} is in ALARM: {}…", &reason[..end]),
    }
}
