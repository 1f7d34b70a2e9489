//! Images and their builds, as far as calls rely on them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::OWN_TAGS;
use crate::fleet::{ImageId, Tags, Text};

/// An image. Of what is expected only what is named counts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageMark {
    /// Its state in EC2's word: `pending`, `available`, `failed` … Of what is expected: `None` means "whatever it is".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text>,
    /// Its tags. Of what is expected: these at least.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
}

/// How far a build is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildPhase {
    /// It goes on.
    Running,
    /// It has ended well, and its image is told.
    Succeeded,
    /// It has ended otherwise.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

/// A build of an image. Of what is expected: that there is one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildState {
    /// How far it is.
    pub phase: BuildPhase,
    /// What it does, or why it ended, in the builder's words: one line.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub says: Text,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The image that it made in the plan's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
    /// Images that it made elsewhere, by region.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<Text, ImageId>,
}

impl BuildState {
    /// A build that goes on, of which nothing else is known.
    pub fn running(says: Text, since: Option<Timestamp>) -> Self {
        Self { phase: BuildPhase::Running, says, since, image: None, copies: BTreeMap::new() }
    }

    /// A build that did not end well.
    pub fn ended(phase: BuildPhase, says: Text, since: Option<Timestamp>) -> Self {
        Self { phase, says, since, image: None, copies: BTreeMap::new() }
    }

    pub(super) fn says(&self) -> String {
        let phase = match self.phase {
            BuildPhase::Running => "running",
            BuildPhase::Succeeded => "built",
            BuildPhase::Failed => "failed",
            BuildPhase::Stopped => "stopped",
        };
        let image = self.image.as_ref().map(|image| format!(" {image}")).unwrap_or_default();
        if self.says.is_empty() {
            format!("{phase}{image}")
        } else {
            format!("{phase}{image}: {}", self.says)
        }
    }
}

impl ImageMark {
    pub(super) fn says(&self) -> String {
        let state = self.state.as_ref().map_or_else(|| "unknown".into(), ToString::to_string);
        let own = self.tags.iter().filter(|(key, _)| key.raw().starts_with(OWN_TAGS));
        let tags: Vec<String> = own.map(|(key, value)| format!("{key} = {value}")).collect();
        if tags.is_empty() { state } else { format!("{state}, {}", tags.join(", ")) }
    }
}
