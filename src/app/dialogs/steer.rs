//! Takes back what a running operation did, or ends its wait? Both change more than the plan said would happen by
//! itself, so they are asked; the default is No. Stopping and pausing are not asked.

use jiff::Timestamp;

use super::{Popup, Reaction};
use crate::app::{Effect, Model};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context};
use crate::plan::{OperationId, Steer};

/// The question.
#[derive(Debug)]
pub struct SteerDialog {
    /// The operation.
    pub operation: OperationId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// What it would be told.
    pub steer: Steer,
    /// Whether the answer under the cursor is yes.
    pub yes: bool,
    since: Timestamp,
}

impl SteerDialog {
    /// Asks now; `None` where no such operation runs.
    pub fn new(model: &Model, operation: &OperationId, steer: Steer) -> Option<Self> {
        let known = model.running().find(|known| known.id == *operation)?;
        let cluster = known.cluster.clone();
        Some(Self { operation: operation.clone(), cluster, steer, yes: false, since: model.now })
    }
}

impl Popup for SteerDialog {
    fn context(&self) -> Context {
        Context::Dialog
    }

    fn offers(&self, _action: Action) -> bool {
        true
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }

    fn confirms_since(&self) -> Option<Timestamp> {
        Some(self.since)
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> Reaction {
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
            model.steer(&self.operation, self.steer, effects);
        }
        Reaction::Close
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        // What has ended takes no orders.
        model.running().any(|known| known.id == self.operation)
    }
}
