//! Which rules are on, how bad their findings are, and how old an instance may be. Built by `config`; the default
//! needs no configuration.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Ignore, RULES, Rule, RuleName, Severity};
use crate::fleet::{ClusterId, ClusterSelector};

/// Age from which an instance is long-lived unless told otherwise: a month of missed patches.
pub const PHOENIX_AGE: Duration = Duration::from_hours(30 * 24);

/// What is judged, and how strictly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Rules that differ from their default.
    pub rules: BTreeMap<RuleName, RuleSetting>,
    /// Age from which an instance is `long-lived`.
    pub phoenix_age: Duration,
    /// What differs in some clusters; the first that says something wins.
    pub clusters: Vec<(ClusterSelector, ClusterPolicy)>,
    /// Findings that do not count for a time.
    pub ignores: Vec<Ignore>,
}

/// What differs in one cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterPolicy {
    /// Rules that differ; what is left out is as everywhere.
    pub rules: BTreeMap<RuleName, RuleSetting>,
    /// Its own phoenix age.
    pub phoenix_age: Option<Duration>,
}

/// What is told of one rule; `None` is as it would be without.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RuleSetting {
    /// Whether it judges at all.
    pub on: Option<bool>,
    /// How bad its findings are.
    pub severity: Option<Severity>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { rules: BTreeMap::new(), phoenix_age: PHOENIX_AGE, clusters: Vec::new(), ignores: Vec::new() }
    }
}

/// The policy of one cluster, looked up once.
pub(super) struct Settled {
    /// The rules that are on, in their order.
    pub(super) rules: Vec<Active>,
    /// The severity of `unknown`, where that rule is on.
    pub(super) unknown: Option<Severity>,
    pub(super) phoenix_age: Duration,
    /// What does not count at present; of several for one rule the one that lasts longest comes first.
    ignores: Vec<Arc<Ignore>>,
}

impl Settled {
    /// What keeps findings of a rule from counting.
    pub(super) fn ignored(&self, rule: RuleName) -> Option<Arc<Ignore>> {
        self.ignores.iter().find(|ignore| ignore.rule == rule).cloned()
    }
}

/// A rule that is on.
pub(super) struct Active {
    pub(super) rule: &'static dyn Rule,
    pub(super) name: RuleName,
    pub(super) severity: Severity,
}

impl Policy {
    /// The severity of a rule in a cluster, or outside of all clusters; `None` where it is off.
    pub fn severity(&self, rule: RuleName, cluster: Option<&ClusterId>) -> Option<Severity> {
        let settings = || {
            let own = self.of(cluster).map(|policy| &policy.rules);
            own.chain([&self.rules]).filter_map(|rules| rules.get(&rule))
        };
        let usual = RULES.get(rule.position())?.severity();
        let is_on = settings().find_map(|setting| setting.on).unwrap_or(true);
        is_on.then(|| settings().find_map(|setting| setting.severity).unwrap_or(usual))
    }

    fn of(&self, cluster: Option<&ClusterId>) -> impl Iterator<Item = &ClusterPolicy> {
        let is_meant = move |selector: &ClusterSelector| cluster.is_some_and(|id| selector.matches(id));
        self.clusters.iter().filter(move |(selector, _)| is_meant(selector)).map(|(_, own)| own)
    }

    /// When the next ignored finding counts again; `None` where none is ignored then.
    pub fn next_return(&self, at: Timestamp) -> Option<Timestamp> {
        self.ignores.iter().map(|ignore| ignore.until).filter(|until| *until > at).min()
    }

    fn ignored(&self, cluster: Option<&ClusterId>, at: Timestamp) -> Vec<Arc<Ignore>> {
        let is_meant = |ignore: &&Ignore| {
            ignore.until > at && cluster.is_some_and(|cluster| ignore.cluster.matches(cluster))
        };
        let mut ignores: Vec<_> = self.ignores.iter().filter(is_meant).cloned().map(Arc::new).collect();
        ignores.sort_by_key(|ignore| std::cmp::Reverse(ignore.until));
        ignores
    }

    pub(super) fn settle(&self, cluster: Option<&ClusterId>, at: Timestamp) -> Settled {
        let active = |rule: &&'static dyn Rule| {
            let name = RuleName::of(*rule);
            Some(Active { rule: *rule, name, severity: self.severity(name, cluster)? })
        };
        Settled {
            rules: RULES.iter().filter_map(active).collect(),
            unknown: self.severity(RuleName::UNKNOWN, cluster),
            phoenix_age: self.of(cluster).find_map(|policy| policy.phoenix_age).unwrap_or(self.phoenix_age),
            ignores: self.ignored(cluster, at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Place;

    fn setting(on: Option<bool>, severity: Option<Severity>) -> RuleSetting {
        RuleSetting { on, severity }
    }

    #[test]
    fn a_cluster_comes_before_the_fleet_and_the_fleet_before_the_default() {
        let behind: RuleName = "behind".parse().unwrap();
        let cluster = |name: &str| ClusterId {
            place: Place { account: "1".into(), region: "r".into() },
            name: name.into(),
        };
        let (orders, search) = (cluster("orders"), cluster("search"));
        let mut policy = Policy::default();
        assert_eq!(policy.severity(behind, Some(&orders)), Some(Severity::Warning));
        policy.rules.insert(behind, setting(Some(false), Some(Severity::Info)));
        assert_eq!(policy.severity(behind, Some(&orders)), None);
        let own = ClusterPolicy {
            rules: [(behind, setting(Some(true), None))].into(),
            phoenix_age: Some(Duration::from_hours(1)),
        };
        let selector = ClusterSelector { name: "orders".into(), account: None, region: None };
        policy.clusters.push((selector, own));
        assert_eq!(policy.severity(behind, Some(&orders)), Some(Severity::Info));
        assert_eq!(policy.severity(behind, Some(&search)), None);
        assert_eq!(policy.severity(behind, None), None);
        assert_eq!(policy.settle(Some(&orders), Timestamp::MIN).phoenix_age, Duration::from_hours(1));
        assert_eq!(policy.settle(None, Timestamp::MIN).phoenix_age, PHOENIX_AGE);
    }
}
