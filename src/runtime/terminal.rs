//! The terminal as the cockpit holds it, and the guard that gives it back whatever ends the program.
//!
//! Its rule: what [`Screen`] changed, [`restore`] undoes, once, from wherever it is called: when the screen is dropped,
//! by the panic hook, by the signal watch, before a suspension. Keys come in by `input`, bytes go out by `output`.
//!
//! Nothing is ever asked of the terminal and waited for. So keyboard enhancements are pushed blindly, after the first
//! frame: terminals that do not know them ignore the sequence, as ECMA-48 asks (Kakoune has sent it to every
//! terminal for years). The exception is consoles whose parser predates private parameters (`linux` before 5.x and
//! hardware VTs print the rest of it), and `screen`, which may pass it on to one: for those [`Enhancements::Never`].
//! Only escape disambiguation and event kinds are asked for. Letters would tell their repeats only with "all keys as
//! escape codes", which loses the characters of dead keys and AltGr: text that is typed right counts more.

use std::fmt;
use std::io;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle,
};
use crossterm::{Command, cursor};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use super::output::{Gate, Output};
use super::tty::{self, Modes};
use crate::fleet::Text;

/// How long the terminal has to take the last bytes: the shell must be back within 200 ms, slow line or not.
const PATIENCE: Duration = Duration::from_millis(60);

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Standard output leads to a file or a pipe.
    #[error(
        "the cockpit needs a terminal and standard output is none: run it in one, or ask for `flightdeck snapshot`"
    )]
    NoOutput,
    /// Neither standard input nor `/dev/tty` is a terminal.
    #[error(
        "the cockpit needs a terminal for its keys and there is none ({0}): run it in one (`ssh -t`, `docker run -it`)"
    )]
    NoInput(#[source] io::Error),
    /// The terminal refused its modes.
    #[error("cannot set up the terminal: {0}; try another terminal, or `flightdeck snapshot`")]
    Setup(#[source] io::Error),
}

/// Whether the terminal is asked to report key releases and repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enhancements {
    /// It ignores what it does not know.
    Ask,
    /// It may print what it does not know.
    Never,
}

impl Enhancements {
    /// Chooses by the terminal's name (`TERM`, which `config` read).
    #[must_use]
    pub fn for_terminal(name: &str) -> Self {
        const OLD: [&str; 5] = ["linux", "dumb", "vt", "screen", "cons"];
        if name.is_empty() || OLD.iter().any(|old| name.starts_with(old)) { Self::Never } else { Self::Ask }
    }

    fn flags() -> KeyboardEnhancementFlags {
        KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES | KeyboardEnhancementFlags::REPORT_EVENT_TYPES
    }
}

/// What has to be given back, while anything has.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

struct Held {
    modes: Modes,
    gate: Arc<Gate>,
    shown: Shown,
}

/// Gives the terminal back to the shell. Does nothing where that is done already; where another thread is at it, waits
/// until it is done, so that no process ends half-way through.
///
/// Takes at most 60 ms even where the terminal takes no bytes; its modes are given back in any case.
pub fn restore() {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Held { modes, gate, shown }) = held.take() else { return };
    modes.give_back();
    gate.close_with(&shown.undo(), PATIENCE);
    modes.drop_unread();
}

/// How far the terminal knows of the cockpit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Only its modes were changed.
    Nothing,
    /// A frame was sent.
    Frames,
    /// A frame, and the keys are reported in more detail.
    Enhanced,
}

impl Shown {
    fn undo(self) -> Vec<u8> {
        let mut last = Bytes::default();
        if self == Self::Nothing {
            return last.0.into_bytes();
        }
        last.add(EndSynchronizedUpdate);
        // Before the alternate screen is left: the stack of enhancements is each screen's own.
        if self == Self::Enhanced {
            last.add(PopKeyboardEnhancementFlags);
        }
        last.add(DisableFocusChange);
        last.add(DisableBracketedPaste);
        last.add(SetAttribute(Attribute::Reset));
        last.add(cursor::Show);
        last.add(LeaveAlternateScreen);
        last.add(TitleStack::Pop);
        last.0.into_bytes()
    }
}

