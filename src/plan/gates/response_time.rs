//! 99 of 100 requests are answered in the time that the cluster's configuration allows.

use super::{CLOUDWATCH_LAG, Gate, Reading};

pub(super) const GATE: Gate = Gate {
    name: "response-time",
    lag: CLOUDWATCH_LAG,
    check: |watched| {
        let most = watched.limits.max_response_ms?;
        Some(watched.metrics(|name, metrics| match metrics.p99_ms {
            None => Reading::NoData(format!("no response time was counted in {name}")),
            Some(p99) if p99 > most => {
                Reading::Bad(format!("99 % of requests to {name} took up to {p99} ms, {most} ms are allowed"))
            }
            Some(p99) => Reading::Good(format!("99 % within {p99} ms in {name}")),
        }))
    },
};
