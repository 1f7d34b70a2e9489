//! What may be pressed: derived from the keymap and from what applies now. The keys of an unfinished chord show what
//! may follow instead.

use crate::app::screens::Screen;
use crate::app::{Area, Model, Operation, Summary, applies};
use crate::keymap::{Action, Follow, FooterEntry, Lookup};
use crate::plan::WayOut;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};

/// Between two hints.
const GAP: &str = "   ";

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area) {
    let model = look.model;
    if !model.pending.is_empty() {
        let pieces = pending(model);
        canvas.pieces(line, 1, &pieces);
        return;
    }
    let mut entries = model.keymap.footer(model.context());
    if let Some(dialog) = model.dialogs.last() {
        entries.retain(|entry| dialog.popup().offers(entry.action));
    }
    if model.running().next().is_none() {
        // Room for what can be done: where nothing runs there is nothing to stop.
        entries.retain(|entry| entry.action != Action::HoldAll);
    }
    let mut hints: Vec<Vec<Piece>> = entries.iter().map(|entry| hint(model, entry)).collect();
    // A gap before the first and between all; the last column stays free.
    let wide = |hints: &[Vec<Piece>]| {
        2 + hints.iter().map(|hint| usize::from(width_of(hint)) + GAP.len()).sum::<usize>() - GAP.len()
    };
    while !hints.is_empty() && wide(&hints) > usize::from(line.width) {
        // What cannot be done now gives way before what can.
        let gives_way = |at: &usize| (!is_offered(model, entries[*at].action), entries[*at].hint.rank);
        let least = (0..entries.len()).max_by_key(gives_way).unwrap_or(0);
        entries.remove(least);
        hints.remove(least);
    }
    let mut at = 1;
    for (number, hint) in hints.iter().enumerate() {
        if number > 0 {
            at = canvas.text(line, at, GAP, Role::KeyLabel);
        }
        at = canvas.pieces(line, at, hint);
    }
}

fn is_offered(model: &Model, action: Action) -> bool {
    !model.dialogs.is_empty() || applies(model, action).is_ok()
}

fn hint(model: &Model, entry: &FooterEntry<'_>) -> Vec<Piece> {
    let offered = is_offered(model, entry.action);
    let (key, label) = if offered { (Role::Key, Role::KeyLabel) } else { (Role::Disabled, Role::Disabled) };
    let more = if offered { goal(model, entry.action) } else { String::new() };
    vec![piece(entry.chord.to_string(), key), piece(format!(" {}{more}", entry.hint.label), label)]
}

/// Where a rollback would lead, so that nobody has to ask.
fn goal(model: &Model, action: Action) -> String {
    let summary =
        || -> Option<&Summary> { model.observation.as_ref()?.summary(model.screen().view().subject()?) };
    match action {
        Action::Resume if is_elsewhere(model) => return " (adopt)".to_owned(),
        Action::Pause if is_paused(model) => return " off".to_owned(),
        Action::Rollback => {}
        _ => return String::new(),
    }
    if matches!(model.screen(), Screen::Operations(_)) {
        return String::new();
    }
    let back = summary().and_then(|summary| summary.back.as_ref()?.rollback.as_ref().ok());
    back.map_or_else(String::new, |to| format!(" → {to}"))
}

fn is_elsewhere(model: &Model) -> bool {
    let Screen::Operations(screen) = model.screen() else { return false };
    screen.selected(&model.known).is_some_and(|one| one.ways_out.contains(&WayOut::Adopt))
}

fn is_paused(model: &Model) -> bool {
    let Screen::Operations(screen) = model.screen() else { return false };
    screen.selected(&model.known).and_then(|one| model.own(&one.id)).is_some_and(Operation::is_paused)
}

fn pending(model: &Model) -> Vec<Piece> {
    let typed: Vec<String> = model.pending.iter().map(ToString::to_string).collect();
    let mut pieces = vec![piece(format!("{} …", typed.join(" ")), Role::Key)];
    if let Lookup::Pending(follows) = model.keymap.lookup(model.context(), &model.pending) {
        for (key, follow) in follows {
            let says = match follow {
                Follow::Action(action) => action.name(),
                Follow::More => "…",
            };
            pieces.push(piece(format!("{GAP}{key}"), Role::Key));
            pieces.push(piece(format!(" {says}"), Role::KeyLabel));
        }
    }
    pieces
}
