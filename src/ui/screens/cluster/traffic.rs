//! Traffic of one listener or rule: shares with raw weights, stickiness, and how far the newest change is true.

use super::super::border;
use super::super::fleet::{bar_role, known_piece, operation_piece};
use crate::app::measure::{fit, width};
use crate::app::screens::Cluster;
use crate::app::{Area, Observation, Operation, WayBack, words};
use crate::fleet::{self, LoadBalancerKind, TrafficSource, Weight};
use crate::plan::{Known, KnownState, Outcome, Truth};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::widgets::bar;
use crate::ui::{Look, glyphs};

pub fn draw(
    canvas: &mut Canvas<'_>,
    look: &Look<'_>,
    observation: &Observation,
    screen: &Cluster,
    cluster: &fleet::Cluster,
) {
    let area = screen.layout.traffic;
    let Some((number, source)) = screen.source(cluster) else {
        canvas.frame(area, &[piece("TRAFFIC", Role::Heading)], border(look));
        let (says, role) = if observation.traffic_gap(&cluster.id.place) {
            ("? unknown: listeners or rules could not be read", Role::Unknown)
        } else {
            ("no listener or rule sends it traffic", Role::Dim)
        };
        let mut line = vec![piece(says, role)];
        let summary = observation.summary(&cluster.id);
        if let Some(warning) = summary.and_then(|summary| way_back(summary.back.as_ref()?)) {
            line.extend([piece(" · ", Role::Dim), warning]);
        }
        canvas.pieces(area.without(2, 1), 0, &line);
        return;
    };
    let title = [piece("TRAFFIC ", Role::Heading), piece(source.label.to_string(), Role::Title)];
    canvas.frame(area, &title, border(look));
    let mut right = Vec::new();
    if cluster.traffic.len() > 1 {
        right.push(piece(format!("{} of {} sources · ", number + 1, cluster.traffic.len()), Role::Text));
    }
    right.push(piece(format!("read {} ago", words::ago(source.seen_at, look.at)), Role::Dim));
    canvas.on_edge_right(Area { height: 1, ..area }, &right);
    let mut rest = area.without(2, 1);
    let names: Vec<String> = source.weights.iter().map(|weight| side_name(cluster, weight)).collect();
    let names_wide = names.iter().map(|name| width(name)).max().unwrap_or(0).min(24);
    let sides = source.weights.iter().zip(&names).enumerate();
    for (number, (weight, name)) in sides {
        let line = rest.cut_top(1);
        side(canvas, line, observation, source, (number, weight, name, names_wide));
    }
    canvas.pieces(rest.cut_top(1), 0, &stickiness(source));
    let operation = look.model.operation_on(&cluster.id).filter(|op| op.source.as_ref() == Some(&source.arn));
    let known = look.model.open_on(&cluster.id).filter(|one| operation.is_none_or(|own| own.id != one.id));
    if let Some(one) = known.filter(|_| operation.is_none_or(|own| !own.runs())) {
        canvas.pieces(rest.cut_top(1), 0, &[known_piece(one, u16::MAX), holder_piece(look, one)]);
        canvas.text(rest, 0, &one.why, Role::Text);
        return;
    }
    let summary = observation.summary(&cluster.id).filter(|_| operation.is_none());
    let back = summary.and_then(|summary| summary.back.as_ref());
    let mut line = truth(look, operation);
    match back.and_then(way_back) {
        // What may be missed when it is needed is worth more than that nothing is under way.
        Some(warning) => line = vec![warning],
        None => line.extend(back.map(|back| piece(format!(" · way back: {}", back.light.why), Role::Dim))),
    }
    canvas.pieces(rest.cut_top(1), 0, &line);
    if let Some(operation) = operation {
        canvas.text(rest, 0, &says(operation), Role::Text);
    }
}

/// What may be missed on the way back, where anything may.
fn way_back(back: &WayBack) -> Option<Piece> {
    let warning = back.light.warning.as_ref()?;
    Some(piece(format!("{} way back: {warning}", glyphs::WARN), Role::Warning))
}

fn side_name(cluster: &fleet::Cluster, weight: &Weight) -> String {
    match weight.groups.as_slice() {
        [] => format!("{} (no group)", weight.target_group.name()),
        groups => groups.iter().map(|g| words::side(&cluster.id.name, g)).collect::<Vec<_>>().join(" "),
    }
}

