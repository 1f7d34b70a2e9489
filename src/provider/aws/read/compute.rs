//! EC2: instances, their status checks, root volumes replaced under them.

use aws_sdk_ec2::types as sdk;

use super::{Page, ec2_tags, send, text, time, time_in_text};
use crate::fleet::{
    InstanceFact, InstanceId, InstanceState, MetadataOptions, Region, RootVolumeFact, StatusFact,
};
use crate::provider::aws::factory::Clients;
use crate::provider::aws::permissions::EC2;
use crate::provider::aws::trouble::Trouble;

/// Most instances a page [ec2: DescribeInstances].
const PAGE: i32 = 1000;
/// Most tasks a page [ec2 model].
const TASKS: i32 = 50;

/// All instances, page by page. Those that an AWS service manages are shown too.
pub(crate) async fn instances(
    clients: &Clients,
    region: &Region,
    token: Option<String>,
) -> Result<Page<InstanceFact>, Trouble> {
    let answer = send!(clients.ec2.describe_instances().max_results(PAGE).include_managed_resources(true)
        .set_next_token(token); EC2, "DescribeInstances", region)?;
    let all = answer.reservations().iter().flat_map(sdk::Reservation::instances).map(instance);
    Ok(Page::of(all, answer.next_token()))
}

/// Instances by id. Where one of them is unknown to EC2, or its zone is disrupted, the whole call fails.
pub(crate) async fn instances_by_id(
    clients: &Clients,
    region: &Region,
    ids: &[InstanceId],
    token: Option<String>,
) -> Result<Page<InstanceFact>, Trouble> {
    let ids = ids.iter().map(|id| id.raw().to_owned()).collect();
    let answer = send!(clients.ec2.describe_instances().set_instance_ids(Some(ids)).set_next_token(token);
        EC2, "DescribeInstances", region)?;
    let all = answer.reservations().iter().flat_map(sdk::Reservation::instances).map(instance);
    Ok(Page::of(all, answer.next_token()))
}

/// Instances by id, those that EC2 does not know left out.
pub(crate) async fn instances_filtered(
    clients: &Clients,
    region: &Region,
    ids: &[InstanceId],
    token: Option<String>,
) -> Result<Page<InstanceFact>, Trouble> {
    let ids = ids.iter().map(|id| id.raw().to_owned()).collect();
    let filter = sdk::Filter::builder().name("instance-id").set_values(Some(ids)).build();
    let answer = send!(clients.ec2.describe_instances().filters(filter).max_results(PAGE)
        .include_managed_resources(true).set_next_token(token); EC2, "DescribeInstances", region)?;
    let all = answer.reservations().iter().flat_map(sdk::Reservation::instances).map(instance);
    Ok(Page::of(all, answer.next_token()))
}

/// Status checks of running instances, of all or of some (at most 100).
pub(crate) async fn statuses(
    clients: &Clients,
    region: &Region,
    ids: Option<&[InstanceId]>,
    token: Option<String>,
) -> Result<Page<(InstanceId, StatusFact)>, Trouble> {
    // MaxResults and ids do not go together [ec2: DescribeInstanceStatus].
    let page = ids.is_none().then_some(PAGE);
    let filter = ids.map(|ids| {
        let ids = ids.iter().map(|id| id.raw().to_owned()).collect();
        vec![sdk::Filter::builder().name("instance-id").set_values(Some(ids)).build()]
    });
    let answer = send!(clients.ec2.describe_instance_status().set_max_results(page).set_filters(filter)
        .include_managed_resources(true).set_next_token(token); EC2, "DescribeInstanceStatus", region)?;
    let all = answer.instance_statuses().iter().map(|status| {
        let word = |summary: Option<&sdk::InstanceStatusSummary>| {
            summary.and_then(|summary| summary.status()).map_or("unknown", sdk::SummaryStatus::as_str).into()
        };
        let fact = StatusFact {
            system: word(status.system_status()),
            instance: word(status.instance_status()),
            events: status
                .events()
                .iter()
                .filter_map(|event| event.description().or_else(|| event.code().map(sdk::EventCode::as_str)))
                .map(Into::into)
                .collect(),
        };
        Some((status.instance_id()?.into(), fact))
    });
    Ok(Page::of(all, answer.next_token()))
}

/// Root volumes that were replaced with success; other tasks change nothing that is judged.
pub(crate) async fn root_volumes(
    clients: &Clients,
    region: &Region,
    token: Option<String>,
) -> Result<Page<(InstanceId, RootVolumeFact)>, Trouble> {
    let answer = send!(clients.ec2.describe_replace_root_volume_tasks().max_results(TASKS)
        .set_next_token(token); EC2, "DescribeReplaceRootVolumeTasks", region)?;
    let done = |task: &&sdk::ReplaceRootVolumeTask| {
        task.task_state() == Some(&sdk::ReplaceRootVolumeTaskState::Succeeded)
    };
    let all = answer.replace_root_volume_tasks().iter().filter(done).map(|task| {
        let fact = RootVolumeFact {
            image: task.image_id().map(Into::into),
            completed_at: time_in_text(task.complete_time()),
        };
        Some((task.instance_id()?.into(), fact))
    });
    Ok(Page::of(all, answer.next_token()))
}

fn instance(instance: &sdk::Instance) -> Option<InstanceFact> {
    Some(InstanceFact {
        id: instance.instance_id()?.into(),
        image: instance.image_id().map(Into::into),
        instance_type: text(instance.instance_type().map(sdk::InstanceType::as_str)),
        zone: instance.placement().and_then(|placement| placement.availability_zone()).map(Into::into),
        subnet: instance.subnet_id().filter(|id| !id.is_empty()).map(Into::into),
        state: state(instance.state().and_then(|state| state.name())),
        launched_at: time(instance.launch_time()),
        private_ip: text(instance.private_ip_address()),
        security_groups: instance
            .security_groups()
            .iter()
            .filter_map(|group| group.group_id())
            .map(Into::into)
            .collect(),
        iam_profile: text(instance.iam_instance_profile().and_then(|profile| profile.arn())),
        key_name: text(instance.key_name()),
        metadata: instance.metadata_options().map(|options| MetadataOptions {
            tokens: text(options.http_tokens().map(sdk::HttpTokensState::as_str)),
            hop_limit: options.http_put_response_hop_limit(),
            endpoint: text(options.http_endpoint().map(sdk::InstanceMetadataEndpointState::as_str)),
        }),
        ebs_optimized: instance.ebs_optimized(),
        devices: instance
            .block_device_mappings()
            .iter()
            .filter_map(|device| Some((device.device_name()?.into(), device.ebs()?.delete_on_termination()?)))
            .collect(),
        tags: ec2_tags(instance.tags()),
    })
}

fn state(name: Option<&sdk::InstanceStateName>) -> InstanceState {
    match name {
        Some(sdk::InstanceStateName::Pending) => InstanceState::Pending,
        Some(sdk::InstanceStateName::Running) => InstanceState::Running,
        Some(sdk::InstanceStateName::Stopping) => InstanceState::Stopping,
        Some(sdk::InstanceStateName::Stopped) => InstanceState::Stopped,
        Some(sdk::InstanceStateName::ShuttingDown) => InstanceState::ShuttingDown,
        Some(sdk::InstanceStateName::Terminated) => InstanceState::Terminated,
        Some(other) => InstanceState::Other(other.as_str().into()),
        None => InstanceState::Other("unknown".into()),
    }
}
