//! The simulated fleet beside the other rooms: it shows everything that an operator can be shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flightdeck::drift::{Judgement, Policy, RULES, judge};
use flightdeck::fleet::{Naming, Scope};
use flightdeck::provider::demo::{Demo, Options};
use flightdeck::provider::{Clock, Observer};
use futures_util::FutureExt as _;
use jiff::Timestamp;

/// A clock that stands still.
struct Standing(Timestamp);

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
    }

    async fn sleep(&self, _: Duration) {}
}

fn judged(options: Options) -> Judgement {
    let at: Timestamp = "2024-11-05T03:00:00Z".parse().unwrap();
    let demo = Demo::new(options, Naming::default(), Arc::new(Standing(at)));
    let fleet = demo.observe(&Scope::Complete).now_or_never().unwrap().unwrap();
    judge(&fleet, &Policy::default(), at)
}

#[test]
fn every_rule_finds_something_in_the_default_fleet() {
    let judgement = judged(Options::default());
    let mut found: BTreeMap<String, usize> = RULES.iter().map(|rule| (rule.name().to_owned(), 0)).collect();
    for finding in &judgement.findings {
        *found.entry(finding.rule.to_string()).or_default() += 1;
    }
    assert!(found.values().all(|count| *count > 0), "{found:?}");
}

#[test]
fn most_of_the_default_fleet_is_as_it_should_be() {
    let judgement = judged(Options::default());
    let drifted: usize = judgement.fleet.worst.iter().map(|count| count.instances).sum();
    assert_eq!(judgement.fleet.instances, 60);
    assert!((15..30).contains(&drifted), "{drifted} of 60");
}
