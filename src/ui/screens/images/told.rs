//! The selected image in full: what it is, where it comes from link by link, who runs it, its tags.

use super::{border, state_look};
use crate::app::images::{self, Trace};
use crate::app::screens::Images;
use crate::app::{Area, Observation, words};
use crate::fleet::{Image, Kin};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::{Look, glyphs};

/// Columns of the name of a field.
const NAME: u16 = 11;
/// Between two of a kind on a line.
const BETWEEN: &str = "   ";

pub(super) fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, observation: &Observation, screen: &Images) {
    let area = screen.told;
    if area.height == 0 {
        return;
    }
    let Some(at) = screen.selected(observation) else {
        return canvas.frame(area, &[piece("IMAGE", Role::Heading)], border(look));
    };
    let Some(kin) = observation.lineage.images.get(at) else { return };
    let image = observation.lineage.image(&observation.fleet, at);
    let called = images::called(observation, at);
    canvas.frame(area, &[piece("IMAGE ", Role::Heading), piece(called, Role::Title)], border(look));
    let mut page = Page { canvas, rest: area.without(2, 1) };
    page.field("is", &what_it_is(look, image, kin));
    if let Some(bad) = image.and_then(Image::marked_bad) {
        page.field("bad", &[piece(format!("{} marked as bad: {bad}", glyphs::BAD), Role::Critical)]);
    }
    page.field("from", &from(image));
    page.many("built on", links(observation, at));
    page.many("run by", run_by(kin));
    page.many("copies", copies(observation, at));
    let tags = image.into_iter().flat_map(|image| &image.tags);
    page.many(
        "tags",
        tags.map(|(key, value)| {
            vec![piece(format!("{key}="), Role::Dim), piece(value.to_string(), Role::Text)]
        })
        .collect(),
    );
}

struct Page<'a, 'b> {
    canvas: &'a mut Canvas<'b>,
    rest: Area,
}

impl Page<'_, '_> {
    fn field(&mut self, name: &str, pieces: &[Piece]) {
        if width_of(pieces) > 0 {
            let line = self.rest.cut_top(1);
            self.canvas.text(line, 0, name, Role::Dim);
            self.canvas.pieces(line, NAME, pieces);
        }
    }

    /// Several of a kind, as many on a line as there is room; the last line says what it leaves out.
    fn many(&mut self, name: &str, all: Vec<Vec<Piece>>) {
        let room = self.rest.width.saturating_sub(NAME);
        let mut lines: Vec<Vec<Piece>> = Vec::new();
        for mut one in all {
            let line = lines.last_mut().filter(|line| width_of(line) + 3 + width_of(&one) <= room);
            match line {
                Some(line) => {
                    line.push(piece(BETWEEN, Role::Text));
                    line.append(&mut one);
                }
                None => lines.push(one),
            }
        }
        let count = lines.len();
        for (number, line) in lines.into_iter().enumerate() {
            let is_last = self.rest.height == 1 && number + 1 < count;
            let area = self.rest.cut_top(1);
            if number == 0 {
                self.canvas.text(area, 0, name, Role::Dim);
            }
            self.canvas.pieces(area, NAME, &line);
            if is_last {
                self.canvas.pieces_right(area, &[piece(" … ", Role::Dim)]);
            }
        }
    }
}

/// Id, state, architecture, age, owner, and until when it is in use.
fn what_it_is(look: &Look<'_>, image: Option<&Image>, kin: &Kin) -> Vec<Piece> {
    let (glyph, word, role) = state_look(image, look);
    let mut pieces =
        vec![piece(format!("{} · ", kin.id), Role::Text), piece(format!("{glyph} {word}"), role)];
    let Some(image) = image else {
        pieces.push(piece(" · it is named, and no answer of EC2 told of it", Role::Unknown));
        return pieces;
    };
    let mut says = Vec::new();
    says.extend(image.architecture.as_ref().map(ToString::to_string));
    says.extend(image.created_at.map(|made| {
        let date = made.to_zoned_datetime(look.zone.clone()).strftime("%Y-%m-%d");
        format!("made {date}, {} ago", words::ago(made, look.at))
    }));
    says.extend(image.owner.as_ref().map(|owner| format!("of {}", words::account(owner))));
    pieces.extend(says.into_iter().map(|word| piece(format!(" · {word}"), Role::Text)));
    if let Some(at) = image.deprecated_at {
        let date = at.to_zoned_datetime(look.zone.clone()).strftime("%Y-%m-%d");
        let says = if at <= look.at {
            format!(" · {} deprecated since {date}", glyphs::WARN)
        } else {
            format!(" · {} deprecated from {date}, in {}", glyphs::WARN, words::ago(look.at, at))
        };
        pieces.push(piece(says, Role::Warning));
    }
    pieces
}

