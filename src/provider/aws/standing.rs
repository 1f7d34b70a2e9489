//! Groups that are made like another, and deleted.
//!
//! What AWS tells of the other group and its hooks is carried over field by field. What cannot be carried over is
//! refused before anything is sent; what belongs to no group alone (scaling policies, scheduled actions,
//! notifications) is not read, which plans say.

use aws_sdk_autoscaling::operation::create_auto_scaling_group::builders::CreateAutoScalingGroupFluentBuilder as Builder;
use aws_sdk_autoscaling::types as sdk;
use aws_types::request_id::RequestId as _;

use super::factory::Clients;
use super::groups::specification;
use super::ids;
use super::operator::receipt;
use super::permissions::AUTO_SCALING;
use super::read::send;
use super::target_groups;
use super::trouble::{Asked, Trouble};
use crate::fleet::{Place, Region};
use crate::plan::{CreateGroup, DeleteGroup, Receipt};

/// Tags that AWS alone may set.
const RESERVED: &str = "aws:";

/// Refuses what can be no group.
pub(super) fn check(place: &Place, create: &CreateGroup) -> Result<(), String> {
    ids::group(&create.group)?;
    ids::group(&create.like)?;
    ids::version(&create.template)?;
    create.target_groups.iter().try_for_each(|arn| target_groups::is_there(place, arn))?;
    if create.group == create.like {
        return Err("a group is not made like itself".into());
    }
    if create.max < 0 || create.target_groups.is_empty() {
        return Err("a group is made with a size and behind a target group".into());
    }
    Ok(())
}

/// Makes it, without instances.
pub(super) async fn create(
    clients: &Clients,
    region: &Region,
    create: &CreateGroup,
) -> Result<Receipt, Trouble> {
    let odd = |why: &str| Trouble::odd(Asked::new(AUTO_SCALING, "CreateAutoScalingGroup", region), why);
    let like = create.like.raw();
    let answer = send!(clients.autoscaling.describe_auto_scaling_groups().auto_scaling_group_names(like);
        AUTO_SCALING, "DescribeAutoScalingGroups", region)?;
    let Some(found) =
        answer.auto_scaling_groups().iter().find(|it| it.auto_scaling_group_name() == Some(like))
    else {
        return Err(odd("the group that it was to be like is not there any more"));
    };
    if let Some(why) = cannot_be_carried(found) {
        return Err(odd(why));
    }
    let hooks = send!(clients.autoscaling.describe_lifecycle_hooks().auto_scaling_group_name(like);
        AUTO_SCALING, "DescribeLifecycleHooks", region)?;
    let sized = clients
        .autoscaling
        .create_auto_scaling_group()
        .auto_scaling_group_name(create.group.raw())
        .launch_template(specification(&create.template))
        .min_size(0)
        .desired_capacity(0)
        .max_size(create.max)
        .set_target_group_arns(Some(create.target_groups.iter().map(|arn| arn.raw().to_owned()).collect()));
    let request = carried(sized, found, hooks.lifecycle_hooks(), create.group.raw());
    let answer = request
        .send()
        .await
        .map_err(|error| Trouble::of(Asked::new(AUTO_SCALING, "CreateAutoScalingGroup", region), &error))?;
    Ok(receipt(answer.request_id()))
}

/// Deletes it, with the instances it has.
pub(super) async fn delete(
    clients: &Clients,
    region: &Region,
    delete: &DeleteGroup,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.delete_auto_scaling_group()
        .auto_scaling_group_name(delete.group.raw()).force_delete(true);
        AUTO_SCALING, "DeleteAutoScalingGroup", region)?;
    Ok(receipt(answer.request_id()))
}

