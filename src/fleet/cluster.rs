//! Clusters: the server groups that serve one purpose and share traffic.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{ClusterId, ImageId, Instance, ServerGroup, TrafficSource};

/// How a cluster was found, the strongest way first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FoundBy {
    /// `[[cluster]]` in the configuration.
    Configuration,
    /// A tag of its groups.
    Tag,
    /// A listener or rule its groups share.
    Traffic,
    /// Its groups' names without the colour or the version.
    Name,
}

/// A cluster.
#[derive(Clone, PartialEq, Debug)]
pub struct Cluster {
    /// Account, region and name.
    pub id: ClusterId,
    /// How it was found.
    pub found_by: FoundBy,
    /// Where the configuration found it: the patterns that a group's whole name matches one of.
    pub patterns: Vec<String>,
    /// Its groups by name; a group may stand in several clusters.
    pub groups: Vec<Arc<ServerGroup>>,
    /// Listeners and rules that carry its traffic.
    pub traffic: Vec<TrafficSource>,
    /// The oldest of the answers that its membership, traffic and target health rest on; `None` where one of them
    /// was never read.
    pub seen_at: Option<Timestamp>,
}

impl Cluster {
    /// Its instances, group by group.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.groups.iter().flat_map(|group| &group.instances)
    }

    /// A group by name.
    pub fn group(&self, name: &super::GroupName) -> Option<&Arc<ServerGroup>> {
        self.groups.iter().find(|group| group.id.name == *name)
    }

    /// The distinct images that serve traffic now: the cluster's spread.
    pub fn spread(&self) -> BTreeSet<&ImageId> {
        self.groups
            .iter()
            .filter(|group| group.live || self.traffic.is_empty())
            .flat_map(|group| &group.instances)
            .filter_map(|instance| instance.running.as_ref().map(|running| &running.image))
            .collect()
    }
}
