//! One instance: what drifted and why, its facts beside what its group wants, health by source, tags.

use super::fleet::severity_role;
use super::{border, local};
use crate::app::measure::{fit, width, wrap};
use crate::app::screens::{INDENT, Instance, LABELS, Part, is_short};
use crate::app::{Area, Layout, Observation, words};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns of the name of a fact, a source or a rule.
const NAME: u16 = 19;
/// Columns of a word of health.
const WORD: u16 = 14;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &Instance) {
    let Some(observation) = &look.model.observation else { return };
    title(canvas, look, layout.title, observation, screen);
    let area = layout.body;
    canvas.frame(area, &[piece(screen.id.to_string(), Role::Title)], border(look));
    let mut rest = area.without(1, 1);
    let rows = &screen.list.rows()[screen.list.visible()];
    for (number, row) in rows.iter().enumerate() {
        let line = rest.cut_top(row.height);
        if line.height == 0 {
            break;
        }
        let room = Area { x: line.x + 1, width: line.width.saturating_sub(2), ..line };
        part(canvas, look, room, &row.shows);
        if screen.list.selected_at() == Some(screen.list.visible().start + number) {
            canvas.text(line, 0, glyphs::HERE, Role::Selected);
            canvas.patch(line, Role::Selected);
        }
    }
    let (lines, top) = screen.list.scroll();
    if lines > screen.list.height() {
        let says = format!("{}–{} of {lines}", top + 1, (top + screen.list.height()).min(lines));
        let edge = Area { y: area.y + area.height - 1, height: 1, ..area };
        canvas.on_edge_right(edge, &[piece(says, Role::Dim)]);
    }
}

fn title(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area, observation: &Observation, screen: &Instance) {
    let mut pieces = Vec::new();
    if let Some((cluster, group, instance)) = observation.fleet.find_instance(&screen.id) {
        let name = instance.name().map(|name| format!(" {name}")).unwrap_or_default();
        pieces.push(piece(name, Role::Title));
        let cluster = cluster.map_or_else(|| "in no cluster".into(), |cluster| cluster.id.name.to_string());
        pieces.push(piece(format!(" · {cluster}"), Role::Text));
        if let Some(group) = group {
            pieces.push(piece(format!(" · {}", group.id.name), Role::Dim));
        }
        let (glyph, word, role) = glyphs::health(instance.health.verdict());
        pieces.push(piece(format!(" · {glyph} {word}"), role));
        if let Some(launched) = instance.launched_at {
            pieces.push(piece(format!(" · up {}", words::ago(launched, look.at)), Role::Text));
        }
    } else {
        let id = &screen.id;
        let says = format!(" {} {id} is not in the newest look any more: this is what it was", glyphs::WARN);
        pieces.push(piece(says, Role::Warning));
    }
    canvas.pieces(line, 0, &pieces);
}

fn part(canvas: &mut Canvas<'_>, look: &Look<'_>, mut line: Area, part: &Part) {
    match part {
        Part::Title(title) => {
            canvas.text(line, 0, &title.to_uppercase(), Role::Heading);
        }
        Part::Says(says) => {
            canvas.text(line, 1, says, Role::Dim);
        }
        Part::Fact { name, is, wants, differs } => {
            fact(canvas, line, (name, is, wants.as_deref(), *differs));
        }
        Part::Moment { name, at } => {
            let is = at.map_or_else(String::new, |at| local(look, at));
            fact(canvas, line, (name, &is, None, false));
        }
        Part::Finding { rule, severity, expected, actual, why } => {
            let first = line.cut_top(1);
            let role = severity_role(*severity);
            let glyph = glyphs::severity(*severity);
            let word = severity.word();
            canvas.text(first, 1, &fit(&format!("{glyph} {rule} ({word})"), LABELS - 2), role);
            let is = [piece("is ", Role::Dim), piece(actual.clone(), Role::Actual)];
            let wanted = [piece("wanted ", Role::Dim), piece(expected.clone(), Role::Wanted)];
            if is_short(expected, actual, first.width) {
                let end = canvas.pieces(first, LABELS, &is);
                canvas.pieces(first, end + 2, &wanted);
            } else {
                canvas.pieces(line.cut_top(1), INDENT, &is);
                canvas.pieces(line.cut_top(1), INDENT, &wanted);
            }
            for says in wrap(why, line.width.saturating_sub(INDENT)) {
                canvas.text(line.cut_top(1), INDENT, &says, Role::Text);
            }
        }
        Part::Health { source, word, verdict, reason } => {
            let (glyph, _, role) = glyphs::health(*verdict);
            canvas.text(line, 1, &fit(source, NAME - 1), Role::Text);
            canvas.text(line, 1 + NAME, &fit(&format!("{glyph} {word}"), WORD), role);
            canvas.text(line, 1 + NAME + WORD, reason, Role::Dim);
        }
        Part::Tag(key, value) => {
            let key = fit(&key.to_string(), line.width / 2);
            let end = canvas.text(line, 1, &key, Role::Dim);
            canvas.text(line, (1 + NAME).max(end + 1), &value.to_string(), Role::Text);
        }
    }
}

fn fact(canvas: &mut Canvas<'_>, line: Area, (name, is, wants, differs): (&str, &str, Option<&str>, bool)) {
    canvas.text(line, 1, &fit(name, NAME - 1), Role::Dim);
    let start = 1 + NAME;
    let half = line.width.saturating_sub(start) / 2;
    let role = if differs { Role::Actual } else { Role::Text };
    let is = match (is.is_empty(), differs) {
        (true, _) => piece(glyphs::NONE, Role::Dim),
        (false, true) => piece(format!("≠ {is}"), role),
        (false, false) => piece(is.to_owned(), role),
    };
    let room = if wants.is_some() { half.saturating_sub(1) } else { line.width - start };
    canvas.text(Area { x: line.x + start, width: room, ..line }, 0, &is.text, is.role);
    if let Some(wants) = wants {
        let says = format!("wants {wants}");
        let role = if differs { Role::Wanted } else { Role::Dim };
        canvas.text(line, start + half, &fit(&says, width(&says)), role);
    }
}
