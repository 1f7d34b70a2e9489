//! How the traffic of one listener or rule divides: a group has exactly its share, the others keep their ratio.
//!
//! A group whose target group is not in the forward action yet is put in with weight 0 first: only then is it
//! health-checked.

use crate::fleet::{
    Action, Actions, Fleet, ForwardConfig, GroupName, TargetGroupArn, TargetGroupTuple, TrafficSource,
};
use crate::plan::change::weights;
use crate::plan::{Percent, Refusal};

use super::Given;

/// Weights AWS accepts [elbv2: TargetGroupTuple].
const MAX_WEIGHT: u64 = 999;

/// Weight of a lone target group that had none in writing, once it has company.
const ALL: i32 = 100;

/// Target groups with their weights.
type Part = Vec<(TargetGroupArn, u64)>;

/// A group's part of a source, and that of the others.
pub(super) struct Split<'a> {
    to: &'a GroupName,
    /// The group's own target groups.
    own: Part,
    /// All others.
    others: Part,
    /// The source's actions, with the group in them.
    pub actions: Actions,
    /// Target groups that had to be put in.
    pub added: Vec<TargetGroupArn>,
}

impl<'a> Split<'a> {
    /// Finds a group's part of a source.
    ///
    /// # Errors
    /// No target group of the group can stand in the action, or one holds several groups together.
    pub fn of(given: Given<'_>, source: &TrafficSource, to: &'a GroupName) -> Result<Self, Refusal> {
        let mut actions = source.actions.clone();
        let is_own = |arn: &TargetGroupArn| {
            given.cluster.group(to).is_some_and(|group| group.target_groups.contains(arn))
        };
        let mut added = Vec::new();
        if !weights(&actions).iter().any(|(arn, _)| is_own(arn)) {
            added.push(to_add(given, source, to)?);
            actions = with_added(source, &added)?;
        }
        let (own, others): (Part, Part) = weights(&actions)
            .into_iter()
            .map(|(arn, weight)| (arn, u64::from(weight)))
            .partition(|(arn, _)| is_own(arn));
        for (arn, _) in &own {
            alone(given.fleet, arn)?;
        }
        Ok(Self { to, own, others, actions, added })
    }

    /// The group's present share as a fraction: its weight, and the sum of all.
    pub fn present(&self) -> (u64, u64) {
        let sum = |part: &Part| part.iter().map(|(_, weight)| weight).sum::<u64>();
        let (own, others) = (sum(&self.own), sum(&self.others));
        (own, own + others)
    }

    /// Whether the group has exactly this share now.
    pub fn is_at(&self, percent: Percent) -> bool {
        let (own, total) = self.present();
        total > 0 && own * 100 == u64::from(percent.get()) * total && self.added.is_empty()
    }

    /// The shares on the way to a goal, in its direction, those that are not between dropped; then the goal.
    pub fn way(&self, goal: Percent, at: &[Percent]) -> Vec<Percent> {
        let (own, total) = self.present();
        let (own, total) = if total == 0 { (0, 1) } else { (own * 100, total) };
        let of = |percent: Percent| u64::from(percent.get()) * total;
        let up = of(goal) > own;
        let between = |percent: &Percent| {
            if up { of(*percent) > own && *percent < goal } else { of(*percent) < own && *percent > goal }
        };
        let mut shares: Vec<Percent> = at.iter().copied().filter(between).collect();
        shares.sort_unstable();
        shares.dedup();
        if !up {
            shares.reverse();
        }
        shares.push(goal);
        shares
    }

    /// The actions that give the group this share.
    ///
    /// # Errors
    /// No integers 0–999 express it, or a side has no ratio to go by.
    pub fn at(&self, percent: Percent) -> Result<Actions, Refusal> {
        let weights = divide(self.to, &self.own, &self.others, u64::from(percent.get()))?;
        let mut actions = self.actions.clone();
        set_weights(&mut actions, &weights);
        Ok(actions)
    }
}

