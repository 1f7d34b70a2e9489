//! What CloudWatch is asked when one cluster is looked at: only what its configuration names, so that without any it
//! is not asked at all.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::read::watching::Points;
use super::task::Task;
use crate::fleet::{Cluster, LoadBalancerArn, LoadBalancerKind, Metrics, TargetGroupArn, Watched};

/// A period of the metrics, in seconds: load balancers publish by the minute [guide: ALB CloudWatch metrics].
pub(super) const MINUTE: i64 = 60;
/// How far back metrics are asked for, in seconds: long enough for the newest minutes to have arrived, short enough
/// that what was before the last step is soon forgotten.
pub(super) const WINDOW: i64 = 5 * MINUTE;
/// Most names in one DescribeAlarms [cloudwatch].
const NAMES: usize = 100;
/// Most sides in one GetMetricData, which takes 500 queries [cloudwatch].
const SIDES: usize = 500 / Counted::OF_APPLICATIONS.len();

/// What a load balancer counts of a target group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Counted {
    Requests,
    Errors,
    P99,
    HealthyHosts,
}

impl Counted {
    /// What application load balancers count.
    const OF_APPLICATIONS: [Self; 4] = [Self::Requests, Self::Errors, Self::P99, Self::HealthyHosts];

    /// The name of the metric.
    pub(super) fn metric(self) -> &'static str {
        match self {
            Self::Requests => "RequestCount",
            Self::Errors => "HTTPCode_Target_5XX_Count",
            Self::P99 => "TargetResponseTime",
            Self::HealthyHosts => "HealthyHostCount",
        }
    }

    /// The statistic of a minute.
    pub(super) fn statistic(self) -> &'static str {
        match self {
            Self::Requests | Self::Errors => "Sum",
            Self::P99 => "p99",
            Self::HealthyHosts => "Minimum",
        }
    }
}

/// A target group behind its load balancer, in the words of CloudWatch's dimensions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Side {
    pub(super) target_group: TargetGroupArn,
    pub(super) namespace: &'static str,
    pub(super) balancer_dimension: String,
    pub(super) group_dimension: String,
}

impl Side {
    /// `None` where CloudWatch has no metrics of such a load balancer, or an ARN is none.
    fn of(load_balancer: &LoadBalancerArn, target_group: &TargetGroupArn) -> Option<Self> {
        let namespace = match load_balancer.kind() {
            LoadBalancerKind::Application => "AWS/ApplicationELB",
            LoadBalancerKind::Network => "AWS/NetworkELB",
            LoadBalancerKind::Gateway | LoadBalancerKind::Other(_) => return None,
        };
        let (_, balancer) = load_balancer.raw().split_once(":loadbalancer/")?;
        let (_, group) = target_group.raw().split_once(":targetgroup/")?;
        Some(Self {
            target_group: target_group.clone(),
            namespace,
            balancer_dimension: balancer.to_owned(),
            group_dimension: format!("targetgroup/{group}"),
        })
    }

    /// What is counted of it: a network load balancer knows no requests.
    pub(super) fn counts(&self) -> &'static [Counted] {
        match self.namespace {
            "AWS/ApplicationELB" => &Counted::OF_APPLICATIONS,
            _ => &[Counted::HealthyHosts],
        }
    }
}

/// The questions about one cluster as it was last seen.
pub(super) fn tasks(watched: &Watched, cluster: &Cluster, now: Timestamp) -> Vec<Task> {
    let names = watched.alarms.as_deref().unwrap_or_default();
    let mut tasks: Vec<Task> = names.chunks(NAMES).map(|names| Task::Alarms(names.to_vec())).collect();
    if watched.metrics {
        let weights =
            cluster.traffic.iter().flat_map(|source| source.weights.iter().map(move |w| (source, w)));
        let mut sides: Vec<Side> =
            weights.filter_map(|(source, w)| Side::of(&source.load_balancer, &w.target_group)).collect();
        sides.sort();
        sides.dedup();
        tasks.extend(sides.chunks(SIDES).map(|sides| Task::Metrics(sides.to_vec(), now)));
    }
    tasks
}

/// Sums the points of all pages up, side by side; a side without a point is one of which nothing is known.
pub(super) fn metrics_of(sides: &[Side], points: Vec<Points>) -> BTreeMap<TargetGroupArn, Metrics> {
    let mut all: BTreeMap<TargetGroupArn, BTreeMap<Counted, Vec<(Timestamp, f64)>>> =
        sides.iter().map(|side| (side.target_group.clone(), BTreeMap::new())).collect();
    for (target_group, counted, more) in points {
        all.entry(target_group).or_default().entry(counted).or_default().extend(more);
    }
    all.into_iter()
        .map(|(target_group, counts)| {
            let of = |counted| counts.get(&counted).map_or(&[][..], Vec::as_slice);
            let sum = |counted| of(counted).iter().map(|(_, value)| value).sum::<f64>();
            let busy = of(Counted::Requests).iter().filter(|(_, value)| *value > 0.0).map(|(at, _)| *at);
            let slowest = of(Counted::P99).iter().map(|(_, value)| value * 1000.0).reduce(f64::max);
            let newest = of(Counted::HealthyHosts).iter().max_by_key(|(at, _)| *at);
            let counted_at = busy.max();
            let metrics = Metrics {
                requests: counted_at.map(|_| whole(sum(Counted::Requests))),
                errors_5xx: counts.get(&Counted::Errors).map(|_| whole(sum(Counted::Errors))),
                p99_ms: slowest.map(whole),
                healthy_hosts: newest.map(|(_, hosts)| u32::try_from(whole(*hosts)).unwrap_or(u32::MAX)),
                counted_at,
            };
            (target_group, metrics)
        })
        .collect()
}

/// A count; what is none is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates, and a count is none below 0"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests;
