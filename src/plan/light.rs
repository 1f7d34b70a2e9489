//! The rollback light of a cluster: can it go back, and how, computed before trouble. What the way back rests on and
//! may be missed when it is needed is said by [`standing`] beside it.

mod standing;

use serde::Serialize;

use super::change;
use super::guards::required_for_way_back;
use super::sides::Side;
use super::verbs::goal;
use super::{History, Policy, RefreshTo};
use crate::fleet::{
    Availability, Cluster, Fleet, Image, LaunchSource, RefreshStatus, ServerGroup, TargetGroupArn,
    TemplateRef, TemplateVersionFact, TrafficSource, Verdict, Weight, same_actions,
};

/// How a cluster could go back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LightKind {
    /// The old side is up: one call.
    Warm,
    /// An earlier image and a template version that launches it exist: a refresh.
    Image,
    /// It could not.
    None,
}

/// The light with what it leads to and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Light {
    /// Which.
    #[serde(rename = "light")]
    pub kind: LightKind,
    /// What it would go back to: weights, a side, or an image.
    pub target: Option<String>,
    /// How long it would take, in minutes, as far as that can be told.
    pub minutes: Option<u64>,
    /// In one sentence, with the warning where there is one.
    pub why: String,
    /// What may be missed on the way: an image it rests on is gone, not known to be there, or soon deprecated.
    pub warning: Option<String>,
}

impl Light {
    /// With a warning, which the sentence tells too.
    fn warned(mut self, warning: Option<String>) -> Self {
        if let Some(warning) = &warning {
            self.why = format!("{}; but {warning}", self.why);
        }
        self.warning = warning;
        self
    }
}

/// Minutes until one call has settled.
const ONE_CALL: u64 = 1;

/// Minutes until targets that were just put into an action are healthy, and a second call has settled: five checks,
/// one in 30 s [elbv2: the defaults of health checks].
const TWO_CALLS: u64 = 4;

/// Minutes in which instances that replace others are launched, started and healthy, where no refresh tells.
const BATCH: u64 = 5;

/// One part of this many is replaced at a time [autoscaling: 90 % stay healthy by default].
const PARTS: u64 = 10;

/// Computes the light of one cluster.
pub fn light(fleet: &Fleet, cluster: &Cluster, history: &History, policy: &Policy) -> Light {
    if let Some(light) = recorded(fleet, cluster, history, policy).or_else(|| idle(fleet, cluster, policy)) {
        return light;
    }
    match last_good(fleet, cluster) {
        Ok((group, image, _)) => Light {
            kind: LightKind::Image,
            target: Some(image.label().to_string()),
            minutes: Some(minutes_of_a_refresh(group)),
            why: format!("{} can be refreshed to {image}, which still exists", group.id.name),
            warning: None,
        }
        .warned(standing::of_image(fleet, group, image)),
        Err(why) => Light { kind: LightKind::None, target: None, minutes: None, why, warning: None },
    }
}

/// The group that takes the traffic and can go back by a refresh, with the image and the version of its launch template
/// that it goes to.
///
/// # Errors
/// Why none can.
pub(super) fn last_good<'a>(
    fleet: &'a Fleet,
    cluster: &'a Cluster,
) -> Result<(&'a ServerGroup, &'a Image, RefreshTo), String> {
    let live = cluster.groups.iter().filter(|group| group.live || cluster.traffic.is_empty());
    let mut why = "no group takes traffic".to_string();
    for group in live {
        match earlier_image(fleet, group) {
            Ok((image, to)) => return Ok((group, image, to)),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

/// What a rollback would restore, if the sides that would carry the traffic are up.
fn recorded(fleet: &Fleet, cluster: &Cluster, history: &History, policy: &Policy) -> Option<Light> {
    let minimum = policy.min_healthy(&cluster.id).max(1);
    cluster.traffic.iter().find_map(|source| {
        let (goal, _) = goal(history, cluster, &source.arn)?;
        if same_actions(goal.before, &source.actions) {
            return None;
        }
        let weights = change::weights(goal.before);
        let mut calls = 1;
        for (arn, _) in weights.iter().filter(|(_, weight)| *weight > 0) {
            let group = fleet.target_groups.get(arn)?;
            let (up, of) = if group.sources.is_empty() {
                calls = 2;
                in_service(cluster, arn)
            } else {
                let side = Side::counted(group);
                (side.healthy?, side.registered)
            };
            if up < minimum.max(required_for_way_back(of)) {
                return None;
            }
        }
        let (minutes, how) = match calls {
            1 => (ONE_CALL, "one call restores"),
            _ => (TWO_CALLS, "two calls, first the old side in, restore"),
        };
        Some(Light {
            kind: LightKind::Warm,
            target: Some(change::words(goal.before)),
            minutes: Some(minutes),
            why: format!("{how} what was before {}", goal.operation),
            warning: None,
        })
        .map(|light| {
            let sides = weights.iter().filter(|(_, weight)| *weight > 0).map(|(arn, _)| arn);
            light.warned(standing::of_sides(fleet, cluster, sides))
        })
    })
}

/// The idle side that a cluster goes back to where no record tells of one, on its way.
fn idle(fleet: &Fleet, cluster: &Cluster, policy: &Policy) -> Option<Light> {
    let (_, idle) = idle_side(fleet, cluster, policy)?;
    let side = idle.groups.first().map_or_else(|| idle.target_group.name().to_string(), ToString::to_string);
    let light = Light {
        kind: LightKind::Warm,
        minutes: Some(ONE_CALL),
        why: format!("{side} is up with an earlier image and takes no traffic: one call"),
        target: Some(side),
        warning: None,
    };
    Some(light.warned(standing::of_sides(fleet, cluster, [&idle.target_group])))
}

/// A side that is up, takes no traffic, and runs an earlier image than everything that does: what was before, as far
/// as that can be told without a record.
pub(super) fn idle_side<'a>(
    fleet: &Fleet,
    cluster: &'a Cluster,
    policy: &Policy,
) -> Option<(&'a TrafficSource, &'a Weight)> {
    let minimum = policy.min_healthy(&cluster.id).max(1);
    let is_up = |arn: &TargetGroupArn| {
        fleet
            .target_groups
            .get(arn)
            .and_then(|group| Side::counted(group).healthy)
            .is_some_and(|up| up >= minimum)
    };
    cluster.traffic.iter().find_map(|source| {
        let live: Vec<&Image> = source
            .weights
            .iter()
            .filter(|side| side.weight > 0)
            .map(|side| images_behind(fleet, cluster, &side.target_group))
            .collect::<Option<Vec<_>>>()?
            .concat();
        let oldest = live.iter().min_by_key(|image| image.rank)?;
        let is_earlier = |image: &&Image| {
            image.family.is_some()
                && image.family == oldest.family
                && image.rank.is_some()
                && image.rank < oldest.rank
                && image.marked_bad().is_none()
        };
        let idle = source.weights.iter().find(|side| {
            let images = || images_behind(fleet, cluster, &side.target_group);
            side.weight == 0
                && is_up(&side.target_group)
                && images().is_some_and(|images| !images.is_empty() && images.iter().all(is_earlier))
        })?;
        Some((source, idle))
    })
}

/// The images that the instances behind a target group run, each once; `None` where one is not known.
fn images_behind<'a>(fleet: &'a Fleet, cluster: &Cluster, arn: &TargetGroupArn) -> Option<Vec<&'a Image>> {
    let groups = cluster.groups.iter().filter(|group| group.target_groups.contains(arn));
    let mut images: Vec<&Image> = Vec::new();
    for instance in groups.flat_map(|group| &group.instances) {
        let id = &instance.running.as_ref()?.image;
        // Nearly all run the same.
        if images.iter().all(|image| image.id != *id) {
            images.push(fleet.image(&cluster.id.place, id)?);
        }
    }
    Some(images)
}

