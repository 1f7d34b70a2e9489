//! Everything that can happen to the model, in one ordered stream.

use std::sync::Arc;

use super::{Heard, Observation, Trouble};
use crate::fleet::{Identity, Place};
use crate::keymap::Key;
use crate::plan::{Asked, History, OperationId, Outcome, Progress};

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key {
        /// Which.
        key: Key,
        /// Whether the terminal says that it is held down, or it came before the question it would answer could be
        /// read.
        repeat: bool,
    },
    /// A text was pasted.
    Paste(String),
    /// The terminal has this size now.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A look at the fleet came back.
    Observed(Box<Observation>),
    /// A look at the fleet saw nothing at all.
    ObserveFailed(Trouble),
    /// STS proved who we are.
    Identity(Identity),
    /// Calls sent in the last minute.
    Calls(u32),
    /// An operation went on.
    Progress(Progress),
    /// An operation came to its end.
    Ended {
        /// Which.
        operation: OperationId,
        /// How.
        outcome: Outcome,
    },
    /// The journal as it is now, with what the shared bookkeeping tells.
    Journal(Arc<History>),
    /// The shared bookkeeping of a place was asked; what it told stands in the history.
    Bookkeeping {
        /// Where.
        place: Place,
        /// Why it could not be read, where that is so.
        unread: Option<String>,
    },
    /// Plans that wait for a second person in a place.
    Asked {
        /// Where.
        place: Place,
        /// All that wait there.
        asked: Vec<Asked>,
    },
    /// Something was heard of a log that is followed: a part of it in bounded size.
    Tail {
        /// Of which.
        epoch: u64,
        /// What.
        heard: Box<Heard>,
    },
    /// Time has passed; at most once a second, while [`Model::needs_tick`](super::Model::needs_tick).
    Tick,
    /// The cockpit is back before the shell.
    Resumed,
    /// Something a person should read, such as a theme that could not be loaded.
    Noted {
        /// One sentence.
        text: String,
        /// Whether it is about something that failed.
        failed: bool,
    },
}
