//! What is allowed to be planned. Built by `config`; the default is the strict one.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{DrillHours, Freeze, Recipe, Stepped};
use crate::fleet::{ClusterId, ClusterSelector, Text, Watched};

/// Limits of plans.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// Fewest healthy targets a side must have before it is given traffic, unless a cluster says otherwise.
    pub min_healthy: usize,
    /// What differs in some clusters; the first that says something wins.
    pub clusters: Vec<(ClusterSelector, ClusterPolicy)>,
    /// Accounts marked as production: id → name.
    pub production: BTreeMap<String, String>,
    /// Times in which nothing is changed.
    pub freezes: Vec<Freeze>,
    /// Where leases are kept, unless a cluster says otherwise.
    pub lease: LeaseStore,
    /// How images are built, a recipe a family.
    pub recipes: Vec<Recipe>,
}

/// Limits of one cluster.
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a configuration")]
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ClusterPolicy {
    /// Fewest healthy targets of a side that is given traffic.
    pub min_healthy: Option<usize>,
    /// Most instances that one plan may replace by name.
    pub max_replaced: Option<usize>,
    /// Whether the cluster is production, whatever its account.
    pub production: bool,
    /// CloudWatch alarms that must be quiet, metric and composite, by name; an empty list says that there are none.
    pub alarms: Option<Vec<Text>>,
    /// What its metrics must keep to while a bake lasts.
    pub gates: GatePolicy,
    /// How long a switch is watched before it counts as done, in seconds; 0 for not at all.
    pub bake: Option<u64>,
    /// How long the old side is to stay up after a switch, in seconds. flightdeck scales nothing down by itself.
    pub keep_warm: Option<u64>,
    /// Whether a person says yes before each further step of a shift.
    pub manual_gate: bool,
    /// Whether every change takes a reason or a ticket.
    pub require_reason: bool,
    /// Whether another STS principal approves every plan.
    pub two_people: bool,
    /// Where the lease and the remote record are kept.
    pub lease: Option<LeaseStore>,
    /// Hours in which drills are allowed; `None`: at no time.
    pub drills: Option<DrillHours>,
}

/// Where operators tell each other what they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LeaseStore {
    /// SSM Parameter Store, under `/flightdeck/`; needs nothing set up.
    #[default]
    Ssm,
    /// Nowhere: for accounts without SSM. Nothing keeps two operators apart then.
    None,
}

/// Limits of the metrics of a cluster's target groups while a bake lasts; what is left out is not watched.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct GatePolicy {
    /// Largest share of answers by targets that are 5xx, in percent.
    pub max_5xx_percent: Option<f64>,
    /// Longest time in milliseconds in which 99 of 100 requests are answered.
    pub max_response_ms: Option<u64>,
    /// Fewest healthy targets of a target group with traffic, as its load balancer counts them.
    pub min_healthy_hosts: Option<u32>,
}

impl GatePolicy {
    /// Whether anything is watched.
    pub fn is_on(&self) -> bool {
        self.max_5xx_percent.is_some() || self.max_response_ms.is_some() || self.min_healthy_hosts.is_some()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_healthy: 1,
            clusters: Vec::new(),
            production: BTreeMap::new(),
            freezes: Vec::new(),
            lease: LeaseStore::default(),
            recipes: Vec::new(),
        }
    }
}

impl Policy {
    /// A plan is refused when it is older than this at approval.
    pub const PLAN_LIFE: Duration = Duration::from_mins(5);

    /// A plan that waits for a second person is refused when it is older than this.
    pub const SECOND_PERSON: Duration = Duration::from_hours(1);

    /// Time between two changes of one cluster; the way back is exempt.
    pub const PACE: Duration = Duration::from_secs(5);

    /// How long the old side is to stay up after a switch where nothing else is said, in seconds.
    pub const KEEP_WARM: u64 = 3_600;

    /// Facts a guard decides on are at most this old.
    pub const FRESH: Duration = Duration::from_secs(10);

    /// Time a written weight is given to reach every node of a load balancer. AWS publishes no figure; twice the
    /// longest we know of.
    pub const PROPAGATION: Duration = Duration::from_secs(30);

    /// How images of a family are built; `None` where nothing says it.
    pub fn recipe(&self, family: &str) -> Option<&Recipe> {
        self.recipes.iter().find(|recipe| recipe.family == family)
    }

    /// Fewest healthy targets a side of this cluster must have before it is given traffic.
    pub fn min_healthy(&self, cluster: &ClusterId) -> usize {
        self.of(cluster).find_map(|own| own.min_healthy).unwrap_or(self.min_healthy)
    }

