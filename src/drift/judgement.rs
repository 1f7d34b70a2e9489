//! Judges a whole fleet: every instance once, and sums up by worst finding.
//!
//! A group that stands in several clusters is judged in the first of them, with that one's policy; the others count
//! what was found there.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use jiff::Timestamp;

use super::policy::Settled;
use super::relation::Relation;
use super::subject::{Standing, Subject};
use super::view::{PlaceView, View};
use super::{Finding, Findings, Policy, RuleName, Severity};
use crate::fleet::{
    Base, ClusterId, Fleet, GroupId, Image, ImageId, Instance, InstanceId, Place, TemplateId,
    TemplateVersion, TemplateVersionFact,
};

/// Everything that was found in a fleet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judgement {
    /// Findings, cluster by cluster and instance by instance; those of one instance the worst first, and behind them
    /// those that do not count at present.
    pub findings: Vec<Finding>,
    /// Summaries by cluster.
    pub clusters: BTreeMap<ClusterId, Summary>,
    /// Summaries by server group.
    pub groups: BTreeMap<GroupId, Summary>,
    /// Summaries of the instances that stand in no group, or whose group is not known, by place.
    pub ungrouped: BTreeMap<Place, Summary>,
    /// Summary of the whole fleet, each instance once.
    pub fleet: Summary,
    of: HashMap<InstanceId, Range<usize>>,
}

/// How many instances there are, and how many under which worst finding.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Instances that were judged.
    pub instances: usize,
    /// Instances by their worst finding, the worst first.
    pub worst: Vec<Count>,
}

/// Instances under one worst finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// The rule.
    pub rule: RuleName,
    /// How bad it is there.
    pub severity: Severity,
    /// How many.
    pub instances: usize,
}

impl Judgement {
    /// What was found of an instance and counts, the worst first.
    pub fn of(&self, instance: &InstanceId) -> &[Finding] {
        self.split(instance).0
    }

    /// What was found of an instance and does not count at present, the worst first.
    pub fn ignored(&self, instance: &InstanceId) -> &[Finding] {
        self.split(instance).1
    }

    fn split(&self, instance: &InstanceId) -> (&[Finding], &[Finding]) {
        let all =
            self.of.get(instance).and_then(|range| self.findings.get(range.clone())).unwrap_or_default();
        all.split_at(all.partition_point(|finding| finding.ignored.is_none()))
    }

    /// The worst that was found of an instance.
    pub fn worst(&self, instance: &InstanceId) -> Option<&Finding> {
        self.of(instance).first()
    }
}

impl Summary {
    /// Instances with a finding that is not only about what is unknown.
    pub fn drifted(&self) -> usize {
        self.count(|count| count.rule != RuleName::UNKNOWN)
    }

    /// Instances of which the worst is that something is unknown.
    pub fn unknown(&self) -> usize {
        self.count(|count| count.rule == RuleName::UNKNOWN)
    }

    /// Instances whose worst finding is of this severity.
    pub fn of_severity(&self, severity: Severity) -> usize {
        self.count(|count| count.severity == severity)
    }

    fn count(&self, wanted: impl Fn(&Count) -> bool) -> usize {
        self.worst.iter().filter(|count| wanted(count)).map(|count| count.instances).sum()
    }

    fn add(&mut self, worst: Option<&Finding>) {
        self.instances += 1;
        if let Some(finding) = worst {
            self.add_count(Count { rule: finding.rule, severity: finding.severity, instances: 1 });
        }
    }

    fn add_count(&mut self, new: Count) {
        let same = |count: &&mut Count| (count.rule, count.severity) == (new.rule, new.severity);
        if let Some(count) = self.worst.iter_mut().find(same) {
            count.instances += new.instances;
        } else {
            self.worst.push(new);
            self.worst.sort_by_key(|count| (std::cmp::Reverse(count.severity), count.rule.position()));
        }
    }

    fn add_all(&mut self, other: &Self) {
        self.instances += other.instances;
        for &count in &other.worst {
            self.add_count(count);
        }
    }
}

