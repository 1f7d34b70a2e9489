//! Whatever ends the cockpit, the shell is usable: in time, on any terminal, after anything.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use flightdeck::runtime::terminal::{Enhancements, Screen, on_panic};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::Signal;

use crate::terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_flightdeck");

/// The shell is back within this time, as promised.
const BACK: Duration = Duration::from_millis(200);
/// A lost terminal ends the program within this time, as promised.
const LOST: Duration = Duration::from_secs(1);
/// A promise of milliseconds is kept by the program and broken by a busy machine: one of so many runs must keep it.
const TRIES: u32 = 5;

/// A cockpit on the simulated fleet that shows it.
fn cockpit(size: (u16, u16)) -> Terminal {
    let mut terminal = Terminal::start(PROGRAM, size, &["--demo"], &[]);
    terminal.wait_for("orders");
    terminal
}

/// The terminal is as the shell left it.
#[track_caller]
fn assert_given_back(terminal: &Terminal) {
    let screen = terminal.screen();
    assert!(!screen.alternate_screen(), "the alternate screen is left");
    assert!(!screen.hide_cursor(), "the cursor is seen");
    assert!(!screen.bracketed_paste(), "pastes are pastes");
    let written = String::from_utf8_lossy(terminal.written());
    for (taken, given_back) in
        [("\x1b[?1004h", "\x1b[?1004l"), ("\x1b[>3u", "\x1b[<1u"), ("\x1b[22;0t", "\x1b[23;0t")]
    {
        let order = (written.rfind(taken), written.rfind(given_back));
        assert!(order.0.is_some() && order.0 < order.1, "{taken:?} is undone by {given_back:?}: {order:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a promise about real time is kept in real time")]
fn now() -> Instant {
    Instant::now()
}

/// Does something that takes time; at least one of a few tries must be in time.
#[track_caller]
fn assert_within(promised: Duration, mut once: impl FnMut() -> Duration) {
    let tries: Vec<Duration> = (0..TRIES).map(|_| once()).collect();
    assert!(tries.iter().any(|took| *took <= promised), "none within {promised:?}: {tries:?}");
}

#[test]
fn the_cockpit_opens_shows_the_fleet_and_is_left_by_a_key() {
    let mut terminal = cockpit((120, 40));
    assert!(terminal.screen().alternate_screen());
    assert!(terminal.text().contains("SAFE"), "{}", terminal.text());
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
    assert_given_back(&terminal);
}

#[test]
fn ctrl_c_leaves_also_where_letters_are_typed() {
    let mut terminal = cockpit((120, 40));
    terminal.send("/");
    terminal.send("q");
    terminal.wait_for("No cluster matches");
    assert!(terminal.runs());
    terminal.send("\x03");
    assert_eq!(terminal.wait_for_exit(), 0);
    assert_given_back(&terminal);
}

#[test]
fn every_signal_that_ends_it_gives_the_terminal_back_in_time() {
    for (signal, number) in [(Signal::HUP, 1), (Signal::INT, 2), (Signal::QUIT, 3), (Signal::TERM, 15)] {
        assert_within(BACK, || {
            let mut terminal = cockpit((100, 30));
            let begun = now();
            terminal.signal(signal);
            assert_eq!(terminal.wait_for_exit(), 128 + number);
            let took = begun.elapsed();
            assert_given_back(&terminal);
            took
        });
    }
}

/// Says that this process plays a terminal: a test's own program, run again, which can be killed as an `sshd` can.
const PLAYS: &str = "the-one-that-plays-a-terminal";

/// Runs the program on a terminal of its own, and shows here what that terminal is shown.
fn play_a_terminal() {
    let ignore = if std::env::args().any(|argument| argument == IGNORES) { "trap '' HUP; " } else { "" };
    let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", &format!("{ignore}exec {PROGRAM} --demo 2>end")]);
    command.cwd(std::env::current_dir().unwrap());
    let _child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut shown = pair.master.try_clone_reader().unwrap();
    std::io::copy(&mut shown, &mut std::io::stdout()).unwrap();
}

/// Says that hang-ups are ignored, as under `nohup`.
const IGNORES: &str = "hang-ups-are-ignored";

#[test]
fn a_lost_terminal_ends_it_in_time_whether_or_not_hang_ups_are_ignored() {
    if is_played(PLAYS) {
        return play_a_terminal();
    }
    let name = "a_lost_terminal_ends_it_in_time_whether_or_not_hang_ups_are_ignored";
    for ignores in ["hang-ups-end-it", IGNORES] {
        assert_within(LOST, || {
            let mut outer = play(name, &[PLAYS, ignores], "mkfifo end; ");
            let ended = end_of(&outer.home().path().join("end"));
            outer.wait_for("orders");
            let begun = now();
            outer.signal(Signal::KILL);
            ended.recv_timeout(Duration::from_secs(30)).expect("the program ends");
            begun.elapsed()
        });
    }
}

/// Tells when nobody holds the writing end of a pipe any more.
#[expect(clippy::disallowed_methods, reason = "a pipe can only be read by waiting for it")]
fn end_of(pipe: &Path) -> Receiver<()> {
    let (told, ended) = channel();
    let pipe = pipe.to_owned();
    std::thread::spawn(move || {
        while !pipe.exists() {
            std::thread::yield_now();
        }
        let _ = File::open(pipe).and_then(|mut pipe| pipe.read_to_end(&mut Vec::new()));
        let _ = told.send(());
    });
    ended
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_cockpit_back() {
    let mut terminal = Terminal::start("sh", (100, 30), &["-i"], &[("PS1", "$ ".to_owned())]);
    terminal.wait_for("$");
    terminal.send(&format!("{PROGRAM} --demo\r"));
    terminal.wait_for("orders");
    terminal.send("\x1a");
    let has_prompt = |screen: &vt100::Screen| screen.contents().trim_end().ends_with('$');
    terminal.wait_until("the shell", |screen| !screen.alternate_screen() && has_prompt(screen));
    assert_given_back(&terminal);
    terminal.send("echo $((40 + 2)) of the shell\r");
    terminal.wait_for("42 of the shell");
    terminal.resize(90, 28);
    terminal.send("fg\r");
    terminal.wait_until("the cockpit", |screen| {
        screen.alternate_screen()
            && screen.contents().contains("orders")
            && screen.contents().contains("SAFE")
    });
    terminal.send("q");
    terminal.wait_until("the shell again", |screen| !screen.alternate_screen() && has_prompt(screen));
    terminal.send("echo $((40 + 3)) and out; exit 7\r");
    assert_eq!(terminal.wait_for_exit(), 7);
    assert!(terminal.text().contains("43 and out"), "{}", terminal.text());
}

#[test]
fn ctrl_z_without_a_shell_stays_and_says_why() {
    let mut terminal = cockpit((100, 30));
    terminal.send("\x1a");
    terminal.wait_for("ctrl-z does nothing here");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_terminal_of_any_size_is_drawn_while_keys_are_pressed() {
    let mut terminal = cockpit((80, 24));
    for size in
        [(0, 0), (1, 1), (59, 14), (500, 200), (0, 30), (60, 15), (80, 0), (200, 1), (2, 200), (80, 24)]
    {
        terminal.resize(size.0, size.1);
        terminal.send("jjG\r\x1b[Bgg/or\x1b[D\r:arm\x7f\x7f\x7f\x1b[A?j");
        assert!(terminal.runs(), "{size:?}:\n{}", terminal.text());
    }
    terminal.resize(100, 30);
    terminal.wait_until("a screen", |screen| screen.contents().contains("SAFE"));
    terminal.send("\x03");
    assert_eq!(terminal.wait_for_exit(), 0);
    assert_given_back(&terminal);
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    let mut terminal = Terminal::start(PROGRAM, (50, 12), &["--demo"], &[]);
    terminal.wait_for("60 columns and 15 rows");
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

/// Says that this process is the one that panics.
const PANICS: &str = "the-one-that-panics";

#[test]
fn a_panic_gives_the_terminal_back_and_says_what_happened() {
    if is_played(PANICS) {
        let mut screen = Screen::enter(Enhancements::Ask).unwrap();
        on_panic(|_| {});
        screen.draw(|frame| frame.render_widget("a picture", frame.area())).unwrap();
        panic!("a bug of this test");
    }
    let mut terminal = play("a_panic_gives_the_terminal_back_and_says_what_happened", &[PANICS], "");
    terminal.wait_for_exit();
    let text = terminal.text();
    assert!(text.contains("flightdeck has a bug and ended: a bug of this test"), "{text}");
    assert!(!terminal.screen().alternate_screen() && !terminal.screen().hide_cursor());
}

/// Whether this process is a test's own program, run again to play a part.
fn is_played(part: &str) -> bool {
    std::env::args().any(|argument| argument == part)
}

/// Runs a test of this file once more, on a terminal of its own, in these parts; `first` is done before.
fn play(test: &str, parts: &[&str], first: &str) -> Terminal {
    let own = std::env::current_exe().unwrap();
    let command = format!(
        "{first}exec {} --exact terminal_manners::{test} --nocapture {}",
        own.display(),
        parts.join(" ")
    );
    Terminal::start("sh", (100, 30), &["-c", &command], &[])
}
