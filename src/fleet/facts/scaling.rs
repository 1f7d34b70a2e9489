//! Facts of Auto Scaling and of the launch templates its groups launch from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fleet::{
    GroupName, ImageId, InstanceId, MetadataOptions, RefreshId, SecurityGroupId, SubnetId, Tags,
    TargetGroupArn, TemplateId, Text, Zone,
};

/// Which version of a launch template is meant.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateVersion {
    /// `$Latest`, as of now.
    Latest,
    /// `$Default`, as of now; also meant where no version is given [ec2: LaunchTemplateSpecification].
    Default,
    /// A number.
    Number(i64),
}

/// A launch template as a group or an instance names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateRef {
    /// Its id.
    pub id: Option<TemplateId>,
    /// Its name.
    pub name: Option<Text>,
    /// The version.
    pub version: TemplateVersion,
}

/// One override of a mixed-instances policy [autoscaling: LaunchTemplateOverrides].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OverrideFact {
    /// Instance type it is for.
    pub instance_type: Option<Text>,
    /// Its own launch template.
    pub template: Option<TemplateRef>,
    /// Its own image.
    pub image: Option<Text>,
    /// Capacity units per instance.
    pub weighted_capacity: Option<Text>,
}

/// What a group launches from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LaunchSource {
    /// A launch template.
    Template(TemplateRef),
    /// A mixed-instances policy: a base template and overrides.
    Mixed {
        /// The template where an override has none of its own.
        base: TemplateRef,
        /// Overrides, in order of preference.
        overrides: Vec<OverrideFact>,
    },
    /// An old launch configuration, by name.
    Configuration(Text),
    /// Nothing that we know.
    Unknown,
}

/// An Auto Scaling group [autoscaling: AutoScalingGroup].
#[derive(Clone, PartialEq, Debug)]
pub struct GroupFact {
    /// Its name.
    pub name: GroupName,
    /// Smallest size, in capacity units.
    pub min: i32,
    /// Wanted size, in capacity units.
    pub desired: i32,
    /// Largest size, in capacity units.
    pub max: i32,
    /// Whether min, desired and max count something else than instances (`DesiredCapacityType`).
    pub capacity_type: Option<Text>,
    /// Zones it launches in.
    pub zones: Vec<Zone>,
    /// Subnets it launches in; empty where it names zones alone.
    pub subnets: Vec<SubnetId>,
    /// What it launches from.
    pub source: LaunchSource,
    /// Target groups attached to it.
    pub target_groups: Vec<TargetGroupArn>,
    /// Its instances.
    pub members: Vec<MemberFact>,
    /// Suspended processes.
    pub suspended: Vec<Text>,
    /// `Delete in progress`, where it is being deleted.
    pub status: Option<Text>,
    /// The AWS service that alone may change it.
    pub operator: Option<Text>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
}

/// A group's word on one of its instances [autoscaling: Instance].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberFact {
    /// The instance.
    pub id: InstanceId,
    /// Its zone.
    pub zone: Option<Zone>,
    /// `InService`, `Standby`, `Pending:Wait` … as AWS says it.
    pub lifecycle: Text,
    /// `Healthy` or `Unhealthy`.
    pub health: Text,
    /// Whether it is protected from scale-in.
    pub protected: bool,
    /// Present only after a root-volume replacement by refresh or a launch with an image override.
    pub image: Option<ImageId>,
    /// The launch template version it was launched from.
    pub template: Option<TemplateRef>,
    /// Its type.
    pub instance_type: Option<Text>,
    /// Capacity units it counts for.
    pub weighted_capacity: Option<Text>,
}

/// A launch template version with the fields that are judged [ec2: LaunchTemplateVersion]; `None` or empty means
/// that the version does not set the field.
#[derive(Clone, PartialEq, Debug)]
pub struct TemplateVersionFact {
    /// The template's id.
    pub id: TemplateId,
    /// The template's name.
    pub name: Text,
    /// The version's number.
    pub number: i64,
    /// Whether it is `$Default` now.
    pub is_default: bool,
    /// Whether it is `$Latest` now.
    pub is_latest: bool,
    /// The image as the version names it: an id, or `resolve:ssm:…`.
    pub image: Option<Text>,
    /// The image it gives as of now, where AWS resolved it.
    pub resolved_image: Option<ImageId>,
    /// Instance type.
    pub instance_type: Option<Text>,
    /// Security group ids, of the template or its first network interface.
    pub security_groups: Vec<SecurityGroupId>,
    /// ARN or name of the instance profile.
    pub iam_profile: Option<Text>,
    /// Key pair.
    pub key_name: Option<Text>,
    /// Metadata options.
    pub metadata: Option<MetadataOptions>,
    /// Whether instances are EBS-optimised.
    pub ebs_optimized: Option<bool>,
    /// EBS devices that it sets: device name → deleted on termination.
    pub devices: BTreeMap<Text, Option<bool>>,
}

/// An old launch configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaunchConfigurationFact {
    /// Its image.
    pub image: Option<ImageId>,
    /// Its instance type.
    pub instance_type: Option<Text>,
}

/// What a scaling policy goes by [autoscaling: ScalingPolicy].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PolicyKind {
    /// Keeps a metric at a value.
    TargetTracking,
    /// By how far an alarm is crossed.
    Step,
    /// By the same amount each time an alarm is crossed.
    Simple,
    /// By a forecast.
    Predictive,
    /// A word we do not know.
    Other(Text),
}

