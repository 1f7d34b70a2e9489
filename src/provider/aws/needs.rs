//! What has to be asked for next, given what is known: what a list leads to, what the fleet names and nobody has
//! told of yet, what belongs to one cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::kept::Kept;
use super::task::{CONFIGURATIONS, FEW_IDS, FILTER, IDS, TARGET_GROUPS, Task};
use super::versions::is_by_parameter;
use crate::fleet::{
    Cluster, GroupName, ImageId, InstanceFact, InstanceId, LaunchSource, ListenerArn, LoadBalancerArn,
    LoadBalancerKind, TargetGroupArn, TemplateId, TemplateRef, TemplateVersion, Text, Zone,
};

/// Tags of an image by which its builder names what it was made from.
const PARENT_TAGS: [&str; 2] = ["ParentImage", "BaseImage"];
/// Tags that EC2 puts on what it launches from a template.
const TEMPLATE_ID_TAG: &str = "aws:ec2launchtemplate:id";
const TEMPLATE_VERSION_TAG: &str = "aws:ec2launchtemplate:version";

/// What a task that was just answered leads to in a complete look.
pub(super) fn after(kept: &Kept, task: &Task) -> Vec<Task> {
    let facts = &kept.facts;
    match task {
        Task::Groups => {
            let groups = facts.groups.iter().flat_map(|seen| &seen.value);
            groups.map(|group| Task::Refreshes(group.name.clone())).collect()
        }
        Task::LoadBalancers => load_balancers(kept).map(|arn| Task::Listeners(arn.clone())).collect(),
        Task::Listeners(load_balancer) => rules_of(kept, load_balancer),
        Task::TargetGroups => {
            let arns = target_groups(kept);
            arns.flat_map(|arn| [Task::Health(arn.clone()), Task::Attributes(arn.clone())]).collect()
        }
        _ => Vec::new(),
    }
}

/// Load balancers that have listeners with target groups.
pub(super) fn load_balancers(kept: &Kept) -> impl Iterator<Item = &LoadBalancerArn> {
    let all = kept.facts.load_balancers.iter().flat_map(|seen| &seen.value);
    all.filter(|found| found.kind != LoadBalancerKind::Gateway).map(|found| &found.arn)
}

/// Listeners of application load balancers: the others have no rules.
pub(super) fn rules_of(kept: &Kept, load_balancer: &LoadBalancerArn) -> Vec<Task> {
    let all = kept.facts.load_balancers.iter().flat_map(|seen| &seen.value);
    let has_rules =
        |kind: &LoadBalancerKind| !matches!(kind, LoadBalancerKind::Network | LoadBalancerKind::Gateway);
    if all.clone().any(|found| found.arn == *load_balancer && !has_rules(&found.kind)) {
        return Vec::new();
    }
    let listeners = kept.facts.listeners.get(load_balancer);
    listeners.iter().flat_map(|seen| &seen.value).map(|found| Task::Rules(found.arn.clone())).collect()
}

/// Target groups whose targets have a health that matters to a fleet of servers.
pub(super) fn target_groups(kept: &Kept) -> impl Iterator<Item = &TargetGroupArn> {
    let all = kept.facts.target_groups.iter().flat_map(|seen| &seen.value);
    all.filter(|found| found.target_type.as_ref().is_none_or(|kind| kind.raw() != "lambda"))
        .map(|found| &found.arn)
}

/// Which part of the fleet is meant.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// All of it.
    All,
    /// The named groups and their instances.
    Groups(&'a BTreeSet<GroupName>),
}

impl Part<'_> {
    pub(super) fn has(self, group: &GroupName) -> bool {
        match self {
            Self::All => true,
            Self::Groups(names) => names.contains(group),
        }
    }
}

