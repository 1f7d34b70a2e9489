//! `traffic`: takes requests while unhealthy, or is healthy and gets none.
//!
//! Only target groups with weight count. A zonal shift keeps requests away on purpose and says so. What starts or
//! leaves (initial, draining, not in service) is on its way and no finding.

use jiff::SignedDuration;

use crate::drift::view::sentence;
use crate::drift::{Findings, Live, Rule, Severity, Subject, TargetView};
use crate::fleet::{Section, TargetHealth, TargetState, Verdict};

/// A group registers what it launches within this time; before, a missing target is no finding.
const REGISTRATION: SignedDuration = SignedDuration::from_mins(2);

/// The only kind of target group whose targets are instances by id.
const BY_INSTANCE: &str = "instance";

pub(super) struct Traffic;

impl Rule for Traffic {
    fn name(&self) -> &'static str {
        "traffic"
    }

    fn about(&self) -> &'static str {
        "takes traffic while unhealthy, or is healthy and gets none"
    }

    fn severity(&self) -> Severity {
        Severity::Critical
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        for health in &subject.instance.health.targets {
            match subject.target(&health.target_group) {
                Some(target) if target.live == Live::Yes => judge_target(subject, target, health, findings),
                _ => {}
            }
        }
        let Some(group) = subject.group() else { return };
        for target in &group.targets {
            judge_place(subject, target, findings);
        }
    }
}

/// Judges what a target group with weight says of the instance.
fn judge_target(
    subject: &Subject<'_>,
    target: &TargetView<'_>,
    health: &TargetHealth,
    findings: &mut Findings,
) {
    let name = &target.group.name;
    let reason = || health.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    match &health.state {
        TargetState::Healthy if health.shifted_away => {
            let why = format!("A zonal shift keeps the requests of {name} away from it, on purpose.");
            findings.on_purpose(subject, format!("requests of {name}"), "shifted away".into(), why);
        }
        TargetState::Healthy => {
            if let Some(who) = calls_it_unhealthy(subject) {
                let why = format!("It takes requests of {name}, though {who} calls it unhealthy.");
                findings.found(subject, "healthy".into(), format!("unhealthy by {who}"), why);
            }
        }
        TargetState::Unhealthy => {
            let actual = format!("unhealthy in {name}{}", reason());
            findings.found(subject, format!("healthy in {name}"), actual, unhealthy(target));
        }
        TargetState::Unused if is_sound(subject) => {
            let why = format!(
                "It is in service and gets no requests of {name}: its zone is not enabled there, or its place is \
                 not used."
            );
            findings.found(subject, format!("requests of {name}"), format!("unused{}", reason()), why);
        }
        TargetState::Unavailable => findings.unknown(subject, &format!("health in {name}"), || {
            format!("{name} does not check it{}.", reason())
        }),
        TargetState::Other(word) => findings.unknown(subject, &format!("health in {name}"), || {
            format!("{name} calls it {word}, a word we do not know.")
        }),
        TargetState::Unused
        | TargetState::Initial
        | TargetState::Draining
        | TargetState::UnhealthyDraining => {}
    }
}

/// Whether an unhealthy target gets requests is up to how many healthy ones there are.
fn unhealthy(target: &TargetView<'_>) -> String {
    let name = &target.group.name;
    let healthy = target.healthy.unwrap_or_default();
    match target.fails_open() {
        Some(true) => format!(
            "It takes requests while unhealthy: {name} has only {healthy} healthy, so it sends to all its targets."
        ),
        Some(false) => format!("It is in {name}, which takes traffic, and gets none while it is unhealthy."),
        None => {
            format!("It is in {name}, which takes traffic, and may get some: {name}'s limit was not read.")
        }
    }
}

/// Judges whether the instance has its place in a target group of its own server group.
fn judge_place(subject: &Subject<'_>, target: &TargetView<'_>, findings: &mut Findings) {
    let (name, arn) = (&target.group.name, target.group.arn.raw());
    match target.live {
        Live::No => return,
        Live::Unknown(gap) => {
            findings.unknown(subject, &format!("whether {name} takes traffic"), || sentence(&gap.why));
            return;
        }
        Live::Yes => {}
    }
    let Some(targets) = &target.group.health else {
        findings.unknown(subject, &format!("health in {name}"), || {
            subject.place().why_missing(Section::TargetHealth, arn)
        });
        return;
    };
    let settled = subject.instance.launched_at.is_some_and(|at| at + REGISTRATION < targets.at);
    let health = &subject.instance.health;
    let is_target = health.targets.iter().any(|own| own.target_group == target.group.arn);
    if is_target || !settled || !is_sound(subject) {
        return;
    }
    let Some(kind) = &target.group.target_type else {
        findings.unknown(subject, &format!("what {name} counts as targets"), || {
            subject.place().why_missing(Section::TargetGroups, arn)
        });
        return;
    };
    if kind.raw() == BY_INSTANCE {
        let suspended = subject.group().is_some_and(|group| {
            group.group.suspended.iter().any(|process| process.raw() == "AddToLoadBalancer")
        });
        let cause = if suspended { ": its group's process AddToLoadBalancer is suspended" } else { "" };
        let why =
            format!("It is healthy and in service, but no target of {name}, so it gets no requests{cause}.");
        findings.found(subject, format!("a target of {name}"), "not registered".into(), why);
    }
}

