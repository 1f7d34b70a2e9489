//! One file a dialog, mirroring `app::dialogs`. They are drawn over the screen in the order they were opened.

mod arm;
mod confirm;
mod filter;
mod gaps;
mod help;
mod leave;
mod palette;
mod shift;

use crate::app::dialogs::{Ask, Asks, Dialog};
use crate::app::{Area, Layout, Session};
use crate::keymap::{Action, Context};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece, piece, width, wrap};

/// Columns beyond which a dialog is hard to read.
const WIDEST: u16 = 116;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout) {
    for dialog in &look.model.dialogs {
        match dialog {
            Dialog::Filter(dialog) => filter::draw(canvas, layout.footer, dialog),
            Dialog::Shift(dialog) => shift::draw(canvas, look, layout.body, dialog),
            Dialog::Confirm(dialog) => confirm::draw(canvas, look, layout.body, dialog),
            Dialog::Arm(dialog) => arm::draw(canvas, look, layout.body, dialog),
            Dialog::Help(dialog) => help::draw(canvas, look, layout.body, dialog),
            Dialog::Palette(dialog) => palette::draw(canvas, look, layout.body, dialog),
            Dialog::Gaps(dialog) => gaps::draw(canvas, look, layout.body, dialog),
            Dialog::Leave(dialog) => leave::draw(canvas, look, layout.body, dialog),
        }
    }
}

/// Draws the ground and the frame of a dialog, and gives the room inside.
fn popup(canvas: &mut Canvas<'_>, look: &Look<'_>, area: Area, title: &str, right: &[Piece]) -> Area {
    let border = if look.model.is_production() { Role::BorderProduction } else { Role::DialogBorder };
    canvas.fill(area, Role::Dialog);
    canvas.frame(area, &[piece(title, Role::Title)], border);
    canvas.on_edge_right(Area { height: area.height.min(1), ..area }, right);
    area.without(2, 1)
}

/// A page of lines.
type Lines = Vec<Vec<Piece>>;

/// Puts a text under a label, over as many lines as it takes.
fn labelled(lines: &mut Lines, columns: u16, label: &Piece, text: &str, role: Role) {
    let indent = width(&label.text);
    for (number, line) in wrap(text, columns.saturating_sub(indent)).into_iter().enumerate() {
        let first =
            if number == 0 { label.clone() } else { piece(" ".repeat(usize::from(indent)), Role::Text) };
        lines.push(vec![first, piece(line, role)]);
    }
}

/// Writes lines from the top, as far as there is room.
fn write(canvas: &mut Canvas<'_>, mut area: Area, lines: &[Vec<Piece>]) {
    for line in lines {
        let row = area.cut_top(1);
        canvas.pieces(row, 0, line);
    }
}

/// What has to be typed, one line each.
fn asks(asks: &Asks) -> Lines {
    let line = |(number, asked): (usize, &crate::app::dialogs::Asked)| {
        let here = number == asks.focus();
        let (wants, goal) = match &asked.ask {
            Ask::Digits(_) => {
                let minutes = Session::ARMED_FOR.as_mins();
                ("the last 4 digits of the account".to_owned(), format!("to arm for {minutes} min:"))
            }
            Ask::AccountName(_) => ("the name of the account".to_owned(), "which is production:".to_owned()),
            Ask::Phrase(phrase) => (phrase.clone(), "to go on:".to_owned()),
        };
        let wants_role = if matches!(asked.ask, Ask::Phrase(_)) { Role::Title } else { Role::Text };
        let mut pieces = vec![
            piece("type  ", Role::Dim),
            piece(wants, wants_role),
            piece(format!("  {goal}  "), Role::Dim),
        ];
        pieces.extend(field_pieces(&asked.field, here));
        if asked.is_right() {
            pieces.push(piece(format!("  {}", crate::ui::glyphs::GOOD), Role::Healthy));
        }
        pieces
    };
    asks.list().iter().enumerate().map(line).collect()
}

/// The plainest key that says an action.
fn key(look: &Look<'_>, context: Context, action: Action) -> String {
    look.model.keymap.chords(context, action).next().map(ToString::to_string).unwrap_or_default()
}

/// A text field with its cursor, where it has the keys.
fn field_pieces(field: &crate::app::TextField, here: bool) -> Vec<Piece> {
    let (before, after) = field.around_cursor();
    let mut pieces = vec![piece(before, Role::Input)];
    if here {
        let mut letters = unicode_segmentation::UnicodeSegmentation::graphemes(after, true);
        pieces.push(piece(letters.next().unwrap_or("▏"), Role::Cursor));
        pieces.push(piece(letters.as_str(), Role::Input));
    } else {
        pieces.push(piece(if field.text().is_empty() { "…" } else { after }, Role::Placeholder));
    }
    pieces
}
