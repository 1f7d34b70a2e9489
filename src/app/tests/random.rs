//! Anything a terminal can send, in any order, at any size.

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::sample::select;

use crate::app::fixture::{Person, operation, production, read_only, safe};
use crate::app::{Effect, Message, Session};
use crate::keymap::{Code, Key, Modifiers};
use crate::plan::{Policy, Truth};

/// Something a terminal, a clock or a cloud can do.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Key(Key, bool),
    Paste(String),
    Resize(u16, u16),
    Wait(i64),
    Look,
    Grow,
    Shrink,
    Deny,
    Weights(i32, i32),
}

/// Keys that mean something, more often than keys that do not.
pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    let meant = select(
        "enter esc tab shift-tab up down pageup pagedown home end j k g G n N s s r a a A d u > < ] [ / : ? \
        b o l I p h x R = ! ctrl-x q y ctrl-c ctrl-r ctrl-z ctrl-u ctrl-d ctrl-w backspace delete left right 1 2 5 0 9 space"
            .split_whitespace()
            .collect::<Vec<_>>(),
    );
    let unmeant = (any::<char>(), any::<bool>(), any::<bool>())
        .prop_map(|(c, ctrl, alt)| Key::new(Code::Char(c), Modifiers { ctrl, alt, shift: false }));
    prop_oneof![
        20 => (meant, prop::bool::weighted(0.1)).prop_map(|(key, repeat)| Event::Key(key.parse().unwrap(), repeat)),
        2 => unmeant.prop_map(|key| Event::Key(key, false)),
        1 => any::<String>().prop_map(Event::Paste),
        1 => select(vec!["9012", "orders 25", "prod"]).prop_map(|text| Event::Paste(text.into())),
        2 => (0u16..140, 0u16..50).prop_map(|(width, height)| Event::Resize(width, height)),
        1 => Just(Event::Resize(100, 30)),
        3 => (0i64..2_000).prop_map(Event::Wait),
        1 => (0i64..4_000_000).prop_map(Event::Wait),
        2 => Just(Event::Look),
        1 => Just(Event::Grow),
        1 => Just(Event::Shrink),
        1 => Just(Event::Deny),
        1 => (0i32..3, 0i32..3).prop_map(|(blue, green)| Event::Weights(blue, green)),
    ]
}

pub(crate) fn give(person: &mut Person, event: Event) {
    match event {
        Event::Key(key, repeat) => person.tell(Message::Key { key, repeat }),
        Event::Paste(text) => person.tell(Message::Paste(text)),
        Event::Resize(width, height) => person.resize(width, height),
        Event::Wait(millis) => person.wait(SignedDuration::from_millis(millis)),
        Event::Look => person.look(),
        Event::Grow => {
            let name = format!("new-{}", person.at.as_millisecond());
            person.world.group(&name, "lt-search");
            person.look()
        }
        Event::Shrink => {
            let groups = &mut person.world.facts.groups.as_mut().unwrap().value;
            groups.pop();
            person.look()
        }
        Event::Deny => {
            person.deny_target_health();
            person.look()
        }
        Event::Weights(blue, green) => {
            person.shift_behind_the_back(&[blue, green]);
            person.look()
        }
    };
}

pub(crate) fn any_person() -> impl Strategy<Value = u8> {
    0u8..5
}

pub(crate) fn person(which: u8) -> Person {
    match which {
        0 => Person::new(),
        1 => Person::before(safe(), production()),
        2 => Person::before(read_only(), Policy::default()),
        3 => operation(Truth::Written),
        _ => {
            let mut person = Person::before(safe(), production());
            person.look();
            person
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_run_nothing_and_a_read_only_session_stays_one(
        which in any_person(),
        events in proptest::collection::vec(any_event(), 0..120),
    ) {
        let mut person = person(which);
        for event in events {
            give(&mut person, event);
            let executes = person.effects.iter().any(|effect| matches!(effect, Effect::Execute(_)));
            prop_assert!(!executes, "nobody types both the digits and the phrase by chance");
            prop_assert_eq!(which == 2, matches!(person.model.session, Session::ReadOnly { .. }));
            prop_assert!(!person.model.screens.is_empty());
        }
    }
}
