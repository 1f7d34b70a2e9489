//! What a person may rely on, as key sessions.

mod images;
mod logs;
mod promises;
pub(crate) mod random;
mod sessions;
