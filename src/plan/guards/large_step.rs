//! Slow by default: a step that moves more than half of the requests at once is a warning. A switch is typed for what
//! it is, and the way back is exempt.

use super::{Check, Guard, Subject};
use crate::plan::Answer;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard = Guard { name: "large-step", overridable: true, check: Check::Traffic(check) };

/// Points of percent that one step may move without a warning (promise 18).
const LARGE: f64 = 50.0;

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let moved = subject.change.moved_percent();
    let words = format!("moves {moved:.0} % of the requests in one step");
    match subject.kind {
        Kind::Shift if moved > LARGE => (Answer::Warn, words),
        _ => (Answer::Pass, words),
    }
}
