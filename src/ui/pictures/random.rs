//! Any size, any bytes: whatever a terminal, a clock and a cloud do, a picture follows (promise 36).

use proptest::prelude::*;

use super::{buffer, buffer_at};
use crate::app::fixture::Person;
use crate::app::tests::random::{any_event, any_person, give, person};
use crate::fleet::Text;

/// Gives an instance a hostile name, and a cluster one that is wide.
fn hostile(person: &mut Person, name: &str) {
    person.world.instance_mut("i-orders-blue-1").tags.insert("Name".into(), Text::new(name));
    person.world.group(&format!("{name}-blue"), "lt-search");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_model_has_a_picture_at_every_size(
        which in any_person(),
        name in any::<String>(),
        events in proptest::collection::vec(any_event(), 0..50),
        (width, height) in (0u16..500, 0u16..200),
    ) {
        let mut person = person(which);
        hostile(&mut person, &name);
        for event in events {
            give(&mut person, event);
            let picture = buffer(&person);
            let hostile = picture.content.iter().any(|cell| cell.symbol() != &*crate::fleet::clean(cell.symbol()));
            prop_assert!(!hostile, "a cell could command the terminal");
        }
        // The terminal is resized between what the model knows and what is drawn.
        let picture = buffer_at(&person, width, height);
        prop_assert_eq!(picture.area.width, width);
    }
}
