//! Images with their family, version and parent.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::{AccountId, ImageDevice, ImageId, Region, Tags, Text};

/// Images of one kind: one name within one owner.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct FamilyId {
    /// Account that owns the images; `None` where AWS did not say.
    pub owner: Option<AccountId>,
    /// The family's name.
    pub name: Text,
}

/// Whether an image can still be launched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Availability {
    /// It can.
    Available,
    /// Not yet.
    Pending,
    /// Confirmed: it no longer can. The text is why: `deregistered`, `disabled`, `not allowed`, `failed` …
    Gone(Text),
    /// No answer told; never counted as available.
    Unknown,
}

/// An image.
#[derive(Clone, PartialEq, Debug)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Its name.
    pub name: Option<Text>,
    /// Account that owns it.
    pub owner: Option<AccountId>,
    /// Its family; `None`: an orphan.
    pub family: Option<FamilyId>,
    /// Its version; `None` where no tag and no pattern gave one.
    pub version: Option<Text>,
    /// Position among the images of its family, 0 the oldest; `None` where it cannot be ordered. Images of one
    /// version share a position.
    pub rank: Option<usize>,
    /// The image it was built on.
    pub parent: Option<ImageId>,
    /// The image it was copied or made from, and its region, as EC2 says it.
    pub source: Option<(ImageId, Option<Region>)>,
    /// Where it comes from, as its tags tell it.
    pub provenance: Provenance,
    /// Whether DescribeImages told of it. Where only an instance's image metadata did, tags and parent are not known.
    pub described: bool,
    /// Whether it can still be launched.
    pub availability: Availability,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it is or was deprecated.
    pub deprecated_at: Option<Timestamp>,
    /// `x86_64`, `arm64` …
    pub architecture: Option<Text>,
    /// Its volumes.
    pub devices: Vec<ImageDevice>,
    /// Tags.
    pub tags: Tags,
}

/// Where an image comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Provenance {
    /// The source revision it was built of.
    pub revision: Option<Text>,
    /// What or who built it.
    pub builder: Option<Text>,
    /// The build.
    pub build: Option<Text>,
    /// When it was built, as it is written.
    pub built_at: Option<Text>,
}

impl Provenance {
    /// Whether it tells what the image was made of, or at least by whom.
    pub fn is_traceable(&self) -> bool {
        self.revision.is_some() || self.builder.is_some()
    }
}

/// The tag that marks an image as bad; its value says why.
pub const BAD_TAG: &str = "flightdeck:bad";

impl Image {
    /// Why a person marked it as bad, which may be empty; `None` where nobody did, or said `false`.
    pub fn marked_bad(&self) -> Option<&Text> {
        self.tags.get(BAD_TAG).filter(|value| !value.raw().trim().eq_ignore_ascii_case("false"))
    }

    /// Family and version, as far as they are known: what tells it from images of other families.
    pub fn of_family(&self) -> String {
        match (&self.family, &self.version) {
            (Some(family), Some(version)) => format!("{} {version}", family.name),
            (Some(family), None) => format!("{} {}", family.name, self.id),
            (None, _) => self.name.as_ref().map_or_else(|| self.id.to_string(), Text::to_string),
        }
    }

    /// The version, else the name, else the id: what a person recognises.
    pub fn label(&self) -> Text {
        self.version.clone().or_else(|| self.name.clone()).unwrap_or_else(|| Text::new(self.id.raw()))
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.label().fmt(f)
    }
}
