//! What a look in the background asks for: the most overdue first, as far as the budget goes.
//!
//! Every list and every single thing has an age at which it is worth asking again. In a small fleet everything is
//! asked at that age and no sooner; in a large one ages grow, evenly, except on the screen.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::kept::Kept;
use super::look::Walks;
use super::needs::{self, Part, Parts};
use super::task::Task;
use crate::fleet::{Region, Section};

/// Calls a minute of an idle cockpit, whatever the number of views and the size of the fleet.
pub(super) const BUDGET: u32 = 30;
/// What of it is left to whoever reads what other cockpits do, whether that takes it or not.
pub(super) const CLAIMS: u32 = 7;

/// What is on the screen is asked this many times as often.
const ON_SCREEN: f64 = 3.0;
/// What belongs to no cluster is asked this many times more seldom.
const UNRELATED: f64 = 0.1;
/// How long a section that may not be read, or that the endpoint does not know, is left alone.
const CLOSED_FOR: SignedDuration = SignedDuration::from_mins(5);
/// How long the background is silent after AWS asked for fewer calls; doubled each time it does so again.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// The longest silence.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(8);
/// When a failed attempt is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);

/// The age in seconds at which a task is worth asking again.
fn worth_after(task: &Task) -> f64 {
    match task {
        Task::Health(_) => 30.0,
        Task::Instances | Task::Groups | Task::Refreshes(_) | Task::Listeners(_) | Task::Rules(_) => 60.0,
        Task::Statuses
        | Task::TargetGroups
        | Task::TemplatesWritten
        | Task::TemplatesResolved
        | Task::VersionsResolved(..) => 120.0,
        Task::ImageMetadata | Task::LoadBalancers => 300.0,
        Task::Attributes(_) => 1800.0,
        _ => 600.0,
    }
}

/// What the background remembers from look to look.
#[derive(Default, Debug)]
pub(super) struct Background {
    /// Lists that were left off between two pages.
    pub(super) walks: BTreeMap<Region, Walks>,
    tried: HashMap<(Region, Task), Timestamp>,
    closed: HashMap<(Region, Section), Timestamp>,
    paused: Option<(Timestamp, SignedDuration)>,
}

impl Background {
    /// Whether AWS asked for fewer calls a short time ago.
    pub(super) fn is_paused(&self, now: Timestamp) -> bool {
        self.paused.is_some_and(|(until, _)| now < until)
    }

    /// Notes whether AWS asked for fewer calls.
    pub(super) fn throttled(&mut self, throttled: bool, now: Timestamp) {
        self.paused = throttled.then(|| {
            let pause = self.paused.map_or(PAUSE, |(_, last)| (last + last).min(LONGEST_PAUSE));
            (now.saturating_add(pause).unwrap_or(now), pause)
        });
    }

    /// Notes what is being asked.
    pub(super) fn try_now(&mut self, region: &Region, tasks: &[Task], now: Timestamp) {
        self.tried.retain(|_, at| now.duration_since(*at) < FORGOTTEN);
        self.tried.extend(tasks.iter().map(|task| ((region.clone(), task.clone()), now)));
    }

    /// Notes sections that need not be asked for a while.
    pub(super) fn close(
        &mut self,
        region: &Region,
        sections: impl IntoIterator<Item = Section>,
        now: Timestamp,
    ) {
        self.closed.extend(sections.into_iter().map(|section| ((region.clone(), section), now)));
    }

    /// The tasks of one region that are worth asking, with how overdue they are (1: just now).
    pub(super) fn due(
        &self,
        region: &Region,
        kept: &Kept,
        screen: &Parts,
        clusters: &Parts,
        now: Timestamp,
    ) -> Vec<(f64, Task)> {
        let walks = self.walks.get(region);
        let is_closed = |task: &Task| {
            let at = self.closed.get(&(region.clone(), task.section()));
            at.is_some_and(|at| now.duration_since(*at) < CLOSED_FOR) && !task.resolves()
        };
        let overdue = |task: Task| {
            if walks.is_some_and(|walks| walks.contains_key(&task)) {
                return Some((f64::INFINITY, task));
            }
            let tried = self.tried.get(&(region.clone(), task.clone())).copied();
            let last = seen_at(kept, &task).max(tried);
            let age = last.map_or(f64::INFINITY, |at| now.duration_since(at).as_secs_f64());
            let weight = if screen.has(&task) {
                ON_SCREEN
            } else if clusters.has(&task) || task.about().is_none() {
                1.0
            } else {
                UNRELATED
            };
            let score = age * weight / worth_after(&task);
            (score >= 1.0).then_some((score, task))
        };
        candidates(kept).into_iter().filter(|task| !is_closed(task)).filter_map(overdue).collect()
    }
}

