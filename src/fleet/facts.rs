//! Raw facts: what a provider saw in one account and region, section by section, before anything is concluded.
//!
//! A provider fills [`Facts`] and decides nothing; [`super::assemble`] turns them into a [`super::Fleet`]. A section
//! that could not be read stays `None` and leaves a [`super::Gap`]: unknown is never empty.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AccountId, Actions, Gap, GroupName, ImageId, InstanceId, ListenerArn, LoadBalancerArn, Place, RefreshId,
    RuleArn, SecurityGroupId, TargetGroupArn, TemplateId, Text, Zone,
};

/// Tags by key.
pub type Tags = BTreeMap<Text, Text>;

/// Something and when it was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seen<T> {
    /// When the answer arrived.
    pub at: Timestamp,
    /// What it said.
    pub value: T,
}

/// A part of a look at one account and region; ages and gaps are told per section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// EC2 instances.
    Instances,
    /// EC2 status checks.
    Statuses,
    /// Root volumes replaced directly.
    RootVolumes,
    /// Images the fleet uses and their kin.
    Images,
    /// What EC2 says of the image of each instance.
    ImageMetadata,
    /// Auto Scaling groups with their members.
    Groups,
    /// Instance refreshes, one group at a time.
    Refreshes,
    /// Launch template versions.
    Templates,
    /// Old launch configurations.
    LaunchConfigurations,
    /// Load balancers.
    LoadBalancers,
    /// Listeners, one load balancer at a time.
    Listeners,
    /// Listener rules, one listener at a time.
    Rules,
    /// Target groups.
    TargetGroups,
    /// Target group attributes, one target group at a time.
    TargetGroupAttributes,
    /// Target health, one target group at a time.
    TargetHealth,
    /// Who we are.
    Identity,
}

/// Everything seen of one account and region.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// The account and the region.
    pub place: Place,
    /// EC2 instances, terminated ones too.
    pub instances: Option<Seen<Vec<InstanceFact>>>,
    /// Status checks by instance; an instance that is missing has no status yet.
    pub statuses: Option<Seen<BTreeMap<InstanceId, StatusFact>>>,
    /// Root volumes replaced with success, the newest per instance.
    pub root_volumes: Option<Seen<BTreeMap<InstanceId, RootVolumeFact>>>,
    /// Images by id.
    pub images: Option<Seen<BTreeMap<ImageId, ImageFact>>>,
    /// EC2's word on each instance's image.
    pub image_metadata: Option<Seen<BTreeMap<InstanceId, ImageMetadataFact>>>,
    /// Auto Scaling groups.
    pub groups: Option<Seen<Vec<GroupFact>>>,
    /// Instance refreshes by group, the newest first.
    pub refreshes: BTreeMap<GroupName, Seen<Vec<RefreshFact>>>,
    /// Launch template versions that are known.
    pub templates: Option<Seen<Vec<TemplateVersionFact>>>,
    /// Launch configurations by name.
    pub launch_configurations: Option<Seen<BTreeMap<Text, LaunchConfigurationFact>>>,
    /// Load balancers.
    pub load_balancers: Option<Seen<Vec<LoadBalancerFact>>>,
    /// Listeners by load balancer.
    pub listeners: BTreeMap<LoadBalancerArn, Seen<Vec<ListenerFact>>>,
    /// Rules by listener, the default rule too.
    pub rules: BTreeMap<ListenerArn, Seen<Vec<RuleFact>>>,
    /// Target groups.
    pub target_groups: Option<Seen<Vec<TargetGroupFact>>>,
    /// Target group attributes.
    pub attributes: BTreeMap<TargetGroupArn, Seen<TargetGroupAttributes>>,
    /// Target health by target group.
    pub target_health: BTreeMap<TargetGroupArn, Seen<Vec<TargetFact>>>,
    /// When single things of a list were read again after the list itself (a look at one cluster), by id, name or
    /// ARN.
    pub read_again: BTreeMap<(Section, Text), Timestamp>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Facts {
    /// Nothing seen yet.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            instances: None,
            statuses: None,
            root_volumes: None,
            images: None,
            image_metadata: None,
            groups: None,
            refreshes: BTreeMap::new(),
            templates: None,
            launch_configurations: None,
            load_balancers: None,
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            target_groups: None,
            attributes: BTreeMap::new(),
            target_health: BTreeMap::new(),
            read_again: BTreeMap::new(),
            gaps: Vec::new(),
        }
    }

    /// When one thing of a list was last read: with its list, or by itself after it.
    pub fn read_at(&self, section: Section, about: &str, list: Timestamp) -> Timestamp {
        self.read_again.get(&(section, Text::new(about))).map_or(list, |again| *again.max(&list))
    }
}

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

