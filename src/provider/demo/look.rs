//! Looks: which questions a scope asks, and what is kept of the answers before.
//!
//! Ages and the calls that are counted behave as they would on the real cloud: short lists come with every look,
//! what costs a call for each thing comes in turns, the oldest first.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::ask::Ask;
use super::facts::Sight;
use super::weather::Weather;
use super::world::{Region, World};
use crate::fleet::{Cluster, Facts, Place, Scope, Section, SourceArn};

/// Questions of one look in the background beyond the short lists and the clusters on the screen.
const BUDGET: usize = 10;
/// The meter on the screen counts the calls of this time.
const METER: SignedDuration = SignedDuration::from_secs(60);

/// Lists that every look asks for: they are short, and tell what moves.
const ALWAYS: [Section; 3] = [Section::Instances, Section::Statuses, Section::Groups];

/// Lists that change seldom.
const SELDOM: [Section; 7] = [
    Section::RootVolumes,
    Section::Images,
    Section::ImageMetadata,
    Section::Templates,
    Section::LaunchConfigurations,
    Section::LoadBalancers,
    Section::TargetGroups,
];

/// What an observer remembers.
#[derive(Default)]
pub(super) struct Memory {
    /// Facts of each region, as last seen.
    pub facts: Vec<Facts>,
    asked: BTreeMap<(Place, Ask), Timestamp>,
    meter: VecDeque<(Timestamp, u32)>,
}

impl Memory {
    /// Looks at the world; `known` finds a cluster as it was last seen.
    pub(super) fn look<'a>(
        &mut self,
        world: &World,
        weather: &Weather,
        scope: &Scope,
        known: impl Fn(&crate::fleet::ClusterId) -> Option<&'a Cluster>,
        at: Timestamp,
    ) {
        if self.facts.is_empty() {
            self.facts = world.regions.iter().map(|region| Facts::new(region.place.clone())).collect();
        }
        let mut questions: Vec<(usize, Ask)> = Vec::new();
        let first_look = self.asked.is_empty();
        match scope {
            Scope::Cluster(id) if !first_look && known(id).is_some() => {
                let region = world.region(&id.place);
                for (region, cluster) in region.into_iter().zip(known(id)) {
                    questions.extend(of_cluster(&world.regions[region], cluster).map(|ask| (region, ask)));
                    questions.extend(ALWAYS.iter().chain(&SELDOM).map(|list| (region, Ask::List(*list))));
                }
            }
            Scope::Background { first } if !first_look => {
                questions.extend(every_region(world, |_| ALWAYS.map(Ask::List).to_vec()));
                for id in first {
                    for (region, cluster) in world.region(&id.place).into_iter().zip(known(id)) {
                        let of_cluster = of_cluster(&world.regions[region], cluster);
                        questions.extend(of_cluster.filter(|ask| !seldom(ask)).map(|ask| (region, ask)));
                    }
                }
                let mut rest = every_region(world, everything);
                rest.retain(|question| !questions.contains(question));
                rest.sort_by_cached_key(|(region, ask)| {
                    self.asked.get(&(world.regions[*region].place.clone(), ask.clone())).copied()
                });
                rest.truncate(BUDGET);
                questions.extend(rest);
            }
            _ => questions = every_region(world, everything),
        }
        self.count(at, questions.len());
        for (region, ask) in questions {
            let sight = Sight { region: &world.regions[region], start: world.start, now: world.now };
            let denied = weather.denied.contains(&ask.section());
            ask.answer(&sight, denied, at, &mut self.facts[region]);
            self.asked.insert((world.regions[region].place.clone(), ask), at);
        }
    }

    /// Counts calls for the meter.
    pub(super) fn count(&mut self, at: Timestamp, calls: usize) {
        self.meter.push_back((at, u32::try_from(calls).unwrap_or(u32::MAX)));
        while self.meter.front().is_some_and(|(then, _)| at.duration_since(*then) > METER) {
            self.meter.pop_front();
        }
    }

    /// Calls of the last minute.
    pub(super) fn calls(&self, now: Timestamp) -> u32 {
        let recent = self.meter.iter().filter(|(then, _)| now.duration_since(*then) <= METER);
        recent.map(|(_, calls)| calls).fold(0, |sum, calls| sum.saturating_add(*calls))
    }
}

/// What hardly changes is not asked again merely because it is on the screen.
fn seldom(ask: &Ask) -> bool {
    matches!(ask, Ask::Attributes(_) | Ask::Listeners(_))
}

fn every_region(world: &World, asks: impl Fn(&Region) -> Vec<Ask>) -> Vec<(usize, Ask)> {
    let regions = world.regions.iter().enumerate();
    regions.flat_map(|(index, region)| asks(region).into_iter().map(move |ask| (index, ask))).collect()
}

fn everything(region: &Region) -> Vec<Ask> {
    let mut asks: Vec<Ask> = ALWAYS.iter().chain(&SELDOM).map(|list| Ask::List(*list)).collect();
    asks.extend(region.groups.iter().map(|group| Ask::Refreshes(group.fact.name.clone())));
    for balancer in &region.balancers {
        asks.push(Ask::Listeners(balancer.fact.arn.clone()));
        asks.extend(balancer.listeners.iter().map(|listener| Ask::Rules(listener.fact.arn.clone())));
    }
    for arn in region.target_groups.keys() {
        asks.push(Ask::Attributes(arn.clone()));
        asks.push(Ask::TargetHealth(arn.clone()));
    }
    asks
}

/// What is asked of one cluster: its groups' refreshes, its listeners and rules, its target groups.
fn of_cluster<'a>(region: &'a Region, cluster: &'a Cluster) -> impl Iterator<Item = Ask> + 'a {
    let groups = cluster.groups.iter().map(|group| &group.id.name);
    let members =
        region.groups.iter().filter(move |group| groups.clone().any(|name| *name == group.fact.name));
    let target_groups = members.flat_map(|group| &group.fact.target_groups);
    let refreshes = cluster.groups.iter().map(|group| Ask::Refreshes(group.id.name.clone()));
    let listeners = cluster.traffic.iter().map(|source| Ask::Listeners(source.load_balancer.clone()));
    let rules = cluster
        .traffic
        .iter()
        .filter(|source| matches!(source.arn, SourceArn::Rule(_)))
        .map(|source| Ask::Rules(source.listener.clone()));
    let targets =
        target_groups.flat_map(|arn| [Ask::Attributes(arn.clone()), Ask::TargetHealth(arn.clone())]);
    refreshes.chain(listeners).chain(rules).chain(targets)
}
