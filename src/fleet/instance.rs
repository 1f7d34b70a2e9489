//! An instance: what runs, where, from which image, and how well.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    GroupName, Health, ImageId, InstanceFact, InstanceId, InstanceState, Place, TemplateRef, Text, Zone,
};

/// The tag that Auto Scaling puts on what it launches; its value is the group's name.
pub const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// The tag on an instance that was set aside for study: why, by whom, when.
pub const QUARANTINE_TAG: &str = "flightdeck:quarantine";

/// The tag that tells which group such an instance was taken from.
pub const QUARANTINED_FROM: &str = "flightdeck:quarantined-from";

/// What the value of [`QUARANTINE_TAG`] begins with once the instance was released.
pub const RELEASED: &str = "released · ";

/// Which source told the image of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageSource {
    /// EC2's `ImageId`, the image it was launched from.
    Ec2,
    /// The group's word after a root-volume replacement or with an image override.
    Group,
    /// A later root-volume replacement.
    RootVolume,
}

/// The image an instance runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    /// The image.
    pub image: ImageId,
    /// Who says so.
    pub source: ImageSource,
}

/// What its group says of an instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// The group.
    pub group: GroupName,
    /// Lifecycle state in AWS's words (`InService`, `Standby`, `Terminating:Wait` …).
    pub lifecycle: Text,
    /// Protected from scale-in.
    pub protected: bool,
    /// Launch template version it was launched from, as the group says.
    pub template: Option<TemplateRef>,
}

/// An instance of the fleet.
#[derive(Clone, PartialEq, Debug)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Account and region.
    pub place: Place,
    /// Availability zone.
    pub zone: Option<Zone>,
    /// Type.
    pub instance_type: Option<Text>,
    /// State; `None` where a group names it and EC2's answer does not.
    pub state: Option<InstanceState>,
    /// When it was launched.
    pub launched_at: Option<Timestamp>,
    /// The image it runs; `None`: unknown.
    pub running: Option<Running>,
    /// The numbered launch template version it was launched from: the group's word, else EC2's tags; `None`: unknown
    /// or from none.
    pub launched_from: Option<TemplateRef>,
    /// The group's word; `None`: in no group.
    pub membership: Option<Membership>,
    /// Health by source.
    pub health: Health,
    /// EC2's facts; `None` where EC2's answer does not have it.
    pub facts: Option<Arc<InstanceFact>>,
}

impl Instance {
    /// The `Name` tag, else nothing.
    pub fn name(&self) -> Option<&Text> {
        self.tag("Name")
    }

    /// A tag's value.
    pub fn tag(&self, key: &str) -> Option<&Text> {
        self.facts.as_ref()?.tags.get(key)
    }

    /// Why, by whom and since when it is in quarantine; `None` where no tag says so, or it was released.
    pub fn quarantine(&self) -> Option<&Text> {
        self.tag(QUARANTINE_TAG).filter(|says| !says.raw().starts_with(RELEASED))
    }

    /// Whether it stands by: still of its group, which neither uses nor counts it.
    pub fn stands_by(&self) -> bool {
        let lifecycle = self.membership.as_ref().map(|member| member.lifecycle.raw());
        matches!(lifecycle, Some("Standby" | "EnteringStandby"))
    }

    /// Whether it runs now, by EC2's word.
    pub fn is_running(&self) -> bool {
        self.state == Some(InstanceState::Running)
    }
}
