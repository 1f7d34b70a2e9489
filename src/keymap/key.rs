//! One key press: a code and its modifiers, in one spelling. Terminal events become keys in `runtime`.

use std::fmt;
use std::str::FromStr;

use super::nearest;

/// Which key was pressed, modifiers aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character as typed: `g` and `G` are two keys.
    Char(char),
    /// The arrow.
    Up,
    /// The arrow.
    Down,
    /// The arrow.
    Left,
    /// The arrow.
    Right,
    /// Return or enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab; back-tab is this one with shift.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to [`Code::LAST_F`].
    F(u8),
}

impl Code {
    /// The highest function key a terminal can report.
    pub const LAST_F: u8 = 24;

    const NAMED: &[(&str, Self)] = &[
        ("enter", Self::Enter),
        ("esc", Self::Esc),
        ("space", Self::Char(' ')),
        ("tab", Self::Tab),
        ("backspace", Self::Backspace),
        ("delete", Self::Delete),
        ("insert", Self::Insert),
        ("up", Self::Up),
        ("down", Self::Down),
        ("left", Self::Left),
        ("right", Self::Right),
        ("home", Self::Home),
        ("end", Self::End),
        ("pageup", Self::PageUp),
        ("pagedown", Self::PageDown),
    ];

    fn named(name: &str) -> Option<Self> {
        let by_name = Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, code)| *code);
        by_name.or_else(|| (1..=Self::LAST_F).map(Self::F).find(|code| code.to_string() == name))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (Self::NAMED.iter().find(|(_, code)| code == self), self) {
            (Some((name, _)), _) => f.write_str(name),
            (None, Self::Char(c)) => write!(f, "{c}"),
            (None, Self::F(n)) => write!(f, "f{n}"),
            (None, _) => Err(fmt::Error),
        }
    }
}

/// The keys held down beside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Modifiers {
    /// Control.
    pub ctrl: bool,
    /// Alt or option.
    pub alt: bool,
    /// Shift; characters have it in themselves.
    pub shift: bool,
}

/// One key press. Plain keys sort before those with modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    modifiers: Modifiers,
    code: Code,
}

impl Key {
    /// Makes a key. Terminals disagree whether `G` comes with shift: here a character never has it, and a
    /// letter with shift is the capital.
    #[must_use]
    pub fn new(code: Code, mut modifiers: Modifiers) -> Self {
        let Code::Char(c) = code else { return Self { modifiers, code } };
        let mut capitals = c.to_uppercase();
        let c = match (modifiers.shift, capitals.next(), capitals.next()) {
            (true, Some(capital), None) => capital,
            _ => c,
        };
        modifiers.shift = false;
        Self { modifiers, code: Code::Char(c) }
    }

    /// The key without its modifiers.
    #[must_use]
    pub fn code(self) -> Code {
        self.code
    }

    /// What was held down with it.
    #[must_use]
    pub fn modifiers(self) -> Modifiers {
        self.modifiers
    }

    /// The character this key puts into a text field, if it does.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.modifiers.ctrl && !self.modifiers.alt => Some(c),
            _ => None,
        }
    }
}

impl From<Code> for Key {
    fn from(code: Code) -> Self {
        Self::new(code, Modifiers::default())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Modifiers { ctrl, alt, shift } = self.modifiers;
        for (held, prefix) in [(ctrl, "ctrl-"), (alt, "alt-"), (shift, "shift-")] {
            if held {
                f.write_str(prefix)?;
            }
        }
        self.code.fmt(f)
    }
}

/// A word that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no key is called `{text}`")]
pub struct KeyError {
    /// The word as written.
    pub text: String,
    /// The spelling that was most likely meant.
    pub nearest: Option<String>,
}

impl KeyError {
    fn new(text: &str) -> Self {
        const MODIFIERS: [&str; 3] = ["ctrl", "alt", "shift"];
        let plain = text.to_lowercase().replace('+', "-");
        let (modifiers, name) = plain.rsplit_once('-').unwrap_or(("", &plain));
        let name = match name {
            "return" => "enter",
            "pgup" => "pageup",
            "pgdn" => "pagedown",
            _ if name.chars().count() == 1 => name,
            _ => nearest(name, Code::NAMED.iter().map(|(known, _)| *known)).unwrap_or(name),
        };
        let modifiers = modifiers.split('-').filter(|word| !word.is_empty()).map(|word| match word {
            "c" | "control" => "ctrl",
            "m" | "meta" | "option" => "alt",
            _ => nearest(word, MODIFIERS).unwrap_or(word),
        });
        let guess = modifiers.chain([name]).collect::<Vec<_>>().join("-");
        Self { text: text.to_owned(), nearest: parse(&guess).map(|key| key.to_string()) }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    /// Reads `g`, `G`, `ctrl-r`, `shift-tab`, `alt-enter`, `f5`, `space`, `?`.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        parse(text).ok_or_else(|| KeyError::new(text))
    }
}

