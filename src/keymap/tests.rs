use super::*;

fn keys(text: &str) -> Vec<Key> {
    text.parse::<Chord>().expect("a chord").keys().to_vec()
}

#[test]
fn every_shipped_keymap_loads() {
    for shipped in SHIPPED {
        assert!(Keymap::parse(shipped.text).is_ok(), "{}", shipped.name);
    }
}

#[test]
fn the_default_keys_are_those_of_the_contract() {
    let keymap = Keymap::default();
    for (typed, action) in [
        ("enter", Action::Open),
        ("j", Action::MoveDown),
        ("k", Action::MoveUp),
        ("down", Action::MoveDown),
        ("up", Action::MoveUp),
        ("g", Action::First),
        ("G", Action::Last),
        ("ctrl-d", Action::HalfPageDown),
        ("ctrl-u", Action::HalfPageUp),
        ("/", Action::Filter),
        (":", Action::Palette),
        ("?", Action::Help),
        ("s", Action::Shift),
        ("r", Action::Rollback),
        ("a", Action::Arm),
        ("ctrl-r", Action::ObserveNow),
        ("q", Action::Quit),
        ("ctrl-c", Action::Quit),
    ] {
        assert_eq!(keymap.lookup(Context::Fleet, &keys(typed)), Lookup::Action(action), "{typed}");
    }
    assert_eq!(keymap.lookup(Context::Cluster, &keys("esc")), Lookup::Action(Action::Back));
    assert_eq!(keymap.lookup(Context::Fleet, &keys("esc")), Lookup::None);
}
