//! The images screen, and two images beside each other.

use jiff::SignedDuration;

use crate::app::Message;
use crate::app::fixture::{Person, observation};
use crate::fleet::builders::{World, ago};
use crate::fleet::{ImageDevice, Section};

/// Gives the fixture's images parents, ages and defects of every kind.
fn with_lineage(world: &mut World) {
    for (id, name, parent, days) in [
        ("ami-b30", "al2023-base-3.0.0", None, 64),
        ("ami-b31", "al2023-base-3.1.0", None, 60),
        ("ami-n18", "nginx-base-1.8.0", Some("ami-b30"), 50),
        ("ami-n19", "nginx-base-1.9.0", Some("ami-b31"), 40),
        ("ami-141", "orders-1.41.0", Some("ami-n18"), 30),
        ("ami-142", "orders-1.42.0", Some("ami-n18"), 20),
        ("ami-143", "orders-1.43.0", Some("ami-n19"), 2),
        ("ami-27", "checkout-2.7.0", Some("ami-jvm-of-nobody"), 33),
        ("ami-090", "search-0.9.0", Some("ami-n19"), 9),
        ("ami-091", "search-0.9.1", Some("ami-n19"), 3),
    ] {
        let image = world.image(id, name);
        image.created_at = Some(ago(SignedDuration::from_hours(24 * days)));
        image.architecture = Some("arm64".into());
        image.tags.extend(parent.map(|parent| ("ParentImage".into(), parent.into())));
        image.devices = vec![ImageDevice {
            name: "/dev/xvda".into(),
            virtual_name: None,
            size_gib: Some(if id == "ami-143" { 30 } else { 20 }),
            snapshot: Some(format!("snap-{id}").into()),
            encrypted: Some(true),
            kind: Some("gp3".into()),
        }];
    }
    let images = &mut world.facts.images.as_mut().unwrap().value;
    let mut change = |id: &str, change: &dyn Fn(&mut crate::fleet::ImageFact)| {
        change(images.get_mut(&id.into()).unwrap());
    };
    change("ami-n18", &|image| image.state = "disabled".into());
    change("ami-27", &|image| image.deprecated_at = Some(ago(SignedDuration::from_hours(-24 * 9))));
    change("ami-090", &|image| image.tags.retain(|key, _| key.raw() == "ParentImage"));
    change("ami-0f3a5b77", &|image| image.tags.clear());
    change("ami-143", &|image| {
        image.tags.insert("Note".into(), "evil\u{1b}[31m\u{202e}tag 支払い".into());
        image.tags.insert("BuildId".into(), "4711".into());
    });
}

fn images() -> Person {
    let mut person = Person::new();
    with_lineage(&mut person.world);
    person.look().press("i");
    person
}

#[test]
fn images_stand_on_what_they_are_built_on_with_the_groups_that_run_them() {
    pictures!("images", images());
}

#[test]
fn details_follow_the_chain_to_the_base_and_check_each_link() {
    pictures!("images-details", {
        let mut person = images();
        person.resize(80, 24).press("/").types("1.43").press("enter G d");
        person
    });
}

#[test]
fn a_filter_keeps_what_an_image_is_built_on_in_sight() {
    pictures!("images-filtered", {
        let mut person = images();
        person.press("/").types("family:search !version:0.9.1").press("enter");
        person
    });
}

#[test]
fn images_are_sorted_by_the_base_that_is_longest_out_of_date() {
    pictures!("images-by-base", {
        let mut person = images();
        person.press(">");
        person
    });
}

#[test]
fn two_marked_images_are_compared_and_what_differs_comes_first() {
    pictures!("images-compared", {
        let mut person = images();
        person.press("/").types("family:orders").press("enter G k space k k space c");
        person
    });
}

#[test]
fn an_account_without_images_says_so() {
    pictures!("images-empty", {
        let mut person = Person::new();
        person.world = World::new();
        let seen = observation(&person.world, person.at + SignedDuration::from_secs(1));
        person.tell(Message::Observed(Box::new(seen))).press("i");
        person
    });
}

#[test]
fn images_that_could_not_be_read_are_unknown_and_not_none() {
    pictures!("images-unread", {
        let mut person = Person::new();
        person.world.facts.images = None;
        person.world.gap(Section::Images, None);
        person.look().press("i");
        person
    });
}

#[test]
fn before_anything_was_seen_the_screen_says_so() {
    pictures!("images-nothing-yet", {
        let mut person = Person::before(crate::app::fixture::safe(), crate::plan::Policy::default());
        person.press("i");
        person
    });
}
