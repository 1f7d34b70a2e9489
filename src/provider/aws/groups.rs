//! Auto Scaling groups: what is there by identity, and the calls that write sizes, templates and members.

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types as sdk;
use aws_types::request_id::RequestId as _;
use futures_util::future::try_join;
use sha2::{Digest as _, Sha256};

use super::factory::Clients;
use super::ids;
use super::operator::receipt;
use super::permissions::AUTO_SCALING;
use super::read::send;
use super::trouble::Trouble;
use crate::fleet::{GroupName, InstanceId, RefreshStatus, Region, Text};
use crate::plan::{
    DetachInstances, EnterStandby, ExitStandby, GroupState, Newest, Receipt, RefreshMark, Saved,
    SetDesiredCapacity, Sizes, TemplateNumber, TerminateInGroup, UpdateGroup,
};
use crate::provider::{Failure, FailureKind};

/// How many of a group's newest refreshes are asked for: the newest comes first, and one that runs is the newest.
const REFRESHES: i32 = 10;

/// Reads the group and its newest refresh: two calls.
pub(super) async fn read(
    clients: &Clients,
    region: &Region,
    name: &GroupName,
) -> Result<GroupState, Failure> {
    let groups = async {
        send!(clients.autoscaling.describe_auto_scaling_groups().auto_scaling_group_names(name.raw());
            AUTO_SCALING, "DescribeAutoScalingGroups", region)
    };
    let refreshes = async {
        send!(clients.autoscaling.describe_instance_refreshes().auto_scaling_group_name(name.raw())
            .max_records(REFRESHES); AUTO_SCALING, "DescribeInstanceRefreshes", region)
    };
    let both = try_join(groups, refreshes).await;
    let (groups, refreshes) = both.map_err(|trouble| trouble.failure)?;
    let mut groups = groups.auto_scaling_groups().iter();
    let Some(group) = groups.find(|group| group.auto_scaling_group_name() == Some(name.raw())) else {
        let why = "AWS does not know the group any more";
        return Err(Failure::new(
            FailureKind::NotFound,
            format!("read {name}"),
            why,
            "observe again, it may be gone",
        ));
    };
    Ok(GroupState {
        sizes: sizes(group),
        saved: Some(saved(group)),
        refresh: Some(newest(refreshes.instance_refreshes())),
        members: members(group),
    })
}

fn sizes(group: &sdk::AutoScalingGroup) -> Option<Sizes> {
    Some(Sizes { min: group.min_size()?, desired: group.desired_capacity()?, max: group.max_size()? })
}

fn members(group: &sdk::AutoScalingGroup) -> BTreeMap<InstanceId, Text> {
    let member = |member: &sdk::Instance| {
        let lifecycle = member.lifecycle_state().map_or("unknown", sdk::LifecycleState::as_str);
        Some((member.instance_id()?.into(), lifecycle.into()))
    };
    group.instances().iter().filter_map(member).collect()
}

fn saved(group: &sdk::AutoScalingGroup) -> Saved {
    if let Some(policy) = group.mixed_instances_policy() {
        // All of it, in few words: they change with whatever changes in it.
        let digest = Sha256::digest(format!("{policy:?}"));
        let digest = digest.iter().take(8).fold(0, |all: u64, byte| all << 8 | u64::from(*byte));
        return Saved::Other(format!("mixed-instances policy {digest:016x}").into());
    }
    let Some(template) = group.launch_template() else {
        let name = group.launch_configuration_name().unwrap_or("unknown");
        return Saved::Other(format!("launch configuration {name}").into());
    };
    numbered(template).map_or_else(
        || {
            let id = template.launch_template_id().or(template.launch_template_name()).unwrap_or("unknown");
            Saved::Other(format!("{id} {}", template.version().unwrap_or("$Default")).into())
        },
        Saved::Template,
    )
}

fn numbered(template: &sdk::LaunchTemplateSpecification) -> Option<TemplateNumber> {
    let version = template.version()?.parse().ok()?;
    Some(TemplateNumber { id: template.launch_template_id()?.into(), version })
}

fn newest(refreshes: &[sdk::InstanceRefresh]) -> Newest {
    let mut marks = refreshes.iter().filter_map(mark);
    let first = marks.next();
    let runs = |mark: &RefreshMark| RefreshStatus::of_word(&mark.status).is_active() == Some(true);
    let active = first.iter().cloned().chain(marks).find(runs);
    active.or(first).map_or(Newest::None, Newest::Refresh)
}

