//! One cluster: its traffic by listener or rule, and its instances under the headings of their groups. The same
//! screen shows the instances of a place that stand in no group.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Instance, Marks, Screen, Seen, Step, View};
use crate::app::{Area, Fields, Filter, List, Observation, Row, Sizing, Subject, words};
use crate::fleet::{self, ClusterId, InstanceId, ServerGroup, SourceArn, Text, TrafficSource, Zone};
use crate::keymap::{Action, Context};

/// Rows of a frame.
const FRAME: u16 = 2;
/// Rows the instance table keeps, whatever else there is to show.
const TABLE_AT_LEAST: u16 = 6;
/// Rows of the traffic panel beside its sides: who is sticky, and how far the newest change is true.
const TRAFFIC_LINES: u16 = 2;
/// One more row, where there is a change: why it waits.
const WAITS: u16 = 1;
/// Rows that tell why the selected instance has drifted.
const DETAILS: u16 = 7;

/// What a row of the instance table shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// The heading of the group of this number.
    Group(usize),
    /// What sets the size of the group of this number by itself, of this number among such.
    Sizing(usize, usize),
    /// The instance of this number of the group of this number; without a group, of those that stand in none.
    Instance(Option<usize>, usize),
}

/// By what instances are ordered, within their groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Id.
    #[default]
    Id,
    /// Name.
    Name,
    /// Zone.
    Zone,
    /// Image.
    Image,
    /// Least healthy first.
    Health,
    /// Oldest first.
    Age,
    /// Worst drift first.
    Drift,
}

impl Order {
    const ALL: [Self; 7] =
        [Self::Id, Self::Name, Self::Zone, Self::Image, Self::Health, Self::Age, Self::Drift];

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|order| *order == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    fn compare(self, observation: &Observation, a: &fleet::Instance, b: &fleet::Instance) -> Ordering {
        let worst = |instance: &fleet::Instance| {
            observation.judgement.worst(&instance.id).map(|finding| finding.severity)
        };
        let image = |instance: &fleet::Instance| {
            let id = instance.running.as_ref().map(|running| running.image.clone());
            let image = id.as_ref().and_then(|id| observation.fleet.image(&instance.place, id));
            (image.and_then(|image| image.rank), id)
        };
        match self {
            Self::Id => Ordering::Equal,
            Self::Name => a.name().cmp(&b.name()),
            Self::Zone => a.zone.cmp(&b.zone),
            Self::Image => image(a).cmp(&image(b)),
            Self::Health => b.health.verdict().cmp(&a.health.verdict()),
            Self::Age => a.launched_at.cmp(&b.launched_at),
            Self::Drift => worst(b).cmp(&worst(a)),
        }
    }
}

/// Where the parts of the screen stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClusterLayout {
    /// Traffic; no rows where it is no question.
    pub traffic: Area,
    /// Instances.
    pub table: Area,
    /// Why the selected instance has drifted; no rows where it is not asked.
    pub details: Area,
}

/// The cluster screen.
#[derive(Debug)]
pub struct Cluster {
    /// What it shows.
    pub subject: Subject,
    /// Groups and their instances.
    pub list: List<InstanceId, Line>,
    /// By what instances are ordered.
    pub order: Order,
    /// Whether the order is turned around.
    pub reversed: bool,
    /// Whether the findings of the selected instance are shown.
    pub details: bool,
    /// Instances to act on all at once.
    pub marks: Marks,
    /// Where its parts stand.
    pub layout: ClusterLayout,
    source: Option<SourceArn>,
    filter: Filter,
}

