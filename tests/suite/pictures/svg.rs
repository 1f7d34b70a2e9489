//! A buffer of cells as an SVG: what a terminal would show, for whoever has only a browser.
//!
//! Every word stands on its own cell, so that no font can push a column out of place. Lines, blocks and grounds are
//! shapes, not glyphs: they meet whatever the font.

#![expect(clippy::disallowed_types, reason = "here colours become those of a picture")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Pixels of a cell. With these everything but the size of the letters is a whole number.
const WIDTH: u16 = 9;
const HEIGHT: u16 = 20;

/// Pixels of a letter: the monospaced fonts are six tenths as wide as they are high.
const LETTER: u16 = 15;

/// Pixels from the top of a cell to the line the letters stand on.
const BASELINE: u16 = 15;

/// Pixels around the cells.
const MARGIN: u16 = 12;

/// Fonts that are there on one system or the other.
const FONTS: &str =
    "ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,monospace";

/// What a terminal shows where a theme leaves the colour to it.
const PAPER: Rgb = Rgb(0x16, 0x16, 0x16);
const INK: Rgb = Rgb(0xdc, 0xdc, 0xdc);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rgb(u8, u8, u8);

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Rgb {
    fn of(colour: Color, own: Self) -> Self {
        match colour {
            Color::Reset => own,
            Color::Rgb(r, g, b) => Self(r, g, b),
            other => panic!("pictures are drawn in true colour or in none, not in {other}"),
        }
    }

    /// Half way to another colour: what terminals make of dim letters.
    fn dimmed(self, ground: Self) -> Self {
        let [r, g, b] = [(self.0, ground.0), (self.1, ground.1), (self.2, ground.2)]
            .map(|(ink, paper)| u8::midpoint(ink, paper));
        Self(r, g, b)
    }
}

/// How a cell looks once all its modifiers are settled.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    ink: Rgb,
    paper: Rgb,
    bold: bool,
    italic: bool,
    underlined: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let (mut ink, mut paper) = (Rgb::of(cell.fg, INK), Rgb::of(cell.bg, PAPER));
        if has(Modifier::REVERSED) {
            (ink, paper) = (paper, ink);
        }
        if has(Modifier::DIM) {
            ink = ink.dimmed(paper);
        }
        let (bold, italic) = (has(Modifier::BOLD), has(Modifier::ITALIC));
        Self { ink, paper, bold, italic, underlined: has(Modifier::UNDERLINED) }
    }
}

/// A straight line of the picture: its colour, whether it is upright, and where across, in half cells.
type Ruler = (Rgb, bool, u16);

/// Draws a buffer.
pub fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let ground = Look::of(&buffer[(0, 0)]).paper;
    let (width, height) = (columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN);
    let mut grounds = String::new();
    let mut words = String::new();
    let mut rulers: BTreeMap<Ruler, Vec<(u16, u16)>> = BTreeMap::new();
    for row in 0..rows {
        let cells: Vec<(&str, Look)> = (0..columns)
            .map(|column| &buffer[(column, row)])
            .map(|cell| (cell.symbol(), Look::of(cell)))
            .collect();
        shapes(&mut grounds, &cells, row, ground);
        letters(&mut words, &cells, row);
        for (column, (symbol, look)) in (0..).zip(&cells) {
            for (ruler, from, to) in strokes(symbol, look.ink, column, row) {
                rulers.entry(ruler).or_default().push((from, to));
            }
        }
    }
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{ground}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n\
         <g shape-rendering=\"crispEdges\">\n{grounds}</g>\n"
    );
    lines(&mut picture, rulers);
    let _infallible =
        writeln!(picture, "<g font-family=\"{FONTS}\" font-size=\"{LETTER}\">\n{words}</g>\n</g>\n</svg>");
    picture
}

/// Grounds, blocks and underlines of one row, as rectangles.
fn shapes(out: &mut String, cells: &[(&str, Look)], row: u16, ground: Rgb) {
    let top = row * HEIGHT;
    for (at, run) in runs(cells, |a, b| a.1.paper == b.1.paper) {
        let paper = run[0].1.paper;
        if paper != ground {
            rectangle(out, (at * WIDTH, top), (wide(run), HEIGHT), paper);
        }
    }
    for (at, run) in runs(cells, |a, b| is_full(a.0) && is_full(b.0) && a.1.ink == b.1.ink) {
        let (symbol, look) = run[0];
        if let Some(eighths) = block(symbol) {
            let short = WIDTH * (8 - eighths) / 8;
            let inset = HEIGHT / 6;
            rectangle(out, (at * WIDTH, top + inset), (wide(run) - short, HEIGHT - 2 * inset), look.ink);
        }
    }
    for (at, run) in runs(cells, |a, b| (a.1.underlined, a.1.ink) == (b.1.underlined, b.1.ink)) {
        if run[0].1.underlined {
            rectangle(out, (at * WIDTH, top + BASELINE + 2), (wide(run), 1), run[0].1.ink);
        }
    }
}

