//! How all forms are drawn: a line for each field, why it cannot be done so, and what the keys do.

use super::{Lines, field_pieces, labelled, popup, write};
use crate::app::{Area, TextField};
use crate::fleet::ClusterId;
use crate::plan::Refusal;
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece};
use crate::ui::{Look, glyphs};

/// Columns of a form.
const WIDE: u16 = 76;

/// Columns of the names of fields, with the gap behind them.
const NAME: usize = 8;

/// What a form shows, apart from its fields.
pub struct Form<'a> {
    pub title: String,
    pub cluster: &'a ClusterId,
    pub refusal: Option<&'a Refusal>,
    /// What its keys do.
    pub says: String,
}

/// Draws a form with these lines.
pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &Form<'_>, fields: Lines) {
    let columns = WIDE.min(body.width).saturating_sub(4);
    let mut lines = fields;
    if let Some(refusal) = form.refusal {
        lines.push(Vec::new());
        let mark = piece(format!("{} ", glyphs::BAD), Role::Error);
        labelled(&mut lines, columns, &mark, &refusal.why, Role::Error);
        labelled(&mut lines, columns, &piece("  ", Role::Text), &refusal.remedy, Role::Text);
    }
    lines.push(Vec::new());
    labelled(&mut lines, columns, &piece("", Role::Dim), &form.says, Role::Dim);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let right = [piece(form.cluster.place.region.to_string(), Role::Dim)];
    let inside = popup(canvas, look, body.middle(columns + 4, height), &form.title, &right);
    write(canvas, inside, &lines);
}

/// The beginning of a field's line: whether it has the keys, and its name.
fn named(name: &str, here: bool) -> Vec<Piece> {
    let mark = piece(if here { glyphs::HERE } else { " " }, Role::Selected);
    vec![mark, piece(format!(" {name:NAME$}"), Role::Dim)]
}

/// A field that is typed, with a word behind it.
pub fn typed(name: &str, here: bool, field: &TextField, behind: &str) -> Vec<Piece> {
    let mut pieces = named(name, here);
    pieces.extend(field_pieces(field, here));
    pieces.push(piece(behind, Role::Dim));
    pieces
}

/// A field that is chosen.
pub fn chosen<'a>(
    name: &str,
    here: bool,
    options: impl ExactSizeIterator<Item = &'a str>,
    at: usize,
) -> Vec<Piece> {
    let len = options.len();
    let words =
        options.enumerate().find(|(number, _)| *number == at).map_or(glyphs::NONE, |(_, words)| words);
    let mut pieces = named(name, here);
    pieces.push(piece(words, if here { Role::Input } else { Role::Text }));
    if len > 1 {
        pieces.push(piece(format!("   {} of {len}", at + 1), Role::Dim));
    }
    pieces
}
