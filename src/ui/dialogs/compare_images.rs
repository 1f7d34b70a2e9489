//! Two images beside each other: what differs above what is the same.

use super::popup;
use crate::app::dialogs::{CompareImages, Compared};
use crate::app::measure::{fit, width};
use crate::app::{Area, words};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

/// Columns that name a thing, at most.
const WHAT: u16 = 28;
/// Columns of the glyph before it.
const GLYPH: u16 = 2;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &CompareImages) {
    let count = match dialog.differences() {
        0 => "no difference".to_owned(),
        count => words::count(count, "difference"),
    };
    let [left, right] = &dialog.names;
    let mut rest = popup(canvas, look, body, &format!("{left} beside {right}: {count}"), &[]);
    let longest = dialog.list.rows().iter().map(|row| width(&row.shows.what)).max().unwrap_or(0);
    let what = longest.min(WHAT).min(rest.width / 3) + GLYPH + 2;
    let half = rest.width.saturating_sub(what) / 2;
    let heads = columns(rest.cut_top(1), what, half);
    canvas.text(heads[1], 0, left, Role::Heading);
    canvas.text(heads[2], 0, right, Role::Heading);
    for number in dialog.list.visible() {
        let Some(row) = dialog.list.rows().get(number) else { continue };
        let line = rest.cut_top(1);
        one(canvas, columns(line, what, half), &row.shows, dialog.list.selected_at() == Some(number));
    }
    if let Some(row) = dialog.list.selected_at().and_then(|at| dialog.list.rows().get(at)) {
        // The selected thing once more, where its values were cut.
        let cut = |value: &Option<String>| value.as_ref().is_some_and(|text| width(text) + 1 > half);
        if cut(&row.shows.left) || cut(&row.shows.right) {
            let words = |value: &Option<String>| value.clone().unwrap_or_else(|| glyphs::NONE.into());
            let says = format!("{} {}", words(&row.shows.left), words(&row.shows.right));
            let last = rest.cut_bottom(1);
            canvas.text(last, 0, &fit(&says, last.width), Role::Dim);
        }
    }
}

fn columns(line: Area, what: u16, half: u16) -> [Area; 3] {
    let left = Area { x: line.x + what, width: half.saturating_sub(1), ..line };
    let right = Area { x: line.x + what + half, width: line.width.saturating_sub(what + half), ..line };
    [Area { width: what.saturating_sub(1), ..line }, left, right]
}

fn one(canvas: &mut Canvas<'_>, [what, left, right]: [Area; 3], row: &Compared, is_selected: bool) {
    let here = if is_selected { glyphs::HERE } else { " " };
    let differs = row.differs();
    let glyph = if differs { "≠" } else { "=" };
    let role = if differs { Role::Warning } else { Role::Dim };
    let name = if differs { Role::Text } else { Role::Dim };
    canvas.pieces(
        what,
        0,
        &[piece(here, Role::Selected), piece(glyph, role), piece(format!(" {}", row.what), name)],
    );
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| glyphs::NONE.into());
    canvas.text(left, 0, &value(&row.left), if differs { Role::Actual } else { Role::Dim });
    canvas.text(right, 0, &value(&row.right), if differs { Role::Wanted } else { Role::Dim });
}
