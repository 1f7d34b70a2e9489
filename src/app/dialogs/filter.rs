//! The filter of a screen: one line at the bottom, and the rows follow each letter.

use super::{Popup, Reaction};
use crate::app::{Effect, Filter, Model, TextField};
use crate::keymap::{Action, Context, Key};

/// The filter, being typed.
#[derive(Debug)]
pub struct FilterLine {
    /// What is typed.
    pub field: TextField,
    /// Why it cannot be read; the rows are then those of before.
    pub mistake: Option<String>,
    before: Filter,
}

impl FilterLine {
    /// Begins with the filter that holds.
    pub fn new(filter: Filter) -> Self {
        Self { field: TextField::new(filter.text()), mistake: None, before: filter }
    }

    fn apply(&mut self, model: &mut Model) {
        match Filter::parse(self.field.text()) {
            Ok(filter) => {
                self.mistake = None;
                set(model, filter);
            }
            Err(mistake) => self.mistake = Some(mistake),
        }
    }
}

impl Popup for FilterLine {
    fn context(&self) -> Context {
        Context::Text
    }

    fn takes_any_letter(&self) -> bool {
        true
    }

    fn act(&mut self, action: Action, model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        match action {
            Action::Accept => Reaction::Close,
            Action::Back => {
                set(model, self.before.clone());
                Reaction::Close
            }
            _ => Reaction::Stay,
        }
    }

    fn key(&mut self, key: Key, model: &mut Model) {
        if self.field.key(key) {
            self.apply(model);
        }
    }

    fn paste(&mut self, text: &str, model: &mut Model) {
        self.field.paste(text);
        self.apply(model);
    }
}

fn set(model: &mut Model, filter: Filter) {
    let (screen, seen) = model.screen_and_seen();
    let view = screen.view_mut();
    view.set_filter(filter);
    view.derive(&seen);
}
