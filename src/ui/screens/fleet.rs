//! The fleet: what is running where, is it healthy, what is different, what is moving, can I go back.

use super::border;
use super::operations::{state_look, step_word};
use crate::app::measure::{fit, width};
use crate::app::screens::{Fleet, FleetOrder, MOST_SIDES};
use crate::app::{
    Area, DriftCount, HealthCount, Layout, Observation, Operation, Rolling, Side, SideImage, Summary,
    TrafficWord, WayBack, words,
};
use crate::drift::Severity;
use crate::plan::{Known, KnownState, LightKind};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::header::STALE_SECONDS;
use crate::ui::widgets::bar;
use crate::ui::widgets::table::{Column, Table};
use crate::ui::{Look, glyphs};

const COLUMNS: [Column; 8] = [
    Column { title: "CLUSTER", least: 11, most: 24, rank: 0 },
    Column { title: "REGION", least: 10, most: 14, rank: 8 },
    Column { title: "TRAFFIC", least: 18, most: 32, rank: 1 },
    Column { title: "IMAGE", least: 9, most: 22, rank: 5 },
    Column { title: "HEALTH", least: 7, most: 10, rank: 2 },
    Column { title: "DRIFT", least: 9, most: 32, rank: 3 },
    Column { title: "BACK", least: 7, most: 7, rank: 4 },
    Column { title: "NOW", least: 13, most: 30, rank: 6 },
];

/// Where the last column stands, and how soon it gives way while there is something to tell in it.
const NOW: usize = 7;
const RANK_WHILE_MOVING: u8 = 3;

/// Columns of a percentage.
const PERCENT: u16 = 5;
/// Columns of a side's name beyond which the bar is worth more.
const SIDE_NAME: u16 = 8;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &Fleet) {
    let Some(observation) = &look.model.observation else { return };
    title(canvas, look, layout.title, observation);
    let one_region = observation
        .fleet
        .places
        .iter()
        .all(|place| observation.fleet.places.first().is_some_and(|first| first.region == place.region));
    let mut columns = COLUMNS.to_vec();
    let summaries = || observation.summaries.iter();
    columns[0].shrink_to(summaries().map(|summary| width(&summary.subject.name())));
    columns[1].shrink_to(summaries().map(|summary| width(&summary.subject.place().region.to_string())));
    columns[4].shrink_to(summaries().map(|summary| width_of(&health_pieces(summary.health, |role| role))));
    columns[5].shrink_to(summaries().map(|summary| width_of(&drift_pieces(&summary.drift, |role| role))));
    // One width for all rows, so that their bars begin in one place.
    let sides = summaries().flat_map(|summary| &summary.sides).map(|side| width(&side.name));
    let sides = sides.max().unwrap_or(0).min(SIDE_NAME);
    if moves(look, observation) {
        columns[NOW].rank = RANK_WHILE_MOVING;
    }
    if one_region {
        columns.remove(1);
    }
    let skipped = usize::from(one_region);
    let sorted = match screen.order {
        FleetOrder::Name if !screen.reversed => None,
        FleetOrder::Name => Some(0),
        FleetOrder::Image => Some(3 - skipped),
        FleetOrder::Health => Some(4 - skipped),
        FleetOrder::Drift => Some(5 - skipped),
    };
    let table = Table {
        columns: &columns,
        frame: border(look),
        sorted: sorted.map(|column| (column, screen.reversed)),
        empty: empty(look, observation),
    };
    table.draw(canvas, layout.body, &screen.list, |canvas, row, cells| {
        let Some(summary) = observation.summaries.get(row.shows) else { return };
        let mut cells = cells.to_vec();
        if one_region {
            cells.insert(1, Area::default());
        }
        summary_row(canvas, look, summary, sides, &cells);
    });
}

/// Whether anything is under way.
fn moves(look: &Look<'_>, observation: &Observation) -> bool {
    !look.model.operations.is_empty()
        || look.model.open().next().is_some()
        || observation.summaries.iter().any(|summary| summary.refresh.is_some() || summary.half.is_some())
}

