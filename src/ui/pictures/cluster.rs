//! The cluster screen.

use crate::app::fixture::{Person, sticky};

fn orders() -> Person {
    let mut person = Person::new();
    person.press("j j enter");
    person
}

#[test]
fn a_cluster_shows_its_traffic_and_its_instances_under_their_groups() {
    pictures!("cluster", orders());
}

#[test]
fn details_tell_why_the_selected_instance_has_drifted() {
    pictures!("cluster-details", {
        let mut person = orders();
        sticky(&mut person.world);
        person.look().press("n d");
        person
    });
}

#[test]
fn what_stands_in_no_group_has_a_screen_too() {
    pictures!("cluster-ungrouped", {
        let mut person = Person::new();
        person.press("G enter");
        person
    });
}