/// Makes a panic give the terminal back, then tell what happened, to `report` and on standard error.
///
/// A panic in any task ends the cockpit: what it left half done cannot be known. So `report` must end the loop.
pub fn on_panic(report: impl Fn(Text) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        let what = describe(panic);
        let mut stderr = io::stderr();
        let _closed = io::Write::write_fmt(
            &mut stderr,
            format_args!("flightdeck has a bug and ended: {what}\nPlease report it, with the log.\n"),
        );
        report(what);
    }));
}

/// The panic's message and place, in one line.
fn describe(panic: &PanicHookInfo<'_>) -> Text {
    let message = panic.payload_as_str().unwrap_or("a panic without a message");
    match panic.location() {
        Some(place) => Text::from(format!("{message} ({}:{})", place.file(), place.line())),
        None => Text::from(message),
    }
}

/// The screen while the cockpit holds it.
#[derive(Debug)]
pub struct Screen {
    canvas: Canvas,
    output: Output,
    enhancements: Enhancements,
    shown: Shown,
    title: Option<Text>,
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, no cursor, pastes and focus told as such.
    ///
    /// # Errors
    /// Where there is no terminal, or it refuses.
    pub fn enter(enhancements: Enhancements) -> Result<Self, TerminalError> {
        // Output first: a cockpit in a pipe must not touch the modes of the keyboard's terminal.
        let output = Output::start(tty::output()?);
        let canvas = Canvas::new(Size::ZERO).map_err(TerminalError::Setup)?;
        let mut screen = Self { canvas, output, enhancements, shown: Shown::Nothing, title: None };
        screen.take()?;
        Ok(screen)
    }

    /// Takes the terminal again after it was given back, or after somebody else may have changed it; the next frame
    /// is drawn whole.
    ///
    /// # Errors
    /// Where the terminal refuses.
    pub fn resume(&mut self) -> Result<(), TerminalError> {
        restore();
        self.take()
    }

    fn take(&mut self) -> Result<(), TerminalError> {
        let input = tty::input()?;
        let modes = Modes::raw(input).map_err(TerminalError::Setup)?;
        self.shown = Shown::Nothing;
        self.output.gate().reopen();
        *HELD.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Held { modes, gate: Arc::clone(self.output.gate()), shown: self.shown });
        self.resize(self.size())?;
        self.canvas.before.add(TitleStack::Push);
        if let Some(title) = &self.title {
            self.canvas.before.add(SetTitle(title));
        }
        self.canvas.before.add(EnterAlternateScreen);
        self.canvas.before.add(cursor::Hide);
        self.canvas.before.add(EnableBracketedPaste);
        self.canvas.before.add(EnableFocusChange);
        Ok(())
    }

    /// Columns and rows the terminal has now.
    #[must_use]
    pub fn size(&self) -> Size {
        self.output.gate().size()
    }

    /// Follows the terminal to a new size; the next frame is drawn whole.
    ///
    /// # Errors
    /// Never in practice: nothing is written yet.
    pub fn resize(&mut self, size: Size) -> Result<(), TerminalError> {
        let before = std::mem::take(&mut self.canvas.before);
        self.canvas = Canvas::new(size).map_err(TerminalError::Setup)?;
        self.canvas.before = before;
        Ok(())
    }

    /// Names the terminal's window.
    pub fn set_title(&mut self, title: &Text) {
        self.canvas.before.add(SetTitle(title));
        self.title = Some(title.clone());
    }

    /// Calls for a person.
    pub fn ring(&mut self) {
        self.canvas.before.0.push('\u{7}');
    }

    /// Whether the frame before has arrived and another may be drawn.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.output.idle()
    }

    /// Waits until the frame under way has arrived.
    ///
    /// # Errors
    /// Where the terminal takes no more, with the reason.
    pub fn settled(&self) -> impl Future<Output = Result<(), String>> + Send + use<> {
        self.output.settled()
    }

    /// Draws one frame and sends it on its way; the screen must be [`idle`](Self::idle).
    ///
    /// # Errors
    /// Never in practice: the frame goes to memory first.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), TerminalError> {
        let mut frame = self.canvas.draw(draw).map_err(TerminalError::Setup)?;
        let shown = match self.enhancements {
            Enhancements::Ask => Shown::Enhanced,
            Enhancements::Never => Shown::Frames,
        };
        if self.shown != shown {
            if shown == Shown::Enhanced {
                let mut ask = Bytes::default();
                ask.add(PushKeyboardEnhancementFlags(Enhancements::flags()));
                frame.extend(ask.0.into_bytes());
            }
            // Told before it is sent: whatever is sent must be undone.
            if let Some(held) = HELD.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                held.shown = shown;
            }
            self.shown = shown;
        }
        self.output.send(frame);
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// What turns a frame into the bytes that make a terminal show it.
#[derive(Debug)]
struct Canvas {
    terminal: Terminal<CrosstermBackend<Sheet>>,
    sheet: Sheet,
    before: Bytes,
    blank: bool,
}

