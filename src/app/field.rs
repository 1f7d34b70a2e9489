//! One line of text that is typed. Which dialogs refuse a paste is theirs to say.

use unicode_segmentation::UnicodeSegmentation;

use crate::fleet::clean;
use crate::keymap::{Code, Key, Modifiers};

/// More letters than anybody means to type; what goes beyond is not taken.
const LONGEST: usize = 400;

/// A text and where the next letter goes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextField {
    text: String,
    /// A byte, always between two letters as people count them.
    cursor: usize,
}

impl TextField {
    /// A field with a text in it, the cursor behind it.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor and from it on.
    pub fn around_cursor(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a text as it was pasted: one line of it, without anything that could command a terminal.
    pub fn paste(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        self.insert(&clean(line));
    }

    /// Takes a key; `false` where it means nothing here.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.insert(&clean(c.encode_utf8(&mut [0; 4])));
            return true;
        }
        let Modifiers { ctrl, alt, .. } = key.modifiers();
        match key.code() {
            Code::Char('u') if ctrl => self.remove(0, self.cursor),
            Code::Char('w') if ctrl => self.remove(self.word_before(), self.cursor),
            Code::Char('a') if ctrl => self.cursor = 0,
            Code::Char('e') if ctrl => self.cursor = self.text.len(),
            Code::Backspace if ctrl || alt => self.remove(self.word_before(), self.cursor),
            Code::Backspace => self.remove(self.before(), self.cursor),
            Code::Delete => self.remove(self.cursor, self.after()),
            Code::Left => self.cursor = self.before(),
            Code::Right => self.cursor = self.after(),
            Code::Home => self.cursor = 0,
            Code::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() <= LONGEST {
            self.text.insert_str(self.cursor, text);
            self.cursor += text.len();
            self.mend();
        }
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.drain(from..to);
        self.cursor = from;
        self.mend();
    }

    /// What was put together may have become one letter: the cursor then stands behind it.
    fn mend(&mut self) {
        let ends = self.text.grapheme_indices(true).map(|(at, letter)| at + letter.len());
        self.cursor =
            std::iter::once(0).chain(ends).find(|end| *end >= self.cursor).unwrap_or(self.text.len());
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let letter = self.text[self.cursor..].graphemes(true).next().unwrap_or_default();
        self.cursor + letter.len()
    }

    fn word_before(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before.rfind(char::is_whitespace).map_or(0, |at| {
            let space = before[at..].chars().next().map_or(0, char::len_utf8);
            at + space
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn press(field: &mut TextField, keys: &str) {
        for key in keys.split_whitespace() {
            field.key(key.parse().unwrap());
        }
    }

    #[test]
    fn letters_go_where_the_cursor_stands() {
        let mut field = TextField::new("ac");
        press(&mut field, "left b home x end y");
        assert_eq!(field.text(), "xabcy");
    }

    #[test]
    fn a_letter_of_several_parts_is_one_letter() {
        let mut field = TextField::new("ae\u{301}");
        press(&mut field, "backspace");
        assert_eq!(field.text(), "a");
    }

    #[test]
    fn a_word_and_the_whole_line_can_be_taken_back() {
        let mut field = TextField::new("tag:Role=web  zone:a ");
        press(&mut field, "ctrl-w");
        assert_eq!(field.text(), "tag:Role=web  ");
        press(&mut field, "ctrl-u");
        assert_eq!(field.text(), "");
    }

    #[test]
    fn a_paste_is_one_clean_line() {
        let mut field = TextField::default();
        field.paste("or\u{1b}[31mders\u{202e}\nrm -rf");
        assert_eq!(field.text(), "or[31mders");
    }

    proptest! {
        #[test]
        fn any_keys_and_any_text_are_taken(text in any::<String>(), keys in proptest::collection::vec(0usize..9, 0..40), c: char) {
            let mut field = TextField::default();
            field.paste(&text);
            let named = ["left", "right", "home", "end", "backspace", "delete", "ctrl-w", "ctrl-u"];
            for key in keys {
                match named.get(key) {
                    Some(name) => field.key(name.parse().unwrap()),
                    None => field.key(Key::from(Code::Char(c))),
                };
                prop_assert!(field.text().is_char_boundary(field.cursor));
            }
        }
    }
}
