//! EC2: launch template versions. User data, which may hold secrets, is dropped where it arrives.

use aws_sdk_ec2::types as sdk;

use super::{Page, send, text};
use crate::fleet::{MetadataOptions, Region, SecurityGroupId, TemplateId, TemplateVersionFact};
use crate::provider::aws::factory::Clients;
use crate::provider::aws::permissions::EC2;
use crate::provider::aws::trouble::Trouble;

/// Most versions a page [ec2: DescribeLaunchTemplateVersions].
const PAGE: i32 = 200;

/// `$Latest` and `$Default` of every template, with images as written (`resolve:ssm:…`) or as they would launch now.
pub(crate) async fn current(
    clients: &Clients,
    region: &Region,
    resolved: bool,
    token: Option<String>,
) -> Result<Page<TemplateVersionFact>, Trouble> {
    let answer = send!(clients.ec2.describe_launch_template_versions().versions("$Latest").versions("$Default")
        .resolve_alias(resolved).include_managed_resources(true).max_results(PAGE).set_next_token(token);
        EC2, "DescribeLaunchTemplateVersions", region)?;
    Ok(Page::of(answer.launch_template_versions().iter().map(version), answer.next_token()))
}

/// Numbered versions of one template.
pub(crate) async fn numbered(
    clients: &Clients,
    region: &Region,
    template: &TemplateId,
    numbers: &[i64],
    resolved: bool,
    token: Option<String>,
) -> Result<Page<TemplateVersionFact>, Trouble> {
    let numbers = numbers.iter().map(ToString::to_string).collect();
    let answer = send!(clients.ec2.describe_launch_template_versions().launch_template_id(template.raw())
        .set_versions(Some(numbers)).resolve_alias(resolved).set_next_token(token);
        EC2, "DescribeLaunchTemplateVersions", region)?;
    Ok(Page::of(answer.launch_template_versions().iter().map(version), answer.next_token()))
}

/// The versions of one template that are still there, between two numbers: where one asked for by its number was
/// deleted, the whole call fails.
pub(crate) async fn between(
    clients: &Clients,
    region: &Region,
    template: &TemplateId,
    numbers: (i64, i64),
    token: Option<String>,
) -> Result<Page<TemplateVersionFact>, Trouble> {
    let answer = send!(clients.ec2.describe_launch_template_versions().launch_template_id(template.raw())
        .min_version(numbers.0.to_string()).max_version(numbers.1.to_string()).max_results(PAGE)
        .set_next_token(token); EC2, "DescribeLaunchTemplateVersions", region)?;
    Ok(Page::of(answer.launch_template_versions().iter().map(version), answer.next_token()))
}

fn version(version: &sdk::LaunchTemplateVersion) -> Option<TemplateVersionFact> {
    let data = version.launch_template_data();
    let interface = data.and_then(|data| data.network_interfaces().first());
    let groups = data.map_or(&[][..], sdk::ResponseLaunchTemplateData::security_group_ids);
    let groups =
        if groups.is_empty() { interface.map_or(&[][..], |interface| interface.groups()) } else { groups };
    Some(TemplateVersionFact {
        id: version.launch_template_id()?.into(),
        name: version.launch_template_name().unwrap_or_default().into(),
        number: version.version_number()?,
        is_default: version.default_version() == Some(true),
        is_latest: false,
        image: text(data.and_then(|data| data.image_id())),
        resolved_image: None,
        instance_type: text(data.and_then(|data| data.instance_type()).map(sdk::InstanceType::as_str)),
        security_groups: groups.iter().map(SecurityGroupId::new).collect(),
        iam_profile: text(
            data.and_then(|data| data.iam_instance_profile())
                .and_then(|profile| profile.arn().or_else(|| profile.name())),
        ),
        key_name: text(data.and_then(|data| data.key_name())),
        metadata: data.and_then(|data| data.metadata_options()).map(|options| MetadataOptions {
            tokens: text(options.http_tokens().map(sdk::LaunchTemplateHttpTokensState::as_str)),
            hop_limit: options.http_put_response_hop_limit(),
            endpoint: text(
                options.http_endpoint().map(sdk::LaunchTemplateInstanceMetadataEndpointState::as_str),
            ),
        }),
        ebs_optimized: data.and_then(sdk::ResponseLaunchTemplateData::ebs_optimized),
        devices: data
            .map_or(&[][..], sdk::ResponseLaunchTemplateData::block_device_mappings)
            .iter()
            .filter_map(|device| Some((device.device_name()?.into(), device.ebs()?.delete_on_termination())))
            .collect(),
    })
}
