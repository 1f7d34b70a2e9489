//! The world as an observer is told it: each section of a region at one moment, in AWS's words.
//!
//! Which sections a look asks for is in `look`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::chance::Chance;
use super::phase::TargetWord;
use super::world::{Group, Instance, Moment, Region, TargetGroup, time_of};
use crate::fleet::{
    GroupFact, ImageFact, ImageId, ImageMetadataFact, InstanceFact, InstanceId, InstanceState, ListenerArn,
    ListenerFact, LoadBalancerArn, LoadBalancerFact, MemberFact, RuleFact, StatusFact, TargetFact,
    TargetGroupFact, TemplateVersionFact, Text,
};

/// A launch template version's image by this prefix follows an SSM parameter.
const BY_PARAMETER: &str = "resolve:ssm:";

/// A region at a moment.
pub(super) struct Sight<'a> {
    pub region: &'a Region,
    pub start: Timestamp,
    pub now: Moment,
    pub chance: Chance,
    /// CloudWatch has no data.
    pub silent: bool,
}

impl Sight<'_> {
    fn all(&self) -> impl Iterator<Item = &Instance> {
        self.region.groups.iter().flat_map(|group| &group.instances).chain(&self.region.loose)
    }

    pub(super) fn instances(&self) -> Vec<Arc<InstanceFact>> {
        let fact = |instance: &Instance| Some(self.instance(instance, instance.state(self.now)?));
        self.all().filter_map(fact).map(Arc::new).collect()
    }

    fn instance(&self, instance: &Instance, state: InstanceState) -> InstanceFact {
        let launch = &instance.launch;
        let [_, a, b, c] = instance.address.to_be_bytes();
        let gone = matches!(state, InstanceState::Terminated);
        InstanceFact {
            id: instance.id.clone(),
            image: Some(launch.image.clone()),
            instance_type: Some(launch.instance_type.clone()),
            zone: Some(instance.zone.clone()),
            subnet: self.region.subnet(&instance.zone).cloned(),
            state,
            launched_at: Some(time_of(self.start, instance.launched)),
            private_ip: (!gone).then(|| format!("10.{a}.{b}.{c}").into()),
            security_groups: if gone { Vec::new() } else { launch.security_groups.clone() },
            iam_profile: launch.iam_profile.clone().filter(|_| !gone),
            key_name: launch.key_name.clone(),
            metadata: Some(launch.metadata.clone()),
            ebs_optimized: Some(launch.ebs_optimized),
            devices: if gone { BTreeMap::new() } else { launch.devices.clone() },
            tags: (*instance.tags).clone(),
        }
    }

    pub(super) fn statuses(&self) -> HashMap<InstanceId, StatusFact> {
        let words = Words::default();
        self.all()
            .filter_map(|instance| {
                let (system, checked) = instance.status(self.now)?;
                let fact =
                    StatusFact { system: words.of(system), instance: words.of(checked), events: Vec::new() };
                Some((instance.id.clone(), fact))
            })
            .collect()
    }

    /// What DescribeImages returns; an image that is hidden is in no answer.
    pub(super) fn images(&self) -> BTreeMap<ImageId, ImageFact> {
        let shown = self.region.images.values().filter(|image| !image.hidden);
        shown.map(|image| (image.fact.id.clone(), image.fact.clone())).collect()
    }

    pub(super) fn image_metadata(&self) -> BTreeMap<InstanceId, ImageMetadataFact> {
        let fact = |instance: &Instance| {
            let image = self.region.images.get(&instance.launch.image).map(|image| &image.fact);
            ImageMetadataFact {
                image: Some(instance.launch.image.clone()),
                name: image.and_then(|image| image.name.clone()),
                state: image.map(|image| image.state.clone()),
                owner: image.and_then(|image| image.owner.clone()),
                created_at: image.and_then(|image| image.created_at),
                allowed: image.and_then(|image| image.allowed),
            }
        };
        self.all()
            .filter(|instance| instance.state(self.now).is_some())
            .map(|instance| (instance.id.clone(), fact(instance)))
            .collect()
    }

    pub(super) fn groups(&self) -> Vec<GroupFact> {
        let words = Words::default();
        self.region
            .groups
            .iter()
            .filter(|group| group.is_told_of(self.now))
            .map(|group| GroupFact {
                members: group
                    .instances
                    .iter()
                    .filter_map(|instance| self.member(instance, &words))
                    .collect(),
                ..group.fact.clone()
            })
            .collect()
    }

    fn member(&self, instance: &Instance, words: &Words) -> Option<MemberFact> {
        Some(MemberFact {
            id: instance.id.clone(),
            zone: Some(instance.zone.clone()),
            lifecycle: words.of(instance.lifecycle(self.now)?),
            health: words.of(instance.group_health(self.now)),
            protected: instance.protected,
            image: None,
            template: instance.launch.template.clone(),
            instance_type: Some(instance.launch.instance_type.clone()),
            weighted_capacity: instance.launch.units.map(|units| units.to_string().into()),
        })
    }

    /// Launch template versions, and those whose parameter we may not read.
    pub(super) fn templates(&self) -> (Vec<TemplateVersionFact>, Vec<&TemplateVersionFact>) {
        let mut denied = Vec::new();
        let versions = self.region.templates.values().flatten();
        let told = versions.map(|version| {
            let by_parameter =
                version.image.as_ref().is_some_and(|image| image.raw().starts_with(BY_PARAMETER));
            if by_parameter {
                denied.push(version);
            }
            let resolved_image = version.resolved_image.clone().filter(|_| !by_parameter);
            TemplateVersionFact { resolved_image, ..version.clone() }
        });
        (told.collect(), denied)
    }

    pub(super) fn listeners(&self, balancer: &LoadBalancerArn) -> Vec<ListenerFact> {
        let balancers = self.region.balancers.iter().filter(|b| b.fact.arn == *balancer);
        balancers.flat_map(|b| &b.listeners).map(|listener| listener.fact.clone()).collect()
    }

    /// A listener's numbered rules, then its default rule, as DescribeRules lists them.
    pub(super) fn rules(&self, arn: &ListenerArn) -> Option<Vec<RuleFact>> {
        let mut listeners = self.region.balancers.iter().flat_map(|balancer| &balancer.listeners);
        let listener = listeners.find(|listener| listener.fact.arn == *arn)?;
        let default = RuleFact {
            arn: listener.default_rule.clone(),
            priority: "default".into(),
            is_default: true,
            conditions: Vec::new(),
            actions: listener.fact.actions.clone(),
        };
        Some(listener.rules.iter().cloned().chain([default]).collect())
    }

    pub(super) fn load_balancers(&self) -> Vec<LoadBalancerFact> {
        self.region.balancers.iter().map(|balancer| balancer.fact.clone()).collect()
    }

    pub(super) fn target_groups(&self) -> Vec<TargetGroupFact> {
        self.region.target_groups.values().map(|group| group.fact.clone()).collect()
    }

    pub(super) fn target_health(&self, target_group: &TargetGroup) -> Vec<TargetFact> {
        let words = Words::default();
        let attached = |group: &&Group| group.fact.target_groups.contains(&target_group.fact.arn);
        self.region
            .groups
            .iter()
            .filter(attached)
            .flat_map(|group| &group.instances)
            .filter_map(|instance| {
                let word = instance.target(target_group, self.now)?;
                Some(target(instance, target_group.port, word, &words))
            })
            .collect()
    }
}

fn target(
    instance: &Instance,
    port: i32,
    (state, reason, description): TargetWord,
    words: &Words,
) -> TargetFact {
    TargetFact {
        id: instance.id.clone(),
        port: Some(port),
        state,
        reason: reason.map(|reason| words.of(reason)),
        description: description.map(|description| words.of(description)),
        shifted_away: instance.shifted_away,
    }
}

/// AWS's words as texts that are shared instead of made anew for each of a hundred thousand instances.
#[derive(Default)]
struct Words(std::cell::RefCell<Vec<(&'static str, Text)>>);

impl Words {
    fn of(&self, word: &'static str) -> Text {
        let mut known = self.0.borrow_mut();
        if let Some((_, text)) = known.iter().find(|(known, _)| *known == word) {
            return text.clone();
        }
        let text = Text::new(word);
        known.push((word, text.clone()));
        text
    }
}
