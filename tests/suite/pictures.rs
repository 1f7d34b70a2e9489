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
    picture("fleet", &person, &dark());
    person.press("j j j enter");
    picture("cluster", &person, &dark());
}
