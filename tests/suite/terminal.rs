//! A person at a terminal: the program on a pseudo-terminal, keys in, a screen out.
//!
//! Every wait is for a condition with a deadline; nothing sleeps.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::home::Home;

/// How long any wait may take: far more than it needs on a busy machine of two cores.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program and what its terminal shows.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    written: Vec<u8>,
    home: Home,
}

impl Terminal {
    /// Starts a program in an empty home, with `environment` besides, on a terminal of so many columns and rows.
    pub fn start(
        program: &str,
        (columns, rows): (u16, u16),
        arguments: &[&str],
        environment: &[(&'static str, String)],
    ) -> Self {
        let home = Home::empty();
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        for (name, value) in home.environment().iter().chain(environment) {
            command.env(name, value);
        }
        command.args(arguments);
        command.cwd(home.path());
        let pair = native_pty_system().openpty(pty_size(columns, rows)).expect("a pseudo-terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let output = read_all(pair.master.try_clone_reader().expect("a reader of the terminal"));
        let writer = pair.master.take_writer().expect("a writer to the terminal");
        let screen = vt100::Parser::new(rows, columns, 0);
        Self { child, master: pair.master, writer, output, screen, written: Vec::new(), home }
    }

    /// Where the program keeps its files.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Types. Bytes that a program which just ended does not take are lost, as on any terminal.
    pub fn send(&mut self, keys: &str) {
        let _ = self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush());
    }

    /// Waits until the screen shows `text`; panics with what it shows instead.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// Waits until the screen is as `met` wants it; panics with what it shows instead.
    pub fn wait_until(&mut self, wanted: &str, met: impl Fn(&vt100::Screen) -> bool) {
        let end = now() + PATIENCE;
        while !met(self.screen.screen()) {
            assert!(self.read_until(end), "the screen never showed {wanted}:\n{}", self.text());
        }
    }

    /// Whether the screen shows `text` within this time.
    #[cfg(feature = "aws")]
    pub fn shows(&mut self, text: &str, within: Duration) -> bool {
        let end = now() + within;
        while !self.text().contains(text) {
            if !self.read_until(end) {
                return false;
            }
        }
        true
    }

    /// What the screen shows, as text.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// What the terminal is set to, and every cell of it.
    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// Every byte the program wrote so far.
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// Gives the terminal another size, which tells the program.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(pty_size(columns, rows)).expect("the terminal takes the size");
        // A terminal may have no cells at all, what draws it here may not.
        self.screen.screen_mut().set_size(rows.max(1), columns.max(1));
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.process_id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        kill_process(pid.expect("a running program"), signal).expect("the signal is sent");
    }

    /// Whether the program still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("the program can be asked").is_none()
    }

    /// Waits until the program has ended and all it wrote is read; its exit code.
    pub fn wait_for_exit(&mut self) -> u32 {
        let end = now() + PATIENCE;
        while self.read_until(end) {}
        assert!(now() < end, "the program does not end:\n{}", self.text());
        self.child.wait().expect("the program ended").exit_code()
    }

    /// Reads one piece of output. False where the deadline has passed or the program has closed its terminal.
    fn read_until(&mut self, end: Instant) -> bool {
        match self.output.recv_timeout(end.saturating_duration_since(now())) {
            Ok(piece) => {
                self.screen.process(&piece);
                self.written.extend(piece);
                true
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

#[expect(clippy::disallowed_methods, reason = "a terminal can only be read by waiting for it")]
fn read_all(mut reader: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (pieces, output) = channel();
    std::thread::spawn(move || {
        let mut piece = [0; 8192];
        // The other end of a closed terminal is an error on Linux and an end of file elsewhere.
        while let Ok(length @ 1..) = reader.read(&mut piece) {
            if pieces.send(piece[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    output
}

#[expect(clippy::disallowed_methods, reason = "deadlines of real programs are real time")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_in_a_terminal_sees_keys_sizes_and_signals() {
        let script = "trap 'echo terminated; exit 3' TERM; stty size; read line; echo got $line; stty size; \
                      echo ready; while :; do read line; done";
        let extra = [("GREETING", "hello".to_owned())];
        let mut shell = Terminal::start("sh", (80, 24), &["-c", script], &extra);
        shell.wait_for("24 80");
        shell.resize(100, 30);
        shell.send("some words\r");
        shell.wait_for("got some words");
        shell.wait_for("30 100");
        shell.wait_for("ready");
        assert!(shell.runs());
        shell.signal(Signal::TERM);
        assert_eq!(shell.wait_for_exit(), 3);
        assert!(shell.text().contains("terminated"), "{}", shell.text());
        assert!(!shell.runs());
        assert!(shell.written().windows(5).any(|bytes| bytes == b"ready"));
    }

    #[test]
    fn a_program_in_a_terminal_lives_in_a_home_of_its_own() {
        let mut shell =
            Terminal::start("sh", (80, 24), &["-c", "touch $HOME/mark; echo [$AWS_PROFILE]"], &[]);
        assert_eq!(shell.wait_for_exit(), 0);
        assert!(shell.home().path().join("mark").exists());
        assert!(shell.text().contains("[]"), "{}", shell.text());
    }
}
