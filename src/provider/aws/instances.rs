//! Single instances: what is there by identity, and the calls that tag one and end one outside of groups.

use aws_sdk_ec2::types as sdk;
use aws_types::request_id::RequestId as _;
use futures_util::future::join;

use super::factory::Clients;
use super::ids;
use super::operator::receipt;
use super::permissions::{AUTO_SCALING, EC2, OWN_TAGS};
use super::read::send;
use super::trouble::Trouble;
use crate::fleet::{InstanceId, Region, Text};
use crate::plan::{CreateTags, InstanceMark, Receipt, Tag, TerminateInstances};
use crate::provider::{Failure, FailureKind};

/// Longest key and longest value of a tag [ec2: Tag].
const TAG: (usize, usize) = (127, 256);

/// Reads an instance and the group that has it: two calls. One that is gone is in no group and has no state.
pub(super) async fn read(
    clients: &Clients,
    region: &Region,
    id: &InstanceId,
) -> Result<InstanceMark, Failure> {
    let grouped = async {
        send!(clients.autoscaling.describe_auto_scaling_instances().instance_ids(id.raw());
            AUTO_SCALING, "DescribeAutoScalingInstances", region)
    };
    let known = async {
        send!(clients.ec2.describe_instances().instance_ids(id.raw()); EC2, "DescribeInstances", region)
    };
    let (grouped, known) = join(grouped, known).await;
    let grouped = grouped.map_err(|trouble| trouble.failure)?;
    let mut members = grouped.auto_scaling_instances().iter();
    let member = members.find(|member| member.instance_id() == Some(id.raw()));
    let mark = InstanceMark {
        group: member.and_then(|member| member.auto_scaling_group_name()).map(Into::into),
        lifecycle: member.and_then(|member| member.lifecycle_state()).map(Text::new),
        ..InstanceMark::default()
    };
    let known = match known {
        Ok(known) => known,
        Err(trouble) if trouble.kind() == FailureKind::NotFound => return Ok(mark),
        Err(trouble) => return Err(trouble.failure),
    };
    let mut instances = known.reservations().iter().flat_map(sdk::Reservation::instances);
    let Some(instance) = instances.find(|instance| instance.instance_id() == Some(id.raw())) else {
        return Ok(mark);
    };
    let state = instance.state().and_then(sdk::InstanceState::name);
    let own = instance.tags().iter().filter_map(|tag| {
        let key = tag.key().filter(|key| key.starts_with(OWN_TAGS))?;
        Some((key.into(), tag.value().unwrap_or_default().into()))
    });
    Ok(InstanceMark {
        state: Some(state.map_or("unknown", sdk::InstanceStateName::as_str).into()),
        tags: own.collect(),
        ..mark
    })
}

/// Refuses tags that are not flightdeck's own.
pub(super) fn check_tags(tags: &CreateTags) -> Result<(), String> {
    ids::instance(tags.instance())?;
    fits(&tags.tags)
}

/// Refuses tags that are not flightdeck's own, or that AWS does not take.
pub(super) fn fits(tags: &[Tag]) -> Result<(), String> {
    if tags.is_empty() {
        return Err("there is no tag to set".into());
    }
    for tag in tags {
        if !tag.key.raw().starts_with(OWN_TAGS) {
            return Err(format!("{} is no tag of flightdeck", tag.key));
        }
        let (key, value) = (tag.key.raw().chars().count(), tag.value.raw().chars().count());
        if key > TAG.0 || value > TAG.1 {
            return Err(format!("the tag {} is longer than AWS takes", tag.key));
        }
    }
    Ok(())
}

/// Tags one instance.
pub(super) async fn tag(clients: &Clients, region: &Region, tags: &CreateTags) -> Result<Receipt, Trouble> {
    let own =
        tags.tags.iter().map(|tag| sdk::Tag::builder().key(tag.key.raw()).value(tag.value.raw()).build());
    let own = Some(own.collect());
    let answer = send!(clients.ec2.create_tags().resources(tags.instance().raw()).set_tags(own);
        EC2, "CreateTags", region)?;
    Ok(receipt(answer.request_id()))
}

/// Ends one instance.
pub(super) async fn terminate(
    clients: &Clients,
    region: &Region,
    end: &TerminateInstances,
) -> Result<Receipt, Trouble> {
    let answer = send!(clients.ec2.terminate_instances().instance_ids(end.instance().raw());
        EC2, "TerminateInstances", region)?;
    Ok(receipt(answer.request_id()))
}

#[cfg(test)]
mod tests;
