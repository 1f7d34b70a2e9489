//! `tainted`: entered by a person, as far as is known. So far by the tag alone; plain SSH leaves no trace in AWS, so
//! no finding does not mean untouched.

use crate::drift::{Findings, Rule, Severity, Subject};

/// Put on an instance by a person or a tool that entered it; the value says why.
const TAG: &str = "flightdeck:tainted";

pub(super) struct Tainted;

impl Rule for Tainted {
    fn name(&self) -> &'static str {
        "tainted"
    }

    fn about(&self) -> &'static str {
        "was entered by a person as far as is known (tag flightdeck:tainted)"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(value) = subject.instance.tag(TAG) else { return };
        if value.raw().trim() == "false" {
            return;
        }
        let actual = match value.raw().trim() {
            "" | "true" => "entered".to_owned(),
            _ => format!("entered: {value}"),
        };
        let why = "A person entered it and may have changed it by hand; replace it to be sure.";
        findings.found(subject, "untouched".into(), actual, why.into());
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders};

    #[test]
    fn the_tag_tells_that_an_instance_was_entered_and_why() {
        for (tags, expected) in [
            (vec![], vec![]),
            (vec![("flightdeck:tainted", "")], vec!["entered for untouched"]),
            (vec![("flightdeck:tainted", "true")], vec!["entered for untouched"]),
            (vec![("flightdeck:tainted", "INC-7 strace")], vec!["entered: INC-7 strace for untouched"]),
            (vec![("flightdeck:tainted", "false")], vec![]),
            (vec![("tainted", "true")], vec![]),
        ] {
            let mut world = orders("ami-2");
            world.member("orders-blue", "i-1", "ami-2");
            world.instance_mut("i-1").tags = tags.iter().map(|&(k, v)| (k.into(), v.into())).collect();
            assert_eq!(found(&world, "tainted"), expected, "{tags:?}");
        }
    }
}
