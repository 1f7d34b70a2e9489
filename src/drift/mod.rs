//! Judgements: what is not as it should be, one file a rule.
//!
//! Same snapshot, same policy, same instant: same findings. What is not known is never counted as fine, and never
//! raises an alarm: a rule that misses a fact says so under `unknown`. What could be done about a finding is decided
//! in `plan`.

mod finding;
mod ignore;
mod judgement;
mod parity;
mod policy;
mod relation;
mod replacement;
mod rules;
mod severity;
mod subject;
#[cfg(test)]
mod tests;
mod view;

use std::fmt::Write as _;

pub use finding::{Finding, Findings, RuleName, UnknownRule};
pub use ignore::Ignore;
pub use judgement::{Count, Judgement, Summary, judge};
pub use parity::{Comparison, Difference, Equal, Likeness, Untold, compare, labels, partners};
pub use policy::{ClusterPolicy, PHOENIX_AGE, Policy, RuleSetting};
pub use relation::{Missing, Pair, Relation};
pub use replacement::Replacement;
pub use rules::RULES;
pub use severity::{Severity, UnknownSeverity};
pub use subject::{Standing, Subject};
pub use view::{GroupView, Live, TargetView};

/// One rule: a file of its own in `rules`, and a row in [`RULES`].
pub trait Rule: Sync {
    /// Its name, as in configuration and findings.
    fn name(&self) -> &'static str;

    /// What it says of an instance, going on from "the instance …".
    fn about(&self) -> &'static str;

    /// How bad its findings are unless configured otherwise.
    fn severity(&self) -> Severity;

    /// Judges one instance.
    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings);
}

/// A rule by its name.
pub fn rule(name: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.name() == name)
}

/// Every rule with its severity under a policy, as a table for people.
pub fn table(policy: &Policy) -> String {
    let mut table = String::new();
    let _infallible = writeln!(table, "{:<16}{:<10}the instance …", "rule", "severity");
    for rule in RULES {
        let name = rule.name().parse().unwrap_or(RuleName::UNKNOWN);
        let severity = policy.severity(name, None).map_or("off", Severity::word);
        let _infallible = writeln!(table, "{name:<16}{severity:<10}{}", rule.about());
    }
    table
}