/// Instances behind a target group that its load balancer does not check: those in service, and all.
fn in_service(cluster: &Cluster, arn: &TargetGroupArn) -> (usize, usize) {
    let groups = cluster.groups.iter().filter(|group| group.target_groups.contains(arn));
    let instances: Vec<_> = groups.flat_map(|group| &group.instances).collect();
    let up = instances.iter().filter(|instance| {
        let in_service = instance.membership.as_ref().is_some_and(|own| own.lifecycle.raw() == "InService");
        in_service && instance.health.group_verdict() == Some(Verdict::Healthy)
    });
    (up.count(), instances.len())
}

/// As long as the last refresh of the group took; where none tells, as long as its batches do.
fn minutes_of_a_refresh(group: &ServerGroup) -> u64 {
    const MINUTE: u64 = 60;
    let fact = group.last_refresh.as_ref().map(|refresh| &refresh.fact);
    let took = fact
        .filter(|fact| fact.status == RefreshStatus::Successful)
        .and_then(|fact| Some(fact.ended_at?.duration_since(fact.started_at?)))
        .and_then(|took| u64::try_from(took.as_secs()).ok());
    if let Some(seconds) = took {
        return seconds.div_ceil(MINUTE).max(1);
    }
    let instances = group.instances.len() as u64;
    instances.div_ceil((instances / PARTS).max(1)).max(1) * BATCH
}

/// The newest earlier image of the group's family that can be launched and that a template version names.
fn earlier_image<'a>(fleet: &'a Fleet, group: &ServerGroup) -> Result<(&'a Image, RefreshTo), String> {
    let place = &group.id.place;
    let name = &group.id.name;
    let wanted = group.wants.first().and_then(|wanted| wanted.image.as_ref());
    let Some(current) = wanted.and_then(|id| fleet.image(place, id)) else {
        return Err(format!("the image {name} wants is unknown"));
    };
    let (Some(family), Some(rank)) = (&current.family, current.rank) else {
        return Err(format!("{current} belongs to no family whose versions can be ordered"));
    };
    let LaunchSource::Template(TemplateRef { id: Some(template), .. }) = &group.source else {
        return Err(format!(
            "{name} launches from no launch template of its own, which a refresh could go back by"
        ));
    };
    let names = |version: &&TemplateVersionFact, image: &Image| {
        version.resolved_image.as_ref() == Some(&image.id)
            || version.image.as_ref().is_some_and(|named| named.raw() == image.id.raw())
    };
    // A version of its own is there already; of an image that only another template names, one is made.
    let leads_to = |image: &Image| {
        let here = fleet.templates.iter().filter(|((at, _), _)| at == place);
        let (own, other): (Vec<_>, Vec<_>) = here
            .flat_map(|((_, id), versions)| versions.iter().map(move |version| (id, version)))
            .filter(|(_, version)| names(version, image))
            .partition(|(id, _)| *id == template);
        let own = own.into_iter().map(|(_, version)| version.number).max();
        own.map(RefreshTo::Version).or_else(|| other.first().map(|_| RefreshTo::Image(image.id.clone())))
    };
    let earlier = standing::earlier(fleet, place, family, rank);
    if earlier.is_empty() {
        return Err(format!("no earlier image of {} is known", family.name));
    }
    earlier
        .iter()
        .filter(|image| image.availability == Availability::Available)
        .find_map(|image| Some((*image, leads_to(image)?)))
        .ok_or_else(|| {
            let none =
                format!("no earlier image of {} both exists and stands in a template version", family.name);
            standing::newest_is_gone(&earlier).map_or(none.clone(), |gone| format!("{none}: {gone}"))
        })
}
