//! What exists: facts only.
//!
//! [`Facts`] are what a provider saw; [`assemble()`] makes a [`Fleet`] of them, one immutable snapshot with clusters,
//! ages and gaps. No judgement is made here (`drift` does), nothing is planned (`plan` does), nothing is asked
//! (`provider` does), and time is passed in.

mod action;
mod assemble;
#[cfg(test)]
pub(crate) mod builders;
mod cluster;
mod facts;
mod gap;
mod group;
mod health;
mod identity;
mod ids;
mod image;
mod instance;
mod line;
mod lineage;
mod naming;
mod scope;
mod text;
mod traffic;
pub mod version;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use action::{Action, Actions, ForwardConfig, GroupStickiness, Setting, TargetGroupTuple, same_actions};
pub use assemble::assemble;
pub use cluster::{Cluster, FoundBy};
pub use facts::*;
pub use gap::Gap;
pub use group::{Refresh, ServerGroup, Wanted, WantedSource, candidates};
pub use health::{Health, TargetHealth, Verdict};
pub use identity::Identity;
pub use ids::*;
pub use image::{Availability, BAD_TAG, FamilyId, Image, Provenance};
pub use instance::{
    GROUP_TAG, ImageSource, Instance, Membership, QUARANTINE_TAG, QUARANTINED_FROM, RELEASED, Running,
};
pub use line::{Cursor, Line, Tail};
pub use lineage::{Ancestry, Base, Kin, Lineage, Node, Parent, Tree, Unsure, Use};
pub use naming::{ClusterNaming, ClusterSelector, FamilyNaming, Naming, ProvenanceTags, Watched};
pub use scope::Scope;
pub use text::{Exact, Text, clean};
pub use traffic::{TargetGroup, TrafficSource, Weight};

/// One observed snapshot of everything a session watches.
#[derive(Clone, PartialEq, Debug)]
pub struct Fleet {
    /// When the newest of its answers arrived.
    pub observed_at: Timestamp,
    /// Who asked; `None` where STS did not answer.
    pub identity: Option<Identity>,
    /// Accounts and regions that were looked at, also where nothing was found.
    pub places: Vec<Place>,
    /// Clusters by place and name.
    pub clusters: Vec<Cluster>,
    /// Running or stopped instances in no group, by place and id.
    pub unmanaged: Vec<Instance>,
    /// Instances whose group is not known, by place and id: the groups of their place could not be read, or were
    /// read before the instance was launched. They are shown, and nobody says they are unmanaged.
    pub unplaced: Vec<Instance>,
    /// Images by place and id.
    pub images: BTreeMap<(Place, ImageId), Image>,
    /// Launch template versions by template, oldest number first, as far as they are known.
    pub templates: BTreeMap<(Place, TemplateId), Vec<TemplateVersionFact>>,
    /// Target groups.
    pub target_groups: BTreeMap<TargetGroupArn, TargetGroup>,
    /// CloudWatch alarms that a cluster's configuration names, by place and name. They are read when one cluster is
    /// looked at, and by nothing else.
    pub alarms: BTreeMap<(Place, Text), Seen<Alarm>>,
    /// When each section was last read; the oldest part counts.
    pub ages: BTreeMap<(Place, Section), Timestamp>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Fleet {
    /// A fleet in which nothing has been looked at yet.
    pub fn empty(at: Timestamp) -> Self {
        Self {
            observed_at: at,
            identity: None,
            places: Vec::new(),
            clusters: Vec::new(),
            unmanaged: Vec::new(),
            unplaced: Vec::new(),
            images: BTreeMap::new(),
            templates: BTreeMap::new(),
            target_groups: BTreeMap::new(),
            alarms: BTreeMap::new(),
            ages: BTreeMap::new(),
            gaps: Vec::new(),
        }
    }

    /// A cluster by id.
    pub fn cluster(&self, id: &ClusterId) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.id == *id)
    }

    /// An image as seen in one place.
    pub fn image(&self, place: &Place, id: &ImageId) -> Option<&Image> {
        self.images.get(&(place.clone(), id.clone()))
    }

    /// Every instance once: of all groups, the unmanaged and the unplaced.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        let mut seen = std::collections::BTreeSet::new();
        self.clusters
            .iter()
            .flat_map(|cluster| &cluster.groups)
            .filter(move |group| seen.insert(&group.id))
            .flat_map(|group| &group.instances)
            .chain(&self.unmanaged)
            .chain(&self.unplaced)
    }

    /// Finds an instance with the cluster and the group it stands in.
    pub fn find_instance(
        &self,
        id: &InstanceId,
    ) -> Option<(Option<&Cluster>, Option<&ServerGroup>, &Instance)> {
        for cluster in &self.clusters {
            for group in &cluster.groups {
                if let Ok(at) = group.instances.binary_search_by(|instance| instance.id.cmp(id)) {
                    return Some((Some(cluster), Some(group), &group.instances[at]));
                }
            }
        }
        let ungrouped = self.unmanaged.iter().chain(&self.unplaced).find(|instance| instance.id == *id)?;
        Some((None, None, ungrouped))
    }

    /// A CloudWatch alarm by name; `None` where it was never asked for.
    pub fn alarm(&self, place: &Place, name: &Text) -> Option<&Seen<Alarm>> {
        self.alarms.get(&(place.clone(), name.clone()))
    }

    /// A target group by its name, which AWS gives once in a place; none that is only planned, and none that is in no
    /// list any more, which has no type.
    pub fn target_group_named(&self, place: &Place, name: &Text) -> Option<&TargetGroup> {
        let mut listed =
            self.target_groups.values().filter(|group| group.target_type.is_some() && !group.arn.is_to_be());
        listed.find(|group| group.name == *name && group.place == *place)
    }

    /// A launch template version, where it is known.
    pub fn template(&self, place: &Place, id: &TemplateId, number: i64) -> Option<&TemplateVersionFact> {
        let versions = self.templates.get(&(place.clone(), id.clone()))?;
        let at = versions.binary_search_by_key(&number, |version| version.number).ok()?;
        versions.get(at)
    }

    /// The gap that hides a fact, if any.
    pub fn gap(&self, place: &Place, section: Section, about: Option<&str>) -> Option<&Gap> {
        self.gaps.iter().find(|gap| gap.hides(place, section, about))
    }
}
