//! Images: what each is built on, who runs it, what is newer; and the selected one in full.

mod told;

use jiff::Timestamp;

use super::{border, filter_pieces};
use crate::app::images::{self, ImageState};
use crate::app::measure::{fit, width};
use crate::app::screens::{ImageCounts as Counts, ImageLine, Images, ImagesOrder, Shows};
use crate::app::{Area, Layout, Observation, words};
use crate::fleet::{Base, Image, Kin, Section, Tree, Use};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::widgets::table::{Column, Table};
use crate::ui::{Look, glyphs};

const COLUMNS: [Column; 9] = [
    Column { title: "IMAGE", least: 26, most: 46, rank: 0 },
    Column { title: "STATE", least: 12, most: 14, rank: 2 },
    Column { title: "RUN BY", least: 6, most: 7, rank: 1 },
    Column { title: "SERVE", least: 5, most: 7, rank: 5 },
    Column { title: "BASE", least: 16, most: 64, rank: 3 },
    Column { title: "AGE", least: 5, most: 7, rank: 4 },
    Column { title: "REVISION", least: 9, most: 12, rank: 6 },
    Column { title: "BUILDER", least: 8, most: 18, rank: 8 },
    Column { title: "ALSO IN", least: 10, most: 24, rank: 7 },
];

/// Columns of a table in which what is newer has room for its sentence.
const WIDE: u16 = 100;
/// Columns of that sentence.
const SENTENCE: u16 = 42;
/// Columns of a cell in which a sentence has no room.
const NARROW: u16 = 28;
/// Letters of a source revision that tell it from others.
const REVISION: u16 = 12;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &Images) {
    let Some(observation) = &look.model.observation else { return };
    title(canvas, look, layout.title, observation, screen);
    let sorted = match screen.order {
        ImagesOrder::Tree if !screen.reversed => None,
        ImagesOrder::Tree => Some(0),
        ImagesOrder::Base => Some(4),
        ImagesOrder::Use => Some(2),
    };
    let mut columns = COLUMNS;
    if screen.table.width >= WIDE {
        columns[4].least = SENTENCE;
    }
    let table = Table {
        columns: &columns,
        frame: border(look),
        sorted: sorted.map(|column| (column, screen.reversed)),
        empty: empty(observation),
    };
    table.draw(canvas, screen.table, &screen.list, |canvas, row, cells| match row.shows.shows {
        Shows::Place(number) => place(canvas, observation, number, cells),
        Shows::Gap(number) => gap(canvas, observation, number, cells),
        Shows::Image | Shows::Group(_) | Shows::Loose => {
            if let Some((at, kin)) = of_row(observation, &row.shows) {
                match row.shows.shows {
                    Shows::Group(number) => group_row(canvas, kin, kin.uses.get(number), &row.shows, cells),
                    Shows::Loose => loose_row(canvas, kin, &row.shows, cells),
                    _ => image_row(canvas, look, observation, screen, (at, kin, &row.shows), cells),
                }
            }
        }
    });
    told::draw(canvas, look, observation, screen);
}

/// The image that a row is about, with its number.
fn of_row<'a>(observation: &'a Observation, line: &ImageLine) -> Option<(usize, &'a Kin)> {
    let (tree, node) = line.node?;
    let at = observation.lineage.trees.get(tree)?.nodes.get(node)?.image;
    Some((at, observation.lineage.images.get(at)?))
}

/// Why there is no row. What could not be read is unknown, not none.
fn empty(observation: &Observation) -> String {
    if !observation.lineage.images.is_empty() {
        return "No image matches the filter.".into();
    }
    match observation.fleet.gaps.iter().find(|gap| gap.section == Section::Images) {
        Some(gap) => format!("Images of {} are unknown: {}", gap.place.region, gap.why),
        None => "This account owns no image, and nothing runs one.".into(),
    }
}