/// Instance metadata options; `None` where the answer or the template leaves one out [ec2].
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

/// Which version of a launch template is meant.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateVersion {
    /// `$Latest`, as of now.
    Latest,
    /// `$Default`, as of now; also meant where no version is given [LaunchTemplateSpecification].
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

/// One override of a mixed-instances policy [LaunchTemplateOverrides].
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

/// Kind of a load balancer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadBalancerKind {
    /// Application Load Balancer.
    Application,
    /// Network Load Balancer.
    Network,
    /// Gateway Load Balancer.
    Gateway,
    /// A word we do not know.
    Other(Text),
}

/// A load balancer [elbv2: LoadBalancer].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadBalancerFact {
    /// Its ARN.
    pub arn: LoadBalancerArn,
    /// Its name.
    pub name: Text,
    /// Its kind.
    pub kind: LoadBalancerKind,
    /// `active`, `provisioning`, `active_impaired`, `failed`.
    pub state: Option<Text>,
    /// Zones that are enabled.
    pub zones: Vec<Zone>,
}

/// A listener [elbv2: Listener].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListenerFact {
    /// Its ARN.
    pub arn: ListenerArn,
    /// Its load balancer.
    pub load_balancer: LoadBalancerArn,
    /// 1–65,535.
    pub port: Option<i32>,
    /// `HTTP`, `HTTPS`, `TCP` …
    pub protocol: Option<Text>,
    /// Its default actions.
    pub actions: Actions,
}

/// A listener rule [elbv2: Rule].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleFact {
    /// Its ARN.
    pub arn: RuleArn,
    /// A number, or `default`.
    pub priority: Text,
    /// The default rule is changed by ModifyListener only.
    pub is_default: bool,
    /// Its conditions in words, such as `path /api/*`.
    pub conditions: Vec<Text>,
    /// Its actions.
    pub actions: Actions,
}

/// A target group [elbv2: TargetGroup].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetGroupFact {
    /// Its ARN.
    pub arn: TargetGroupArn,
    /// Its name.
    pub name: Text,
    /// `instance`, `ip`, `lambda`, `alb`.
    pub target_type: Option<Text>,
    /// Load balancers that send to it.
    pub load_balancers: Vec<LoadBalancerArn>,
}

/// Attributes of a target group, with AWS's defaults where the answer left one out [elbv2: TargetGroupAttribute].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetGroupAttributes {
    /// `deregistration_delay.timeout_seconds`, 0–3,600; default 300.
    pub deregistration_delay: u32,
    /// `slow_start.duration_seconds`, 0 (off) or 30–900.
    pub slow_start: u32,
    /// `stickiness.enabled`: of the target, not of the group choice.
    pub sticky: bool,
    /// Longest stickiness of a target in seconds, where it is on.
    pub sticky_seconds: Option<u32>,
    /// `target_group_health.unhealthy_state_routing.minimum_healthy_targets.count`; default 1.
    pub fail_open_below: u32,
}

/// State of a target [elbv2: TargetHealth].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TargetState {
    /// Being registered or checked for the first time.
    Initial,
    /// Passing its checks.
    Healthy,
    /// Failing its checks.
    Unhealthy,
    /// Unhealthy and draining.
    UnhealthyDraining,
    /// Not used by any action, or its zone is not enabled: health unknown.
    Unused,
    /// Being deregistered.
    Draining,
    /// Health checks are off or not possible.
    Unavailable,
    /// A word we do not know.
    Other(Text),
}

impl TargetState {
    /// The word AWS uses.
    pub fn word(&self) -> String {
        match self {
            Self::Initial => "initial".into(),
            Self::Healthy => "healthy".into(),
            Self::Unhealthy => "unhealthy".into(),
            Self::UnhealthyDraining => "unhealthy.draining".into(),
            Self::Unused => "unused".into(),
            Self::Draining => "draining".into(),
            Self::Unavailable => "unavailable".into(),
            Self::Other(text) => text.to_string(),
        }
    }
}

/// A target group's word on one of its targets [elbv2: TargetHealthDescription].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetFact {
    /// The instance, address or function.
    pub id: InstanceId,
    /// Its port.
    pub port: Option<i32>,
    /// Its state.
    pub state: TargetState,
    /// AWS's reason code.
    pub reason: Option<Text>,
    /// AWS's description.
    pub description: Option<Text>,
    /// An administrative override such as a zonal shift: healthy, yet without traffic on purpose.
    pub shifted_away: bool,
}