impl Cluster {
    /// The screen of a subject.
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            list: List::default(),
            order: Order::default(),
            reversed: false,
            details: false,
            marks: Marks::default(),
            layout: ClusterLayout::default(),
            source: None,
            filter: Filter::default(),
        }
    }

    /// The listener or rule that is shown: the chosen one, else the first; with its number.
    pub fn source<'a>(&self, cluster: &'a fleet::Cluster) -> Option<(usize, &'a TrafficSource)> {
        let sources = || cluster.traffic.iter().enumerate();
        sources().find(|(_, source)| Some(&source.arn) == self.source.as_ref()).or_else(|| sources().next())
    }

    /// The instance a row shows, with its group.
    pub fn instance<'a>(
        &self,
        observation: &'a Observation,
        line: Line,
    ) -> Option<(Option<&'a ServerGroup>, &'a fleet::Instance)> {
        match line {
            Line::Group(_) | Line::Sizing(..) => None,
            Line::Instance(Some(group), at) => {
                let group = observation.cluster(&self.subject)?.groups.get(group)?;
                Some((Some(group), group.instances.get(at)?))
            }
            Line::Instance(None, at) => {
                let (unmanaged, unplaced) = (&observation.fleet.unmanaged, &observation.fleet.unplaced);
                let instance =
                    unmanaged.get(at).or_else(|| unplaced.get(at.checked_sub(unmanaged.len())?))?;
                Some((None, instance))
            }
        }
    }

    fn next_source(&mut self, seen: &Seen<'_>, forward: bool) {
        let Some(cluster) = seen.observation.and_then(|observation| observation.cluster(&self.subject))
        else {
            return;
        };
        let len = cluster.traffic.len();
        if let Some((at, _)) = self.source(cluster) {
            let next = if forward { (at + 1) % len } else { (at + len - 1) % len };
            self.source = cluster.traffic.get(next).map(|source| source.arn.clone());
        }
    }

    /// Marked instances that no row shows, because of the filter.
    pub fn marked_out_of_sight(&self) -> usize {
        let listed = self.list.rows().iter().filter_map(|row| row.key.as_ref());
        self.marks.count() - listed.filter(|id| self.marks.has(id)).count()
    }

    /// Marks of the group of the selected row what is listed and meant.
    fn mark(&mut self, action: Action, seen: &Seen<'_>) {
        let listed = || self.list.rows().iter().filter(|row| row.key.is_some());
        let Some(observation) = seen.observation else { return };
        let here = listed().find(|row| row.key.as_ref() == self.list.selected()).map(|row| row.shows);
        let group = |line: Line| match line {
            Line::Group(number) | Line::Sizing(number, _) => Some(number),
            Line::Instance(number, _) => number,
        };
        let of_group = listed().filter(|row| here.map(group) == Some(group(row.shows)));
        let has = |id: &InstanceId, rule: &str| {
            observation.findings(id).iter().any(|finding| finding.rule.as_str() == rule)
        };
        let ids = |rule: &'static str| {
            of_group.clone().filter_map(|row| row.key.clone()).filter(|id| has(id, rule)).collect()
        };
        let meant: Vec<InstanceId> = match action {
            Action::MarkAll => listed().filter_map(|row| row.key.clone()).collect(),
            Action::MarkTainted => ids("tainted"),
            Action::MarkBehind => ids("behind"),
            _ => {
                let instances = of_group.filter_map(|row| self.instance(observation, row.shows));
                let left = instances.map(|(_, instance)| instance).filter(|one| !self.marks.has(&one.id));
                let known = left.filter_map(|one| Some((one.launched_at?, &one.id)));
                known.min().map(|(_, id)| id.clone()).into_iter().collect()
            }
        };
        self.marks.add(meant);
    }

    fn rows<'a>(
        &self,
        observation: &Observation,
        instances: impl Iterator<Item = (usize, &'a fleet::Instance)>,
        group: Option<(usize, &ServerGroup)>,
    ) -> Vec<Row<InstanceId, Line>> {
        let name = group.map(|(_, group)| group.id.name.raw());
        let mut shown: Vec<(usize, &fleet::Instance)> = instances
            .filter(|(_, instance)| {
                self.filter.is_empty()
                    || self.filter.matches(&Searched { observation, instance, group: name })
            })
            .collect();
        shown.sort_by(|(_, a), (_, b)| {
            let order = self.order.compare(observation, a, b).then_with(|| a.id.cmp(&b.id));
            if self.reversed { order.reverse() } else { order }
        });
        let line = |at| Line::Instance(group.map(|(number, _)| number), at);
        shown
            .into_iter()
            .map(|(at, instance)| Row { key: Some(instance.id.clone()), shows: line(at), height: 1 })
            .collect()
    }
}

impl View for Cluster {
    fn context(&self) -> Context {
        Context::Cluster
    }

    fn derive(&mut self, seen: &Seen<'_>) {
        let Some(observation) = seen.observation else { return };
        let mut rows = Vec::new();
        match &self.subject {
            Subject::Cluster(_) => {
                let groups = observation.cluster(&self.subject).map_or(&[][..], |cluster| &cluster.groups);
                for (number, group) in groups.iter().enumerate() {
                    let lines = (0..Sizing::of(group).len()).map(|at| Line::Sizing(number, at));
                    let lines = std::iter::once(Line::Group(number)).chain(lines);
                    rows.extend(lines.map(|shows| Row { key: None, shows, height: 1 }));
                    let instances = group.instances.iter().enumerate();
                    rows.extend(self.rows(observation, instances, Some((number, group))));
                }
            }
            Subject::Ungrouped(place) => {
                let all = observation.fleet.unmanaged.iter().chain(&observation.fleet.unplaced);
                let here = all.enumerate().filter(|(_, instance)| instance.place == *place);
                rows = self.rows(observation, here, None);
            }
        }
        let there: HashSet<&InstanceId> = match &self.subject {
            Subject::Cluster(_) => {
                let groups = observation.cluster(&self.subject).map_or(&[][..], |cluster| &cluster.groups);
                groups.iter().flat_map(|group| &group.instances).map(|one| &one.id).collect()
            }
            Subject::Ungrouped(_) => {
                let all = observation.fleet.unmanaged.iter().chain(&observation.fleet.unplaced);
                all.map(|one| &one.id).collect()
            }
        };
        self.marks.keep(|id| there.contains(id));
        self.list.set_rows(rows);
    }

