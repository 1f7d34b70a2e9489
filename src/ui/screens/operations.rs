//! Operations: what runs, what was held or left half done, what is past; and the selected one in full.

use jiff::Timestamp;

use super::{border, filter_pieces};
use crate::app::measure::{width, wrap};
use crate::app::screens::Operations;
use crate::app::{Area, Layout, Operation, is_open, planning, words};
use crate::fleet::Cluster;
use crate::keymap::{Action, Context};
use crate::plan::{Known, KnownState, Late, Plan, Step, Truth, WayOut};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::widgets::table::{Column, Table};
use crate::ui::{Look, glyphs};

const COLUMNS: [Column; 7] = [
    Column { title: "STATE", least: 11, most: 13, rank: 0 },
    Column { title: "WHAT", least: 8, most: 9, rank: 2 },
    Column { title: "CLUSTER", least: 10, most: 24, rank: 1 },
    Column { title: "STEP", least: 5, most: 5, rank: 3 },
    Column { title: "WHO", least: 6, most: 16, rank: 5 },
    Column { title: "SINCE", least: 6, most: 7, rank: 6 },
    Column { title: "WHY", least: 12, most: 100, rank: 4 },
];

/// Columns of the marks before a step.
const MARKS: u16 = 5;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &Operations) {
    let known = &look.model.known;
    title(canvas, look, layout.title, known);
    let mut columns = COLUMNS;
    columns[2].shrink_to(known.iter().map(|one| width(&one.cluster.name.to_string())));
    columns[4].shrink_to(known.iter().map(|one| width(&words::person(&one.holder))));
    let table = Table { columns: &columns, frame: border(look), sorted: None, empty: empty(look, known) };
    table.draw(canvas, screen.table, &screen.list, |canvas, row, cells| {
        if let Some(one) = known.get(row.shows) {
            operation_row(canvas, look, one, cells);
        }
    });
    let selected = screen.selected(known);
    let heading = selected.map_or_else(|| "OPERATION".to_owned(), |one| one.id.to_string());
    canvas.frame(screen.told, &[piece(heading, Role::Heading)], border(look));
    if let Some(one) = selected {
        in_full(canvas, look, screen.told.without(2, 1), one);
    }
}

/// Why there is no row. What could not be read is unknown, not none.
fn empty(look: &Look<'_>, known: &[Known]) -> String {
    match look.model.unread.all().next() {
        _ if !known.is_empty() => "No operation matches the filter.".into(),
        Some((place, why)) => {
            format!("Nothing runs from here. What others do in {} is unknown: {why}.", place.region)
        }
        None => "Nothing runs, nothing was left half done, and nothing is past.".into(),
    }
}

fn title(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area, known: &[Known]) {
    let open = || known.iter().filter(|one| is_open(one));
    let count = |state| open().filter(|one| one.state == state).count();
    let mut pieces = vec![piece(" operations", Role::Title)];
    let states = [KnownState::Running, KnownState::Abandoned, KnownState::Held];
    for state in states {
        let (count, (_, role)) = (count(state), state_look(state));
        if count > 0 {
            pieces.push(piece(" · ", Role::Dim));
            pieces.push(piece(format!("{count} {}", state.word()), role));
        }
    }
    let past = known.len() - open().count();
    pieces.push(piece(format!(" · {past} past"), Role::Text));
    if let Some((place, why)) = look.model.unread.all().next() {
        let says = format!(" · {} of others in {} unknown: {why}", glyphs::UNKNOWN, place.region);
        pieces.push(piece(says, Role::Unknown));
    }
    let filter = filter_pieces(look);
    canvas.pieces(Area { width: line.width.saturating_sub(width_of(&filter) + 1), ..line }, 0, &pieces);
    canvas.pieces_right(line, &filter);
}

