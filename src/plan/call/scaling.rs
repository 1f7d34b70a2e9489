//! Changes of Auto Scaling groups and of their instances, under AWS's names.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fleet::{GroupName, InstanceId, Setting, SubnetId, TemplateId, Text};

/// A launch template version by its number: never `$Latest` or `$Default`, which lead back nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateNumber {
    /// The template.
    #[serde(rename = "LaunchTemplateId")]
    pub id: TemplateId,
    /// The version's number, from 1.
    #[serde(rename = "Version", with = "number")]
    pub version: i64,
}

/// AWS writes the number of a version as a text.
mod number {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub fn serialize<S: Serializer>(version: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(version)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("a launch template version is a number"))
    }
}

/// How a refresh replaces.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Strategy {
    /// Instances by new ones, some at a time.
    #[default]
    Rolling,
}

/// What a refresh goes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Desired {
    /// A launch template version.
    LaunchTemplate(TemplateNumber),
    /// A mixed-instances policy, carried whole.
    MixedInstancesPolicy(Setting),
}

/// What becomes of instances that are protected from scale-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Protected {
    /// They are replaced too.
    Refresh,
    /// They stay as they are.
    Ignore,
    /// The refresh waits for an hour, then fails.
    Wait,
}

/// What becomes of instances in standby.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Standby {
    /// They are ended.
    Terminate,
    /// They stay as they are.
    Ignore,
    /// The refresh waits for an hour, then fails.
    Wait,
}

/// Alarms that fail a refresh.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Alarms {
    /// At most 10 names [autoscaling: RefreshPreferences].
    pub alarms: Vec<Text>,
}

/// How a refresh goes [autoscaling: RefreshPreferences]. Both bounds are always sent: a maximum that is left out
/// terminates and launches at the same time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Preferences {
    /// 0–100 % of the wanted size.
    pub min_healthy_percentage: i32,
    /// 100–200 %, at most 100 above the minimum.
    pub max_healthy_percentage: i32,
    /// Seconds until a new instance counts; `None`: the group's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_warmup: Option<i32>,
    /// Ascending, 1–100; the last is 100 to replace all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoint_percentages: Vec<i32>,
    /// Seconds at each checkpoint, 0–172,800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_delay: Option<i32>,
    /// Seconds of watching at the end, 0–172,800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bake_time: Option<i32>,
    /// Instances that match already stay.
    pub skip_matching: bool,
    /// It goes back by itself where it fails.
    pub auto_rollback: bool,
    /// Instances that are protected from scale-in.
    pub scale_in_protected_instances: Protected,
    /// Instances in standby.
    pub standby_instances: Standby,
    /// Alarms that fail it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_specification: Option<Alarms>,
}

/// Starts an instance refresh [autoscaling: StartInstanceRefresh].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct StartRefresh {
    /// The group.
    #[serde(rename = "AutoScalingGroupName")]
    pub group: GroupName,
    /// How it replaces.
    pub strategy: Strategy,
    /// What it goes to; becomes the group's configuration when it succeeds.
    #[serde(rename = "DesiredConfiguration")]
    pub desired: Desired,
    /// How it goes.
    pub preferences: Preferences,
}

/// A call that needs nothing but a group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfGroup {
    /// The group.
    #[serde(rename = "AutoScalingGroupName")]
    pub group: GroupName,
}

/// Sets some of a group [autoscaling: UpdateAutoScalingGroup]; what is `None` stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateGroup {
    /// The group.
    #[serde(rename = "AutoScalingGroupName")]
    pub group: GroupName,
    /// Smallest size.
    #[serde(rename = "MinSize", default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    /// Largest size.
    #[serde(rename = "MaxSize", default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
    /// Wanted size.
    #[serde(rename = "DesiredCapacity", default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<i32>,
    /// The launch template version it launches from.
    #[serde(rename = "LaunchTemplate", default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateNumber>,
    /// Subnets it launches in, and with them its zones.
    #[serde(rename = "VPCZoneIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub subnets: Option<Subnets>,
}

/// Subnets of a group; in JSON as AWS takes them, with commas between. Their order means nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Subnets(BTreeSet<SubnetId>);