    fn fit(&mut self, seen: &Seen<'_>, body: Area) {
        let cluster = seen.observation.and_then(|observation| observation.cluster(&self.subject));
        let source = cluster.and_then(|cluster| self.source(cluster)).map(|(_, source)| source);
        let changes = |source: &TrafficSource| {
            seen.operations.iter().any(|operation| operation.source.as_ref() == Some(&source.arn))
                || self.subject.cluster().is_some_and(|id| seen.open.contains_key(id))
        };
        let waits = if source.is_some_and(changes) { WAITS } else { 0 };
        let sides = source.map(|source| source.weights.len());
        let spare = body.height.saturating_sub(TABLE_AT_LEAST);
        let mut rest = body;
        let details = rest.cut_bottom(if self.details { DETAILS.min(spare) } else { 0 });
        let traffic = match (cluster, sides) {
            (None, _) => 0,
            (Some(_), None) => FRAME + 1,
            (Some(_), Some(sides)) => {
                (FRAME + TRAFFIC_LINES + waits).saturating_add(u16::try_from(sides).unwrap_or(u16::MAX))
            }
        };
        let traffic = rest.cut_top(traffic.min(spare.saturating_sub(details.height)));
        self.layout = ClusterLayout { traffic, table: rest, details };
        self.list.set_height(rest.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.list);
    }

    fn clusters(&self) -> Vec<ClusterId> {
        self.subject.cluster().cloned().into_iter().collect()
    }

    fn subject(&self) -> Option<&ClusterId> {
        self.subject.cluster()
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
                let id = self.list.selected()?.clone();
                return Some(Screen::Instance(Instance::new(id, self.subject.clone())));
            }
            Action::NextDrift | Action::PreviousDrift => {
                let observation = seen.observation?;
                let drifted = |id: &InstanceId| !observation.findings(id).is_empty();
                self.list.seek(action == Action::NextDrift, |row| row.key.as_ref().is_some_and(drifted));
            }
            Action::NextSource | Action::PreviousSource => {
                self.next_source(seen, action == Action::NextSource);
            }
            Action::Mark => {
                if let Some(id) = self.list.selected() {
                    self.marks.toggle(&id.clone());
                }
            }
            Action::MarkAll | Action::MarkTainted | Action::MarkBehind | Action::MarkOldest => {
                self.mark(action, seen);
            }
            Action::Unmark => self.marks.clear(),
            Action::Details => self.details = !self.details,
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

/// An instance as a filter looks at it.
pub(super) struct Searched<'a> {
    pub(super) observation: &'a Observation,
    pub(super) instance: &'a fleet::Instance,
    pub(super) group: Option<&'a str>,
}

impl Searched<'_> {
    fn image(&self, check: &mut dyn FnMut(Option<&str>) -> bool) -> bool {
        let Some(running) = &self.instance.running else { return false };
        let image = self.observation.fleet.image(&self.instance.place, &running.image);
        check(Some(running.image.raw()))
            || image.is_some_and(|image| {
                check(image.version.as_ref().map(Text::raw)) || check(image.name.as_ref().map(Text::raw))
            })
    }
}

impl Fields for Searched<'_> {
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
        let Self { observation, instance, group } = *self;
        let mut check = |text: Option<&str>| text.is_some_and(&mut *check);
        let mut one = |field: &str| match field {
            "instance" => check(Some(instance.id.raw())),
            "name" => check(instance.name().map(Text::raw)),
            "group" => check(group),
            "zone" => check(instance.zone.as_ref().map(Zone::raw)),
            "type" => check(instance.instance_type.as_ref().map(Text::raw)),
            "state" => check(Some(&words::state(instance))),
            "health" => check(Some(words::health(instance.health.verdict()))),
            "region" => check(Some(instance.place.region.raw())),
            "account" => check(Some(instance.place.account.raw())),
            "image" => self.image(&mut check),
            "drift" => {
                observation.findings(&instance.id).iter().any(|finding| check(Some(finding.rule.as_str())))
            }
            "tag" => instance
                .facts
                .iter()
                .flat_map(|facts| &facts.tags)
                .any(|(key, value)| check(Some(&format!("{}={}", key.raw(), value.raw())))),
            _ => false,
        };
        match field {
            Some(field) => one(field),
            None => crate::app::filter::FIELDS.iter().any(|field| one(field)),
        }
    }
}
