//! Traffic: listeners and rules that send requests to target groups by weight.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    Actions, GroupName, GroupStickiness, InstanceId, ListenerArn, LoadBalancerArn, LoadBalancerKind, Metrics,
    Place, Seen, SourceArn, TargetFact, TargetGroupArn, TargetGroupAttributes, TargetState, Text,
};

/// A listener or rule that carries a cluster's traffic.
#[derive(Clone, PartialEq, Debug)]
pub struct TrafficSource {
    /// The listener or the rule.
    pub arn: SourceArn,
    /// Its listener.
    pub listener: ListenerArn,
    /// Its load balancer.
    pub load_balancer: LoadBalancerArn,
    /// Kind of the load balancer; only application load balancers are written to for now.
    pub kind: LoadBalancerKind,
    /// In words: `web :443 default`, `web :443 rule 10 path /api/*`.
    pub label: Text,
    /// Whether it is a listener's default action.
    pub default: bool,
    /// The whole action list as it was read.
    pub actions: Actions,
    /// Target groups of the forward action with their weights, in AWS's order.
    pub weights: Vec<Weight>,
    /// Stickiness of the group choice, where it is on.
    pub stickiness: Option<GroupStickiness>,
    /// When the action list was read.
    pub seen_at: Timestamp,
}

/// A target group's part of the traffic of one source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weight {
    /// The target group.
    pub target_group: TargetGroupArn,
    /// Server groups attached to it.
    pub groups: Vec<GroupName>,
    /// 0–999.
    pub weight: u32,
}

impl TrafficSource {
    /// Sum of all weights.
    pub fn total(&self) -> u32 {
        self.weights.iter().map(|weight| weight.weight).sum()
    }

    /// Share of a target group in percent, 0–100; 0 where all weights are 0.
    pub fn percent(&self, target_group: &TargetGroupArn) -> f64 {
        let own: u32 =
            self.weights.iter().filter(|w| w.target_group == *target_group).map(|w| w.weight).sum();
        share(own, self.total())
    }

    /// Share of a server group in percent, over all its target groups.
    pub fn group_percent(&self, group: &GroupName) -> f64 {
        let own: u32 = self.weights.iter().filter(|w| w.groups.contains(group)).map(|w| w.weight).sum();
        share(own, self.total())
    }
}

fn share(own: u32, total: u32) -> f64 {
    if total == 0 { 0.0 } else { f64::from(own) * 100.0 / f64::from(total) }
}

/// A target group with its attributes and the health of its targets.
#[derive(Clone, PartialEq, Debug)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: TargetGroupArn,
    /// Account and region.
    pub place: Place,
    /// Its name.
    pub name: Text,
    /// `instance`, `ip` …
    pub target_type: Option<Text>,
    /// Load balancers that send to it.
    pub load_balancers: Vec<LoadBalancerArn>,
    /// Server groups attached to it, by name.
    pub groups: Vec<GroupName>,
    /// Listeners and rules that name it, whatever cluster they belong to.
    pub sources: Vec<SourceArn>,
    /// Whether any of them gives it weight.
    pub live: bool,
    /// Attributes; `None`: not read.
    pub attributes: Option<TargetGroupAttributes>,
    /// Health of its targets; `None`: not read. Targets whose instance is terminated or in no answer of EC2 are
    /// gone already.
    pub health: Option<Seen<Vec<TargetFact>>>,
    /// What its load balancer counted; `None`: not asked for, or not read.
    pub metrics: Option<Seen<Metrics>>,
}

impl TargetGroup {
    /// Healthy targets; `None` where their health is not known.
    pub fn healthy(&self) -> Option<usize> {
        let targets = self.health.as_ref()?;
        Some(targets.value.iter().filter(|target| target.state == TargetState::Healthy).count())
    }

    /// Targets by instance.
    pub fn by_instance(&self) -> BTreeMap<&InstanceId, &TargetFact> {
        self.health.iter().flat_map(|seen| &seen.value).map(|target| (&target.id, target)).collect()
    }
}
