//! The cast: eight clusters in two regions, each with a story of its own, and a few instances in no group.
//!
//! | cluster | story |
//! |---|---|
//! | orders | blue 90, green 10 on a newer version, sticky; three of blue are behind |
//! | checkout | blue 100, green warm with weight 0, behind a login; one changed by hand |
//! | search | no load balancer; a refresh was cancelled half-way |
//! | legacy-batch | old launch configuration, an image that is gone, snowflakes |
//! | payments | mixed instances, counted in units; a refresh advances |
//! | web | network load balancer; green's image follows a parameter that may not be read |
//! | recommend | green's version fails as soon as it gets traffic |
//! | reports | a refresh waits for a standby instance; the idle side is unhealthy |

mod eu;
mod us;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::chance::Chance;
use super::crowd;
use super::life::{Agenda, Event};
use super::loose;
use super::refresh::Run;
use super::seed::{Build, Part, Stage, split};
use super::world::{DAY, Group, GroupAt, MINUTE, Moment, Region, SECOND, World, time_of};
use crate::fleet::{ImageId, InstanceId, TemplateId, Text};
use crate::plan::{Preferences, Protected, Standby};

/// Instances of the default cast.
pub const DEFAULT_INSTANCES: usize = 60;
/// One further cluster for so many instances.
const INSTANCES_A_CLUSTER: usize = 1_000;
/// Clusters of the cast itself.
const CLUSTERS: usize = 8;
/// How the cast shares its instances; the sum is [`DEFAULT_INSTANCES`].
const SHARES: [usize; 10] = [14, 8, 6, 3, 4, 7, 6, 6, 5, 1];

/// The images that others are built on, the oldest first.
pub(super) struct Layers {
    pub nginx: [ImageId; 3],
    pub jvm: [ImageId; 2],
}

/// Sets up the world with so many instances.
pub(super) fn world(seed: u64, instances: usize, start: Timestamp) -> World {
    let chance = Chance::new(seed);
    let further = instances / INSTANCES_A_CLUSTER;
    let of_cast = instances * CLUSTERS / (CLUSTERS + further);
    let shares = split(of_cast, &SHARES);
    let crowd = split(instances - of_cast, &vec![1; further]);
    let (crowd_eu, crowd_us) = crowd.split_at(further.div_ceil(2));

    let mut eu = Stage::new(chance, start, "eu-west-1");
    let layers = layers(&mut eu);
    eu::shop(&mut eu, &layers, shares[0], shares[1]);
    eu::search(&mut eu, &layers, shares[2]);
    eu::legacy_batch(&mut eu, shares[3]);
    loose::eu(&mut eu, shares[4]);
    crowd::fill(&mut eu, &layers, crowd_eu, 0);

    let mut us = Stage::new(chance, start, "us-east-1");
    let layers = self::layers(&mut us);
    us::payments(&mut us, &layers, shares[5]);
    us::web(&mut us, &layers, shares[6]);
    us::discover(&mut us, &layers, shares[7], shares[8]);
    loose::us(&mut us, shares[9]);
    crowd::fill(&mut us, &layers, crowd_us, crowd_eu.len());

    let mut world = World {
        chance,
        start,
        now: 0,
        regions: vec![eu.finish(), us.finish()],
        agenda: Agenda::default(),
        mishaps: true,
        hands: true,
        silent: false,
        next_build: None,
    };
    set_going(&mut world);
    world
}

/// Notes the first event of everything that goes on by itself.
fn set_going(world: &mut World) {
    let groups: Vec<GroupAt> = world.groups().collect();
    for at in groups {
        let region = &world.regions[at.region];
        let group = &region.groups[at.group];
        let about = format!("first round {} {}", region.place.region, group.fact.name);
        let first = world.chance.of(&about, 0).i64(30 * SECOND..10 * MINUTE);
        let bad = region.images.values().filter(|image| image.bad).map(|image| &image.fact.id);
        let bad: Vec<&ImageId> = bad.collect();
        let strained = group.instances.iter().any(|instance| bad.contains(&&instance.launch.image));
        let run = group.active_refresh().map(|_| under_way(region, group));
        world.agenda.note(first, Event::Round(at));
        if strained {
            world.agenda.note(0, Event::Strain(at));
        }
        if run.is_some() {
            world.agenda.note(SECOND, Event::Refresh(at));
        }
        let group = world.group_mut(at);
        (group.strained, group.run) = (strained, run);
    }
    for region in 0..world.regions.len() {
        world.agenda.note(2 * MINUTE, Event::Hands(region));
    }
}

