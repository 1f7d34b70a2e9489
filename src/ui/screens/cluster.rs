//! One cluster: its traffic, its instances under their groups, and why the selected one has drifted.

mod traffic;

use jiff::Timestamp;

use super::border;
use super::fleet::severity_role;
use crate::app::measure::{width, wrap};
use crate::app::screens::{Cluster, ClusterOrder, Line};
use crate::app::{Area, Layout, Observation, Rolling, Sizing, words};
use crate::drift::Finding;
use crate::fleet::{self, Instance, Place, ServerGroup, Text};
use crate::keymap::{Action, Context};
use crate::plan::{Light, LightKind, half_finished};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::glyphs::{self, severity as severity_glyph};
use crate::ui::header::STALE_SECONDS;
use crate::ui::widgets::table::{Column, Table};

const COLUMNS: [Column; 9] = [
    Column { title: "INSTANCE", least: 19, most: 19, rank: 0 },
    Column { title: "NAME", least: 14, most: 28, rank: 5 },
    Column { title: "ZONE", least: 4, most: 8, rank: 6 },
    Column { title: "TYPE", least: 9, most: 12, rank: 8 },
    Column { title: "IMAGE", least: 15, most: 26, rank: 1 },
    Column { title: "STATE", least: 8, most: 18, rank: 4 },
    Column { title: "HEALTH", least: 11, most: 24, rank: 2 },
    Column { title: "AGE", least: 7, most: 7, rank: 7 },
    Column { title: "DRIFT", least: 11, most: 24, rank: 3 },
];

/// Columns of the mark before an id, while anything is marked.
const MARK: u16 = 2;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &Cluster) {
    let Some(observation) = &look.model.observation else { return };
    let cluster = observation.cluster(&screen.subject);
    title(canvas, look, layout.title, observation, screen);
    if let Some(cluster) = cluster {
        traffic::draw(canvas, look, observation, screen, cluster);
    }
    let sorted = match screen.order {
        ClusterOrder::Id if !screen.reversed => None,
        ClusterOrder::Id => Some(0),
        ClusterOrder::Name => Some(1),
        ClusterOrder::Zone => Some(2),
        ClusterOrder::Image => Some(4),
        ClusterOrder::Health => Some(6),
        ClusterOrder::Age => Some(7),
        ClusterOrder::Drift => Some(8),
    };
    let mut columns = COLUMNS;
    if screen.marks.count() > 0 {
        columns[0].least += MARK;
        columns[0].most += MARK;
    }
    let table = Table {
        columns: &columns,
        frame: border(look),
        sorted: sorted.map(|column| (column, screen.reversed)),
        empty: if cluster.is_some() || screen.subject.cluster().is_none() {
            "No instances.".into()
        } else {
            format!("{} is not in the newest look any more.", screen.subject.name())
        },
    };
    table.draw(canvas, screen.layout.table, &screen.list, |canvas, row, cells| match row.shows {
        Line::Group(number) => {
            if let Some(group) = cluster.and_then(|cluster| cluster.groups.get(number)) {
                canvas.pieces(cells[0], 0, &heading(look, observation, group));
            }
        }
        Line::Sizing(number, at) => {
            let group = cluster.and_then(|cluster| cluster.groups.get(number));
            if let Some(sizing) = group.and_then(|group| Sizing::of(group).get(at).copied()) {
                canvas.pieces(cells[0], 0, &[sizing_piece(look, sizing)]);
            }
        }
        line @ Line::Instance(..) => {
            if let Some((group, instance)) = screen.instance(observation, line) {
                instance_row(canvas, look, observation, (group, instance), cells);
                if let (Some(cell), Some(mark)) = (cells.first(), mark(screen, instance)) {
                    let name = piece(instance.id.to_string(), Role::Name);
                    canvas.pieces(*cell, 0, &[piece(format!("{mark} "), Role::Title), name]);
                }
            }
        }
    });
    details(canvas, look, observation, screen);
}

