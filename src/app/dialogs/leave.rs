//! Leaves although an operation runs? Asked only then; the default is to stay. What was chosen is then waited for:
//! the cockpit goes by itself once nothing runs any more.

use jiff::Timestamp;

use super::{Popup, Reaction};
use crate::app::{Effect, Model, Tone};
use crate::keymap::{Action, Context};
use crate::plan::{OperationId, Outcome, WaitFor};

/// An answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Going {
    /// Stays.
    Stay,
    /// Goes when what runs has ended as it should.
    AtTheEnd,
    /// Stops what runs after the step it is at, and goes then.
    Held,
    /// Goes at once: the call in flight is not waited for. What AWS carries goes on.
    Now,
}

/// The question, or the wait that follows the answer.
#[derive(Debug)]
pub struct Leave {
    /// What is being waited for; `None` while it is asked.
    pub waits: Option<Going>,
    /// The answer under the cursor.
    pub at: Going,
    /// Whether AWS carries on all that runs.
    pub outlives: bool,
    /// What ran when it was asked.
    of: Vec<OperationId>,
    since: Timestamp,
}

impl Leave {
    /// Asks now.
    pub fn new(model: &Model) -> Self {
        let of = model.running().map(|operation| operation.id.clone()).collect();
        Self { waits: None, at: Going::Stay, outlives: outlives(model), of, since: model.now }
    }

    /// The answers there are, in order.
    pub fn answers(&self) -> &'static [Going] {
        match self.waits {
            None if self.outlives => &[Going::Stay, Going::AtTheEnd, Going::Now],
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

/// Whether AWS carries on all that runs, whether or not anybody follows it.
fn outlives(model: &Model) -> bool {
    model.running().all(|operation| operation.waits_for() == Some(WaitFor::Refreshed))
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
            self.outlives = outlives(model);
            if !self.answers().contains(&self.at) {
                self.at = Going::Stay;
            }
            return true;
        }
        // Nothing runs any more: there is nothing left to ask or to wait for.
        if self.waits.is_some() && self.may_go(model) {
            effects.push(Effect::Quit);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Operation;
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::Person;
    use crate::plan::{Course, Progress, Truth};

    /// A refresh that stands at this step of its plan, and the question whether to leave.
    fn leaving_at(wanted: impl Fn(&crate::plan::Step) -> bool) -> Leave {
        let mut person = Person::new();
        person.press("j j enter f enter");
        let Some(Dialog::Confirm(confirm)) = person.model.dialogs.pop() else { panic!("no plan") };
        let step = confirm.plan.steps.iter().find(|step| wanted(step)).expect("such a step").n;
        let mut operation = Operation::new(&confirm.plan, person.at);
        operation.progress = Some(Progress {
            operation: operation.id.clone(),
            at: person.at,
            step,
            course: Course::Ahead,
            truth: Truth::ReadBack,
            says: String::new(),
            deadline: None,
            late: None,
            paused: false,
        });
        person.model.operations.push(operation);
        Leave::new(&person.model)
    }

    #[test]
    fn what_aws_carries_on_may_be_left_running_and_nothing_else() {
        let carried = leaving_at(|step| step.wait.is_some());
        assert!(carried.outlives && carried.answers().contains(&Going::Now));
        let sending = leaving_at(|step| step.call.is_some());
        assert!(!sending.outlives && !sending.answers().contains(&Going::Now));
    }
}
