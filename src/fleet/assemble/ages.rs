//! How old an answer is: per section, and for a cluster the oldest of what its traffic is decided on.
//!
//! Facts that are asked once because they cannot change (numbered template versions, an image's parent) do not make
//! a cluster old.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::fleet::{Facts, InstanceId, Section, Seen, ServerGroup, TrafficSource};

/// When each section was read; where it is read in parts, its oldest part counts.
pub(super) fn sections(facts: &Facts) -> impl Iterator<Item = (Section, Timestamp)> {
    fn whole<T>(seen: Option<&Seen<T>>) -> Option<Timestamp> {
        seen.map(|seen| seen.at)
    }
    fn oldest<K, T>(parts: &BTreeMap<K, Seen<T>>) -> Option<Timestamp> {
        parts.values().map(|seen| seen.at).min()
    }
    [
        (Section::Instances, whole(facts.instances.as_ref())),
        (Section::Statuses, whole(facts.statuses.as_ref())),
        (Section::RootVolumes, whole(facts.root_volumes.as_ref())),
        (Section::Images, whole(facts.images.as_ref())),
        (Section::ImageMetadata, whole(facts.image_metadata.as_ref())),
        (Section::Groups, whole(facts.groups.as_ref())),
        (Section::Refreshes, oldest(&facts.refreshes)),
        (Section::Policies, whole(facts.policies.as_ref())),
        (Section::Schedules, whole(facts.schedules.as_ref())),
        (Section::Templates, whole(facts.templates.as_ref())),
        (Section::LaunchConfigurations, whole(facts.launch_configurations.as_ref())),
        (Section::LoadBalancers, whole(facts.load_balancers.as_ref())),
        (Section::Listeners, oldest(&facts.listeners)),
        (Section::Rules, oldest(&facts.rules)),
        (Section::TargetGroups, whole(facts.target_groups.as_ref())),
        (Section::TargetGroupAttributes, oldest(&facts.attributes)),
        (Section::TargetHealth, oldest(&facts.target_health)),
        (Section::Alarms, oldest(&facts.alarms)),
        (Section::Metrics, oldest(&facts.metrics)),
    ]
    .into_iter()
    .filter_map(|(section, at)| Some((section, at?)))
}

/// When the newest answer of a place arrived.
pub(super) fn newest(facts: &Facts) -> Option<Timestamp> {
    fn parts<K, T>(parts: &BTreeMap<K, Seen<T>>) -> Option<Timestamp> {
        parts.values().map(|seen| seen.at).max()
    }
    let newest_parts = [
        parts(&facts.refreshes),
        parts(&facts.listeners),
        parts(&facts.rules),
        parts(&facts.attributes),
        parts(&facts.target_health),
    ];
    sections(facts).map(|(_, at)| at).chain(newest_parts.into_iter().flatten()).max()
}

/// The oldest answer that a cluster's membership, traffic and target health rest on.
pub(super) fn cluster(
    facts: &Facts,
    groups: &[Arc<ServerGroup>],
    traffic: &[TrafficSource],
) -> Option<Timestamp> {
    let (group_list, instance_list) = (facts.groups.as_ref()?.at, facts.instances.as_ref()?.at);
    let of_group = |group: &ServerGroup| facts.read_at(Section::Groups, group.id.name.raw(), group_list);
    let of_instance = |id: &InstanceId| facts.read_at(Section::Instances, id.raw(), instance_list);
    let members = groups.iter().flat_map(|group| &group.instances).map(|instance| of_instance(&instance.id));
    // A cluster without instances, or without groups, is as old as the lists that say so.
    let mut oldest = match groups.iter().map(|group| of_group(group)).chain(members).min() {
        Some(oldest) if !facts.read_again.is_empty() => oldest,
        _ => group_list.min(instance_list),
    };
    for source in traffic {
        oldest = oldest.min(source.seen_at).min(facts.listeners.get(&source.load_balancer)?.at);
        if let Some(rules) = facts.rules.get(&source.listener) {
            oldest = oldest.min(rules.at);
        }
    }
    let attached = groups.iter().flat_map(|group| &group.target_groups);
    let weighed = traffic.iter().flat_map(|source| &source.weights).map(|weight| &weight.target_group);
    for target_group in attached.chain(weighed) {
        oldest = oldest.min(facts.target_health.get(target_group)?.at);
    }
    Some(oldest)
}
