//! Takes back what a running operation did, or ends its wait?

use super::{Lines, labelled, popup, write};
use crate::app::Area;
use crate::app::dialogs::SteerDialog;
use crate::app::planning;
use crate::plan::{Steer, Step};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of the dialog.
const WIDE: u16 = 76;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &SteerDialog) {
    let Some(operation) = look.model.operations.iter().find(|known| known.id == dialog.operation) else {
        return;
    };
    let columns = WIDE.min(body.width).saturating_sub(4);
    let cluster = look.model.observation.as_ref().and_then(|seen| seen.fleet.cluster(&operation.cluster));
    let steps = &operation.plan.steps;
    let weights = |step: &Step| step.call.as_ref().map(|call| planning::weights_words(call, cluster));
    let mut lines: Lines = Vec::new();
    let what = format!("{} of {}", operation.verb, operation.cluster.name);
    let (title, says, then) = if dialog.steer == Steer::Abort {
        let back = steps.iter().find_map(|step| step.undo.as_ref());
        let back = back.map_or_else(String::new, |call| planning::weights_words(call, cluster));
        let then = format!("It goes back to {back}, at once and in one call.");
        (format!("Abort {what}?"), "No step follows.", then)
    } else {
        let next = steps.iter().filter(|step| step.n > operation.step()).find_map(weights);
        let then = match next {
            Some(to) => format!("The next step follows at once: {to}."),
            None => "No further call follows.".to_owned(),
        };
        (format!("End the wait of {what}?"), "What was still to be watched is not watched.", then)
    };
    labelled(&mut lines, columns, &piece("", Role::Text), says, Role::Warning);
    labelled(&mut lines, columns, &piece("", Role::Text), &then, Role::Text);
    if let Some(progress) = &operation.progress {
        let label = piece(format!("{} ", glyphs::MOVING), Role::Moving);
        labelled(&mut lines, columns, &label, &progress.says, Role::Dim);
    }
    lines.push(Vec::new());
    let answer = |here: bool, word: &str| {
        let role = if here { Role::Selected } else { Role::Dim };
        piece(format!(" {}{word} ", if here { glyphs::HERE } else { " " }), role)
    };
    lines.push(vec![answer(!dialog.yes, "No"), piece("  ", Role::Text), answer(dialog.yes, "Yes")]);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inside = popup(canvas, look, body.middle(columns + 4, height), &title, &[]);
    write(canvas, inside, &lines);
}