fn title(canvas: &mut Canvas<'_>, look: &Look<'_>, line: Area, observation: &Observation, screen: &Images) {
    let lineage = &observation.lineage;
    let Counts { images, in_use, stale, untraceable } = screen.counts;
    let mut pieces = vec![
        piece(" images", Role::Title),
        piece(format!(" · {}", words::count(images, "image")), Role::Text),
        piece(format!(" · {} in use", words::thousands(in_use)), Role::Text),
    ];
    let mut say = |count: usize, word: &str, role| {
        if count > 0 {
            pieces.push(piece(format!(" · {} {word}", words::thousands(count)), role));
        }
    };
    say(stale, "on an old base", Role::Info);
    say(untraceable, "untraceable", Role::Info);
    let read = |tree: &Tree| observation.fleet.ages.get(&(tree.place.clone(), Section::Images)).copied();
    let ages: Vec<Option<Timestamp>> = lineage.trees.iter().map(read).collect();
    if !ages.is_empty() {
        pieces.push(super::cluster::age(look, ages.into_iter().min().flatten()));
    }
    let gap = observation.fleet.gaps.iter().find(|gap| gap.section == Section::Images);
    if let Some(gap) = gap {
        pieces.push(piece(format!(" · {} {} unknown", glyphs::UNKNOWN, gap.what), Role::Unknown));
    }
    let mut right = Vec::new();
    if !screen.marked.is_empty() {
        right.push(piece(format!("{} {} selected  ", glyphs::MARKED, screen.marked.len()), Role::Title));
    }
    right.extend(filter_pieces(look));
    canvas.pieces(Area { width: line.width.saturating_sub(width_of(&right) + 1), ..line }, 0, &pieces);
    canvas.pieces_right(line, &right);
}

fn place(canvas: &mut Canvas<'_>, observation: &Observation, number: usize, cells: &[Area]) {
    let Some((cell, tree)) = cells.first().zip(observation.lineage.trees.get(number)) else { return };
    let (region, account) = (&tree.place.region, words::account(&tree.place.account));
    let mut pieces =
        vec![piece(format!("─ {region} "), Role::Heading), piece(format!("· account {account} "), Role::Dim)];
    if tree.nodes.is_empty() {
        let is_read = observation.fleet.ages.contains_key(&(tree.place.clone(), Section::Images));
        let (says, role) =
            if is_read { ("· no images", Role::Dim) } else { ("· ? images not read", Role::Unknown) };
        pieces.push(piece(says, role));
    }
    canvas.pieces(*cell, 0, &pieces);
}

fn gap(canvas: &mut Canvas<'_>, observation: &Observation, number: usize, cells: &[Area]) {
    let Some((cell, gap)) = cells.first().zip(observation.fleet.gaps.get(number)) else { return };
    let says = format!("   {} {} of {} unknown: {}", glyphs::UNKNOWN, gap.what, gap.place.region, gap.why);
    canvas.text(*cell, 0, &says, Role::Unknown);
}

/// The lines of the tree before a row. Where there is little room only the nearest levels are drawn.
fn branch(line: &ImageLine, room: u16) -> String {
    const LEVEL: u16 = 2;
    if line.depth == 0 {
        return String::new();
    }
    let levels = usize::from(room / 2 / LEVEL).max(1);
    let from = if line.depth > levels { line.depth - levels + 1 } else { 1 };
    let mut drawn = if from > 1 { "…".to_owned() } else { String::new() };
    for level in from..line.depth {
        drawn.push_str(if line.rails & (1 << level) == 0 { "  " } else { "│ " });
    }
    drawn.push_str(if line.last { "└ " } else { "├ " });
    drawn
}

