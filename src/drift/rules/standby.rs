//! `standby`: set aside in its group: no traffic, no health checks, and a refresh waits for it.

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
            findings.found(subject, "InService".into(), state.into(), why.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders};

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
}
