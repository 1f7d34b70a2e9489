//! The one table of what flightdeck may ask AWS for.
//!
//! The wall (`wall`) lets nothing else through, a gap takes the name of the missing IAM action from here, and
//! `iam-policy viewer|operator` prints it. A call that is not in the table cannot be made.

use serde_json::{Map, Value, json};

/// One operation and what it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permission {
    /// Service, as the SDK's `Metadata` names it.
    pub service: &'static str,
    /// Operation, as AWS names it.
    pub operation: &'static str,
    /// IAM action.
    pub action: &'static str,
    /// What flightdeck needs it for.
    pub why: &'static str,
    /// ARN pattern of what it acts on; AWS allows only `*` for nearly all reads.
    pub resource: &'static str,
    /// What AWS is to allow it for only; for anything, where there is none.
    pub only: Option<Only>,
}

/// What AWS is to allow something for: condition operator, condition key, value.
pub type Only = [&'static str; 3];

/// EC2, as the SDK names it.
pub(super) const EC2: &str = "EC2";
/// Auto Scaling, as the SDK names it.
pub(super) const AUTO_SCALING: &str = "Auto Scaling";
/// CloudWatch, as the SDK names it.
pub(super) const CLOUDWATCH: &str = "CloudWatch";
/// Elastic Load Balancing, as the SDK names it.
pub(super) const ELB: &str = "Elastic Load Balancing v2";
/// Systems Manager, as the SDK names it.
pub(super) const SSM: &str = "SSM";
/// The security token service, as the SDK names it.
pub(super) const STS: &str = "STS";

/// CodeBuild, as the SDK names it.
pub(super) const CODE_BUILD: &str = "CodeBuild";
/// EC2 Image Builder, as the SDK names it.
pub(super) const IMAGE_BUILDER: &str = "imagebuilder";
/// CloudWatch Logs, as the SDK names it.
pub(super) const LOGS: &str = "CloudWatch Logs";

const fn read(
    service: &'static str,
    operation: &'static str,
    action: &'static str,
    why: &'static str,
) -> Permission {
    Permission { service, operation, action, why, resource: "*", only: None }
}

/// What flightdeck reads and writes of Systems Manager: its own parameters and no others.
const BOOKKEEPING: &str = "arn:aws:ssm:*:*:parameter/flightdeck/*";

const fn bookkeeping(operation: &'static str, action: &'static str, why: &'static str) -> Permission {
    Permission { service: SSM, operation, action, why, resource: BOOKKEEPING, only: None }
}

const fn target_group(operation: &'static str, action: &'static str, why: &'static str) -> Permission {
    let resource = "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*";
    Permission { service: ELB, operation, action, why, resource, only: None }
}

const GROUPS: &str = "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*";
const INSTANCES: &str = "arn:aws:ec2:*:*:instance/*";
/// Images of Image Builder, which stand for its runs too.
const RUNS: &str = "arn:aws:imagebuilder:*:*:image/*";
/// What AWS is to allow tagging for: flightdeck's own tags.
const OWN: Only = ["ForAllValues:StringLike", "aws:TagKeys", "flightdeck:*"];

/// What the keys of flightdeck's own tags begin with.
pub(super) const OWN_TAGS: &str = "flightdeck:";

const fn project(operation: &'static str, action: &'static str, why: &'static str) -> Permission {
    let resource = "arn:aws:codebuild:*:*:project/*";
    Permission { service: CODE_BUILD, operation, action, why, resource, only: None }
}

const fn group(operation: &'static str, action: &'static str, why: &'static str) -> Permission {
    Permission { service: AUTO_SCALING, operation, action, why, resource: GROUPS, only: None }
}

/// Every read.
pub const READS: &[Permission] = &[
    read(STS, "GetCallerIdentity", "sts:GetCallerIdentity", "to prove the account"),
    read(EC2, "DescribeInstances", "ec2:DescribeInstances", "instances"),
    read(EC2, "DescribeInstanceStatus", "ec2:DescribeInstanceStatus", "status checks"),
    read(
        EC2,
        "DescribeReplaceRootVolumeTasks",
        "ec2:DescribeReplaceRootVolumeTasks",
        "root volumes replaced under a running instance",
    ),
    read(EC2, "DescribeImages", "ec2:DescribeImages", "names, versions and states of images"),
    read(
        EC2,
        "DescribeInstanceImageMetadata",
        "ec2:DescribeInstanceImageMetadata",
        "images that are gone while instances still run them",
    ),
    read(
        EC2,
        "DescribeLaunchTemplateVersions",
        "ec2:DescribeLaunchTemplateVersions",
        "what groups want to launch",
    ),
    read(AUTO_SCALING, "DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingGroups", "server groups"),
    read(
        AUTO_SCALING,
        "DescribeLaunchConfigurations",
        "autoscaling:DescribeLaunchConfigurations",
        "what old groups want to launch",
    ),
    read(
        AUTO_SCALING,
        "DescribeAutoScalingInstances",
        "autoscaling:DescribeAutoScalingInstances",
        "which group has an instance that is taken aside or replaced",
    ),
    read(
        AUTO_SCALING,
        "DescribeInstanceRefreshes",
        "autoscaling:DescribeInstanceRefreshes",
        "instance refreshes",
    ),
    read(
        AUTO_SCALING,
        "DescribePolicies",
        "autoscaling:DescribePolicies",
        "scaling policies, which set a group's size by themselves",
    ),
    read(
        AUTO_SCALING,
        "DescribeScheduledActions",
        "autoscaling:DescribeScheduledActions",
        "scheduled actions, which set a group's size at a time",
    ),
    read(
        AUTO_SCALING,
        "DescribeLifecycleHooks",
        "autoscaling:DescribeLifecycleHooks",
        "the hooks of a group that another is made like",
    ),
    read(
        ELB,
        "DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancers",
        "load balancers and their zones",
    ),
    read(
        ELB,
        "DescribeListeners",
        "elasticloadbalancing:DescribeListeners",
        "listeners and their default actions",
    ),
    read(ELB, "DescribeRules", "elasticloadbalancing:DescribeRules", "listener rules and their weights"),
    read(ELB, "DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroups", "target groups"),
    read(
        ELB,
        "DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "deregistration delay, slow start and stickiness",
    ),
    read(ELB, "DescribeTargetHealth", "elasticloadbalancing:DescribeTargetHealth", "health of targets"),
    read(
        CLOUDWATCH,
        "DescribeAlarms",
        "cloudwatch:DescribeAlarms",
        "alarms that the configuration names, also composite ones",
    ),
    read(
        CLOUDWATCH,
        "GetMetricData",
        "cloudwatch:GetMetricData",
        "5xx, response time and healthy hosts, where the configuration limits them",
    ),
    read(
        CODE_BUILD,
        "ListBuildsForProject",
        "codebuild:ListBuildsForProject",
        "to find a build of an image again",
    ),
    read(CODE_BUILD, "BatchGetBuilds", "codebuild:BatchGetBuilds", "how far a build is"),
    read(
        IMAGE_BUILDER,
        "GetImagePipeline",
        "imagebuilder:GetImagePipeline",
        "whether a pipeline is enabled, and how its last run ended",
    ),
    read(
        IMAGE_BUILDER,
        "ListImagePipelineImages",
        "imagebuilder:ListImagePipelineImages",
        "to find a run of a pipeline again",
    ),
    read(IMAGE_BUILDER, "GetImage", "imagebuilder:GetImage", "how far a run is, and its images"),
    read(
        IMAGE_BUILDER,
        "ListWorkflowExecutions",
        "imagebuilder:ListWorkflowExecutions",
        "which workflow a run is in",
    ),
    read(
        IMAGE_BUILDER,
        "ListWorkflowStepExecutions",
        "imagebuilder:ListWorkflowStepExecutions",
        "which step it is at",
    ),
    read(LOGS, "GetLogEvents", "logs:GetLogEvents", "the log of a build"),
    bookkeeping("GetParameters", "ssm:GetParameters", "who holds which cluster"),
    bookkeeping("GetParametersByPath", "ssm:GetParametersByPath", "operations of everybody"),
];

/// Every write: the calls of `plan::Call`, and the bookkeeping beside them.
pub const WRITES: &[Permission] = &[
    Permission {
        service: ELB,
        operation: "ModifyListener",
        action: "elasticloadbalancing:ModifyListener",
        why: "to shift traffic on a listener's default action",
        resource: "arn:aws:elasticloadbalancing:*:*:listener/app/*",
        only: None,
    },
    Permission {
        service: ELB,
        operation: "ModifyRule",
        action: "elasticloadbalancing:ModifyRule",
        why: "to shift traffic on a listener rule",
        resource: "arn:aws:elasticloadbalancing:*:*:listener-rule/app/*",
        only: None,
    },
    target_group(
        "CreateTargetGroup",
        "elasticloadbalancing:CreateTargetGroup",
        "to make a target group for a side that a deployment makes",
    ),
    target_group(
        "ModifyTargetGroupAttributes",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "to give it the attributes of the live one",
    ),
    target_group(
        "DeleteTargetGroup",
        "elasticloadbalancing:DeleteTargetGroup",
        "to delete it again, where the deployment is aborted before it has traffic",
    ),
    group("StartInstanceRefresh", "autoscaling:StartInstanceRefresh", "to replace a group's instances"),
    group("CancelInstanceRefresh", "autoscaling:CancelInstanceRefresh", "to stop a refresh where it is"),
    group("RollbackInstanceRefresh", "autoscaling:RollbackInstanceRefresh", "to take a refresh back"),
    group(
        "UpdateAutoScalingGroup",
        "autoscaling:UpdateAutoScalingGroup",
        "to set a group's sizes or subnets, or pin it to a launch template version",
    ),
    group("SetDesiredCapacity", "autoscaling:SetDesiredCapacity", "to scale a group"),
    group(
        "TerminateInstanceInAutoScalingGroup",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "to replace one instance",
    ),
    group("EnterStandby", "autoscaling:EnterStandby", "to take an instance aside"),
    group("ExitStandby", "autoscaling:ExitStandby", "to release an instance that was taken aside"),
    group("DetachInstances", "autoscaling:DetachInstances", "to take an instance out of its group"),
    group(
        "CreateAutoScalingGroup",
        "autoscaling:CreateAutoScalingGroup",
        "to make a side for a deployment where there is none",
    ),
    group(
        "DeleteAutoScalingGroup",
        "autoscaling:DeleteAutoScalingGroup",
        "to delete the side that a deployment made, where it is aborted before it has traffic",
    ),
    Permission {
        service: EC2,
        operation: "CreateLaunchTemplateVersion",
        action: "ec2:CreateLaunchTemplateVersion",
        why: "to give a group another image or instance type",
        resource: "arn:aws:ec2:*:*:launch-template/*",
        only: None,
    },
    Permission {
        service: EC2,
        operation: "CreateTags",
        action: "ec2:CreateTags",
        why: "to write on an instance why it was taken aside",
        resource: INSTANCES,
        only: Some(OWN),
    },
    Permission {
        service: EC2,
        operation: "TerminateInstances",
        action: "ec2:TerminateInstances",
        why: "to end an instance that was taken aside",
        resource: INSTANCES,
        only: None,
    },
    project("StartBuild", "codebuild:StartBuild", "to build an image by a CodeBuild project"),
    Permission {
        service: IMAGE_BUILDER,
        operation: "StartImagePipelineExecution",
        action: "imagebuilder:StartImagePipelineExecution",
        why: "to build an image by an Image Builder pipeline",
        resource: "arn:aws:imagebuilder:*:*:image-pipeline/*",
        only: None,
    },
    project("StopBuild", "codebuild:StopBuild", "to stop a build"),
    Permission {
        service: IMAGE_BUILDER,
        operation: "CancelImageCreation",
        action: "imagebuilder:CancelImageCreation",
        why: "to stop a run of a pipeline",
        resource: RUNS,
        only: None,
    },
    bookkeeping("PutParameter", "ssm:PutParameter", "to hold a cluster, and to tell what is done to it"),
    bookkeeping("DeleteParameter", "ssm:DeleteParameter", "to take away what is long over"),
];

/// What the calls above need besides: AWS launches in the operator's name where a group is given a launch template
/// version [guide: launch template permissions], and a group is made with its tags [CreateAutoScalingGroup]. flightdeck
/// itself launches nothing, and the wall lets no launch pass. An image is tagged by the same call as an instance, and a
/// run of a pipeline as it is started, so that it is found again.
const BESIDES: [(&str, &str, &str, Option<Only>); 5] = [
    (
        "FlightdeckLetsGroupsLaunch",
        "ec2:RunInstances",
        "*",
        Some(["ArnLike", "ec2:LaunchTemplate", "arn:aws:ec2:*:*:launch-template/*"]),
    ),
    (
        "FlightdeckLetsGroupsPassRoles",
        "iam:PassRole",
        "*",
        Some(["StringEquals", "iam:PassedToService", "ec2.amazonaws.com"]),
    ),
    ("FlightdeckTagsGroupsItMakes", "autoscaling:CreateOrUpdateTags", GROUPS, None),
    ("FlightdeckTagsImages", "ec2:CreateTags", "arn:aws:ec2:*::image/*", Some(OWN)),
    ("FlightdeckTagsRunsItStarts", "imagebuilder:TagResource", RUNS, Some(OWN)),
];

/// The IAM action of an operation.
pub(super) fn action_of(service: &str, operation: &str) -> Option<&'static str> {
    READS
        .iter()
        .chain(WRITES)
        .find(|row| row.service == service && row.operation == operation)
        .map(|row| row.action)
}

