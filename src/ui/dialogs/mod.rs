//! One file a dialog, mirroring `app::dialogs`. They are drawn over the screen in the order they were opened.

mod arm;
mod compare_images;
mod confirm;
mod deploy;
mod drill;
mod filter;
mod form;
mod gaps;
mod help;
mod ignore;
mod leave;
mod mark;
mod palette;
mod partner;
mod quarantine;
mod rebuild;
mod refresh;
mod replace;
mod scale;
mod second;
mod shift;
mod steer;

use crate::app::dialogs::{Ask, Asks, Dialog};
use crate::app::measure::{width, wrap};
use crate::app::{Area, Layout, Session};
use crate::keymap::{Action, Context};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};

/// Columns of corners and spaces around the two ends of a title.
const EDGES: u16 = 8;
/// Columns beyond which a dialog is hard to read.
const WIDEST: u16 = 116;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout) {
    for dialog in &look.model.dialogs {
        match dialog {
            Dialog::Filter(dialog) => filter::draw(canvas, layout.footer, dialog),
            Dialog::Shift(dialog) => shift::draw(canvas, look, layout.body, dialog),
            Dialog::Refresh(dialog) => refresh::draw(canvas, look, layout.body, dialog),
            Dialog::Deploy(dialog) => deploy::draw(canvas, look, layout.body, dialog),
            Dialog::Replace(dialog) => replace::draw(canvas, look, layout.body, dialog),
            Dialog::Rebuild(dialog) => rebuild::draw(canvas, look, layout.body, dialog),
            Dialog::Mark(dialog) => mark::draw(canvas, look, layout.body, dialog),
            Dialog::Drill(dialog) => drill::draw(canvas, look, layout.body, dialog),
            Dialog::Scale(dialog) => scale::draw(canvas, look, layout.body, dialog),
            Dialog::Quarantine(dialog) => quarantine::draw(canvas, look, layout.body, dialog),
            Dialog::Confirm(dialog) => confirm::draw(canvas, look, layout.body, dialog),
            Dialog::Second(dialog) => second::draw(canvas, look, layout.body, dialog),
            Dialog::Ignore(dialog) => ignore::draw(canvas, look, layout.body, dialog),
            Dialog::Arm(dialog) => arm::draw(canvas, look, layout.body, dialog),
            Dialog::Help(dialog) => help::draw(canvas, look, layout.body, dialog),
            Dialog::Palette(dialog) => palette::draw(canvas, look, layout.body, dialog),
            Dialog::Partner(dialog) => partner::draw(canvas, look, layout.body, dialog),
            Dialog::Gaps(dialog) => gaps::draw(canvas, look, layout.body, dialog),
            Dialog::CompareImages(dialog) => compare_images::draw(canvas, look, layout.body, dialog),
            Dialog::Steer(dialog) => steer::draw(canvas, look, layout.body, dialog),
            Dialog::Leave(dialog) => leave::draw(canvas, look, layout.body, dialog),
        }
    }
}

/// Draws the ground and the frame of a dialog, and gives the room inside.
fn popup(canvas: &mut Canvas<'_>, look: &Look<'_>, area: Area, title: &str, right: &[Piece]) -> Area {
    let border = if look.model.is_production() { Role::BorderProduction } else { Role::DialogBorder };
    canvas.fill(area, Role::Dialog);
    canvas.frame(area, &[piece(title, Role::Title)], border);
    // The title says more than what stands beside it; the account is in the state line too.
    if width(title) + width_of(right) + EDGES <= area.width {
        canvas.on_edge_right(Area { height: area.height.min(1), ..area }, right);
    }
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

/// What has to be typed, one line each; two where the question leaves no room for the answer.
fn asks(asks: &Asks, columns: u16) -> Lines {
    let mut lines: Lines = Vec::new();
    for (number, asked) in asks.list().iter().enumerate() {
        let (wants, role, goal) = match &asked.ask {
            Ask::Digits(_) => {
                let goal = format!("to arm {} min:", Session::ARMED_FOR.as_mins());
                ("last 4 digits of the account".to_owned(), Role::Text, goal)
            }
            Ask::AccountName(_) => ("name of this production account:".to_owned(), Role::Text, String::new()),
            Ask::Override(name) => (name.clone(), Role::Warning, "to override this guard:".to_owned()),
            Ask::Reason => ("why".to_owned(), Role::Text, "it is done (kept in the journal):".to_owned()),
            Ask::Phrase(phrase) => (phrase.clone(), Role::Title, "to go on:".to_owned()),
        };
        let question =
            vec![piece("type  ", Role::Dim), piece(wants, role), piece(format!("  {goal}  "), Role::Dim)];
        let mut answer = field_pieces(&asked.field, number == asks.focus());
        if asked.is_right() {
            answer.push(piece(format!("  {}", crate::ui::glyphs::GOOD), Role::Healthy));
        }
        if width_of(&question) + width_of(&answer) <= columns {
            lines.push([question, answer].concat());
        } else {
            answer.insert(0, piece("      ", Role::Dim));
            lines.extend([question, answer]);
        }
    }
    lines
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
