//! The images screen as a person goes through it.

use crate::app::dialogs::Dialog;
use crate::app::fixture::Person;
use crate::app::screens::{ImageKey, Images, Screen};

/// The fixture with `orders` built on two versions of a base.
fn person() -> Person {
    let mut person = Person::new();
    for (id, name, parent) in [
        ("ami-b1", "base-1.0", None),
        ("ami-b2", "base-2.0", None),
        ("ami-141", "orders-1.41.0", Some("ami-b1")),
        ("ami-142", "orders-1.42.0", Some("ami-b1")),
        ("ami-143", "orders-1.43.0", Some("ami-b2")),
    ] {
        let image = person.world.image(id, name);
        image.tags.extend(parent.map(|parent| ("ParentImage".into(), parent.into())));
    }
    person.look();
    person
}

fn screen(person: &Person) -> &Images {
    match person.model.screen() {
        Screen::Images(screen) => screen,
        other => panic!("{other:?}"),
    }
}

fn selected(person: &Person) -> String {
    match screen(person).list.selected() {
        Some(ImageKey::Image(_, _, id)) => id.to_string(),
        Some(ImageKey::Group(_, id, group)) => format!("{group} of {id}"),
        Some(ImageKey::Loose(_, id)) => format!("loose of {id}"),
        None => String::new(),
    }
}

fn rows(person: &Person) -> Vec<String> {
    let rows = screen(person).list.rows().iter().filter_map(|row| row.key.as_ref());
    rows.map(|key| match key {
        ImageKey::Group(_, _, group) => group.to_string(),
        key => key.image().1.to_string(),
    })
    .collect()
}

fn notice(person: &Person) -> &str {
    person.model.notice.as_ref().map_or("", |notice| &notice.text)
}

#[test]
fn one_key_shows_the_images_from_every_screen_and_esc_goes_back() {
    for way in ["", "j j enter", "j j enter enter", "o", "A"] {
        let mut person = person();
        let before = person.press(way).model.screens.len();
        person.press("i");
        assert!(matches!(person.model.screen(), Screen::Images(_)), "{way}");
        person.press("esc");
        assert_eq!(person.model.screens.len(), before, "{way}");
    }
}

#[test]
fn what_the_selected_instance_runs_is_selected_first() {
    let mut person = person();
    person.press("j j enter i");
    assert_eq!(selected(&person), "ami-141");
}

#[test]
fn a_group_below_an_image_opens_its_cluster() {
    let mut person = person();
    person.press("i /").types("1.43").press("enter G");
    assert_eq!(selected(&person), "orders-green of ami-143");
    person.press("enter");
    let Screen::Cluster(screen) = person.model.screen() else { panic!("no cluster") };
    assert_eq!(screen.subject.name(), "orders");
}

#[test]
fn a_filter_and_the_selection_survive_a_new_look() {
    let mut person = person();
    person.press("i /").types("family:orders state:available").press("enter G");
    let (before, all) = (selected(&person), rows(&person));
    assert!(all.contains(&"ami-b1".into()), "what it is built on stays in sight: {all:?}");
    assert!(!all.contains(&"ami-27".into()), "{all:?}");
    person.world.image("ami-140", "orders-1.40.0").tags.insert("ParentImage".into(), "ami-b1".into());
    person.look();
    assert_eq!(selected(&person), before);
    assert_eq!(rows(&person).len(), all.len() + 1);
}

#[test]
fn only_two_marked_images_are_compared() {
    let mut person = person();
    person.press("i c");
    assert!(notice(&person).contains("mark two, none is marked now"), "{}", notice(&person));
    person.press("g space c");
    assert!(notice(&person).contains("one is marked now"), "{}", notice(&person));
    person.press("/").types("orders").press("enter G space");
    assert!(notice(&person).contains("only images are marked here"), "{}", notice(&person));
    person.press("g j space c");
    let Some(Dialog::CompareImages(dialog)) = person.model.dialogs.last() else { panic!("no dialog") };
    assert!(dialog.differences() > 0);
    let differs: Vec<bool> = dialog.list.rows().iter().map(|row| row.shows.differs()).collect();
    assert!(differs.is_sorted_by(|a, b| a >= b), "what differs comes first");
    person.press("esc m n c");
    assert!(notice(&person).contains("none is marked now"));
}

#[test]
fn the_next_row_with_drift_is_an_image_in_use_that_asks_for_a_look() {
    let mut person = person();
    person.press("i g n");
    assert_eq!(selected(&person), "ami-142", "the newest that runs on the older base");
    person.press("n");
    assert_eq!(selected(&person), "ami-141");
}

#[test]
fn images_are_sorted_by_their_base_or_by_who_runs_them_and_the_order_turns_round() {
    let mut person = person();
    person.press("i");
    let tree = rows(&person);
    person.press("> g");
    assert!(["ami-141", "ami-142"].contains(&selected(&person).as_str()), "{}", selected(&person));
    person.press("> g");
    assert_eq!(selected(&person), "ami-143", "none runs on more instances");
    person.press("< G");
    assert!(!rows(&person).is_empty());
    person.press("< >");
    assert_eq!(rows(&person), tree);
}
