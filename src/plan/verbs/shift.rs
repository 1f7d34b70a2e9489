//! `shift CLUSTER --to GROUP=PERCENT`: one group gets exactly this share, in one call. The others keep their ratio.

use super::{Draft, choose_source, sticky_note};
use crate::fleet::{
    Action, Actions, Cluster, Fleet, ForwardConfig, GroupName, SourceArn, TargetGroupArn, TargetGroupTuple,
    TrafficSource,
};
use crate::plan::{Percent, Refusal, nearest};

/// Weights AWS accepts [elbv2: TargetGroupTuple].
const MAX_WEIGHT: u64 = 999;

pub(crate) fn draft<'a>(
    fleet: &Fleet,
    cluster: &'a Cluster,
    to: &GroupName,
    percent: Percent,
    wanted: Option<&SourceArn>,
) -> Result<Draft<'a>, Refusal> {
    let source = choose_source(cluster, wanted)?;
    let name = &cluster.id.name;
    if cluster.group(to).is_none() {
        let elsewhere =
            fleet.clusters.iter().find(|other| other.id != cluster.id && other.group(to).is_some());
        let why = match elsewhere {
            Some(other) => format!("{to} is a group of {}, not of {name}", other.id.name),
            None => format!("{name} has no group {to}"),
        };
        let names = cluster.groups.iter().map(|group| group.id.name.to_string());
        return Err(Refusal::new(why, nearest::remedy(&to.to_string(), names, "its groups are")));
    }
    let (own, others): (Vec<_>, Vec<_>) =
        source.weights.iter().partition(|weight| weight.groups.contains(to));
    if own.is_empty() {
        return Err(Refusal::new(
            format!("no target group of {to} is in the forward action of {}", source.label),
            "add one with weight 0 first, so that it is health-checked before it takes traffic",
        ));
    }
    if let Some(shared) = own.iter().find(|weight| weight.groups.len() > 1) {
        let groups: Vec<String> = shared.groups.iter().map(ToString::to_string).collect();
        return Err(Refusal::new(
            format!("target group {} holds {} together", shared.target_group.name(), groups.join(" and ")),
            "one weight cannot tell them apart: give each group a target group of its own",
        ));
    }
    let pairs = |weights: &[&crate::fleet::Weight]| -> Vec<(TargetGroupArn, u64)> {
        weights.iter().map(|weight| (weight.target_group.clone(), u64::from(weight.weight))).collect()
    };
    let weights = divide(to, &pairs(&own), &pairs(&others), u64::from(percent.get()))?;
    let unchanged = source.total() > 0 && {
        let total: u64 = weights.iter().map(|(_, weight)| weight).sum();
        source.weights.iter().all(|before| {
            weights.iter().any(|(arn, after)| {
                *arn == before.target_group
                    && after * u64::from(source.total()) == u64::from(before.weight) * total
            })
        })
    };
    if unchanged {
        return Err(Refusal::new(
            format!("{to} already has {percent} of the traffic of {name}"),
            "nothing to do",
        ));
    }
    let mut notes = Vec::new();
    notes.extend(sticky_note(source));
    Ok(Draft {
        source,
        after: with_weights(source, &weights)?,
        does: format!("{to} {:.0} → {percent} on {}", source.group_percent(to), source.label),
        phrase: percent.get().to_string(),
        notes,
    })
}

/// Divides a total among the group's own target groups (`percent` of it) and the others (the rest), each side in
/// the ratio it has now.
///
/// # Errors
/// No integers 0–999 express it, or a side has no ratio to go by.
fn divide(
    to: &GroupName,
    own: &[(TargetGroupArn, u64)],
    others: &[(TargetGroupArn, u64)],
    percent: u64,
) -> Result<Vec<(TargetGroupArn, u64)>, Refusal> {
    let rest = 100 - percent;
    if others.is_empty() && rest > 0 {
        return Err(Refusal::new(
            format!("{to} is the only group in the forward action, so it has all of the traffic"),
            "a share below 100 % needs a second group in the action",
        ));
    }
    let own = ratio(own).ok_or_else(|| no_ratio(to))?;
    let others = if rest == 0 {
        others.iter().map(|(arn, _)| (arn.clone(), 0)).collect()
    } else {
        ratio(others).ok_or_else(|| no_ratio(to))?
    };
    let fits = |total: u64| -> Option<Vec<(TargetGroupArn, u64)>> {
        let part = |side: &[(TargetGroupArn, u64)], share: u64| -> Option<Vec<(TargetGroupArn, u64)>> {
            let sum: u64 = side.iter().map(|(_, weight)| weight).sum();
            side.iter()
                .map(|(arn, weight)| {
                    if *weight == 0 || share == 0 {
                        return Some((arn.clone(), 0));
                    }
                    let numerator = total * share * weight;
                    let denominator = 100 * sum;
                    let exact = numerator.is_multiple_of(denominator);
                    (exact && numerator / denominator <= MAX_WEIGHT)
                        .then(|| (arn.clone(), numerator / denominator))
                })
                .collect()
        };
        Some([part(&own, percent)?, part(&others, rest)?].concat())
    };
    // A sum of 100 reads as percent; other sums come only where it does not divide.
    let largest = MAX_WEIGHT * (own.len() + others.len()) as u64;
    std::iter::once(100).chain(1..=largest).find_map(fits).ok_or_else(|| {
        Refusal::new(
            format!("no weights from 0 to 999 give {to} exactly {percent} % and keep the ratio of the other groups"),
            "choose another percentage, or first bring the other groups to a simpler ratio",
        )
    })
}

/// The weights of a side as a ratio; a lone group has one whatever its weight.
fn ratio(side: &[(TargetGroupArn, u64)]) -> Option<Vec<(TargetGroupArn, u64)>> {
    match side {
        [(arn, _)] => Some(vec![(arn.clone(), 1)]),
        several if several.iter().any(|(_, weight)| *weight > 0) => Some(several.to_vec()),
        _ => None,
    }
}

fn no_ratio(to: &GroupName) -> Refusal {
    Refusal::new(
        format!("several target groups beside {to} have weight 0, so no ratio says how to share the rest"),
        "shift to each of them in turn",
    )
}

/// The source's actions with these weights in its forward action; everything else as it is.
fn with_weights(source: &TrafficSource, weights: &[(TargetGroupArn, u64)]) -> Result<Actions, Refusal> {
    let mut actions = source.actions.clone();
    let mut forwards = actions.iter_mut().filter(|action| action.is_forward());
    let (Some(forward), None) = (forwards.next(), forwards.next()) else {
        return Err(Refusal::new(
            format!("{} does not have exactly one forward action", source.label),
            "flightdeck moves weights inside one forward action only",
        ));
    };
    set_weights(forward, weights);
    Ok(actions)
}

fn set_weights(forward: &mut Action, weights: &[(TargetGroupArn, u64)]) {
    let before = forward.weights();
    let config = forward.forward_config.get_or_insert_with(ForwardConfig::default);
    // AWS's order is kept, so that the difference on the screen is the weights and nothing else.
    config.target_groups = before
        .into_iter()
        .map(|(arn, _)| {
            let weight = weights.iter().find(|(other, _)| *other == arn).map_or(0, |(_, weight)| *weight);
            TargetGroupTuple { target_group_arn: arn, weight: i32::try_from(weight).ok() }
        })
        .collect();
    forward.target_group_arn = None;
}
