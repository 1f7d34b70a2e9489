//! Arms the session for one account: its last digits, and its name where it is production.

use jiff::Timestamp;

use super::{Asks, Popup, Reaction};
use crate::app::{Effect, Model, Session, Tone, words};
use crate::fleet::AccountId;
use crate::keymap::{Action, Context, Key};

/// The dialog that arms.
#[derive(Debug)]
pub struct Arm {
    /// The account.
    pub account: AccountId,
    /// What has to be typed.
    pub asks: Asks,
    /// Why the last answer was not taken.
    pub says: Option<String>,
    since: Timestamp,
}

impl Arm {
    /// Asks for what arms this account.
    pub fn new(model: &Model, account: AccountId) -> Self {
        let mut asks = Asks::default();
        asks.set(Asks::to_arm(model, &account));
        Self { account, asks, says: None, since: model.now }
    }
}

impl Popup for Arm {
    fn context(&self) -> Context {
        Context::Text
    }

    fn confirms_since(&self) -> Option<Timestamp> {
        Some(self.since)
    }

    fn act(&mut self, action: Action, model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        match action {
            Action::Back => return Reaction::Close,
            Action::NextField | Action::MoveDown => self.asks.turn(true),
            Action::PreviousField | Action::MoveUp => self.asks.turn(false),
            Action::Accept => match self.asks.accept() {
                Ok(true) => {
                    arm(model, &self.account);
                    return Reaction::Close;
                }
                Ok(false) => self.says = None,
                Err(why) => self.says = Some(why),
            },
            _ => {}
        }
        Reaction::Stay
    }

    fn key(&mut self, key: Key, _model: &mut Model) {
        self.asks.key(key);
        self.says = None;
    }
}

/// Arms the session, and says so.
pub(super) fn arm(model: &mut Model, account: &AccountId) {
    model.session = Session::armed(account.clone(), model.now);
    let minutes = Session::ARMED_FOR.as_mins();
    model.say(Tone::Good, format!("armed for {} for {minutes} minutes", words::account(account)));
}
