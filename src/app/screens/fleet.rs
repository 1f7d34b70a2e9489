//! The fleet: one row a cluster, and one a place for what stands in no group.

use std::cmp::Ordering;

use super::{Cluster, Screen, Seen, Step, View};
use crate::app::{Area, Fields, Filter, List, Observation, Row, Subject, Summary};
use crate::drift::Severity;
use crate::fleet::{ClusterId, Instance};
use crate::keymap::{Action, Context};

/// Sides a row shows at most; a cluster with more says how many.
pub const MOST_SIDES: usize = 3;

/// The frame above and below the rows.
const FRAME: u16 = 2;

/// By what the rows are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Name, then place.
    #[default]
    Name,
    /// Image.
    Image,
    /// Fewest healthy first.
    Health,
    /// Worst drift first.
    Drift,
}

impl Order {
    const ALL: [Self; 4] = [Self::Name, Self::Image, Self::Health, Self::Drift];

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|order| *order == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    fn compare(self, a: &Summary, b: &Summary) -> Ordering {
        match self {
            Self::Name => Ordering::Equal,
            Self::Image => image(a).cmp(&image(b)),
            Self::Health => missing(b).cmp(&missing(a)),
            Self::Drift => drift(b).cmp(&drift(a)),
        }
    }
}

fn drift(summary: &Summary) -> Option<(Severity, usize)> {
    summary.drift.worst.as_ref().map(|(severity, _, _)| (*severity, summary.drift.drifted()))
}

/// Instances short of healthy, in thousandths, so that a small cluster that is down comes before a large one with
/// a single sick instance.
fn missing(summary: &Summary) -> usize {
    let health = summary.health;
    (health.total - health.healthy) * 1000 / health.total.max(1)
}

fn image(summary: &Summary) -> Option<&str> {
    let side = summary.sides.first().map_or(&summary.image, |side| &side.image);
    side.runs.as_deref()
}

/// Names as people look for them; what stands in no group comes last.
fn by_name(summary: &Summary) -> (bool, String, &Subject) {
    let name = summary.subject.name();
    (summary.subject.cluster().is_none(), name.to_lowercase(), &summary.subject)
}

/// The fleet screen.
#[derive(Debug, Default)]
pub struct Fleet {
    /// Rows; each shows the summary of this number.
    pub list: List<Subject, usize>,
    /// By what they are ordered.
    pub order: Order,
    /// Whether the order is turned around.
    pub reversed: bool,
    filter: Filter,
}

impl Fleet {
    /// The screen with its first filter; one that cannot be read hides nothing.
    pub fn new(filter: Option<&str>) -> Self {
        Self {
            filter: filter.and_then(|text| Filter::parse(text).ok()).unwrap_or_default(),
            ..Self::default()
        }
    }
}

impl View for Fleet {
    fn context(&self) -> Context {
        Context::Fleet
    }

    fn derive(&mut self, seen: &Seen<'_>) {
        let Some(observation) = seen.observation else { return };
        let matches =
            |summary| self.filter.is_empty() || self.filter.matches(&Searched { observation, summary });
        let mut shown: Vec<(usize, &Summary)> =
            observation.summaries.iter().enumerate().filter(|(_, summary)| matches(summary)).collect();
        shown.sort_by(|(_, a), (_, b)| {
            let order = self.order.compare(a, b).then_with(|| by_name(a).cmp(&by_name(b)));
            if self.reversed { order.reverse() } else { order }
        });
        let rows = shown.into_iter().map(|(at, summary)| Row {
            key: Some(summary.subject.clone()),
            shows: at,
            height: u16::try_from(summary.sides.len().clamp(1, MOST_SIDES)).unwrap_or(1),
        });
        self.list.set_rows(rows.collect());
    }

    fn fit(&mut self, _seen: &Seen<'_>, body: Area) {
        self.list.set_height(body.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.list);
    }

    fn clusters(&self) -> Vec<ClusterId> {
        let rows = &self.list.rows()[self.list.visible()];
        rows.iter().filter_map(|row| row.key.as_ref()?.cluster().cloned()).collect()
    }

    fn subject(&self) -> Option<&ClusterId> {
        self.list.selected()?.cluster()
    }

    fn filter(&self) -> Option<&Filter> {
        Some(&self.filter)
    }

    fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }

    fn act(&mut self, action: Action, seen: &Seen<'_>) -> Option<Screen> {
        match action {
            Action::Open => {
                let subject = self.list.selected()?.clone();
                return Some(Screen::Cluster(Cluster::new(subject)));
            }
            Action::NextDrift | Action::PreviousDrift => {
                let summaries = seen.observation.map_or(&[][..], |observation| &observation.summaries);
                let drifted =
                    |at: usize| summaries.get(at).is_some_and(|summary| summary.drift.drifted() > 0);
                self.list.seek(action == Action::NextDrift, |row| drifted(row.shows));
            }
            Action::SortNext => {
                self.order = self.order.next();
                self.derive(seen);
            }
            Action::SortReverse => {
                self.reversed = !self.reversed;
                self.derive(seen);
            }
            _ => {}
        }
        None
    }
}

/// A row as a filter looks at it: what the row says, and what only its instances say.
struct Searched<'a> {
    observation: &'a Observation,
    summary: &'a Summary,
}

/// The rows that a filter shows.
pub fn matching<'a>(observation: &'a Observation, filter: &'a Filter) -> impl Iterator<Item = &'a Summary> {
    observation.summaries.iter().filter(move |summary| filter.matches(&Searched { observation, summary }))
}

/// Fields that a cluster has only through its instances.
const OF_INSTANCES: [&str; 6] = ["instance", "zone", "type", "state", "health", "tag"];

impl Fields for Searched<'_> {
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
        let Self { observation, summary } = *self;
        let of_instances = field.is_some_and(|field| OF_INSTANCES.contains(&field));
        if !of_instances && summary.any(field, check) {
            return true;
        }
        let mut any = |instance: &Instance| match field {
            // An id is looked for wherever it is; anything else of an instance only where it is asked for.
            None => check(instance.id.raw()),
            Some(_) => super::cluster::Searched { observation, instance, group: None }.any(field, check),
        };
        if field.is_some() && !of_instances {
            return false;
        }
        match &summary.subject {
            Subject::Ungrouped(place) => observation.ungrouped(place).any(&mut any),
            Subject::Cluster(id) => {
                observation.fleet.cluster(id).is_some_and(|cluster| cluster.instances().any(&mut any))
            }
        }
    }
}