/// One weight cannot tell groups apart that share a target group.
fn alone(fleet: &Fleet, arn: &TargetGroupArn) -> Result<(), Refusal> {
    let groups = fleet.target_groups.get(arn).map(|group| group.groups.as_slice()).unwrap_or_default();
    if groups.len() < 2 {
        return Ok(());
    }
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    Err(Refusal::new(
        format!("target group {} holds {} together", arn.name(), groups.join(" and ")),
        "one weight cannot tell them apart: give each group a target group of its own",
    ))
}

/// The target group of a group that can be put into an action it does not stand in.
fn to_add(given: Given<'_>, source: &TrafficSource, to: &GroupName) -> Result<TargetGroupArn, Refusal> {
    let attached = given.cluster.group(to).map(|group| group.target_groups.as_slice()).unwrap_or_default();
    // A target group belongs to one load balancer [guide: ALB target groups].
    let free: Vec<&TargetGroupArn> = attached
        .iter()
        .filter(|arn| {
            let group = given.fleet.target_groups.get(*arn);
            group.is_some_and(|group| {
                group.load_balancers.is_empty() || group.load_balancers.contains(&source.load_balancer)
            })
        })
        .collect();
    match (free.as_slice(), attached) {
        ([only], _) => Ok((*only).clone()),
        ([], []) => Err(Refusal::new(
            format!("{to} is attached to no target group, so no listener can send it traffic"),
            "attach a target group to it, with targets on the port of the others",
        )),
        ([], _) => Err(Refusal::new(
            format!("the target groups of {to} belong to other load balancers than {}", source.label),
            "a target group serves one load balancer: attach one of this load balancer to it",
        )),
        (several, _) => {
            let names: Vec<String> = several.iter().map(|arn| arn.name().to_string()).collect();
            Err(Refusal::new(
                format!(
                    "{to} has several target groups that are not in {}: {}",
                    source.label,
                    names.join(", ")
                ),
                "put the one you mean into the forward action with weight 0, then shift",
            ))
        }
    }
}

/// The source's actions with these target groups in its forward action, with weight 0.
pub(super) fn with_added(source: &TrafficSource, added: &[TargetGroupArn]) -> Result<Actions, Refusal> {
    let mut actions = source.actions.clone();
    let forward = the_forward(&mut actions).ok_or_else(|| not_one_forward(source))?;
    let mut tuples: Vec<TargetGroupTuple> = forward
        .weights()
        .into_iter()
        .map(|(arn, weight)| TargetGroupTuple { target_group_arn: arn, weight: i32::try_from(weight).ok() })
        .collect();
    // A lone group takes everything whatever its weight says; with company it has to say so.
    if let [only] = tuples.as_mut_slice() {
        only.weight = Some(ALL);
    }
    tuples
        .extend(added.iter().map(|arn| TargetGroupTuple { target_group_arn: arn.clone(), weight: Some(0) }));
    forward.forward_config.get_or_insert_with(ForwardConfig::default).target_groups = tuples;
    forward.target_group_arn = None;
    Ok(actions)
}

/// The only forward action of a list.
fn the_forward(actions: &mut Actions) -> Option<&mut Action> {
    let mut forwards = actions.iter_mut().filter(|action| action.is_forward());
    match (forwards.next(), forwards.next()) {
        (Some(forward), None) => Some(forward),
        _ => None,
    }
}

/// # Errors
/// There is none, or there are several: which one would be meant?
pub(super) fn one_forward(source: &TrafficSource) -> Result<(), Refusal> {
    match source.actions.iter().filter(|action| action.is_forward()).count() {
        1 => Ok(()),
        _ => Err(not_one_forward(source)),
    }
}

fn not_one_forward(source: &TrafficSource) -> Refusal {
    Refusal::new(
        format!("{} does not have exactly one forward action", source.label),
        "flightdeck moves weights inside one forward action only",
    )
}

fn set_weights(actions: &mut Actions, weights: &[(TargetGroupArn, u64)]) {
    let Some(forward) = the_forward(actions) else { return };
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
