//! Every key of the screen with what it does now.

use super::popup;
use crate::app::Area;
use crate::app::dialogs::{Help, HelpRow};
use crate::app::measure::{fit, width};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of keys beyond which what they do is worth more.
const KEYS: u16 = 16;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Help) {
    let title = format!("Keys of the {} screen", look.model.screen().view().context());
    let mut rest = popup(canvas, look, body, &title, &[]);
    let rows = dialog.list.rows();
    let keys_of = |row: &HelpRow| match row {
        HelpRow::Action { keys, .. } => width(keys),
        HelpRow::Kind(_) => 0,
    };
    let keys_wide = rows.iter().map(|row| keys_of(&row.shows)).max().unwrap_or(0).min(KEYS);
    for number in dialog.list.visible() {
        let line = rest.cut_top(1);
        match &rows[number].shows {
            HelpRow::Kind(kind) => {
                canvas.text(line, 0, &kind.title().to_uppercase(), Role::Heading);
            }
            HelpRow::Action { action, keys, does } => {
                let (key, text) =
                    if does.is_ok() { (Role::Key, Role::Text) } else { (Role::Disabled, Role::Disabled) };
                let keys = fit(keys, keys_wide);
                let pad = " ".repeat(usize::from(keys_wide.saturating_sub(width(&keys)) + 2));
                let says = match does {
                    Ok(does) => does.clone(),
                    // Its name, not its line: the reason needs the room.
                    Err(reason) => format!("{} – not now: {reason}", action.name()),
                };
                canvas.pieces(line, 2, &[piece(keys, key), piece(pad, text), piece(says, text)]);
            }
        }
        if dialog.list.selected_at() == Some(number) {
            canvas.text(line, 0, glyphs::HERE, Role::Selected);
            canvas.patch(line, Role::Selected);
        }
    }
    let (lines, top) = dialog.list.scroll();
    if lines > dialog.list.height() {
        let says = format!("{}–{} of {lines}", top + 1, (top + dialog.list.height()).min(lines));
        let edge = Area { y: body.y + body.height.saturating_sub(1), height: 1, ..body };
        canvas.on_edge_right(edge, &[piece(says, Role::Dim)]);
    }
}
