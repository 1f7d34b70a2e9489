//! The log of a build: how the build stands, and the last lines it printed, newest at the bottom.

use super::{border, filter_pieces};
use crate::app::measure::wrap;
use crate::app::screens::BuildLog;
use crate::app::{Area, Entry, Layout, words};
use crate::fleet::Line;
use crate::keymap::{Action, Context};
use crate::plan::{BuildPhase, BuiltBy, StartBuild};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::{Look, glyphs};

/// Columns of the time before a line.
const TIME: u16 = 10;
/// Columns below which lines stand without their time.
const WITH_TIME: u16 = 70;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &BuildLog) {
    let Some(build) = screen.build() else { return };
    title(canvas, look, layout.title, screen, build);
    let area = screen.area;
    canvas.frame(area, &heading(screen, build), border(look));
    let mut rest = area.without(2, 1);
    canvas.pieces(rest.cut_top(1), 0, &standing(look, screen, build));
    if screen.lines.count() == 0 {
        return nothing(canvas, rest, screen);
    }
    for entry in screen.lines.visible() {
        let row = rest.cut_top(1);
        if row.height == 0 {
            break;
        }
        match entry {
            Entry::Line(line) => self::line(canvas, look, row, line),
            Entry::Gap(lines) => {
                let says = format!("{} {} were passed over here", glyphs::WARN, lines_word(*lines));
                canvas.text(row, 0, &says, Role::Warning);
            }
        }
    }
    position(canvas, area, screen);
}

/// Which build it is, of what, by whom, and how far.
fn title(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area, screen: &BuildLog, build: &StartBuild) {
    let mut pieces = vec![
        piece(" log", Role::Title),
        piece(" · ", Role::Dim),
        piece(format!("{} {}", build.family, build.version), Role::Name),
    ];
    if let Some(state) = &screen.state {
        let (glyph, role, word) = phase(state.phase);
        pieces.push(piece(" · ", Role::Dim));
        pieces.push(piece(format!("{glyph} {word}"), role));
        if !state.says.is_empty() {
            pieces.push(piece(format!(": {}", state.says), Role::Text));
        }
    } else {
        pieces.push(piece(format!(" · {} not known yet how far it is", glyphs::UNKNOWN), Role::Unknown));
    }
    let filter = filter_pieces(look);
    canvas.pieces(Area { width: line.width.saturating_sub(width_of(&filter) + 1), ..line }, 0, &pieces);
    canvas.pieces_right(line, &filter);
}

fn heading(screen: &BuildLog, build: &StartBuild) -> Vec<Piece> {
    let mut pieces = vec![
        piece(build.build.to_string(), Role::Title),
        piece(format!(" by {}", build.builder.key().says()), Role::Dim),
    ];
    if screen.builds.len() > 1 {
        pieces.push(piece(format!(" · build {} of {}", screen.at + 1, screen.builds.len()), Role::Dim));
    }
    pieces
}

fn phase(phase: BuildPhase) -> (&'static str, Role, &'static str) {
    match phase {
        BuildPhase::Running => (glyphs::MOVING, Role::Moving, "running"),
        BuildPhase::Succeeded => (glyphs::GOOD, Role::Healthy, "built"),
        BuildPhase::Failed => (glyphs::BAD, Role::Error, "failed"),
        BuildPhase::Stopped => (glyphs::WARN, Role::Warning, "stopped"),
    }
}

/// Whether it goes along with what comes, how old that is, and what came before.
fn standing(look: &Look<'_>, screen: &BuildLog, build: &StartBuild) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let heard = screen.heard_at.map(|at| words::ago(at, look.at));
    match (&screen.trouble, screen.ended, screen.lines.follows()) {
        // With nothing to read the whole screen says why.
        (Some(_), _, _) if screen.lines.is_empty() => {
            pieces.push(piece(format!("{} not read", glyphs::UNKNOWN), Role::Unknown));
        }
        (Some(trouble), _, _) => {
            let says = format!("{} not read: {}; it is tried again", glyphs::BAD, trouble.why);
            pieces.push(piece(says, Role::Error));
        }
        (_, true, _) => pieces.push(piece(format!("{} the log has ended", glyphs::SAYS), Role::Text)),
        (_, false, true) => pieces.push(piece(format!("{} following", glyphs::MOVING), Role::Moving)),
        (_, false, false) => {
            let key = look.model.keymap.chords(Context::Log, Action::Last).next();
            let key = key.map(|key| format!(": {key} goes to the end and follows")).unwrap_or_default();
            pieces.push(piece(format!("{} not following{key}", glyphs::WARN), Role::Warning));
        }
    }
    if let Some(age) = heard.filter(|_| !screen.ended) {
        pieces.push(piece(format!(" · read {age} ago"), Role::Dim));
    }
    if screen.lines.before() > 0 {
        let count = usize::try_from(screen.lines.before()).unwrap_or(usize::MAX);
        let says =
            format!(" · {} earlier lines are {}", words::thousands(count), place(&build.builder.key()));
        pieces.push(piece(says, Role::Dim));
    }
    pieces
}

/// Where a builder keeps the whole log.
fn place(by: &BuiltBy) -> String {
    match by {
        BuiltBy::Packer | BuiltBy::Command => "in its file".to_owned(),
        BuiltBy::CodeBuild(_) | BuiltBy::ImageBuilder(_) => format!("with {}", by.says()),
    }
}

fn line(canvas: &mut Canvas<'_>, look: &Look<'_>, row: Area, line: &Line) {
    let indent = if row.width >= WITH_TIME { TIME } else { 0 };
    if let Some(at) = line.at.filter(|_| indent > 0) {
        let local = at.to_zoned_datetime(look.zone.clone()).strftime("%H:%M:%S").to_string();
        canvas.text(row, 0, &local, Role::Dim);
    }
    canvas.text(row, indent, &line.text.clean(), Role::Text);
}

/// Why there is no line to read. What cannot be read is unknown, not none.
fn nothing(canvas: &mut Canvas<'_>, mut rest: Area, screen: &BuildLog) {
    let says = match &screen.trouble {
        Some(trouble) if screen.lines.is_empty() => {
            let remedy =
                if trouble.remedy.is_empty() { String::new() } else { format!("; {}", trouble.remedy) };
            format!("{} This log cannot be read: {}{remedy}.", glyphs::UNKNOWN, trouble.why)
        }
        _ if !screen.lines.is_empty() => "No line matches the filter.".to_owned(),
        _ if screen.ended => "It has ended and printed nothing.".to_owned(),
        _ if screen.heard_at.is_some() => "It has printed nothing yet.".to_owned(),
        _ => "Reading the log …".to_owned(),
    };
    let lines = wrap(&says, rest.width);
    let _edge = rest.cut_top(rest.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(1)) / 2);
    for line in lines {
        canvas.text(rest.cut_top(1), 0, &line, Role::Dim);
    }
}

fn position(canvas: &mut Canvas<'_>, area: Area, screen: &BuildLog) {
    let lines = &screen.lines;
    if lines.count() > lines.height() {
        let says = format!(
            "{}–{} of {}",
            words::thousands(lines.at() + 1),
            words::thousands((lines.at() + lines.height()).min(lines.count())),
            words::thousands(lines.count())
        );
        let edge = Area { y: area.y + area.height - 1, height: 1, ..area };
        canvas.on_edge_right(edge, &[piece(says, Role::Dim)]);
    }
}

fn lines_word(lines: u64) -> String {
    let count = usize::try_from(lines).unwrap_or(usize::MAX);
    if count == 1 { "1 line".to_owned() } else { format!("{} lines", words::thousands(count)) }
}
