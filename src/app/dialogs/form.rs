//! What all forms share: fields one below the other, choices that are turned, texts that are typed, and why it cannot be
//! done so. What a form asks, and where it leads, is its own.

use super::{Confirm, Dialog, Popup, Reaction};
use crate::app::{Effect, Model, TextField};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context, Key};
use crate::plan::{Intent, Refusal};

/// A choice among things that have names of their own.
#[derive(Clone, Debug)]
pub struct Choice<K> {
    /// Each with its words.
    pub options: Vec<(K, String)>,
    /// The chosen one.
    pub at: usize,
}

impl<K: PartialEq> Choice<K> {
    pub(super) fn new(options: Vec<(K, String)>, at: usize) -> Self {
        Self { options, at }
    }

    pub(super) fn chosen(&self) -> Option<&K> {
        self.options.get(self.at).map(|(key, _)| key)
    }

    pub(super) fn turn(&mut self, forward: bool) {
        let len = self.options.len().max(1);
        self.at = (self.at + if forward { 1 } else { len - 1 }) % len;
    }

    /// Takes new options; what was chosen stays chosen.
    pub(super) fn renew(&mut self, options: Vec<(K, String)>) {
        let still = options.iter().position(|(key, _)| Some(key) == self.chosen());
        self.at = still.unwrap_or(0);
        self.options = options;
    }
}

/// A form. It is a [`Popup`] by what it answers here.
pub trait Form {
    /// A field of it.
    type Field: Copy + PartialEq;

    /// The fields it shows, in order.
    fn fields(&self) -> Vec<Self::Field>;

    /// The field that is typed or chosen now.
    fn focus(&mut self) -> &mut Self::Field;

    /// The text of that field; `None` where it is chosen.
    fn typed(&mut self) -> Option<&mut TextField>;

    /// Turns the choice of that field, where it is one.
    fn turn(&mut self, forward: bool, model: &Model);

    /// Why it cannot be done so.
    fn refusal(&mut self) -> &mut Option<Refusal>;

    /// Takes what is there.
    ///
    /// # Errors
    /// Why it cannot be done so; the field to be mended has the focus.
    fn accept(&mut self, model: &Model, effects: &mut Vec<Effect>) -> Result<Reaction, Refusal>;

    /// The cluster it plans a change of.
    fn plans_for(&self) -> Option<&ClusterId>;

    /// A key comes that says no action: it may mean another field.
    fn before_key(&mut self, _key: Key) {}

    /// The world was looked at again.
    fn renew(&mut self, _model: &Model) {}

    /// Whether any letter belongs to what is typed now.
    fn is_free_text(&self) -> bool {
        false
    }
}

/// Goes on with the plan of an intent.
///
/// # Errors
/// No plan can be made.
pub(super) fn plan(model: &Model, intent: &Intent) -> Result<Reaction, Refusal> {
    Confirm::new(model, intent).map(|confirm| Reaction::Become(Box::new(Dialog::Confirm(confirm))))
}

fn turn_field(form: &mut impl Form, forward: bool) {
    let fields = form.fields();
    let focus = form.focus();
    let at = fields.iter().position(|field| field == focus).unwrap_or(0);
    let next = (at + if forward { 1 } else { fields.len().saturating_sub(1) }) % fields.len().max(1);
    if let Some(next) = fields.get(next) {
        *focus = *next;
    }
}

fn turn_choice(form: &mut impl Form, forward: bool, model: &Model) {
    form.turn(forward, model);
    *form.refusal() = None;
}

impl<F: Form> Popup for F {
    fn context(&self) -> Context {
        Context::Text
    }

    fn cluster(&self) -> Option<&ClusterId> {
        self.plans_for()
    }

    fn takes_any_letter(&self) -> bool {
        self.is_free_text()
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> Reaction {
        match action {
            Action::Back => return Reaction::Close,
            Action::NextField => turn_field(self, true),
            Action::PreviousField => turn_field(self, false),
            Action::MoveDown => turn_choice(self, true, model),
            Action::MoveUp => turn_choice(self, false, model),
            Action::Accept => match self.accept(model, effects) {
                Ok(reaction) => return reaction,
                Err(refusal) => *self.refusal() = Some(refusal),
            },
            _ => {}
        }
        Reaction::Stay
    }

    fn key(&mut self, key: Key, model: &mut Model) {
        self.before_key(key);
        if let Some(field) = self.typed() {
            let taken = field.key(key);
            *self.refusal() = self.refusal().take().filter(|_| !taken);
        } else if key.typed() == Some(' ') {
            turn_choice(self, true, model);
        }
    }

    fn paste(&mut self, text: &str, _model: &mut Model) {
        if let Some(field) = self.typed() {
            field.paste(text);
            *self.refusal() = None;
        }
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        self.renew(model);
        true
    }
}
