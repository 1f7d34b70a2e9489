//! One row of the fleet screen: what a cluster, or the instances outside all groups, come to in a few words.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Fields, Observation, Rolling, words};
use crate::drift::{Count, RuleName, Severity};
use crate::fleet::{
    Cluster, ClusterId, Fleet, Image, ImageId, Instance, Place, ServerGroup, Text, TrafficSource, Verdict,
};
use crate::plan::{Light, half_finished};

/// What a row of the fleet screen is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A cluster.
    Cluster(ClusterId),
    /// Instances of a place that stand in no group, or whose group is not known.
    Ungrouped(Place),
}

impl Subject {
    /// The cluster, where it is one.
    pub fn cluster(&self) -> Option<&ClusterId> {
        match self {
            Self::Cluster(id) => Some(id),
            Self::Ungrouped(_) => None,
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        match self {
            Self::Cluster(id) => &id.place,
            Self::Ungrouped(place) => place,
        }
    }

    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Self::Cluster(id) => id.name.to_string(),
            Self::Ungrouped(_) => "(in no group)".into(),
        }
    }
}

/// A summary of one subject.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What it is about.
    pub subject: Subject,
    /// Who takes traffic, side by side; empty where the word below says why.
    pub sides: Vec<Side>,
    /// Why no side takes traffic.
    pub traffic: TrafficWord,
    /// Images of what runs, where no side tells them.
    pub image: SideImage,
    /// Health of what takes traffic, or of everything where nothing does.
    pub health: HealthCount,
    /// Drift.
    pub drift: DriftCount,
    /// The way back; none for what stands in no group.
    pub back: Option<WayBack>,
    /// A side with an instance refresh under way.
    pub refresh: Option<(String, Rolling)>,
    /// A side that a refresh left half replaced.
    pub half: Option<String>,
    /// Instances.
    pub instances: usize,
    /// Things of its place that could not be read and that it rests on.
    pub gaps: usize,
    /// The oldest answer it rests on; `None` where one was never read.
    pub seen_at: Option<Timestamp>,
    /// Names of its groups, for the filter.
    groups: Vec<Text>,
}

/// Why a cluster shows no sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrafficWord {
    /// It shows them.
    Flows {
        /// Listeners and rules that carry its traffic.
        sources: usize,
    },
    /// No listener or rule sends it anything.
    NoLoadBalancer,
    /// All weights are 0.
    NoWeight,
    /// Listeners or rules could not be read.
    Unknown,
    /// Traffic is no question here.
    None,
}

/// One group's part of the traffic.
#[derive(Clone, Debug)]
pub struct Side {
    /// What it is called within its cluster.
    pub name: String,
    /// 0–100.
    pub percent: f64,
    /// What runs on it.
    pub image: SideImage,
}

/// What runs, and what is wanted where that is something else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SideImage {
    /// The image most instances run; `None`: unknown, or nothing runs.
    pub runs: Option<String>,
    /// Further distinct images.
    pub others: usize,
    /// What the group wants, where most instances run something else.
    pub wants: Option<String>,
}

/// Health of instances, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HealthCount {
    /// Healthy by every source that spoke.
    pub healthy: usize,
    /// Unhealthy by one.
    pub unhealthy: usize,
    /// Not judged.
    pub unknown: usize,
    /// All.
    pub total: usize,
}

/// Instances with drift, each counted once, under its worst finding.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DriftCount {
    /// The worst rule with its severity and how many instances it is the worst of.
    pub worst: Option<(Severity, RuleName, usize)>,
    /// Instances whose worst finding is of another rule.
    pub others: usize,
    /// Instances of which something could not be judged, and nothing worse is known.
    pub unknown: usize,
}

impl DriftCount {
    /// Instances that drifted; what could not be judged is not among them.
    pub fn drifted(&self) -> usize {
        self.worst.as_ref().map_or(0, |(_, _, count)| *count) + self.others
    }
}

/// Whether one could go back, computed before trouble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WayBack {
    /// The light: how it could.
    pub light: Light,
    /// Where a rollback would lead now, in a word; or why there is none.
    pub rollback: Result<String, String>,
}

