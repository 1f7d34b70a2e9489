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
