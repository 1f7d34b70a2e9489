//! Server groups: an Auto Scaling group with what it wants, its refreshes and its instances.

use crate::fleet::{
    Facts, GroupFact, GroupId, GroupName, LaunchSource, Refresh, RefreshFact, Seen, ServerGroup,
    TargetGroupArn, Text, Wanted,
};

use super::instances::Instances;
use super::traffic::Traffic;
use super::wants::{self, Templates};

/// What `DesiredCapacityType` says where units are instances.
const UNITS_ARE_INSTANCES: &str = "units";

/// The groups of a place, by name.
pub(super) fn of(
    facts: &Facts,
    instances: &Instances<'_>,
    traffic: &Traffic,
    templates: &Templates<'_>,
) -> Vec<ServerGroup> {
    let mut groups: Vec<ServerGroup> = facts
        .groups
        .iter()
        .flat_map(|seen| &seen.value)
        .map(|group| server_group(group, facts, instances, traffic, templates))
        .collect();
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    groups.dedup_by(|a, b| a.id == b.id);
    groups
}

fn server_group(
    fact: &GroupFact,
    facts: &Facts,
    instances: &Instances<'_>,
    traffic: &Traffic,
    templates: &Templates<'_>,
) -> ServerGroup {
    let wants = wants::of(&fact.source, templates, facts);
    let refreshes = facts.refreshes.get(&fact.name).map(|seen| seen.value.as_slice());
    let known =
        refreshes.is_some_and(|list| list.first().is_none_or(|newest| newest.status.is_active().is_some()));
    let with_wants = |refresh: &RefreshFact| Refresh {
        wants: goal(refresh, &wants, templates, facts),
        fact: refresh.clone(),
    };
    let find = |active: bool| {
        refreshes
            .unwrap_or_default()
            .iter()
            .find(|refresh| (refresh.status.is_active() == Some(true)) == active)
            .map(with_wants)
    };
    ServerGroup {
        id: GroupId { place: facts.place.clone(), name: fact.name.clone() },
        min: fact.min,
        desired: fact.desired,
        max: fact.max,
        weighted: is_weighted(fact),
        zones: fact.zones.clone(),
        subnets: fact.subnets.clone(),
        source: fact.source.clone(),
        refresh: find(true),
        last_refresh: find(false),
        refreshes_known: known,
        wants,
        live: fact.target_groups.iter().any(|target_group: &TargetGroupArn| traffic.is_live(target_group)),
        policies: of_group(fact, facts.policies.as_ref(), |policy| (&policy.group, &policy.name)),
        schedules: of_group(fact, facts.schedules.as_ref(), |action| (&action.group, &action.name)),
        target_groups: fact.target_groups.clone(),
        instances: instances.of_group(fact),
        suspended: fact.suspended.clone(),
        status: fact.status.clone(),
        operator: fact.operator.clone(),
        created_at: fact.created_at,
        tags: fact.tags.clone(),
    }
}

/// What of a list is about a group, by name; `None` where the list was not read, or read before the group was made.
fn of_group<T: Clone>(
    group: &GroupFact,
    list: Option<&Seen<Vec<T>>>,
    key: impl Fn(&T) -> (&GroupName, &Text),
) -> Option<Vec<T>> {
    let list = list.filter(|seen| group.created_at.is_none_or(|made| made <= seen.at))?;
    let mut found: Vec<T> = list.value.iter().filter(|one| *key(one).0 == group.name).cloned().collect();
    found.sort_by(|a, b| key(a).1.cmp(key(b).1));
    Some(found)
}

/// What a refresh goes to; the group's own configuration where it names none.
fn goal(refresh: &RefreshFact, own: &[Wanted], templates: &Templates<'_>, facts: &Facts) -> Vec<Wanted> {
    refresh.desired.as_ref().map_or_else(|| own.to_vec(), |desired| wants::of(desired, templates, facts))
}

/// Whether min, desired and max count something else than instances [LaunchTemplateOverrides, AutoScalingGroup].
fn is_weighted(fact: &GroupFact) -> bool {
    let by_type = fact.capacity_type.as_ref().is_some_and(|kind| kind.raw() != UNITS_ARE_INSTANCES);
    let by_override = match &fact.source {
        LaunchSource::Mixed { overrides, .. } => overrides
            .iter()
            .any(|entry| entry.weighted_capacity.as_ref().is_some_and(|weight| weight.raw() != "1")),
        _ => false,
    };
    by_type || by_override
}
