//! What is allowed to be planned. Built by `config`; the default is the strict one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::fleet::{ClusterId, ClusterSelector};

/// Limits of plans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Fewest healthy targets a side must have before it is given traffic, unless a cluster says otherwise.
    pub min_healthy: usize,
    /// What differs in some clusters; the first that says something wins.
    pub clusters: Vec<(ClusterSelector, ClusterPolicy)>,
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
        Self { min_healthy: 1, clusters: Vec::new(), production: BTreeMap::new() }
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
    pub fn min_healthy(&self, cluster: &ClusterId) -> usize {
        self.of(cluster).find_map(|own| own.min_healthy).unwrap_or(self.min_healthy)
    }

    /// Whether a cluster is production, by itself or with its account.
    pub fn is_production(&self, cluster: &ClusterId) -> bool {
        self.production.contains_key(cluster.place.account.raw())
            || self.of(cluster).any(|own| own.production)
    }

    fn of(&self, cluster: &ClusterId) -> impl Iterator<Item = &ClusterPolicy> {
        self.clusters.iter().filter(|(selector, _)| selector.matches(cluster)).map(|(_, own)| own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Place;

    fn of_orders(account: Option<&str>, own: ClusterPolicy) -> (ClusterSelector, ClusterPolicy) {
        (ClusterSelector { name: "orders".into(), account: account.map(Into::into), region: None }, own)
    }

    fn cluster(account: &str, name: &str) -> ClusterId {
        let place = Place { account: account.into(), region: "eu-west-1".into() };
        ClusterId { place, name: name.into() }
    }

    #[test]
    fn what_is_said_of_a_cluster_in_one_account_holds_there_alone() {
        let strict = ClusterPolicy { min_healthy: Some(6), production: true };
        let usual = ClusterPolicy { min_healthy: Some(2), production: false };
        let clusters = vec![of_orders(Some("1"), strict), of_orders(None, usual)];
        let policy = Policy { clusters, ..Policy::default() };
        assert_eq!(policy.min_healthy(&cluster("1", "orders")), 6);
        assert_eq!(policy.min_healthy(&cluster("2", "orders")), 2);
        assert_eq!(policy.min_healthy(&cluster("1", "search")), 1);
        assert!(policy.is_production(&cluster("1", "orders")));
        assert!(!policy.is_production(&cluster("2", "orders")));
    }
}
