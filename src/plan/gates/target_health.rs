//! Behind every weight above 0 stands at least one healthy target. Needs no configuration and no CloudWatch.

use std::time::Duration;

use super::{Gate, Reading, Watched};

pub(super) const GATE: Gate =
    Gate { name: "target-health", lag: Duration::ZERO, check: |watched| Some(check(watched)) };

fn check(watched: &Watched<'_>) -> Reading {
    let (mut good, mut unknown) = (Vec::new(), None);
    for weight in watched.source.weights.iter().filter(|weight| weight.weight > 0) {
        let arn = &weight.target_group;
        let name = arn.name();
        let health =
            watched.fleet.target_groups.get(arn).and_then(|group| group.healthy().zip(group.health.as_ref()));
        match health {
            None => unknown = Some(format!("the health of the targets of {name} could not be read")),
            Some((healthy, seen)) => {
                if let Some(age) = watched.too_old(seen.at) {
                    unknown = Some(format!("the health of the targets of {name} is {age}"));
                } else if healthy == 0 {
                    return Reading::Bad(format!(
                        "{name} takes traffic and none of its {} targets is healthy",
                        seen.value.len()
                    ));
                } else {
                    good.push(format!("{healthy} of {} healthy in {name}", seen.value.len()));
                }
            }
        }
    }
    match unknown {
        Some(why) => Reading::NoData(why),
        None if good.is_empty() => Reading::NoData("no target group has a weight above 0".into()),
        None => Reading::Good(good.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::{GateFinding, watch};
    use super::*;
    use crate::fleet::TargetState;
    use crate::fleet::builders::read_at;
    use crate::plan::Policy;
    use crate::plan::tests::{Orders, orders};

    fn reading(orders: &Orders, seconds: i64) -> Reading {
        let fleet = orders.world.fleet();
        let at = read_at() + SignedDuration::from_secs(seconds);
        let cluster = &fleet.clusters[0];
        let mut found = watch(&fleet, cluster, &cluster.traffic[0], &Policy::default(), at);
        let GateFinding { name, reading, lag } = found.remove(0);
        assert_eq!((name, lag, found.len()), ("target-health", Duration::ZERO, 0));
        reading
    }

    fn all(orders: &mut Orders, green: bool, state: &TargetState) {
        let arn = if green { orders.green.clone() } else { orders.blue.clone() };
        for target in orders.world.targets_mut(&arn) {
            target.state = state.clone();
        }
    }

    #[test]
    fn a_side_with_traffic_and_no_healthy_target_is_bad_and_one_without_traffic_is_not_asked() {
        let mut both = orders(90, 10);
        assert_eq!(reading(&both, 0).why(), "2 of 2 healthy in orders-blue, 2 of 2 healthy in orders-green");
        for state in [TargetState::Unhealthy, TargetState::Draining, TargetState::Unused] {
            all(&mut both, true, &state);
            let bad = "orders-green takes traffic and none of its 2 targets is healthy";
            assert_eq!(reading(&both, 0), Reading::Bad(bad.into()));
        }
        let mut idle = orders(100, 0);
        all(&mut idle, true, &TargetState::Unhealthy);
        assert_eq!(reading(&idle, 0), Reading::Good("2 of 2 healthy in orders-blue".into()));
    }

    #[test]
    fn unknown_and_old_health_is_no_data_and_never_hides_what_is_bad() {
        let mut both = orders(90, 10);
        assert!(matches!(reading(&both, 10), Reading::Good(_)));
        let old = "the health of the targets of orders-green is 11 s old and may be 10 s";
        assert_eq!(reading(&both, 11), Reading::NoData(old.into()));
        let green = both.green.clone();
        both.world.facts.target_health.remove(&green);
        let unread = "the health of the targets of orders-green could not be read";
        assert_eq!(reading(&both, 0), Reading::NoData(unread.into()));
        all(&mut both, false, &TargetState::Unhealthy);
        assert!(matches!(reading(&both, 0), Reading::Bad(_)));
    }
}
