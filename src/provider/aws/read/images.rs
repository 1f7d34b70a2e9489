//! EC2: images, and what EC2 says of the image of each instance.

use aws_sdk_ec2::types as sdk;

use super::{Page, ec2_tags, send, text, time_in_text};
use crate::fleet::{ImageDevice, ImageFact, ImageId, ImageMetadataFact, InstanceId, Region};
use crate::provider::aws::factory::Clients;
use crate::provider::aws::permissions::EC2;
use crate::provider::aws::trouble::Trouble;

/// Most images and instances a page [ec2: DescribeImages, DescribeInstanceImageMetadata].
const PAGE: i32 = 1000;

/// The account's own images, disabled and deprecated ones too.
pub(crate) async fn own_images(
    clients: &Clients,
    region: &Region,
    token: Option<String>,
) -> Result<Page<ImageFact>, Trouble> {
    let answer = send!(clients.ec2.describe_images().owners("self").include_disabled(true)
        .include_deprecated(true).max_results(PAGE).set_next_token(token); EC2, "DescribeImages", region)?;
    Ok(Page::of(answer.images().iter().map(image), answer.next_token()))
}

/// Images by id (at most 200), whoever owns them. By filter: by id the whole call fails where one is gone.
pub(crate) async fn images(
    clients: &Clients,
    region: &Region,
    ids: &[ImageId],
    token: Option<String>,
) -> Result<Page<ImageFact>, Trouble> {
    let ids = ids.iter().map(|id| id.raw().to_owned()).collect();
    let filter = sdk::Filter::builder().name("image-id").set_values(Some(ids)).build();
    let answer = send!(clients.ec2.describe_images().filters(filter).include_disabled(true)
        .include_deprecated(true).max_results(PAGE).set_next_token(token); EC2, "DescribeImages", region)?;
    Ok(Page::of(answer.images().iter().map(image), answer.next_token()))
}

/// EC2's word on the image of every instance, also where the image is gone.
pub(crate) async fn metadata(
    clients: &Clients,
    region: &Region,
    token: Option<String>,
) -> Result<Page<(InstanceId, ImageMetadataFact)>, Trouble> {
    let answer = send!(clients.ec2.describe_instance_image_metadata().max_results(PAGE)
        .set_next_token(token); EC2, "DescribeInstanceImageMetadata", region)?;
    let all = answer.instance_image_metadata().iter().map(|entry| {
        let image = entry.image_metadata();
        let fact = ImageMetadataFact {
            image: image.and_then(|image| image.image_id()).map(Into::into),
            name: text(image.and_then(|image| image.name())),
            state: text(image.and_then(|image| image.state()).map(sdk::ImageState::as_str)),
            owner: image.and_then(|image| image.owner_id()).map(Into::into),
            created_at: time_in_text(image.and_then(|image| image.creation_date())),
            allowed: image.and_then(sdk::ImageMetadata::image_allowed),
        };
        Some((entry.instance_id()?.into(), fact))
    });
    Ok(Page::of(all, answer.next_token()))
}

fn image(image: &sdk::Image) -> Option<ImageFact> {
    Some(ImageFact {
        id: image.image_id()?.into(),
        name: text(image.name()),
        owner: image.owner_id().map(Into::into),
        state: image.state().map_or("unknown", sdk::ImageState::as_str).into(),
        created_at: time_in_text(image.creation_date()),
        deprecated_at: time_in_text(image.deprecation_time()),
        source: image.source_image_id().map(Into::into),
        source_region: image.source_image_region().map(Into::into),
        devices: image.block_device_mappings().iter().filter_map(device).collect(),
        architecture: text(image.architecture().map(sdk::ArchitectureValues::as_str)),
        allowed: image.image_allowed(),
        tags: ec2_tags(image.tags()),
    })
}

/// A volume of an image. One that only takes away what an image below maps has no name and no EBS.
fn device(device: &sdk::BlockDeviceMapping) -> Option<ImageDevice> {
    let ebs = device.ebs();
    let none = device.no_device().map(|_| "no device");
    Some(ImageDevice {
        name: device.device_name()?.into(),
        virtual_name: text(device.virtual_name().or(none)),
        size_gib: ebs.and_then(sdk::EbsBlockDevice::volume_size),
        snapshot: text(ebs.and_then(|ebs| ebs.snapshot_id())),
        encrypted: ebs.and_then(sdk::EbsBlockDevice::encrypted),
        kind: text(ebs.and_then(|ebs| ebs.volume_type()).map(sdk::VolumeType::as_str)),
    })
}
