//! What has to be typed, one thing after the other, before something is confirmed.

use crate::app::{Model, Session, TextField};
use crate::fleet::AccountId;
use crate::keymap::Key;

/// Digits at the end of an account id that arm a session.
const DIGITS: usize = 4;

/// One thing to be typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// The last digits of the account that is to be armed.
    Digits(String),
    /// The name of an account that is production.
    AccountName(String),
    /// The name of a guard that blocks and is overridden.
    Override(String),
    /// Why it is done, in any words.
    Reason,
    /// The phrase that belongs to this very plan.
    Phrase(String),
}

impl Ask {
    /// What it wants to read; `None` where any words will do.
    fn wants(&self) -> Option<&str> {
        match self {
            Self::Digits(wants) | Self::AccountName(wants) | Self::Override(wants) | Self::Phrase(wants) => {
                Some(wants)
            }
            Self::Reason => None,
        }
    }

    /// Whether what was typed is an answer to it.
    fn is_answered_by(&self, typed: &str) -> bool {
        self.wants().map_or(!typed.is_empty(), |wants| typed == wants)
    }

    /// Why something else was not taken.
    fn wrong(&self) -> String {
        match self {
            Self::Digits(_) => format!("these are not the last {DIGITS} digits of the account"),
            Self::AccountName(_) => "this is not the name of the account".into(),
            Self::Override(_) => "this is not the name of the guard that blocks it".into(),
            Self::Reason => "a reason is needed: it is kept in the journal".into(),
            Self::Phrase(_) => "this is not the phrase that the plan asks for".into(),
        }
    }
}

/// Something to be typed, and what was typed so far.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What.
    pub ask: Ask,
    /// So far.
    pub field: TextField,
}

impl Asked {
    /// Whether what was typed is what was asked for.
    pub fn is_right(&self) -> bool {
        self.ask.is_answered_by(self.field.text().trim())
    }
}

/// All of it, and which one is typed now.
#[derive(Clone, Debug, Default)]
pub struct Asks {
    list: Vec<Asked>,
    focus: usize,
}

impl Asks {
    /// What arms the session for an account, where it is not armed for it already.
    pub fn to_arm(model: &Model, account: &AccountId) -> Vec<Ask> {
        if !matches!(model.session, Session::Safe | Session::Armed { .. })
            || model.session.may_write(account, model.now)
        {
            return Vec::new();
        }
        let id = account.to_string();
        let digits = id.char_indices().rev().nth(DIGITS - 1).map_or(id.as_str(), |(at, _)| &id[at..]);
        let name =
            model.production(account).map(|name| Ask::AccountName(crate::fleet::clean(name).into_owned()));
        [Ask::Digits(digits.to_owned())].into_iter().chain(name).collect()
    }

    /// Asks for these; what was typed for one that is still asked for is kept.
    pub fn set(&mut self, asks: Vec<Ask>) {
        let focused = self.list.get(self.focus).map(|asked| asked.ask.clone());
        let mut old = std::mem::take(&mut self.list);
        self.list = asks
            .into_iter()
            .map(|ask| {
                let known = old.iter().position(|asked| asked.ask == ask).map(|at| old.swap_remove(at));
                let field = known.map(|known| known.field).unwrap_or_default();
                Asked { ask, field }
            })
            .collect();
        let still = self.list.iter().position(|asked| focused.as_ref() == Some(&asked.ask));
        self.focus = still.unwrap_or(0);
    }

    /// Forgets what was typed.
    pub fn reset(&mut self) {
        for asked in &mut self.list {
            asked.field.clear();
        }
        self.focus = 0;
    }

    /// All, in order.
    pub fn list(&self) -> &[Asked] {
        &self.list
    }

    /// The number of the one that is typed now.
    pub fn focus(&self) -> usize {
        self.focus
    }

    /// What was typed for the phrase.
    pub fn phrase(&self) -> Option<&str> {
        let phrase = self.list.iter().find(|asked| matches!(asked.ask, Ask::Phrase(_)))?;
        Some(phrase.field.text().trim())
    }

    /// What was typed as the reason; `None` where nothing was.
    pub fn reason(&self) -> Option<&str> {
        let reason = self.list.iter().find(|asked| matches!(asked.ask, Ask::Reason))?;
        Some(reason.field.text().trim()).filter(|reason| !reason.is_empty())
    }

    /// The guards whose names were typed.
    pub fn overrides(&self) -> Vec<String> {
        let named = self.list.iter().filter(|asked| asked.is_right()).filter_map(|asked| match &asked.ask {
            Ask::Override(name) => Some(name.clone()),
            _ => None,
        });
        named.collect()
    }

    /// Whether any words are typed now.
    pub fn is_at_reason(&self) -> bool {
        self.list.get(self.focus).is_some_and(|asked| matches!(asked.ask, Ask::Reason))
    }

    /// Takes a key into the one that is typed now.
    pub fn key(&mut self, key: Key) {
        if let Some(asked) = self.list.get_mut(self.focus) {
            asked.field.key(key);
        }
    }

    /// Goes to the next, or the one before.
    pub fn turn(&mut self, forward: bool) {
        let len = self.list.len().max(1);
        self.focus = (self.focus + if forward { 1 } else { len - 1 }) % len;
    }

    /// Takes what is typed; `true` where everything is right.
    ///
    /// # Errors
    /// The first that is wrong, which then is the one to be typed.
    pub fn accept(&mut self) -> Result<bool, String> {
        let here_is_right = self.list.get(self.focus).is_none_or(Asked::is_right);
        match self.list.iter().position(|asked| !asked.is_right()) {
            None => Ok(true),
            Some(wrong) => {
                let untouched = self.list[wrong].field.text().is_empty();
                let why = self.list[wrong].ask.wrong();
                self.focus = wrong;
                // The next of several is merely next, not wrong.
                if here_is_right && untouched { Ok(false) } else { Err(why) }
            }
        }
    }
}