fn title(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area, observation: &Observation) {
    let (drifted, unknown) = (observation.judgement.fleet.drifted(), observation.judgement.fleet.unknown());
    let mut pieces = vec![
        piece(format!(" {}", words::count(observation.fleet.clusters.len(), "cluster")), Role::Text),
        piece(format!(" · {}", words::count(observation.judgement.fleet.instances, "instance")), Role::Text),
    ];
    let mut part = |text: String, role| {
        pieces.push(piece(" · ", Role::Dim));
        pieces.push(piece(text, role));
    };
    if drifted > 0 {
        part(format!("{} {} drifted", glyphs::WARN, words::thousands(drifted)), Role::Warning);
    } else {
        part("0 drifted".into(), Role::Text);
    }
    if unknown > 0 {
        part(format!("{} {} unknown", glyphs::UNKNOWN, words::thousands(unknown)), Role::Unknown);
    }
    if let Some(first) = observation.fleet.gaps.first() {
        let gaps = words::count(observation.fleet.gaps.len(), "gap");
        part(format!("{} {gaps}: {} – {}", glyphs::UNKNOWN, first.what, first.why), Role::Unknown);
    }
    let filter = super::filter_pieces(look);
    let room = Area { width: line.width.saturating_sub(width_of(&filter) + 2), ..line };
    canvas.pieces(room, 0, &pieces);
    canvas.pieces_right(line, &filter);
}

fn empty(look: &Look<'_>, observation: &Observation) -> String {
    if observation.summaries.is_empty() {
        let places: Vec<String> = observation.fleet.places.iter().map(ToString::to_string).collect();
        let places = if places.is_empty() { look.model.looking_at.clone() } else { places.join(", ") };
        if observation.fleet.gaps.is_empty() {
            format!("Nothing runs here: no server groups and no instances in {places}.")
        } else {
            format!(
                "Nothing could be seen in {places}: {}.",
                words::count(observation.fleet.gaps.len(), "gap")
            )
        }
    } else {
        "No cluster matches the filter.".into()
    }
}

fn summary_row(canvas: &mut Canvas<'_>, look: &Look<'_>, summary: &Summary, sides: u16, cells: &[Area]) {
    let [name, region, traffic, image, health, drift, back, now] = cells else { return };
    let stale = summary.seen_at.is_none_or(|seen| look.at.duration_since(seen).as_secs() > STALE_SECONDS);
    let ink = |role: Role| if stale { Role::Stale } else { role };
    let name_role = if summary.subject.cluster().is_some() { Role::Name } else { Role::Dim };
    canvas.text(*name, 0, &summary.subject.name(), ink(name_role));
    canvas.text(*region, 0, &summary.subject.place().region.to_string(), ink(Role::Dim));
    draw_traffic(canvas, *traffic, summary, sides, &ink);
    draw_images(canvas, *image, summary, &ink);
    canvas.pieces(*health, 0, &health_pieces(summary.health, ink));
    canvas.pieces(*drift, 0, &drift_pieces(&summary.drift, ink));
    canvas.pieces(*back, 0, &[back_piece(summary.back.as_ref(), ink)]);
    canvas.pieces(*now, 0, &now_pieces(look, summary, now.width));
}

fn draw_traffic(
    canvas: &mut Canvas<'_>,
    cell: Area,
    summary: &Summary,
    names: u16,
    ink: &dyn Fn(Role) -> Role,
) {
    let mut rest = cell;
    let word = match summary.traffic {
        TrafficWord::Flows { .. } => None,
        TrafficWord::NoLoadBalancer => Some(("(no load balancer)", Role::Dim)),
        TrafficWord::NoWeight => Some(("! all weights are 0", Role::Warning)),
        TrafficWord::Unknown => Some(("? unknown", Role::Unknown)),
        TrafficWord::None => Some((glyphs::NONE, Role::Dim)),
    };
    if let Some((word, role)) = word {
        canvas.text(rest, 0, word, ink(role));
        return;
    }
    let hidden = summary.sides.len().saturating_sub(MOST_SIDES);
    for (number, side) in summary.sides.iter().take(MOST_SIDES).enumerate() {
        let line = rest.cut_top(1);
        let more = if hidden > 0 && number + 1 == MOST_SIDES { format!("+{hidden}") } else { String::new() };
        draw_side(canvas, line, names, (number, side), &more, ink);
    }
}

fn draw_side(
    canvas: &mut Canvas<'_>,
    line: Area,
    names: u16,
    (number, side): (usize, &Side),
    more: &str,
    ink: &dyn Fn(Role) -> Role,
) {
    canvas.text(line, 0, &fit(&side.name, names), ink(Role::Text));
    let percent = format!("{more}{:>5}", words::percent(side.percent));
    let columns = line.width.saturating_sub(names + 1 + PERCENT + width(more) + 1);
    canvas.text(line, names + 1, &bar::filled(side.percent, columns), ink(bar_role(number, &side.name)));
    canvas.pieces_right(line, &[piece(percent, ink(Role::Text))]);
}