    /// Most instances of a group of this cluster that one plan may replace by name; half of its instances where nothing
    /// is said.
    pub fn max_replaced(&self, cluster: &ClusterId, instances: usize) -> usize {
        self.of(cluster).find_map(|own| own.max_replaced).unwrap_or_else(|| instances.div_ceil(2))
    }

    /// Whether a cluster is production, by itself or with its account.
    pub fn is_production(&self, cluster: &ClusterId) -> bool {
        self.production.contains_key(cluster.place.account.raw())
            || self.of(cluster).any(|own| own.production)
    }

    /// CloudWatch alarms that must be quiet before and while this cluster's traffic moves.
    pub fn alarms(&self, cluster: &ClusterId) -> &[Text] {
        self.of(cluster).find_map(|own| own.alarms.as_deref()).unwrap_or_default()
    }

    /// What the metrics of this cluster must keep to while a bake lasts.
    pub fn gates(&self, cluster: &ClusterId) -> GatePolicy {
        GatePolicy {
            max_5xx_percent: self.of(cluster).find_map(|own| own.gates.max_5xx_percent),
            max_response_ms: self.of(cluster).find_map(|own| own.gates.max_response_ms),
            min_healthy_hosts: self.of(cluster).find_map(|own| own.gates.min_healthy_hosts),
        }
    }

    /// How long a switch of this cluster is watched before it counts as done, in seconds.
    pub fn bake(&self, cluster: &ClusterId) -> u64 {
        self.of(cluster).find_map(|own| own.bake).unwrap_or(Stepped::BAKE)
    }

    /// How long the old side of this cluster is to stay up after a switch, in seconds.
    pub fn keep_warm(&self, cluster: &ClusterId) -> u64 {
        self.of(cluster).find_map(|own| own.keep_warm).unwrap_or(Self::KEEP_WARM)
    }

    /// Whether a person says yes before each further step of a shift of this cluster.
    pub fn manual_gate(&self, cluster: &ClusterId) -> bool {
        self.of(cluster).any(|own| own.manual_gate)
    }

    /// Whether every change of this cluster takes a reason.
    pub fn require_reason(&self, cluster: &ClusterId) -> bool {
        self.of(cluster).any(|own| own.require_reason)
    }

    /// Whether another STS principal approves every plan for this cluster.
    pub fn two_people(&self, cluster: &ClusterId) -> bool {
        self.of(cluster).any(|own| own.two_people)
    }

    /// Where the lease of this cluster is kept.
    pub fn lease(&self, cluster: &ClusterId) -> LeaseStore {
        self.of(cluster).find_map(|own| own.lease).unwrap_or(self.lease)
    }

    /// Hours in which drills of this cluster are allowed; `None`: at no time.
    pub fn drills(&self, cluster: &ClusterId) -> Option<&DrillHours> {
        self.of(cluster).find_map(|own| own.drills.as_ref())
    }

    /// Whether the lease of any cluster is kept where others can read it.
    pub fn keeps_leases(&self) -> bool {
        let is_kept = |store: LeaseStore| store == LeaseStore::Ssm;
        is_kept(self.lease) || self.clusters.iter().filter_map(|(_, own)| own.lease).any(is_kept)
    }

    /// The first freeze that holds this cluster between two instants; the same one twice asks for that instant.
    pub fn freeze(&self, cluster: &ClusterId, from: Timestamp, until: Timestamp) -> Option<&Freeze> {
        self.freezes.iter().find(|freeze| freeze.holds(cluster, from, until))
    }

    /// What CloudWatch has to be asked for these limits, for the look at one cluster.
    pub fn watched(&self) -> Vec<(ClusterSelector, Watched)> {
        let row = |own: &ClusterPolicy| Watched { alarms: own.alarms.clone(), metrics: own.gates.is_on() };
        self.clusters.iter().map(|(selector, own)| (selector.clone(), row(own))).collect()
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
        let strict = ClusterPolicy { min_healthy: Some(6), production: true, ..ClusterPolicy::default() };
        let usual = ClusterPolicy { min_healthy: Some(2), ..ClusterPolicy::default() };
        let clusters = vec![of_orders(Some("1"), strict), of_orders(None, usual)];
        let policy = Policy { clusters, ..Policy::default() };
        assert_eq!(policy.min_healthy(&cluster("1", "orders")), 6);
        assert_eq!(policy.min_healthy(&cluster("2", "orders")), 2);
        assert_eq!(policy.min_healthy(&cluster("1", "search")), 1);
        assert!(policy.is_production(&cluster("1", "orders")));
        assert!(!policy.is_production(&cluster("2", "orders")));
    }
}