impl Summary {
    /// Sums up a cluster.
    pub fn of_cluster(observation: &Observation, cluster: &Cluster, back: WayBack) -> Self {
        let fleet = &*observation.fleet;
        let source = shown_source(cluster);
        let sides: Vec<Side> = source.map_or_else(Vec::new, |source| sides(fleet, cluster, source));
        let traffic = match (source, sides.is_empty()) {
            (Some(_), false) => TrafficWord::Flows { sources: cluster.traffic.len() },
            (Some(_), true) => TrafficWord::NoWeight,
            (None, _) if observation.traffic_gap(&cluster.id.place) => TrafficWord::Unknown,
            (None, _) => TrafficWord::NoLoadBalancer,
        };
        let side = |group: &ServerGroup| words::side(&cluster.id.name, &group.id.name);
        let serving: Vec<&ServerGroup> = if cluster.groups.iter().any(|group| group.live) {
            cluster.groups.iter().filter(|group| group.live).map(AsRef::as_ref).collect()
        } else {
            cluster.groups.iter().map(AsRef::as_ref).collect()
        };
        Self {
            subject: Subject::Cluster(cluster.id.clone()),
            sides,
            traffic,
            image: side_image(fleet, &serving),
            health: count_health(serving.iter().flat_map(|group| &group.instances)),
            drift: observation
                .judgement
                .clusters
                .get(&cluster.id)
                .map_or_else(DriftCount::default, |sum| count_drift(&sum.worst)),
            back: Some(back),
            refresh: cluster.groups.iter().find_map(|group| Some((side(group), Rolling::of(group)?))),
            half: cluster.groups.iter().find(|group| half_finished(group).is_some()).map(|group| side(group)),
            instances: cluster.instances().count(),
            gaps: observation.gaps_of_cluster(cluster).count(),
            seen_at: cluster.seen_at,
            groups: cluster.groups.iter().map(|group| Text::new(group.id.name.raw())).collect(),
        }
    }

    /// Sums up the instances of a place that stand in no known group; `None` where there is none.
    pub fn of_ungrouped(observation: &Observation, place: &Place) -> Option<Self> {
        let instances: Vec<&Instance> = observation.ungrouped(place).collect();
        if instances.is_empty() {
            return None;
        }
        let images = count_images(&observation.fleet, instances.iter().copied());
        Some(Self {
            subject: Subject::Ungrouped(place.clone()),
            sides: Vec::new(),
            traffic: TrafficWord::None,
            image: SideImage {
                runs: images.first().map(|(label, _)| label.clone()),
                others: images.len().saturating_sub(1),
                wants: None,
            },
            health: count_health(instances.iter().copied()),
            drift: drift_of(observation, &instances),
            back: None,
            refresh: None,
            half: None,
            instances: instances.len(),
            gaps: 0,
            seen_at: observation.fleet.ages.get(&(place.clone(), crate::fleet::Section::Instances)).copied(),
            groups: Vec::new(),
        })
    }
}

impl Fields for Summary {
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
        let all = field.is_none();
        let is = |name: &str| all || field == Some(name);
        let place = self.subject.place();
        (is("name") && check(&self.subject.name()))
            || (is("region") && check(place.region.raw()))
            || (is("account") && check(place.account.raw()))
            || (is("group") && self.groups.iter().any(|group| check(group.raw())))
            || (is("image")
                && self.sides.iter().map(|side| &side.image).chain([&self.image]).any(|image| {
                    image.runs.as_deref().is_some_and(&mut *check)
                        || image.wants.as_deref().is_some_and(&mut *check)
                }))
            || (is("drift") && self.drift.worst.as_ref().is_some_and(|(_, rule, _)| check(rule.as_str())))
    }
}

/// The source whose sides a single row shows: the first whose traffic is split, else the first.
fn shown_source(cluster: &Cluster) -> Option<&TrafficSource> {
    let split = |source: &&TrafficSource| source.weights.iter().filter(|w| w.weight > 0).count() > 1;
    cluster.traffic.iter().find(split).or_else(|| cluster.traffic.first())
}

