//! The terminal device: found, opened, its modes and its size.
//!
//! Nothing here writes an escape sequence (`terminal` does) or reads a key (`input` does).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ratatui::layout::Size;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr, ttyname,
};

use super::terminal::TerminalError;

/// Where keys come from: standard input, or `/dev/tty` where that is something else. The same choice as crossterm's.
pub(super) fn input() -> Result<OwnedFd, TerminalError> {
    let stdin = rustix::stdio::stdin();
    if isatty(stdin) {
        return fcntl_dupfd_cloexec(stdin, 0).map_err(|errno| TerminalError::Setup(errno.into()));
    }
    let tty = File::options().read(true).write(true).open("/dev/tty");
    tty.map(OwnedFd::from).map_err(TerminalError::NoInput)
}

/// Where frames go: the terminal on standard output.
///
/// Opened anew where that is possible, so that writes do not block: the descriptor a shell gave us shares its flags
/// with the shell itself, and those are not ours to change.
pub(super) fn output() -> Result<OwnedFd, TerminalError> {
    let stdout = rustix::stdio::stdout();
    if !isatty(stdout) {
        return Err(TerminalError::NoOutput);
    }
    let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let reopened = ttyname(stdout, Vec::new()).and_then(|name| open(name, flags, Mode::empty()));
    // In a container the device's name may not exist inside.
    let opened = reopened.or_else(|_| fcntl_dupfd_cloexec(stdout, 0));
    opened.map_err(|errno| TerminalError::Setup(errno.into()))
}

/// Columns and rows; 0×0 where the terminal does not know.
pub(super) fn size(tty: BorrowedFd<'_>) -> Size {
    tcgetwinsize(tty).map_or(Size::ZERO, |size| Size::new(size.ws_col, size.ws_row))
}

/// The modes a terminal had before, to be given back.
#[derive(Debug)]
pub(super) struct Modes {
    tty: OwnedFd,
    before: Termios,
}

impl Modes {
    /// Remembers the modes and turns raw mode on: each key comes at once, unechoed, ctrl-c and ctrl-z too.
    pub(super) fn raw(tty: OwnedFd) -> io::Result<Self> {
        let before = tcgetattr(&tty)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&tty, OptionalActions::Now, &raw)?;
        Ok(Self { tty, before })
    }

    /// Gives the modes back.
    pub(super) fn give_back(&self) {
        // Fails only where the terminal is gone, and then there is nothing to give back.
        let _gone = tcsetattr(&self.tty, OptionalActions::Now, &self.before);
    }

    /// Drops the keys that were typed but not read: the shell must not run them.
    pub(super) fn drop_unread(&self) {
        // As above.
        let _gone = tcflush(self.tty.as_fd(), QueueSelector::IFlush);
    }
}
