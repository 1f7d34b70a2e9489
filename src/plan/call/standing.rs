//! Groups that are made and deleted, under AWS's names.

use serde::{Deserialize, Serialize};

use super::TemplateNumber;
use crate::fleet::{GroupName, TargetGroupArn};

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
