//! Key sessions to pictures: what a person presses, and the screen that follows.

use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::app::fixture::Person;
use crate::theme::{Depth, Theme};

/// The same session at every size that is promised.
macro_rules! pictures {
    ($name:literal, $session:expr) => {
        for (width, height) in [(80, 24), (120, 40), (40, 10)] {
            let mut person = $session;
            let picture = crate::ui::pictures::picture(&mut person, width, height);
            insta::assert_snapshot!(format!("{}-{width}x{height}", $name), picture);
        }
    };
}

mod activity;
mod build_log;
mod cluster;
mod compare;
mod dialogs;
mod fleet;
mod images;
mod instance;
mod operations;
mod random;
mod start;
mod styles;

fn theme() -> Theme {
    Theme::shipped("dark", Depth::TrueColor).unwrap()
}

/// The buffer a person sees.
pub(super) fn buffer(person: &Person) -> Buffer {
    let size = person.model.size;
    buffer_at(person, size.width, size.height)
}

/// The buffer of a terminal of another size than the model knows.
pub(super) fn buffer_at(person: &Person, width: u16, height: u16) -> Buffer {
    let theme = theme();
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| super::draw(frame, &person.model, &theme, person.at, &TimeZone::UTC)).unwrap();
    terminal.backend().buffer().clone()
}

/// The text a person sees.
pub(super) fn picture(person: &mut Person, width: u16, height: u16) -> String {
    person.resize(width, height);
    let buffer = buffer(person);
    let mut lines: Vec<String> = Vec::new();
    for y in 0..height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
            }
            skip = crate::app::measure::width(symbol).max(1).max(skip) - 1;
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