/// Glyph and role of a state; its word stands beside it.
pub fn state_look(state: KnownState) -> (&'static str, Role) {
    match state {
        KnownState::Running => (glyphs::MOVING, Role::Moving),
        KnownState::Abandoned | KnownState::Held => (glyphs::WARN, Role::Critical),
        KnownState::Done => (glyphs::GOOD, Role::Healthy),
        KnownState::Failed => (glyphs::BAD, Role::Error),
        KnownState::RolledBack => (glyphs::WARN, Role::Warning),
    }
}

fn operation_row(canvas: &mut Canvas<'_>, look: &Look<'_>, one: &Known, cells: &[Area]) {
    let [state, what, cluster, step, who, since, why] = cells else { return };
    let own = look.model.own(&one.id).filter(|own| own.runs());
    let (glyph, role, word) = standing(look, one, own);
    canvas.text(*state, 0, &format!("{glyph} {}", word.replace('-', " ")), role);
    canvas.text(*what, 0, &one.verb, Role::Text);
    canvas.text(*cluster, 0, &one.cluster.name.to_string(), Role::Name);
    canvas.text(*step, 0, &step_word(one, own), Role::Text);
    canvas.text(*who, 0, &words::person(&one.holder), Role::Text);
    canvas.text(*since, 0, &words::ago(one.started_at, look.at), Role::Dim);
    let says = own.and_then(|own| own.progress.as_ref()).map_or(&one.why, |progress| &progress.says);
    canvas.text(*why, 0, says, Role::Text);
}

/// Where an operation stands: glyph, role and word.
fn standing(look: &Look<'_>, one: &Known, own: Option<&Operation>) -> (&'static str, Role, &'static str) {
    let (glyph, role) = state_look(one.state);
    match (look.model.asked(&one.id), own) {
        (Some(_), _) => (glyphs::UNKNOWN, Role::Warning, "unapproved"),
        (None, Some(own)) => (glyph, role, own.word()),
        (None, None) => (glyph, role, one.state.word()),
    }
}

/// `2/5`, as far as anybody knows.
pub fn step_word(one: &Known, own: Option<&Operation>) -> String {
    let step = own.map_or(one.step, Operation::step);
    if one.of == 0 { step.to_string() } else { format!("{step}/{}", one.of) }
}

/// Most lines of the sentence that says why: two values that differ are named in it.
const SENTENCE: usize = 4;

/// The selected one: where it stands and why, the time that is left, who holds it, the ways out, its steps.
fn in_full(canvas: &mut Canvas<'_>, look: &Look<'_>, mut rest: Area, one: &Known) {
    let own = look.model.own(&one.id).filter(|own| own.runs());
    let (glyph, role, word) = standing(look, one, own);
    let word = word.replace('-', " ");
    let says = own.and_then(|own| own.progress.as_ref()).map_or(&one.why, |progress| &progress.says);
    let state = format!("{glyph} {word}  ");
    let indent = width(&state);
    canvas.text(rest, 0, &state, role);
    for line in wrap(says, rest.width.saturating_sub(indent)).iter().take(SENTENCE) {
        canvas.text(rest.cut_top(1), indent, line, Role::Text);
    }
    let wait = own.map_or_else(Vec::new, |own| time_left(look, own));
    if !wait.is_empty() {
        canvas.pieces(rest.cut_top(1), 2, &wait);
    }
    let here = if own.is_some() { " (this cockpit)" } else { "" };
    let holds = match one.state {
        KnownState::Running => "held by",
        _ => "last held by",
    };
    let since = moment(look, one.started_at);
    let holder = format!(
        "{holds} {} on {}{here} · began {since}, {} ago",
        words::person(&one.holder),
        one.holder.host,
        words::ago(one.started_at, look.at)
    );
    canvas.text(rest.cut_top(1), 2, &holder, Role::Dim);
    if look.model.asked(&one.id).is_some() {
        let key = look.model.keymap.chords(Context::Operations, Action::Approve).next();
        let key = key.map(ToString::to_string).unwrap_or_default();
        let says = format!("another person than {} may approve it: {key}", words::person(&one.holder));
        canvas.text(rest.cut_top(1), 2, &says, Role::Title);
    }
    if !one.ways_out.is_empty() {
        canvas.text(rest.cut_top(1), 2, &ways_out(&one.ways_out), Role::Title);
    }
    let Some(plan) = &one.plan else {
        let says = "its steps are not known: nobody wrote them down, or they cannot be read";
        canvas.text(rest.cut_top(1), 0, says, Role::Dim);
        return;
    };
    steps(canvas, look, rest, one, own, plan);
}

