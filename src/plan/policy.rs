//! What is allowed to be planned. Built by `config`; the default is the strict one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fleet::ClusterName;

/// Limits of plans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Fewest healthy targets a side must have before it is given traffic, unless a cluster says otherwise.
    pub min_healthy: usize,
    /// Per cluster.
    pub clusters: BTreeMap<ClusterName, ClusterPolicy>,
    /// Accounts marked as production: id → name.
    pub production: BTreeMap<String, String>,
}

/// Limits of one cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterPolicy {
    /// Fewest healthy targets of a side that is given traffic.
    pub min_healthy: Option<usize>,
    /// Whether the cluster is production, whatever its account.
    pub production: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_healthy: 1, clusters: BTreeMap::new(), production: BTreeMap::new() }
    }
}

impl Policy {
    /// A plan is refused when it is older than this at approval.
    pub const PLAN_LIFE: Duration = Duration::from_mins(5);

    /// Facts a guard decides on are at most this old.
    pub const FRESH: Duration = Duration::from_secs(10);

    /// Time a written weight is given to reach every node of a load balancer. AWS publishes no figure; twice the
    /// longest we know of.
    pub const PROPAGATION: Duration = Duration::from_secs(30);

    /// Fewest healthy targets a side of this cluster must have before it is given traffic.
    pub fn min_healthy(&self, cluster: &ClusterName) -> usize {
        self.clusters.get(cluster).and_then(|own| own.min_healthy).unwrap_or(self.min_healthy)
    }
}
