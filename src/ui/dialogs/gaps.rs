//! What could not be read, and why.

use super::popup;
use crate::app::dialogs::Gaps;
use crate::app::{Area, words};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Gaps) {
    let Some(observation) = &look.model.observation else { return };
    let gaps = &observation.fleet.gaps;
    let title = format!("Unknown: {}", words::count(gaps.len(), "gap"));
    let mut rest = popup(canvas, look, body, &title, &[]);
    if gaps.is_empty() {
        canvas.text(rest, 0, "Everything could be read.", Role::Dim);
    }
    for number in dialog.list.visible() {
        let Some(gap) = gaps.get(number) else { continue };
        let (what, why) = (rest.cut_top(1), rest.cut_top(1));
        let here = if dialog.list.selected_at() == Some(number) { glyphs::HERE } else { " " };
        let mut pieces = vec![
            piece(here, Role::Selected),
            piece(format!("{} {} ", glyphs::UNKNOWN, gap.what), Role::Unknown),
            piece(format!("· {}", gap.place), Role::Dim),
        ];
        if let Some(action) = &gap.action {
            pieces.push(piece(format!(" · needs {action}"), Role::Warning));
        }
        canvas.pieces(what, 0, &pieces);
        canvas.text(why, 3, &gap.why, Role::Text);
    }
}
