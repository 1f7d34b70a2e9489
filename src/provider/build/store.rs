//! What builds of this machine leave on it, as far as this room needs it: one private folder a build, its small files
//! written whole, its log read in windows. The files themselves are `runtime`'s.

use std::io;
use std::os::fd::OwnedFd;

use serde::{Deserialize, Serialize};

use crate::fleet::BuildId;

/// A small file of a build.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The call that started it, when and where: written before anything is started.
    Begun,
    /// Its process.
    Process,
    /// That it was asked to stop.
    Stop,
    /// How it ended.
    End,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Begun, Self::Process, Self::Stop, Self::End];

    /// The file's name.
    pub fn file(self) -> &'static str {
        match self {
            Self::Begun => "begun.json",
            Self::Process => "process.json",
            Self::Stop => "stop.json",
            Self::End => "end.json",
        }
    }
}

/// A machine between two starts: what a process id is worth anything in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Which of its starts; empty where the system does not tell.
    #[serde(default)]
    pub boot: String,
}

impl Machine {
    /// Whether it is the same machine, and was not started anew since. It may have another name by now: laptops take
    /// the name that a network gives them.
    pub(super) fn is_still(&self, now: &Self) -> bool {
        if self.boot.is_empty() { self.name == now.name } else { self.boot == now.boot }
    }

    /// Whether it is another machine, as far as that can be told.
    pub(super) fn is_elsewhere(&self, now: &Self) -> bool {
        !self.is_still(now) && self.name != now.name
    }
}

/// The folders of builds, and what the machine tells of their processes.
pub trait BuildStore: Send + Sync {
    /// Makes the folder of a build with the file [`Part::Begun`] in it, durably; `false` where there is one already.
    ///
    /// # Errors
    /// The name is none, or the system refuses. Then there is no such folder.
    fn make(&self, build: &BuildId, begun: &[u8]) -> io::Result<bool>;

    /// Takes away the folder of a build that was never started.
    ///
    /// # Errors
    /// The system refuses.
    fn discard(&self, build: &BuildId) -> io::Result<()>;

    /// Reads a small file; `None` where there is none.
    ///
    /// # Errors
    /// It is no private plain file of this user, or cannot be read.
    fn read(&self, build: &BuildId, part: Part) -> io::Result<Option<Vec<u8>>>;

    /// Writes a small file whole: a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// The system refuses.
    fn write(&self, build: &BuildId, part: Part, bytes: &[u8]) -> io::Result<()>;

    /// The log, made to be appended to and locked for as long as anybody who inherited it holds it open.
    ///
    /// # Errors
    /// The system refuses.
    fn log_to_write(&self, build: &BuildId) -> io::Result<OwnedFd>;

    /// Whether somebody holds the log open to write.
    ///
    /// # Errors
    /// The system refuses.
    fn is_held(&self, build: &BuildId) -> io::Result<bool>;

    /// Length of the log; 0 where there is none.
    ///
    /// # Errors
    /// It is no private plain file of this user.
    fn log_length(&self, build: &BuildId) -> io::Result<u64>;

    /// A window of the log: fewer bytes than asked for only at its end.
    ///
    /// # Errors
    /// It cannot be read.
    fn log_window(&self, build: &BuildId, from: u64, most: usize) -> io::Result<Vec<u8>>;

    /// Sees to it that programs which are started from now on can be interrupted, also where this one ignores that.
    ///
    /// # Errors
    /// The system refuses.
    fn let_programs_be_interrupted(&self) -> io::Result<()>;

    /// Which machine this is.
    fn machine(&self) -> Machine;

    /// When a process began, in words that no other process of this id has had since the machine was started; `None`
    /// where there is no such process any more, or the system does not tell.
    fn mark(&self, pid: u32) -> Option<String>;

    /// Whether there is such a folder.
    fn is_folder(&self, path: &str) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_known_again_by_its_start_and_then_by_its_name() {
        let machine = |name: &str, boot: &str| Machine { name: name.into(), boot: boot.into() };
        let then = machine("a", "1");
        for (now, still, elsewhere) in [
            (machine("a", "1"), true, false),
            (machine("b", "1"), true, false),
            (machine("a", "2"), false, false),
            (machine("b", "2"), false, true),
        ] {
            assert_eq!((then.is_still(&now), then.is_elsewhere(&now)), (still, elsewhere), "{now:?}");
        }
        let silent = machine("a", "");
        assert!(silent.is_still(&silent) && silent.is_elsewhere(&machine("b", "")));
    }
}
