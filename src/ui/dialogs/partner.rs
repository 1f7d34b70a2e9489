//! With which other cluster one is compared.

use super::{field_pieces, popup};
use crate::app::dialogs::Partner;
use crate::app::measure::{fit, width};
use crate::app::{Area, words};
use crate::fleet::ClusterId;
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of a name beyond which where it is is worth more.
const NAME: u16 = 32;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Partner) {
    let title = format!("Compare {} with", dialog.of.name);
    let mut rest = popup(canvas, look, body, &title, &[]);
    let mut field = vec![piece("= ", Role::Key)];
    field.extend(field_pieces(&dialog.field, true));
    canvas.pieces(rest.cut_top(1), 0, &field);
    let _edge = rest.cut_top(1);
    let rows = dialog.list.rows();
    if rows.is_empty() {
        canvas.text(rest, 0, "No other cluster is called so.", Role::Dim);
    }
    let clusters = || rows.iter().filter_map(|row| row.key.as_ref());
    let names = clusters().map(|id| width(&id.name.to_string())).max().unwrap_or(0).min(NAME);
    let several = clusters().any(|id| id.place.account != dialog.of.place.account);
    let places = clusters().map(|id| width(&place(id, several))).max().unwrap_or(0);
    for number in dialog.list.visible() {
        let line = rest.cut_top(1);
        let Some(id) = &rows[number].key else { continue };
        canvas.text(line, 2, &fit(&id.name.to_string(), names), Role::Name);
        canvas.text(line, names + 4, &place(id, several), Role::Dim);
        canvas.text(line, names + places + 6, &rows[number].shows.to_string(), Role::Dim);
        if dialog.list.selected_at() == Some(number) {
            canvas.text(line, 0, glyphs::HERE, Role::Selected);
            canvas.patch(line, Role::Selected);
        }
    }
}

/// The region, and the account where there are several.
fn place(id: &ClusterId, several: bool) -> String {
    let region = id.place.region.to_string();
    if several { format!("{region} {}", words::account(&id.place.account)) } else { region }
}
