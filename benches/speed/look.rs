//! From raw facts to what the screens show: assembled, judged, summed up; and given back, when the next one is there.

use std::sync::Arc;

use flightdeck::app::Observation;
use flightdeck::drift::{self, judge};
use flightdeck::fleet::{Naming, assemble};
use flightdeck::plan::{History, Policy};
use flightdeck::provider::Clock;

use super::measure::{Runs, Times, Told, demo, row, time};

/// Of so many the least counts: other work on the machine only ever adds to it.
const TIMES: usize = 20;

pub fn run(instances: usize, runs: Runs) {
    let clock = Told::new();
    let (naming, history, policy) = (Naming::default(), History::default(), Policy::default());
    let facts = demo(instances, &clock).facts();
    let at = clock.now();
    let [mut assembled, mut judged, mut summed, mut dropped] = [const { Vec::new() }; 4];
    for _ in 0..runs.of(TIMES) {
        let (took, fleet) = time(|| Arc::new(assemble(&facts, &naming, None, at)));
        assembled.push(took);
        let (took, judgement) = time(|| Arc::new(judge(&fleet, &drift::Policy::default(), at)));
        judged.push(took);
        let (took, observation) = time(|| Observation::new(fleet, judgement, &history, &policy, at));
        summed.push(took);
        dropped.push(time(|| drop(observation)).0);
    }
    for (what, times) in [
        ("a snapshot is assembled", assembled),
        ("all rules judge it", judged),
        ("rows and rollback lights are summed up", summed),
        ("it is given back", dropped),
    ] {
        row(what, instances, &Times::new(times));
    }
}
