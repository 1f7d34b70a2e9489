//! Mistakes with their place: `file:line:column: what; remedy`.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use crate::fleet::clean;
use crate::{keymap, theme};

/// Something wrong in what a session was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `file:line:column`, a flag, or a variable.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

/// Everything wrong, one a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(Vec<Mistake>);

/// Something wrong in a text whose name is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Which bytes of the text.
    pub(super) at: Range<usize>,
    pub(super) what: String,
    pub(super) remedy: String,
}

impl Mistakes {
    /// Goes through them: those of the configuration first, then what it names.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(
        &mut self,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Mistake { place: place.into(), what: what.into(), remedy: remedy.into() });
    }

    /// Adds what is wrong in a file.
    pub(super) fn add_all(
        &mut self,
        file: &Path,
        text: &str,
        faults: impl IntoIterator<Item = impl Into<Fault>>,
    ) {
        for fault in faults.into_iter().map(Into::into) {
            self.add(place(file, text, fault.at.start), fault.what, fault.remedy);
        }
    }
}

/// `file:line:column`, columns counted in characters.
pub(super) fn place(file: &Path, text: &str, at: usize) -> String {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    format!("{}:{line}:{column}", file.display())
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", clean(&self.place), clean(&self.what), clean(&self.remedy))
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Mistake::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl From<theme::Mistake> for Fault {
    fn from(theme::Mistake { at, what, remedy }: theme::Mistake) -> Self {
        Self { at, what, remedy }
    }
}

impl From<keymap::Mistake> for Fault {
    fn from(keymap::Mistake { at, what, remedy }: keymap::Mistake) -> Self {
        Self { at, what, remedy }
    }
}