fn sides(fleet: &Fleet, cluster: &Cluster, source: &TrafficSource) -> Vec<Side> {
    let mut sides = Vec::new();
    for group in &cluster.groups {
        let percent = source.group_percent(&group.id.name);
        if percent > 0.0 {
            sides.push(Side {
                name: words::side(&cluster.id.name, &group.id.name),
                percent,
                image: side_image(fleet, &[group]),
            });
        }
    }
    // A target group that no group of the cluster stands behind takes its share all the same.
    for weight in source.weights.iter().filter(|weight| weight.weight > 0) {
        if !weight.groups.iter().any(|group| cluster.group(group).is_some()) {
            sides.push(Side {
                name: weight.target_group.name().to_string(),
                percent: source.percent(&weight.target_group),
                image: SideImage::default(),
            });
        }
    }
    sides
}

/// What the instances of these groups run, and what the groups want.
pub fn side_image(fleet: &Fleet, groups: &[&ServerGroup]) -> SideImage {
    let images = count_images(fleet, groups.iter().flat_map(|group| &group.instances));
    let runs = images.first().map(|(label, _)| label.clone());
    let wanted = groups.iter().find_map(|group| {
        let wanted = group.refresh.as_ref().map_or(&group.wants, |refresh| &refresh.wants).first()?;
        Some(image_label(fleet, &group.id.place, wanted.image.as_ref()?))
    });
    SideImage {
        others: images.len().saturating_sub(1),
        wants: wanted.filter(|wanted| runs.as_ref() != Some(wanted)),
        runs,
    }
}

/// Distinct images by how many instances run them, most first.
fn count_images<'a>(fleet: &Fleet, instances: impl Iterator<Item = &'a Instance>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<(&Place, &ImageId), usize> = BTreeMap::new();
    for instance in instances {
        if let Some(running) = &instance.running {
            *counts.entry((&instance.place, &running.image)).or_default() += 1;
        }
    }
    let mut images: Vec<_> = counts.into_iter().collect();
    images.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    images.into_iter().map(|((place, id), count)| (image_label(fleet, place, id), count)).collect()
}

/// What a person calls an image: its version, else its name, else its id.
pub fn image_label(fleet: &Fleet, place: &Place, id: &ImageId) -> String {
    fleet.image(place, id).map_or_else(|| id.to_string(), |image: &Image| image.label().to_string())
}

fn count_health<'a>(instances: impl Iterator<Item = &'a Instance>) -> HealthCount {
    let mut count = HealthCount::default();
    for instance in instances {
        count.total += 1;
        match instance.health.verdict() {
            Verdict::Healthy => count.healthy += 1,
            Verdict::Unhealthy => count.unhealthy += 1,
            Verdict::Unknown => count.unknown += 1,
            Verdict::Starting | Verdict::Leaving => {}
        }
    }
    count
}

/// Drift of instances outside all groups, which no summary counts by place.
fn drift_of(observation: &Observation, instances: &[&Instance]) -> DriftCount {
    let mut counts: Vec<Count> = Vec::new();
    for worst in instances.iter().filter_map(|instance| observation.judgement.worst(&instance.id)) {
        let same = |count: &&mut Count| (count.rule, count.severity) == (worst.rule, worst.severity);
        match counts.iter_mut().find(same) {
            Some(count) => count.instances += 1,
            None => counts.push(Count { rule: worst.rule, severity: worst.severity, instances: 1 }),
        }
    }
    counts.sort_by_key(|count| std::cmp::Reverse((count.severity, count.instances)));
    count_drift(&counts)
}

/// Sums up instances by their worst finding, the worst first.
fn count_drift(counts: &[Count]) -> DriftCount {
    let mut drift = DriftCount::default();
    for count in counts {
        if count.rule == RuleName::UNKNOWN {
            drift.unknown += count.instances;
        } else if drift.worst.is_none() {
            drift.worst = Some((count.severity, count.rule, count.instances));
        } else {
            drift.others += count.instances;
        }
    }
    drift
}