fn mark(refresh: &sdk::InstanceRefresh) -> Option<RefreshMark> {
    let desired = refresh.desired_configuration();
    let desired = desired.filter(|desired| desired.mixed_instances_policy().is_none());
    Some(RefreshMark {
        status: refresh.status().map_or("unknown", sdk::InstanceRefreshStatus::as_str).into(),
        to: desired.and_then(|desired| numbered(desired.launch_template()?)),
        percent: refresh.percentage_complete(),
        to_update: refresh.instances_to_update(),
        reason: refresh.status_reason().map(Text::new),
        ..RefreshMark::of(refresh.instance_refresh_id()?.into())
    })
}

/// Refuses sizes that cannot be, and an update of nothing.
pub(super) fn check_update(update: &UpdateGroup) -> Result<(), String> {
    let UpdateGroup { group, min, max, desired, template } = update;
    ids::group(group)?;
    template.as_ref().map_or(Ok(()), ids::version)?;
    let given: Vec<i32> = [min, desired, max].into_iter().copied().flatten().collect();
    if given.is_empty() && template.is_none() {
        return Err("there is nothing to set".into());
    }
    if given.iter().any(|size| *size < 0) || !given.is_sorted() {
        return Err("sizes are min ≤ desired ≤ max, and not below 0".into());
    }
    Ok(())
}

/// Refuses a size that cannot be.
pub(super) fn check_desired(set: &SetDesiredCapacity) -> Result<(), String> {
    ids::group(&set.group)?;
    if set.desired < 0 { Err("a size is not below 0".into()) } else { Ok(()) }
}

/// Sets what the call names, and nothing else.
pub(super) async fn update(
    clients: &Clients,
    region: &Region,
    update: &UpdateGroup,
) -> Result<Receipt, Trouble> {
    let template = update.template.as_ref().map(specification);
    let answer = send!(clients.autoscaling.update_auto_scaling_group()
        .auto_scaling_group_name(update.group.raw()).set_min_size(update.min).set_max_size(update.max)
        .set_desired_capacity(update.desired).set_launch_template(template);
        AUTO_SCALING, "UpdateAutoScalingGroup", region)?;
    Ok(receipt(answer.request_id()))
}

/// A launch template version as Auto Scaling takes it.
pub(super) fn specification(number: &TemplateNumber) -> sdk::LaunchTemplateSpecification {
    sdk::LaunchTemplateSpecification::builder()
        .launch_template_id(number.id.raw())
        .version(number.version.to_string())
        .build()
}

/// Sets the wanted size. A cooldown that is under way is not waited for, which is AWS's default.
pub(super) async fn set_desired(
    clients: &Clients,
    region: &Region,
    set: &SetDesiredCapacity,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.set_desired_capacity().auto_scaling_group_name(set.group.raw())
        .desired_capacity(set.desired); AUTO_SCALING, "SetDesiredCapacity", region)?;
    Ok(receipt(answer.request_id()))
}

/// Ends one instance.
pub(super) async fn terminate(
    clients: &Clients,
    region: &Region,
    end: &TerminateInGroup,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.terminate_instance_in_auto_scaling_group()
        .instance_id(end.instance.raw()).should_decrement_desired_capacity(end.decrement);
        AUTO_SCALING, "TerminateInstanceInAutoScalingGroup", region)?;
    Ok(receipt(answer.request_id()))
}

/// Takes one instance out of service.
pub(super) async fn enter_standby(
    clients: &Clients,
    region: &Region,
    enter: &EnterStandby,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.enter_standby().auto_scaling_group_name(enter.group.raw())
        .instance_ids(enter.instance().raw()).should_decrement_desired_capacity(enter.decrement);
        AUTO_SCALING, "EnterStandby", region)?;
    Ok(receipt(answer.request_id()))
}

/// Puts one instance into service again.
pub(super) async fn exit_standby(
    clients: &Clients,
    region: &Region,
    exit: &ExitStandby,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.exit_standby().auto_scaling_group_name(exit.group.raw())
        .instance_ids(exit.instance().raw()); AUTO_SCALING, "ExitStandby", region)?;
    Ok(receipt(answer.request_id()))
}

/// Takes one instance out of its group.
pub(super) async fn detach(
    clients: &Clients,
    region: &Region,
    detach: &DetachInstances,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.detach_instances().auto_scaling_group_name(detach.group.raw())
        .instance_ids(detach.instance().raw()).should_decrement_desired_capacity(detach.decrement);
        AUTO_SCALING, "DetachInstances", region)?;
    Ok(receipt(answer.request_id()))
}

#[cfg(test)]
mod tests;
