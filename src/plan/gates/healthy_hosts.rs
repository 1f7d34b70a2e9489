//! A target group with traffic has as many healthy targets, by its load balancer's own count, as the cluster's
//! configuration asks for.

use super::{CLOUDWATCH_LAG, Gate, Reading};

pub(super) const GATE: Gate = Gate {
    name: "healthy-hosts",
    lag: CLOUDWATCH_LAG,
    check: |watched| {
        let least = watched.limits.min_healthy_hosts?;
        Some(watched.metrics(|name, metrics| match metrics.healthy_hosts {
            None => Reading::NoData(format!("no healthy hosts were counted in {name}")),
            Some(hosts) if hosts < least => Reading::Bad(format!(
                "{name} had {hosts} healthy hosts in the newest minute and needs {least}"
            )),
            Some(hosts) => Reading::Good(format!("{hosts} healthy hosts in {name}")),
        }))
    },
};