/// What a group has that no other can be given in one call.
fn cannot_be_carried(group: &sdk::AutoScalingGroup) -> Option<&'static str> {
    let is_target_group = |source: &sdk::TrafficSourceIdentifier| {
        source.identifier().is_some_and(|arn| arn.contains(":targetgroup/"))
    };
    if group.warm_pool_configuration().is_some() {
        return Some("the group it is to be like has a warm pool, which is not copied");
    }
    if !group.load_balancer_names().is_empty() || !group.traffic_sources().iter().all(is_target_group) {
        return Some("the group it is to be like takes traffic by other ways than target groups");
    }
    if group.operator().is_some() {
        return Some("the group it is to be like belongs to an AWS service");
    }
    group
        .mixed_instances_policy()
        .map(|_| "the group it is to be like has a mixed-instances policy, which is not copied")
}

fn given<T: Clone>(all: &[T]) -> Option<Vec<T>> {
    (!all.is_empty()).then(|| all.to_vec())
}

/// Everything the other group has that is not said by the call itself.
fn carried(
    request: Builder,
    like: &sdk::AutoScalingGroup,
    hooks: &[sdk::LifecycleHook],
    name: &str,
) -> Builder {
    let subnets = like.vpc_zone_identifier().filter(|subnets| !subnets.is_empty());
    // AWS derives the zones from the subnets, where there are some.
    let zones = if subnets.is_none() { given(like.availability_zones()) } else { None };
    let text = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
    let tags: Vec<sdk::Tag> = like
        .tags()
        .iter()
        .filter(|tag| tag.key().is_some_and(|key| !key.starts_with(RESERVED)))
        .map(|tag| {
            sdk::Tag::builder()
                .resource_id(name)
                .resource_type("auto-scaling-group")
                .set_key(tag.key().map(str::to_owned))
                .set_value(tag.value().map(str::to_owned))
                .set_propagate_at_launch(tag.propagate_at_launch())
                .build()
        })
        .collect();
    let hooks: Vec<sdk::LifecycleHookSpecification> = hooks.iter().map(hook).collect();
    request
        .set_vpc_zone_identifier(subnets.map(str::to_owned))
        .set_availability_zones(zones)
        .set_health_check_type(text(like.health_check_type()))
        .set_health_check_grace_period(like.health_check_grace_period())
        .set_default_cooldown(like.default_cooldown())
        .set_default_instance_warmup(like.default_instance_warmup())
        .set_termination_policies(given(like.termination_policies()))
        .set_new_instances_protected_from_scale_in(like.new_instances_protected_from_scale_in())
        .set_capacity_rebalance(like.capacity_rebalance())
        .set_max_instance_lifetime(like.max_instance_lifetime())
        .set_placement_group(text(like.placement_group()))
        .set_service_linked_role_arn(text(like.service_linked_role_arn()))
        .set_context(text(like.context()))
        .set_desired_capacity_type(text(like.desired_capacity_type()))
        .set_instance_maintenance_policy(like.instance_maintenance_policy().cloned())
        .set_availability_zone_distribution(like.availability_zone_distribution().cloned())
        .set_availability_zone_impairment_policy(like.availability_zone_impairment_policy().cloned())
        .set_capacity_reservation_specification(like.capacity_reservation_specification().cloned())
        .set_instance_lifecycle_policy(like.instance_lifecycle_policy().cloned())
        .set_tags(given(&tags))
        .set_lifecycle_hook_specification_list(given(&hooks))
}

fn hook(hook: &sdk::LifecycleHook) -> sdk::LifecycleHookSpecification {
    sdk::LifecycleHookSpecification::builder()
        .set_lifecycle_hook_name(hook.lifecycle_hook_name().map(str::to_owned))
        .set_lifecycle_transition(hook.lifecycle_transition().map(str::to_owned))
        .set_notification_metadata(hook.notification_metadata().map(str::to_owned))
        .set_heartbeat_timeout(hook.heartbeat_timeout())
        .set_default_result(hook.default_result().map(str::to_owned))
        .set_notification_target_arn(hook.notification_target_arn().map(str::to_owned))
        .set_role_arn(hook.role_arn().map(str::to_owned))
        .build()
}
