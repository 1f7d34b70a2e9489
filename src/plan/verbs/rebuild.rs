//! `rebuild FAMILY`: new images, of one family or of all that stand on it, and what is done with one of them.
//!
//! A plan stands its builds in levels: what is built on an image of the same plan waits for it, and the rest is built
//! side by side. The image of a build stands in the plan under an id of that kind, for which the engine puts the true
//! one once it is there; everything after it is planned as though it were. What hangs on a build that fails is left
//! out, and the other branches go on.

mod back;
mod standing_in;
mod told;
mod versions;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

pub(in crate::plan) use back::back;
pub(in crate::plan) use standing_in::{built, prospect, resolved};
use told::{stale, tree};
pub use wanted::stands_on;
use wanted::wanted;

use super::{Draft, Given, Kind, Move, Writes, deploy, refresh, waits};
use crate::fleet::{Availability, BuildId, ClusterId, Fleet, Image, ImageId, Place, Text};
use crate::plan::{
    Author, BuildKey, Builder, Call, Expected, History, ImageMark, Intent, Plan, Policy, Reach, RefreshTo,
    Refusal, Resource, StartBuild, State, StopBuild, TagImage, Wait, nearest,
};

/// Builds that run side by side at most: each takes a machine of the account, and Packer one of ours.
const SIDE_BY_SIDE: usize = 4;

/// What stands in a plan for its own digest, which a tag tells.
pub(in crate::plan) const DIGEST: &str = "to-be[digest]";

/// What is asked of a rebuild.
#[derive(Clone, Copy)]
pub(in crate::plan) struct Asked<'a> {
    pub place: &'a Place,
    pub family: &'a Text,
    pub chain: bool,
    pub version: Option<&'a Text>,
    pub revision: Option<&'a Text>,
    pub by: &'a Author,
}

/// What is asked, where an intent asks for builds.
pub(in crate::plan) fn asked(intent: &Intent) -> Option<Asked<'_>> {
    let Intent::Rebuild { cluster, family, chain, version, revision, by, .. } = intent else { return None };
    let (version, revision) = (version.as_ref(), revision.as_ref());
    Some(Asked { place: &cluster.place, family, chain: *chain, version, revision, by })
}

/// The builds of an intent, level by level; those of a resumed operation as they were planned. Empty where it has none.
///
/// # Errors
/// Nothing says how a family is built, or what it is built on or called cannot be told.
pub(in crate::plan) fn builds(
    intent: &Intent,
    fleet: &Fleet,
    history: &History,
    policy: &Policy,
) -> Result<Vec<Vec<StartBuild>>, Refusal> {
    match intent {
        Intent::Rebuild { .. } => {
            let asked = asked(intent).map(|asked| wanted(asked, fleet, policy));
            asked.unwrap_or_else(|| Ok(Vec::new()))
        }
        Intent::Resume { operation, .. } => {
            let steps = history.plan_of(operation).map_or(&[][..], |plan| &plan.steps);
            let starts = steps.iter().filter_map(|step| match &step.call {
                Some(Call::StartBuild(start)) => Some((**start).clone()),
                _ => None,
            });
            Ok(vec![starts.collect()])
        }
        _ => Ok(Vec::new()),
    }
}

/// The newest image of a family that can be launched and that nobody marked as bad.
fn newest<'a>(fleet: &'a Fleet, place: &Place, family: &Text) -> Option<&'a Image> {
    of_family(fleet, place, family)
        .filter(|image| image.availability == Availability::Available && image.marked_bad().is_none())
        .max_by_key(|image| (image.rank, image.created_at))
}

fn of_family<'a>(fleet: &'a Fleet, place: &Place, family: &Text) -> impl Iterator<Item = &'a Image> {
    let (place, family) = (place.clone(), family.clone());
    let here = fleet.images.iter().filter(move |((at, _), _)| *at == place).map(|(_, image)| image);
    here.filter(move |image| image.family.as_ref().is_some_and(|of| of.name == family))
}

