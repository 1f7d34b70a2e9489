//! `behind`: an older version than the group wants.

use crate::drift::relation::{refresh_note, versions};
use crate::drift::{Findings, Relation, Rule, Severity, Subject};

pub(super) struct Behind;

impl Rule for Behind {
    fn name(&self) -> &'static str {
        "behind"
    }

    fn about(&self) -> &'static str {
        "runs an older version than its group wants, and by how many versions"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        match (&subject.relation, subject.group()) {
            (Relation::Older(pair), Some(group)) => {
                let (running, wanted) = pair.labels();
                let distance = match pair.versions {
                    0 => "an older build of".into(),
                    count => format!("{} behind", versions(count)),
                };
                let note = refresh_note(group.group);
                let why = format!("It runs {running}, {distance} {wanted}, which its group wants.{note}");
                findings.found(subject, wanted, running, why);
            }
            (Relation::Unknown(missing), _) => findings.missing(subject, missing),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::{RefreshStatus, Section};

    #[test]
    fn an_older_version_is_behind_by_its_distance() {
        for (running, expected) in [
            ("ami-1", vec!["1.0 for 3.0"]),
            ("ami-2", vec!["2.0 for 3.0"]),
            ("ami-3", vec![]),
            ("ami-4", vec![]),
        ] {
            let mut world = orders("ami-3");
            world.member("orders-blue", "i-1", running);
            assert_eq!(found(&world, "behind"), expected, "{running}");
        }
        let mut world = orders("ami-3");
        world.member("orders-blue", "i-1", "ami-1");
        assert_eq!(whys(&world, "behind"), ["It runs 1.0, 2 versions behind 3.0, which its group wants."]);
    }

    #[test]
    fn an_older_build_of_the_same_version_is_behind_too() {
        let mut world = orders("ami-3");
        world.image("ami-3b", "orders-3.0").created_at = "2025-01-01T00:00:00Z".parse().ok();
        world.image("ami-3", "orders-3.0").created_at = "2025-01-02T00:00:00Z".parse().ok();
        world.member("orders-blue", "i-1", "ami-3b");
        assert_eq!(found(&world, "behind"), ["3.0 (ami-3b) for 3.0 (ami-3)"]);
    }

    #[test]
    fn a_refresh_is_named_where_it_runs_and_where_it_could_not_be_read() {
        let mut world = orders("ami-3");
        world.member("orders-blue", "i-1", "ami-2");
        world.refresh("orders-blue", RefreshStatus::InProgress);
        assert_eq!(
            whys(&world, "behind"),
            [
                "It runs 2.0, 1 version behind 3.0, which its group wants. The refresh under way is to replace it."
            ]
        );
        world.facts.refreshes.clear();
        world.gap(Section::Refreshes, None);
        assert_eq!(
            whys(&world, "behind"),
            [
                "It runs 2.0, 1 version behind 3.0, which its group wants. Whether a refresh is replacing it could not \
             be read."
            ]
        );
    }

    #[test]
    fn what_cannot_be_compared_is_unknown_and_not_behind() {
        let mut world = orders("ami-3");
        world.image("ami-9", "search-1.0");
        world.member("orders-blue", "i-1", "ami-9");
        assert!(found(&world, "behind").is_empty());
        assert_eq!(
            whys(&world, "unknown"),
            ["It runs 1.0 (ami-9), wanted is 3.0 (ami-3): they are of two families, search and orders."]
        );
        world.facts.templates = None;
        world.gap(Section::Templates, None);
        assert!(found(&world, "behind").is_empty());
        assert_eq!(
            whys(&world, "unknown")[0],
            "No answer told version $Default of launch template lt-1. Not allowed."
        );
    }
}
