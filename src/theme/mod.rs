//! Roles in, styles out.
//!
//! The rule: views name roles, and only this room names colours. How many colours there are is settled when a
//! theme is loaded; no view ever asks. State is never colour alone, so glyphs and words are `ui`'s.
//!
//! Elsewhere on purpose: which theme and which depth (`config`), and files and folders (`runtime`).

mod colour;
mod depth;
mod file;
mod list;
mod role;

use ratatui::style::Style;

pub use depth::Depth;
pub use file::{Mistake, SHIPPED, Shipped};
pub use list::listing;
pub use role::{Role, UnknownRole};

/// How each role looks, in the colours the terminal has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    description: String,
    /// One for each role, in their order.
    styles: Vec<Style>,
}

impl Theme {
    /// Gives the style of a role, to be laid over what stands there.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// One line about it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
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
