//! What is followed beside looks: one log at a time, as long as its screen is seen.
//!
//! Each time another one is wanted it gets a new epoch; what comes of an older one is dropped.

use jiff::Timestamp;

use super::screens::Screen;
use super::{Effect, Model, Trouble};
use crate::fleet::{Cursor, Place, Tail};
use crate::plan::{BuildKey, BuildState};

/// A log that is followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Follow {
    /// Tells it from what was followed before.
    pub epoch: u64,
    /// Where the build belongs.
    pub place: Place,
    /// The build.
    pub build: BuildKey,
    /// Where reading begins.
    pub from: Cursor,
}

/// What was heard of a log that is followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// The next part, or why it could not be read: it is tried again.
    pub part: Result<Tail, Trouble>,
    /// How far the build is, where that was asked.
    pub state: Option<BuildState>,
}

/// What is followed now.
#[derive(Debug, Default)]
pub(super) struct Following {
    epoch: u64,
    now: Option<(Place, BuildKey)>,
}

impl Model {
    /// Takes what was heard of a log, unless another one is followed by now.
    pub(super) fn hear(&mut self, epoch: u64, heard: Heard, at: Timestamp) {
        let is_current = self.following.now.is_some() && self.following.epoch == epoch;
        if let (true, Some(Screen::BuildLog(screen))) = (is_current, self.screens.last_mut()) {
            screen.take(heard, at);
        }
    }

    /// Asks for what the screen that is seen wants to follow, where that is something else than before.
    pub(super) fn follow(&mut self, effects: &mut Vec<Effect>) {
        let wanted = match self.screens.last() {
            Some(Screen::BuildLog(screen)) => screen.wanted(),
            _ => None,
        };
        let following = &mut self.following;
        let is_same = match (&wanted, &following.now) {
            (Some((place, build, _)), Some((known, of))) => *place == known && build == of,
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return;
        }
        following.epoch += 1;
        following.now = wanted.as_ref().map(|(place, build, _)| ((*place).clone(), build.clone()));
        let epoch = following.epoch;
        let follow = wanted.map(|(place, build, from)| Follow {
            epoch,
            place: place.clone(),
            build,
            from: from.clone(),
        });
        effects.push(Effect::Follow(follow));
    }
}
