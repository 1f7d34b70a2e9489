//! The rollback light of a cluster: can it go back, and how, computed before trouble.

use serde::Serialize;

use super::history::Recorded;
use super::{History, Policy};
use crate::fleet::{Action, Availability, Cluster, Fleet, Image, ServerGroup, TargetGroupArn};

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
    /// In one sentence.
    pub why: String,
}

/// Computes the light of one cluster.
pub fn light(fleet: &Fleet, cluster: &Cluster, history: &History, policy: &Policy) -> Light {
    if let Some(light) = warm(fleet, cluster, history, policy) {
        return light;
    }
    let live = cluster.groups.iter().filter(|group| group.live || cluster.traffic.is_empty());
    let mut why = "no group takes traffic".to_string();
    for group in live {
        match earlier_image(fleet, group) {
            Ok(image) => {
                return Light {
                    kind: LightKind::Image,
                    target: Some(image.label().to_string()),
                    why: format!("{} can be refreshed to {image}, which still exists", group.id.name),
                };
            }
            Err(reason) => why = reason,
        }
    }
    Light { kind: LightKind::None, target: None, why }
}

/// What was recorded, if its sides are up; else an idle side that is up.
fn warm(fleet: &Fleet, cluster: &Cluster, history: &History, policy: &Policy) -> Option<Light> {
    let needed = policy.min_healthy(&cluster.id).max(1);
    let is_up = |arn: &TargetGroupArn| healthy(fleet, arn).is_some_and(|up| up >= needed);
    let recorded = history.before_operations(&cluster.id);
    let present = |record: &&Recorded| {
        cluster.traffic.iter().any(|source| {
            source.arn == *record.source && !crate::fleet::same_actions(&source.actions, record.actions)
        })
    };
    if let Some(record) = recorded.iter().find(present) {
        let weights: Vec<_> = record.actions.iter().flat_map(Action::weights).collect();
        if weights.iter().filter(|(_, weight)| *weight > 0).all(|(arn, _)| is_up(arn)) {
            let target: Vec<String> =
                weights.iter().map(|(arn, weight)| format!("{} {weight}", arn.name())).collect();
            return Some(Light {
                kind: LightKind::Warm,
                target: Some(target.join(" ")),
                why: format!("one call restores what was before {}", record.operation),
            });
        }
    }
    let idle = cluster
        .traffic
        .iter()
        .flat_map(|source| &source.weights)
        .find(|weight| weight.weight == 0 && is_up(&weight.target_group))?;
    let side = idle.groups.first().map_or_else(|| idle.target_group.name().to_string(), ToString::to_string);
    Some(Light {
        kind: LightKind::Warm,
        why: format!("{side} is up and takes no traffic: one call"),
        target: Some(side),
    })
}

fn healthy(fleet: &Fleet, arn: &TargetGroupArn) -> Option<usize> {
    fleet.target_groups.get(arn)?.healthy()
}

/// The newest earlier image of the group's family that can be launched and that a template version names.
fn earlier_image<'a>(fleet: &'a Fleet, group: &ServerGroup) -> Result<&'a Image, String> {
    let place = &group.id.place;
    let name = &group.id.name;
    let wanted = group.wants.first().and_then(|wanted| wanted.image.as_ref());
    let Some(current) = wanted.and_then(|id| fleet.image(place, id)) else {
        return Err(format!("the image {name} wants is unknown"));
    };
    let (Some(family), Some(rank)) = (&current.family, current.rank) else {
        return Err(format!("{current} belongs to no family whose versions can be ordered"));
    };
    let named = |image: &Image| {
        fleet.templates.iter().filter(|((at, _), _)| at == place).flat_map(|(_, versions)| versions).any(
            |version| {
                version.resolved_image.as_ref() == Some(&image.id)
                    || version.image.as_ref().is_some_and(|named| named.raw() == image.id.raw())
            },
        )
    };
    let mut earlier: Vec<&Image> = fleet
        .images
        .iter()
        .filter(|((at, _), _)| at == place)
        .map(|(_, image)| image)
        .filter(|image| image.family.as_ref() == Some(family) && image.rank.is_some_and(|other| other < rank))
        .collect();
    earlier.sort_by_key(|image| std::cmp::Reverse(image.rank));
    if earlier.is_empty() {
        return Err(format!("no earlier image of {} is known", family.name));
    }
    earlier
        .iter()
        .find(|image| image.availability == Availability::Available && named(image))
        .copied()
        .ok_or_else(|| {
            format!("no earlier image of {} both exists and stands in a template version", family.name)
        })
}