fn side(
    canvas: &mut Canvas<'_>,
    line: Area,
    observation: &Observation,
    source: &TrafficSource,
    (number, weight, name, names_wide): (usize, &Weight, &str, u16),
) {
    const STATE_COLUMNS: u16 = 7;
    let (says, says_role) = if weight.weight > 0 {
        (format!("{} live", glyphs::FULL), Role::Live)
    } else {
        (format!("{} idle", glyphs::EMPTY), Role::Idle)
    };
    canvas.text(line, 0, &says, says_role);
    canvas.text(line, STATE_COLUMNS, &fit(name, names_wide), Role::Name);
    let percent = source.percent(&weight.target_group);
    let health = observation.fleet.target_groups.get(&weight.target_group);
    let healthy = match health.and_then(|group| Some((group.healthy()?, group.health.as_ref()?.value.len())))
    {
        Some((healthy, all)) if healthy == all => {
            piece(format!("{} {healthy}/{all} healthy", glyphs::GOOD), Role::Healthy)
        }
        Some((healthy, all)) => piece(format!("{} {healthy}/{all} healthy", glyphs::BAD), Role::Unhealthy),
        None => piece(format!("{} health unknown", glyphs::UNKNOWN), Role::Unknown),
    };
    let tail = [
        piece(format!("{:>6}", words::percent(percent)), Role::Text),
        piece(format!("  weight {:>3}  ", weight.weight), Role::Dim),
        healthy,
    ];
    let tail_wide = width_of(&tail).max(6 + 14 + 15);
    let start = STATE_COLUMNS + names_wide + 1;
    let columns = line.width.saturating_sub(start + tail_wide);
    canvas.text(line, start, &bar::filled(percent, columns), bar_role(number, name));
    canvas.pieces(line, start + columns, &tail);
}

fn stickiness(source: &TrafficSource) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match source.stickiness.and_then(|stickiness| stickiness.duration_seconds) {
        Some(seconds) => {
            let time = words::span(jiff::SignedDuration::from_secs(i64::from(seconds)));
            let says = format!(
                "{} sticky: clients stay with their side for {time}, whatever the weights say",
                glyphs::WARN
            );
            pieces.push(piece(says, Role::Warning));
        }
        None => pieces.push(piece("not sticky between sides", Role::Dim)),
    }
    if source.kind != LoadBalancerKind::Application {
        pieces.push(piece(" · not an application load balancer: shown, not written to", Role::Dim));
    }
    pieces
}

/// The four states of the newest change, shown apart: a weight is not true because it was written.
fn truth(look: &Look<'_>, operation: Option<&Operation>) -> Vec<Piece> {
    let Some(operation) = operation else {
        return vec![piece("no change by this cockpit under way", Role::Dim)];
    };
    let states = [
        (Truth::Wanted, "wanted"),
        (Truth::Written, "written"),
        (Truth::ReadBack, "read back"),
        (Truth::Settled, "settled"),
    ];
    let mut pieces = vec![operation_piece(operation, look, u16::MAX), piece("  ", Role::Text)];
    for (truth, word) in states {
        let (glyph, role) = if operation.truth >= truth {
            (glyphs::GOOD, Role::Healthy)
        } else if operation.runs() {
            (glyphs::MOVING, Role::Moving)
        } else {
            (glyphs::EMPTY, Role::Dim)
        };
        pieces.push(piece(format!(" {glyph} {word}"), role));
    }
    pieces
}

/// Who holds an operation, or held it last, and since when.
fn holder_piece(look: &Look<'_>, one: &Known) -> Piece {
    let says = match one.state {
        KnownState::Running => "by",
        _ => "last by",
    };
    let (person, since) = (words::person(&one.holder), words::ago(one.started_at, look.at));
    piece(format!("  {says} {person} on {}, began {since} ago", one.holder.host), Role::Dim)
}

/// Why it waits, or how it ended.
fn says(operation: &Operation) -> String {
    match (&operation.ended, &operation.progress) {
        (Some((_, Outcome::Done { says })), _) => says.clone(),
        (
            Some((
                _,
                Outcome::Refused { why, remedy }
                | Outcome::Failed { why, remedy }
                | Outcome::RolledBack { why, remedy }
                | Outcome::Held { why, remedy },
            )),
            _,
        ) => format!("{why}: {remedy}"),
        (None, Some(progress)) => progress.says.clone(),
        (None, None) => String::new(),
    }
}