impl Subnets {
    /// Those of a list.
    pub fn new<'a>(subnets: impl IntoIterator<Item = &'a SubnetId>) -> Self {
        Self(subnets.into_iter().cloned().collect())
    }

    /// Each, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &SubnetId> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As AWS takes them: for calls, never for a screen or a stream.
    pub fn raw(&self) -> String {
        self.0.iter().map(SubnetId::raw).collect::<Vec<_>>().join(",")
    }
}

impl From<Subnets> for String {
    fn from(subnets: Subnets) -> Self {
        subnets.raw()
    }
}

impl From<String> for Subnets {
    fn from(listed: String) -> Self {
        Self(listed.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Into::into).collect())
    }
}

impl fmt::Display for Subnets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&words.join(" "))
    }
}

/// Sets a group's wanted size [autoscaling: SetDesiredCapacity].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetDesiredCapacity {
    /// The group.
    #[serde(rename = "AutoScalingGroupName")]
    pub group: GroupName,
    /// Wanted size.
    #[serde(rename = "DesiredCapacity")]
    pub desired: i32,
}

/// Ends one instance [autoscaling: TerminateInstanceInAutoScalingGroup].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminateInGroup {
    /// The instance.
    #[serde(rename = "InstanceId")]
    pub instance: InstanceId,
    /// Whether the group gets smaller by one; else a replacement is launched.
    #[serde(rename = "ShouldDecrementDesiredCapacity")]
    pub decrement: bool,
}

macro_rules! of_one_instance {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $wire:literal)? })*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The group.
            #[serde(rename = "AutoScalingGroupName")]
            pub group: GroupName,
            #[serde(rename = "InstanceIds")]
            instances: [InstanceId; 1],
            $(
                $(#[$field_doc])*
                #[serde(rename = $wire)]
                pub $field: bool,
            )?
        }

        impl $name {
            /// The same for one instance of a group.
            pub fn new(group: GroupName, instance: InstanceId $(, $field: bool)?) -> Self {
                Self { group, instances: [instance] $(, $field)? }
            }

            /// The instance.
            pub fn instance(&self) -> &InstanceId {
                let [instance] = &self.instances;
                instance
            }
        }
    )* };
}

of_one_instance! {
    /// Takes one instance out of service [autoscaling: EnterStandby].
    EnterStandby {
        /// Whether the group gets smaller by one; else a replacement is launched.
        decrement: "ShouldDecrementDesiredCapacity"
    }
    /// Puts one instance into service again, which raises the wanted size by one [autoscaling: ExitStandby].
    ExitStandby {}
    /// Takes one instance out of its group [autoscaling: DetachInstances].
    DetachInstances {
        /// Whether the group gets smaller by one; else a replacement is launched.
        decrement: "ShouldDecrementDesiredCapacity"
    }
}

impl Desired {
    /// The launch template version, where it is one.
    pub fn template(&self) -> Option<&TemplateNumber> {
        match self {
            Self::LaunchTemplate(template) => Some(template),
            Self::MixedInstancesPolicy(_) => None,
        }
    }
}

impl StartRefresh {
    /// What it does, in words.
    pub(super) fn says(&self) -> String {
        let Preferences { min_healthy_percentage: min, max_healthy_percentage: max, .. } = self.preferences;
        let to = match &self.desired {
            Desired::LaunchTemplate(TemplateNumber { id, version }) => format!("{id} version {version}"),
            Desired::MixedInstancesPolicy(_) => "its mixed-instances policy".into(),
        };
        let back = if self.preferences.auto_rollback { ", back by itself where it fails" } else { "" };
        format!("{to}, healthy {min}–{max} %{back}")
    }
}

impl UpdateGroup {
    /// What it sets, in words.
    pub(super) fn says(&self) -> String {
        let sizes = [("min", self.min), ("desired", self.desired), ("max", self.max)];
        let sizes = sizes.into_iter().filter_map(|(name, size)| Some(format!("{name} {}", size?)));
        let template =
            self.template.as_ref().map(|template| format!("{} version {}", template.id, template.version));
        let subnets = self.subnets.as_ref().map(|subnets| format!("launches in {subnets}"));
        sizes.chain(template).chain(subnets).collect::<Vec<_>>().join(", ")
    }
}
