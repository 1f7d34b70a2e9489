//! Launch templates: a new version has the whole data of another, but for what is changed.

use super::super::world::Region;
use super::{Wrong, missing, wrong};
use crate::fleet::{ImageId, TemplateVersionFact};
use crate::plan::CreateTemplateVersion;

pub(super) fn create_version(region: &mut Region, create: &CreateTemplateVersion) -> Result<(), Wrong> {
    let CreateTemplateVersion { template, source, description, changes, token } = create;
    if let Some(made) = region.template_tokens.get(token) {
        if made == create {
            return Ok(());
        }
        return wrong(format!(
            "IdempotentParameterMismatch: The client token {token} was used before with other parameters"
        ));
    }
    let Some(versions) = region.templates.get_mut(template) else {
        return missing(format!(
            "InvalidLaunchTemplateId.NotFound: The specified launch template, with template ID {template}, does not \
             exist."
        ));
    };
    let Some(whole) = versions.iter().find(|version| version.number == *source).cloned() else {
        return missing(format!(
            "InvalidLaunchTemplateId.VersionNotFound: Could not find launch template version {source}"
        ));
    };
    if let Some(image) = changes.image.as_ref().filter(|image| !image.raw().starts_with("ami-")) {
        return wrong(format!("InvalidAMIID.Malformed: Invalid id: \"{image}\" (expecting \"ami-...\")"));
    }
    let number = versions.iter().map(|version| version.number).max().unwrap_or(0) + 1;
    for version in versions.iter_mut() {
        version.is_latest = false;
    }
    versions.push(TemplateVersionFact {
        number,
        is_latest: true,
        is_default: false,
        image: changes.image.clone().or(whole.image),
        resolved_image: changes
            .image
            .as_ref()
            .map(|image| ImageId::new(image.raw()))
            .or(whole.resolved_image),
        instance_type: changes.instance_type.clone().or(whole.instance_type),
        ..whole
    });
    region.descriptions.insert((template.clone(), number), description.clone());
    region.template_tokens.insert(token.clone(), create.clone());
    Ok(())
}