/// A refresh that began before the world did: what does not match what it goes to is still to be replaced.
fn under_way(region: &Region, group: &Group) -> Run {
    let launches = region.launches(group.source());
    let old = group.instances.iter().filter(|instance| !instance.is_of(&launches));
    let olds: BTreeSet<InstanceId> = old.map(|instance| instance.id.clone()).collect();
    let preferences = Preferences {
        min_healthy_percentage: 80,
        max_healthy_percentage: 100,
        instance_warmup: None,
        checkpoint_percentages: Vec::new(),
        checkpoint_delay: None,
        bake_time: None,
        skip_matching: true,
        auto_rollback: false,
        scale_in_protected_instances: Protected::Refresh,
        standby_instances: Standby::Wait,
        alarm_specification: None,
    };
    Run::new(preferences, group.instances.len(), olds.clone(), olds, 0)
}

/// The region that images are built in; elsewhere those that others are built on are copies.
const BUILT_IN: &str = "eu-west-1";
/// Days until an image that is in use is deprecated.
const DEPRECATED_IN: Moment = 9;

fn layers(stage: &mut Stage) -> Layers {
    let layers = built(stage);
    // Switched off since a leak was found in it; one old application still stands on it.
    stage.alter(&layers.nginx[0], |image| image.fact.state = "disabled".into());
    if stage.region.place.region.raw() != BUILT_IN {
        let chance = stage.chance;
        for image in stage.region.images.values_mut() {
            let name = image.fact.name.as_ref().map_or("", Text::raw);
            image.fact.source = Some(ImageId::new(chance.id("ami", &format!("{BUILT_IN} {name}"), 0)));
            image.fact.source_region = Some(BUILT_IN.into());
        }
    }
    layers
}

/// Takes from an image all that tells where it comes from.
pub(super) fn untrace(stage: &mut Stage, image: &ImageId) {
    stage.alter(image, |image| {
        for key in ["SourceRevision", "Builder", "BuildId", "BuildTime"] {
            image.fact.tags.remove(key);
        }
    });
}

/// Announces the end of an image.
pub(super) fn deprecate(stage: &mut Stage, image: &ImageId) {
    let at = time_of(stage.start, DEPRECATED_IN * DAY);
    stage.alter(image, |image| image.fact.deprecated_at = Some(at));
}

fn built(stage: &mut Stage) -> Layers {
    let mut base =
        |version, age| stage.image(&Build { family: "al2023-base", version, parent: None, age: age * DAY });
    let base = [base("3.0.0", 130), base("3.1.0", 84), base("3.2.0", 70)];
    let mut on = |family, version, parent: usize, age| {
        stage.image(&Build { family, version, parent: Some(&base[parent]), age: age * DAY })
    };
    Layers {
        nginx: [
            on("nginx-base", "1.8.0", 0, 121),
            on("nginx-base", "1.9.0", 1, 80),
            on("nginx-base", "1.10.0", 2, 66),
        ],
        jvm: [on("jvm-base", "21.3.0", 1, 78), on("jvm-base", "21.4.0", 2, 62)],
    }
}

/// Builds an application's image.
pub(super) fn app(stage: &mut Stage, family: &str, version: &str, parent: &ImageId, days: Moment) -> ImageId {
    stage.image(&Build { family, version, parent: Some(parent), age: days * DAY })
}

/// A part of a group launched from a numbered template version.
pub(super) fn part(stage: &Stage, weight: usize, template: &TemplateId, number: i64, age: Moment) -> Part {
    Part { weight, from: stage.numbered(template, number), age }
}
