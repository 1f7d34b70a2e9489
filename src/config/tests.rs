use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::of(|name| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into()))
}

fn at_home() -> Environment {
    environment(&[("HOME", "/home/ann"), ("TERM", "xterm-256color")])
}

#[test]
fn nothing_said_is_a_session_on_the_defaults() {
    let settings = load(&Flags::default(), &at_home(), &|_| Ok(None)).expect("the defaults");
    assert_eq!(settings.access, Access::default());
    assert_eq!(settings.read_only, ReadOnly::No);
    assert_eq!(settings.calls_per_minute, 30);
    assert_eq!(settings.theme_name, "dark");
    assert_eq!(settings.depth, Depth::Ansi256);
    assert_eq!(settings.keymap, Keymap::default());
    assert_eq!(settings.state, PathBuf::from("/home/ann/.local/state/flightdeck"));
}
