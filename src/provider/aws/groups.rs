//! Auto Scaling groups: what is there by identity, and the calls that write sizes, templates and members.

use aws_sdk_autoscaling::types as sdk;
use aws_types::request_id::RequestId as _;
use futures_util::future::join;

use super::factory::Clients;
use super::ids;
use super::operator::receipt;
use super::permissions::AUTO_SCALING;
use super::read::{scaling, send};
use super::trouble::Trouble;
use crate::fleet::{GroupName, RefreshFact, Region};
use crate::plan::{
    DetachInstances, EnterStandby, ExitStandby, GroupState, Newest, Receipt, RefreshMark, Saved,
    SetDesiredCapacity, Sizes, Subnets, TemplateNumber, TerminateInGroup, UpdateGroup,
};
use crate::provider::{Failure, FailureKind};

/// Reads the group and its newest refresh: two calls.
pub(super) async fn read(
    clients: &Clients,
    region: &Region,
    name: &GroupName,
) -> Result<GroupState, Failure> {
    let groups = scaling::groups(clients, region, Some(std::slice::from_ref(name)), None);
    let refreshes = scaling::refreshes(clients, region, name, None);
    let (groups, refreshes) = join(groups, refreshes).await;
    let groups = groups.map_err(|trouble| trouble.failure)?;
    let Some(group) = groups.items.into_iter().find(|group| group.name == *name) else {
        let why = "AWS does not know the group any more";
        let remedy = "observe again, it may be gone";
        return Err(Failure::new(FailureKind::NotFound, format!("read {name}"), why, remedy));
    };
    // AWS refuses to list the refreshes of a group that is not there.
    let refreshes = refreshes.map_err(|trouble| trouble.failure)?;
    Ok(GroupState {
        sizes: Some(Sizes { min: group.min, desired: group.desired, max: group.max }),
        saved: Some(Saved::of(&group.source)),
        subnets: Some(Subnets::new(&group.subnets)),
        refresh: Some(newest(&refreshes.items)),
        members: group.members.into_iter().map(|member| (member.id, member.lifecycle)).collect(),
        deleting: group.status.is_some(),
    })
}

/// The newest comes first; one that runs is the newest wherever it stands.
fn newest(refreshes: &[RefreshFact]) -> Newest {
    let runs = refreshes.iter().find(|refresh| refresh.status.is_active() == Some(true));
    runs.or(refreshes.first()).map_or(Newest::None, |refresh| Newest::Refresh(mark(refresh)))
}

fn mark(refresh: &RefreshFact) -> RefreshMark {
    let to = refresh.desired.as_ref().and_then(|desired| match Saved::of(desired) {
        Saved::Template(number) => Some(number),
        Saved::Other(_) => None,
    });
    RefreshMark {
        status: refresh.status.word().into(),
        to,
        percent: refresh.percent,
        to_update: refresh.to_update,
        reason: refresh.reason.clone(),
        ..RefreshMark::of(refresh.id.clone())
    }
}

/// Refuses sizes that cannot be, and an update of nothing.
pub(super) fn check_update(update: &UpdateGroup) -> Result<(), String> {
    let UpdateGroup { group, min, max, desired, template, subnets } = update;
    ids::group(group)?;
    template.as_ref().map_or(Ok(()), ids::version)?;
    let given: Vec<i32> = [min, desired, max].into_iter().copied().flatten().collect();
    if let Some(subnets) = subnets {
        subnets.iter().try_for_each(ids::subnet)?;
        if subnets.is_empty() {
            return Err("a group launches in one subnet at least".into());
        }
    }
    if given.is_empty() && template.is_none() && subnets.is_none() {
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
        .set_desired_capacity(update.desired).set_launch_template(template)
        .set_vpc_zone_identifier(update.subnets.as_ref().map(Subnets::raw));
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
