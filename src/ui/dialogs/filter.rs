//! The filter: one line where the footer was.

use super::field_pieces;
use crate::app::Area;
use crate::app::dialogs::FilterLine;
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::glyphs;

pub fn draw(canvas: &mut Canvas<'_>, line: Area, dialog: &FilterLine) {
    canvas.fill(line, Role::Dialog);
    let mut pieces = vec![piece(" filter: ", Role::Title)];
    pieces.extend(field_pieces(&dialog.field, true));
    match &dialog.mistake {
        Some(mistake) => pieces.push(piece(format!("   {} {mistake}", glyphs::BAD), Role::Error)),
        None if dialog.field.text().is_empty() => {
            pieces.push(piece("   word  !word  field:word  /regex/", Role::Placeholder));
        }
        None => {}
    }
    canvas.pieces(line, 0, &pieces);
}
