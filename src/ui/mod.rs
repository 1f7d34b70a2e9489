//! Draws the model: `draw(frame, model, theme, at, zone)`. One file a screen and a dialog, mirroring `app`.
//!
//! The rule: reads everything, changes nothing. What is drawn follows from the model, the theme and the time that is
//! passed in; where things stand was settled by `app::Layout`. State is a glyph and a word, never colour alone.

mod canvas;
mod dialogs;
mod footer;
mod glyphs;
mod header;
mod screens;
mod start;
mod widgets;

#[cfg(test)]
mod pictures;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;

use crate::app::{Area, MIN_HEIGHT, MIN_WIDTH, Model, Tone};
use crate::theme::{Role, Theme};
use canvas::{Canvas, piece};

/// What drawing needs beside the model.
struct Look<'a> {
    model: &'a Model,
    at: Timestamp,
    zone: &'a TimeZone,
}

/// Draws the screen and every dialog over it.
///
/// Times are told in this zone. Never panics, whatever the size of the terminal.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: &Theme, at: Timestamp, zone: &TimeZone) {
    let whole = frame.area();
    let mut canvas = Canvas::new(frame.buffer_mut(), theme);
    let area = Area { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
    canvas.fill(area, Role::Screen);
    let look = Look { model, at, zone };
    // The terminal may have another size by now than the model knows; what does not fit is cut off.
    let Some(layout) = model.layout() else { return too_small(&mut canvas, &look, area) };
    header::state_line(&mut canvas, &look, layout.state);
    if model.observation.is_some() {
        screens::draw(&mut canvas, &look, &layout);
    } else {
        start::draw(&mut canvas, &look, layout.body);
    }
    notices(&mut canvas, &look, layout.notices);
    footer::draw(&mut canvas, &look, layout.footer);
    dialogs::draw(&mut canvas, &look, &layout);
}

fn too_small(canvas: &mut Canvas<'_>, look: &Look<'_>, mut area: Area) {
    let (width, height) = (area.width, area.height);
    header::state_line(canvas, look, area.cut_top(1));
    let says = [
        format!("flightdeck needs {MIN_WIDTH} columns and {MIN_HEIGHT} rows;"),
        format!("this terminal has {width} and {height}."),
        "Please make it larger.".to_owned(),
    ];
    for says in says {
        let line = area.cut_top(1);
        canvas.text(line, 0, &says, Role::Dim);
    }
}

fn notices(canvas: &mut Canvas<'_>, look: &Look<'_>, mut area: Area) {
    if let (true, Some((trouble, since))) = (look.model.shows_trouble(), &look.model.trouble) {
        let ago = crate::app::words::ago(*since, look.at);
        let says = format!(" {} {}: {} (for {ago}; trying again)", glyphs::BAD, trouble.what, trouble.why);
        canvas.text(area.cut_top(1), 0, &says, Role::Error);
        if !trouble.remedy.is_empty() {
            canvas.text(area.cut_top(1), 3, &trouble.remedy, Role::Title);
        }
    }
    if let Some(notice) = &look.model.notice {
        let (glyph, role) = match notice.tone {
            Tone::Good => (glyphs::SAYS, Role::Notice),
            Tone::Bad => (glyphs::BAD, Role::Error),
        };
        canvas.pieces(area.cut_top(1), 0, &[piece(format!(" {glyph} {}", notice.text), role)]);
    }
}
