//! A person at the cockpit, on AWS as the rig plays it.

use std::time::Duration;

use super::{changed, changes, front_door};
use crate::rig::Rig;
use crate::terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_flightdeck");
const SIZE: (u16, u16) = (140, 45);

const BACKSPACE: &str = "\u{7f}";
/// Escape twice: alone it may be the beginning of another key.
const ESCAPE: &str = "\u{1b}\u{1b}";
const CTRL_C: &str = "\u{3}";
/// A key that says nothing anywhere.
const NOTHING: &str = "\u{0}";

/// How long a key is waited for on the screen before it is pressed again.
const SOON: Duration = Duration::from_millis(200);
/// How often it is pressed.
const ATTEMPTS: usize = 100;
/// New weights are given half a minute to reach every node, then the last look may take its time.
const SETTLED: Duration = Duration::from_secs(90);

/// The cockpit on the cluster `orders`.
fn at_orders(rig: &Rig, arguments: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(PROGRAM, SIZE, arguments, &rig.environment());
    terminal.wait_for("checkout");
    terminal.send("/orders\r");
    terminal.wait_until("orders alone", |screen| !screen.contents().contains("checkout"));
    terminal.send("\r");
    terminal.wait_for(rig.members("orders-blue")[0]);
    terminal
}

/// Presses keys until the screen shows something. A dialog that confirms is deaf while nobody can have read it.
fn press_until(terminal: &mut Terminal, keys: &str, text: &str) {
    for _ in 0..ATTEMPTS {
        terminal.send(keys);
        if terminal.shows(text, SOON) {
            return;
        }
    }
    panic!("{text:?} is never shown:\n{}", terminal.text());
}

/// Types an answer into a dialog that confirms.
fn answer(terminal: &mut Terminal, text: &str) {
    press_until(terminal, "~", "~");
    terminal.send(&BACKSPACE.repeat(60));
    terminal.wait_until("an empty field", |screen| !screen.contents().contains('~'));
    terminal.send(text);
    terminal.send("\r");
}

/// Opens the plan of a shift to 25 %.
fn plan_a_shift(terminal: &mut Terminal) {
    terminal.send("s");
    terminal.wait_for("% of the traffic");
    terminal.send("25\r");
    terminal.wait_for("ModifyListener");
}

#[test]
fn a_shift_is_armed_confirmed_rolled_back_and_settled_by_keys() {
    let rig = Rig::own();
    let before = front_door(&rig);
    let mut terminal = at_orders(&rig, &[]);
    assert!(terminal.text().contains("SAFE"), "{}", terminal.text());
    rig.forget();

    plan_a_shift(&mut terminal);
    answer(&mut terminal, "0000");
    terminal.wait_for("not the last 4 digits");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "orders 26");
    terminal.wait_for("not the phrase");
    assert!(changes(&rig).is_empty());
    answer(&mut terminal, "orders 25");
    terminal.wait_for("ARMED");
    terminal.wait_for("✔ read back … settled");
    terminal.wait_for("weight  25");
    assert_eq!(changed(&rig), ["ModifyListener"]);

    terminal.send("r");
    terminal.wait_for("ModifyListener");
    answer(&mut terminal, "orders back");
    terminal.wait_for("weight  10");
    assert_eq!(changed(&rig), ["ModifyListener", "ModifyListener"]);
    assert_eq!(front_door(&rig), before);
    assert!(terminal.shows("✔ read back ✔ settled", SETTLED), "{}", terminal.text());
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn what_shifts_in_another_session_sends_nothing_in_a_read_only_one() {
    let rig = Rig::own();
    let mut terminal = at_orders(&rig, &["--read-only"]);
    assert!(terminal.text().contains("READ-ONLY"), "{}", terminal.text());
    terminal.send("a");
    terminal.wait_for("this session is read-only");
    plan_a_shift(&mut terminal);
    press_until(&mut terminal, "\r", "✘ this session is read-only");
    for keys in [&rig.account()[8..], "\r", "orders 25", "\r", "y"] {
        terminal.send(keys);
    }
    terminal.send(CTRL_C);
    assert_eq!(terminal.wait_for_exit(), 0);
    assert!(!rig.log().is_empty() && changes(&rig).is_empty(), "{:?}", changes(&rig));
}

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

/// Keys that lead from any dialog and screen to the first one. An escape joins what comes next: that is nothing.
fn out_of_everything() -> String {
    format!("{NOTHING}{}{NOTHING}", ESCAPE.repeat(8))
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
        // Keys are taken in their order: what is seen now comes after all of them.
        let mark = format!("mark{pressed}");
        terminal.send(&format!("{}:{mark}", out_of_everything()));
        if terminal.shows(&mark, Duration::from_secs(30)) {
            assert!(terminal.text().contains("READ-ONLY"), "{}", terminal.text());
            terminal.send(ESCAPE);
            pressed += ROUND;
        } else {
            assert_eq!(terminal.wait_for_exit(), 0);
            terminal = start();
        }
    }
    assert!(changes(&rig).is_empty(), "{:?}", changes(&rig));
    assert!(rig.log().len() > 100, "it looked all the while");
}
