//! What can be asked for: one task is one list or one thing, one step of it is one call.

use jiff::Timestamp;

use super::factory::Clients;
use super::read::{Page, balancing, compute, images, scaling, templates, watching};
use super::trouble::Trouble;
use super::watching::Side;
use crate::fleet::{
    Alarm, GroupFact, GroupName, ImageFact, ImageId, ImageMetadataFact, InstanceFact, InstanceId,
    LaunchConfigurationFact, ListenerArn, ListenerFact, LoadBalancerArn, LoadBalancerFact, PolicyFact,
    RefreshFact, Region, RootVolumeFact, RuleFact, ScheduleFact, Section, StatusFact, TargetFact,
    TargetGroupArn, TargetGroupAttributes, TargetGroupFact, TemplateId, TemplateVersionFact, Text,
};

/// Something to ask for, completely.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Task {
    /// All instances.
    Instances,
    /// Some instances, at most [`IDS`] and best of one zone.
    InstancesById(Vec<InstanceId>),
    /// Some instances of which one may be gone, at most [`FILTER`].
    InstancesFiltered(Vec<InstanceId>),
    /// Status checks of all instances.
    Statuses,
    /// Status checks of some, at most [`FEW_IDS`].
    StatusesById(Vec<InstanceId>),
    /// Replaced root volumes.
    RootVolumes,
    /// EC2's word on the image of every instance.
    ImageMetadata,
    /// The account's own images.
    OwnImages,
    /// Images by id, at most [`FILTER`].
    Images(Vec<ImageId>),
    /// All groups.
    Groups,
    /// Some groups, at most [`FEW_IDS`].
    GroupsByName(Vec<GroupName>),
    /// Refreshes of a group.
    Refreshes(GroupName),
    /// Scaling policies of all groups.
    Policies,
    /// Scheduled actions of all groups.
    Schedules,
    /// `$Latest` and `$Default` of all templates, as written.
    TemplatesWritten,
    /// The same, with the images they would launch now.
    TemplatesResolved,
    /// Numbered versions of a template, as written: these never change.
    Versions(TemplateId, Vec<i64>),
    /// Numbered versions of a template with the images they would launch now.
    VersionsResolved(TemplateId, Vec<i64>),
    /// The versions of a template between two numbers, some of which are gone.
    VersionsBetween(TemplateId, i64, i64),
    /// Launch configurations by name, at most [`CONFIGURATIONS`]; these never change.
    Configurations(Vec<Text>),
    /// All load balancers.
    LoadBalancers,
    /// Listeners of a load balancer.
    Listeners(LoadBalancerArn),
    /// Rules of a listener.
    Rules(ListenerArn),
    /// All target groups.
    TargetGroups,
    /// Some target groups, at most [`TARGET_GROUPS`].
    TargetGroupsByArn(Vec<TargetGroupArn>),
    /// Attributes of a target group.
    Attributes(TargetGroupArn),
    /// Health of the targets of a target group.
    Health(TargetGroupArn),
    /// Alarms by name, at most 100.
    Alarms(Vec<Text>),
    /// What was counted of target groups in the minutes before an instant, at most 500 metrics.
    Metrics(Vec<Side>, Timestamp),
}

/// Most ids in one DescribeInstances.
pub(super) const IDS: usize = 500;
/// Most ids in one DescribeInstanceStatus, names in one DescribeAutoScalingGroups.
pub(super) const FEW_IDS: usize = 100;
/// Most values of a filter, and versions of one template in one call [ec2].
pub(super) const FILTER: usize = 200;
/// Most names in one DescribeLaunchConfigurations [autoscaling].
pub(super) const CONFIGURATIONS: usize = 50;
/// Most ARNs in one DescribeTargetGroups; AWS gives no number, a page is 400.
pub(super) const TARGET_GROUPS: usize = 100;

