//! Pictures of real screens, as the README shows them: drawn by the program, from the simulated fleet, by the keys a
//! person would press.
//!
//! They stand in `tests/pictures`. After a change that is meant to be seen:
//!
//! ```text
//! UPDATE_PICTURES=1 cargo test --no-default-features pictures
//! ```

mod session;
mod svg;

use std::path::Path;

use flightdeck::app::Session as Rights;
use flightdeck::plan::Policy;
use flightdeck::theme::{Depth, Theme};

use session::Session;

/// A terminal as most people have it open.
const USUAL: (u16, u16) = (120, 32);

/// The smallest that everything is made for.
const NARROW: (u16, u16) = (80, 24);

/// Compares a screen with its picture, or takes the picture anew.
fn picture(name: &str, session: &Session, theme: &Theme) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(format!("{name}.svg"));
    let taken = svg::svg(&session.buffer(theme));
    if wants_new() {
        return std::fs::write(&path, taken).expect("the folder of pictures can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(taken.lines()).find(|(kept, taken)| kept != taken);
    assert!(
        kept == taken,
        "{} shows something else now; if that is meant: UPDATE_PICTURES=1 cargo test pictures\n{differs:#?}",
        path.display()
    );
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says whether pictures are taken anew")]
fn wants_new() -> bool {
    std::env::var_os("UPDATE_PICTURES").is_some()
}

fn dark() -> Theme {
    Theme::shipped("dark", Depth::TrueColor).unwrap()
}

#[test]
fn a_first_walk_from_the_fleet_to_traffic_moved_and_back() {
    let mut person = Session::open(Rights::Safe, Policy::default(), USUAL);
    person.press("j j");
    picture("fleet", &person, &dark());
    person.press("enter n d");
    picture("cluster", &person, &dark());
    person.press("enter");
    picture("instance", &person, &dark());
    person.press("esc s").types("20").press("enter").wait(1);
    person.types("9012").press("enter").types("orders 20");
    picture("confirm", &person, &dark());
    person.press("enter").wait(4);
    picture("settling", &person, &dark());
    person.wait(40).press("r").wait(1).types("orders back").press("enter").wait(40);
    person.press("A j j j j");
    picture("activity", &person, &dark());
}

#[test]
fn a_shift_in_steps_is_followed_step_by_step() {
    let mut person = Session::open(Rights::Safe, Policy::default(), USUAL);
    person.press("j j enter s").types("100").press("tab down enter").wait(1);
    person.types("9012").press("enter").types("orders 100").press("enter").wait(10);
    person.press("o").wait(170);
    picture("operations", &person, &dark());
}

#[test]
fn keys_that_do_not_apply_say_why_and_anything_is_found_by_name() {
    let why = "--read-only".into();
    let mut person = Session::open(Rights::ReadOnly { why }, Policy::default(), NARROW);
    picture("narrow", &person, &dark());
    person.press("j ? G");
    picture("help", &person, &dark());
    person.press("esc :").types("or");
    picture("palette", &person, &dark());
}

#[test]
fn production_is_framed_and_the_state_is_said_without_colour_too() {
    let production = [("123456789012".to_owned(), "prod".to_owned())].into();
    let policy = Policy { production, ..Policy::default() };
    let mut person = Session::open(Rights::Safe, policy, USUAL);
    picture("monochrome", &person, &Theme::shipped("monochrome", Depth::None).unwrap());
    person
        .press("j j j j enter n d a")
        .wait(1)
        .types("9012")
        .press("enter")
        .types("prod")
        .press("enter")
        .wait(1);
    picture("production", &person, &Theme::shipped("light", Depth::TrueColor).unwrap());
}
