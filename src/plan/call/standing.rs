//! Groups and target groups that are made and deleted, under AWS's names.

use serde::{Deserialize, Serialize};

use super::{Tag, TemplateNumber};
use crate::fleet::{GroupName, Tags, TargetGroupArn, Text};

/// Makes a group without instances [autoscaling: CreateAutoScalingGroup]: everything that another has, but for what is
/// said here. `provider` reads the other one when it sends it, and refuses what it cannot carry over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateGroup {
    /// The group that is to be.
    #[serde(rename = "AutoScalingGroupName")]
    pub group: GroupName,
    /// The group whose subnets, health check, policies of termination, hooks and tags it gets. No word of AWS's, as
    /// `SourceVersion` is for launch templates.
    #[serde(rename = "SourceAutoScalingGroupName")]
    pub like: GroupName,
    /// What it launches from.
    #[serde(rename = "LaunchTemplate")]
    pub template: TemplateNumber,
    /// Largest size; smallest and wanted are 0.
    #[serde(rename = "MaxSize")]
    pub max: i32,
    /// The target groups it is attached to, instead of the other's.
    #[serde(rename = "TargetGroupARNs")]
    pub target_groups: Vec<TargetGroupArn>,
}

/// Deletes a group with its instances [autoscaling: DeleteAutoScalingGroup].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteGroup {
    /// The group.
    #[serde(rename = "AutoScalingGroupName")]
    pub group: GroupName,
}

/// Makes a target group without targets [elbv2: CreateTargetGroup]: protocol, port, VPC and health check of another.
/// `provider` reads those when it sends it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTargetGroup {
    /// Its name.
    #[serde(rename = "Name")]
    pub name: Text,
    /// The target group that it is like. No word of AWS's.
    #[serde(rename = "SourceTargetGroupArn")]
    pub like: TargetGroupArn,
}

/// Sets attributes of a target group [elbv2: ModifyTargetGroupAttributes].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyAttributes {
    /// The target group.
    #[serde(rename = "TargetGroupArn")]
    pub target_group: TargetGroupArn,
    /// What it is to have; others stay as they are.
    #[serde(rename = "Attributes")]
    pub attributes: Vec<Tag>,
}

/// Deletes a target group that no action names [elbv2: DeleteTargetGroup].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteTargetGroup {
    /// The target group.
    #[serde(rename = "TargetGroupArn")]
    pub target_group: TargetGroupArn,
}

impl CreateTargetGroup {
    /// The ARN that stands for it in a plan.
    pub fn to_be(&self) -> TargetGroupArn {
        self.like.to_be(self.name.raw())
    }
}

impl ModifyAttributes {
    /// All attributes of another.
    pub fn like(target_group: TargetGroupArn, written: &Tags) -> Self {
        // What has no value was not set.
        let set = written.iter().filter(|(_, value)| !value.is_empty());
        let attributes = set.map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
        Self { target_group, attributes }
    }

    /// What it sets, in words.
    pub(super) fn says(&self) -> String {
        let set: Vec<String> =
            self.attributes.iter().map(|Tag { key, value }| format!("{key} = {value}")).collect();
        format!("{} with {}", self.target_group.name(), set.join(", "))
    }
}

impl CreateGroup {
    /// What it makes, in words.
    pub(super) fn says(&self) -> String {
        let behind: Vec<String> = self.target_groups.iter().map(|arn| arn.name().to_string()).collect();
        let TemplateNumber { id, version } = &self.template;
        format!(
            "{} like {}, without instances, from {id} version {version}, behind {}",
            self.group,
            self.like,
            behind.join(" and ")
        )
    }
}
