//! The sides of a cluster as guards count them: healthy targets that can take traffic, by zone; and images.
//!
//! Counted once for a plan, because every guard asks for every step.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::fleet::{
    Cluster, Fleet, ImageId, InstanceId, TargetFact, TargetGroup, TargetGroupArn, TargetState, Zone,
};

/// Every target group that stands behind a cluster.
pub(super) struct Sides<'a> {
    sides: BTreeMap<&'a TargetGroupArn, Side<'a>>,
}

/// One target group.
#[derive(Default)]
pub(super) struct Side<'a> {
    /// The target group itself; `None` where it was not seen.
    pub group: Option<&'a TargetGroup>,
    /// Healthy targets that are not shifted away; `None` where their health is not known.
    pub healthy: Option<usize>,
    /// Those of them whose zone is known, by zone.
    pub zones: BTreeMap<Zone, usize>,
    /// Targets that are meant to stay: those being drained do not count.
    pub registered: usize,
    /// Images its instances run, by server group.
    pub images: Vec<Images<'a>>,
}

/// What the instances of one server group run.
pub(super) struct Images<'a> {
    /// The server group's name.
    pub group: &'a crate::fleet::GroupName,
    /// Their images.
    pub known: BTreeSet<&'a ImageId>,
    /// Instances whose image is not known.
    pub unknown: usize,
}

impl<'a> Sides<'a> {
    pub fn of(fleet: &'a Fleet, cluster: &'a Cluster) -> Self {
        let zones: HashMap<&InstanceId, &Zone> = cluster
            .instances()
            .filter_map(|instance| Some((&instance.id, instance.zone.as_ref()?)))
            .collect();
        let mut sides: BTreeMap<&TargetGroupArn, Side<'a>> = BTreeMap::new();
        let named =
            cluster.traffic.iter().flat_map(|source| &source.weights).map(|weight| &weight.target_group);
        let attached = cluster.groups.iter().flat_map(|group| &group.target_groups);
        for arn in named.chain(attached) {
            sides.entry(arn).or_insert_with(|| Side::of(fleet.target_groups.get(arn), &zones));
        }
        for group in &cluster.groups {
            let mut images = Images { group: &group.id.name, known: BTreeSet::new(), unknown: 0 };
            let mut last = None;
            for instance in &group.instances {
                let image = instance.running.as_ref().map(|running| &running.image);
                match image {
                    None => images.unknown += 1,
                    // Nearly all run the same.
                    Some(_) if image == last => {}
                    Some(image) => {
                        images.known.insert(image);
                    }
                }
                last = image;
            }
            for arn in &group.target_groups {
                let images =
                    Images { group: images.group, known: images.known.clone(), unknown: images.unknown };
                sides.entry(arn).or_default().images.push(images);
            }
        }
        Self { sides }
    }

    /// A side, where it stands behind the cluster.
    pub fn get(&self, arn: &TargetGroupArn) -> Option<&Side<'a>> {
        self.sides.get(arn)
    }

    /// Healthy targets of a side that can take traffic; `None` where that is not known.
    pub fn healthy(&self, arn: &TargetGroupArn) -> Option<usize> {
        self.get(arn)?.healthy
    }

    /// The images of these sides, each server group once.
    pub fn images(&self, arns: &[TargetGroupArn]) -> Vec<&Images<'a>> {
        let mut found: Vec<&Images<'a>> = Vec::new();
        for images in arns.iter().filter_map(|arn| self.get(arn)).flat_map(|side| &side.images) {
            if found.iter().all(|other| other.group != images.group) {
                found.push(images);
            }
        }
        found
    }
}

impl<'a> Side<'a> {
    /// A target group by itself, its zones left out.
    pub fn counted(group: &'a TargetGroup) -> Self {
        Self::of(Some(group), &HashMap::new())
    }

    fn of(group: Option<&'a TargetGroup>, zone_of: &HashMap<&InstanceId, &Zone>) -> Self {
        let mut side = Self { group, ..Self::default() };
        let Some(health) = group.and_then(|group| group.health.as_ref()) else {
            return side;
        };
        let mut healthy = 0;
        // Zones are few and targets many.
        let mut zones: BTreeMap<&Zone, usize> = BTreeMap::new();
        for target in &health.value {
            if !is_leaving(&target.state) {
                side.registered += 1;
            }
            if takes_traffic(target) {
                healthy += 1;
                if let Some(zone) = zone_of.get(&target.id) {
                    *zones.entry(zone).or_default() += 1;
                }
            }
        }
        side.healthy = Some(healthy);
        side.zones = zones.into_iter().map(|(zone, count)| (zone.clone(), count)).collect();
        side
    }

    /// States of the targets that are not healthy, in words.
    pub fn others(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for target in self.group.into_iter().flat_map(|group| &group.health).flat_map(|seen| &seen.value) {
            let word = if target.shifted_away { "shifted away".to_string() } else { target.state.word() };
            if !takes_traffic(target) && !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }
}

fn takes_traffic(target: &TargetFact) -> bool {
    target.state == TargetState::Healthy && !target.shifted_away
}

fn is_leaving(state: &TargetState) -> bool {
    matches!(state, TargetState::Draining | TargetState::UnhealthyDraining)
}
