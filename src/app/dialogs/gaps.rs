//! What could not be read, and why: the whole list.

use super::{Popup, Reaction};
use crate::app::screens::Step;
use crate::app::{Area, Effect, List, Model, Row};
use crate::keymap::{Action, Context};

/// Rows of its frame and its last line.
const FRAME: u16 = 3;

/// The list of gaps; each shows the gap of this number.
#[derive(Debug, Default)]
pub struct Gaps {
    /// Rows of two lines: what, and why.
    pub list: List<usize, usize>,
}

impl Gaps {
    /// The gaps of the newest look.
    pub fn new(model: &Model) -> Self {
        let mut gaps = Self::default();
        gaps.derive(model);
        gaps
    }

    fn derive(&mut self, model: &Model) {
        let count = model.observation.as_ref().map_or(0, |observation| observation.fleet.gaps.len());
        self.list.set_rows((0..count).map(|at| Row { key: Some(at), shows: at, height: 2 }).collect());
    }
}

impl Popup for Gaps {
    fn context(&self) -> Context {
        Context::Dialog
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(action, Action::Yes | Action::No | Action::Accept)
    }

    fn fit(&mut self, body: Area) {
        self.list.set_height(body.height.saturating_sub(FRAME));
    }

    fn act(&mut self, action: Action, _model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        if let Some(step) = Step::of(action) {
            step.apply(&mut self.list);
        }
        match action {
            Action::Back | Action::No | Action::Accept => Reaction::Close,
            _ => Reaction::Stay,
        }
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        self.derive(model);
        true
    }
}
