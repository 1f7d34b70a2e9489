//! `detached`: taken out of its group, or on the way out, and still running.
//!
//! What stays on an instance after DetachInstances is not told by a primary source, so only what proves it counts:
//! the group's own word while it goes, the group's tag, or a place in a target group that a server group fills.
//! So does flightdeck's own tag on an instance in quarantine. Whatever shows none of these is `unmanaged`.

use super::in_quarantine;
use crate::drift::{Findings, Rule, Severity, Standing, Subject};
use crate::fleet::{GROUP_TAG, QUARANTINED_FROM};

pub(super) struct Detached;

impl Rule for Detached {
    fn name(&self) -> &'static str {
        "detached"
    }

    fn about(&self) -> &'static str {
        "was taken out of its group and still runs"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let expected = || "in its server group".to_owned();
        if let Some(state @ ("Detaching" | "Detached")) = subject.lifecycle() {
            let why = "It is being taken out of its group, which then no longer checks or replaces it.";
            findings.found(subject, expected(), state.into(), in_quarantine(subject, why));
            return;
        }
        if !matches!(subject.standing, Standing::Unmanaged) {
            return;
        }
        if let Some(group) = subject.instance.tag(GROUP_TAG) {
            let why = format!("{group} launched it and no longer has it: nothing checks or replaces it.");
            let why = in_quarantine(subject, &why);
            findings.found(subject, expected(), format!("outside of {group}"), why);
            return;
        }
        if let (Some(group), Some(_)) =
            (subject.instance.tag(QUARANTINED_FROM), subject.instance.quarantine())
        {
            let why = in_quarantine(subject, "No group checks or replaces it.");
            findings.found(subject, expected(), format!("outside of {group}"), why);
            return;
        }
        let filled = |arn| subject.target(arn).filter(|target| !target.group.groups.is_empty());
        let registered =
            subject.instance.health.targets.iter().find_map(|target| filled(&target.target_group));
        if let Some(target) = registered {
            let name = &target.group.name;
            let why = format!(
                "It is a target of {name} beside the instances of a server group, and in no group itself: nothing \
                 replaces it."
            );
            findings.found(subject, expected(), format!("a target of {name} by hand"), why);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::TargetState;
    use crate::fleet::builders::target;

    #[test]
    fn an_instance_on_its_way_out_is_detached() {
        for (lifecycle, expected) in [
            ("Detaching", vec!["Detaching for in its server group"]),
            ("Detached", vec!["Detached for in its server group"]),
            ("Terminating", vec![]),
        ] {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", "ami-2").lifecycle = lifecycle.into();
            assert_eq!(found(&world, "detached"), expected, "{lifecycle}");
        }
    }

    #[test]
    fn an_instance_in_no_group_is_detached_where_a_tag_or_a_target_group_proves_it() {
        let mut world = orders("ami-2");
        let arn = world.target_group("blue", "orders-blue");
        world.instance("i-plain", "ami-2");
        world.instance("i-tagged", "ami-2").tags =
            [("aws:autoscaling:groupName".into(), "orders-blue".into())].into();
        world.instance("i-target", "ami-2");
        world.targets_mut(&arn).push(target("i-target", TargetState::Healthy));
        assert_eq!(
            found(&world, "detached"),
            [
                "outside of orders-blue for in its server group",
                "a target of blue by hand for in its server group",
            ]
        );
        assert_eq!(found(&world, "unmanaged").len(), 3);
    }

    #[test]
    fn an_instance_that_was_detached_for_study_names_why_and_from_where() {
        let mut world = orders("ami-2");
        world.instance("i-1", "ami-2").tags = [
            ("flightdeck:quarantine".into(), "INC-7 · ann · today".into()),
            ("flightdeck:quarantined-from".into(), "orders-blue".into()),
        ]
        .into();
        assert_eq!(found(&world, "detached"), ["outside of orders-blue for in its server group"]);
        let why = whys(&world, "detached").remove(0);
        assert!(why.starts_with("In quarantine: INC-7 · ann · today."), "{why}");
    }
}
