//! Keys pressed one after the other that say one thing together.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use super::{Key, KeyError};

/// One or more keys, pressed one after the other: `s`, or `g g`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord(Vec<Key>);

impl Chord {
    /// The keys, first pressed first; never empty.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// Tells whether one of the two can never be completed beside the other.
    pub(super) fn collides_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0) || other.0.starts_with(&self.0)
    }

    /// Tells whether a text field takes one of its keys as a letter.
    pub(super) fn is_typed(&self) -> bool {
        self.0.iter().any(|key| key.typed().is_some())
    }
}

impl Borrow<[Key]> for Chord {
    fn borrow(&self) -> &[Key] {
        &self.0
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, key) in self.0.iter().enumerate() {
            let gap = if n == 0 { "" } else { " " };
            write!(f, "{gap}{key}")?;
        }
        Ok(())
    }
}

/// A text that is no chord.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChordError {
    /// Nothing but space.
    #[error("no key is written here")]
    Empty,
    /// One of its words names no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl FromStr for Chord {
    type Err = ChordError;

    /// Reads keys with spaces between them.
    fn from_str(text: &str) -> Result<Self, ChordError> {
        let keys = text.split_whitespace().map(str::parse).collect::<Result<Vec<Key>, _>>()?;
        if keys.is_empty() { Err(ChordError::Empty) } else { Ok(Self(keys)) }
    }
}