impl Canvas {
    /// A canvas whose first frame clears the terminal. The size is fixed until told otherwise: ratatui would ask the terminal.
    fn new(size: Size) -> io::Result<Self> {
        let sheet = Sheet::default();
        let viewport = Viewport::Fixed(Rect::from((ratatui::layout::Position::ORIGIN, size)));
        let terminal =
            Terminal::with_options(CrosstermBackend::new(sheet.clone()), TerminalOptions { viewport })?;
        Ok(Self { terminal, sheet, before: Bytes::default(), blank: true })
    }

    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<Vec<u8>> {
        self.terminal.draw(|frame| {
            // Some of ratatui's widgets index the first cell of an area that has none.
            if !frame.area().is_empty() {
                draw(frame);
            }
        })?;
        // What enters the alternate screen stands before the update: a terminal may keep the two screens apart.
        let mut head = std::mem::take(&mut self.before);
        head.add(BeginSynchronizedUpdate);
        if std::mem::take(&mut self.blank) {
            head.add(Clear(ClearType::All));
        }
        let mut tail = Bytes::default();
        tail.add(EndSynchronizedUpdate);
        Ok([head.0.into_bytes(), self.sheet.take(), tail.0.into_bytes()].concat())
    }
}

/// Where ratatui writes: memory, so that one frame is one piece.
#[derive(Debug, Clone, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Sheet {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Text for the terminal, made of commands.
#[derive(Debug, Default)]
struct Bytes(String);

impl Bytes {
    fn add(&mut self, command: impl Command) {
        // A command fails only where the text it is written to does, and a `String` does not.
        let _written = command.write_ansi(&mut self.0);
    }
}

/// Remembers the window's title, and puts it back (XTWINOPS 22 and 23, which crossterm has not).
enum TitleStack {
    Push,
    Pop,
}

impl Command for TitleStack {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str(match self {
            Self::Push => "\x1b[22;0t",
            Self::Pop => "\x1b[23;0t",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(canvas: &mut Canvas, text: &'static str) -> String {
        let bytes = canvas.draw(|frame| frame.render_widget(text, frame.area())).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_frame_is_one_synchronized_update_and_the_next_sends_only_what_changed() {
        let mut canvas = Canvas::new(Size::new(20, 2)).unwrap();
        let first = frame(&mut canvas, "orders 10 %");
        assert!(first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l"), "{first:?}");
        assert!(first.contains("orders"));
        let second = frame(&mut canvas, "orders 25 %");
        assert!(!second.contains("orders") && second.contains("25"), "{second:?}");
    }

    #[test]
    fn a_terminal_of_any_size_is_drawn() {
        for size in [(0, 0), (0, 9), (9, 0), (1, 1), (500, 200)] {
            frame(&mut Canvas::new(size.into()).unwrap(), "orders");
        }
    }

    #[test]
    fn a_title_cannot_command_the_terminal() {
        let mut bytes = Bytes::default();
        bytes.add(SetTitle(Text::from("prod\u{7}\u{1b}[2J")));
        assert_eq!(
            bytes.0.matches(char::is_control).count(),
            2,
            "only its own beginning and end: {:?}",
            bytes.0
        );
    }

    #[test]
    fn only_terminals_that_ignore_what_they_do_not_know_are_asked() {
        for name in ["xterm-256color", "xterm-kitty", "tmux-256color", "foot", "alacritty", "xterm-ghostty"] {
            assert_eq!(Enhancements::for_terminal(name), Enhancements::Ask, "{name}");
        }
        for name in ["", "linux", "dumb", "vt220", "screen.xterm-256color", "cons25"] {
            assert_eq!(Enhancements::for_terminal(name), Enhancements::Never, "{name}");
        }
    }

    #[test]
    fn giving_back_what_is_not_held_does_nothing() {
        restore();
        restore();
        assert!(HELD.lock().unwrap().is_none());
    }
}
