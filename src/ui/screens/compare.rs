//! Two clusters side by side: what differs, what could not be compared, and dimmed below what is equal.

use super::border;
use crate::app::measure::{fit, width, wrap};
use crate::app::screens::{Compare, CompareLine, ComparePart};
use crate::app::{Area, Layout, Observation, words};
use crate::drift::Comparison;
use crate::fleet::ClusterId;
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece};
use crate::ui::header::STALE_SECONDS;
use crate::ui::widgets::table::{Column, Table, widths};
use crate::ui::{Look, glyphs};

const COLUMNS: [Column; 3] = [
    Column { title: "WHAT", least: 18, most: 40, rank: 0 },
    Column { title: "", least: 14, most: 90, rank: 1 },
    Column { title: "", least: 14, most: 90, rank: 2 },
];

/// Columns of a name beyond which its value is worth more.
const NAME: u16 = 24;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &Compare) {
    let Some(observation) = &look.model.observation else { return };
    title(canvas, look, layout.title, observation, screen);
    let nothing = Comparison::default();
    let found = screen.found.as_ref().unwrap_or(&nothing);
    let mut columns = COLUMNS;
    let names = screen.list.rows().iter().filter_map(|row| row.key.as_deref());
    columns[0].shrink_to(names.map(|name| width(name.lines().next().unwrap_or_default())));
    let table = Table {
        columns: &columns,
        frame: border(look),
        sorted: None,
        empty: screen.found.as_ref().err().map_or_else(String::new, |gone| {
            format!(
                "{} in {} is not in the newest look any more: nothing is compared.",
                gone.name, gone.place
            )
        }),
    };
    table.draw(canvas, screen.table, &screen.list, |canvas, row, cells| match (row.shows, cells) {
        (CompareLine::Heading(part), [line, ..]) => part_heading(canvas, *line, part, found),
        (CompareLine::Differs(at), [what, a, b]) => {
            if let Some(row) = found.differences.get(at) {
                canvas.text(*what, 0, &row.what, Role::Name);
                canvas.text(*a, 0, &row.a, Role::Text);
                canvas.text(*b, 0, &row.b, Role::Actual);
            }
        }
        (CompareLine::Unknown(at), [what, a, b]) => {
            if let Some(row) = found.unknown.get(at) {
                canvas.text(*what, 0, &row.what, Role::Unknown);
                canvas.text(across(*a, *b), 0, &format!("{} {}", glyphs::UNKNOWN, row.why), Role::Unknown);
            }
        }
        (CompareLine::Same(at), [what, a, b]) => {
            if let Some(row) = found.same.get(at) {
                canvas.text(*what, 0, &row.what, Role::Dim);
                canvas.text(across(*a, *b), 0, &row.value, Role::Dim);
            }
        }
        _ => {}
    });
    headings(canvas, screen, &columns);
    in_full(canvas, look, screen, found);
}

fn title(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area, observation: &Observation, screen: &Compare) {
    let [a, b] = screen.names();
    let mut pieces =
        vec![piece(format!(" {a}"), Role::Title), piece(" beside ", Role::Dim), piece(b, Role::Title)];
    if let Ok(found) = &screen.found {
        pieces.extend(counts(found));
    }
    // How old the older of both is.
    let seen = |id: &ClusterId| observation.summary(id).map(|summary| summary.seen_at);
    match (seen(&screen.a), seen(&screen.b)) {
        (Some(Some(a)), Some(Some(b))) => {
            let stale = look.at.duration_since(a.min(b)).as_secs() > STALE_SECONDS;
            let role = if stale { Role::Stale } else { Role::Dim };
            pieces.push(piece(format!(" · read {} ago", words::ago(a.min(b), look.at)), role));
        }
        (Some(_), Some(_)) => {
            pieces.push(piece(format!(" · {} never read in full", glyphs::UNKNOWN), Role::Unknown));
        }
        _ => {}
    }
    canvas.pieces(line, 0, &pieces);
}

