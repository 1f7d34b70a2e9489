//! Why the program ends: one sentence for the journal and the log, and an exit code.

use std::fmt;

use crate::fleet::Text;

/// Why the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The user left.
    Quit,
    /// The system asked for it.
    Signal(EndSignal),
    /// The terminal is gone: its window was closed, or the connection to it was lost.
    TerminalLost(String),
    /// The program has a bug.
    Panic(Text),
}

/// A signal that ends the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndSignal {
    /// The terminal's window was closed.
    Hangup,
    /// `kill -INT`, or ctrl-c in a headless run.
    Interrupt,
    /// `kill -QUIT`.
    Quit,
    /// `kill`, a shutdown, a service manager.
    Terminate,
}

impl EndSignal {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Hangup, Self::Interrupt, Self::Quit, Self::Terminate];

    /// The signal's number, the same on every Unix.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Quit => 3,
            Self::Terminate => 15,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Terminate => "SIGTERM",
        }
    }
}

impl fmt::Display for EndSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Ending {
    /// What the process answers: 0 after quitting, 128 + n after signal n as shells do, 2 for the rest.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        const SIGNALLED: u8 = 128;
        match self {
            Self::Quit => 0,
            Self::Signal(signal) => SIGNALLED + signal.number(),
            Self::TerminalLost(_) | Self::Panic(_) => 2,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quit => f.write_str("the user left"),
            Self::Signal(signal) => write!(f, "ended by {}", signal.name()),
            Self::TerminalLost(why) => write!(f, "the terminal was lost: {why}"),
            Self::Panic(what) => write!(f, "a bug ended it: {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_gives_the_exit_code_shells_expect() {
        let codes = EndSignal::ALL.map(|signal| Ending::Signal(signal).exit_code());
        assert_eq!(codes, [129, 130, 131, 143]);
        assert_eq!(Ending::Quit.exit_code(), 0);
    }

    #[test]
    fn a_panic_message_cannot_command_the_terminal() {
        let ending = Ending::Panic(Text::from("no group \u{1b}]0;owned\u{7}"));
        assert!(!ending.to_string().contains(char::is_control));
    }
}
