//! A person at the cockpit, on AWS as the rig plays it: what several sessions do alike.

use std::time::Duration;

use crate::rig::Rig;
use crate::terminal::Terminal;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_flightdeck");
pub const SIZE: (u16, u16) = (140, 45);

pub const BACKSPACE: &str = "\u{7f}";
/// Escape twice: alone it may be the beginning of another key.
pub const ESCAPE: &str = "\u{1b}\u{1b}";
pub const CTRL_C: &str = "\u{3}";
/// A key that says nothing anywhere.
pub const NOTHING: &str = "\u{0}";

/// How long a key is waited for on the screen before it is pressed again.
const SOON: Duration = Duration::from_millis(200);
/// How often it is pressed.
const ATTEMPTS: usize = 100;

/// The cockpit on the cluster `orders`.
pub fn at_orders(rig: &Rig, arguments: &[&str]) -> Terminal {
    at_orders_in(rig, arguments, &rig.environment())
}

/// The same in an environment of its own.
pub fn at_orders_in(rig: &Rig, arguments: &[&str], environment: &[(&'static str, String)]) -> Terminal {
    let mut terminal = Terminal::start(PROGRAM, SIZE, arguments, environment);
    terminal.wait_for("checkout");
    terminal.send("/orders\r");
    terminal.wait_until("orders alone", |screen| !screen.contents().contains("checkout"));
    terminal.send("\r");
    terminal.wait_for(rig.members("orders-blue")[0]);
    terminal
}

/// Presses keys until the screen shows something. A dialog that confirms is deaf while nobody can have read it.
pub fn press_until(terminal: &mut Terminal, keys: &str, text: &str) {
    for _ in 0..ATTEMPTS {
        terminal.send(keys);
        if terminal.shows(text, SOON) {
            return;
        }
    }
    panic!("{text:?} is never shown:\n{}", terminal.text());
}

/// Types an answer into a dialog that confirms.
pub fn answer(terminal: &mut Terminal, text: &str) {
    press_until(terminal, "~", "~");
    terminal.send(&BACKSPACE.repeat(60));
    terminal.wait_until("an empty field", |screen| !screen.contents().contains('~'));
    terminal.send(text);
    terminal.send("\r");
}

/// Opens the plan of a shift to 25 %.
pub fn plan_a_shift(terminal: &mut Terminal) {
    terminal.send("s");
    terminal.wait_for("% of the traffic");
    terminal.send("25\r");
    terminal.wait_for("ModifyListener");
}
