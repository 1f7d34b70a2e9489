//! Keys, pastes and focus from the terminal, read by a thread that cannot spin.
//!
//! Its rule: crossterm is asked to read only while the terminal has something to say and is alive. crossterm's own
//! loop reads a dead terminal for ever (90 % of a core where SIGHUP is ignored), so this thread polls the terminal
//! itself first, and ends at the first hang-up. crossterm is built with `use-dev-tty`: its other source waits for an
//! edge and leaves what is beyond 1,024 bytes lying until the next key.
//!
//! Sizes come with SIGWINCH (`signals`), since crossterm notices them only while it reads.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::ending::Ending;
use super::terminal::TerminalError;
use super::tty;
use crate::keymap::{Code, Key, Modifiers};

/// How long crossterm waits for more before the terminal is polled again. Not zero: crossterm then reads nothing.
const MORE: Duration = Duration::from_millis(50);
/// A terminal that says it has input and gives none so many times is gone, whatever else it says.
const EMPTY_ROUNDS: u32 = 3;

/// How long the loop may take to hear that the terminal is lost, and again to end: within a second, all told.
const LOST_GRACE: Duration = Duration::from_millis(400);
/// How often a full queue is tried.
const LOST_GLANCE: Duration = Duration::from_millis(10);

/// What the terminal said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key {
        /// Which.
        key: Key,
        /// Pressed, held or let go; terminals that cannot tell report presses only.
        stroke: Stroke,
    },
    /// Text that came at once, marked as a paste by the terminal.
    Paste(String),
    /// The terminal came to the front, or left it.
    Focus(bool),
    /// The terminal is gone, and why that is believed. Nothing follows.
    Lost(String),
}

/// What happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Pressed.
    Press,
    /// Held down.
    Repeat,
    /// Let go.
    Release,
}

/// Starts reading; the loop gets everything in order, the end as [`Input::Lost`]. Where the loop does not end then,
/// `overdue` gets the ending it was too slow for.
///
/// The queue's bound holds the thread back, and with it the terminal: a flood of keys costs no memory.
///
/// # Errors
/// Where there is no terminal to read.
#[expect(clippy::disallowed_methods, reason = "runtime owns the threads; this one blocks on the terminal")]
pub fn start<T>(queue: Sender<T>, overdue: mpsc::Sender<Ending>) -> Result<(), TerminalError>
where
    T: From<Input> + Send + 'static,
{
    let tty = tty::input()?;
    std::thread::spawn(move || {
        let mut tell = |input: Input| queue.blocking_send(input.into()).is_ok();
        if let Err(why) = read(&tty, &mut tell) {
            let why = why.to_string();
            // A full queue must not hold up the end. The thread sleeps: nothing is left to read.
            for _ in 0..LOST_GRACE.as_millis() / LOST_GLANCE.as_millis() {
                match queue.try_send(Input::Lost(why.clone()).into()) {
                    Err(TrySendError::Full(_)) => std::thread::sleep(LOST_GLANCE),
                    _ => break,
                }
            }
            std::thread::sleep(LOST_GRACE);
            let _ended_after_all = overdue.send(Ending::TerminalLost(why));
        }
    });
    Ok(())
}

/// Reads until the terminal is gone (an error that says why) or nobody listens any more.
fn read(tty: &OwnedFd, tell: &mut impl FnMut(Input) -> bool) -> io::Result<()> {
    let mut empty_rounds = 0;
    while empty_rounds < EMPTY_ROUNDS {
        wait(tty)?;
        empty_rounds += 1;
        while crossterm::event::poll(MORE)? {
            empty_rounds = 0;
            if let Some(input) = convert(crossterm::event::read()?)
                && !tell(input)
            {
                return Ok(());
            }
        }
    }
    Err(io::Error::other("it reports input and gives none"))
}

/// Sleeps until there is something to read.
fn wait(tty: impl AsFd) -> io::Result<()> {
    loop {
        let mut fds = [PollFd::new(&tty, PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno.into()),
            Ok(_) => {}
        }
        let seen = fds[0].revents();
        if seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::Error::other("it hung up"));
        }
        if seen.contains(PollFlags::IN) {
            return Ok(());
        }
    }
}

/// What an event means here; `None` for what nobody waits for.
fn convert(event: Event) -> Option<Input> {
    match event {
        Event::Key(event) => {
            let stroke = match event.kind {
                KeyEventKind::Press => Stroke::Press,
                KeyEventKind::Repeat => Stroke::Repeat,
                KeyEventKind::Release => Stroke::Release,
            };
            key(event).map(|key| Input::Key { key, stroke })
        }
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
        Event::Mouse(_) | Event::Resize(..) => None,
    }
}

