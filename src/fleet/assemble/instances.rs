//! Instances: what EC2, the group and the target groups say of one machine, put together.
//!
//! Terminated and shutting-down instances are no part of the fleet, whoever still names them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::fleet::{
    Facts, GROUP_TAG, GroupFact, GroupName, Health, ImageSource, Instance, InstanceFact, InstanceId,
    InstanceState, MemberFact, Membership, Running, Section, TargetFact, TargetGroupArn, TargetHealth,
    TemplateRef, TemplateVersion,
};

use super::wants::Templates;

/// Tags that EC2 and Auto Scaling put on what they launch.
const TEMPLATE_ID_TAG: &str = "aws:ec2launchtemplate:id";
const TEMPLATE_VERSION_TAG: &str = "aws:ec2launchtemplate:version";

/// A group's answer may lag behind a launch by this much: lists are eventually consistent, and sections are not
/// read at one instant.
const MEMBERSHIP_LAG: SignedDuration = SignedDuration::from_mins(2);

/// The instances of a place by id, with everything that is said of them.
pub(super) struct Instances<'a> {
    facts: &'a Facts,
    templates: &'a Templates<'a>,
    said: HashMap<&'a InstanceId, Said<'a>>,
    /// Whether EC2's answer is complete, so that what it does not name does not exist.
    complete: bool,
}

/// What is said of one instance.
#[derive(Default)]
struct Said<'a> {
    /// By EC2; `None` where its answer does not have it.
    fact: Option<&'a Arc<InstanceFact>>,
    /// By target groups.
    targets: Vec<(&'a TargetGroupArn, &'a TargetFact)>,
    /// Whether a group names it.
    is_member: bool,
}

impl<'a> Instances<'a> {
    pub(super) fn of(facts: &'a Facts, templates: &'a Templates<'a>) -> Self {
        let list = facts.instances.as_ref().map_or(&[][..], |seen| &seen.value);
        let known = |fact: &'a Arc<InstanceFact>| (&fact.id, Said { fact: Some(fact), ..Said::default() });
        let said = list.iter().map(known).collect();
        let complete = facts.instances.is_some() && !has_gap(facts, Section::Instances);
        let mut instances = Self { facts, templates, said, complete };
        for member in facts.groups.iter().flat_map(|seen| &seen.value).flat_map(|group| &group.members) {
            instances.said.entry(&member.id).or_default().is_member = true;
        }
        for (target_group, seen) in &facts.target_health {
            for target in &seen.value {
                if !instances.is_gone(&target.id) {
                    instances.said.entry(&target.id).or_default().targets.push((target_group, target));
                }
            }
        }
        instances
    }

    /// The targets that still exist; what is no instance (an address, a function) is left as it is.
    pub(super) fn living(&self, targets: &[TargetFact]) -> Vec<TargetFact> {
        targets.iter().filter(|target| !self.is_gone(&target.id)).cloned().collect()
    }

    fn is_gone(&self, id: &InstanceId) -> bool {
        match self.said.get(id).and_then(|said| said.fact) {
            Some(fact) => has_ended(fact),
            None => self.complete && id.raw().starts_with("i-"),
        }
    }

    /// The instances of a group, by id.
    pub(super) fn of_group(&self, group: &GroupFact) -> Vec<Instance> {
        let mut members: Vec<&MemberFact> = group.members.iter().collect();
        members.sort_by(|a, b| a.id.cmp(&b.id));
        members.dedup_by(|a, b| a.id == b.id);
        let nothing = Said::default();
        let mut instances = Vec::with_capacity(members.len());
        for member in members {
            let said = self.said.get(&member.id).unwrap_or(&nothing);
            if !said.fact.is_some_and(|fact| has_ended(fact)) {
                instances.push(self.member(group, member, said));
            }
        }
        instances
    }

    /// The instances that no group names, in any order: those that are in none, and those of which that is not known.
    pub(super) fn in_no_group(&self) -> (Vec<Instance>, Vec<Instance>) {
        let groups = self.facts.groups.as_ref();
        let names = groups.iter().flat_map(|seen| &seen.value).map(|group| group.name.raw());
        let names: HashSet<&str> = names.collect();
        let read_at = groups.filter(|_| !has_gap(self.facts, Section::Groups)).map(|seen| seen.at);
        self.said
            .values()
            .filter(|said| !said.is_member)
            .filter_map(|said| Some((said.fact.filter(|fact| !has_ended(fact))?, said)))
            .map(|(fact, said)| {
                let is_outside = read_at.is_some_and(|at| !launched_since(fact, &names, at));
                (self.instance(fact, said), is_outside)
            })
            .fold((Vec::new(), Vec::new()), |(mut unmanaged, mut unplaced), (instance, is_outside)| {
                if is_outside { &mut unmanaged } else { &mut unplaced }.push(instance);
                (unmanaged, unplaced)
            })
    }

    fn instance(&self, fact: &Arc<InstanceFact>, said: &Said<'_>) -> Instance {
        Instance {
            id: fact.id.clone(),
            place: self.facts.place.clone(),
            zone: fact.zone.clone(),
            instance_type: fact.instance_type.clone(),
            state: Some(fact.state.clone()),
            launched_at: fact.launched_at,
            running: self.running(&fact.id, None, Some(fact), None),
            launched_from: self.launched_from(None, Some(fact)),
            membership: None,
            health: self.health(&fact.id, None, said),
            facts: Some(fact.clone()),
        }
    }

