//! What is there now of one resource, as the calls before and after a write read it.

use super::world::{Group, Moment, Region};
use crate::fleet::{
    GroupName, InstanceId, LaunchSource, Tags, TemplateId, TemplateRef, TemplateVersion, Text,
};
use crate::plan::{
    GroupState, ImageMark, InstanceMark, Newest, RefreshMark, Resource, Saved, Sizes, State, Subnets,
    TargetGroupState, TemplateNumber, TemplateState,
};

/// Versions of a launch template that are told of.
const VERSIONS: usize = 20;
/// Tags that are ours.
const OURS: &str = "flightdeck:";

/// Calls that reading a resource costs on the real cloud: a group is read with its refreshes, an instance with its
/// group's word on it.
pub(super) fn calls(resource: &Resource) -> usize {
    match resource {
        Resource::Source(_) | Resource::Template(_) | Resource::Image(_) => 1,
        // A program on this machine costs no call.
        Resource::Build(key) => usize::from(!key.by.is_local()),
        Resource::Group(_) | Resource::Instance(_) | Resource::TargetGroup(_) => 2,
    }
}

impl Region {
    /// What is there of a resource; `None` where it is not there. An instance that is gone has a state that says so.
    pub(super) fn state(&self, resource: &Resource, now: Moment) -> Option<State> {
        Some(match resource {
            Resource::Source(source) => State::Actions(self.actions(source)?.clone()),
            Resource::Group(name) => State::Group(self.group_state(name, now)?),
            Resource::TargetGroup(name) => {
                let found = self.target_groups.values().find(|group| group.fact.name == *name)?;
                State::TargetGroup(TargetGroupState {
                    arn: found.fact.arn.clone(),
                    used: found.in_use.is_some(),
                    attributes: found.attributes.written.clone(),
                })
            }
            Resource::Template(id) => State::Template(self.template_state(id)?),
            Resource::Instance(id) => State::Instance(self.mark(id, now)),
            Resource::Image(id) => {
                let fact = &self.images.get(id).filter(|image| !image.hidden)?.fact;
                State::Image(ImageMark { state: Some(fact.state.clone()), tags: fact.tags.clone() })
            }
            Resource::Build(key) => State::Build(self.build_state(key, now)?),
        })
    }

    fn group_state(&self, name: &GroupName, now: Moment) -> Option<GroupState> {
        let group = Some(&self.groups[self.group(name)?]).filter(|group| group.is_told_of(now))?;
        let fact = &group.fact;
        let member =
            |instance: &super::world::Instance| Some((instance.id.clone(), instance.lifecycle(now)?.into()));
        Some(GroupState {
            sizes: Some(Sizes { min: fact.min, desired: fact.desired, max: fact.max }),
            saved: Some(Saved::of(&fact.source)),
            subnets: Some(Subnets::new(&fact.subnets)),
            refresh: Some(newest(group)),
            members: group.instances.iter().filter_map(member).collect(),
            deleting: fact.status.is_some(),
        })
    }

    fn template_state(&self, id: &TemplateId) -> Option<TemplateState> {
        let versions = self.templates.get(id)?;
        let told = |number: i64| {
            let description = self.descriptions.get(&(id.clone(), number)).cloned();
            (number, description.unwrap_or_default())
        };
        Some(TemplateState {
            latest: versions.iter().find(|version| version.is_latest)?.number,
            descriptions: versions.iter().rev().take(VERSIONS).map(|version| told(version.number)).collect(),
        })
    }

    fn mark(&self, id: &InstanceId, now: Moment) -> InstanceMark {
        let Some((group, index)) = self.find(id) else { return InstanceMark::default() };
        let group = group.map(|group| &self.groups[group]);
        let instance = &group.map_or(&self.loose, |group| &group.instances)[index];
        let Some(state) = instance.state(now) else { return InstanceMark::default() };
        let lifecycle = group.and_then(|_| instance.lifecycle(now)).map(Text::new);
        let ours = |(key, _): &(&Text, &Text)| key.raw().starts_with(OURS);
        let tags: Tags =
            instance.tags.iter().filter(ours).map(|(key, value)| (key.clone(), value.clone())).collect();
        InstanceMark {
            group: group.filter(|_| lifecycle.is_some()).map(|group| group.fact.name.clone()),
            lifecycle,
            state: Some(state.word().into()),
            tags,
        }
    }
}

/// A launch template by its number, where it is named so.
fn number(source: &LaunchSource) -> Option<TemplateNumber> {
    match source {
        LaunchSource::Template(TemplateRef {
            id: Some(id),
            version: TemplateVersion::Number(version),
            ..
        }) => Some(TemplateNumber { id: id.clone(), version: *version }),
        _ => None,
    }
}

fn newest(group: &Group) -> Newest {
    group.refreshes.first().map_or(Newest::None, |refresh| {
        Newest::Refresh(RefreshMark {
            id: refresh.id.clone(),
            status: refresh.status.word().into(),
            to: refresh.desired.as_ref().and_then(number),
            percent: refresh.percent,
            to_update: refresh.to_update,
            reason: refresh.reason.clone(),
        })
    })
}
