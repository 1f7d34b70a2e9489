//! Takes back what a running operation did, or ends its wait?

use super::{Lines, labelled, popup, write};
use crate::app::Area;
use crate::app::dialogs::SteerDialog;
use crate::app::planning;
use crate::fleet::Cluster;
use crate::plan::{Plan, Steer, Step};
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
        (format!("Abort {what}?"), "No step follows.", goes_back(&operation.plan, operation.step(), cluster))
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

/// Where an abort leads from a step.
fn goes_back(plan: &Plan, step: u32, cluster: Option<&Cluster>) -> String {
    let builds = plan.builds().next().is_some();
    let stops =
        if builds { "What is being built is stopped; images that are there by then stay. " } else { "" };
    let mut so_far = plan.steps.iter().take_while(|other| other.n <= step);
    let is_moved = so_far.any(|other| other.call.as_ref().is_some_and(|call| call.source().is_some()));
    let back = match plan.way_back_from(step) {
        Some(call) if call.source().is_some() => {
            format!("It goes back to {}, at once and in one call.", planning::weights_words(call, cluster))
        }
        Some(call) => format!("It takes back what was begun: {}.", call.says()),
        None if plan.moves_traffic() && !is_moved => {
            "No traffic was moved; what was made ready stays as it is.".to_owned()
        }
        None if builds => String::new(),
        None => "This plan has no way back: it is held where it is.".to_owned(),
    };
    format!("{stops}{back}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{building, stepped};

    #[test]
    fn an_abort_leads_to_the_way_back_of_the_plan_and_not_to_the_undo_of_its_first_step() {
        let person = stepped();
        let fleet = &person.model.observation.as_ref().unwrap().fleet;
        let mut plan = person.model.operations[0].plan.clone();
        let cluster = fleet.cluster(plan.intent.cluster());
        let first = planning::weights_words(plan.steps[0].undo.as_ref().unwrap(), cluster);
        assert!(goes_back(&plan, 1, cluster).contains(&first));
        // Resumed: it goes back to what was before the operation it resumes.
        plan.back = plan.steps.iter().rev().find_map(|step| step.call.clone());
        let before = planning::weights_words(plan.back.as_ref().unwrap(), cluster);
        assert_ne!(before, first);
        assert_eq!(
            goes_back(&plan, 1, cluster),
            format!("It goes back to {before}, at once and in one call.")
        );
        plan.back = None;
        for step in &mut plan.steps {
            step.undo = None;
        }
        assert_eq!(goes_back(&plan, 1, cluster), "This plan has no way back: it is held where it is.");
    }

    #[test]
    fn an_abort_of_a_rebuild_says_that_its_builds_stop() {
        let person = building();
        let plan = person.model.known[0].plan.clone().unwrap();
        let says = goes_back(&plan, 1, None);
        assert!(says.starts_with("What is being built is stopped"), "{says}");
    }
}
