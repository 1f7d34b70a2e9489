//! The log of a build as a person reads it: what is followed, what is dropped, and how one moves in it.

use jiff::SignedDuration;

use crate::app::fixture::{Person, building, stepped};
use crate::app::screens::{BuildLog, Screen};
use crate::app::{Effect, Entry, Follow, Heard, Message, Trouble};

fn log(person: &Person) -> &BuildLog {
    match person.model.screen() {
        Screen::BuildLog(screen) => screen,
        other => panic!("{other:?}"),
    }
}

fn lines(person: &Person) -> Vec<String> {
    let says = |entry: &Entry| match entry {
        Entry::Line(line) => line.text.to_string(),
        Entry::Gap(lines) => format!("gap {lines}"),
    };
    log(person).lines.visible().map(says).collect()
}

/// What was last asked to be followed.
fn follows(person: &Person) -> Option<&Option<Follow>> {
    person.effects.iter().find_map(|effect| match effect {
        Effect::Follow(follow) => Some(follow),
        _ => None,
    })
}

/// Hears so many lines.
fn hears(person: &mut Person, epoch: u64, count: usize) {
    let lines: Vec<String> = (0..count).map(|n| format!("line {n}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    person.hears(epoch, &lines, false);
}

#[test]
fn the_newest_build_that_was_started_is_followed_as_long_as_its_log_is_seen() {
    let mut person = building();
    let Some(Some(follow)) = follows(&person) else { panic!("{:?}", person.effects) };
    assert_eq!((follow.epoch, follow.build.id.raw(), follow.from.0.as_str()), (1, "b-2", ""));
    person.wait(SignedDuration::from_secs(1));
    assert_eq!(follows(&person), None, "it is asked for once");
    person.press("esc");
    assert_eq!(follows(&person), Some(&None));
    assert!(matches!(person.model.screen(), Screen::Operations(_)));
}

#[test]
fn an_operation_that_builds_nothing_has_no_log_and_says_so() {
    let mut person = stepped();
    person.press("o l");
    assert!(matches!(person.model.screen(), Screen::Operations(_)));
    let says = &person.model.notice.as_ref().unwrap().text;
    assert!(says.starts_with("log: shift ") && says.ends_with("there is no log of a build"), "{says}");
}

#[test]
fn another_build_of_the_operation_is_another_log_and_what_comes_late_of_the_first_is_dropped() {
    let mut person = building();
    person.hears(1, &["of the second"], false).press("]");
    let Some(Some(follow)) = follows(&person) else { panic!("{:?}", person.effects) };
    assert_eq!((follow.epoch, follow.build.id.raw(), follow.from.0.as_str()), (2, "b-1", ""));
    person.hears(1, &["late"], true);
    assert!(lines(&person).is_empty() && !log(&person).ended);
    person.hears(2, &["of the first"], false);
    assert_eq!(lines(&person), ["of the first"]);
    person.press("[ [ ]");
    assert_eq!(log(&person).build().unwrap().build.raw(), "b-2");
}

#[test]
fn a_log_that_was_left_and_opened_again_begins_again_and_hears_nothing_of_before() {
    let mut person = building();
    person.hears(1, &["before"], false).press("esc l");
    assert!(lines(&person).is_empty());
    person.hears(1, &["late"], false);
    assert!(lines(&person).is_empty());
    hears(&mut person, 3, 1);
    assert_eq!(lines(&person), ["line 0"]);
}

#[test]
fn what_has_ended_is_followed_no_more() {
    let mut person = building();
    person.hears(1, &["the end"], true);
    assert_eq!(follows(&person), Some(&None));
    person.wait(SignedDuration::from_secs(3));
    assert!(log(&person).ended && follows(&person).is_none());
}

#[test]
fn at_the_end_it_goes_along_and_scrolled_up_it_stays_until_one_comes_back() {
    let mut person = building();
    hears(&mut person, 1, 500);
    assert_eq!(lines(&person).last().unwrap(), "line 499");
    person.press("k");
    let read = lines(&person);
    hears(&mut person, 1, 5);
    assert_eq!(lines(&person), read);
    assert!(!log(&person).lines.follows());
    person.press("G");
    hears(&mut person, 1, 3);
    assert!(log(&person).lines.follows());
    assert_eq!(lines(&person).last().unwrap(), "line 2");
    person.press("g");
    assert_eq!(lines(&person)[0], "line 0");
    let half = log(&person).lines.height() / 2;
    person.press("ctrl-d");
    assert_eq!(lines(&person)[0], format!("line {half}"));
    person.press("ctrl-u j j k");
    assert_eq!(lines(&person)[0], "line 1");
}

#[test]
fn a_filter_keeps_what_matches_and_esc_brings_back_all() {
    let mut person = building();
    hears(&mut person, 1, 500);
    person.press("/").types("49");
    assert!(lines(&person).iter().all(|line| line.contains("49")));
    person.press("esc");
    assert_eq!(log(&person).lines.count(), 500);
}

#[test]
fn a_part_that_cannot_be_read_leaves_what_was_read_and_the_next_one_heals() {
    let mut person = building();
    hears(&mut person, 1, 3);
    let trouble = Trouble {
        what: "read the log".into(),
        why: "no connection".into(),
        remedy: "check the network".into(),
        offers_demo: false,
    };
    let heard = Heard { part: Err(trouble), state: None };
    person.tell(Message::Tail { epoch: 1, heard: Box::new(heard) });
    assert!(log(&person).trouble.is_some());
    assert_eq!(lines(&person).len(), 3);
    hears(&mut person, 1, 1);
    assert!(log(&person).trouble.is_none());
    assert_eq!(lines(&person).len(), 4);
}
