//! Random keys in a read-only session: whatever is pressed, nothing is changed.

use std::time::Duration;

use super::person::{BACKSPACE, CTRL_C, ESCAPE, NOTHING, PROGRAM};
use crate::rig::Rig;
use crate::terminal::Terminal;

/// So many keys are pressed.
const KEYS: usize = 10_000;
/// So many between two looks whether the program still lives.
const ROUND: usize = 100;

/// Keys as bytes, the likelier the more often they stand here.
const TYPED: &[&str] = &[
    "s",
    "s",
    "s",
    "r",
    "r",
    "r",
    "a",
    "a",
    "b",
    "f",
    "x",
    "o",
    "i",
    "\r",
    "\r",
    "\r",
    "\r",
    "\r",
    "\r",
    ESCAPE,
    ESCAPE,
    ESCAPE,
    "\u{1b}",
    "y",
    "y",
    "n",
    "N",
    "j",
    "j",
    "k",
    "g",
    "G",
    "d",
    "u",
    "A",
    "/",
    ":",
    "?",
    ">",
    "<",
    "]",
    "[",
    "!",
    "0",
    "1",
    "2",
    "5",
    "9",
    "25",
    "100",
    " ",
    "\t",
    "\t",
    "\u{1b}[Z",
    BACKSPACE,
    "\u{1b}[A",
    "\u{1b}[B",
    "\u{1b}[C",
    "\u{1b}[D",
    "\u{1b}[5~",
    "\u{1b}[6~",
    "\u{1b}[H",
    "\u{1b}[F",
    "\u{1b}[3~",
    "\u{4}",
    "\u{15}",
    "\u{1}",
    "\u{5}",
    "\u{17}",
    "orders",
    "orders 25",
    "orders back",
    "checkout 25",
    "ü",
    "漢",
    "🙂",
    "e\u{301}",
    "\u{0}",
    "\u{1b}[200~orders 25\r\u{1b}[201~",
    "\u{1b}[<0;10;10M",
    "\u{1b}[I",
    "\u{1b}[O",
];
/// Keys that are pressed once in a while: leave, suspend, look at everything.
const SELDOM: &[&str] = &["q", CTRL_C, "\u{1a}", "\u{12}", "\u{12}", "\u{12}"];
const ONE_IN: usize = 200;

/// So often somebody tries in earnest between the random keys.
const EARNEST: usize = 1_000;
/// A dialog that confirms has ears again after this time.
const DEAF: Duration = Duration::from_millis(400);

/// Ends an escape sequence that random keys have begun (`ESC [ 5`, `ESC [ <`), which would swallow what comes next. By
/// itself it is bound to nothing.
const END_OF_SEQUENCE: &str = "m";

/// Keys that lead from any dialog and screen to the first one. An escape joins what comes next: that is nothing.
fn out_of_everything() -> String {
    format!("{END_OF_SEQUENCE}{NOTHING}{}{NOTHING}", ESCAPE.repeat(8))
}

/// What would shift, on whatever screen it is: the form, the plan, and all that could confirm it.
fn try_in_earnest(terminal: &mut Terminal, digits: &str) {
    terminal.send(&out_of_everything());
    terminal.send("/");
    terminal.send(&BACKSPACE.repeat(60));
    terminal.send("\rs25\r");
    if terminal.shows("ModifyRule", DEAF) || terminal.shows("ModifyListener", DEAF) {
        terminal.shows("what is never shown", DEAF);
    }
    for keys in ["\r", digits, "\r", "orders 25\r", "checkout 25\r", "y"] {
        terminal.send(keys);
    }
}

#[test]
fn ten_thousand_random_keys_in_a_read_only_session_send_no_change() {
    let rig = Rig::own();
    let start = || {
        let mut terminal = Terminal::start(PROGRAM, (100, 30), &["--read-only"], &rig.environment());
        terminal.wait_for("checkout");
        terminal
    };
    let digits = rig.account()[8..].to_owned();
    let mut random = fastrand::Rng::with_seed(19);
    let mut terminal = start();
    let mut pressed = 0;
    while pressed < KEYS {
        for _ in 0..ROUND {
            let keys = if random.usize(..ONE_IN) == 0 { SELDOM } else { TYPED };
            terminal.send(if random.usize(..ROUND) == 0 {
                &digits
            } else {
                keys[random.usize(..keys.len())]
            });
        }
        if pressed % EARNEST == 0 {
            try_in_earnest(&mut terminal, &digits);
        }
        // Keys are taken in their order: what is seen now comes after all of them. The palette writes its prompt with a
        // space; a terminal that was given back only repeats what is typed.
        // Whoever comes back from behind the shell finds dropped what was typed meanwhile: then it is typed once more.
        let mark = format!("mark{pressed}");
        let mut is_seen = || {
            terminal.send(&format!("{}:{mark}", out_of_everything()));
            terminal.shows(&format!(": {mark}"), Duration::from_secs(15))
        };
        if is_seen() || is_seen() {
            assert!(terminal.text().contains("READ-ONLY"), "{}", terminal.text());
            terminal.send(ESCAPE);
            pressed += ROUND;
        } else {
            assert_eq!(terminal.wait_for_exit(), 0);
            terminal = start();
        }
    }
    // Not even bookkeeping.
    let written: Vec<_> = rig.log().into_iter().filter(|request| request.mutating).collect();
    assert!(written.is_empty(), "{written:?}");
    assert!(rig.log().len() > 100, "it looked all the while");
}
