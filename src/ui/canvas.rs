//! Writes text into cells: cut at the edge between letters as people count them, clean whatever its origin, and
//! never outside the buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::app::Area;
use crate::app::measure::{CUT, fit, width};
use crate::fleet::clean;
use crate::theme::{Role, Theme};

/// A text and what it means.
#[derive(Clone, Debug)]
pub struct Piece {
    pub text: String,
    pub role: Role,
}

/// Makes a piece.
pub fn piece(text: impl Into<String>, role: Role) -> Piece {
    Piece { text: text.into(), role }
}

/// Columns some pieces take.
pub fn width_of(pieces: &[Piece]) -> u16 {
    pieces.iter().fold(0, |sum, piece| sum.saturating_add(width(&piece.text)))
}

/// What is drawn on.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    /// Empties an area and gives it a ground.
    pub fn fill(&mut self, area: Area, role: Role) {
        let rect = self.rect(area);
        let style = self.theme.style(role);
        for y in rect.top()..rect.bottom() {
            // A wide letter that begins to the left would reach in.
            let left = rect.left().checked_sub(1).and_then(|x| self.buffer.cell_mut((x, y)));
            if let Some(cell) = left.filter(|cell| cell.symbol().width() > 1) {
                cell.set_symbol(" ");
            }
            for x in rect.left()..rect.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Lays a style over what stands there.
    pub fn patch(&mut self, area: Area, role: Role) {
        let rect = self.rect(area);
        self.buffer.set_style(rect, self.theme.style(role));
    }

    /// Writes into the first row of an area, so many columns from its left; gives the column after it.
    pub fn text(&mut self, area: Area, indent: u16, text: &str, role: Role) -> u16 {
        let rect = self.rect(Area { height: area.height.min(1), ..area });
        let room = rect.width.saturating_sub(indent);
        if room == 0 || rect.height == 0 {
            return indent;
        }
        let text = fit(&clean(text), room);
        let style = self.theme.style(role);
        let (end, _) = self.buffer.set_stringn(rect.x + indent, rect.y, &text, usize::from(room), style);
        end - rect.x
    }

    /// Writes pieces one after the other.
    pub fn pieces(&mut self, area: Area, indent: u16, pieces: &[Piece]) -> u16 {
        let mut at = indent;
        for (number, piece) in pieces.iter().enumerate() {
            // The `…` belongs where the cut is, also where it falls between two pieces.
            let rest = width_of(&pieces[number + 1..]);
            let room = area.width.saturating_sub(at);
            let own = width(&piece.text);
            if own == room && rest > 0 {
                let cut = fit(&format!("{}{CUT}", piece.text), room);
                return self.text(area, at, &cut, piece.role);
            }
            at = self.text(area, at, &piece.text, piece.role);
            if own > room {
                return at;
            }
        }
        at
    }

    /// Writes pieces up to the right edge of an area.
    pub fn pieces_right(&mut self, area: Area, pieces: &[Piece]) {
        let indent = area.width.saturating_sub(width_of(pieces));
        self.pieces(area, indent, pieces);
    }

    /// Draws a frame with a title in its upper edge.
    pub fn frame(&mut self, area: Area, title: &[Piece], role: Role) {
        if area.width < 2 || area.height < 2 {
            return;
        }
        let line = "─".repeat(usize::from(area.width - 2));
        self.text(area, 0, &format!("┌{line}┐"), role);
        let bottom = Area { y: area.y + area.height - 1, height: 1, ..area };
        self.text(bottom, 0, &format!("└{line}┘"), role);
        for y in area.y + 1..area.y + area.height - 1 {
            let row = Area { y, height: 1, ..area };
            self.text(row, 0, "│", role);
            self.text(row, area.width - 1, "│", role);
        }
        self.on_edge(Area { height: 1, ..area }, title);
    }

    /// Writes a title into the left of an edge, with a space at both sides.
    pub fn on_edge(&mut self, edge: Area, title: &[Piece]) {
        if width_of(title) == 0 || edge.width < 6 {
            return;
        }
        let room = Area { x: edge.x + 1, width: edge.width - 3, height: 1, ..edge };
        let end = self.text(room, 0, " ", Role::Title);
        let end = self.pieces(room, end, title);
        self.text(Area { width: room.width + 1, ..room }, end, " ", Role::Title);
    }

    /// Writes into the right of an edge, with a space at both sides.
    pub fn on_edge_right(&mut self, edge: Area, pieces: &[Piece]) {
        let wide = width_of(pieces);
        if wide == 0 || edge.width < wide + 4 {
            return;
        }
        let room = Area { x: edge.x + edge.width - wide - 4, width: wide + 3, height: 1, ..edge };
        let end = self.text(room, 1, " ", Role::Title);
        let end = self.pieces(room, end, pieces);
        self.text(room, end, " ", Role::Title);
    }

    /// The part of an area that exists.
    fn rect(&self, area: Area) -> Rect {
        let rect = Rect { x: area.x, y: area.y, width: area.width, height: area.height };
        rect.intersection(self.buffer.area)
    }
}
