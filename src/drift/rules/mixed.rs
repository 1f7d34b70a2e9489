//! `mixed`: the group is half replaced, and nothing runs to finish it.
//!
//! It says so of the instances that do not run what the group wants; the others are as they should be.

use crate::drift::{Findings, Missing, Relation, Rule, Severity, Subject};
use crate::fleet::{ImageId, ServerGroup};

pub(super) struct Mixed;

impl Rule for Mixed {
    fn name(&self) -> &'static str {
        "mixed"
    }

    fn about(&self) -> &'static str {
        "belongs to a group that is half replaced with nothing running to finish it"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(group) = subject.group() else { return };
        let replacement = &group.replacement;
        if !replacement.half || group.group.refresh.is_some() {
            return;
        }
        let (Some(running), Some(wanted)) = (&subject.instance.running, is_other(subject, group.group))
        else {
            return;
        };
        let label = |id| subject.place().image(id).map_or_else(|| id.to_string(), ToString::to_string);
        let nothing = if group.group.refreshes_known {
            "no refresh is running to finish it"
        } else {
            "whether a refresh is running to finish it could not be read"
        };
        let (others, known) = (replacement.others, replacement.known);
        let name = &group.group.id.name;
        let why = format!(
            "{others} of {known} instances of {name} run another image than it wants, and {nothing}."
        );
        let (expected, actual) = (label(wanted), label(&running.image));
        findings.found(subject, expected, actual, why);
    }
}

/// The wanted image, where the instance is known to run another one.
fn is_other<'a>(subject: &Subject<'_>, group: &'a ServerGroup) -> Option<&'a ImageId> {
    match subject.relation {
        Relation::Wanted | Relation::NoGroup | Relation::Unknown(Missing::Running | Missing::Wanted(_)) => {
            None
        }
        Relation::Older(_) | Relation::Newer(_) | Relation::Unknown(_) => {
            group.wanted_for(subject.instance.instance_type.as_ref())?.image.as_ref()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::builders::{World, template_ref};
    use crate::fleet::{LaunchSource, OverrideFact, RefreshStatus, TemplateVersion};

    fn half(images: &[&str]) -> World {
        let mut world = orders("ami-2");
        for (index, image) in images.iter().enumerate() {
            world.member("orders-blue", &format!("i-{index}"), image);
        }
        world
    }

    #[test]
    fn a_group_is_mixed_where_some_run_another_image_than_the_rest() {
        for (images, expected) in [
            (&["ami-2", "ami-2"][..], vec![]),
            (&["ami-1", "ami-1"], vec![]),
            (&["ami-1", "ami-2"], vec!["1.0 for 2.0"]),
            (&["ami-2", "ami-3"], vec!["3.0 for 2.0"]),
            (&["ami-1", "ami-3"], vec!["1.0 for 2.0", "3.0 for 2.0"]),
            (&["ami-9", "ami-2"], vec!["ami-9 for 2.0"]),
        ] {
            assert_eq!(found(&half(images), "mixed"), expected, "{images:?}");
        }
        assert_eq!(
            whys(&half(&["ami-1", "ami-2", "ami-2"]), "mixed"),
            [
                "1 of 3 instances of orders-blue run another image than it wants, and no refresh is running to finish it."
            ]
        );
    }

    #[test]
    fn a_running_refresh_is_to_finish_it_and_an_unread_one_hides_nothing() {
        let mut world = half(&["ami-1", "ami-2"]);
        world.refresh("orders-blue", RefreshStatus::InProgress);
        assert!(found(&world, "mixed").is_empty());
        world.facts.refreshes.clear();
        assert_eq!(
            whys(&world, "mixed"),
            [
                "1 of 2 instances of orders-blue run another image than it wants, and whether a refresh is running to \
             finish it could not be read."
            ]
        );
    }

    #[test]
    fn where_the_wanted_image_is_unknown_nothing_is_called_mixed() {
        let mut world = half(&["ami-1", "ami-2"]);
        world.facts.templates = None;
        assert!(found(&world, "mixed").is_empty());
        assert_eq!(found(&world, "unknown")[0], "unknown for the image its group wants");
    }

    #[test]
    fn a_group_that_wants_several_images_is_not_mixed_by_having_them() {
        let mut world = half(&["ami-2", "ami-3"]);
        world.instance_mut("i-1").instance_type = Some("m5.large".into());
        let own = OverrideFact {
            instance_type: Some("m5.large".into()),
            image: Some("ami-3".into()),
            ..OverrideFact::default()
        };
        world.group_mut("orders-blue").source = LaunchSource::Mixed {
            base: template_ref("lt-1", TemplateVersion::Default),
            overrides: vec![own],
        };
        assert!(found(&world, "mixed").is_empty());
    }
}
