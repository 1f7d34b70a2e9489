//! Slow by default: at most one change of a cluster every few seconds. The way back is exempt.

use jiff::SignedDuration;

use super::{Check, Guard, Scene};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Policy};

pub(super) const GUARD: Guard = Guard { name: "pace", overridable: true, check: Check::Any(check) };

fn check(subject: &Scene<'_>) -> (Answer, String) {
    let pace = SignedDuration::try_from(Policy::PACE).unwrap_or(SignedDuration::ZERO);
    let since = subject.history.changed_at(&subject.cluster.id).map(|last| subject.at.duration_since(last));
    match since {
        // A change of the future is one of a clock that was set back: the whole time is waited.
        Some(since) if since < pace && subject.kind != Kind::Back => {
            let (since, left) = (since.max(SignedDuration::ZERO), pace.min(pace - since));
            (
                Answer::Warn,
                format!("the last change is {} s old: it waits {} s", since.as_secs(), left.as_secs().max(1)),
            )
        }
        _ => (Answer::Pass, format!("one change in {} s at most", pace.as_secs())),
    }
}