/// A scaling policy: it sets the wanted size of its group by itself [autoscaling: ScalingPolicy].
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyFact {
    /// The group it is of.
    pub group: GroupName,
    /// Its name.
    pub name: Text,
    /// What it goes by.
    pub kind: PolicyKind,
    /// The metric it keeps at a value, where it has a single one with a name.
    pub metric: Option<Text>,
    /// That value.
    pub target: Option<f64>,
    /// The alarms it answers to.
    pub alarms: Vec<Text>,
    /// Whether it changes sizes: it is enabled, and does not only forecast.
    pub acts: bool,
}

impl PolicyFact {
    /// What it does, in words.
    pub fn says(&self) -> String {
        let alarms: Vec<String> = self.alarms.iter().map(ToString::to_string).collect();
        let on = if alarms.is_empty() { "an alarm".to_owned() } else { alarms.join(", ") };
        match (&self.kind, &self.metric, self.target) {
            (PolicyKind::TargetTracking, Some(metric), Some(target)) => format!("keeps {metric} at {target}"),
            (PolicyKind::TargetTracking, ..) => "keeps a metric at a value".to_owned(),
            (PolicyKind::Step, ..) => format!("changes the size by steps on {on}"),
            (PolicyKind::Simple, ..) => format!("changes the size on {on}"),
            (PolicyKind::Predictive, ..) => "sets the size by a forecast".to_owned(),
            (PolicyKind::Other(word), ..) => format!("of type {word}"),
        }
    }
}

/// A scheduled action: it sets the sizes of its group at a time [autoscaling: ScheduledUpdateGroupAction].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScheduleFact {
    /// The group it is of.
    pub group: GroupName,
    /// Its name.
    pub name: Text,
    /// When it recurs, in cron's way; `None` for once.
    pub recurrence: Option<Text>,
    /// The time zone of the recurrence; `None` for UTC.
    pub time_zone: Option<Text>,
    /// When it first or next runs.
    pub starts_at: Option<Timestamp>,
    /// Smallest size that it sets, in capacity units.
    pub min: Option<i32>,
    /// Wanted size that it sets, in capacity units.
    pub desired: Option<i32>,
    /// Largest size that it sets, in capacity units.
    pub max: Option<i32>,
}

impl ScheduleFact {
    /// What it does and when, in words.
    pub fn says(&self) -> String {
        let sizes = [("min", self.min), ("desired", self.desired), ("max", self.max)];
        let sizes: Vec<String> =
            sizes.iter().filter_map(|(what, size)| Some(format!("{what} {}", (*size)?))).collect();
        let when = match (&self.recurrence, &self.time_zone, self.starts_at) {
            (Some(recurrence), Some(zone), _) => format!("at {recurrence} ({zone})"),
            (Some(recurrence), None, _) => format!("at {recurrence} (UTC)"),
            (None, _, Some(at)) => format!("at {at:.0}"),
            (None, _, None) => "at a time that AWS does not tell".to_owned(),
        };
        format!("sets {} {when}", sizes.join(", "))
    }
}

/// State of an instance refresh [autoscaling: InstanceRefresh].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RefreshStatus {
    /// Not begun.
    Pending,
    /// Replacing instances.
    InProgress,
    /// All replaced, watched for the bake time.
    Baking,
    /// Reached its end.
    Successful,
    /// Failed and stopped.
    Failed,
    /// Being cancelled.
    Cancelling,
    /// Cancelled.
    Cancelled,
    /// Going back.
    RollbackInProgress,
    /// Could not go back.
    RollbackFailed,
    /// Went back.
    RollbackSuccessful,
    /// A word we do not know.
    Other(Text),
}

impl RefreshStatus {
    /// Whether it is under way; `None` where the word is unknown.
    pub fn is_active(&self) -> Option<bool> {
        match self {
            Self::Pending | Self::InProgress | Self::Baking | Self::Cancelling | Self::RollbackInProgress => {
                Some(true)
            }
            Self::Successful
            | Self::Failed
            | Self::Cancelled
            | Self::RollbackFailed
            | Self::RollbackSuccessful => Some(false),
            Self::Other(_) => None,
        }
    }

    /// The word AWS uses.
    pub fn word(&self) -> String {
        match self {
            Self::Other(text) => text.to_string(),
            known => format!("{known:?}"),
        }
    }

    /// The status of this word.
    pub fn of_word(word: &Text) -> Self {
        match word.raw() {
            "Pending" => Self::Pending,
            "InProgress" => Self::InProgress,
            "Baking" => Self::Baking,
            "Successful" => Self::Successful,
            "Failed" => Self::Failed,
            "Cancelling" => Self::Cancelling,
            "Cancelled" => Self::Cancelled,
            "RollbackInProgress" => Self::RollbackInProgress,
            "RollbackFailed" => Self::RollbackFailed,
            "RollbackSuccessful" => Self::RollbackSuccessful,
            _ => Self::Other(word.clone()),
        }
    }
}

/// An instance refresh.
#[derive(Clone, PartialEq, Debug)]
pub struct RefreshFact {
    /// Its id.
    pub id: RefreshId,
    /// Its state.
    pub status: RefreshStatus,
    /// Why, in AWS's words.
    pub reason: Option<Text>,
    /// 0–100; runs back to 0 in a rollback.
    pub percent: Option<i32>,
    /// Instances still to update.
    pub to_update: Option<i32>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The configuration it goes to; `None`: the group's own.
    pub desired: Option<LaunchSource>,
}
