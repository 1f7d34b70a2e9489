//! Builds of images, and their tags: one call starts a build, one stops it, whoever builds.
//!
//! Everything a builder is given stands in the call, spelled out: programs get a list of arguments and never a shell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Tag;
use crate::fleet::{BuildId, ImageId, Text};

/// Starts one build of an image. The same call for the same build: it is never started twice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct StartBuild {
    /// Names it, wherever it is read again.
    pub build: BuildId,
    /// The family of the image.
    pub family: Text,
    /// The version that it gets.
    pub version: Text,
    /// What stands for the image in the plan until it is there.
    pub image: ImageId,
    /// The image that it is built on, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ImageId>,
    /// The revision of its source, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Text>,
    /// Who builds it, and how.
    pub builder: Builder,
    /// Longest time it may take, in seconds.
    pub limit: u64,
}

/// Who builds an image, with everything it is given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Builder {
    /// HashiCorp Packer on this machine: `packer build -machine-readable …`.
    Packer(Program),
    /// Any program on this machine, which prints the id of the image as its last line, or as JSON.
    Command(Program),
    /// AWS CodeBuild [codebuild: StartBuild].
    CodeBuild(CodeBuild),
    /// EC2 Image Builder [imagebuilder: StartImagePipelineExecution].
    ImageBuilder(ImageBuilder),
}

/// A program on this machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The program: a name on the search path, or a path.
    pub program: String,
    /// Its arguments, each as it is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// The folder it runs in; `None`: the one flightdeck runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Environment variables beside the ordinary ones. AWS secrets are not passed on unless `aws_environment` says so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Whether it inherits the variables `AWS_*` of flightdeck, secrets too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub aws_environment: bool,
}

/// A build of a CodeBuild project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeBuild {
    /// The project.
    pub project: Text,
    /// The version of its source; `None`: the project's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<String>,
    /// Environment variables that are overridden, in plain text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The exported variable that holds the id of the image; `None`: the image is found by its tag `flightdeck:build`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_variable: Option<String>,
}

/// A run of an Image Builder pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageBuilder {
    /// ARN of the pipeline.
    pub pipeline: Text,
}

/// Which builder has a build: enough to ask for it again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuiltBy {
    /// Packer on this machine.
    Packer,
    /// A program on this machine.
    Command,
    /// This CodeBuild project.
    CodeBuild(Text),
    /// This Image Builder pipeline.
    ImageBuilder(Text),
}

/// A build, as it is asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildKey {
    /// Its name.
    pub id: BuildId,
    /// Who has it.
    pub by: BuiltBy,
}

/// Stops a build: a program is interrupted with all that it started, and its end is waited for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct StopBuild {
    /// Which.
    pub build: BuildKey,
}

/// Tags one image [ec2: CreateTags].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagImage {
    #[serde(rename = "Resources")]
    images: [ImageId; 1],
    /// The tags; others stay.
    #[serde(rename = "Tags")]
    pub tags: Vec<Tag>,
}

impl Builder {
    /// The service and the operation that starts it, as calls are written.
    pub(super) fn start(&self) -> (&'static str, &'static str) {
        match self {
            Self::Packer(_) => ("packer", "build"),
            Self::Command(_) => ("command", "run"),
            Self::CodeBuild(_) => ("codebuild", "StartBuild"),
            Self::ImageBuilder(_) => ("imagebuilder", "StartImagePipelineExecution"),
        }
    }

    /// What it is given, as a person would write it.
    fn given(&self) -> String {
        let quoted = |word: &String| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
            let told = said(word);
            let whole = told == word.as_str() && !word.is_empty() && word.chars().all(plain);
            if whole || told != word.as_str() { told } else { format!("'{told}'") }
        };
        match self {
            Self::Packer(of) | Self::Command(of) => {
                let words = std::iter::once(&of.program).chain(&of.arguments).map(quoted);
                let folder = of.folder.iter().map(|folder| format!(" in {}", crate::fleet::clean(folder)));
                format!(": {}{}", words.collect::<Vec<_>>().join(" "), folder.collect::<String>())
            }
            Self::CodeBuild(of) => {
                let source = of
                    .source_version
                    .iter()
                    .map(|version| format!("source {}", crate::fleet::clean(version)));
                let set = of.environment.iter().map(|(key, value)| {
                    format!("{}={}", crate::fleet::clean(key), crate::fleet::clean(value))
                });
                let given: Vec<String> = source.chain(set).collect();
                if given.is_empty() { String::new() } else { format!(": {}", given.join(" ")) }
            }
            Self::ImageBuilder(_) => String::new(),
        }
    }

    /// Which builder it is.
    pub fn key(&self) -> BuiltBy {
        match self {
            Self::Packer(_) => BuiltBy::Packer,
            Self::Command(_) => BuiltBy::Command,
            Self::CodeBuild(of) => BuiltBy::CodeBuild(of.project.clone()),
            Self::ImageBuilder(of) => BuiltBy::ImageBuilder(of.pipeline.clone()),
        }
    }
}

impl BuiltBy {
    /// The service and the operation that stops a build.
    pub(super) fn stop(&self) -> (&'static str, &'static str) {
        match self {
            Self::Packer => ("packer", "interrupt"),
            Self::Command => ("command", "interrupt"),
            Self::CodeBuild(_) => ("codebuild", "StopBuild"),
            Self::ImageBuilder(_) => ("imagebuilder", "CancelImageCreation"),
        }
    }

    /// Whether it runs on the machine that started it.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Packer | Self::Command)
    }

    /// Who builds, in words.
    pub fn says(&self) -> String {
        match self {
            Self::Packer => "Packer".into(),
            Self::Command => "a command".into(),
            Self::CodeBuild(project) => format!("CodeBuild project {project}"),
            Self::ImageBuilder(pipeline) => format!("Image Builder pipeline {pipeline}"),
        }
    }
}

impl StartBuild {
    /// The build, as it is asked for.
    pub fn key(&self) -> BuildKey {
        BuildKey { id: self.build.clone(), by: self.builder.key() }
    }

    /// How it is built, in words; what is built, and on what, its step tells.
    pub(super) fn says(&self) -> String {
        format!("by {}{}", self.builder.key().says(), self.builder.given())
    }
}

impl TagImage {
    /// Tags an image.
    pub fn new(image: ImageId, tags: impl IntoIterator<Item = (Text, Text)>) -> Self {
        let tags = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
        Self { images: [image], tags }
    }

    /// The image.
    pub fn image(&self) -> &ImageId {
        let [image] = &self.images;
        image
    }

    /// What it sets, in words.
    pub(super) fn says(&self) -> String {
        let tags: Vec<String> =
            self.tags.iter().map(|Tag { key, value }| format!("{key} = {}", said(value.raw()))).collect();
        format!("tagged {}", tags.join(", "))
    }
}

/// A value as it is told: whose image is meant, and the plan's own digest, where something stands for them.
fn said(value: &str) -> String {
    let mut told = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("ami-to-be[") {
        let (family, behind) = after.split_once(']').unwrap_or((after, ""));
        told.push_str(before);
        told.push_str("‹the new ");
        told.push_str(family);
        told.push('›');
        rest = behind;
    }
    told.push_str(rest);
    crate::fleet::clean(&told.replace("to-be[digest]", "‹the digest of this plan›")).into_owned()
}
