//! Behind every weight above 0 stands at least one healthy target. Needs no configuration and no CloudWatch.

use std::time::Duration;

use super::{Gate, Reading, Watched, nothing_carries};
use crate::fleet::TargetGroupArn;

pub(super) const GATE: Gate = Gate {
    name: "target-health",
    lag: Duration::ZERO,
    check: |watched| {
        let sides = watched.sides().map(|arn| side(watched, arn));
        Some(Reading::of_all(sides).unwrap_or_else(nothing_carries))
    },
};

fn side(watched: &Watched<'_>, arn: &TargetGroupArn) -> Reading {
    let name = arn.name();
    let group = watched.fleet.target_groups.get(arn);
    let Some((healthy, seen)) = group.and_then(|group| group.healthy().zip(group.health.as_ref())) else {
        return Reading::NoData(format!("the health of the targets of {name} could not be read"));
    };
    let targets = seen.value.len();
    match (watched.too_old(seen.at), healthy) {
        (Some(age), _) => Reading::NoData(format!("the health of the targets of {name} is {age}")),
        (None, 0) => {
            Reading::Bad(format!("{name} takes traffic and none of its {targets} targets is healthy"))
        }
        (None, healthy) => Reading::Good(format!("{healthy} of {targets} healthy in {name}")),
    }
}
