//! The log of a build.

use jiff::SignedDuration;

use crate::app::fixture::{Person, building};
use crate::app::{Heard, Message, Trouble};
use crate::fleet::{Cursor, Line, Tail};

/// A build that has printed so many lines, of which some are long and one is hostile.
fn printed(lines: usize) -> Person {
    let mut person = building();
    let mut all: Vec<String> = (0..lines).map(|n| format!("amazon-ebs: Installing : package-{n}")).collect();
    if let [.., long, hostile, _] = &mut all[..] {
        *long = format!("amazon-ebs: {}", "a very long line ".repeat(20));
        *hostile = "amazon-ebs: \u{1b}[2J\u{1b}[31mWelcome\u{202e}txt.gnp 日本語\r".to_owned();
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    person.hears(1, &all, false).wait(SignedDuration::from_secs(2));
    person
}

#[test]
fn the_newest_lines_stand_at_the_bottom_and_a_hostile_one_is_harmless() {
    pictures!("log-following", printed(300));
}

#[test]
fn scrolled_up_it_stays_and_says_how_to_follow_again() {
    pictures!("log-scrolled", {
        let mut person = printed(300);
        person.press("ctrl-u k").hears(1, &["one more", "and one more"], false);
        person
    });
}

#[test]
fn a_filter_keeps_the_lines_that_match() {
    pictures!("log-filter", {
        let mut person = printed(300);
        person.press("/").types("package-29").press("enter");
        person
    });
}

#[test]
fn what_was_passed_over_and_what_came_before_is_said_and_so_is_the_end() {
    pictures!("log-dropped", {
        let mut person = building();
        let line = |text: &str| Line { at: Some(person.at), text: text.into() };
        let part = |dropped, lines: &[&str], ended| Tail {
            lines: lines.iter().map(|text| line(text)).collect(),
            next: Cursor("9".into()),
            dropped,
            ended,
        };
        let parts = [
            part(98_765, &["the first line that is kept"], false),
            part(1234, &["behind a gap"], false),
            part(0, &["the last line"], true),
        ];
        for part in parts {
            let heard = Box::new(Heard { part: Ok(part), state: None });
            person.tell(Message::Tail { epoch: 1, heard });
        }
        person
    });
}

#[test]
fn a_log_that_nobody_keeps_is_told_in_a_sentence() {
    pictures!("log-nobody", {
        let mut person = building();
        let trouble = Trouble {
            what: "read the log of b-2".into(),
            why: "nobody here keeps it".into(),
            remedy: String::new(),
            offers_demo: false,
        };
        person.tell(Message::Tail { epoch: 1, heard: Box::new(Heard { part: Err(trouble), state: None }) });
        person
    });
}
