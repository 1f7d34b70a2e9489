//! Every action and cluster by name.

use super::{field_pieces, popup};
use crate::app::Area;
use crate::app::dialogs::{Item, Palette};
use crate::app::measure::{fit, width};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of a name beyond which what it does is worth more.
const NAME: u16 = 28;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Palette) {
    let mut rest = popup(canvas, look, body, "Find an action or a cluster", &[]);
    let mut field = vec![piece(": ", Role::Key)];
    field.extend(field_pieces(&dialog.field, true));
    canvas.pieces(rest.cut_top(1), 0, &field);
    let _edge = rest.cut_top(1);
    if dialog.list.rows().is_empty() {
        canvas.text(rest, 0, "Nothing is called so.", Role::Dim);
    }
    let rows = dialog.list.rows();
    let names = rows.iter().map(|row| width(&row.shows.name)).max().unwrap_or(0).min(NAME);
    for number in dialog.list.visible() {
        let line = rest.cut_top(1);
        let (row, shown) = (&rows[number], &rows[number].shows);
        let role = match (&row.key, &shown.reason) {
            (_, Some(_)) => Role::Disabled,
            (Some(Item::Cluster(_)), None) => Role::Name,
            _ => Role::Text,
        };
        canvas.text(line, 2, &fit(&shown.name, names), role);
        let says = match &shown.reason {
            Some(reason) => format!("not now: {reason}"),
            None => shown.does.clone(),
        };
        let keys = width(&shown.keys) + 1;
        let room = Area { width: line.width.saturating_sub(keys), ..line };
        canvas.text(room, names + 4, &says, if shown.reason.is_some() { Role::Disabled } else { Role::Dim });
        canvas.pieces_right(line, &[piece(shown.keys.clone(), Role::Key)]);
        if dialog.list.selected_at() == Some(number) {
            canvas.text(line, 0, glyphs::HERE, Role::Selected);
            canvas.patch(line, Role::Selected);
        }
    }
}
