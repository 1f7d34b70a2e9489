//! Nothing is ever given traffic that has no healthy target at all. Unknown counts as unhealthy. Nobody can override
//! this one, not even to go back.

use super::{Check, Guard, Subject};
use crate::plan::Answer;

pub(super) const GUARD: Guard =
    Guard { name: "never-onto-nothing", overridable: false, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let gaining = subject.change.gaining();
    for arn in &gaining {
        if subject.is_not_checked_yet(arn) {
            continue;
        }
        match subject.sides.healthy(arn) {
            Some(0) => return (Answer::Block, format!("no target of {} is healthy", arn.name())),
            None => {
                return (
                    Answer::Block,
                    format!("whether any target of {} is healthy is unknown", arn.name()),
                );
            }
            Some(_) => {}
        }
    }
    let says = if gaining.is_empty() {
        "no side gains traffic"
    } else {
        "every side that gains has healthy targets"
    };
    (Answer::Pass, says.into())
}
