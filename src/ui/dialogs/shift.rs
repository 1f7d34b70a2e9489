//! What a change of traffic needs to know first.

use std::fmt::Write as _;

use super::{Lines, field_pieces, key, labelled, popup, write};
use crate::app::Area;
use crate::app::dialogs::{Change, FormField, ShiftForm};
use crate::keymap::{Action, Context};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece};
use crate::ui::{Look, glyphs};

/// Columns of the form.
const WIDE: u16 = 76;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &ShiftForm) {
    let columns = WIDE.min(body.width).saturating_sub(4);
    let mut lines: Lines = Vec::new();
    for field in form.fields() {
        let here = field == form.focus;
        let mut pieces = vec![piece(if here { glyphs::HERE } else { " " }, Role::Selected)];
        match field {
            FormField::Source => {
                pieces.push(piece(" on      ", Role::Dim));
                let options = form.source.options.iter().map(|(_, words)| words.as_str());
                pieces.extend(choice(options, form.source.at, here));
            }
            FormField::Group => {
                pieces.push(piece(" group   ", Role::Dim));
                let options = form.group.options.iter().map(|(_, words)| words.as_str());
                pieces.extend(choice(options, form.group.at, here));
            }
            FormField::Percent => {
                pieces.push(piece(" to      ", Role::Dim));
                pieces.extend(field_pieces(&form.percent, here));
                pieces.push(piece(" % of the traffic", Role::Dim));
            }
            FormField::Steps => {
                pieces.push(piece(" how     ", Role::Dim));
                let options = ["all at once", "in steps, each watched"].into_iter();
                pieces.extend(choice(options, usize::from(form.stepped), here));
            }
            FormField::Shares => {
                pieces.push(piece(" steps   ", Role::Dim));
                pieces.extend(field_pieces(&form.shares, here));
                pieces.push(piece(" %, as far as they are on the way", Role::Dim));
            }
            FormField::Bake => {
                pieces.push(piece(" watch   ", Role::Dim));
                pieces.extend(field_pieces(&form.bake, here));
                pieces.push(piece(" each step, before the next", Role::Dim));
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
    let says = says(look, form);
    labelled(&mut lines, columns, &piece("", Role::Dim), &says, Role::Dim);
    let title = match form.change {
        Change::Shift => "Shift",
        Change::Switch => "Switch",
        Change::Rollback => "Roll back",
    };
    let title = format!("{title} {}", form.cluster.name);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let right = [piece(form.cluster.place.region.to_string(), Role::Dim)];
    let inside = popup(canvas, look, body.middle(columns + 4, height), &title, &right);
    write(canvas, inside, &lines);
}

/// What the keys do here.
fn says(look: &Look<'_>, form: &ShiftForm) -> String {
    let key = |action| key(look, Context::Text, action);
    let mut says = String::from("the plan is shown first, nothing is sent yet");
    if form.fields().len() > 1 {
        let _infallible = write!(says, " · {} next field", key(Action::NextField));
    }
    if matches!(form.focus, FormField::Source | FormField::Group | FormField::Steps) {
        let _infallible = write!(says, " · {} {} choose", key(Action::MoveUp), key(Action::MoveDown));
    }
    says
}

pub(super) fn choice<'a>(
    options: impl ExactSizeIterator<Item = &'a str>,
    at: usize,
    here: bool,
) -> Vec<Piece> {
    let len = options.len();
    let chosen = options.enumerate().find(|(number, _)| *number == at).map_or("–", |(_, words)| words);
    let mut pieces = vec![piece(chosen, if here { Role::Input } else { Role::Text })];
    if len > 1 {
        pieces.push(piece(format!("   {} of {len}", at + 1), Role::Dim));
    }
    pieces
}
