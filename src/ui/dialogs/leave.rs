//! Leaves although an operation runs?

use super::{Lines, labelled, popup, write};
use crate::app::Area;
use crate::app::dialogs::{Going, Leave};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of the dialog.
const WIDE: u16 = 76;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Leave) {
    let columns = WIDE.min(body.width).saturating_sub(4);
    let mut lines: Lines = Vec::new();
    let moving = piece(format!("{} ", glyphs::MOVING), Role::Moving);
    for operation in look.model.running() {
        let step = format!("step {} of {}", operation.step().max(1), operation.steps);
        let says = format!("{} of {}, {step}: {}", operation.verb, operation.cluster.name, operation.word());
        labelled(&mut lines, columns, &moving, &says, Role::Text);
    }
    let says = if dialog.outlives {
        "AWS carries it on. Without the cockpit nobody follows it, and whoever opens one can take it up, or back."
    } else {
        "Without the cockpit none of these sends anything more: what was last written stays, and whoever opens a \
         cockpit can take it up, or back."
    };
    labelled(&mut lines, columns, &piece("", Role::Text), says, Role::Warning);
    lines.push(Vec::new());
    for answer in dialog.answers() {
        let here = *answer == dialog.at;
        let role = if here { Role::Selected } else { Role::Text };
        let mark = if here { glyphs::HERE } else { " " };
        lines.push(vec![piece(format!(" {mark}{} ", words(*answer, dialog)), role)]);
    }
    let title = match dialog.waits {
        None => "Leave while an operation runs?",
        Some(Going::Held) => "Leaving as soon as it is held",
        Some(_) => "Leaving as soon as it has ended",
    };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inside = popup(canvas, look, body.middle(columns + 4, height), title, &[]);
    write(canvas, inside, &lines);
}

fn words(answer: Going, dialog: &Leave) -> &'static str {
    match answer {
        Going::Now if dialog.outlives => "leave it running: AWS carries it on",
        Going::Stay if dialog.waits.is_some() => "stay after all",
        Going::Stay => "stay",
        Going::AtTheEnd => "wait until it ends, then leave",
        Going::Held => "hold after the call in flight, then leave",
        Going::Now => "leave now: what is in flight is not waited for, and the journal says so",
    }
}
