//! `ahead`: a newer version than the group wants; also what a cancelled refresh leaves behind, since the group's
//! configuration changes only when a refresh succeeds [guide: StartInstanceRefresh].

use crate::drift::relation::{refresh_note, versions};
use crate::drift::{Findings, Relation, Rule, Severity, Subject};
use crate::fleet::{ServerGroup, candidates};

pub(super) struct Ahead;

impl Rule for Ahead {
    fn name(&self) -> &'static str {
        "ahead"
    }

    fn about(&self) -> &'static str {
        "runs a newer version than its group wants, as a cancelled refresh leaves it"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        match (&subject.relation, subject.group()) {
            (Relation::Newer(pair), Some(group)) => {
                let (running, wanted) = pair.labels();
                let distance = match pair.versions {
                    0 => "a newer build of".into(),
                    count => format!("{} ahead of", versions(count)),
                };
                let origin = left_by_refresh(subject, group.group).unwrap_or_default();
                let note = refresh_note(group.group);
                let why =
                    format!("It runs {running}, {distance} {wanted}, which its group wants.{origin}{note}");
                findings.found(subject, wanted, running, why);
            }
            (Relation::Unknown(missing), _) => findings.missing(subject, missing),
            _ => {}
        }
    }
}

/// The newest refresh that ended, where it launched this very image without success.
fn left_by_refresh(subject: &Subject<'_>, group: &ServerGroup) -> Option<String> {
    let refresh = group.last_refresh.as_ref()?;
    let running = subject.instance.running.as_ref()?;
    let kind = subject.instance.instance_type.as_ref();
    let launched = candidates(&refresh.wants, kind).any(|w| w.image.as_ref() == Some(&running.image));
    launched.then(|| format!(" A refresh that ended {} left it.", refresh.fact.status.word()))
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::builders::template_ref;
    use crate::fleet::{LaunchSource, RefreshStatus, TemplateVersion};

    #[test]
    fn a_newer_version_is_ahead_by_its_distance() {
        for (running, expected) in [
            ("ami-1", vec![]),
            ("ami-2", vec![]),
            ("ami-3", vec!["3.0 for 2.0"]),
            ("ami-4", vec!["4.0 for 2.0"]),
        ] {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", running);
            assert_eq!(found(&world, "ahead"), expected, "{running}");
        }
    }

    #[test]
    fn a_cancelled_refresh_leaves_instances_ahead() {
        let mut world = orders("ami-2");
        world.template("lt-1", 2, "ami-3").is_default = false;
        world.facts.templates.as_mut().unwrap().value[0].is_default = true;
        world.member("orders-blue", "i-1", "ami-3");
        world.refresh("orders-blue", RefreshStatus::Cancelled).desired =
            Some(LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(2))));
        assert_eq!(
            whys(&world, "ahead"),
            [
                "It runs 3.0, 1 version ahead of 2.0, which its group wants. A refresh that ended Cancelled left it."
            ]
        );
    }
}
