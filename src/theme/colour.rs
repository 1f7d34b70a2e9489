//! How theme files write colours.

#![expect(clippy::disallowed_types, reason = "theme is the room that names colours")]

use ratatui::style::Color;

/// The colours every terminal has under these names; `default` is whatever its owner chose.
pub(super) const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// Reads `#rrggbb` or a name every terminal knows.
pub(super) fn parse(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        if hex.len() != 6 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let [_, r, g, b] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    NAMED.iter().find(|(name, _)| *name == text).map(|(_, colour)| *colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_hexadecimal_digits_or_a_name() {
        assert_eq!(parse("#0a10FF"), Some(Color::Rgb(10, 16, 255)));
        assert_eq!(parse("bright-blue"), Some(Color::LightBlue));
        for text in ["", "#", "#fff", "#0a10fff", "#+a10ff", "#0a10é", "0a10ff", "navy"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