/// Template versions and launch configurations that groups and instances name and nobody has told of yet, and images
/// by parameter, which may have moved.
pub(super) fn versions(kept: &Kept, part: Part<'_>) -> Vec<Task> {
    let mut wanted: BTreeMap<TemplateId, BTreeSet<i64>> = BTreeMap::new();
    let mut resolve: BTreeMap<TemplateId, BTreeSet<i64>> = BTreeMap::new();
    let mut configurations: BTreeSet<&Text> = BTreeSet::new();
    let id_of = |template: &TemplateRef| {
        template.id.clone().or_else(|| kept.templates.id(template.name.as_ref()?).cloned())
    };
    let number = |template: &TemplateRef| match template.version {
        TemplateVersion::Number(number) => Some((id_of(template)?, number)),
        _ => None,
    };
    for source in sources(kept, part) {
        if let LaunchSource::Configuration(name) = source {
            configurations.insert(name);
        }
        for (id, number) in named(source).into_iter().filter_map(number) {
            wanted.entry(id.clone()).or_default().insert(number);
            resolve.entry(id).or_default().insert(number);
        }
    }
    for (id, number) in launched(kept, part) {
        wanted.entry(id).or_default().insert(number);
    }
    for (id, numbers) in &mut wanted {
        numbers.retain(|number| {
            let key = (id.clone(), *number);
            !kept.templates.written.contains_key(&key) && !kept.templates.asked.contains(&key)
        });
    }
    for (id, numbers) in &mut resolve {
        numbers.retain(|number| {
            let written = kept.templates.written.get(&(id.clone(), *number));
            let is_current = kept
                .templates
                .current(id)
                .is_some_and(|(default, latest)| default == Some(*number) || latest == *number);
            let image = written.and_then(|version| version.image.as_ref());
            !is_current && image.is_some_and(is_by_parameter)
        });
    }
    let known = kept.facts.launch_configurations.as_ref();
    configurations.retain(|name| known.is_none_or(|seen| !seen.value.contains_key(*name)));
    let calls = |numbers: BTreeMap<TemplateId, BTreeSet<i64>>, task: fn(TemplateId, Vec<i64>) -> Task| {
        let mut calls = Vec::new();
        for (id, numbers) in numbers {
            let numbers: Vec<i64> = numbers.into_iter().collect();
            calls.extend(numbers.chunks(FILTER).map(|numbers| task(id.clone(), numbers.to_vec())));
        }
        calls
    };
    let configurations: Vec<Text> = configurations.into_iter().cloned().collect();
    calls(wanted, Task::Versions)
        .into_iter()
        .chain(calls(resolve, Task::VersionsResolved))
        .chain(configurations.chunks(CONFIGURATIONS).map(|names| Task::Configurations(names.to_vec())))
        .collect()
}

/// What groups launch from, saved and refreshing.
fn sources<'a>(kept: &'a Kept, part: Part<'a>) -> impl Iterator<Item = &'a LaunchSource> {
    let groups = kept.facts.groups.iter().flat_map(|seen| &seen.value);
    let saved = groups.filter(move |group| part.has(&group.name)).map(|group| &group.source);
    let refreshes = kept.facts.refreshes.iter().filter(move |(name, _)| part.has(name));
    let newest = refreshes.filter_map(|(_, seen)| seen.value.first()?.desired.as_ref());
    saved.chain(newest)
}

fn named(source: &LaunchSource) -> Vec<&TemplateRef> {
    match source {
        LaunchSource::Template(template) => vec![template],
        LaunchSource::Mixed { base, overrides } => std::iter::once(base)
            .chain(overrides.iter().filter_map(|entry| entry.template.as_ref()))
            .collect(),
        LaunchSource::Configuration(_) | LaunchSource::Unknown => Vec::new(),
    }
}

/// Versions that instances were launched from, by the word of their group and of their own tags.
fn launched<'a>(kept: &'a Kept, part: Part<'a>) -> impl Iterator<Item = (TemplateId, i64)> + 'a {
    let groups = kept.facts.groups.iter().flat_map(|seen| &seen.value);
    let members = groups.filter(move |group| part.has(&group.name)).flat_map(|group| &group.members);
    let by_group = members.filter_map(|member| {
        let template = member.template.as_ref()?;
        match template.version {
            TemplateVersion::Number(number) => Some((template.id.clone()?, number)),
            _ => None,
        }
    });
    let by_tag = instances(kept, part).filter_map(|instance| {
        let tag = |key: &str| instance.tags.get(&Text::new(key));
        let number = tag(TEMPLATE_VERSION_TAG)?.raw().parse().ok()?;
        Some((TemplateId::new(tag(TEMPLATE_ID_TAG)?.raw()), number))
    });
    by_group.chain(by_tag)
}

fn instances<'a>(kept: &'a Kept, part: Part<'a>) -> impl Iterator<Item = &'a InstanceFact> {
    let members: Option<BTreeSet<&InstanceId>> = match part {
        Part::All => None,
        Part::Groups(_) => Some(
            kept.facts
                .groups
                .iter()
                .flat_map(|seen| &seen.value)
                .filter(|group| part.has(&group.name))
                .flat_map(|group| &group.members)
                .map(|member| &member.id)
                .collect(),
        ),
    };
    let all = kept.facts.instances.iter().flat_map(|seen| &seen.value);
    all.map(AsRef::as_ref).filter(move |instance: &&InstanceFact| {
        members.as_ref().is_none_or(|members| members.contains(&instance.id))
    })
}