/// What a task found.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Answer {
    Instances(Vec<InstanceFact>),
    Statuses(Vec<(InstanceId, StatusFact)>),
    RootVolumes(Vec<(InstanceId, RootVolumeFact)>),
    ImageMetadata(Vec<(InstanceId, ImageMetadataFact)>),
    Images(Vec<ImageFact>),
    Groups(Vec<GroupFact>),
    Refreshes(Vec<RefreshFact>),
    Policies(Vec<PolicyFact>),
    Schedules(Vec<ScheduleFact>),
    Templates(Vec<TemplateVersionFact>),
    Configurations(Vec<(Text, LaunchConfigurationFact)>),
    LoadBalancers(Vec<LoadBalancerFact>),
    Listeners(Vec<ListenerFact>),
    Rules(Vec<RuleFact>),
    TargetGroups(Vec<TargetGroupFact>),
    Attributes(TargetGroupAttributes),
    Health(Vec<TargetFact>),
    Alarms(Vec<(Text, Alarm)>),
    Metrics(Vec<watching::Points>),
}

impl Answer {
    /// Adds a later page of the same task.
    pub(super) fn extend(&mut self, more: Self) {
        match (self, more) {
            (Self::Instances(all), Self::Instances(more)) => all.extend(more),
            (Self::Statuses(all), Self::Statuses(more)) => all.extend(more),
            (Self::RootVolumes(all), Self::RootVolumes(more)) => all.extend(more),
            (Self::ImageMetadata(all), Self::ImageMetadata(more)) => all.extend(more),
            (Self::Images(all), Self::Images(more)) => all.extend(more),
            (Self::Groups(all), Self::Groups(more)) => all.extend(more),
            (Self::Refreshes(all), Self::Refreshes(more)) => all.extend(more),
            (Self::Policies(all), Self::Policies(more)) => all.extend(more),
            (Self::Schedules(all), Self::Schedules(more)) => all.extend(more),
            (Self::Templates(all), Self::Templates(more)) => all.extend(more),
            (Self::Configurations(all), Self::Configurations(more)) => all.extend(more),
            (Self::LoadBalancers(all), Self::LoadBalancers(more)) => all.extend(more),
            (Self::Listeners(all), Self::Listeners(more)) => all.extend(more),
            (Self::Rules(all), Self::Rules(more)) => all.extend(more),
            (Self::TargetGroups(all), Self::TargetGroups(more)) => all.extend(more),
            (Self::Health(all), Self::Health(more)) => all.extend(more),
            (Self::Alarms(all), Self::Alarms(more)) => all.extend(more),
            (Self::Metrics(all), Self::Metrics(more)) => all.extend(more),
            (whole, later) => *whole = later,
        }
    }
}

/// One call's part of an answer.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// Where the next page begins.
    pub(super) next: Option<String>,
    /// Things without an id.
    pub(super) odd: usize,
}

impl Reply {
    fn of<T>(answer: impl FnOnce(Vec<T>) -> Answer, page: Page<T>) -> Self {
        Self { answer: answer(page.items), next: page.next, odd: page.odd }
    }
}

