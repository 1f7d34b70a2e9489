//! Looks: which questions a scope asks, and what is kept of the answers before.
//!
//! Calls cost nothing here, yet they are counted and spared as on the real cloud, so that ages and the meter are
//! those of a real account: in the background the most urgent questions come first, as far as the budget allows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::ask::Ask;
use super::weather::Weather;
use super::world::{Region, World};
use crate::fleet::{Cluster, ClusterId, Facts, Naming, Scope, Section};

/// Calls a minute in the background: a little under what an idle cockpit promises.
const BUDGET: i64 = 28;
/// The time over which the budget counts, and over which the meter on the screen does.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);
/// The clusters on the screen share this much interest.
const ON_SCREEN: i64 = 48;

/// Lists that are short and tell what moves.
const MOVING: [Section; 3] = [Section::Instances, Section::Statuses, Section::Groups];

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

/// Lists that no look at one cluster asks for.
const WHOLE: [Section; 2] = [Section::Policies, Section::Schedules];

/// What an observer remembers.
#[derive(Default)]
pub(super) struct Memory {
    /// Facts of each region, as last seen.
    pub facts: Vec<Facts>,
    asked: BTreeMap<Question, Timestamp>,
    /// Calls of the last minute.
    meter: VecDeque<(Timestamp, i64)>,
    /// When the budget was last drawn on, and what was left of it, in calls times milliseconds of a minute.
    purse: Option<(Timestamp, i64)>,
}

/// A question to a region, by its index.
type Question = (usize, Ask);

/// Finds a cluster as it was last seen.
type Known<'a> = dyn Fn(&ClusterId) -> Option<&'a Cluster> + 'a;

impl Memory {
    /// Looks at the world; `false` where the budget allowed no question, so that nothing is newer than before.
    pub(super) fn look(
        &mut self,
        world: &World,
        weather: &Weather,
        naming: &Naming,
        scope: &Scope,
        known: &Known,
        at: Timestamp,
    ) -> bool {
        self.purse.get_or_insert((at, 0));
        if self.facts.is_empty() {
            self.facts = world.regions.iter().map(|region| Facts::new(region.place.clone())).collect();
        }
        let questions = match scope {
            // What stands for a family has images and nothing else.
            Scope::Cluster(id) if !self.asked.is_empty() && id.family().is_some() => {
                let region = world.region(&id.place).into_iter();
                region.map(|region| (region, Ask::List(Section::Images))).collect()
            }
            Scope::Cluster(id) if !self.asked.is_empty() && known(id).is_some() => {
                let lists = MOVING.iter().chain(&SELDOM).map(|list| Ask::List(*list));
                let lists = world
                    .region(&id.place)
                    .into_iter()
                    .flat_map(|at| lists.clone().map(move |list| (at, list)));
                let of_it = of_clusters(world, std::slice::from_ref(id), known);
                lists.chain(of_it).chain(watched(world, naming, id, known)).collect()
            }
            Scope::Traffic(id) if !self.asked.is_empty() && known(id).is_some() => {
                let mut questions = of_clusters(world, std::slice::from_ref(id), known);
                questions.retain(|(_, ask)| ask.is_of_traffic());
                questions
            }
            Scope::Background { first } if !self.asked.is_empty() => {
                self.urgent(world, &of_clusters(world, first, known), first.len(), at)
            }
            _ => everything(world),
        };
        self.count(at, questions.len());
        let asked = !questions.is_empty();
        for (region, ask) in questions {
            let sight = world.sight(region);
            let denied = weather.denied.contains(&ask.section());
            ask.answer(&sight, denied, at, &mut self.facts[region]);
            self.asked.insert((region, ask), at);
        }
        asked
    }

