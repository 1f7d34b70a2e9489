//! From an intent to a plan with every guard's verdict, beside a journal of years.

use flightdeck::fleet::{Facts, Fleet, Naming, SourceArn, assemble};
use flightdeck::plan::{Batches, History, Intent, Knobs, Policy, RefreshTo, Stepped, plan};
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

/// A refresh and a replacement in a group of so many instances.
pub fn run_group(instances: usize, runs: Runs) {
    let clock = Told::new();
    let (mut facts, at) = (demo(instances * 2, &clock).facts(), clock.now());
    let members = |facts: &Facts| {
        facts.groups.iter().flat_map(|groups| &groups.value).map(|g| g.members.len()).sum::<usize>()
    };
    let Some(region) = facts.iter_mut().max_by_key(|facts| members(facts)) else { return };
    let Some(groups) = &mut region.groups else { return };
    // The first group that is planned for takes in all the others' instances.
    let Some(host) = groups.value.iter().position(|group| group.name.raw() == "orders-green") else {
        return println!("a group of {instances}: there is none to make large");
    };
    let all: Vec<_> = groups.value.iter_mut().flat_map(|group| std::mem::take(&mut group.members)).collect();
    groups.value[host].members = all.into_iter().take(instances).collect();
    let fleet = assemble(&facts, &Naming::default(), None, at);
    let found = fleet.clusters.iter().find_map(|cluster| {
        let group = cluster.groups.iter().max_by_key(|group| group.instances.len())?;
        (group.instances.len() == instances).then_some((cluster, group))
    });
    let Some((cluster, group)) = found else { return println!("a group of {instances}: it is not there") };
    let (id, name) = (cluster.id.clone(), group.id.name.clone());
    let chosen = group.instances.iter().take(100).map(|instance| instance.id.clone()).collect();
    let knobs = Knobs::default();
    let refresh =
        Intent::Refresh { cluster: id.clone(), group: name.clone(), to: RefreshTo::Version(1), knobs };
    let replace =
        Intent::Replace { cluster: id, group: name, instances: chosen, batches: Batches::default() };
    for (what, intent) in
        [("a refresh is planned", refresh), ("100 instances are planned to be replaced", replace)]
    {
        let made = || plan(&intent, &fleet, &History::default(), &Policy::default(), at);
        if let Err(refusal) = made() {
            println!("{what}: {refusal}");
            continue;
        }
        let times = (0..runs.of(TIMES)).map(|_| time(made).0).collect();
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
