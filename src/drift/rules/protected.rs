//! `protected`: protected from scale-in, so that a refresh waits for it. It is no protection from anything else
//! [guide: SetInstanceProtection].

use crate::drift::{Findings, Rule, Severity, Subject};

pub(super) struct Protected;

impl Rule for Protected {
    fn name(&self) -> &'static str {
        "protected"
    }

    fn about(&self) -> &'static str {
        "is protected from scale-in, so that a refresh waits for it"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        if subject.instance.membership.as_ref().is_some_and(|membership| membership.protected) {
            let why = "Scale-in passes it by, and a refresh waits for it unless told otherwise.";
            findings.found(subject, "not protected".into(), "protected from scale-in".into(), why.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders};

    #[test]
    fn protection_is_told_by_the_group() {
        for protected in [true, false] {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", "ami-2").protected = protected;
            assert_eq!(found(&world, "protected").len(), usize::from(protected));
        }
    }
}