/// In service, and healthy by the word of EC2 and of its group: it should get requests.
fn is_sound(subject: &Subject<'_>) -> bool {
    let health = &subject.instance.health;
    subject.instance.is_running()
        && subject.lifecycle() == Some("InService")
        && health.ec2_verdict() == Some(Verdict::Healthy)
        && health.group_verdict() == Some(Verdict::Healthy)
}

/// Who, of those beside the load balancer, calls it unhealthy.
fn calls_it_unhealthy(subject: &Subject<'_>) -> Option<&'static str> {
    let health = &subject.instance.health;
    if health.ec2_verdict() == Some(Verdict::Unhealthy) {
        Some("EC2")
    } else if health.group_verdict() == Some(Verdict::Unhealthy) {
        Some("its group")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::drift::Severity;
    use crate::drift::rules::testing::{findings, found, orders, whys};
    use crate::fleet::builders::{World, ago, target};
    use crate::fleet::{Section, Seen, TargetFact, TargetGroupArn, TargetGroupAttributes, TargetState};

    /// Two instances in a target group with some weight.
    fn world(weight: i32) -> (World, TargetGroupArn) {
        let mut world = orders("ami-2");
        world.member("orders-blue", "i-1", "ami-2");
        world.member("orders-blue", "i-2", "ami-2");
        let arn = world.target_group("blue", "orders-blue");
        world.listener("web", 443, &[(&arn, weight)]);
        let attributes = TargetGroupAttributes {
            deregistration_delay: 300,
            slow_start: 0,
            sticky: false,
            sticky_seconds: None,
            fail_open_below: 1,
            written: std::collections::BTreeMap::new(),
        };
        let at = crate::fleet::builders::read_at();
        world.facts.attributes.insert(arn.clone(), Seen { at, value: attributes });
        (world, arn)
    }

    fn with(state: TargetState, reason: Option<&str>) -> TargetFact {
        TargetFact { reason: reason.map(Into::into), ..target("i-1", state) }
    }

    #[test]
    fn each_state_of_a_target_with_weight_is_judged() {
        for (fact, expected) in [
            (with(TargetState::Healthy, None), vec![]),
            (with(TargetState::Initial, None), vec![]),
            (with(TargetState::Draining, None), vec![]),
            (with(TargetState::UnhealthyDraining, None), vec![]),
            (
                with(TargetState::Unhealthy, Some("Target.Timeout")),
                vec!["unhealthy in blue (Target.Timeout) for healthy in blue"],
            ),
            (
                with(TargetState::Unused, Some("Target.NotInUse")),
                vec!["unused (Target.NotInUse) for requests of blue"],
            ),
            (with(TargetState::Unavailable, None), vec![]),
            (with(TargetState::Other("odd".into()), None), vec![]),
        ] {
            let (mut world, arn) = world(10);
            world.targets_mut(&arn)[0] = fact.clone();
            assert_eq!(found(&world, "traffic"), expected, "{fact:?}");
            let is_unknown = matches!(fact.state, TargetState::Unavailable | TargetState::Other(_));
            assert_eq!(found(&world, "unknown").len(), usize::from(is_unknown), "{fact:?}");
        }
    }

    #[test]
    fn a_target_group_without_weight_raises_no_alarm() {
        let (mut world, arn) = world(0);
        world.targets_mut(&arn).clear();
        assert!(found(&world, "traffic").is_empty());
        world.targets_mut(&arn).push(target("i-1", TargetState::Unhealthy));
        assert!(found(&world, "traffic").is_empty());
    }

    #[test]
    fn an_unhealthy_target_gets_requests_where_its_group_fails_open() {
        let (mut world, arn) = world(10);
        world.targets_mut(&arn)[0] = with(TargetState::Unhealthy, None);
        assert_eq!(
            whys(&world, "traffic"),
            ["It is in blue, which takes traffic, and gets none while it is unhealthy."]
        );
        world.facts.attributes.get_mut(&arn).unwrap().value.fail_open_below = 2;
        assert_eq!(
            whys(&world, "traffic"),
            ["It takes requests while unhealthy: blue has only 1 healthy, so it sends to all its targets."]
        );
        world.facts.attributes.clear();
        assert_eq!(
            whys(&world, "traffic"),
            ["It is in blue, which takes traffic, and may get some: blue's limit was not read."]
        );
        world.targets_mut(&arn)[1].state = TargetState::Unhealthy;
        assert_eq!(whys(&world, "traffic").len(), 2);
        assert!(whys(&world, "traffic")[0].contains("only 0 healthy"));
    }

    #[test]
    fn a_healthy_target_that_ec2_or_its_group_calls_unhealthy_takes_traffic() {
        let (mut world, _) = world(10);
        world.group_mut("orders-blue").members[0].health = "Unhealthy".into();
        assert_eq!(found(&world, "traffic"), ["unhealthy by its group for healthy"]);
        let statuses = &mut world.facts.statuses.as_mut().unwrap().value;
        statuses.get_mut(&"i-1".into()).unwrap().system = "impaired".into();
        assert_eq!(found(&world, "traffic"), ["unhealthy by EC2 for healthy"]);
    }

    #[test]
    fn a_zonal_shift_is_on_purpose_and_says_so() {
        let (mut world, arn) = world(10);
        world.targets_mut(&arn)[0].shifted_away = true;
        let found = findings(&world, &crate::drift::Policy::default(), "traffic");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].severity, Severity::Info);
        assert_eq!(found[0].why, "A zonal shift keeps the requests of blue away from it, on purpose.");
    }

    #[test]
    fn a_healthy_instance_that_is_no_target_gets_none() {
        let (mut world, arn) = world(10);
        world.targets_mut(&arn).remove(0);
        assert_eq!(found(&world, "traffic"), ["not registered for a target of blue"]);
        world.group_mut("orders-blue").suspended = vec!["AddToLoadBalancer".into()];
        assert!(whys(&world, "traffic")[0].ends_with("its group's process AddToLoadBalancer is suspended."));

        world.instance_mut("i-1").launched_at = Some(ago(SignedDuration::from_secs(60)));
        assert!(found(&world, "traffic").is_empty());
    }

    #[test]
    fn a_missing_target_is_no_alarm_where_a_fact_is_missing_too() {
        let unregistered = || {
            let (mut world, arn) = world(10);
            world.targets_mut(&arn).remove(0);
            world
        };
        let mut unchecked = unregistered();
        unchecked.facts.statuses = None;
        assert!(found(&unchecked, "traffic").is_empty());
        let mut unlisted = unregistered();
        unlisted.facts.target_groups = None;
        assert!(found(&unlisted, "traffic").is_empty());
        assert_eq!(found(&unlisted, "unknown"), ["unknown for what blue counts as targets"]);
        let mut by_address = unregistered();
        by_address.facts.target_groups.as_mut().unwrap().value[0].target_type = Some("ip".into());
        assert!(found(&by_address, "traffic").is_empty());
    }

    #[test]
    fn what_is_not_in_service_is_no_target_on_purpose() {
        for lifecycle in ["Standby", "Pending:Wait", "Terminating", "Detaching"] {
            let (mut world, arn) = world(10);
            world.targets_mut(&arn).remove(0);
            world.group_mut("orders-blue").members[0].lifecycle = lifecycle.into();
            assert!(found(&world, "traffic").is_empty(), "{lifecycle}");
        }
    }

    #[test]
    fn health_that_was_not_read_is_unknown_and_no_alarm() {
        let (mut world, arn) = world(10);
        world.facts.target_health.clear();
        world.gap(Section::TargetHealth, Some(arn.raw()));
        assert!(found(&world, "traffic").is_empty());
        assert_eq!(whys(&world, "unknown"), ["Not allowed.", "Not allowed."]);
        assert_eq!(found(&world, "unknown")[0], "unknown for health in blue");
    }

    #[test]
    fn weights_that_were_not_read_are_unknown_where_they_could_matter() {
        let (mut world, arn) = world(0);
        let balancer = "arn:aws:e:loadbalancer/app/web/1";
        world.facts.target_groups.as_mut().unwrap().value[0].load_balancers = vec![balancer.into()];
        for (section, about, expected) in [
            (Section::Listeners, Some(balancer), 2),
            (Section::Rules, Some("arn:aws:e:listener/app/web/1/443"), 2),
            (Section::Rules, None, 2),
            (Section::LoadBalancers, None, 2),
            (Section::Listeners, Some("arn:aws:e:loadbalancer/app/web/11"), 0),
            (Section::Rules, Some("arn:aws:e:listener/app/web/11/443"), 0),
            (Section::TargetHealth, Some(arn.raw()), 0),
        ] {
            world.facts.gaps.clear();
            world.gap(section, about);
            assert_eq!(found(&world, "unknown").len(), expected, "{section:?} {about:?}");
            assert!(found(&world, "traffic").is_empty());
        }
    }
}
