//! Leaves although an operation runs? Asked only then; the default is No.

use jiff::Timestamp;

use super::{Popup, Reaction};
use crate::app::{Effect, Model};
use crate::keymap::{Action, Context};

/// The question.
#[derive(Debug)]
pub struct Leave {
    /// Whether the answer under the cursor is yes.
    pub yes: bool,
    since: Timestamp,
}

impl Leave {
    /// Asks now.
    pub fn new(at: Timestamp) -> Self {
        Self { yes: false, since: at }
    }
}

impl Popup for Leave {
    fn context(&self) -> Context {
        Context::Dialog
    }

    fn offers(&self, _action: Action) -> bool {
        true
    }

    fn confirms_since(&self) -> Option<Timestamp> {
        Some(self.since)
    }

    fn act(&mut self, action: Action, _model: &mut Model, effects: &mut Vec<Effect>) -> Reaction {
        match action {
            Action::Yes => self.yes = true,
            Action::Accept => {}
            Action::NextField | Action::PreviousField | Action::MoveUp | Action::MoveDown => {
                self.yes = !self.yes;
                return Reaction::Stay;
            }
            Action::Back | Action::No => return Reaction::Close,
            _ => return Reaction::Stay,
        }
        if self.yes {
            effects.push(Effect::Quit);
        }
        Reaction::Close
    }

    fn refresh(&mut self, model: &mut Model) -> bool {
        // Nothing runs any more: there is nothing left to ask.
        model.running().next().is_some()
    }
}