fn title(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area, observation: &Observation, screen: &Cluster) {
    let mut pieces = vec![
        piece(format!(" {}", screen.subject.name()), Role::Title),
        piece(format!(" · {}", screen.subject.place().region), Role::Dim),
    ];
    let summary = observation.summaries.iter().find(|summary| summary.subject == screen.subject);
    if let Some(summary) = summary {
        pieces.push(piece(format!(" · {}", words::count(summary.instances, "instance")), Role::Text));
        if let Some(back) = &summary.back {
            let kind = kind_word(&back.light);
            let minutes = back.light.minutes.map(|minutes| format!(" {minutes} min")).unwrap_or_default();
            let says = match &back.rollback {
                Ok(to) => format!(" · back: {kind}{minutes} → {to}"),
                Err(_) => format!(" · back: {kind}{minutes}"),
            };
            let role = if back.light.warning.is_some() { Role::Warning } else { Role::Text };
            pieces.push(piece(says, role));
        }
        pieces.push(age(look, summary.seen_at));
    }
    let cluster = observation.cluster(&screen.subject);
    if let Some(gap) = cluster.and_then(|cluster| observation.gaps_of_cluster(cluster).next()) {
        let says = format!(" · {} unknown: {} – {}", glyphs::UNKNOWN, gap.what, gap.why);
        pieces.push(piece(says, Role::Unknown));
    }
    let mut right = marked(screen);
    right.extend(super::filter_pieces(look));
    canvas.pieces(Area { width: line.width.saturating_sub(width_of(&right) + 1), ..line }, 0, &pieces);
    canvas.pieces_right(line, &right);
}

/// What stands before an id while anything is marked.
fn mark(screen: &Cluster, instance: &Instance) -> Option<&'static str> {
    let mark = if screen.marks.has(&instance.id) { glyphs::MARKED } else { " " };
    (screen.marks.count() > 0).then_some(mark)
}

/// How many instances are marked, whether or not they can be seen.
fn marked(screen: &Cluster) -> Vec<Piece> {
    let (count, hidden, gone) = (screen.marks.count(), screen.marked_out_of_sight(), screen.marks.gone());
    if count == 0 {
        return Vec::new();
    }
    let mut says = vec![format!("{} {count} selected", glyphs::MARKED)];
    says.extend((hidden > 0).then(|| format!("{hidden} not listed")));
    says.extend((gone > 0).then(|| format!("{gone} gone")));
    vec![piece(says.join(", "), Role::Title), piece("  ", Role::Text)]
}

fn kind_word(light: &Light) -> String {
    match light.kind {
        LightKind::Warm if light.warning.is_some() => format!("{} warm", glyphs::WARN),
        LightKind::Image if light.warning.is_some() => format!("{} image", glyphs::WARN),
        LightKind::Warm => format!("{} warm", glyphs::FULL),
        LightKind::Image => format!("{} image", glyphs::HALF),
        LightKind::None => format!("{} none", glyphs::EMPTY),
    }
}

pub(super) fn age(look: &Look<'_>, seen_at: Option<Timestamp>) -> Piece {
    match seen_at {
        Some(seen) => {
            let stale = look.at.duration_since(seen).as_secs() > STALE_SECONDS;
            let role = if stale { Role::Stale } else { Role::Dim };
            piece(format!(" · read {} ago", words::ago(seen, look.at)), role)
        }
        None => piece(format!(" · {} never read in full", glyphs::UNKNOWN), Role::Unknown),
    }
}

fn heading(look: &Look<'_>, observation: &Observation, group: &ServerGroup) -> Vec<Piece> {
    let (glyph, word, role) =
        if group.live { (glyphs::FULL, "live", Role::Live) } else { (glyphs::EMPTY, "idle", Role::Idle) };
    let units = if group.weighted { " units" } else { "" };
    let mut pieces =
        vec![piece(format!("─ {} ", group.id.name), Role::Heading), piece(format!("{glyph} {word} "), role)];
    pieces.extend(moving(look, observation, group));
    pieces.push(piece(
        format!("· {} wanted, {}–{}{units} · ", group.desired, group.min, group.max),
        Role::Text,
    ));
    let wants: Vec<String> = group
        .wants
        .iter()
        .map(|wanted| wanted_word(observation, &group.id.place, wanted))
        .fold(Vec::new(), |mut all, word| {
            if !all.contains(&word) {
                all.push(word);
            }
            all
        });
    pieces.push(piece(format!("wants {} ", wants.join(" or ")), Role::Wanted));
    if let Some(status) = &group.status {
        pieces.push(piece(format!("· {status} "), Role::Warning));
    }
    if !group.suspended.is_empty() {
        let names: Vec<String> = group.suspended.iter().map(Text::to_string).collect();
        pieces.push(piece(format!("· {} suspended: {} ", glyphs::WARN, names.join(" ")), Role::Warning));
    }
    if Sizing::of(group).is_empty() {
        pieces.push(piece("· sized by hand ", Role::Dim));
    }
    pieces
}