/// Where a family is built, and its name, by what a person types: `NAME`, or `NAME@REGION` where several regions have
/// images of it.
///
/// # Errors
/// No region has images of it, or several have.
pub fn built_where(fleet: &Fleet, policy: &Policy, wanted: &str) -> Result<(Place, Text), Refusal> {
    let has = |name: &str, region: Option<&str>| -> Vec<Place> {
        let family = Text::new(name);
        let places =
            fleet.places.iter().filter(|place| region.is_none_or(|region| place.region.raw() == region));
        places.filter(|place| of_family(fleet, place, &family).next().is_some()).cloned().collect()
    };
    let (mut name, mut region) = (wanted, None);
    let mut found = has(name, None);
    if found.is_empty()
        && let Some((before, after)) = wanted.rsplit_once('@').filter(|(before, _)| !before.is_empty())
    {
        (name, region) = (before, Some(after));
        found = has(name, region);
    }
    match (found.as_slice(), fleet.places.as_slice()) {
        ([only], _) => return Ok((only.clone(), Text::new(name))),
        // The first image of a family has none before it.
        ([], [only])
            if policy.recipe(name).is_some() && region.is_none_or(|region| only.region.raw() == region) =>
        {
            return Ok((only.clone(), Text::new(name)));
        }
        ([], _) => {}
        (several, _) => {
            let names: Vec<String> = several.iter().map(|place| format!("{name}@{}", place.region)).collect();
            return Err(Refusal::new(
                format!("several regions have images of {}", crate::fleet::clean(name)),
                format!("say which: {}", names.join(" or ")),
            ));
        }
    }
    let known = policy.recipes.iter().map(|recipe| recipe.family.clone());
    let wanted = crate::fleet::clean(wanted);
    Err(Refusal::new(
        format!("no image of a family `{wanted}` was seen"),
        nearest::remedy(&wanted, known, "there are recipes of"),
    ))
}

/// What stands for the image that is carried on to a cluster: of a chain, of the family that its live side runs.
pub fn image_to_carry(fleet: &Fleet, cluster: &ClusterId, family: &Text, chain: bool) -> ImageId {
    let live = fleet.cluster(cluster).filter(|_| chain).and_then(|found| {
        let live = found.groups.iter().filter(|group| group.live);
        let mut running = live.flat_map(|group| &group.instances).filter_map(|one| one.running.as_ref());
        let image = running.find_map(|running| fleet.image(&cluster.place, &running.image))?;
        image.family.as_ref().map(|family| family.name.clone())
    });
    ImageId::to_be(live.as_ref().unwrap_or(family))
}

/// Builds of a plan that may have been started, by what is on record: nothing is started before its intent is.
fn starts_at(history: &History, plan: &Plan) -> BTreeSet<BuildId> {
    let records = history.records_of(&plan.id).map(|record| record.step);
    let reached = records.chain(history.claims_of(&plan.id).map(|claim| claim.step)).max().unwrap_or(0);
    let begun = plan.steps.iter().take_while(|step| step.n <= reached);
    let started = begun.filter_map(|step| match &step.call {
        Some(Call::StartBuild(start)) => Some(start.build.clone()),
        _ => None,
    });
    started.collect()
}

pub(super) fn draft<'a>(
    given: Given<'a>,
    asked: Asked<'_>,
    then: Option<&Intent>,
) -> Result<Draft<'a>, Refusal> {
    let builds = given.builds;
    let starts: Vec<&StartBuild> = builds.iter().flatten().collect();
    let mut moves = building(asked, builds);
    let mut notes = Vec::new();
    notes.push(tree(builds));
    notes.extend(stale(given, asked, &starts));
    notes.push("an abort stops the builds that run; images that are there by then stay".into());
    if starts.iter().any(|start| start.builder.key().is_local()) {
        notes.push(
            "programs run on this machine: should flightdeck end they go on, and a resume here follows them"
                .into(),
        );
    }
    if starts.iter().any(|start| matches!(start.builder, Builder::ImageBuilder(_))) {
        notes.push(
            "stopping Image Builder deletes nothing: images and snapshots that it has made stay".into(),
        );
    }
    let seconds = builds
        .iter()
        .map(|level| level.iter().map(|start| waits::built(start).seconds).max().unwrap_or(0))
        .fold(0_u64, u64::saturating_add);
    let version = starts.iter().find(|start| start.family == *asked.family).map(|start| &start.version);
    let Some(then) = then else {
        return Ok(Draft {
            source: None,
            group: None,
            kind: Kind::Replace,
            first: Vec::new(),
            moves,
            back: None,
            phrase: version.map_or_else(|| "rebuild".into(), ToString::to_string),
            notes,
            reach: Some(Reach { instances: 0, percent: 0.0, lowest_healthy: None, seconds, before: None }),
        });
    };
    let mut inner = carried_on(given, &starts, then)?;
    if given.policy.manual_gate(&given.cluster.id)
        && let Some(last) = moves.last_mut()
    {
        last.waits.push(waits::person());
    }
    moves.append(&mut inner.moves);
    inner.moves = moves;
    notes.append(&mut inner.notes);
    inner.notes = notes;
    inner.phrase = format!("rebuild {}", inner.phrase);
    if let Some(reach) = &mut inner.reach {
        reach.seconds = reach.seconds.saturating_add(seconds);
    }
    Ok(inner)
}

