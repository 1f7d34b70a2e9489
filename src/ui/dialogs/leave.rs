//! Leaves although an operation runs?

use super::{Lines, labelled, popup, write};
use crate::app::Area;
use crate::app::dialogs::Leave;
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of the dialog.
const WIDE: u16 = 72;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Leave) {
    let columns = WIDE.min(body.width).saturating_sub(4);
    let mut lines: Lines = Vec::new();
    for operation in look.model.running() {
        let says = format!("{} of {}: {}", operation.verb, operation.cluster.name, operation.word());
        labelled(
            &mut lines,
            columns,
            &piece(format!("{} ", glyphs::MOVING), Role::Moving),
            &says,
            Role::Text,
        );
    }
    let says = "It does not outlive the cockpit: the weights stay as they were last written, and nobody looks \
                whether they settle.";
    labelled(&mut lines, columns, &piece("", Role::Text), says, Role::Warning);
    lines.push(Vec::new());
    let answer = |here: bool, word: &str| {
        let role = if here { Role::Selected } else { Role::Dim };
        piece(format!(" {}{word} ", if here { glyphs::HERE } else { " " }), role)
    };
    lines.push(vec![
        answer(!dialog.yes, "No, stay"),
        piece("  ", Role::Text),
        answer(dialog.yes, "Yes, leave"),
    ]);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inside = popup(canvas, look, body.middle(columns + 4, height), "Leave while an operation runs?", &[]);
    write(canvas, inside, &lines);
}
