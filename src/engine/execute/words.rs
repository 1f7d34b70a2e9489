//! The executor's sentences.

use std::time::Duration;

use crate::engine::journal::JournalError;
use crate::fleet::{Action, Actions, Fleet, TargetState};
use crate::plan::{Refusal, Steer, WaitFor};
use crate::provider::Failure;

/// The way out of what somebody else changed.
pub(super) const LOOK_AT_IT: &str = "look at the change, then resume if it was put back, or make a new plan";

/// The way out of a write that nobody can tell the end of.
pub(super) const LOOK_WHAT_IS_THERE: &str = "look at what is there: resume goes on from it, or roll back";

/// The way out of an operation that stopped where it is.
pub(super) const WAYS_OUT: &str = "everything stays where it is: resume it, or roll back";

/// The same of one that moves no traffic: AWS carries on what it was told.
pub(super) const WAYS_OUT_OF_A_GROUP: &str =
    "AWS goes on with what it was told: resume it to follow on, or roll it back";

/// A failure with its remedy.
pub(super) fn sentence_of(failure: &Failure) -> Refusal {
    Refusal::new(format!("{}: {}", failure.what, failure.why), failure.remedy.clone())
}

/// A journal that takes no record.
pub(super) fn unwritten(error: &JournalError) -> Refusal {
    Refusal::new(
        error.to_string(),
        "make room, or mend the owner of the state folder; one cockpit writes at a time",
    )
}

/// An order, as the journal tells it.
pub(super) fn order(steer: Steer) -> &'static str {
    match steer {
        Steer::Pause => "paused",
        Steer::Continue => "told to go on",
        Steer::StepNow => "told to take the next step now",
        Steer::Hold => "told to hold",
        Steer::Abort => "told to abort",
    }
}

/// Why the targets that take traffic are not steady yet.
pub(super) fn unsteady(fleet: &Fleet, actions: &Actions) -> Option<String> {
    for (arn, _) in actions.iter().flat_map(Action::weights).filter(|(_, weight)| *weight > 0) {
        let name = arn.name();
        let Some(health) = fleet.target_groups.get(&arn).and_then(|group| group.health.as_ref()) else {
            return Some(format!("the health of the targets of {name} is unknown"));
        };
        let of = |state: &TargetState| health.value.iter().filter(|target| target.state == *state).count();
        let (healthy, initial, unhealthy) =
            (of(&TargetState::Healthy), of(&TargetState::Initial), of(&TargetState::Unhealthy));
        if initial > 0 {
            return Some(format!("{initial} of {} targets of {name} are initial", health.value.len()));
        }
        if healthy == 0 {
            return Some(format!("no target of {name} is healthy ({unhealthy} unhealthy)"));
        }
    }
    None
}

/// What a wait without trouble waits for, and how long.
pub(super) fn left(what: Option<WaitFor>, time: Duration) -> String {
    let what = if what == Some(WaitFor::Bake) { "bake" } else { "propagation" };
    format!("{what}: {} s left", time.as_secs())
}
