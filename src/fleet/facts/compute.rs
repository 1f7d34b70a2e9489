//! Facts of EC2: instances, their images and their status.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::fleet::{AccountId, ImageId, InstanceId, Region, SecurityGroupId, SubnetId, Tags, Text, Zone};

/// State of an EC2 instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InstanceState {
    /// Being prepared.
    Pending,
    /// Running.
    Running,
    /// Being stopped.
    Stopping,
    /// Stopped.
    Stopped,
    /// Being terminated.
    ShuttingDown,
    /// Gone; EC2 tells of it for about an hour.
    Terminated,
    /// A word we do not know: shown as it is, counted as unknown.
    Other(Text),
}

impl InstanceState {
    /// The word AWS uses.
    pub fn word(&self) -> String {
        match self {
            Self::Pending => "pending".into(),
            Self::Running => "running".into(),
            Self::Stopping => "stopping".into(),
            Self::Stopped => "stopped".into(),
            Self::ShuttingDown => "shutting-down".into(),
            Self::Terminated => "terminated".into(),
            Self::Other(text) => text.to_string(),
        }
    }
}

/// An EC2 instance [ec2: Instance].
#[derive(Clone, PartialEq, Debug)]
pub struct InstanceFact {
    /// Its id.
    pub id: InstanceId,
    /// The image used to launch it.
    pub image: Option<ImageId>,
    /// Instance type, such as `m7g.large`.
    pub instance_type: Option<Text>,
    /// Availability zone.
    pub zone: Option<Zone>,
    /// The subnet of its first network interface.
    pub subnet: Option<SubnetId>,
    /// State.
    pub state: InstanceState,
    /// Launch time.
    pub launched_at: Option<Timestamp>,
    /// Private IPv4 address.
    pub private_ip: Option<Text>,
    /// Security groups.
    pub security_groups: Vec<SecurityGroupId>,
    /// ARN of the instance profile.
    pub iam_profile: Option<Text>,
    /// Key pair.
    pub key_name: Option<Text>,
    /// Metadata options.
    pub metadata: Option<MetadataOptions>,
    /// Whether it is EBS-optimised.
    pub ebs_optimized: Option<bool>,
    /// Attached EBS devices: device name → deleted on termination.
    pub devices: BTreeMap<Text, bool>,
    /// Tags, `aws:*` too.
    pub tags: Tags,
}

/// Instance metadata options; `None` where the answer or the template leaves one out (EC2's API reference).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MetadataOptions {
    /// `required` or `optional`.
    pub tokens: Option<Text>,
    /// 1–64.
    pub hop_limit: Option<i32>,
    /// `enabled` or `disabled`.
    pub endpoint: Option<Text>,
}

/// Status checks of an instance: `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusFact {
    /// System check.
    pub system: Text,
    /// Instance check.
    pub instance: Text,
    /// Descriptions of scheduled events.
    pub events: Vec<Text>,
}

/// A root volume replaced with success [ec2: ReplaceRootVolumeTask].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootVolumeFact {
    /// The image of the new volume, where one was named.
    pub image: Option<ImageId>,
    /// When it was complete.
    pub completed_at: Option<Timestamp>,
}

/// A volume that an instance of an image begins with [ec2: BlockDeviceMapping, EbsBlockDevice].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageDevice {
    /// Device name, such as `/dev/xvda`.
    pub name: Text,
    /// The instance store volume it maps, or `no device`; `None` for EBS.
    pub virtual_name: Option<Text>,
    /// Size in GiB.
    pub size_gib: Option<i32>,
    /// The snapshot it is made of.
    pub snapshot: Option<Text>,
    /// Whether it is encrypted.
    pub encrypted: Option<bool>,
    /// Type, such as `gp3`.
    pub kind: Option<Text>,
}

/// An image [ec2: Image].
#[derive(Clone, PartialEq, Debug)]
pub struct ImageFact {
    /// Its id.
    pub id: ImageId,
    /// Name, unique per owner and region.
    pub name: Option<Text>,
    /// Account that owns it.
    pub owner: Option<AccountId>,
    /// `available`, `pending`, `deregistered`, `disabled`, `failed` …
    pub state: Text,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it is or was deprecated.
    pub deprecated_at: Option<Timestamp>,
    /// The image it was copied or made from.
    pub source: Option<ImageId>,
    /// The region of that image.
    pub source_region: Option<Region>,
    /// Its volumes, as EC2 lists them.
    pub devices: Vec<ImageDevice>,
    /// `x86_64`, `arm64` …
    pub architecture: Option<Text>,
    /// Whether an Allowed AMIs setting lets it be used; `None` where it does not say.
    pub allowed: Option<bool>,
    /// Tags.
    pub tags: Tags,
}

/// EC2's word on the image of one instance, also where the image is gone [ec2: ImageMetadata].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageMetadataFact {
    /// The image.
    pub image: Option<ImageId>,
    /// Its name.
    pub name: Option<Text>,
    /// Its state.
    pub state: Option<Text>,
    /// Account that owns it.
    pub owner: Option<AccountId>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Whether Allowed AMIs lets it be used.
    pub allowed: Option<bool>,
}
