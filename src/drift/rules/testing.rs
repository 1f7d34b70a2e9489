//! What the tests of every rule share: a small world, and findings as short text.

use crate::drift::{Finding, Policy, judge};
use crate::fleet::builders::{World, read_at};

/// A world with images orders-1.0 to orders-4.0 (`ami-1` to `ami-4`), and a group `orders-blue` that wants one.
pub(super) fn orders(wanted: &str) -> World {
    let mut world = World::new();
    for number in 1..=4 {
        world.image(&format!("ami-{number}"), &format!("orders-{number}.0"));
    }
    world.template("lt-1", 1, wanted);
    world.group("orders-blue", "lt-1");
    world
}

/// What a rule found, as `actual for expected`.
pub(super) fn found(world: &World, rule: &str) -> Vec<String> {
    found_by(world, &Policy::default(), rule)
}

/// The same under a policy.
pub(super) fn found_by(world: &World, policy: &Policy, rule: &str) -> Vec<String> {
    let words = |finding: &Finding| format!("{} for {}", finding.actual, finding.expected);
    findings(world, policy, rule).iter().map(words).collect()
}

/// The sentences of what a rule found.
pub(super) fn whys(world: &World, rule: &str) -> Vec<String> {
    findings(world, &Policy::default(), rule).into_iter().map(|finding| finding.why).collect()
}

/// What a rule found.
pub(super) fn findings(world: &World, policy: &Policy, rule: &str) -> Vec<Finding> {
    let mut findings = judge(&world.fleet(), policy, read_at()).findings;
    findings.retain(|finding| finding.rule.as_str() == rule);
    findings
}
