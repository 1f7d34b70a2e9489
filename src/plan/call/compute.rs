//! Changes of launch templates and of instances outside groups, under AWS's names.

use serde::{Deserialize, Serialize};

use crate::fleet::{ImageId, InstanceId, TemplateId, Text};

/// Makes a launch template version [ec2: CreateLaunchTemplateVersion]: the whole data of the source version with these
/// changes. `provider` sends every field, since AWS drops snapshots of block devices with `SourceVersion`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTemplateVersion {
    /// The template.
    #[serde(rename = "LaunchTemplateId")]
    pub template: TemplateId,
    /// The version whose data is carried over; AWS writes it as a text.
    #[serde(rename = "SourceVersion")]
    pub source: i64,
    /// By which the new version is known to be ours.
    #[serde(rename = "VersionDescription")]
    pub description: Text,
    /// What is different.
    #[serde(rename = "LaunchTemplateData")]
    pub changes: TemplateChanges,
    /// The same token makes the same version once, however often it is sent.
    #[serde(rename = "ClientToken")]
    pub token: Text,
}

/// What a new version has that its source has not.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateChanges {
    /// Another image: an id, never a parameter.
    #[serde(rename = "ImageId", default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Text>,
    /// Another instance type.
    #[serde(rename = "InstanceType", default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<Text>,
}

/// A tag.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    /// Its key.
    pub key: Text,
    /// Its value.
    pub value: Text,
}

/// Tags one instance [ec2: CreateTags].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTags {
    #[serde(rename = "Resources")]
    instances: [InstanceId; 1],
    /// The tags, which replace those of the same keys.
    #[serde(rename = "Tags")]
    pub tags: Vec<Tag>,
}

/// Ends one instance [ec2: TerminateInstances].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminateInstances {
    #[serde(rename = "InstanceIds")]
    instances: [InstanceId; 1],
}

impl TemplateChanges {
    /// Another image.
    pub fn to_image(image: &ImageId) -> Self {
        Self { image: Some(image.raw().into()), instance_type: None }
    }

    /// What differs, in words.
    pub fn says(&self) -> String {
        let image = self.image.as_ref().map(|image| ImageId::new(image.raw()).says());
        let words = image.into_iter().chain(self.instance_type.as_ref().map(ToString::to_string));
        words.collect::<Vec<_>>().join(" and ")
    }
}

impl CreateTemplateVersion {
    /// What it makes, in words.
    pub(super) fn says(&self) -> String {
        format!("a version of {} as {} with {}", self.template, self.source, self.changes.says())
    }
}

impl CreateTags {
    /// Tags for one instance.
    pub fn new(instance: InstanceId, tags: impl IntoIterator<Item = (Text, Text)>) -> Self {
        let tags = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
        Self { instances: [instance], tags }
    }

    /// The instance.
    pub fn instance(&self) -> &InstanceId {
        let [instance] = &self.instances;
        instance
    }

    /// What it tags, in words.
    pub(super) fn says(&self) -> String {
        let tags: Vec<String> =
            self.tags.iter().map(|Tag { key, value }| format!("{key} = {value}")).collect();
        format!("{} tagged {}", self.instance(), tags.join(", "))
    }
}

impl TerminateInstances {
    /// The end of one instance.
    pub fn new(instance: InstanceId) -> Self {
        Self { instances: [instance] }
    }

    /// The instance.
    pub fn instance(&self) -> &InstanceId {
        let [instance] = &self.instances;
        instance
    }
}