fn image_row(
    canvas: &mut Canvas<'_>,
    look: &Look<'_>,
    observation: &Observation,
    screen: &Images,
    (at, kin, line): (usize, &Kin, &ImageLine),
    cells: &[Area],
) {
    let [name, state, run_by, serve, base, age, revision, builder, also] = cells else { return };
    let image = observation.lineage.image(&observation.fleet, at);
    let tree = line.node.and_then(|(tree, _)| observation.lineage.trees.get(tree));
    let is_foreign = tree.is_some_and(|tree| tree.place != kin.place);
    let role = if line.aside || is_foreign { Role::Dim } else { Role::Name };
    let mut pieces = vec![piece(branch(line, name.width), Role::Border)];
    if !screen.marked.is_empty() {
        let mark = if screen.is_marked(&kin.place, &kin.id) { glyphs::MARKED } else { " " };
        pieces.push(piece(format!("{mark} "), Role::Title));
    }
    pieces.extend(name_pieces(image, kin, role));
    // Out of the tree nothing else tells one place from another.
    let stands_alone = screen.order != ImagesOrder::Tree && observation.lineage.trees.len() > 1;
    if is_foreign || stands_alone {
        pieces.push(piece(format!(" in {}", kin.place.region), Role::Dim));
    }
    canvas.pieces(*name, 0, &pieces);
    let (glyph, word, role) = state_look(image, look);
    canvas.text(*state, 0, &format!("{glyph} {word}"), role);
    let number = |count: usize| if count == 0 { glyphs::NONE.to_owned() } else { words::thousands(count) };
    if !is_foreign {
        canvas.text(*run_by, 0, &number(kin.in_use()), Role::Text);
        canvas.text(*serve, 0, &number(kin.serving()), Role::Text);
    }
    canvas.pieces(*base, 0, &base_pieces(observation, at, line, base.width));
    let made = image.and_then(|image| image.created_at);
    let none = || glyphs::NONE.to_owned();
    canvas.text(*age, 0, &made.map_or_else(none, |made| words::ago(made, look.at)), Role::Dim);
    let Some(image) = image.filter(|image| image.described) else {
        canvas.text(*revision, 0, &format!("{} unknown", glyphs::UNKNOWN), Role::Unknown);
        return;
    };
    match &image.provenance.revision {
        Some(text) => canvas.text(*revision, 0, &fit(&text.to_string(), REVISION), Role::Text),
        None => canvas.text(*revision, 0, &format!("{} none", glyphs::WARN), Role::Info),
    };
    match &image.provenance.builder {
        Some(text) => canvas.text(*builder, 0, &text.to_string(), Role::Text),
        None => canvas.text(*builder, 0, &format!("{} none", glyphs::WARN), Role::Info),
    };
    canvas.text(*also, 0, &copies(observation, at).unwrap_or_else(none), Role::Dim);
}

/// Family and version apart, so that versions stand out; the id where neither is known.
fn name_pieces(image: Option<&Image>, kin: &Kin, role: Role) -> Vec<Piece> {
    let named = image.and_then(|image| image.family.as_ref().zip(image.version.as_ref()));
    if let Some((family, version)) = named {
        return vec![piece(format!("{} ", family.name), Role::Dim), piece(version.to_string(), role)];
    }
    vec![piece(image.map_or_else(|| kin.id.to_string(), Image::of_family), role)]
}

/// Regions that have the same image.
fn copies(observation: &Observation, at: usize) -> Option<String> {
    let lineage = &observation.lineage;
    let mut regions: Vec<String> =
        lineage.copies(at).map(|copy| lineage.images[copy].place.region.to_string()).collect();
    regions.dedup();
    (!regions.is_empty()).then(|| regions.join(" "))
}

/// Glyph, word and role of an image's state.
fn state_look(image: Option<&Image>, look: &Look<'_>) -> (&'static str, String, Role) {
    let state = ImageState::of(image, look.at);
    let (glyph, role) = match &state {
        ImageState::Available => (glyphs::GOOD, Role::Text),
        ImageState::Pending => (glyphs::MOVING, Role::Moving),
        ImageState::Deprecated => (glyphs::WARN, Role::Warning),
        ImageState::Disabled | ImageState::Gone(_) => (glyphs::BAD, Role::Critical),
        ImageState::Unknown => (glyphs::UNKNOWN, Role::Unknown),
    };
    (glyph, state.word(), role)
}