    fn member(&self, group: &GroupFact, member: &MemberFact, said: &Said<'_>) -> Instance {
        let fact = said.fact;
        Instance {
            id: member.id.clone(),
            place: self.facts.place.clone(),
            zone: fact.and_then(|fact| fact.zone.clone()).or_else(|| member.zone.clone()),
            instance_type: fact
                .and_then(|fact| fact.instance_type.clone())
                .or_else(|| member.instance_type.clone()),
            state: fact.map(|fact| fact.state.clone()),
            launched_at: fact.and_then(|fact| fact.launched_at),
            running: self.running(&member.id, Some(member), fact, Some(&group.name)),
            launched_from: self.launched_from(Some(member), fact),
            membership: Some(Membership {
                group: group.name.clone(),
                lifecycle: member.lifecycle.clone(),
                protected: member.protected,
                template: member.template.clone(),
            }),
            health: self.health(&member.id, Some(member), said),
            facts: fact.cloned(),
        }
    }

    /// EC2's `ImageId` is the image of the launch. The group's word is there only where that is no longer so; a
    /// root volume replaced directly counts too, unless a refresh of the group came after it. (A replacement is
    /// always later than the launch of the same instance; `LaunchTime` cannot tell, as a stop and start moves it.)
    fn running(
        &self,
        id: &InstanceId,
        member: Option<&MemberFact>,
        fact: Option<&Arc<InstanceFact>>,
        group: Option<&GroupName>,
    ) -> Option<Running> {
        let by_group = member.and_then(|member| member.image.clone());
        let replaced = self.facts.root_volumes.as_ref().and_then(|seen| seen.value.get(id));
        let by_volume = replaced.and_then(|task| {
            let undone = by_group.is_some() && self.refreshed_after(group, task.completed_at);
            task.image.clone().filter(|_| !undone)
        });
        let of = |image, source| Running { image, source };
        by_volume
            .map(|image| of(image, ImageSource::RootVolume))
            .or_else(|| by_group.map(|image| of(image, ImageSource::Group)))
            .or_else(|| fact?.image.clone().map(|image| of(image, ImageSource::Ec2)))
            .or_else(|| {
                let metadata = self.facts.image_metadata.as_ref()?.value.get(id)?;
                metadata.image.clone().map(|image| of(image, ImageSource::Ec2))
            })
    }

    fn refreshed_after(&self, group: Option<&GroupName>, replaced_at: Option<Timestamp>) -> bool {
        let newest = group.and_then(|group| self.facts.refreshes.get(group)?.value.first()?.started_at);
        newest.zip(replaced_at).is_some_and(|(refreshed, replaced)| refreshed > replaced)
    }

    /// The template version of the launch. `$Latest` and `$Default` tell nothing: they have moved since.
    fn launched_from(
        &self,
        member: Option<&MemberFact>,
        fact: Option<&Arc<InstanceFact>>,
    ) -> Option<TemplateRef> {
        let by_group = member
            .and_then(|member| member.template.clone())
            .filter(|template| matches!(template.version, TemplateVersion::Number(_)));
        let mut template = by_group.or_else(|| {
            let tags = &fact?.tags;
            let number = tags.get(TEMPLATE_VERSION_TAG)?.raw().parse().ok()?;
            Some(TemplateRef {
                id: Some(tags.get(TEMPLATE_ID_TAG)?.raw().into()),
                name: None,
                version: TemplateVersion::Number(number),
            })
        })?;
        template.id = self.templates.id(&template);
        Some(template)
    }

    fn health(&self, id: &InstanceId, member: Option<&MemberFact>, said: &Said<'_>) -> Health {
        Health {
            ec2: self.facts.statuses.as_ref().and_then(|seen| seen.value.get(id)).cloned(),
            group: member.map(|member| member.health.clone()),
            targets: said
                .targets
                .iter()
                .map(|(target_group, target)| target_health(target_group, target))
                .collect(),
        }
    }
}

fn target_health(target_group: &TargetGroupArn, target: &TargetFact) -> TargetHealth {
    TargetHealth {
        target_group: target_group.clone(),
        port: target.port,
        state: target.state.clone(),
        reason: target.reason.clone(),
        description: target.description.clone(),
        shifted_away: target.shifted_away,
    }
}

/// Whether an instance is at its end, and so no part of the fleet.
fn has_ended(fact: &InstanceFact) -> bool {
    matches!(fact.state, InstanceState::Terminated | InstanceState::ShuttingDown)
}

/// Whether a group launched it so lately that the group's answer may not name it yet.
fn launched_since(fact: &InstanceFact, groups: &HashSet<&str>, read_at: Timestamp) -> bool {
    let of_group = fact.tags.get(GROUP_TAG).is_some_and(|name| groups.contains(name.raw()));
    of_group && fact.launched_at.is_some_and(|at| at > read_at - MEMBERSHIP_LAG)
}

fn has_gap(facts: &Facts, section: Section) -> bool {
    facts.gaps.iter().any(|gap| gap.hides(&facts.place, section, None))
}
