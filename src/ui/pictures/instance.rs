//! The instance screen.

use crate::app::fixture::Person;

#[test]
fn an_instance_shows_its_facts_beside_what_its_group_wants() {
    pictures!("instance", {
        let mut person = Person::new();
        person.press("j j enter j j enter");
        person
    });
}
