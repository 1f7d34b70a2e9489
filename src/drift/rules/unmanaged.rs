//! `unmanaged`: in no group, so that nothing replaces it. Where groups could not be read, nothing is called so.

use crate::drift::{Findings, Rule, Severity, Standing, Subject};

pub(super) struct Unmanaged;

impl Rule for Unmanaged {
    fn name(&self) -> &'static str {
        "unmanaged"
    }

    fn about(&self) -> &'static str {
        "stands in no server group: nothing replaces it"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        if matches!(subject.standing, Standing::Unmanaged) {
            let why = "No server group has it, so nothing replaces it when it fails or falls behind.";
            findings.found(subject, "in a server group".into(), "in none".into(), why.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders};
    use crate::fleet::{InstanceState, Section};

    #[test]
    fn an_instance_in_no_group_is_unmanaged_while_it_exists() {
        for (state, expected) in [
            (InstanceState::Running, 1),
            (InstanceState::Stopped, 1),
            (InstanceState::ShuttingDown, 0),
            (InstanceState::Terminated, 0),
        ] {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", "ami-2");
            world.instance("i-2", "ami-2").state = state.clone();
            assert_eq!(found(&world, "unmanaged").len(), expected, "{state:?}");
        }
    }

    #[test]
    fn nothing_is_unmanaged_where_groups_could_not_be_read() {
        let mut world = orders("ami-2");
        world.instance("i-1", "ami-2");
        world.facts.groups = None;
        world.gap(Section::Groups, None);
        assert!(found(&world, "unmanaged").is_empty());
        assert_eq!(found(&world, "unknown"), ["unknown for which group it is in"]);
    }
}
