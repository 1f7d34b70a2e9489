//! One look at the fleet as it arrives: the snapshot, what was judged of it, and the rows that follow from both.
//!
//! Made by a task of `runtime` for each new snapshot, so that nothing of it costs a key press anything.

use std::sync::Arc;

use jiff::Timestamp;

use super::summary::{self, WayBack};
use super::{Subject, Summary, planning};
use crate::drift::{Finding, Judgement};
use crate::fleet::{Cluster, ClusterId, Fleet, Gap, ImageId, Instance, InstanceId, Lineage, Place, Section};
use crate::plan::{self, History, Intent, Policy};

/// A snapshot with everything derived from it.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The snapshot.
    pub fleet: Arc<Fleet>,
    /// What was judged of it.
    pub judgement: Arc<Judgement>,
    /// One a cluster, by place and name; then one a place with instances in no group.
    pub summaries: Vec<Summary>,
    /// What images are built on, and who runs them.
    pub lineage: Arc<Lineage>,
}

impl Observation {
    /// Derives everything.
    pub fn new(
        fleet: Arc<Fleet>,
        judgement: Arc<Judgement>,
        history: &History,
        policy: &Policy,
        at: Timestamp,
    ) -> Self {
        let lineage = Arc::new(Lineage::of(&fleet));
        let mut observation = Self { fleet, judgement, summaries: Vec::new(), lineage };
        let fleet = Arc::clone(&observation.fleet);
        let clusters = fleet.clusters.iter().map(|cluster| {
            Summary::of_cluster(&observation, cluster, way_back(cluster, &fleet, history, policy, at))
        });
        let places = fleet.places.iter().filter_map(|place| Summary::of_ungrouped(&observation, place));
        observation.summaries = clusters.chain(places).collect();
        observation
    }

    /// Computes the rollback lights again, after the journal has grown.
    pub fn relight(&mut self, history: &History, policy: &Policy, at: Timestamp) {
        for summary in &mut self.summaries {
            if let Some(cluster) = summary.subject.cluster().and_then(|id| self.fleet.cluster(id)) {
                summary.back = Some(way_back(cluster, &self.fleet, history, policy, at));
            }
        }
    }

    /// What was found of an instance and counts, worst first.
    pub fn findings(&self, id: &InstanceId) -> &[Finding] {
        self.judgement.of(id)
    }

    /// What was found of an instance and does not count at present, a sentence each.
    pub fn ignored(&self, id: &InstanceId) -> Vec<String> {
        let sentence = |finding: &Finding| {
            let ignore = finding.ignored.as_ref()?;
            let until = ignore.until.strftime("%Y-%m-%d %H:%M UTC");
            Some(format!("{} is ignored until {until}: {} ({})", finding.rule, ignore.reason, ignore.author))
        };
        self.judgement.ignored(id).iter().filter_map(sentence).collect()
    }

    /// The summary of a cluster.
    pub fn summary(&self, id: &ClusterId) -> Option<&Summary> {
        self.summaries.iter().find(|summary| summary.subject.cluster() == Some(id))
    }

    /// What a person calls an image: its version, else its name, else its id.
    pub fn image_label(&self, place: &Place, id: &ImageId) -> String {
        summary::image_label(&self.fleet, place, id)
    }

    /// Instances of a place that stand in no group, or whose group is not known.
    pub fn ungrouped<'a>(&'a self, place: &'a Place) -> impl Iterator<Item = &'a Instance> {
        self.fleet
            .unmanaged
            .iter()
            .chain(&self.fleet.unplaced)
            .filter(move |instance| instance.place == *place)
    }

    /// The cluster of an id in this snapshot.
    pub fn cluster(&self, subject: &Subject) -> Option<&Cluster> {
        self.fleet.cluster(subject.cluster()?)
    }

    /// Whether something about listeners or rules of a place could not be read.
    pub fn traffic_gap(&self, place: &Place) -> bool {
        let traffic = [Section::LoadBalancers, Section::Listeners, Section::Rules, Section::TargetGroups];
        self.fleet.gaps.iter().any(|gap| gap.place == *place && traffic.contains(&gap.section))
    }

    /// Gaps that touch a cluster: whole sections of its place, and what it is named in.
    pub fn gaps_of_cluster<'a>(&'a self, cluster: &'a Cluster) -> impl Iterator<Item = &'a Gap> {
        let named = move |name: &str| {
            cluster.groups.iter().any(|group| {
                group.id.name.raw() == name || group.target_groups.iter().any(|arn| arn.raw() == name)
            }) || cluster.traffic.iter().any(|source| {
                source.arn.raw() == name
                    || source.listener.raw() == name
                    || source.load_balancer.raw() == name
            })
        };
        self.fleet
            .gaps
            .iter()
            .filter(move |gap| gap.place == cluster.id.place)
            .filter(move |gap| gap.about.as_ref().is_none_or(|about| named(about.raw())))
    }
}

/// The way back of a cluster: its light, and where a rollback would lead were it asked for now.
fn way_back(cluster: &Cluster, fleet: &Fleet, history: &History, policy: &Policy, at: Timestamp) -> WayBack {
    let intent = Intent::Rollback { cluster: cluster.id.clone(), of: None, source: None };
    WayBack {
        light: plan::light(fleet, cluster, history, policy),
        rollback: plan::plan(&intent, fleet, history, policy, at)
            .map(|plan| planning::goal_of(&plan, fleet, cluster))
            .map_err(|refusal| refusal.why),
    }
}
