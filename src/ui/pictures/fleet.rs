//! The fleet screen.

use crate::app::fixture::Person;

#[test]
fn the_fleet_answers_without_a_key_pressed() {
    pictures!("fleet", Person::new());
}
