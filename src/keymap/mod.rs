//! The table of everything a user can say, and which keys say it.
//!
//! The rule: one row per verb. Key files, footer, help, palette and `flightdeck keys` are derived from the
//! rows of [`Action`]; adding a verb is adding a row.
//!
//! Elsewhere on purpose: what an action does and whether it applies right now (`app`), turning a terminal's
//! events into a [`Key`] (`runtime`), and editing inside a text field (`app`): a letter typed there is a letter.

mod action;
mod chord;
mod context;
mod file;
mod help;
mod key;

use std::collections::BTreeMap;
use std::ops::Bound;

pub use action::{Action, FooterHint, Kind, UnknownAction};
pub use chord::{Chord, ChordError};
pub use context::Context;
pub use file::{Mistake, SHIPPED, Shipped};
pub use help::{FooterEntry, HelpEntry};
pub use key::{Code, Key, KeyError, Modifiers};

/// Which keys say what, in each context.
///
/// A sorted map of chords is the trie: whatever may follow a prefix stands right behind it. No chord of a
/// context is the beginning of another, so that nothing waits for a timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    contexts: BTreeMap<Context, BTreeMap<Chord, Action>>,
}

/// What the keys typed so far say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// They say this.
    Action(Action),
    /// They are the beginning of longer chords: each key that may come next, and where it leads.
    Pending(Vec<(Key, Follow)>),
    /// They say nothing.
    None,
}

/// Where a key leads that comes after a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It completes a chord.
    Action(Action),
    /// It is one more prefix.
    More,
}

impl Keymap {
    /// Tells what the keys typed so far, oldest first, say in a context. No keys say nothing.
    #[must_use]
    pub fn lookup(&self, context: Context, keys: &[Key]) -> Lookup {
        let mut follows: Vec<(Key, Follow)> = Vec::new();
        for (chord, action) in self.behind(context, keys) {
            match chord.keys()[keys.len()..] {
                [] => return Lookup::Action(action),
                [last] => follows.push((last, Follow::Action(action))),
                [next, ..] if follows.last() != Some(&(next, Follow::More)) => {
                    follows.push((next, Follow::More));
                }
                _ => {}
            }
        }
        if keys.is_empty() || follows.is_empty() { Lookup::None } else { Lookup::Pending(follows) }
    }

    /// Yields the chords that say an action in a context, the plainest first.
    pub fn chords(&self, context: Context, action: Action) -> impl Iterator<Item = &Chord> {
        self.behind(context, &[]).filter(move |(_, bound)| *bound == action).map(|(chord, _)| chord)
    }

    /// Yields the chords that begin with these keys.
    fn behind<'a>(&'a self, context: Context, keys: &'a [Key]) -> impl Iterator<Item = (&'a Chord, Action)> {
        self.contexts
            .get(&context)
            .into_iter()
            .flat_map(move |chords| chords.range::<[Key], _>((Bound::Included(keys), Bound::Unbounded)))
            .take_while(move |(chord, _)| chord.keys().starts_with(keys))
            .map(|(chord, action)| (chord, *action))
    }
}

/// Names the candidate a misspelt word most likely meant.
fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// More than a third of the word wrong is another word.
    const LETTERS_PER_SLIP: usize = 3;
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(slips, candidate)| *slips * LETTERS_PER_SLIP <= candidate.len().max(LETTERS_PER_SLIP))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests;
