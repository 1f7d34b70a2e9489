//! Lines of a log, as they come: bounded batches, never the whole.

use jiff::Timestamp;

use super::Text;

/// One line of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When it was written, where that is told.
    pub at: Option<Timestamp>,
    /// What it says, without its end.
    pub text: Text,
}

impl Line {
    /// A line of what a program wrote: without escape sequences, no wider than [`Tail::WIDEST`]. `more`: there was
    /// more of it than is given here.
    pub fn new(at: Option<Timestamp>, text: &str, more: bool) -> Self {
        let text = Self::plain(text);
        if text.len() <= Tail::WIDEST && !more {
            return Self { at, text: text.into() };
        }
        let mut end = text.len().min(Tail::WIDEST - CUT.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self { at, text: format!("{}{CUT}", &text[..end]).into() }
    }

    /// Text without escape sequences: what is left of one when only its first sign is dropped is noise.
    pub fn plain(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut signs = text.trim_end_matches('\r').chars();
        while let Some(sign) = signs.next() {
            match sign {
                '\u{1b}' => match signs.next() {
                    Some('[') => while signs.next().is_some_and(|sign| !('@'..='~').contains(&sign)) {},
                    Some(']') => {
                        while signs.next().is_some_and(|sign| !matches!(sign, '\u{7}' | '\u{1b}')) {}
                    }
                    _ => {}
                },
                '\t' => out.push_str("    "),
                sign => out.push(sign),
            }
        }
        out
    }
}

/// What stands at the end of a line that was cut.
const CUT: &str = " … (cut)";

/// Where in a log reading goes on: whoever keeps the log understands it, and nobody else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cursor(pub String);

/// A part of a log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tail {
    /// Its lines, oldest first, at most [`Tail::MOST`].
    pub lines: Vec<Line>,
    /// Where the next part begins.
    pub next: Cursor,
    /// Lines before these that were passed over, because too many came at once.
    pub dropped: u64,
    /// Whether nothing more comes.
    pub ended: bool,
}

impl Tail {
    /// Most lines of one part.
    pub const MOST: usize = 2_000;

    /// Longest line in bytes; what is longer is cut, and says so.
    pub const WIDEST: usize = 4_096;
}
