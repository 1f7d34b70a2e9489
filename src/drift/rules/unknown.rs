//! `unknown`: could not be judged: which fact is missing, and why.
//!
//! Here are the facts that no other rule owns: whether EC2 knows the instance, where it stands, and words of AWS
//! that we do not know. What a rule misses for its own judgement it writes down itself, under this name.

use crate::drift::{Findings, Rule, Severity, Standing, Subject};
use crate::fleet::{InstanceState, Section, Verdict};

/// Lifecycle states, without what may follow a colon [autoscaling: AutoScalingInstanceDetails].
const LIFECYCLE: [&str; 12] = [
    "Pending",
    "InService",
    "Standby",
    "EnteringStandby",
    "Terminating",
    "Terminated",
    "Detaching",
    "Detached",
    "Quarantined",
    "ReplacingRootVolume",
    "RootVolumeReplaced",
    "Warmed",
];

pub(super) struct Unknown;

impl Rule for Unknown {
    fn name(&self) -> &'static str {
        "unknown"
    }

    fn about(&self) -> &'static str {
        "could not be judged: which fact is missing, and why"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let instance = subject.instance;
        let place = subject.place();
        if matches!(subject.standing, Standing::Unplaced) {
            findings.unknown(subject, "which group it is in", || {
                place.any_gap(Section::Groups).map_or_else(
                    || "Its group launched it after the groups were read.".into(),
                    |_| place.why_missing(Section::Groups, ""),
                )
            });
        }
        if instance.facts.is_none() {
            findings.unknown(subject, "what EC2 knows of it", || {
                place.any_gap(Section::Instances).map_or_else(
                    || "Its group names it, EC2's answer does not: it is about to come, or gone.".into(),
                    |_| place.why_missing(Section::Instances, instance.id.raw()),
                )
            });
            return;
        }
        if let Some(InstanceState::Other(word)) = &instance.state {
            findings.unknown(subject, "its state", || foreign("EC2", word));
        }
        let lifecycle = instance.membership.as_ref().map(|membership| &membership.lifecycle);
        if let Some(word) =
            lifecycle.filter(|word| !LIFECYCLE.contains(&word.raw().split(':').next().unwrap_or_default()))
        {
            findings.unknown(subject, "its lifecycle state", || foreign("its group", word));
        }
        health(subject, findings);
    }
}

/// EC2's and the group's word; each target group's is judged by `traffic`.
fn health(subject: &Subject<'_>, findings: &mut Findings) {
    let (instance, place) = (subject.instance, subject.place());
    let health = &instance.health;
    match (&health.ec2, health.ec2_verdict()) {
        // An instance that has just begun to run has no status yet.
        (None, _) if instance.is_running() && place.any_gap(Section::Statuses).is_some() => {
            findings.unknown(subject, "its status checks", || {
                place.why_missing(Section::Statuses, instance.id.raw())
            });
        }
        (Some(status), Some(Verdict::Unknown)) => findings.unknown(subject, "its status checks", || {
            format!("EC2 says {} of its system, {} of itself.", status.system, status.instance)
        }),
        _ => {}
    }
    if let (Some(word), Some(Verdict::Unknown)) = (&health.group, health.group_verdict()) {
        findings.unknown(subject, "its health in its group", || foreign("its group", word));
    }
}

fn foreign(who: &str, word: &crate::fleet::Text) -> String {
    crate::drift::view::sentence(&format!("{who} says {word}, a word we do not know"))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::builders::{World, ago};
    use crate::fleet::{InstanceState, Section};

    fn world() -> World {
        let mut world = orders("ami-2");
        world.member("orders-blue", "i-1", "ami-2");
        world
    }

    fn whys_after(change: impl FnOnce(&mut World)) -> Vec<String> {
        let mut world = world();
        change(&mut world);
        whys(&world, "unknown")
    }

    #[test]
    fn a_fleet_that_was_read_whole_has_nothing_unknown() {
        assert!(whys_after(|_| {}).is_empty());
    }

    #[test]
    fn an_instance_that_ec2_does_not_name_is_unknown_once() {
        let silent = |world: &mut World| world.facts.instances.as_mut().unwrap().value.clear();
        assert_eq!(
            whys_after(silent),
            ["Its group names it, EC2's answer does not: it is about to come, or gone."]
        );
        let denied = |world: &mut World| {
            world.facts.instances = None;
            world.gap(Section::Instances, None);
        };
        assert_eq!(whys_after(denied), ["Not allowed."]);
    }

    #[test]
    fn an_instance_whose_group_is_not_known_is_unknown() {
        let fresh = |world: &mut World| {
            let instance = world.instance("i-2", "ami-2");
            instance.tags = [("aws:autoscaling:groupName".into(), "orders-blue".into())].into();
            instance.launched_at = Some(ago(SignedDuration::ZERO));
        };
        assert_eq!(whys_after(fresh), ["Its group launched it after the groups were read."]);
    }

    #[test]
    fn a_word_that_is_not_known_is_unknown() {
        let state =
            |world: &mut World| world.instance_mut("i-1").state = InstanceState::Other("melting".into());
        assert_eq!(whys_after(state), ["EC2 says melting, a word we do not know."]);
        let lifecycle =
            |world: &mut World| world.group_mut("orders-blue").members[0].lifecycle = "Dreaming:Wait".into();
        assert_eq!(whys_after(lifecycle), ["Its group says Dreaming:Wait, a word we do not know."]);
        let health = |world: &mut World| world.group_mut("orders-blue").members[0].health = "Puzzled".into();
        assert_eq!(whys_after(health), ["Its group says Puzzled, a word we do not know."]);
        let known = |world: &mut World| {
            world.group_mut("orders-blue").members[0].lifecycle = "Warmed:Running".into();
        };
        assert!(whys_after(known).is_empty());
    }

    #[test]
    fn status_checks_are_unknown_where_they_were_not_read_and_not_where_there_are_none_yet() {
        let young = |world: &mut World| world.facts.statuses.as_mut().unwrap().value.clear();
        assert!(whys_after(young).is_empty());
        let denied = |world: &mut World| {
            world.facts.statuses = None;
            world.gap(Section::Statuses, None);
        };
        assert_eq!(whys_after(denied), ["Not allowed."]);
        let silent = |world: &mut World| {
            let statuses = &mut world.facts.statuses.as_mut().unwrap().value;
            statuses.get_mut(&"i-1".into()).unwrap().system = "insufficient-data".into();
        };
        assert_eq!(whys_after(silent), ["EC2 says insufficient-data of its system, ok of itself."]);
    }

    #[test]
    fn a_rule_that_is_off_says_neither_what_it_found_nor_what_it_misses() {
        let mut world = world();
        world.facts.templates = None;
        assert!(!found(&world, "unknown").is_empty());
        let mut policy = crate::drift::Policy::default();
        for rule in ["behind", "ahead", "template-drift"] {
            let off = crate::drift::RuleSetting { on: Some(false), severity: None };
            policy.rules.insert(rule.parse().unwrap(), off);
        }
        assert!(crate::drift::rules::testing::found_by(&world, &policy, "unknown").is_empty());
    }
}
