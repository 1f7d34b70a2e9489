//! Arms the session.

use super::{Lines, WIDEST, asks, labelled, popup, write};
use crate::app::dialogs::Arm;
use crate::app::{Area, words};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Arm) {
    let columns = WIDEST.min(body.width).saturating_sub(4);
    let mut lines: Lines = Vec::new();
    let name = look.model.production(&dialog.account);
    let what = name.map_or_else(|| "account".to_owned(), |name| format!("production account {name}"));
    let says = format!("This session may then change {what} {}.", words::account(&dialog.account));
    labelled(&mut lines, columns, &piece("", Role::Text), &says, Role::Text);
    lines.push(Vec::new());
    lines.extend(asks(&dialog.asks, columns));
    if let Some(says) = &dialog.says {
        labelled(&mut lines, columns, &piece(format!("{} ", glyphs::BAD), Role::Error), says, Role::Error);
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inside = popup(canvas, look, body.middle(columns + 4, height), "Arm this session", &[]);
    write(canvas, inside, &lines);
}