/// Adds what these images were made from, as far up as it is told: by EC2, or by a tag that names an id.
fn add_kin(kept: &Kept, ids: &mut BTreeSet<ImageId>) {
    let Some(described) = &kept.facts.images else { return };
    let region = &kept.facts.place.region;
    let mut next: Vec<ImageId> = ids.iter().cloned().collect();
    while let Some(id) = next.pop() {
        let Some(image) = described.value.get(&id) else { continue };
        let is_here = image.source_region.as_ref().is_none_or(|there| there == region);
        let source = image.source.clone().filter(|_| is_here);
        let tags = PARENT_TAGS.iter().filter_map(|key| image.tags.get(*key));
        let named = tags.map(|tag| tag.raw().trim()).filter(|id| id.starts_with("ami-")).map(ImageId::new);
        for parent in named.chain(source) {
            if ids.insert(parent.clone()) {
                next.push(parent);
            }
        }
    }
}

/// Images that are run or wanted, and in a look at everything what they were made from. With `known`, also those that were described before: their state may have changed.
pub(super) fn images(kept: &Kept, part: Part<'_>, known: bool) -> BTreeSet<ImageId> {
    let facts = &kept.facts;
    let mut ids: BTreeSet<ImageId> = BTreeSet::new();
    ids.extend(instances(kept, part).filter_map(|instance| instance.image.clone()));
    let groups = facts.groups.iter().flat_map(|seen| &seen.value).filter(|group| part.has(&group.name));
    ids.extend(groups.flat_map(|group| &group.members).filter_map(|member| member.image.clone()));
    for source in sources(kept, part) {
        for template in named(source) {
            let id = template.id.clone().or_else(|| kept.templates.id(template.name.as_ref()?).cloned());
            let Some(id) = id else { continue };
            let current = kept.templates.current(&id);
            let number = match template.version {
                TemplateVersion::Number(number) => Some(number),
                TemplateVersion::Default => current.and_then(|(default, _)| default),
                TemplateVersion::Latest => current.map(|(_, latest)| latest),
            };
            let Some(key) = number.map(|number| (id, number)) else { continue };
            let written = kept.templates.written.get(&key).and_then(|version| version.image.as_ref());
            ids.extend(
                written.filter(|image| !is_by_parameter(image)).map(|image| ImageId::new(image.raw())),
            );
            ids.extend(kept.templates.resolved.get(&key).cloned());
        }
        match source {
            LaunchSource::Mixed { overrides, .. } => {
                let own = overrides.iter().filter_map(|entry| entry.image.as_ref());
                ids.extend(
                    own.filter(|image| !is_by_parameter(image)).map(|image| ImageId::new(image.raw())),
                );
            }
            LaunchSource::Configuration(name) => {
                let known = facts.launch_configurations.as_ref();
                ids.extend(known.and_then(|seen| seen.value.get(name)?.image.clone()));
            }
            LaunchSource::Template(_) | LaunchSource::Unknown => {}
        }
    }
    if matches!(part, Part::All) {
        let replaced = facts.root_volumes.iter().flat_map(|seen| seen.value.values());
        ids.extend(replaced.filter_map(|volume| volume.image.clone()));
        add_kin(kept, &mut ids);
    }
    if !known {
        let described = facts.images.as_ref();
        ids.retain(|id| described.is_none_or(|seen| !seen.value.contains_key(id)));
    }
    ids
}

/// Images that the fleet names and the account does not own: those it owns come as a list.
pub(super) fn foreign_images(kept: &Kept) -> BTreeSet<ImageId> {
    let account = &kept.facts.place.account;
    let described = kept.facts.images.as_ref();
    let is_own = |id: &ImageId| {
        described
            .and_then(|seen| seen.value.get(id))
            .is_some_and(|image| image.owner.as_ref() == Some(account))
    };
    images(kept, Part::All, true).into_iter().filter(|id| !is_own(id)).collect()
}

/// Images by id, in calls.
pub(super) fn image_tasks(ids: BTreeSet<ImageId>) -> Vec<Task> {
    let ids: Vec<ImageId> = ids.into_iter().collect();
    ids.chunks(FILTER).map(|ids| Task::Images(ids.to_vec())).collect()
}

/// Instances by id, one zone a call: while a zone is disrupted, only the calls that name it fail.
pub(super) fn by_zone(kept: &Kept, ids: &BTreeSet<InstanceId>) -> Vec<Task> {
    let members = kept.facts.groups.iter().flat_map(|seen| &seen.value).flat_map(|group| &group.members);
    let zones: BTreeMap<&InstanceId, Option<&Zone>> =
        members.map(|member| (&member.id, member.zone.as_ref())).collect();
    let mut by_zone: BTreeMap<Option<&Zone>, Vec<InstanceId>> = BTreeMap::new();
    for id in ids {
        by_zone.entry(zones.get(id).copied().flatten()).or_default().push(id.clone());
    }
    by_zone
        .into_values()
        .flat_map(|ids| ids.chunks(IDS).map(|ids| Task::InstancesById(ids.to_vec())).collect::<Vec<_>>())
        .collect()
}

