//! What a refresh needs to know first.

use super::shift::choice;
use super::{Lines, field_pieces, key, labelled, popup, write};
use crate::app::Area;
use crate::app::dialogs::{RefreshField, RefreshForm};
use crate::keymap::{Action, Context};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of the form.
const WIDE: u16 = 76;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &RefreshForm) {
    let columns = WIDE.min(body.width).saturating_sub(4);
    let mut lines: Lines = Vec::new();
    for field in RefreshField::ALL {
        let here = field == form.focus;
        let mut pieces = vec![piece(if here { glyphs::HERE } else { " " }, Role::Selected)];
        match field {
            RefreshField::Group => {
                pieces.push(piece(" group   ", Role::Dim));
                let options = form.group.options.iter().map(|(_, words)| words.as_str());
                pieces.extend(choice(options, form.group.at, here));
            }
            RefreshField::To => {
                pieces.push(piece(" to      ", Role::Dim));
                let options = form.to.options.iter().map(|(_, words)| words.as_str());
                pieces.extend(choice(options, form.to.at, here));
            }
            RefreshField::Checkpoints => {
                pieces.push(piece(" stop at ", Role::Dim));
                pieces.extend(field_pieces(&form.checkpoints, here));
                pieces.push(piece(" % for a while; nothing for no stop", Role::Dim));
            }
        }
        lines.push(pieces);
    }
    if let Some(refusal) = &form.refusal {
        lines.push(Vec::new());
        let mark = piece(format!("{} ", glyphs::BAD), Role::Error);
        labelled(&mut lines, columns, &mark, &refusal.why, Role::Error);
        labelled(&mut lines, columns, &piece("  ", Role::Text), &refusal.remedy, Role::Text);
    }
    lines.push(Vec::new());
    let key = |action| key(look, Context::Text, action);
    let says = format!(
        "the plan is shown first, nothing is sent yet · {} next field · {} {} choose",
        key(Action::NextField),
        key(Action::MoveUp),
        key(Action::MoveDown)
    );
    labelled(&mut lines, columns, &piece("", Role::Dim), &says, Role::Dim);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let right = [piece(form.cluster.place.region.to_string(), Role::Dim)];
    let title = format!("Refresh {}", form.cluster.name);
    let inside = popup(canvas, look, body.middle(columns + 4, height), &title, &right);
    write(canvas, inside, &lines);
}
