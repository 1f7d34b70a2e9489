//! How much room a text takes: columns, cut between letters as people count them, broken between words.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Stands for what was cut off.
pub const CUT: &str = "…";

/// Columns a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// As much of a text as this many columns hold, with `…` where something was cut.
pub fn fit(text: &str, columns: u16) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = usize::from(columns.saturating_sub(1));
    let mut out = String::new();
    let mut used = 0;
    for letter in text.graphemes(true) {
        used += letter.width();
        if used > room {
            break;
        }
        out.push_str(letter);
    }
    if columns > 0 {
        out.push_str(CUT);
    }
    out
}

/// A text broken into lines of at most this many columns, between words where that is possible.
pub fn wrap(text: &str, columns: u16) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| width(line));
        let gap = u16::from(line > 0);
        if line > 0 && line.saturating_add(gap).saturating_add(width(word)) > columns {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&fit(word, columns));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fleet::clean;

    #[test]
    fn a_text_is_cut_between_letters_however_wide() {
        assert_eq!(fit("checkout", 8), "checkout");
        assert_eq!(fit("checkout", 5), "chec…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("ae\u{301}b", 2), "a…");
        assert_eq!(fit("x", 0), "");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible", 7), ["incomp…"]);
        assert_eq!(wrap("", 7), [""]);
    }

    proptest! {
        #[test]
        fn no_text_is_wider_than_its_room(text in any::<String>(), columns in 0u16..40) {
            prop_assert!(width(&fit(&clean(&text), columns)) <= columns);
            prop_assert!(columns == 0 || wrap(&clean(&text), columns).iter().all(|line| width(line) <= columns));
        }
    }
}
