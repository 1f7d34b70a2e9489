//! What a person may rely on, as key sessions.

mod promises;
pub(crate) mod random;
mod sessions;