/// One thing that sets the size of a group, under its heading.
fn sizing_piece(look: &Look<'_>, sizing: Sizing<'_>) -> Piece {
    let (glyph, role) = match sizing {
        Sizing::Unread(_) => (glyphs::UNKNOWN, Role::Unknown),
        Sizing::Policy(_) | Sizing::Action(_) => (glyphs::SAYS, Role::Text),
    };
    piece(format!("   {glyph} {}", sizing.says(look.at)), role)
}

/// How far a refresh is, or that one stopped half-way, with the key that leads on and back.
fn moving(look: &Look<'_>, observation: &Observation, group: &ServerGroup) -> Option<Piece> {
    if let Some(rolling) = Rolling::of(group) {
        let glyph = if rolling.back { glyphs::RUNNING_BACK } else { glyphs::ROLLING };
        let mut says = vec![match rolling.percent {
            Some(percent) => format!("{} {percent} %", rolling.says),
            None => rolling.says.to_owned(),
        }];
        says.extend(rolling.to_go.map(|left| format!("{left} to go")));
        says.extend((rolling.warming > 0).then(|| format!("{} warming up", rolling.warming)));
        let to = rolling.to.map(|to| observation.image_label(&group.id.place, &to));
        says.extend(to.map(|to| format!("to {to}")));
        return Some(piece(format!("· {glyph} refresh {} ", says.join(", ")), Role::Moving));
    }
    if let Some(half) = half_finished(group) {
        let key = look.model.keymap.chords(Context::Cluster, Action::Refresh).next();
        let key = key.map_or_else(|| Action::Refresh.name().to_owned(), ToString::to_string);
        let says = format!(
            "· {} half-finished: {} of {} on version {} · {key} finishes or goes back ",
            glyphs::WARN,
            half.done,
            half.of,
            half.to.version
        );
        return Some(piece(says, Role::Warning));
    }
    (!group.refreshes_known).then(|| piece(format!("· {} refresh unknown ", glyphs::UNKNOWN), Role::Unknown))
}

fn wanted_word(observation: &Observation, place: &Place, wanted: &fleet::Wanted) -> String {
    match &wanted.image {
        Some(id) => observation.image_label(place, id),
        None => "? unknown".into(),
    }
}

fn instance_row(
    canvas: &mut Canvas<'_>,
    look: &Look<'_>,
    observation: &Observation,
    (group, instance): (Option<&ServerGroup>, &Instance),
    cells: &[Area],
) {
    let [id, name, zone, kind, image, state, health, age, drift] = cells else { return };
    canvas.text(*id, 0, &instance.id.to_string(), Role::Name);
    let text = |text: Option<String>| text.unwrap_or_else(|| glyphs::NONE.into());
    canvas.text(*name, 0, &text(instance.name().map(Text::to_string)), Role::Text);
    canvas.text(*zone, 0, &zone_word(instance, zone.width), Role::Dim);
    canvas.text(*kind, 0, &text(instance.instance_type.as_ref().map(Text::to_string)), Role::Dim);
    canvas.pieces(*image, 0, &image_pieces(observation, group, instance));
    canvas.text(*state, 0, &words::state(instance), Role::Text);
    canvas.pieces(*health, 0, &health_pieces(instance));
    canvas.text(*age, 0, &text(instance.launched_at.map(|then| words::ago(then, look.at))), Role::Dim);
    canvas.pieces(*drift, 0, &drift_pieces(observation, instance));
}

