//! How many colours the terminal has, and the nearest of them.

#![expect(clippy::disallowed_types, reason = "theme is the room that names colours")]

use ratatui::style::Color;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// None: bold, dim, underline and reverse alone.
    None,
    /// The sixteen named ones, which every terminal draws to its owner's taste.
    Ansi16,
    /// The cube and the greys.
    Ansi256,
    /// Any.
    TrueColor,
}

/// What xterm draws the sixteen named colours as, and most terminals about the same.
const ANSI16: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The first of the 256 that looks the same everywhere; the sixteen before it are the owner's.
const CUBE_START: u8 = 16;

impl Depth {
    /// Gives the colour as this depth shows it. With no colours that is none.
    pub(super) fn settle(self, colour: Color) -> Option<Color> {
        match (self, colour) {
            (Self::None, _) => None,
            (Self::Ansi256, Color::Rgb(r, g, b)) => {
                let numbered = (CUBE_START..=u8::MAX).min_by_key(|n| distance(indexed(*n), [r, g, b]));
                numbered.map(Color::Indexed)
            }
            (Self::Ansi16, Color::Rgb(r, g, b)) => Some(named([r, g, b])),
            (_, colour) => Some(colour),
        }
    }
}

/// Picks the one of the sixteen that keeps a colour's hue: by mere distance every pastel would be a grey.
fn named(rgb: [u8; 3]) -> Color {
    /// Less between its strongest and its weakest channel is a grey.
    const GREYISH: u8 = 48;
    let (max, min) = (rgb.into_iter().max().unwrap_or_default(), rgb.into_iter().min().unwrap_or_default());
    let middle = u8::midpoint(max, min);
    let is_grey = max - min < GREYISH;
    let hue = rgb.map(|channel| channel > middle);
    let shares_the_hue = |named: [u8; 3]| {
        let strongest = named.into_iter().max().unwrap_or_default();
        let grey = named.iter().all(|channel| *channel == strongest);
        grey == is_grey && (is_grey || named.map(|channel| channel > strongest / 2) == hue)
    };
    let nearest =
        ANSI16.iter().filter(|(_, rgb)| shares_the_hue(*rgb)).min_by_key(|(_, n)| distance(*n, rgb));
    nearest.map_or(Color::Reset, |(colour, _)| *colour)
}

/// How a colour of the cube or of the greys is drawn.
fn indexed(n: u8) -> [u8; 3] {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    const GREYS_START: u8 = 232;
    let level = |digit: u8| LEVELS[usize::from(digit % 6)];
    match n {
        GREYS_START.. => [8 + 10 * (n - GREYS_START); 3],
        CUBE_START.. => {
            let n = n - CUBE_START;
            [level(n / 36), level(n / 6), level(n)]
        }
        _ => ANSI16[usize::from(n)].1,
    }
}

/// How different two colours look: squared, with each channel weighted as the eye does at that red
/// ("redmean", <https://www.compuphase.com/cmetric.htm>).
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let [dr, dg, db] = [0, 1, 2].map(|channel| u32::from(a[channel].abs_diff(b[channel])).pow(2));
    let red = u32::midpoint(a[0].into(), b[0].into());
    (((512 + red) * dr) >> 8) + 4 * dg + (((767 - red) * db) >> 8)
}

/// What a colour is drawn as; `None` for the terminal's own.
#[cfg(test)]
pub(super) fn drawn(colour: Color) -> Option<[u8; 3]> {
    match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(n) => Some(indexed(n)),
        named => ANSI16.iter().find(|(known, _)| *known == named).map(|(_, rgb)| *rgb),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_the_terminal_has_is_shown_as_it_is() {
        assert_eq!(Depth::TrueColor.settle(Color::Rgb(1, 2, 3)), Some(Color::Rgb(1, 2, 3)));
        assert_eq!(Depth::Ansi256.settle(Color::Rgb(95, 135, 175)), Some(Color::Indexed(67)));
        assert_eq!(Depth::Ansi256.settle(Color::Rgb(8, 8, 8)), Some(Color::Indexed(232)));
        assert_eq!(Depth::Ansi16.settle(Color::Rgb(205, 0, 0)), Some(Color::Red));
        assert_eq!(Depth::Ansi16.settle(Color::Reset), Some(Color::Reset));
    }

    #[test]
    fn any_other_is_shown_as_the_nearest() {
        assert_eq!(Depth::Ansi256.settle(Color::Rgb(96, 134, 176)), Some(Color::Indexed(67)));
        assert_eq!(Depth::Ansi16.settle(Color::Rgb(250, 10, 20)), Some(Color::LightRed));
        assert_eq!(Depth::Ansi16.settle(Color::Rgb(18, 22, 28)), Some(Color::Black));
        assert_eq!(Depth::None.settle(Color::Rgb(255, 0, 0)), None);
    }

    #[test]
    fn every_colour_of_the_cube_is_its_own_nearest() {
        for n in CUBE_START..=u8::MAX {
            let [r, g, b] = indexed(n);
            let settled = Depth::Ansi256.settle(Color::Rgb(r, g, b)).and_then(drawn);
            assert_eq!(settled, Some([r, g, b]), "{n}");
        }
    }
}