/// How what an image is built on stands; of one that others are built on and that is not the newest, who is behind.
fn base_pieces(observation: &Observation, at: usize, line: &ImageLine, room: u16) -> Vec<Piece> {
    let lineage = &observation.lineage;
    let is_narrow = room < NARROW;
    let node = line.node.and_then(|(tree, node)| lineage.trees.get(tree)?.nodes.get(node));
    let newer = lineage.ancestry.newer.get(at).copied().flatten();
    // What runs the image itself is behind or not by what its group wants; here it is asked what stands on it.
    let below = node.filter(|node| node.instances > lineage.images.get(at).map_or(0, Kin::in_use));
    if let (Some(node), Some(newest)) = (below, newer) {
        let behind = words::thousands(node.instances);
        let time = images::newer_by(observation, at, newest).map(words::span);
        if is_narrow {
            let time = time.map(|time| format!("{time}; ")).unwrap_or_default();
            return vec![piece(format!("{} {time}{behind} behind", glyphs::WARN), Role::Info)];
        }
        let version = lineage.image(&observation.fleet, newest).map(|image| image.label().to_string());
        let newer = time.map_or_else(|| "newer".to_owned(), |time| format!("{time} newer"));
        let says = format!("{} {} {newer}", glyphs::WARN, version.unwrap_or_default());
        let reach = format!("; {behind} behind in {}", words::count(node.clusters, "cluster"));
        return vec![piece(says, Role::Info), piece(reach, Role::Text)];
    }
    let unknown = |why: String| if is_narrow { "unknown".to_owned() } else { why };
    match (lineage.base(at), images::base(observation, at)) {
        (_, None) => vec![piece(glyphs::NONE, Role::Dim)],
        (Base::Older { .. }, Some(Ok(says))) => {
            let time = images::behind(observation, at).filter(|_| is_narrow).map(words::span);
            let says = time.map_or(says, |time| format!("{time} behind"));
            vec![piece(format!("i {says}"), Role::Info)]
        }
        (_, Some(Ok(says))) => vec![piece(format!("{} {says}", glyphs::GOOD), Role::Text)],
        (_, Some(Err(why))) => vec![piece(format!("{} {}", glyphs::UNKNOWN, unknown(why)), Role::Unknown)],
    }
}

fn group_row(canvas: &mut Canvas<'_>, kin: &Kin, one: Option<&Use>, line: &ImageLine, cells: &[Area]) {
    let ([name, state, run_by, serve, base, ..], Some(one)) = (cells, one) else { return };
    let (glyph, word, role) =
        if one.live { (glyphs::FULL, "live", Role::Live) } else { (glyphs::EMPTY, "idle", Role::Idle) };
    let group = one.group.name.to_string();
    let mut pieces = vec![piece(branch(line, name.width), Role::Border)];
    pieces.push(piece(format!("{glyph} "), role));
    pieces.push(piece(group.clone(), Role::Text));
    canvas.pieces(*name, 0, &pieces);
    canvas.text(*state, 0, word, role);
    let number = |count: usize| if count == 0 { glyphs::NONE.to_owned() } else { words::thousands(count) };
    canvas.text(*run_by, 0, &number(one.instances), Role::Text);
    canvas.text(*serve, 0, &number(if one.live { one.instances } else { 0 }), Role::Text);
    let wants = match (one.wants, one.instances) {
        (true, 0) => "is to launch it",
        (true, _) => "launches it",
        (false, _) => "launches another",
    };
    let cluster = one.cluster.name.to_string();
    let mut says = vec![piece(wants, if one.wants { Role::Dim } else { Role::Actual })];
    if cluster != group && kin.uses.len() > 1 || !group.starts_with(&cluster) {
        says.push(piece(format!(" · {cluster}"), Role::Dim));
    }
    canvas.pieces(*base, 0, &says);
}

fn loose_row(canvas: &mut Canvas<'_>, kin: &Kin, line: &ImageLine, cells: &[Area]) {
    let [name, state, run_by, ..] = cells else { return };
    let branch = branch(line, name.width);
    let indent = width(&branch);
    canvas.text(*name, 0, &branch, Role::Border);
    canvas.text(*name, indent, "(in no group)", Role::Text);
    canvas.text(*state, 0, glyphs::NONE, Role::Dim);
    canvas.text(*run_by, 0, &words::thousands(kin.loose), Role::Text);
}