/// A side that is called by a colour has it; any other goes by its place.
pub fn bar_role(number: usize, name: &str) -> Role {
    if name.contains("blue") {
        Role::BarBlue
    } else if name.contains("green") {
        Role::BarGreen
    } else {
        [Role::BarBlue, Role::BarGreen].get(number).copied().unwrap_or(Role::BarOther)
    }
}

fn draw_images(canvas: &mut Canvas<'_>, cell: Area, summary: &Summary, ink: &dyn Fn(Role) -> Role) {
    let mut rest = cell;
    if summary.sides.is_empty() {
        canvas.pieces(rest, 0, &image_pieces(&summary.image, ink));
    }
    for side in summary.sides.iter().take(MOST_SIDES) {
        canvas.pieces(rest.cut_top(1), 0, &image_pieces(&side.image, ink));
    }
}

fn image_pieces(image: &SideImage, ink: &dyn Fn(Role) -> Role) -> Vec<Piece> {
    let Some(runs) = &image.runs else { return vec![piece(glyphs::NONE, ink(Role::Dim))] };
    let mut pieces = vec![piece(runs.clone(), ink(Role::Text))];
    if image.others > 0 {
        pieces.push(piece(format!(" +{}", image.others), ink(Role::Warning)));
    }
    if let Some(wants) = &image.wants {
        pieces.push(piece(" → ", ink(Role::Dim)));
        pieces.push(piece(wants.clone(), ink(Role::Wanted)));
    }
    pieces
}

fn health_pieces(health: HealthCount, ink: impl Fn(Role) -> Role) -> Vec<Piece> {
    let HealthCount { healthy, unhealthy, unknown, total } = health;
    let (glyph, role) = if unhealthy > 0 {
        (glyphs::BAD, Role::Unhealthy)
    } else if unknown > 0 {
        (glyphs::UNKNOWN, Role::Unknown)
    } else if healthy < total {
        (glyphs::MOVING, Role::Moving)
    } else {
        (" ", Role::Healthy)
    };
    vec![piece(format!("{glyph} {healthy}/{total}"), ink(role))]
}

fn drift_pieces(drift: &DriftCount, ink: impl Fn(Role) -> Role) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match &drift.worst {
        Some((severity, rule, count)) => {
            pieces.push(piece(format!("{count} {rule}"), ink(severity_role(*severity))));
            if drift.others > 0 {
                pieces.push(piece(format!(" +{}", drift.others), ink(Role::Warning)));
            }
        }
        None if drift.unknown == 0 => pieces.push(piece(glyphs::NONE, ink(Role::Dim))),
        None => {}
    }
    if drift.unknown > 0 {
        let gap = if pieces.is_empty() { "" } else { " " };
        pieces.push(piece(format!("{gap}{}{} unknown", glyphs::UNKNOWN, drift.unknown), ink(Role::Unknown)));
    }
    pieces
}

/// The role of a finding of this severity.
pub fn severity_role(severity: Severity) -> Role {
    match severity {
        Severity::Info => Role::Info,
        Severity::Warning => Role::Warning,
        Severity::Critical => Role::Critical,
    }
}

fn back_piece(back: Option<&WayBack>, ink: impl Fn(Role) -> Role) -> Piece {
    let Some(back) = back else { return piece(glyphs::NONE, ink(Role::Dim)) };
    let warns = back.light.warning.is_some();
    match back.light.kind {
        LightKind::Warm if warns => piece(format!("{} warm", glyphs::WARN), ink(Role::Warning)),
        LightKind::Image if warns => piece(format!("{} image", glyphs::WARN), ink(Role::Warning)),
        LightKind::Warm => piece(format!("{} warm", glyphs::FULL), ink(Role::Healthy)),
        LightKind::Image => piece(format!("{} image", glyphs::HALF), ink(Role::Info)),
        LightKind::None => piece(format!("{} none", glyphs::EMPTY), ink(Role::Dim)),
    }
}

fn now_pieces(look: &Look<'_>, summary: &Summary, room: u16) -> Vec<Piece> {
    let Some(id) = summary.subject.cluster() else { return Vec::new() };
    let own = look.model.operation_on(id);
    match (own, look.model.open_on(id), &summary.refresh) {
        (Some(own), _, refresh) if own.runs() => {
            beside(refresh.as_ref(), room, |room| operation_piece(own, look, room))
        }
        (_, Some(one), refresh) => beside(refresh.as_ref(), room, |room| known_piece(one, room)),
        (_, None, Some((side, rolling))) => vec![rolling_piece(rolling, side, room)],
        (Some(own), None, None) => vec![operation_piece(own, look, room)],
        (None, None, None) => summary.half.iter().map(|side| half_piece(side, room)).collect(),
    }
}