/// Everything that could be asked of what is known.
fn candidates(kept: &Kept) -> Vec<Task> {
    let facts = &kept.facts;
    let mut tasks: Vec<Task> = Task::LISTS
        .into_iter()
        .filter(|list| *list != Task::TemplatesWritten || kept.templates.need_written())
        .collect();
    for load_balancer in needs::load_balancers(kept) {
        tasks.push(Task::Listeners(load_balancer.clone()));
        tasks.extend(needs::rules_of(kept, load_balancer));
    }
    for arn in needs::target_groups(kept) {
        tasks.extend([Task::Health(arn.clone()), Task::Attributes(arn.clone())]);
    }
    let groups = facts.groups.iter().flat_map(|seen| &seen.value);
    tasks.extend(groups.map(|group| Task::Refreshes(group.name.clone())));
    tasks.extend(needs::versions(kept, Part::All));
    tasks.extend(needs::image_tasks(needs::images(kept, Part::All, false)));
    tasks
}

fn seen_at(kept: &Kept, task: &Task) -> Option<Timestamp> {
    let facts = &kept.facts;
    match task {
        Task::Instances => facts.instances.as_ref().map(|seen| seen.at),
        Task::Statuses => facts.statuses.as_ref().map(|seen| seen.at),
        Task::RootVolumes => facts.root_volumes.as_ref().map(|seen| seen.at),
        Task::ImageMetadata => facts.image_metadata.as_ref().map(|seen| seen.at),
        Task::OwnImages => facts.images.as_ref().map(|seen| seen.at),
        Task::Groups => facts.groups.as_ref().map(|seen| seen.at),
        Task::LoadBalancers => facts.load_balancers.as_ref().map(|seen| seen.at),
        Task::TargetGroups => facts.target_groups.as_ref().map(|seen| seen.at),
        Task::Policies => facts.policies.as_ref().map(|seen| seen.at),
        Task::Schedules => facts.schedules.as_ref().map(|seen| seen.at),
        Task::TemplatesResolved => kept.templates.seen_at,
        Task::Listeners(arn) => facts.listeners.get(arn).map(|seen| seen.at),
        Task::Rules(arn) => facts.rules.get(arn).map(|seen| seen.at),
        Task::Refreshes(name) => facts.refreshes.get(name).map(|seen| seen.at),
        Task::Attributes(arn) => facts.attributes.get(arn).map(|seen| seen.at),
        Task::Health(arn) => facts.target_health.get(arn).map(|seen| seen.at),
        _ => None,
    }
}

impl Parts {
    /// The parts of several clusters together.
    pub(super) fn together(all: impl IntoIterator<Item = Self>) -> Self {
        let mut together = Self::default();
        for parts in all {
            together.groups.extend(parts.groups);
            together.target_groups.extend(parts.target_groups);
            together.load_balancers.extend(parts.load_balancers);
            together.listeners.extend(parts.listeners);
            together.instances.extend(parts.instances);
        }
        together
    }

    /// Whether a task is about one of them.
    fn has(&self, task: &Task) -> bool {
        fn in_set<T: Ord>(set: &BTreeSet<T>, thing: &T) -> bool {
            set.contains(thing)
        }
        match task {
            Task::Refreshes(name) => in_set(&self.groups, name),
            Task::Listeners(arn) => in_set(&self.load_balancers, arn),
            Task::Rules(arn) => in_set(&self.listeners, arn),
            Task::Attributes(arn) | Task::Health(arn) => in_set(&self.target_groups, arn),
            _ => false,
        }
    }
}
