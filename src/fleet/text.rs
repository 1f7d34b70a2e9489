//! The one boundary for text that comes from a cloud: raw for calls, clean for everything a person or a file sees.
//!
//! [`Text`] is cleaned in `Display`, `Debug` and `Serialize`. [`Exact`] is for the few values that must come back
//! from a file byte for byte (a recorded fixed-response body): there, what could command a terminal is written as
//! a reversible `\u{…}`.

use std::borrow::{Borrow, Cow};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Text as the cloud gave it; harmless wherever it is shown or written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// Wraps text of any origin.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// The text as it came: for calls and comparisons only, never for a screen, a stream or a file.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text without anything that could command a terminal.
    pub fn clean(&self) -> Cow<'_, str> {
        clean(&self.0)
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new("")
    }
}

/// For look-ups in a map without an allocation; the text is the raw one.
impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.raw()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.clean())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.clean(), f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.clean())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Text that must survive a file unchanged: hostile characters are written as `\u{…}` and a backslash is doubled.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(Arc<str>);

impl Exact {
    /// Wraps text of any origin.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// The text as it came: for calls and comparisons only.
    pub fn raw(&self) -> &str {
        &self.0
    }

    fn escaped(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                c if is_hostile(c) => {
                    let _infallible = write!(out, "{}", c.escape_unicode());
                }
                c => out.push(c),
            }
        }
        out
    }

    fn unescape(text: &str) -> Option<Self> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\\') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('\\') {
                out.push('\\');
                rest = after;
            } else {
                let (code, after) = after.strip_prefix("u{")?.split_once('}')?;
                out.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
                rest = after;
            }
        }
        out.push_str(rest);
        Some(Self(out.into()))
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.escaped())
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escaped())
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.escaped())
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::unescape(&text).ok_or_else(|| D::Error::custom("a backslash must be doubled or begin \\u{…}"))
    }
}

/// Removes everything that could command a terminal; white-space controls become one space each.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter_map(|c| match c {
                '\t' | '\n' | '\r' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
                c if is_hostile(c) => None,
                c => Some(c),
            })
            .collect(),
    )
}

/// Whether it is printable ASCII alone, as most texts are. Told without a look at each character.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}

/// C0, C1, DEL, the line separators and Unicode's format characters (category Cf: bidi controls, zero-width
/// characters, tags …), as of Unicode 16.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_text_is_harmless_wherever_it_is_shown() {
        let text = Text::new("a\u{1b}[31mb\u{9b}c\u{202e}d\u{200b}e\nf\u{7f}");
        assert_eq!(text.to_string(), "a[31mbcde f");
        assert_eq!(serde_json::to_string(&text).unwrap(), "\"a[31mbcde f\"");
        assert_eq!(format!("{text:?}"), "\"a[31mbcde f\"");
        assert_eq!(text.raw().len(), "a\u{1b}[31mb\u{9b}c\u{202e}d\u{200b}e\nf\u{7f}".len());
    }

    #[test]
    fn wide_and_right_to_left_letters_are_kept() {
        assert_eq!(Text::new("日本 🚀 שלום").to_string(), "日本 🚀 שלום");
    }

    proptest! {
        #[test]
        fn exact_text_survives_a_file_and_holds_nothing_hostile(text in any::<String>()) {
            let exact = Exact::new(&text);
            let written = serde_json::to_string(&exact).unwrap();
            prop_assert!(!written.chars().any(is_hostile));
            let read: Exact = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read.raw(), text.as_str());
        }

        #[test]
        fn clean_text_holds_nothing_hostile(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(is_hostile));
        }
    }
}
