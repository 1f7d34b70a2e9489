//! What is seen of an instance at a moment: everything that follows from the times kept of it, and from nothing else.
//!
//! That is why looking more often changes nothing: no phase is stored, so none can be missed.

use super::world::{Duty, EVER, HOUR, Ill, Instance, MINUTE, Moment, SECOND, TargetGroup};
use crate::fleet::{InstanceState, TargetState};

/// Passed checks times interval before a target counts as healthy, or failed ones before it does not.
const CHECKS: Moment = 20 * SECOND;
/// From running to `InService`, when it is registered with the target groups.
const REGISTERED: Moment = 3 * SECOND;
/// From a failed status check to the group's own verdict.
pub(super) const NOTICED: Moment = MINUTE;
/// Shutting down.
const SHUTDOWN: Moment = 25 * SECOND;
/// How long EC2 tells of a terminated instance.
const REMEMBERED: Moment = HOUR;

/// A target's state with AWS's reason and description.
pub(super) type TargetWord = (TargetState, Option<&'static str>, Option<&'static str>);

impl Instance {
    fn runs_from(&self) -> Moment {
        self.launched + Moment::from(self.boot.running)
    }

    /// From when it is in service, and registered with the target groups of its group.
    fn serves_from(&self) -> Moment {
        let back = if self.duty == Duty::Service { self.duty_from } else { EVER };
        self.runs_from().max(back) + REGISTERED
    }

    /// EC2's state; `None` before its launch and once EC2 has forgotten it.
    pub(super) fn state(&self, now: Moment) -> Option<InstanceState> {
        if now < self.launched {
            return None;
        }
        if let Some(drained) = self.drained.filter(|drained| now >= *drained) {
            return match now - drained {
                gone if gone < SHUTDOWN => Some(InstanceState::ShuttingDown),
                gone if gone < SHUTDOWN + REMEMBERED => Some(InstanceState::Terminated),
                _ => None,
            };
        }
        Some(if self.duty == Duty::Stopped {
            InstanceState::Stopped
        } else if now < self.runs_from() {
            InstanceState::Pending
        } else {
            InstanceState::Running
        })
    }

    /// System and instance status check; `None` where there is none yet, or none any more.
    pub(super) fn status(&self, now: Moment) -> Option<(&'static str, &'static str)> {
        (self.state(now) == Some(InstanceState::Running)).then(|| {
            if now < self.launched + Moment::from(self.boot.checked) {
                ("initializing", "initializing")
            } else if self.ill(now) == Some(Ill::Machine) {
                ("ok", "impaired")
            } else {
                ("ok", "ok")
            }
        })
    }

