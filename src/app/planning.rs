//! Plans as dialogs and lights need them: the plan itself is `plan`'s, its words for a screen are here.

use super::summary::side_image;
use super::words;
use crate::fleet::{Action, Cluster, Fleet, GroupName, TargetGroupArn};
use crate::plan::{Plan, Step};

/// The weights a step writes, by target group.
pub fn weights_after(step: &Step) -> Vec<(TargetGroupArn, u32)> {
    step.call.iter().flat_map(|call| call.actions()).flat_map(Action::weights).collect()
}

/// Where a plan leads: the image of the side that gets the most, else the side's name.
pub fn goal_of(plan: &Plan, fleet: &Fleet, cluster: &Cluster) -> String {
    let weights =
        plan.steps.iter().rev().find(|step| step.call.is_some()).map(weights_after).unwrap_or_default();
    let Some((arn, _)) = weights.into_iter().max_by_key(|(_, weight)| *weight) else {
        return "before".into();
    };
    let group = cluster.groups.iter().find(|group| group.target_groups.contains(&arn));
    let image = group.and_then(|group| side_image(fleet, &[group]).runs);
    image.unwrap_or_else(|| {
        group.map_or_else(|| arn.name().to_string(), |group| words::side(&cluster.id.name, &group.id.name))
    })
}

/// What a target group is called within its cluster: by its server group, where it has one of its own.
pub fn side_of(cluster: Option<&Cluster>, arn: &TargetGroupArn) -> String {
    let group: Option<(&Cluster, &GroupName)> = cluster.and_then(|cluster| {
        let mut groups = cluster.groups.iter().filter(|group| group.target_groups.contains(arn));
        match (groups.next(), groups.next()) {
            (Some(only), None) => Some((cluster, &only.id.name)),
            _ => None,
        }
    });
    group.map_or_else(|| arn.name().to_string(), |(cluster, group)| words::side(&cluster.id.name, group))
}
