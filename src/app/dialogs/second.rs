//! A colleague's plan, to be approved by a second person: the same plan in full, and its own phrase once more.

use jiff::Timestamp;

use super::arm::arm;
use super::{Ask, Asks, Popup, Reaction, scroll};
use crate::app::{Effect, Model, Session};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context, Key};
use crate::plan::{Asked, Who};

/// The dialog.
#[derive(Debug)]
pub struct Second {
    /// What is asked, by whom.
    pub asked: Box<Asked>,
    /// What has to be typed.
    pub asks: Asks,
    /// Why the last answer was not taken.
    pub says: Option<String>,
    /// Lines of the plan that are scrolled away.
    pub scroll: u16,
    since: Timestamp,
}

impl Second {
    /// Asks a second person.
    pub fn new(model: &Model, asked: &Asked) -> Self {
        let (asked, asks) = (Box::new(asked.clone()), Asks::default());
        let mut dialog = Self { asked, asks, says: None, scroll: 0, since: model.now };
        dialog.ask(model);
        dialog
    }

    fn ask(&mut self, model: &Model) {
        let mut asks = Vec::new();
        if !matches!(model.session, Session::ReadOnly { .. }) {
            asks = Asks::to_arm(model, &self.asked.plan.account);
            asks.push(Ask::Phrase(self.asked.plan.confirm.phrase.clone()));
        }
        self.asks.set(asks);
    }

    /// Says yes; `false` where something is still to be typed.
    fn accept(&mut self, model: &mut Model, effects: &mut Vec<Effect>) -> Result<bool, String> {
        if let Session::ReadOnly { why } = &model.session {
            return Err(format!("this session is read-only: {why}"));
        }
        if !self.asks.accept()? {
            return Ok(false);
        }
        let Some(identity) = model.identity.clone() else {
            return Err("STS has not proved which account this is: nothing is sent".into());
        };
        let plan = &self.asked.plan;
        if identity.account != plan.account {
            return Err(format!("the plan is for account {}: nothing is sent", plan.account));
        }
        let who = Who { principal: identity.arn, host: model.host.clone() };
        let phrase = self.asks.phrase().unwrap_or_default().to_owned();
        self.asked.may_approve(&who, &phrase, model.now).map_err(|refusal| refusal.to_string())?;
        if !model.session.may_write(&plan.account, model.now) {
            arm(model, &plan.account);
        }
        effects.push(Effect::Approve { asked: self.asked.clone(), who, phrase });
        Ok(true)
    }
}

impl Popup for Second {
    fn context(&self) -> Context {
        if self.asks.list().is_empty() { Context::Dialog } else { Context::Text }
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(action, Action::Yes | Action::No)
            && (!self.asks.list().is_empty() || action != Action::Accept)
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(self.asked.plan.intent.cluster())
    }

    fn confirms_since(&self) -> Option<Timestamp> {
        Some(self.since)
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> Reaction {
        match action {
            Action::Back | Action::No => return Reaction::Close,
            Action::NextField | Action::MoveDown => self.asks.turn(true),
            Action::PreviousField | Action::MoveUp => self.asks.turn(false),
            Action::Accept => match self.accept(model, effects) {
                Ok(true) => return Reaction::Close,
                Ok(false) => self.says = None,
                Err(why) => self.says = Some(why),
            },
            _ => scroll(&mut self.scroll, action),
        }
        Reaction::Stay
    }

    fn key(&mut self, key: Key, _model: &mut Model) {
        self.asks.key(key);
        self.says = None;
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        self.ask(model);
        // What waits no more, or was approved by somebody else, asks nobody.
        model.asked(&self.asked.plan.id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{Person, asked, read_only, safe};
    use crate::plan::Policy;

    #[test]
    fn a_read_only_session_is_not_offered_to_approve() {
        for (session, offered) in [(read_only(), false), (safe(), true)] {
            let mut person = Person::before(session, Policy::default());
            person.look();
            let second = Second::new(&person.model, &asked(&person, "ben"));
            assert_eq!(second.offers(Action::Accept), offered);
            assert!(second.offers(Action::PageDown) && !second.offers(Action::Yes));
        }
    }
}