/// What an operation says, with how far the refresh is in front of it where there is room for both.
fn beside(refresh: Option<&(String, Rolling)>, room: u16, says: impl Fn(u16) -> Piece) -> Vec<Piece> {
    /// Columns in which an operation still says something.
    const LEAST: u16 = 12;
    let short = refresh.filter(|(_, rolling)| rolling.percent.is_some());
    let short = short.map(|(side, rolling)| rolling_piece(rolling, side, 0));
    match short.map(|short| (width(&short.text) + 1, short)) {
        Some((taken, short)) if room >= taken + LEAST => {
            vec![short, piece(" ", Role::Text), says(room - taken)]
        }
        _ => vec![says(room)],
    }
}

/// How far a refresh is: `⟳ refresh 40 % green, 3 to go`, or fewer; at least `⟳ 40 %`.
fn rolling_piece(rolling: &Rolling, side: &str, room: u16) -> Piece {
    let (glyph, word) =
        if rolling.back { (glyphs::RUNNING_BACK, "back") } else { (glyphs::ROLLING, "refresh") };
    let says = match rolling.percent {
        Some(percent) => {
            let left = rolling.to_go.map(|left| format!(", {left} to go")).unwrap_or_default();
            vec![
                format!("{glyph} {word} {percent} % {side}{left}"),
                format!("{glyph} {word} {percent} % {side}"),
                format!("{glyph} {percent} % {side}"),
                format!("{glyph} {word} {percent} %"),
                format!("{glyph} {percent} %"),
            ]
        }
        None => vec![format!("{glyph} {word} {side}"), format!("{glyph} {word}")],
    };
    let fits = says.iter().find(|says| width(says) <= room).or(says.last());
    piece(fits.cloned().unwrap_or_default(), Role::Moving)
}

/// A side that is half replaced with nothing running to finish it.
fn half_piece(side: &str, room: u16) -> Piece {
    let long = format!("{} half-finished {side}", glyphs::WARN);
    let short = format!("{} half {side}", glyphs::WARN);
    piece(if width(&long) <= room { long } else { short }, Role::Warning)
}

/// An operation of somebody else's cockpit, or one that was left half done: `ann: shift 2/4`, or fewer.
pub fn known_piece(one: &Known, room: u16) -> Piece {
    let (glyph, role) = state_look(one.state);
    let step = step_word(one, None);
    let long = match one.state {
        KnownState::Running => format!("{glyph} {}: {} {step}", words::person(&one.holder), one.verb),
        state => format!("{glyph} {} {step} {}", one.verb, state.word()),
    };
    let short = match one.state {
        KnownState::Running => format!("{glyph} {step} {}", words::person(&one.holder)),
        state => format!("{glyph} {}", state.word()),
    };
    piece(if width(&long) <= room { long } else { short }, role)
}

/// An operation in a few words: `shift 1/2 settling 0:12`, or fewer.
pub fn operation_piece(operation: &Operation, look: &Look<'_>, room: u16) -> Piece {
    let word = operation.word();
    if let Some((_, outcome)) = &operation.ended {
        let (glyph, role) = match outcome {
            crate::plan::Outcome::Done { .. } => (glyphs::GOOD, Role::Healthy),
            crate::plan::Outcome::Refused { .. } | crate::plan::Outcome::Failed { .. } => {
                (glyphs::BAD, Role::Error)
            }
            crate::plan::Outcome::RolledBack { .. } | crate::plan::Outcome::Held { .. } => {
                (glyphs::WARN, Role::Critical)
            }
        };
        return piece(format!("{glyph} {} {word}", operation.verb), role);
    }
    let step = operation.progress.as_ref().map_or(1, |progress| progress.step);
    let left = operation.planned_left(look.at).or_else(|| operation.left(look.at));
    let left = left.map(|left| format!(" {}", words::countdown(left))).unwrap_or_default();
    let step = format!("{step}/{}", operation.steps);
    let says = [format!("{} {step} {word}{left}", operation.verb), format!("{step} {word}{left}")];
    let fits = says.into_iter().find(|says| width(says) <= room);
    piece(fits.unwrap_or_else(|| format!("{word}{left}")), Role::Moving)
}