/// Makes one call of a task.
pub(super) async fn ask(
    clients: &Clients,
    region: &Region,
    task: &Task,
    token: Option<String>,
) -> Result<Reply, Trouble> {
    match task {
        Task::Instances => {
            compute::instances(clients, region, token).await.map(|page| Reply::of(Answer::Instances, page))
        }
        Task::InstancesById(ids) => compute::instances_by_id(clients, region, ids, token)
            .await
            .map(|page| Reply::of(Answer::Instances, page)),
        Task::InstancesFiltered(ids) => compute::instances_filtered(clients, region, ids, token)
            .await
            .map(|page| Reply::of(Answer::Instances, page)),
        Task::Statuses => compute::statuses(clients, region, None, token)
            .await
            .map(|page| Reply::of(Answer::Statuses, page)),
        Task::StatusesById(ids) => compute::statuses(clients, region, Some(ids), token)
            .await
            .map(|page| Reply::of(Answer::Statuses, page)),
        Task::RootVolumes => compute::root_volumes(clients, region, token)
            .await
            .map(|page| Reply::of(Answer::RootVolumes, page)),
        Task::ImageMetadata => {
            images::metadata(clients, region, token).await.map(|page| Reply::of(Answer::ImageMetadata, page))
        }
        Task::OwnImages => {
            images::own_images(clients, region, token).await.map(|page| Reply::of(Answer::Images, page))
        }
        Task::Images(ids) => {
            images::images(clients, region, ids, token).await.map(|page| Reply::of(Answer::Images, page))
        }
        Task::Groups => {
            scaling::groups(clients, region, None, token).await.map(|page| Reply::of(Answer::Groups, page))
        }
        Task::GroupsByName(names) => scaling::groups(clients, region, Some(names), token)
            .await
            .map(|page| Reply::of(Answer::Groups, page)),
        Task::Refreshes(group) => scaling::refreshes(clients, region, group, token)
            .await
            .map(|page| Reply::of(Answer::Refreshes, page)),
        Task::Policies => {
            scaling::policies(clients, region, token).await.map(|page| Reply::of(Answer::Policies, page))
        }
        Task::Schedules => {
            scaling::schedules(clients, region, token).await.map(|page| Reply::of(Answer::Schedules, page))
        }
        Task::Configurations(names) => scaling::configurations(clients, region, names, token)
            .await
            .map(|page| Reply::of(Answer::Configurations, page)),
        Task::TemplatesWritten => templates::current(clients, region, false, token)
            .await
            .map(|page| Reply::of(Answer::Templates, page)),
        Task::TemplatesResolved => templates::current(clients, region, true, token)
            .await
            .map(|page| Reply::of(Answer::Templates, page)),
        Task::Versions(template, numbers) => {
            templates::numbered(clients, region, template, numbers, false, token)
                .await
                .map(|page| Reply::of(Answer::Templates, page))
        }
        Task::VersionsResolved(template, numbers) => {
            templates::numbered(clients, region, template, numbers, true, token)
                .await
                .map(|page| Reply::of(Answer::Templates, page))
        }
        Task::VersionsBetween(template, first, last) => {
            templates::between(clients, region, template, (*first, *last), token)
                .await
                .map(|page| Reply::of(Answer::Templates, page))
        }
        Task::LoadBalancers => balancing::load_balancers(clients, region, token)
            .await
            .map(|page| Reply::of(Answer::LoadBalancers, page)),
        Task::Listeners(load_balancer) => balancing::listeners(clients, region, load_balancer, token)
            .await
            .map(|page| Reply::of(Answer::Listeners, page)),
        Task::Rules(listener) => balancing::rules(clients, region, listener, token)
            .await
            .map(|page| Reply::of(Answer::Rules, page)),
        Task::TargetGroups => balancing::target_groups(clients, region, None, token)
            .await
            .map(|page| Reply::of(Answer::TargetGroups, page)),
        Task::TargetGroupsByArn(arns) => balancing::target_groups(clients, region, Some(arns), token)
            .await
            .map(|page| Reply::of(Answer::TargetGroups, page)),
        Task::Attributes(target_group) => balancing::attributes(clients, region, target_group)
            .await
            .map(|found| Reply { answer: Answer::Attributes(found), next: None, odd: 0 }),
        Task::Health(target_group) => {
            balancing::health(clients, region, target_group).await.map(|page| Reply::of(Answer::Health, page))
        }
        Task::Alarms(names) => {
            watching::alarms(clients, region, names, token).await.map(|page| Reply::of(Answer::Alarms, page))
        }
        Task::Metrics(sides, until) => watching::metrics(clients, region, sides, *until, token)
            .await
            .map(|page| Reply::of(Answer::Metrics, page)),
    }
}