    /// The questions that have waited longest for their interest, as many as the budget allows.
    fn urgent(
        &mut self,
        world: &World,
        on_screen: &[Question],
        clusters: usize,
        at: Timestamp,
    ) -> Vec<Question> {
        let share = ON_SCREEN / i64::try_from(clusters.max(1)).unwrap_or(ON_SCREEN);
        let urgency = |question: &Question| {
            let waited = self.asked.get(question).map_or(i64::MAX / 64, |then| since(*then, at));
            let interest = interest(&question.1);
            let seen = if on_screen.contains(question) { share.clamp(interest, ON_SCREEN / 2) } else { 1 };
            waited * interest.max(seen)
        };
        let mut questions = everything(world);
        questions.sort_by_cached_key(|question| Reverse(urgency(question)));
        let minute = since(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + MINUTE);
        let full = BUDGET * minute;
        let purse = self.purse.map_or(0, |(then, left)| (left + BUDGET * since(then, at)).min(full));
        let calls = (purse / minute).min(i64::try_from(questions.len()).unwrap_or(BUDGET));
        self.purse = Some((at, purse - calls * minute));
        questions.truncate(usize::try_from(calls).unwrap_or(0));
        questions
    }

    /// Counts calls for the meter.
    pub(super) fn count(&mut self, at: Timestamp, calls: usize) {
        self.meter.push_back((at, i64::try_from(calls).unwrap_or(i64::MAX)));
        while self.meter.front().is_some_and(|(then, _)| at.duration_since(*then) >= MINUTE) {
            self.meter.pop_front();
        }
    }

    /// Calls of the last minute.
    pub(super) fn calls(&self, now: Timestamp) -> u32 {
        let recent = self.meter.iter().filter(|(then, _)| now.duration_since(*then) < MINUTE);
        let calls = recent.fold(0_i64, |sum, (_, calls)| sum.saturating_add(*calls));
        u32::try_from(calls).unwrap_or(u32::MAX)
    }
}

/// Milliseconds between two times.
fn since(then: Timestamp, now: Timestamp) -> i64 {
    i64::try_from(now.duration_since(then).as_millis()).unwrap_or(0).max(0)
}

/// How much more often something is asked than what hardly changes.
fn interest(ask: &Ask) -> i64 {
    match ask {
        Ask::List(Section::Instances | Section::Groups) => 24,
        Ask::List(Section::Statuses) => 8,
        Ask::TargetHealth(_) | Ask::Rules(_) | Ask::Listeners(_) => 3,
        Ask::Refreshes(_) => 2,
        Ask::List(_) | Ask::Attributes(_) | Ask::Alarms(_) | Ask::Metrics(_) => 1,
    }
}

fn everything(world: &World) -> Vec<Question> {
    let regions = world.regions.iter().enumerate();
    regions.flat_map(|(index, region)| of_region(region).into_iter().map(move |ask| (index, ask))).collect()
}

fn of_region(region: &Region) -> Vec<Ask> {
    let mut asks: Vec<Ask> =
        MOVING.iter().chain(&SELDOM).chain(&WHOLE).map(|list| Ask::List(*list)).collect();
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

/// What is asked of single clusters: their groups' refreshes, their listeners and rules, their target groups.
fn of_clusters(world: &World, ids: &[ClusterId], known: &Known) -> Vec<Question> {
    let mut questions = Vec::new();
    for id in ids {
        let (Some(region), Some(cluster)) = (world.region(&id.place), known(id)) else { continue };
        let mut ask = |ask| questions.push((region, ask));
        for source in &cluster.traffic {
            ask(Ask::Listeners(source.load_balancer.clone()));
            ask(Ask::Rules(source.listener.clone()));
        }
        for group in &world.regions[region].groups {
            if cluster.groups.iter().any(|of| of.id.name == group.fact.name) {
                ask(Ask::Refreshes(group.fact.name.clone()));
                for arn in &group.fact.target_groups {
                    ask(Ask::Attributes(arn.clone()));
                    ask(Ask::TargetHealth(arn.clone()));
                }
            }
        }
    }
    questions.sort();
    questions.dedup();
    questions
}

/// What CloudWatch is asked of one cluster: nothing, unless the configuration says so.
fn watched(world: &World, naming: &Naming, id: &ClusterId, known: &Known) -> Vec<Question> {
    let (Some(region), Some(cluster)) = (world.region(&id.place), known(id)) else { return Vec::new() };
    let watched = naming.watched(id);
    let alarms = watched.alarms.filter(|names| !names.is_empty()).map(Ask::Alarms);
    let sides = cluster.traffic.iter().flat_map(|source| &source.weights).map(|w| w.target_group.clone());
    let metrics = watched.metrics.then(|| Ask::Metrics(sides.collect()));
    alarms.into_iter().chain(metrics).map(|ask| (region, ask)).collect()
}