fn parse(text: &str) -> Option<Key> {
    let mut rest = text;
    let mut modifiers = Modifiers::default();
    loop {
        let (held, after) = match rest.split_once('-') {
            Some(("ctrl", after)) => (&mut modifiers.ctrl, after),
            Some(("alt", after)) => (&mut modifiers.alt, after),
            Some(("shift", after)) => (&mut modifiers.shift, after),
            _ => break,
        };
        if std::mem::replace(held, true) {
            return None;
        }
        rest = after;
    }
    let mut chars = rest.chars();
    let code = match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_control() && !c.is_whitespace() => Code::Char(c),
        _ => Code::named(rest)?,
    };
    Some(Key::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_code() -> impl Strategy<Value = Code> {
        let printable = any::<char>().prop_filter("printable", |c| !c.is_control() && !c.is_whitespace());
        prop_oneof![
            printable.prop_map(Code::Char),
            proptest::sample::select(Code::NAMED).prop_map(|(_, code)| code),
            (1..=Code::LAST_F).prop_map(Code::F),
        ]
    }

    proptest! {
        #[test]
        fn every_key_is_read_back_as_it_was_written(code in any_code(), ctrl: bool, alt: bool, shift: bool) {
            let key = Key::new(code, Modifiers { ctrl, alt, shift });
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }

        #[test]
        fn any_text_is_a_key_or_an_error_whose_guess_is_a_key(text in ".{0,12}") {
            if let Err(KeyError { nearest: Some(guess), .. }) = text.parse::<Key>() {
                prop_assert!(guess.parse::<Key>().is_ok(), "{}", guess);
            }
        }
    }

    #[test]
    fn keys_are_written_the_way_people_write_them() {
        for spelling in [
            "g",
            "G",
            "?",
            "/",
            ":",
            "-",
            "ctrl--",
            "ctrl-r",
            "ctrl-alt-shift-up",
            "shift-tab",
            "f12",
            "space",
            "é",
        ] {
            assert_eq!(spelling.parse::<Key>().map(|key| key.to_string()).as_deref(), Ok(spelling));
        }
    }

    #[test]
    fn a_letter_with_shift_is_its_capital_however_the_terminal_reports_it() {
        let shift = Modifiers { shift: true, ..Modifiers::default() };
        let capital = Key::from(Code::Char('G'));
        assert_eq!(Key::new(Code::Char('g'), shift), capital);
        assert_eq!(Key::new(Code::Char('G'), shift), capital);
        assert_eq!("shift-g".parse(), Ok(capital));
    }

    #[test]
    fn only_bare_characters_are_typed_into_a_text_field() {
        let typed = |key: &str| key.parse::<Key>().unwrap().typed();
        assert_eq!((typed("q"), typed("space"), typed("A")), (Some('q'), Some(' '), Some('A')));
        assert_eq!((typed("ctrl-q"), typed("alt-q"), typed("enter")), (None, None, None));
    }

    #[test]
    fn a_misspelt_key_is_answered_with_the_nearest_spelling() {
        let guess = |text: &str| text.parse::<Key>().unwrap_err().nearest;
        for (text, meant) in [
            ("entre", "enter"),
            ("Esc", "esc"),
            ("return", "enter"),
            ("Ctrl-R", "ctrl-r"),
            ("ctrl+r", "ctrl-r"),
            ("control-r", "ctrl-r"),
            ("C-r", "ctrl-r"),
            ("crtl-s", "ctrl-s"),
            ("F5", "f5"),
            ("ctrl-pgdn", "ctrl-pagedown"),
        ] {
            assert_eq!(guess(text).as_deref(), Some(meant), "{text}");
        }
        assert_eq!(guess("hyperspace"), None);
        assert_eq!(guess("f25"), None);
        assert_eq!(guess(""), None);
    }
}
