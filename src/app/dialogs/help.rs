//! Every key of the screen with what it does now; what does not apply says why.

use super::{Popup, Reaction};
use crate::app::applies::{applies, does_now};
use crate::app::screens::Step;
use crate::app::{Area, Effect, List, Model, Row};
use crate::keymap::{Action, Context, Kind};

/// Rows of its frame.
const FRAME: u16 = 2;

/// A row of help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HelpRow {
    /// Begins a group.
    Kind(Kind),
    /// An action.
    Action {
        /// Which.
        action: Action,
        /// The keys that say it.
        keys: String,
        /// What it does now, or why it does not apply.
        does: Result<String, String>,
    },
}

/// The help of a screen.
#[derive(Debug, Default)]
pub struct Help {
    /// Its rows.
    pub list: List<Action, HelpRow>,
}

impl Help {
    /// Help for the screen that is seen.
    pub fn new(model: &Model) -> Self {
        let mut help = Self::default();
        help.derive(model);
        help
    }

    fn derive(&mut self, model: &Model) {
        let mut kind = None;
        let mut rows = Vec::new();
        for entry in model.keymap.help(model.screen().view().context()) {
            let action = entry.action;
            if kind.replace(action.kind()) != Some(action.kind()) {
                rows.push(Row { key: None, shows: HelpRow::Kind(action.kind()), height: 1 });
            }
            let keys: Vec<String> = entry.chords.iter().map(ToString::to_string).collect();
            let does = applies(model, action).map(|()| does_now(model, action));
            let shows = HelpRow::Action { action, keys: keys.join(", "), does };
            rows.push(Row { key: Some(action), shows, height: 1 });
        }
        self.list.set_rows(rows);
    }
}

impl Popup for Help {
    fn context(&self) -> Context {
        Context::Dialog
    }

    fn fit(&mut self, body: Area) {
        self.list.set_height(body.height.saturating_sub(FRAME));
    }

    fn act(&mut self, action: Action, _model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        if let Some(step) = Step::of(action) {
            step.apply(&mut self.list);
        }
        match action {
            Action::Back | Action::No => Reaction::Close,
            Action::Accept => self.list.selected().map_or(Reaction::Close, |action| Reaction::Then(*action)),
            _ => Reaction::Stay,
        }
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        self.derive(model);
        true
    }
}