/// Where it comes from, by its own tags.
fn from(image: Option<&Image>) -> Vec<Piece> {
    let trace = Trace::of(image.filter(|image| image.described));
    match (image, trace) {
        (Some(image), Trace::Traceable | Trace::Gone) if image.provenance.is_traceable() => {
            vec![
                piece(format!("{} ", glyphs::GOOD), Role::Text),
                piece(images::provenance(image).join(" · "), Role::Text),
            ]
        }
        (_, Trace::Unknown) => {
            vec![piece(format!("{} its tags were not read", glyphs::UNKNOWN), Role::Unknown)]
        }
        _ => {
            let says =
                format!("{} untraceable: no tag tells its source revision or its builder", glyphs::WARN);
            vec![piece(says, Role::Info)]
        }
    }
}

/// Each link of the chain with its check.
fn links(observation: &Observation, at: usize) -> Vec<Vec<Piece>> {
    let link = |link: images::Link| {
        let Some(trace) = link.trace else { return vec![piece(link.says, Role::Dim)] };
        let (glyph, role) = match trace {
            Trace::Traceable => (glyphs::GOOD, Role::Text),
            Trace::Untraceable => (glyphs::WARN, Role::Info),
            Trace::Gone => (glyphs::BAD, Role::Critical),
            Trace::Unknown => (glyphs::UNKNOWN, Role::Unknown),
        };
        let mut pieces = vec![piece("← ", Role::Dim), piece(format!("{} ", link.says), Role::Name)];
        pieces.push(piece(format!("{glyph} {}", trace.word()), role));
        let word_role = if trace == Trace::Unknown { Role::Unknown } else { Role::Info };
        pieces.extend(link.newer.map(|newer| piece(format!(", {newer}"), word_role)));
        pieces
    };
    images::chain(observation, at).into_iter().map(link).collect()
}

fn run_by(kin: &Kin) -> Vec<Vec<Piece>> {
    let mut all: Vec<Vec<Piece>> = Vec::new();
    for one in &kin.uses {
        let (glyph, role) = if one.live { (glyphs::FULL, Role::Live) } else { (glyphs::EMPTY, Role::Idle) };
        let count = if one.instances == 0 { "to launch".into() } else { words::thousands(one.instances) };
        let word = if one.live { "live" } else { "idle" };
        all.push(vec![
            piece(format!("{} {count} ", one.group.name), Role::Text),
            piece(format!("{glyph} {word}"), role),
        ]);
    }
    if kin.loose > 0 {
        all.push(vec![piece(format!("{} in no group", words::thousands(kin.loose)), Role::Text)]);
    }
    if all.is_empty() {
        all.push(vec![piece("nothing", Role::Dim)]);
    }
    all
}

fn copies(observation: &Observation, at: usize) -> Vec<Vec<Piece>> {
    let lineage = &observation.lineage;
    let original = lineage.ancestry.copied_from.get(at).copied().flatten();
    let copy = |copy: usize| {
        let kin = &lineage.images[copy];
        let word = if Some(copy) == original { " (the original)" } else { "" };
        vec![piece(format!("{} {}{word}", kin.place.region, kin.id), Role::Text)]
    };
    let others: Vec<usize> = lineage.copies(at).collect();
    let alone = original.filter(|original| !others.contains(original));
    others.into_iter().chain(alone).map(copy).collect()
}