/// A time as people here say it.
fn moment(look: &Look<'_>, at: Timestamp) -> String {
    at.to_zoned_datetime(look.zone.clone()).strftime("%H:%M:%S %Z").to_string()
}

/// What is left of the present wait, and what becomes of it at its end.
fn time_left(look: &Look<'_>, own: &Operation) -> Vec<Piece> {
    let Some(left) = own.left(look.at) else { return Vec::new() };
    let late = own.progress.as_ref().and_then(|progress| progress.late);
    let then = late.map_or("goes on", Late::word);
    let mut pieces = Vec::new();
    if let Some(planned) = own.planned_left(look.at) {
        pieces.push(piece(format!("{} left", words::countdown(planned)), Role::Moving));
        pieces.push(piece("  ", Role::Text));
    }
    let says = format!("not over in {}: it {then}", words::countdown(left));
    pieces.push(piece(says, if late == Some(Late::RollBack) { Role::Warning } else { Role::Text }));
    pieces
}

fn ways_out(ways: &[WayOut]) -> String {
    let words = ways.iter().filter(|way| **way != WayOut::Resume || !ways.contains(&WayOut::Adopt));
    let words: Vec<&str> = words
        .map(|way| match way {
            WayOut::Resume => "resume it",
            WayOut::Adopt => "adopt it and go on",
            WayOut::Abort => "abort it",
            WayOut::Rollback => "roll it back",
        })
        .collect();
    format!("ways out: {}", words.join(", "))
}

fn steps(
    canvas: &mut Canvas<'_>,
    look: &Look<'_>,
    mut rest: Area,
    one: &Known,
    own: Option<&Operation>,
    plan: &Plan,
) {
    let at = own.map_or(one.step, Operation::step);
    let cluster = look.model.observation.as_ref().and_then(|seen| seen.fleet.cluster(&one.cluster));
    let here = plan.steps.iter().position(|step| step.n == at).unwrap_or(0);
    // Where they do not all fit, the present one is in sight, with the one before.
    let room = usize::from(rest.height);
    let first = here.saturating_sub(1).min(plan.steps.len().saturating_sub(room));
    for step in plan.steps.iter().skip(first) {
        let line = rest.cut_top(1);
        if line.height == 0 {
            return;
        }
        let (glyph, role) = mark(one, own, step, at);
        canvas.text(line, 0, &format!("{glyph} {:>2}", step.n), role);
        let text = if step.n == at { Role::Title } else { Role::Text };
        canvas.pieces(line, MARKS, &step_pieces(step, cluster, text));
    }
}

/// How far a step is.
fn mark(one: &Known, own: Option<&Operation>, step: &Step, at: u32) -> (&'static str, Role) {
    let is_over = one.state == KnownState::Done
        || step.n < at
        || (step.n == at && own.is_some_and(|own| own.truth == Truth::Settled));
    if is_over {
        (glyphs::GOOD, Role::Healthy)
    } else if step.n > at {
        (glyphs::EMPTY, Role::Dim)
    } else {
        state_look(one.state)
    }
}

fn step_pieces(step: &Step, cluster: Option<&Cluster>, role: Role) -> Vec<Piece> {
    let mut pieces = vec![piece(step.does.clone(), role)];
    if let Some(call) = &step.call {
        let says = format!("  {} {}", call.operation(), planning::weights_words(call, cluster));
        pieces.push(piece(says, Role::Dim));
    } else if let Some(wait) = &step.wait {
        pieces.push(piece(format!("  {}", planning::wait_words(wait)), Role::Dim));
    }
    pieces
}