/// The members of groups.
pub(super) fn members(kept: &Kept, part: Part<'_>) -> BTreeSet<InstanceId> {
    let groups = kept.facts.groups.iter().flat_map(|seen| &seen.value).filter(|group| part.has(&group.name));
    groups.flat_map(|group| &group.members).map(|member| member.id.clone()).collect()
}

/// What one cluster consists of, as it was last seen.
#[derive(Clone, Default, Debug)]
pub(super) struct Parts {
    pub(super) groups: BTreeSet<GroupName>,
    pub(super) target_groups: BTreeSet<TargetGroupArn>,
    pub(super) load_balancers: BTreeSet<LoadBalancerArn>,
    pub(super) listeners: BTreeSet<ListenerArn>,
    pub(super) instances: BTreeSet<InstanceId>,
}

impl Parts {
    pub(super) fn of(cluster: &Cluster) -> Self {
        let attached = cluster.groups.iter().flat_map(|group| &group.target_groups);
        let weighed = cluster.traffic.iter().flat_map(|source| &source.weights).map(|w| &w.target_group);
        Self {
            groups: cluster.groups.iter().map(|group| group.id.name.clone()).collect(),
            target_groups: attached.chain(weighed).cloned().collect(),
            load_balancers: cluster.traffic.iter().map(|source| source.load_balancer.clone()).collect(),
            listeners: cluster.traffic.iter().map(|source| source.listener.clone()).collect(),
            instances: cluster.instances().map(|instance| instance.id.clone()).collect(),
        }
    }

    /// The first round of calls for the cluster alone. Templates come as a list: one call tells of all.
    pub(super) fn tasks(&self) -> Vec<Task> {
        let groups: Vec<GroupName> = self.groups.iter().cloned().collect();
        let target_groups: Vec<TargetGroupArn> = self.target_groups.iter().cloned().collect();
        let mut tasks: Vec<Task> =
            groups.chunks(FEW_IDS).map(|names| Task::GroupsByName(names.to_vec())).collect();
        tasks.extend(target_groups.chunks(TARGET_GROUPS).map(|arns| Task::TargetGroupsByArn(arns.to_vec())));
        tasks.extend(self.load_balancers.iter().map(|arn| Task::Listeners(arn.clone())));
        tasks.extend(self.listeners.iter().map(|arn| Task::Rules(arn.clone())));
        for arn in &self.target_groups {
            tasks.extend([Task::Health(arn.clone()), Task::Attributes(arn.clone())]);
        }
        tasks.extend(self.groups.iter().map(|name| Task::Refreshes(name.clone())));
        tasks.push(Task::TemplatesWritten);
        tasks.push(Task::TemplatesResolved);
        tasks
    }

    /// What carries the cluster's traffic, and the health of its targets: nothing that has to be asked of anybody but
    /// the load balancer.
    pub(super) fn traffic(&self) -> Vec<Task> {
        let listeners = self.load_balancers.iter().map(|arn| Task::Listeners(arn.clone()));
        let rules = self.listeners.iter().map(|arn| Task::Rules(arn.clone()));
        let health = self.target_groups.iter().map(|arn| Task::Health(arn.clone()));
        listeners.chain(rules).chain(health).collect()
    }

    /// The second round: the instances that groups and target groups name now.
    pub(super) fn instances(&self, kept: &Kept) -> Vec<Task> {
        let mut ids = members(kept, Part::Groups(&self.groups));
        ids.extend(self.instances.iter().cloned());
        let health = self.target_groups.iter().filter_map(|arn| kept.facts.target_health.get(arn));
        let targets = health.flat_map(|seen| &seen.value).map(|target| &target.id);
        ids.extend(targets.filter(|id| id.raw().starts_with("i-")).cloned());
        let all: Vec<InstanceId> = ids.iter().cloned().collect();
        let mut tasks = by_zone(kept, &ids);
        tasks.extend(all.chunks(FEW_IDS).map(|ids| Task::StatusesById(ids.to_vec())));
        tasks
    }

    /// The third round: the versions those groups and instances name.
    pub(super) fn versions(&self, kept: &Kept) -> Vec<Task> {
        versions(kept, Part::Groups(&self.groups))
    }

    /// The last round: the images they run and want.
    pub(super) fn images(&self, kept: &Kept) -> Vec<Task> {
        image_tasks(images(kept, Part::Groups(&self.groups), true))
    }
}