fn counts(found: &Comparison) -> Vec<Piece> {
    let mut pieces = vec![match found.differences.len() {
        0 if found.unknown.is_empty() => piece(format!(" · {} no difference", glyphs::GOOD), Role::Healthy),
        0 => piece(" · no difference in what is known", Role::Text),
        number => piece(format!(" · {} {}", glyphs::WARN, words::count(number, "difference")), Role::Warning),
    }];
    if !found.unknown.is_empty() {
        pieces.push(piece(format!(" · {} {} unknown", glyphs::UNKNOWN, found.unknown.len()), Role::Unknown));
    }
    pieces.push(piece(format!(" · {} equal", found.same.len()), Role::Dim));
    pieces
}

fn part_heading(canvas: &mut Canvas<'_>, line: Area, part: ComparePart, found: &Comparison) {
    let (says, role) = match part {
        ComparePart::Differs if found.differences.is_empty() => {
            ("─ nothing differs".to_owned(), Role::Heading)
        }
        ComparePart::Differs => ("─ differs".to_owned(), Role::Heading),
        ComparePart::Unknown => ("─ not known, so not counted as equal".to_owned(), Role::Unknown),
        ComparePart::Same => ("─ equal".to_owned(), Role::Dim),
    };
    canvas.text(line, 0, &says, role);
}

/// The room of two cells and what is between them.
fn across(a: Area, b: Area) -> Area {
    Area { width: (b.x + b.width).saturating_sub(a.x).max(a.width), ..a }
}

/// The names of the clusters over their columns.
fn headings(canvas: &mut Canvas<'_>, screen: &Compare, columns: &[Column]) {
    let edge = Area { height: screen.table.height.min(1), ..screen.table };
    if edge.width < 4 {
        return;
    }
    let mut x = edge.x;
    let names = screen.names();
    for (number, columns) in widths(columns, edge.width).into_iter().enumerate() {
        if let Some(name) = number.checked_sub(1).and_then(|at| names.get(at)) {
            let room = Area { x: x + 1, width: columns, ..edge };
            canvas.text(room, 0, &format!(" {} ", fit(name, columns.saturating_sub(2))), Role::Heading);
        }
        x += columns + 1;
    }
}

/// The selected line, as far as there is room.
fn in_full(canvas: &mut Canvas<'_>, look: &Look<'_>, screen: &Compare, found: &Comparison) {
    let [a, b] = screen.names();
    let mut lines: Vec<(&str, &str, Role)> = Vec::new();
    let mut what = "";
    match screen.selected() {
        Some(CompareLine::Differs(at)) => {
            if let Some(row) = found.differences.get(at) {
                what = &row.what;
                lines.extend([(a.as_str(), row.a.as_str(), Role::Text), (&b, &row.b, Role::Actual)]);
                lines.extend(row.why.as_deref().map(|why| ("", why, Role::Text)));
            }
        }
        Some(CompareLine::Unknown(at)) => {
            if let Some(row) = found.unknown.get(at) {
                what = &row.what;
                lines.push(("", &row.why, Role::Unknown));
            }
        }
        Some(CompareLine::Same(at)) => {
            if let Some(row) = found.same.get(at) {
                what = &row.what;
                lines.push(("", &row.value, Role::Text));
            }
        }
        Some(CompareLine::Heading(_)) | None => {}
    }
    canvas.frame(
        screen.told,
        &[piece(if what.is_empty() { "SELECTED" } else { what }, Role::Heading)],
        border(look),
    );
    let mut rest = screen.told.without(2, 1);
    let names = if lines.len() > 1 { width(&a).max(width(&b)).min(NAME) + 2 } else { 0 };
    for (name, value, role) in lines {
        let indent = if name.is_empty() { 0 } else { names };
        for (number, line) in wrap(value, rest.width.saturating_sub(indent)).into_iter().enumerate() {
            let row = rest.cut_top(1);
            if number == 0 {
                canvas.text(row, 0, &fit(name, names.saturating_sub(2)), Role::Name);
            }
            canvas.text(row, indent, &line, role);
        }
    }
}