/// For whom an IAM policy is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyFor {
    /// Somebody who only looks.
    Viewer,
    /// Somebody who looks, shifts traffic and replaces instances.
    Operator,
}

/// The least IAM policy, as a JSON document.
pub fn iam_policy(who: PolicyFor) -> Value {
    let reads = |named: bool| -> Vec<&str> {
        READS.iter().filter(|row| (row.resource != "*") == named).map(|row| row.action).collect()
    };
    let mut statements = vec![
        statement("FlightdeckLooks", &reads(false), "*", None),
        statement("FlightdeckReadsItsBookkeeping", &reads(true), BOOKKEEPING, None),
    ];
    if who == PolicyFor::Operator {
        for row in WRITES {
            let name = format!("Flightdeck{}", row.operation);
            statements.push(statement(&name, &[row.action], row.resource, row.only));
        }
        for (name, action, resource, only) in BESIDES {
            statements.push(statement(name, &[action], resource, only));
        }
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(name: &str, actions: &[&str], resource: &str, only: Option<Only>) -> Value {
    let mut statement = Map::new();
    statement.insert("Sid".into(), name.into());
    statement.insert("Effect".into(), "Allow".into());
    statement.insert("Action".into(), actions.into());
    statement.insert("Resource".into(), resource.into());
    if let Some([operator, key, value]) = only {
        statement.insert("Condition".into(), json!({ operator: { key: value } }));
    }
    statement.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Call;
    use crate::provider::aws::testing::every_call;

    #[test]
    fn a_viewer_may_change_nothing() {
        let policy = iam_policy(PolicyFor::Viewer).to_string();
        for row in WRITES {
            assert!(!policy.contains(row.action), "{}", row.action);
        }
        for row in READS {
            assert!(policy.contains(row.action), "{}", row.action);
            let verb = row.action.split_once(':').unwrap().1;
            let reads = ["BatchGet", "Describe", "Get", "List"];
            assert!(reads.iter().any(|begins| verb.starts_with(begins)), "{verb} is no read");
        }
    }

    #[test]
    fn an_operator_may_write_only_what_a_plan_can_call() {
        let policy = iam_policy(PolicyFor::Operator);
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 2 + WRITES.len() + BESIDES.len());
        let mut calls: Vec<&str> = every_call().iter().map(Call::operation).collect();
        // An image is tagged by the operation that tags an instance.
        calls.dedup();
        let (own, written): (Vec<&Permission>, Vec<&Permission>) =
            WRITES.iter().partition(|row| row.service == SSM);
        assert_eq!(written.iter().map(|row| row.operation).collect::<Vec<_>>(), calls);
        let root = crate::provider::EntryName::ROOT;
        assert!(own.iter().all(|row| row.resource.ends_with(&format!(":parameter{root}/*"))));
        // What is written is named; what AWS launches for a group is held by a condition.
        for statement in &statements[1..] {
            assert!(statement["Resource"] != "*" || statement["Condition"].is_object(), "{statement}");
        }
        for name in ["FlightdeckCreateTags", "FlightdeckTagsImages", "FlightdeckTagsRunsItStarts"] {
            let tags = statements.iter().find(|statement| statement["Sid"] == name).unwrap();
            assert_eq!(tags["Condition"]["ForAllValues:StringLike"]["aws:TagKeys"], format!("{OWN_TAGS}*"));
        }
    }

    #[test]
    fn every_operation_stands_in_the_table_once() {
        let mut seen = std::collections::BTreeSet::new();
        for row in READS.iter().chain(WRITES) {
            assert!(seen.insert((row.service, row.operation)), "{row:?} twice");
            assert!(row.action.ends_with(row.operation), "{row:?}");
        }
    }
}
