//! What is watched of a cluster while its traffic moves: alarms by name, and limits of its metrics.

use std::ops::RangeInclusive;

use super::document::Section;
use super::values;
use crate::fleet::Text;
use crate::plan::{ClusterPolicy, GatePolicy};

/// Shares of answers that may be errors.
const ERRORS: RangeInclusive<f64> = 0.0..=100.0;
/// Times that make sense: a load balancer gives up after 4,000 s at the latest
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html>).
const RESPONSE_MS: RangeInclusive<u64> = 1..=4_000_000;
/// No target group holds more targets.
const HOSTS: RangeInclusive<u32> = 1..=1000;

/// Reads both into the policy of a cluster.
pub(super) fn read(cluster: &mut Section<'_>, policy: &mut ClusterPolicy) {
    let name = |item: super::document::Item<'_>| item.string().map(Text::new);
    policy.alarms = cluster.read("alarms", values::list(name));
    cluster.section("gates", |gates| {
        policy.gates = GatePolicy {
            max_5xx_percent: gates.read("max_5xx_percent", values::decimal(ERRORS)),
            max_response_ms: gates.read("max_response_ms", values::number(RESPONSE_MS)),
            min_healthy_hosts: gates.read("min_healthy_hosts", values::number(HOSTS)),
        };
    });
}
