//! Single images: what is there of one, and its tags.

use aws_sdk_ec2::types as sdk;
use aws_types::request_id::RequestId as _;

use super::factory::Clients;
use super::ids;
use super::instances::fits;
use super::operator::receipt;
use super::permissions::EC2;
use super::read::{ec2_tags, send};
use super::trouble::Trouble;
use crate::fleet::{ImageId, Region, Text};
use crate::plan::{ImageMark, Receipt, TagImage};
use crate::provider::{Failure, FailureKind};

/// Reads an image, also a disabled or deprecated one. By filter: by id the call fails for a while where it is new.
pub(super) async fn read(clients: &Clients, region: &Region, id: &ImageId) -> Result<ImageMark, Failure> {
    let filter = sdk::Filter::builder().name("image-id").values(id.raw()).build();
    let answer = send!(clients.ec2.describe_images().filters(filter).include_disabled(true)
        .include_deprecated(true); EC2, "DescribeImages", region)
    .map_err(|trouble| trouble.failure)?;
    let Some(image) = answer.images().iter().find(|image| image.image_id() == Some(id.raw())) else {
        let why = "AWS does not know it, or not yet";
        return Err(Failure::new(FailureKind::NotFound, format!("read {id}"), why, "observe again"));
    };
    let state = image.state().map_or("unknown", sdk::ImageState::as_str);
    Ok(ImageMark { state: Some(state.into()), tags: ec2_tags(image.tags()) })
}

/// Refuses tags that are not flightdeck's own.
pub(super) fn check_tags(tags: &TagImage) -> Result<(), String> {
    ids::image(&Text::new(tags.image().raw()))?;
    fits(&tags.tags)
}

/// Tags one image.
pub(super) async fn tag(clients: &Clients, region: &Region, tags: &TagImage) -> Result<Receipt, Trouble> {
    let own =
        tags.tags.iter().map(|tag| sdk::Tag::builder().key(tag.key.raw()).value(tag.value.raw()).build());
    let own = Some(own.collect());
    let answer = send!(clients.ec2.create_tags().resources(tags.image().raw()).set_tags(own);
        EC2, "CreateTags", region)?;
    Ok(receipt(answer.request_id()))
}
