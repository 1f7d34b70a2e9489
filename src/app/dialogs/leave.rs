//! Leaves although an operation runs? Asked only then; the default is to stay. What was chosen is then waited for:
//! the cockpit goes by itself once nothing runs any more.

use jiff::Timestamp;

use super::{Popup, Reaction};
use crate::app::{Effect, Model, Tone};
use crate::keymap::{Action, Context};
use crate::plan::{OperationId, Outcome};

/// An answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Going {
    /// Stays.
    Stay,
    /// Goes when what runs has ended as it should.
    AtTheEnd,
    /// Stops what runs after the step it is at, and goes then.
    Held,
    /// Goes at once: the call in flight is not waited for.
    Now,
}

/// The question, or the wait that follows the answer.
#[derive(Debug)]
pub struct Leave {
    /// What is being waited for; `None` while it is asked.
    pub waits: Option<Going>,
    /// The answer under the cursor.
    pub at: Going,
    /// What ran when it was asked.
    of: Vec<OperationId>,
    since: Timestamp,
}

impl Leave {
    /// Asks now.
    pub fn new(model: &Model) -> Self {
        let of = model.running().map(|operation| operation.id.clone()).collect();
        Self { waits: None, at: Going::Stay, of, since: model.now }
    }

    /// The answers there are, in order.
    pub fn answers(&self) -> &'static [Going] {
        match self.waits {
            None => &[Going::Stay, Going::AtTheEnd, Going::Held],
            Some(_) => &[Going::Stay, Going::Now],
        }
    }

    fn turn(&mut self, forward: bool) {
        let answers = self.answers();
        let at = answers.iter().position(|answer| *answer == self.at).unwrap_or(0);
        self.at = answers[(at + if forward { 1 } else { answers.len() - 1 }) % answers.len()];
    }

    fn wait(&mut self, going: Going, model: &Model) -> Reaction {
        self.waits = Some(going);
        self.at = Going::Stay;
        self.since = model.now;
        Reaction::Stay
    }

    /// Whether what it waited for has come; `false` with a word where it ended otherwise, and somebody must look.
    fn may_go(&self, model: &mut Model) -> bool {
        if self.waits == Some(Going::Held) {
            return true;
        }
        let mut ended = model.operations.iter().filter(|operation| self.of.contains(&operation.id));
        let short = ended.find(|operation| !matches!(&operation.ended, Some((_, Outcome::Done { .. }))));
        let Some(says) = short.map(|operation| format!("{} of {}", operation.verb, operation.cluster.name))
        else {
            return true;
        };
        model.say(Tone::Bad, format!("{says} did not reach its goal, so the cockpit stays: look at it"));
        false
    }
}

impl Popup for Leave {
    fn context(&self) -> Context {
        Context::Dialog
    }

    fn offers(&self, action: Action) -> bool {
        action != Action::Yes
    }

    fn confirms_since(&self) -> Option<Timestamp> {
        Some(self.since)
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> Reaction {
        match action {
            Action::NextField | Action::MoveDown => self.turn(true),
            Action::PreviousField | Action::MoveUp => self.turn(false),
            Action::Back | Action::No => return Reaction::Close,
            Action::Accept => match self.at {
                Going::Stay => return Reaction::Close,
                Going::AtTheEnd => return self.wait(Going::AtTheEnd, model),
                Going::Held => {
                    model.hold_all(effects);
                    return self.wait(Going::Held, model);
                }
                Going::Now => {
                    effects.push(Effect::Quit);
                    return Reaction::Close;
                }
            },
            _ => {}
        }
        Reaction::Stay
    }

    fn refresh(&mut self, model: &mut Model, effects: &mut Vec<Effect>) -> bool {
        if model.running().next().is_some() {
            return true;
        }
        // Nothing runs any more: there is nothing left to ask or to wait for.
        if self.waits.is_some() && self.may_go(model) {
            effects.push(Effect::Quit);
        }
        false
    }
}
