//! `standby`: set aside in its group: no traffic, no health checks, and a refresh waits for it.

use super::in_quarantine;
use crate::drift::{Findings, Rule, Severity, Subject};

pub(super) struct Standby;

impl Rule for Standby {
    fn name(&self) -> &'static str {
        "standby"
    }

    fn about(&self) -> &'static str {
        "stands by: its group neither uses nor replaces it"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        if let Some(state @ ("Standby" | "EnteringStandby")) = subject.lifecycle() {
            let why = "It gets no traffic, its group no longer checks it, and a refresh waits for it unless told \
                       otherwise.";
            findings.found(subject, "InService".into(), state.into(), in_quarantine(subject, why));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};

    #[test]
    fn standby_is_told_by_the_lifecycle() {
        for (lifecycle, expected) in [
            ("InService", vec![]),
            ("Standby", vec!["Standby for InService"]),
            ("EnteringStandby", vec!["EnteringStandby for InService"]),
            ("Pending:Wait", vec![]),
        ] {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", "ami-2").lifecycle = lifecycle.into();
            assert_eq!(found(&world, "standby"), expected, "{lifecycle}");
        }
    }

    #[test]
    fn a_quarantine_names_its_reason_and_its_author_until_it_is_released() {
        let whys_with = |says: &str| {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", "ami-2").lifecycle = "Standby".into();
            world.instance_mut("i-1").tags.insert("flightdeck:quarantine".into(), says.into());
            whys(&world, "standby").remove(0)
        };
        let why = whys_with("INC-7 · ann · 2026-01-01 10:00Z");
        assert!(
            why.starts_with("In quarantine: INC-7 · ann · 2026-01-01 10:00Z. It gets no traffic"),
            "{why}"
        );
        assert!(whys_with("released · ann · 2026-01-01 11:00Z").starts_with("It gets no traffic"));
    }
}