impl Task {
    /// The lists of a whole account and region, the longest walks first.
    pub(super) const LISTS: [Self; 12] = [
        Self::Instances,
        Self::Groups,
        Self::LoadBalancers,
        Self::TargetGroups,
        Self::TemplatesWritten,
        Self::TemplatesResolved,
        Self::OwnImages,
        Self::Statuses,
        Self::ImageMetadata,
        Self::RootVolumes,
        Self::Policies,
        Self::Schedules,
    ];

    /// The section of the facts that it fills.
    pub(super) fn section(&self) -> Section {
        match self {
            Self::Instances | Self::InstancesById(_) | Self::InstancesFiltered(_) => Section::Instances,
            Self::Statuses | Self::StatusesById(_) => Section::Statuses,
            Self::RootVolumes => Section::RootVolumes,
            Self::ImageMetadata => Section::ImageMetadata,
            Self::OwnImages | Self::Images(_) => Section::Images,
            Self::Groups | Self::GroupsByName(_) => Section::Groups,
            Self::Refreshes(_) => Section::Refreshes,
            Self::Policies => Section::Policies,
            Self::Schedules => Section::Schedules,
            Self::TemplatesWritten
            | Self::TemplatesResolved
            | Self::Versions(..)
            | Self::VersionsResolved(..)
            | Self::VersionsBetween(..) => Section::Templates,
            Self::Configurations(_) => Section::LaunchConfigurations,
            Self::LoadBalancers => Section::LoadBalancers,
            Self::Listeners(_) => Section::Listeners,
            Self::Rules(_) => Section::Rules,
            Self::TargetGroups | Self::TargetGroupsByArn(_) => Section::TargetGroups,
            Self::Attributes(_) => Section::TargetGroupAttributes,
            Self::Health(_) => Section::TargetHealth,
            Self::Alarms(_) => Section::Alarms,
            Self::Metrics(..) => Section::Metrics,
        }
    }

    /// The one thing it is about, by the id or name under which the facts keep it.
    pub(super) fn about(&self) -> Option<Text> {
        match self {
            Self::Refreshes(group) => Some(group.raw().into()),
            Self::Versions(template, _)
            | Self::VersionsResolved(template, _)
            | Self::VersionsBetween(template, ..) => Some(template.raw().into()),
            Self::Listeners(load_balancer) => Some(load_balancer.raw().into()),
            Self::Rules(listener) => Some(listener.raw().into()),
            Self::Attributes(target_group) | Self::Health(target_group) => Some(target_group.raw().into()),
            _ => None,
        }
    }

    /// Whether it resolves images by parameter, which takes a permission of its own.
    pub(super) fn resolves(&self) -> bool {
        matches!(self, Self::TemplatesResolved | Self::VersionsResolved(..))
    }

    /// Whether its success makes the gap of a task that failed before untrue.
    pub(super) fn heals(&self, failed: &Self, whole_section: bool) -> bool {
        if self == failed {
            return true;
        }
        if self.section() != failed.section() {
            return false;
        }
        match (self, failed) {
            (
                Self::InstancesById(asked) | Self::InstancesFiltered(asked),
                Self::InstancesById(missed) | Self::InstancesFiltered(missed),
            )
            | (Self::StatusesById(asked), Self::StatusesById(missed)) => {
                missed.iter().all(|id| asked.contains(id))
            }
            (Self::GroupsByName(asked), Self::GroupsByName(missed)) => {
                missed.iter().all(|name| asked.contains(name))
            }
            (Self::TargetGroupsByArn(asked), Self::TargetGroupsByArn(missed)) => {
                missed.iter().all(|arn| asked.contains(arn))
            }
            (Self::Alarms(_) | Self::Metrics(..), _) => true,
            // Of templates and images each list tells its own part.
            (_, failed) if matches!(failed.section(), Section::Templates | Section::Images) => false,
            // A list tells of everything; one thing that could be read tells that its kind can be.
            (list, failed) if Self::LISTS.contains(list) => !Self::LISTS.contains(failed),
            (one, failed) => whole_section && one.about().is_some() && failed.about().is_some(),
        }
    }
}