/// Judges every instance of a fleet.
pub fn judge(fleet: &Fleet, policy: &Policy, at: Timestamp) -> Judgement {
    let view = View::of(fleet);
    let mut sheet = Sheet { view: &view, at, findings: Findings::new(), judgement: Judgement::default() };
    for cluster in &fleet.clusters {
        let settled = policy.settle(Some(&cluster.id), at);
        let mut summary = Summary::default();
        for group in &cluster.groups {
            if !sheet.judgement.groups.contains_key(&group.id) {
                let group_view = view.group(cluster, group);
                let found = sheet.judge_all(
                    &group.instances,
                    &cluster.id.place,
                    Standing::InGroup(&group_view),
                    &settled,
                );
                sheet.judgement.fleet.add_all(&found);
                sheet.judgement.groups.insert(group.id.clone(), found);
            }
            summary.add_all(&sheet.judgement.groups[&group.id]);
        }
        sheet.judgement.clusters.insert(cluster.id.clone(), summary);
    }
    let settled = policy.settle(None, at);
    for (instances, standing) in
        [(&fleet.unmanaged, Standing::Unmanaged), (&fleet.unplaced, Standing::Unplaced)]
    {
        for instances in instances.chunk_by(|a, b| a.place == b.place) {
            let Some(place) = instances.first().map(|instance| &instance.place) else { continue };
            let found = sheet.judge_all(instances, place, standing, &settled);
            sheet.judgement.fleet.add_all(&found);
            sheet.judgement.ungrouped.entry(place.clone()).or_default().add_all(&found);
        }
    }
    Judgement { findings: sheet.findings.list, ..sheet.judgement }
}

struct Sheet<'a> {
    view: &'a View<'a>,
    at: Timestamp,
    findings: Findings,
    judgement: Judgement,
}

impl Sheet<'_> {
    fn judge_all(
        &mut self,
        instances: &[Instance],
        place: &Place,
        standing: Standing<'_>,
        settled: &Settled,
    ) -> Summary {
        let place = self.view.place(place);
        let mut latest = Latest::default();
        let mut summary = Summary::default();
        for instance in instances {
            let running = instance.running.as_ref().map(|running| &running.image);
            let find = |id: &ImageId| place.image(id);
            let relation = match standing {
                Standing::InGroup(group) => {
                    Relation::of(group.group, running, instance.instance_type.as_ref(), find)
                }
                Standing::Unmanaged | Standing::Unplaced => Relation::NoGroup,
            };
            let subject = Subject {
                instance,
                standing,
                image: running.and_then(|id| latest.image(id, place)),
                base: running.and_then(|id| latest.base(id, place, self.view)),
                relation,
                template: latest.template(instance, place),
                at: self.at,
                phoenix_age: settled.phoenix_age,
                place,
                view: self.view,
            };
            let begin = self.findings.begin_subject(settled);
            for active in &settled.rules {
                self.findings.begin_rule(active);
                active.rule.judge(&subject, &mut self.findings);
            }
            let own = &mut self.findings.list[begin..];
            for finding in own.iter_mut() {
                finding.ignored = settled.ignored(finding.rule);
            }
            own.sort_by_key(|finding| {
                (finding.ignored.is_some(), std::cmp::Reverse(finding.severity), finding.rule.position())
            });
            summary.add(own.first().filter(|finding| finding.ignored.is_none()));
            if !own.is_empty() {
                self.judgement.of.insert(instance.id.clone(), begin..self.findings.list.len());
            }
        }
        summary
    }
}

/// What was looked up for the instance before: its neighbour mostly runs the same.
#[derive(Default)]
struct Latest<'a> {
    image: Option<(&'a ImageId, Option<&'a Image>)>,
    base: Option<(&'a ImageId, Option<&'a Base>)>,
    template: Option<((&'a TemplateId, i64), Option<&'a TemplateVersionFact>)>,
}

impl<'a> Latest<'a> {
    fn image(&mut self, id: &'a ImageId, place: &PlaceView<'a>) -> Option<&'a Image> {
        let same = self.image.filter(|(known, _)| *known == id);
        self.image.insert(same.unwrap_or_else(|| (id, place.image(id)))).1
    }

    fn base(&mut self, id: &'a ImageId, place: &PlaceView<'a>, view: &'a View<'a>) -> Option<&'a Base> {
        let same = self.base.filter(|(known, _)| *known == id);
        self.base.insert(same.unwrap_or_else(|| (id, view.base(place, id)))).1
    }

    /// The template version an instance was launched from.
    fn template(&mut self, instance: &'a Instance, place: &PlaceView<'a>) -> Option<&'a TemplateVersionFact> {
        let template = instance.launched_from.as_ref()?;
        let TemplateVersion::Number(number) = template.version else { return None };
        let asked = (template.id.as_ref()?, number);
        let same = self.template.filter(|(known, _)| *known == asked);
        self.template.insert(same.unwrap_or_else(|| (asked, place.template(asked.0, asked.1)))).1
    }
}
