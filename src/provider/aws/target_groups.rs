//! Target groups that are made like another, and deleted: what is there of one by its name, and the calls.
//!
//! Protocol, port, VPC and health check are carried over from the other one as it is when the call is sent; attributes
//! stand in a call of their own.

use aws_sdk_elasticloadbalancingv2::types as sdk;
use aws_types::request_id::RequestId as _;

use super::factory::Clients;
use super::operator::receipt;
use super::permissions::ELB;
use super::read::{balancing, send};
use super::trouble::{Asked, Trouble};
use crate::fleet::{Place, Region, TargetGroupArn, Text};
use crate::plan::{CreateTargetGroup, ModifyAttributes, Receipt, TargetGroupState};
use crate::provider::Failure;

/// Longest name of a target group [model].
const NAME: usize = 32;

/// Reads what is there of a target group by its name: two calls.
pub(super) async fn read(
    clients: &Clients,
    region: &Region,
    name: &Text,
) -> Result<TargetGroupState, Failure> {
    let answer =
        send!(clients.elb.describe_target_groups().names(name.raw()); ELB, "DescribeTargetGroups", region)
            .map_err(|trouble| trouble.failure)?;
    let found = answer.target_groups().iter().find(|found| found.target_group_name() == Some(name.raw()));
    let Some((found, arn)) = found.and_then(|found| Some((found, found.target_group_arn()?))) else {
        let why = "AWS does not know it";
        let kind = crate::provider::FailureKind::NotFound;
        return Err(Failure::new(kind, format!("read target group {name}"), why, "observe again"));
    };
    let arn = TargetGroupArn::new(arn);
    let attributes = balancing::attributes(clients, region, &arn).await.map_err(|trouble| trouble.failure)?;
    Ok(TargetGroupState { arn, used: !found.load_balancer_arns().is_empty(), attributes: attributes.written })
}

/// Refuses what is no target group there: another account or region, one that is not there yet.
pub(super) fn is_there(place: &Place, arn: &TargetGroupArn) -> Result<(), String> {
    let mut parts = arn.raw().splitn(6, ':').skip(2);
    let (service, region, account) = (parts.next(), parts.next(), parts.next());
    let resource = parts.next().unwrap_or_default();
    if arn.is_to_be() {
        return Err(format!("target group {} is not there yet", arn.name()));
    }
    let fits = service == Some("elasticloadbalancing")
        && region == Some(place.region.raw())
        && account == Some(place.account.raw())
        && resource.starts_with("targetgroup/");
    if fits { Ok(()) } else { Err(format!("{arn} is no target group in {place}")) }
}

/// Refuses what can be no target group.
pub(super) fn check(place: &Place, create: &CreateTargetGroup) -> Result<(), String> {
    is_there(place, &create.like)?;
    let name = create.name.raw();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let fits = plain
        && (1..=NAME).contains(&name.len())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.starts_with("internal-");
    if fits { Ok(()) } else { Err(format!("{} is not the name of a target group", create.name)) }
}

/// Refuses attributes of nothing.
pub(super) fn check_attributes(place: &Place, modify: &ModifyAttributes) -> Result<(), String> {
    is_there(place, &modify.target_group)?;
    if modify.attributes.is_empty() { Err("there is nothing to set".into()) } else { Ok(()) }
}

/// Makes it, without targets.
pub(super) async fn create(
    clients: &Clients,
    region: &Region,
    create: &CreateTargetGroup,
) -> Result<Receipt, Trouble> {
    let like = create.like.raw();
    let answer = send!(clients.elb.describe_target_groups().target_group_arns(like);
        ELB, "DescribeTargetGroups", region)?;
    let Some(like) = answer.target_groups().iter().find(|found| found.target_group_arn() == Some(like))
    else {
        let why = "the target group that it was to be like is not there any more";
        return Err(Trouble::odd(Asked::new(ELB, "CreateTargetGroup", region), why));
    };
    let request = clients
        .elb
        .create_target_group()
        .name(create.name.raw())
        .set_target_type(like.target_type().cloned())
        .set_protocol(like.protocol().cloned())
        .set_protocol_version(like.protocol_version().map(str::to_owned))
        .set_port(like.port())
        .set_vpc_id(like.vpc_id().map(str::to_owned))
        .set_ip_address_type(like.ip_address_type().cloned())
        .set_health_check_enabled(like.health_check_enabled())
        .set_health_check_protocol(like.health_check_protocol().cloned())
        .set_health_check_port(like.health_check_port().map(str::to_owned))
        .set_health_check_path(like.health_check_path().map(str::to_owned))
        .set_health_check_interval_seconds(like.health_check_interval_seconds())
        .set_health_check_timeout_seconds(like.health_check_timeout_seconds())
        .set_healthy_threshold_count(like.healthy_threshold_count())
        .set_unhealthy_threshold_count(like.unhealthy_threshold_count())
        .set_matcher(like.matcher().cloned());
    let asked = Asked::new(ELB, "CreateTargetGroup", region);
    let answer = request.send().await.map_err(|error| Trouble::of(asked, &error))?;
    Ok(receipt(answer.request_id()))
}

/// Sets attributes.
pub(super) async fn set_attributes(
    clients: &Clients,
    region: &Region,
    modify: &ModifyAttributes,
) -> Result<Receipt, Trouble> {
    let attribute = |one: &crate::plan::Tag| {
        sdk::TargetGroupAttribute::builder().key(one.key.raw()).value(one.value.raw()).build()
    };
    let all: Vec<_> = modify.attributes.iter().map(attribute).collect();
    let answer = send!(clients.elb.modify_target_group_attributes()
        .target_group_arn(modify.target_group.raw()).set_attributes(Some(all));
        ELB, "ModifyTargetGroupAttributes", region)?;
    Ok(receipt(answer.request_id()))
}

/// Deletes it; AWS refuses where an action names it.
pub(super) async fn delete(
    clients: &Clients,
    region: &Region,
    arn: &TargetGroupArn,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.elb.delete_target_group().target_group_arn(arn.raw());
        ELB, "DeleteTargetGroup", region)?;
    Ok(receipt(answer.request_id()))
}
