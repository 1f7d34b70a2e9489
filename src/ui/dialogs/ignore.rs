//! Lets findings of one rule rest in one cluster.

use super::shift::choice;
use super::{Lines, field_pieces, key, labelled, popup, write};
use crate::app::Area;
use crate::app::dialogs::{IgnoreField, IgnoreForm};
use crate::keymap::{Action, Context};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of the form.
const WIDE: u16 = 76;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &IgnoreForm) {
    let columns = WIDE.min(body.width).saturating_sub(4);
    let mut lines: Lines = Vec::new();
    for field in IgnoreField::ALL {
        let here = field == form.focus;
        let mut pieces = vec![piece(if here { glyphs::HERE } else { " " }, Role::Selected)];
        match field {
            IgnoreField::Rule => {
                pieces.push(piece(" rule    ", Role::Dim));
                let options = form.rule.options.iter().map(|(_, words)| words.as_str());
                pieces.extend(choice(options, form.rule.at, here));
            }
            IgnoreField::Until => {
                pieces.push(piece(" until   ", Role::Dim));
                pieces.extend(field_pieces(&form.until, here));
                pieces.push(piece("  a date, or a time from now", Role::Dim));
            }
            IgnoreField::Reason => {
                pieces.push(piece(" why     ", Role::Dim));
                pieces.extend(field_pieces(&form.reason, here));
            }
        }
        lines.push(pieces);
    }
    if let Some(mistake) = &form.mistake {
        lines.push(Vec::new());
        labelled(&mut lines, columns, &piece(format!("{} ", glyphs::BAD), Role::Error), mistake, Role::Error);
    }
    lines.push(Vec::new());
    let next = key(look, Context::Text, Action::NextField);
    let says = format!("for all instances of the cluster; it counts again by itself · {next} next field");
    labelled(&mut lines, columns, &piece("", Role::Dim), &says, Role::Dim);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let title = format!("Ignore a finding in {}", form.cluster.name);
    let right = [piece(form.cluster.place.region.to_string(), Role::Dim)];
    let inside = popup(canvas, look, body.middle(columns + 4, height), &title, &right);
    write(canvas, inside, &lines);
}