/// What is done with an image once it is there.
fn carried_on<'a>(given: Given<'a>, starts: &[&StartBuild], then: &Intent) -> Result<Draft<'a>, Refusal> {
    let names = |image: &ImageId| starts.iter().any(|start| start.image == *image);
    match then {
        Intent::Deploy { group, image, steps, retire, source, .. } if names(image) => {
            let (steps, source) = (steps.as_ref(), source.as_ref());
            deploy::draft(given, &deploy::Asked { group, image, steps, retire: *retire, source })
        }
        Intent::Refresh { group, to: to @ RefreshTo::Image(image), knobs, .. } if names(image) => {
            refresh::draft(given, group, to, knobs)
        }
        Intent::Deploy { .. } | Intent::Refresh { .. } => Err(Refusal::new(
            "what comes after the build names no image of it",
            "rebuild the family that the cluster runs, or a chain that leads to it",
        )),
        _ => Err(Refusal::new(
            format!("a build is not carried on to {}", then.verb()),
            "carry it on to a deploy or a refresh",
        )),
    }
}

/// The calls of the builds, level by level: some are started side by side, then waited for, then their images tagged.
fn building(asked: Asked<'_>, builds: &[Vec<StartBuild>]) -> Vec<Move> {
    let mut moves = Vec::new();
    for some in builds.iter().flat_map(|level| level.chunks(SIDE_BY_SIDE)) {
        let mut waits: Vec<Wait> = some.iter().map(waits::built).collect();
        let last = some.len().saturating_sub(1);
        for (n, start) in some.iter().enumerate() {
            let waits = if n == last { std::mem::take(&mut waits) } else { Vec::new() };
            moves.push(starting(start, waits));
        }
        moves.extend(some.iter().map(|start| tagging(asked, start)));
    }
    moves
}

fn starting(start: &StartBuild, waits: Vec<Wait>) -> Move {
    let key: BuildKey = start.key();
    let on = start.parent.as_ref().map(|parent| format!(" on {}", parent.says())).unwrap_or_default();
    Move {
        does: format!("build {} {}{on}", start.family, start.version),
        writes: Writes::Call {
            call: Box::new(Call::StartBuild(Box::new(start.clone()))),
            expects: Expected { resource: Resource::Build(key.clone()), state: State::Absent },
            undo: Some(Box::new(Call::StopBuild(StopBuild { build: key }))),
        },
        waits,
    }
}

/// Where an image comes from, written on it.
fn tagging(asked: Asked<'_>, start: &StartBuild) -> Move {
    let mut tags: BTreeMap<&str, Text> = BTreeMap::new();
    tags.insert("flightdeck:family", start.family.clone());
    tags.insert("flightdeck:version", start.version.clone());
    tags.insert("flightdeck:build", Text::new(start.build.raw()));
    tags.insert("flightdeck:builder", Text::from(start.builder.key().says()));
    tags.insert("flightdeck:built-by", asked.by.who.clone());
    tags.insert("flightdeck:plan", DIGEST.into());
    tags.extend(start.parent.as_ref().map(|parent| ("flightdeck:parent", Text::new(parent.raw()))));
    tags.extend(start.revision.clone().map(|revision| ("flightdeck:revision", revision)));
    let tags = tags.into_iter().map(|(key, value)| (key.into(), value));
    Move {
        does: format!("write on {} where it comes from", start.image.says()),
        writes: Writes::Call {
            call: Box::new(Call::TagImage(TagImage::new(start.image.clone(), tags))),
            expects: Expected {
                resource: Resource::Image(start.image.clone()),
                state: State::Image(ImageMark::default()),
            },
            undo: None,
        },
        waits: Vec::new(),
    }
}
