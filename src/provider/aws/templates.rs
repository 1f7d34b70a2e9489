//! Launch templates: their newest versions, and the making of one more.
//!
//! A new version is made from the whole data of another: with `SourceVersion` AWS would drop the snapshots of block
//! devices. The data, which may hold secrets, goes from the answer into the request and nowhere else.

mod whole;

use aws_sdk_ec2::types as sdk;
use aws_types::request_id::RequestId as _;

use super::factory::Clients;
use super::ids;
use super::operator::receipt;
use super::permissions::EC2;
use super::read::send;
use super::trouble::{Asked, Trouble};
use crate::fleet::{Region, TemplateId, Text};
use crate::plan::{CreateTemplateVersion, Receipt, TemplateState};
use crate::provider::{Failure, FailureKind};

/// How many of the newest versions are read with their descriptions.
const NEWEST: i64 = 20;
/// Longest description of a version [ec2: CreateLaunchTemplateVersion].
const DESCRIPTION: usize = 255;
/// Longest client token [ec2: CreateLaunchTemplateVersion].
const TOKEN: usize = 128;

/// Reads the newest versions: two calls.
pub(super) async fn read(
    clients: &Clients,
    region: &Region,
    id: &TemplateId,
) -> Result<TemplateState, Failure> {
    let newest = send!(clients.ec2.describe_launch_template_versions().launch_template_id(id.raw())
        .versions("$Latest"); EC2, "DescribeLaunchTemplateVersions", region);
    let newest = newest.map_err(|trouble| trouble.failure)?;
    let numbers =
        newest.launch_template_versions().iter().filter_map(sdk::LaunchTemplateVersion::version_number);
    let Some(latest) = numbers.max() else {
        let why = "AWS does not know a version of it";
        return Err(Failure::new(FailureKind::NotFound, format!("read {id}"), why, "observe again"));
    };
    let first = (latest - NEWEST + 1).max(1).to_string();
    let found = send!(clients.ec2.describe_launch_template_versions().launch_template_id(id.raw())
        .min_version(first); EC2, "DescribeLaunchTemplateVersions", region);
    let found = found.map_err(|trouble| trouble.failure)?;
    let described = found.launch_template_versions().iter().filter_map(|version| {
        Some((version.version_number()?, Text::new(version.version_description().unwrap_or_default())))
    });
    let descriptions: std::collections::BTreeMap<i64, Text> = described.collect();
    // One that was made between the two calls is the newest.
    let latest = descriptions.keys().copied().max().unwrap_or(latest).max(latest);
    Ok(TemplateState { latest, descriptions })
}

/// Refuses what is no version of another, or changes nothing.
pub(super) fn check(create: &CreateTemplateVersion) -> Result<(), String> {
    ids::template(&create.template)?;
    create.changes.image.as_ref().map_or(Ok(()), ids::image)?;
    if create.source < 1 {
        return Err(format!("{} is no number of a version", create.source));
    }
    if create.changes.image.is_none() && create.changes.instance_type.is_none() {
        return Err("there is nothing to change".into());
    }
    if create.changes.instance_type.as_ref().is_some_and(Text::is_empty) {
        return Err("an instance type has a name".into());
    }
    let (token, description) = (create.token.raw(), create.description.raw());
    if !(1..=TOKEN).contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("a token has 1–{TOKEN} plain characters"));
    }
    if !(1..=DESCRIPTION).contains(&description.chars().count()) {
        return Err(format!(
            "a description, by which the version is known again, has 1–{DESCRIPTION} characters"
        ));
    }
    Ok(())
}

/// Makes a version: reads the source, changes what the call says, sends all of it.
pub(super) async fn create(
    clients: &Clients,
    region: &Region,
    create: &CreateTemplateVersion,
) -> Result<Receipt, Trouble> {
    let source = send!(clients.ec2.describe_launch_template_versions()
        .launch_template_id(create.template.raw()).versions(create.source.to_string());
        EC2, "DescribeLaunchTemplateVersions", region)?;
    let mut versions = source.launch_template_versions.unwrap_or_default().into_iter();
    let data = versions
        .find(|version| version.version_number() == Some(create.source))
        .and_then(|version| version.launch_template_data)
        .ok_or_else(|| refused(create, "the version it is made from is gone"))?;
    let mut data = whole::whole(data);
    if let Some(image) = &create.changes.image {
        data.image_id = Some(image.raw().to_owned());
    }
    if let Some(instance_type) = &create.changes.instance_type {
        if data.instance_requirements.is_some() {
            return Err(refused(
                create,
                "the version it is made from asks for no type but for its properties",
            ));
        }
        data.instance_type = Some(sdk::InstanceType::from(instance_type.raw()));
    }
    let answer = send!(clients.ec2.create_launch_template_version().launch_template_id(create.template.raw())
        .version_description(create.description.raw()).client_token(create.token.raw())
        .launch_template_data(data); EC2, "CreateLaunchTemplateVersion", region)?;
    let made = answer.launch_template_version().and_then(sdk::LaunchTemplateVersion::version_number);
    if made.is_none() {
        let mut trouble = Trouble::odd(
            Asked::new(EC2, "CreateLaunchTemplateVersion", region),
            "the answer names no version",
        );
        trouble.failure.maybe_applied = true;
        return Err(trouble);
    }
    Ok(receipt(answer.request_id()))
}

fn refused(create: &CreateTemplateVersion, why: &str) -> Trouble {
    let what = format!("make a version of {} as {}", create.template, create.source);
    Trouble { failure: Failure::new(FailureKind::Refused, what, why, "plan again"), code: None }
}

#[cfg(test)]
mod tests;
