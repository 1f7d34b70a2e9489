//! Who is shown every message before the model takes it: the seam at which a session is recorded and replayed.

use jiff::Timestamp;

use crate::app::Message;

/// Is shown every message, in the one order there is, with the time it is stamped with.
pub(super) trait Recorder: Send {
    /// Takes note of a message; must not wait.
    fn record(&mut self, message: &Message, at: Timestamp);
}

/// Takes no note.
#[derive(Debug)]
pub(super) struct Unrecorded;

impl Recorder for Unrecorded {
    fn record(&mut self, _message: &Message, _at: Timestamp) {}
}