/// Neighbours that belong together, each run with its first column.
fn runs<'a>(
    cells: &'a [(&'a str, Look)],
    same: impl FnMut(&(&str, Look), &(&str, Look)) -> bool,
) -> impl Iterator<Item = (u16, &'a [(&'a str, Look)])> {
    cells.chunk_by(same).scan(0, |column, run| {
        let at = *column;
        *column += wide(run) / WIDTH;
        Some((at, run))
    })
}

/// Pixels of a run.
fn wide(run: &[(&str, Look)]) -> u16 {
    u16::try_from(run.len()).expect("not more than columns") * WIDTH
}

fn rectangle(out: &mut String, (x, y): (u16, u16), (width, height): (u16, u16), fill: Rgb) {
    let _infallible =
        writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>");
}

fn is_full(symbol: &str) -> bool {
    block(symbol) == Some(8)
}

/// How many eighths of its cell a block fills, from the left.
fn block(symbol: &str) -> Option<u16> {
    "▏▎▍▌▋▊▉█".chars().zip(1..).find(|(block, _)| symbol.chars().eq([*block])).map(|(_, eighths)| eighths)
}

/// The words of one row. A word ends at a space, at another look, and at anything a font may lack.
fn letters(out: &mut String, cells: &[(&str, Look)], row: u16) {
    let is_drawn =
        |symbol: &str| !symbol.trim().is_empty() && arms(symbol).is_none() && block(symbol).is_none();
    let mut line = String::new();
    let is_plain = |symbol: &str| symbol.is_ascii() && is_drawn(symbol);
    for (at, word) in runs(cells, |a, b| a.1 == b.1 && is_plain(a.0) && is_plain(b.0)) {
        let (first, look) = word[0];
        if is_drawn(first) {
            let text: String = word.iter().map(|(symbol, _)| *symbol).collect();
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let _infallible = write!(line, "<tspan x=\"{}\" fill=\"{}\"", at * WIDTH, look.ink);
            for (is, says) in [(look.bold, " font-weight=\"bold\""), (look.italic, " font-style=\"italic\"")]
            {
                line.push_str(if is { says } else { "" });
            }
            let _infallible = write!(line, ">{text}</tspan>");
        }
    }
    if !line.is_empty() {
        let _infallible = writeln!(out, "<text y=\"{}\">{line}</text>", row * HEIGHT + BASELINE);
    }
}

/// Which of its four edges a line glyph reaches: left, right, top, bottom.
fn arms(symbol: &str) -> Option<[bool; 4]> {
    let edges = match symbol {
        "─" => "lr",
        "│" => "tb",
        "┌" => "rb",
        "┐" => "lb",
        "└" => "rt",
        "┘" => "lt",
        "├" => "rtb",
        "┤" => "ltb",
        "┬" => "lrb",
        "┴" => "lrt",
        "┼" => "lrtb",
        _ => return None,
    };
    Some(['l', 'r', 't', 'b'].map(|edge| edges.contains(edge)))
}

/// The strokes of a line glyph, each with its ruler and its ends, in half cells.
fn strokes(symbol: &str, ink: Rgb, column: u16, row: u16) -> Vec<(Ruler, u16, u16)> {
    let Some([left, right, top, bottom]) = arms(symbol) else { return Vec::new() };
    let (x, y) = (2 * column + 1, 2 * row + 1);
    let level = (ink, false, y);
    let upright = (ink, true, x);
    [
        (left, (level, x - 1, x)),
        (right, (level, x, x + 1)),
        (top, (upright, y - 1, y)),
        (bottom, (upright, y, y + 1)),
    ]
    .into_iter()
    .filter_map(|(is, stroke)| is.then_some(stroke))
    .collect()
}

/// All lines, with strokes that meet made one.
fn lines(out: &mut String, rulers: BTreeMap<Ruler, Vec<(u16, u16)>>) {
    let mut paths: BTreeMap<Rgb, String> = BTreeMap::new();
    for ((ink, upright, across), mut strokes) in rulers {
        strokes.sort_unstable();
        let mut whole: Vec<(u16, u16)> = Vec::new();
        for (from, to) in strokes {
            match whole.last_mut() {
                Some((_, end)) if *end == from => *end = to,
                _ => whole.push((from, to)),
            }
        }
        let path = paths.entry(ink).or_default();
        for (from, to) in whole {
            let half = |cells: u16, size: u16| f32::from(cells) * f32::from(size) / 2.0;
            let _infallible = if upright {
                write!(path, "M{} {}V{}", half(across, WIDTH), half(from, HEIGHT), half(to, HEIGHT))
            } else {
                write!(path, "M{} {}H{}", half(from, WIDTH), half(across, HEIGHT), half(to, WIDTH))
            };
        }
    }
    for (ink, path) in paths {
        let _infallible =
            writeln!(out, "<path d=\"{path}\" stroke=\"{ink}\" stroke-linecap=\"square\" fill=\"none\"/>");
    }
}