    /// The group's word for where it stands in its life; `None` once the group has let it go.
    pub(super) fn lifecycle(&self, now: Moment) -> Option<&'static str> {
        match self.drained {
            Some(drained) if now >= drained + SHUTDOWN => None,
            Some(_) => Some("Terminating"),
            None if self.duty == Duty::Standby && now < self.duty_from => Some("EnteringStandby"),
            None if self.duty == Duty::Standby => Some("Standby"),
            None if self.duty == Duty::Leaving => Some("Detaching"),
            None if now < self.serves_from() => Some("Pending"),
            None => Some("InService"),
        }
    }

    /// The group's word for its health.
    pub(super) fn group_health(&self, now: Moment) -> &'static str {
        if self.ill(now - NOTICED) == Some(Ill::Machine) { "Unhealthy" } else { "Healthy" }
    }

    /// What is wrong with it.
    pub(super) fn ill(&self, now: Moment) -> Option<Ill> {
        self.ailment
            .filter(|ailment| (ailment.from..ailment.until).contains(&now))
            .map(|ailment| ailment.kind)
    }

    /// A target group's word; `None` where it is not registered.
    pub(super) fn target(&self, group: &TargetGroup, now: Moment) -> Option<TargetWord> {
        let registered = self.serves_from();
        let drained = match self.duty {
            Duty::Service => self.drained,
            Duty::Standby | Duty::Leaving => {
                Some(self.drained.map_or(self.duty_from, |d| d.min(self.duty_from)))
            }
            Duty::Stopped => return None,
        };
        if now < registered {
            return None;
        }
        if let Some(drained) = drained {
            let word = "Target deregistration is in progress";
            return (now < drained).then_some((
                TargetState::Draining,
                Some("Target.DeregistrationInProgress"),
                Some(word),
            ));
        }
        let Some(in_use) = group.in_use else {
            let word = "Target group is not configured to receive traffic from the load balancer";
            return Some((TargetState::Unused, Some("Target.NotInUse"), Some(word)));
        };
        let first_check = registered.max(in_use);
        let answers = self.launched + Moment::from(self.boot.answers);
        if now < first_check + REGISTERED {
            let word = "Target registration is in progress";
            return Some((TargetState::Initial, Some("Elb.RegistrationInProgress"), Some(word)));
        }
        if now < first_check.max(answers) + CHECKS {
            let word = "Initial health checks in progress";
            return Some((TargetState::Initial, Some("Elb.InitialHealthChecking"), Some(word)));
        }
        Some(match self.ill(now - CHECKS) {
            None => (TargetState::Healthy, None, None),
            Some(Ill::Machine) => (TargetState::Unhealthy, Some("Target.Timeout"), Some("Request timed out")),
            Some(Ill::Program) => (
                TargetState::Unhealthy,
                Some("Target.ResponseCodeMismatch"),
                Some("Health checks failed with these codes: [503]"),
            ),
            Some(Ill::Strain) => (
                TargetState::Unhealthy,
                Some("Target.ResponseCodeMismatch"),
                Some("Health checks failed with these codes: [500]"),
            ),
        })
    }

    /// From when it carries its share, if nothing goes wrong: the moment a refresh waits for.
    pub(super) fn ready_from(&self) -> Moment {
        self.serves_from().max(self.launched + Moment::from(self.boot.answers)) + CHECKS
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::world::{Boot, Launch};
    use super::*;
    use crate::fleet::{MetadataOptions, TargetGroupAttributes, TargetGroupFact};

    fn instance() -> Instance {
        Instance {
            id: "i-0".into(),
            zone: "eu-west-1a".into(),
            address: 0,
            launched: 0,
            boot: Boot { running: 10_000, answers: 40_000, checked: 90_000 },
            launch: Arc::new(Launch {
                image: "ami-0".into(),
                instance_type: "m7g.large".into(),
                security_groups: Vec::new(),
                iam_profile: None,
                key_name: None,
                metadata: MetadataOptions::default(),
                ebs_optimized: true,
                devices: std::collections::BTreeMap::new(),
                template: None,
                units: None,
            }),
            tags: Arc::default(),
            drained: None,
            ailment: None,
            duty: Duty::Service,
            duty_from: EVER,
            protected: false,
            shifted_away: false,
        }
    }

    fn target_group(in_use: Option<Moment>) -> TargetGroup {
        TargetGroup {
            fact: TargetGroupFact {
                arn: "tg".into(),
                name: "tg".into(),
                target_type: None,
                load_balancers: Vec::new(),
            },
            attributes: TargetGroupAttributes {
                deregistration_delay: 60,
                slow_start: 0,
                sticky: false,
                sticky_seconds: None,
                fail_open_below: 1,
                written: std::collections::BTreeMap::new(),
            },
            port: 8080,
            in_use,
        }
    }

    fn word(instance: &Instance, group: &TargetGroup, now: Moment) -> Option<TargetState> {
        instance.target(group, now).map(|(state, ..)| state)
    }

    #[test]
    fn an_instance_boots_step_by_step() {
        let (instance, group) = (instance(), target_group(Some(EVER)));
        assert_eq!(instance.state(-1), None);
        assert_eq!(instance.state(0), Some(InstanceState::Pending));
        assert_eq!(instance.lifecycle(5 * SECOND), Some("Pending"));
        assert_eq!(instance.state(10 * SECOND), Some(InstanceState::Running));
        assert_eq!(instance.status(5 * SECOND), None);
        assert_eq!(instance.status(20 * SECOND), Some(("initializing", "initializing")));
        assert_eq!(instance.status(90 * SECOND), Some(("ok", "ok")));
        assert_eq!(word(&instance, &group, 5 * SECOND), None);
        assert_eq!(word(&instance, &group, 30 * SECOND), Some(TargetState::Initial));
        assert_eq!(word(&instance, &group, 59 * SECOND), Some(TargetState::Initial));
        assert_eq!(word(&instance, &group, 60 * SECOND), Some(TargetState::Healthy));
        assert_eq!(instance.ready_from(), 60 * SECOND);
    }

    #[test]
    fn an_instance_drains_shuts_down_and_is_forgotten() {
        let group = target_group(Some(EVER));
        let instance = Instance { drained: Some(HOUR + MINUTE), ..instance() };
        assert_eq!(word(&instance, &group, HOUR + 59 * SECOND), Some(TargetState::Draining));
        assert_eq!(instance.lifecycle(HOUR), Some("Terminating"));
        assert_eq!(instance.state(HOUR + 59 * SECOND), Some(InstanceState::Running));
        assert_eq!(instance.state(HOUR + MINUTE), Some(InstanceState::ShuttingDown));
        assert_eq!(word(&instance, &group, HOUR + MINUTE), None);
        assert_eq!(instance.state(HOUR + 2 * MINUTE), Some(InstanceState::Terminated));
        assert_eq!(instance.lifecycle(HOUR + 2 * MINUTE), None);
        assert_eq!(instance.state(3 * HOUR), None);
    }

    #[test]
    fn a_target_group_in_no_action_is_unused_and_is_checked_anew_once_it_is() {
        let instance = instance();
        assert_eq!(word(&instance, &target_group(None), HOUR), Some(TargetState::Unused));
        let added = target_group(Some(HOUR));
        assert_eq!(word(&instance, &added, HOUR + SECOND), Some(TargetState::Initial));
        assert_eq!(word(&instance, &added, HOUR + MINUTE), Some(TargetState::Healthy));
    }
}
