//! Group stickiness beats weights: said before, with its duration.

use super::super::verbs::duration;
use super::{Check, Guard, Subject};
use crate::plan::Answer;

pub(super) const GUARD: Guard = Guard { name: "stickiness", overridable: true, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let seconds = subject.change.source.stickiness.and_then(|stickiness| stickiness.duration_seconds);
    match seconds.and_then(|seconds| u64::try_from(seconds).ok()) {
        Some(seconds) => (Answer::Warn, format!("sticky {}: old clients stay", duration(seconds))),
        None => (Answer::Pass, "the choice of the side is not sticky".into()),
    }
}
