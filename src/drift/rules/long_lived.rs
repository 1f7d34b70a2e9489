//! `long-lived`: older than the phoenix age of its cluster. A stop and start begins the age anew, as EC2's launch
//! time does.

use jiff::SignedDuration;

use crate::drift::{Findings, Rule, Severity, Subject};
use crate::fleet::Section;

const HOURS_OF_A_DAY: i64 = 24;

pub(super) struct LongLived;

impl Rule for LongLived {
    fn name(&self) -> &'static str {
        "long-lived"
    }

    fn about(&self) -> &'static str {
        "is older than the phoenix age allowed for its cluster"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(launched_at) = subject.instance.launched_at else {
            if subject.instance.facts.is_some() {
                findings.unknown(subject, "when it was launched", || {
                    subject.place().why_missing(Section::Instances, subject.instance.id.raw())
                });
            }
            return;
        };
        let age = subject.at.duration_since(launched_at);
        let allowed = SignedDuration::try_from(subject.phoenix_age).unwrap_or(SignedDuration::MAX);
        if age > allowed {
            let (age, allowed) = (days_and_hours(age), days_and_hours(allowed));
            let why = format!("It has run for {age}; after {allowed} it should have been replaced.");
            findings.found(subject, format!("at most {allowed}"), age, why);
        }
    }
}

/// `41 d`, `3 d 4 h`, `5 h`; minutes where there is no hour.
fn days_and_hours(time: SignedDuration) -> String {
    let (days, hours) = (time.as_hours() / HOURS_OF_A_DAY, time.as_hours() % HOURS_OF_A_DAY);
    match (days, hours) {
        (0, 0) => format!("{} min", time.as_mins()),
        (0, hours) => format!("{hours} h"),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::SignedDuration;

    use crate::drift::rules::testing::{found, found_by, orders};
    use crate::drift::{ClusterPolicy, Policy};
    use crate::fleet::ClusterSelector;
    use crate::fleet::builders::ago;

    #[test]
    fn age_is_measured_against_the_clusters_phoenix_age() {
        let own = |hours| ClusterPolicy {
            phoenix_age: Some(Duration::from_hours(hours)),
            ..ClusterPolicy::default()
        };
        for (age, cluster, expected) in [
            (24 * 30, None, vec![]),
            (24 * 30 + 25, None, vec!["31 d 1 h for at most 30 d"]),
            (3, Some(own(2)), vec!["3 h for at most 2 h"]),
            (24 * 41, Some(own(24 * 60)), vec![]),
        ] {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", "ami-2");
            world.instance_mut("i-1").launched_at = Some(ago(SignedDuration::from_hours(age)));
            let mut policy = Policy::default();
            let selector = ClusterSelector { name: "orders".into(), account: None, region: None };
            policy.clusters.extend(cluster.map(|cluster| (selector, cluster)));
            assert_eq!(found_by(&world, &policy, "long-lived"), expected, "{age}");
        }
    }

    #[test]
    fn an_unknown_launch_is_unknown() {
        let mut world = orders("ami-2");
        world.member("orders-blue", "i-1", "ami-2");
        world.instance_mut("i-1").launched_at = None;
        assert!(found(&world, "long-lived").is_empty());
        assert_eq!(found(&world, "unknown"), ["unknown for when it was launched"]);
    }
}
