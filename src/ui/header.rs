//! The state line: which account and regions, may it write, how old is what is seen, what does it cost. It is always
//! there; where it is too long, the least telling part goes first.

use crate::app::{Area, Session, words};
use crate::plan::{Known, KnownState};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::{Look, glyphs};

/// What is older than this is dimmed.
pub const STALE_SECONDS: i64 = 120;

/// Between two parts.
const GAP: u16 = 2;

/// A part of the line, and when it gives way: the largest rank first, 0 never.
struct Part {
    pieces: Vec<Piece>,
    rank: u8,
}

pub fn state_line(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area) {
    let (mut left, mut right) = (left(look), right(look));
    let badge = [badge(look)];
    let wide = |parts: &[Part]| parts.iter().map(|part| width_of(&part.pieces)).sum::<u16>();
    while wide(&left) + wide(&right) + width_of(&badge) + 2 * GAP > line.width {
        let ranks = left.iter().chain(&right).map(|part| part.rank);
        let Some(largest) = ranks.max().filter(|rank| *rank > 0) else { break };
        left.retain(|part| part.rank != largest);
        right.retain(|part| part.rank != largest);
    }
    let left: Vec<Piece> = left.into_iter().flat_map(|part| part.pieces).collect();
    let right: Vec<Piece> = right.into_iter().flat_map(|part| part.pieces).collect();
    // Whether it may write is said even where nothing else has room.
    let badge_wide = width_of(&badge);
    let room = Area { width: line.width.saturating_sub(badge_wide + GAP), ..line };
    let end = canvas.pieces(room, 0, &left);
    let right_wide = width_of(&right);
    let latest = line.width.saturating_sub(right_wide + GAP + badge_wide);
    let middle = (line.width / 2).saturating_sub(badge_wide / 2);
    let at = middle.max(end + GAP).min(latest.max(end + GAP)).min(line.width.saturating_sub(badge_wide));
    let end = canvas.pieces(line, at, &badge);
    if line.width.saturating_sub(end) > right_wide {
        canvas.pieces_right(line, &right);
    }
}

fn left(look: &Look<'_>) -> Vec<Part> {
    let model = look.model;
    let mut parts = vec![Part { pieces: vec![piece(" flightdeck", Role::Title)], rank: 5 }];
    if model.demo {
        parts.push(Part { pieces: vec![piece("  demo", Role::Notice)], rank: 3 });
    }
    match model.account() {
        Some(account) => {
            let mut pieces = vec![piece("  ", Role::Text)];
            if let Some(name) = model.production_name() {
                pieces.push(piece(format!(" {name} PRODUCTION "), Role::ProductionBadge));
                pieces.push(piece(" ", Role::Text));
            }
            pieces.push(piece(words::account(account), Role::Name));
            parts.push(Part { pieces, rank: 0 });
        }
        None => parts.push(Part { pieces: vec![piece("  account unknown", Role::Unknown)], rank: 4 }),
    }
    let regions = regions(look);
    if !regions.is_empty() {
        parts.push(Part { pieces: vec![piece(format!(" · {regions}"), Role::Dim)], rank: 6 });
    }
    parts
}

fn regions(look: &Look<'_>) -> String {
    let Some(observation) = &look.model.observation else { return String::new() };
    let mut regions: Vec<String> =
        observation.fleet.places.iter().map(|place| place.region.to_string()).collect();
    regions.sort();
    regions.dedup();
    regions.join(" ")
}

fn badge(look: &Look<'_>) -> Piece {
    match &look.model.session {
        Session::ReadOnly { .. } => piece(" READ-ONLY ", Role::ReadOnlyBadge),
        Session::Safe => piece(" SAFE ", Role::SafeBadge),
        Session::Armed { .. } => {
            let left = look.model.session.left(look.at).map(words::countdown).unwrap_or_default();
            piece(format!(" ARMED {left} "), Role::ArmedBadge)
        }
    }
}

fn right(look: &Look<'_>) -> Vec<Part> {
    let model = look.model;
    let mut parts = Vec::new();
    match &model.observation {
        Some(observation) => {
            let seconds = look.at.duration_since(observation.fleet.observed_at).as_secs();
            let role = if seconds > STALE_SECONDS { Role::Stale } else { Role::Text };
            let age = words::ago(observation.fleet.observed_at, look.at);
            parts.push(Part { pieces: vec![piece(format!("data {age}"), role)], rank: 2 });
        }
        None => parts.push(Part { pieces: vec![piece("no data yet", Role::Unknown)], rank: 2 }),
    }
    parts.push(Part { pieces: vec![piece(format!(" · {} calls/min", model.calls), Role::Dim)], rank: 7 });
    parts.extend(operations(look));
    // As far from the edge as every other line.
    parts.push(Part { pieces: vec![piece(" ", Role::Text)], rank: 0 });
    parts
}

/// What runs, here and elsewhere, and what was left half done.
fn operations(look: &Look<'_>) -> Vec<Part> {
    let open: Vec<&Known> = look.model.open().collect();
    let running: Vec<&&Known> = open.iter().filter(|one| one.state == KnownState::Running).collect();
    let (role, rank) = if running.is_empty() { (Role::Dim, 8) } else { (Role::Moving, 1) };
    let mut pieces = vec![piece(format!(" · {}", words::count(running.len(), "operation")), role)];
    if let [only] = running.as_slice()
        && look.model.own(&only.id).is_none()
    {
        pieces.push(piece(format!(" by {}", words::person(&only.holder)), role));
    }
    // Where nothing runs, what was left says more.
    let left = open.len() - running.len();
    let mut parts = if running.is_empty() && left > 0 { Vec::new() } else { vec![Part { pieces, rank }] };
    for state in [KnownState::Abandoned, KnownState::Held] {
        let count = open.iter().filter(|one| one.state == state).count();
        if count > 0 {
            let says = format!(" · {} {count} {}", glyphs::WARN, state.word());
            parts.push(Part { pieces: vec![piece(says, Role::Critical)], rank: 1 });
        }
    }
    parts
}