/// The zone; where there is little room, what it adds to its region.
fn zone_word(instance: &Instance, room: u16) -> String {
    let Some(zone) = &instance.zone else { return glyphs::NONE.into() };
    let zone = zone.to_string();
    if width(&zone) <= room {
        return zone;
    }
    let region = instance.place.region.to_string();
    zone.strip_prefix(&region).filter(|rest| !rest.is_empty()).map_or(zone.clone(), str::to_owned)
}

fn image_pieces(observation: &Observation, group: Option<&ServerGroup>, instance: &Instance) -> Vec<Piece> {
    let Some(running) = &instance.running else {
        return vec![piece(format!("{} unknown", glyphs::UNKNOWN), Role::Unknown)];
    };
    let mut pieces = vec![piece(observation.image_label(&instance.place, &running.image), Role::Text)];
    let wanted = group.and_then(|group| group.wanted_for(instance.instance_type.as_ref())?.image.as_ref());
    if let Some(wanted) = wanted.filter(|wanted| **wanted != running.image) {
        pieces.push(piece(" → ", Role::Dim));
        pieces.push(piece(observation.image_label(&instance.place, wanted), Role::Wanted));
    }
    pieces
}

/// One verdict, and who does not share it.
fn health_pieces(instance: &Instance) -> Vec<Piece> {
    let verdict = instance.health.verdict();
    let (glyph, word, role) = glyphs::health(verdict);
    let mut pieces = vec![piece(format!("{glyph} {word}"), role)];
    if verdict != fleet::Verdict::Healthy {
        let target = instance.health.targets.iter().find(|target| target.verdict() == verdict);
        let reason = target.and_then(|target| target.reason.as_ref().map(Text::to_string));
        if let Some(target) = target {
            let says = reason.unwrap_or_else(|| target.state.word());
            pieces.push(piece(format!(" {says}"), Role::Dim));
        }
    }
    pieces
}

fn drift_pieces(observation: &Observation, instance: &Instance) -> Vec<Piece> {
    let mut findings = observation.findings(&instance.id).iter();
    let Some(worst) = findings.next() else { return vec![piece(glyphs::NONE, Role::Dim)] };
    let mut pieces = vec![finding_piece(worst)];
    let more = findings.count();
    if more > 0 {
        pieces.push(piece(format!(" +{more}"), Role::Dim));
    }
    pieces
}

/// Glyph and rule of a finding.
pub fn finding_piece(finding: &Finding) -> Piece {
    piece(format!("{} {}", severity_glyph(finding.severity), finding.rule), severity_role(finding.severity))
}

/// The findings of the selected instance, each with its sentence.
fn details(canvas: &mut Canvas<'_>, look: &Look<'_>, observation: &Observation, screen: &Cluster) {
    let area = screen.layout.details;
    let Some(id) = screen.list.selected() else {
        return canvas.frame(area, &[piece("WHY", Role::Heading)], border(look));
    };
    let title = [piece("WHY ", Role::Heading), piece(id.to_string(), Role::Title)];
    canvas.frame(area, &title, border(look));
    let mut rest = area.without(2, 1);
    let mut any = false;
    for finding in observation.findings(id) {
        any = true;
        let mut pieces = vec![finding_piece(finding), piece(" ", Role::Text)];
        let indent = width_of(&pieces);
        let lines = wrap(&finding.why, rest.width.saturating_sub(indent));
        for (number, line) in lines.into_iter().enumerate() {
            if number > 0 {
                pieces = vec![piece(" ".repeat(usize::from(indent)), Role::Text)];
            }
            pieces.push(piece(line, Role::Text));
            canvas.pieces(rest.cut_top(1), 0, &pieces);
        }
    }
    if !any {
        canvas.text(rest.cut_top(1), 0, "– nothing differs from what is wanted", Role::Dim);
    }
    for says in observation.ignored(id) {
        for line in wrap(&format!("– {says}"), rest.width) {
            canvas.text(rest.cut_top(1), 0, &line, Role::Dim);
        }
    }
}
