//! Of the answers that targets gave, no more are 5xx than the cluster's configuration allows.

use super::{CLOUDWATCH_LAG, Gate, Reading};

pub(super) const GATE: Gate = Gate {
    name: "errors-5xx",
    lag: CLOUDWATCH_LAG,
    check: |watched| {
        let most = watched.limits.max_5xx_percent?;
        Some(watched.metrics(|name, metrics| match metrics.percent_5xx() {
            None => Reading::NoData(format!("no requests were counted in {name}")),
            Some(share) if share > most => Reading::Bad(format!(
                "{share:.1} % of the answers of {name} were 5xx, {most} % are allowed ({} of {} requests)",
                metrics.errors_5xx.unwrap_or(0),
                metrics.requests.unwrap_or(0),
            )),
            Some(share) => Reading::Good(format!("{share:.1} % 5xx in {name}")),
        }))
    },
};