/// The key in the keymap's words; `None` for keys no binding can name (media keys, bare modifiers, ctrl-null).
fn key(event: KeyEvent) -> Option<Key> {
    let code = match event.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab | KeyCode::BackTab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) if (1..=Code::LAST_F).contains(&n) => Code::F(n),
        _ => return None,
    };
    // Super, hyper and meta belong to the desktop; a key held with them is not the plain key.
    if event.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META) {
        return None;
    }
    let modifiers = Modifiers {
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.contains(KeyModifiers::ALT),
        shift: event.modifiers.contains(KeyModifiers::SHIFT) || event.code == KeyCode::BackTab,
    };
    Some(Key::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_spelled_as_in_the_keymap() {
        use KeyModifiers as M;
        let table = [
            (KeyCode::Char('g'), M::NONE, "g"),
            (KeyCode::Char('G'), M::SHIFT, "G"),
            (KeyCode::Char('G'), M::NONE, "G"),
            (KeyCode::Char('?'), M::SHIFT, "?"),
            (KeyCode::Char(' '), M::NONE, "space"),
            (KeyCode::Char('r'), M::CONTROL, "ctrl-r"),
            (KeyCode::Char('x'), M::ALT, "alt-x"),
            (KeyCode::Enter, M::NONE, "enter"),
            (KeyCode::Enter, M::ALT, "alt-enter"),
            (KeyCode::Esc, M::NONE, "esc"),
            (KeyCode::Tab, M::NONE, "tab"),
            (KeyCode::BackTab, M::SHIFT, "shift-tab"),
            (KeyCode::BackTab, M::NONE, "shift-tab"),
            (KeyCode::Backspace, M::NONE, "backspace"),
            (KeyCode::Delete, M::NONE, "delete"),
            (KeyCode::Insert, M::NONE, "insert"),
            (KeyCode::Up, M::NONE, "up"),
            (KeyCode::Down, M::SHIFT, "shift-down"),
            (KeyCode::Left, M::NONE, "left"),
            (KeyCode::Right, M::CONTROL, "ctrl-right"),
            (KeyCode::Home, M::NONE, "home"),
            (KeyCode::End, M::NONE, "end"),
            (KeyCode::PageUp, M::NONE, "pageup"),
            (KeyCode::PageDown, M::NONE, "pagedown"),
            (KeyCode::F(5), M::NONE, "f5"),
        ];
        for (code, modifiers, spelled) in table {
            let key = key(KeyEvent::new(code, modifiers)).unwrap();
            assert_eq!(key, spelled.parse().unwrap(), "{code:?} {modifiers:?}");
        }
    }

    #[test]
    fn keys_that_no_binding_can_name_are_dropped() {
        for event in [
            KeyEvent::new(KeyCode::Null, KeyModifiers::CONTROL),
            KeyEvent::new(KeyCode::F(0), KeyModifiers::NONE),
            KeyEvent::new(KeyCode::F(200), KeyModifiers::NONE),
            KeyEvent::new(KeyCode::CapsLock, KeyModifiers::NONE),
            KeyEvent::new(KeyCode::Char('q'), KeyModifiers::SUPER),
        ] {
            assert_eq!(key(event), None, "{event:?}");
        }
    }

    #[test]
    fn a_held_key_is_no_press() {
        for (kind, stroke) in [
            (KeyEventKind::Press, Stroke::Press),
            (KeyEventKind::Repeat, Stroke::Repeat),
            (KeyEventKind::Release, Stroke::Release),
        ] {
            let event = KeyEvent::new_with_kind(KeyCode::Char('y'), KeyModifiers::NONE, kind);
            let expected = Input::Key { key: Code::Char('y').into(), stroke };
            assert_eq!(convert(Event::Key(event)), Some(expected));
        }
    }

    #[test]
    fn a_paste_stays_one_piece() {
        let paste = Event::Paste("orders 25\n".to_owned());
        assert_eq!(convert(paste), Some(Input::Paste("orders 25\n".to_owned())));
    }

    #[test]
    fn a_terminal_that_hung_up_ends_the_wait_at_once() {
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        drop(far);
        assert_eq!(wait(&near).unwrap_err().to_string(), "it hung up");
    }
}
