//! The machine we run on: what it calls itself, and the tasks it gives us.

use std::io;

use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

use crate::plan::SessionId;

/// Workers: the network waits, the judging of a large fleet computes, and the screen has a thread of its own.
const WORKERS: usize = 2;

/// What the machine calls itself, for the journal.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Names this run of the program, so that no two are taken for one.
pub fn session(now: Timestamp) -> SessionId {
    SessionId::new(format!("{}-{}-{:08x}", now.as_second(), std::process::id(), fastrand::u32(..)))
}

/// Any number, for what is chosen at random.
pub fn any_number() -> usize {
    fastrand::usize(..)
}

/// The tasks of one run of the program.
///
/// # Errors
/// The system gives us no threads.
pub fn tasks() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()
}
