//! Follows a log: asks for its next part about once a second and tells the queue, in bounded batches, as long as
//! nobody stops it. One task at a time; it keeps nothing.

use std::time::Duration;

use super::cycle::Queue;
use crate::app::{Follow, Heard, Message, Trouble};
use crate::fleet::Tail;
use crate::plan::{BuildPhase, BuildState, Resource, State};
use crate::provider::{Clock, Failure, FailureKind, Observer};

/// Between two parts of a log on this machine.
const HERE: Duration = Duration::from_secs(1);
/// Between two parts of a log that costs calls: they come out of the account's budget.
const REMOTE: Duration = Duration::from_secs(3);
/// Between two parts where more is waiting: what a reader could not read anyway is not hurried.
const BEHIND: Duration = Duration::from_millis(200);
/// After a part that could not be read.
const FAILED: Duration = Duration::from_secs(5);
/// How far the build is, is asked with one part of this many.
const STATE: u32 = 5;

/// Follows one log to its end.
pub(super) async fn follow(observer: &dyn Observer, clock: &dyn Clock, queue: &Queue, follow: Follow) {
    let Follow { epoch, place, build, mut from } = follow;
    let pace = if build.by.is_local() { HERE } else { REMOTE };
    for nth in 0_u32.. {
        let answer = observer.follow(&place, &build, &from).await;
        let has_ended = answer.as_ref().is_ok_and(|part| part.ended);
        let asks_state = has_ended || build.by.is_local() || nth.is_multiple_of(STATE);
        let state = if asks_state {
            let state = observer.state(&place, &Resource::Build(build.clone())).await;
            state.ok().and_then(build_state)
        } else {
            None
        };
        let never = answer.as_ref().is_err_and(|failure| failure.kind == FailureKind::Unsupported);
        // A build tells its end a little after its last line.
        let is_over = never || (has_ended && state.as_ref().is_none_or(|s| s.phase != BuildPhase::Running));
        let wait = match &answer {
            Err(_) => FAILED,
            Ok(part) if part.lines.len() >= Tail::MOST => BEHIND,
            Ok(_) => pace,
        };
        let part = answer.map(|mut part| {
            from = part.next.clone();
            part.ended = is_over;
            part
        });
        let heard = Box::new(Heard { part: part.map_err(trouble), state });
        if queue.send(Message::Tail { epoch, heard }.into()).await.is_err() || is_over {
            return;
        }
        clock.sleep(wait).await;
    }
}

fn build_state(state: State) -> Option<BuildState> {
    match state {
        State::Build(build) => Some(build),
        _ => None,
    }
}

fn trouble(failure: Failure) -> Trouble {
    let Failure { what, why, remedy, .. } = failure;
    Trouble { what, why, remedy, offers_demo: false }
}

#[cfg(test)]
mod tests;
