//! From an intent to a plan with every guard's verdict, beside a journal of years.

use flightdeck::fleet::{Fleet, Naming, SourceArn, assemble};
use flightdeck::plan::{History, Intent, Policy, Stepped, plan};
use flightdeck::provider::Clock;
use jiff::Timestamp;

use super::frames::all_in_one;
use super::measure::{Runs, Times, Told, demo, row, time};

const TIMES: usize = 50;

pub fn run(instances: usize, runs: Runs) {
    let clock = Told::new();
    let facts = demo(instances, &clock).facts();
    let at = clock.now();
    for (what, naming) in
        [("a shift in steps is planned", Naming::default()), ("the same, all in one cluster", all_in_one())]
    {
        let fleet = assemble(&facts, &naming, None, at);
        let Some(intent) = intents(&fleet).find(|intent| planned(intent, &fleet, at)) else {
            println!("{what}: nothing can be planned");
            continue;
        };
        let times = (0..runs.of(TIMES)).map(|_| time(|| planned(&intent, &fleet, at)).0).collect();
        row(what, instances, &Times::new(times));
    }
}

fn planned(intent: &Intent, fleet: &Fleet, at: Timestamp) -> bool {
    plan(intent, fleet, &History::default(), &Policy::default(), at).is_ok_and(|plan| plan.steps.len() > 2)
}

/// A shift to each group by each listener and rule of the largest cluster.
fn intents(fleet: &Fleet) -> impl Iterator<Item = Intent> {
    let cluster = fleet.clusters.iter().max_by_key(|cluster| cluster.instances().count());
    cluster.into_iter().flat_map(|cluster| {
        let sources = cluster.traffic.iter().map(|source| source.arn.clone());
        sources.flat_map(move |source: SourceArn| {
            cluster.groups.iter().filter_map(move |group| {
                Some(Intent::Shift {
                    cluster: cluster.id.clone(),
                    to: group.id.name.clone(),
                    percent: "100".parse().ok()?,
                    steps: Some(Stepped::default()),
                    source: Some(source.clone()),
                })
            })
        })
    })
}
