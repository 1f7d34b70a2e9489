//! The closed list of changes flightdeck can make, in AWS's own shape. What each writes to is `resource`'s, and how to
//! tell whether it took effect is `call/effect`'s.

mod build;
mod compute;
mod effect;
#[cfg(test)]
mod keeps;
mod scaling;
mod standing;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use build::{
    BuildKey, Builder, BuiltBy, CodeBuild, ImageBuilder, Program, StartBuild, StopBuild, TagImage,
};
pub use compute::{CreateTags, CreateTemplateVersion, Tag, TemplateChanges, TerminateInstances};
pub use effect::Effect;
pub use scaling::{
    Alarms, Desired, DetachInstances, EnterStandby, ExitStandby, OfGroup, Preferences, Protected,
    SetDesiredCapacity, Standby, StartRefresh, Strategy, Subnets, TemplateNumber, TerminateInGroup,
    UpdateGroup,
};
pub use standing::{CreateGroup, CreateTargetGroup, DeleteGroup, DeleteTargetGroup, ModifyAttributes};

use super::Resource;
use super::change;
use crate::fleet::{Actions, ListenerArn, RuleArn, SourceArn, Text};

/// One change: exactly what is shown, journaled and sent.
///
/// In JSON: `{ "service", "operation", "input" }` with AWS's names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum Call {
    /// Replaces the default actions of a listener [elbv2: ModifyListener].
    ModifyListener {
        /// The listener.
        listener: ListenerArn,
        /// The whole list.
        actions: Actions,
    },
    /// Replaces the actions of a numbered rule [elbv2: ModifyRule].
    ModifyRule {
        /// The rule.
        rule: RuleArn,
        /// The whole list.
        actions: Actions,
    },
    /// Makes a target group like another, without targets [elbv2: CreateTargetGroup].
    CreateTargetGroup(CreateTargetGroup),
    /// Sets attributes of a target group [elbv2: ModifyTargetGroupAttributes].
    ModifyTargetGroupAttributes(ModifyAttributes),
    /// Deletes a target group [elbv2: DeleteTargetGroup].
    DeleteTargetGroup(DeleteTargetGroup),
    /// Replaces a group's instances, rolling [autoscaling: StartInstanceRefresh].
    StartInstanceRefresh(Box<StartRefresh>),
    /// Stops a group's refresh, or its rollback, where it is [autoscaling: CancelInstanceRefresh].
    CancelInstanceRefresh(OfGroup),
    /// Takes a group's refresh back while it runs [autoscaling: RollbackInstanceRefresh].
    RollbackInstanceRefresh(OfGroup),
    /// Sets a group's sizes or its launch template [autoscaling: UpdateAutoScalingGroup].
    UpdateAutoScalingGroup(UpdateGroup),
    /// Sets a group's wanted size [autoscaling: SetDesiredCapacity].
    SetDesiredCapacity(SetDesiredCapacity),
    /// Ends one instance of a group [autoscaling: TerminateInstanceInAutoScalingGroup].
    TerminateInstanceInAutoScalingGroup(TerminateInGroup),
    /// Takes one instance out of service, still of its group [autoscaling: EnterStandby].
    EnterStandby(EnterStandby),
    /// Puts one instance into service again [autoscaling: ExitStandby].
    ExitStandby(ExitStandby),
    /// Takes one instance out of its group [autoscaling: DetachInstances].
    DetachInstances(DetachInstances),
    /// Makes a group like another, without instances [autoscaling: CreateAutoScalingGroup].
    CreateAutoScalingGroup(CreateGroup),
    /// Deletes a group with its instances [autoscaling: DeleteAutoScalingGroup].
    DeleteAutoScalingGroup(DeleteGroup),
    /// Makes a launch template version: the whole data of another with these changes
    /// [ec2: CreateLaunchTemplateVersion].
    CreateLaunchTemplateVersion(CreateTemplateVersion),
    /// Tags one instance [ec2: CreateTags].
    CreateTags(CreateTags),
    /// Ends one instance that is in no group [ec2: TerminateInstances].
    TerminateInstances(TerminateInstances),
    /// Starts a build of an image, by whoever builds it.
    StartBuild(Box<StartBuild>),
    /// Stops a build of an image.
    StopBuild(StopBuild),
    /// Tags one image [ec2: CreateTags].
    TagImage(TagImage),
}

impl Call {
    /// The call that writes an action list to a listener or a rule.
    pub fn set_actions(source: &SourceArn, actions: Actions) -> Self {
        match source {
            SourceArn::Listener(listener) => Self::ModifyListener { listener: listener.clone(), actions },
            SourceArn::Rule(rule) => Self::ModifyRule { rule: rule.clone(), actions },
        }
    }

    /// The service by its short name.
    pub fn service(&self) -> &'static str {
        match self {
            Self::ModifyListener { .. }
            | Self::ModifyRule { .. }
            | Self::CreateTargetGroup(_)
            | Self::ModifyTargetGroupAttributes(_)
            | Self::DeleteTargetGroup(_) => "elbv2",
            Self::CreateLaunchTemplateVersion(_)
            | Self::CreateTags(_)
            | Self::TerminateInstances(_)
            | Self::TagImage(_) => "ec2",
            Self::StartBuild(start) => start.builder.start().0,
            Self::StopBuild(stop) => stop.build.by.stop().0,
            _ => "autoscaling",
        }
    }

    /// The operation by AWS's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::ModifyListener { .. } => "ModifyListener",
            Self::ModifyRule { .. } => "ModifyRule",
            Self::CreateTargetGroup(_) => "CreateTargetGroup",
            Self::ModifyTargetGroupAttributes(_) => "ModifyTargetGroupAttributes",
            Self::DeleteTargetGroup(_) => "DeleteTargetGroup",
            Self::StartInstanceRefresh(_) => "StartInstanceRefresh",
            Self::CancelInstanceRefresh(_) => "CancelInstanceRefresh",
            Self::RollbackInstanceRefresh(_) => "RollbackInstanceRefresh",
            Self::UpdateAutoScalingGroup(_) => "UpdateAutoScalingGroup",
            Self::SetDesiredCapacity(_) => "SetDesiredCapacity",
            Self::TerminateInstanceInAutoScalingGroup(_) => "TerminateInstanceInAutoScalingGroup",
            Self::EnterStandby(_) => "EnterStandby",
            Self::ExitStandby(_) => "ExitStandby",
            Self::DetachInstances(_) => "DetachInstances",
            Self::CreateAutoScalingGroup(_) => "CreateAutoScalingGroup",
            Self::DeleteAutoScalingGroup(_) => "DeleteAutoScalingGroup",
            Self::CreateLaunchTemplateVersion(_) => "CreateLaunchTemplateVersion",
            Self::CreateTags(_) | Self::TagImage(_) => "CreateTags",
            Self::TerminateInstances(_) => "TerminateInstances",
            Self::StartBuild(start) => start.builder.start().1,
            Self::StopBuild(stop) => stop.build.by.stop().1,
        }
    }

    /// What it writes to.
    pub fn resource(&self) -> Resource {
        let group = |name: &crate::fleet::GroupName| Resource::Group(name.clone());
        let instance = |id: &crate::fleet::InstanceId| Resource::Instance(id.clone());
        match self {
            Self::ModifyListener { listener, .. } => Resource::Source(SourceArn::Listener(listener.clone())),
            Self::ModifyRule { rule, .. } => Resource::Source(SourceArn::Rule(rule.clone())),
            Self::CreateTargetGroup(create) => Resource::TargetGroup(create.name.clone()),
            Self::ModifyTargetGroupAttributes(modify) => Resource::TargetGroup(modify.target_group.name()),
            Self::DeleteTargetGroup(delete) => Resource::TargetGroup(delete.target_group.name()),
            Self::StartInstanceRefresh(start) => group(&start.group),
            Self::CancelInstanceRefresh(of) | Self::RollbackInstanceRefresh(of) => group(&of.group),
            Self::UpdateAutoScalingGroup(update) => group(&update.group),
            Self::SetDesiredCapacity(set) => group(&set.group),
            Self::TerminateInstanceInAutoScalingGroup(end) => instance(&end.instance),
            Self::EnterStandby(enter) => instance(enter.instance()),
            Self::ExitStandby(exit) => instance(exit.instance()),
            Self::DetachInstances(detach) => instance(detach.instance()),
            Self::CreateAutoScalingGroup(create) => group(&create.group),
            Self::DeleteAutoScalingGroup(delete) => group(&delete.group),
            Self::CreateLaunchTemplateVersion(create) => Resource::Template(create.template.clone()),
            Self::CreateTags(tags) => instance(tags.instance()),
            Self::TerminateInstances(end) => instance(end.instance()),
            Self::StartBuild(start) => Resource::Build(start.key()),
            Self::StopBuild(stop) => Resource::Build(stop.build.clone()),
            Self::TagImage(tags) => Resource::Image(tags.image().clone()),
        }
    }

    /// Whether it ends or takes back a refresh.
    pub fn takes_refresh_back(&self) -> bool {
        matches!(self, Self::RollbackInstanceRefresh(_) | Self::CancelInstanceRefresh(_))
    }

    /// Whether it makes or deletes a group or a target group: then that there is none is something that can be found.
    pub fn makes_or_deletes(&self) -> bool {
        matches!(
            self,
            Self::CreateAutoScalingGroup(_)
                | Self::DeleteAutoScalingGroup(_)
                | Self::CreateTargetGroup(_)
                | Self::DeleteTargetGroup(_)
        )
    }

    /// Whether it starts or stops a build.
    pub fn is_of_build(&self) -> bool {
        matches!(self, Self::StartBuild(_) | Self::StopBuild(_))
    }

    /// The listener or rule it writes to; `None` where it moves no traffic.
    pub fn source(&self) -> Option<SourceArn> {
        match self.resource() {
            Resource::Source(source) => Some(source),
            _ => None,
        }
    }

    /// The action list it writes; empty where it moves no traffic.
    pub fn actions(&self) -> &Actions {
        static NONE: Actions = Vec::new();
        match self {
            Self::ModifyListener { actions, .. } | Self::ModifyRule { actions, .. } => actions,
            _ => &NONE,
        }
    }

    /// What it writes, in words: `orders-blue 75 orders-green 25`, `lt-1 version 8, healthy 100–110 %`.
    pub fn says(&self) -> String {
        match self {
            Self::ModifyListener { actions, .. } | Self::ModifyRule { actions, .. } => change::words(actions),
            Self::CreateTargetGroup(create) => {
                format!("target group {} like {}, without targets", create.name, create.like.name())
            }
            Self::ModifyTargetGroupAttributes(modify) => modify.says(),
            Self::DeleteTargetGroup(delete) => {
                format!("target group {} is deleted", delete.target_group.name())
            }
            Self::StartInstanceRefresh(start) => start.says(),
            Self::CancelInstanceRefresh(_) => "the refresh stops where it is".into(),
            Self::RollbackInstanceRefresh(_) => "the refresh goes back".into(),
            Self::UpdateAutoScalingGroup(update) => update.says(),
            Self::SetDesiredCapacity(set) => format!("desired {}", set.desired),
            Self::TerminateInstanceInAutoScalingGroup(end) => {
                let instead = if end.decrement { "without a replacement" } else { "a replacement follows" };
                format!("{} ends, {instead}", end.instance)
            }
            Self::EnterStandby(enter) => format!("{} to standby", enter.instance()),
            Self::ExitStandby(exit) => format!("{} back into service", exit.instance()),
            Self::DetachInstances(detach) => format!("{} out of the group", detach.instance()),
            Self::CreateAutoScalingGroup(create) => create.says(),
            Self::DeleteAutoScalingGroup(delete) => format!("{} is deleted with its instances", delete.group),
            Self::CreateLaunchTemplateVersion(create) => create.says(),
            Self::CreateTags(tags) => tags.says(),
            Self::TerminateInstances(end) => format!("{} ends", end.instance()),
            Self::StartBuild(start) => start.says(),
            Self::StopBuild(stop) => format!("build {} stops", stop.build.id),
            Self::TagImage(tags) => tags.says(),
        }
    }
}

/// What came back from a call that took effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// AWS's request id.
    pub request_id: Option<Text>,
    /// The actions as the answer told them; empty where the call writes none.
    pub actions: Actions,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    service: String,
    operation: String,
    input: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListenerInput {
    listener_arn: ListenerArn,
    default_actions: Actions,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RuleInput {
    rule_arn: RuleArn,
    actions: Actions,
}

impl From<Call> for Written {
    fn from(call: Call) -> Self {
        let (service, operation) = (call.service().into(), call.operation().into());
        let input = match call {
            Call::ModifyListener { listener: listener_arn, actions: default_actions } => {
                serde_json::to_value(ListenerInput { listener_arn, default_actions })
            }
            Call::ModifyRule { rule: rule_arn, actions } => {
                serde_json::to_value(RuleInput { rule_arn, actions })
            }
            Call::CreateTargetGroup(input) => serde_json::to_value(input),
            Call::ModifyTargetGroupAttributes(input) => serde_json::to_value(input),
            Call::DeleteTargetGroup(input) => serde_json::to_value(input),
            Call::StartInstanceRefresh(input) => serde_json::to_value(input),
            Call::CancelInstanceRefresh(input) | Call::RollbackInstanceRefresh(input) => {
                serde_json::to_value(input)
            }
            Call::UpdateAutoScalingGroup(input) => serde_json::to_value(input),
            Call::SetDesiredCapacity(input) => serde_json::to_value(input),
            Call::TerminateInstanceInAutoScalingGroup(input) => serde_json::to_value(input),
            Call::EnterStandby(input) => serde_json::to_value(input),
            Call::ExitStandby(input) => serde_json::to_value(input),
            Call::DetachInstances(input) => serde_json::to_value(input),
            Call::CreateAutoScalingGroup(input) => serde_json::to_value(input),
            Call::DeleteAutoScalingGroup(input) => serde_json::to_value(input),
            Call::CreateLaunchTemplateVersion(input) => serde_json::to_value(input),
            Call::CreateTags(input) => serde_json::to_value(input),
            Call::TerminateInstances(input) => serde_json::to_value(input),
            Call::StartBuild(input) => serde_json::to_value(input),
            Call::StopBuild(input) => serde_json::to_value(input),
            Call::TagImage(input) => serde_json::to_value(input),
        };
        // Names and numbers only: there is nothing in them that JSON has no word for.
        Self { service, operation, input: input.unwrap_or(Value::Null) }
    }
}

/// Whether tags are for an image.
fn is_of_image(input: &Value) -> bool {
    input["Resources"][0].as_str().is_some_and(|id| id.starts_with("ami-"))
}

impl TryFrom<Written> for Call {
    type Error = String;

    fn try_from(Written { service, operation, input }: Written) -> Result<Self, String> {
        fn read<T: DeserializeOwned>(operation: &str, input: Value) -> Result<T, String> {
            serde_json::from_value(input).map_err(|error| {
                format!("not a {} that flightdeck makes: {error}", crate::fleet::clean(operation))
            })
        }
        Ok(match (service.as_str(), operation.as_str()) {
            ("elbv2", "ModifyListener") => {
                let ListenerInput { listener_arn: listener, default_actions: actions } =
                    read(&operation, input)?;
                Self::ModifyListener { listener, actions }
            }
            ("elbv2", "ModifyRule") => {
                let RuleInput { rule_arn: rule, actions } = read(&operation, input)?;
                Self::ModifyRule { rule, actions }
            }
            ("elbv2", "CreateTargetGroup") => Self::CreateTargetGroup(read(&operation, input)?),
            ("elbv2", "ModifyTargetGroupAttributes") => {
                Self::ModifyTargetGroupAttributes(read(&operation, input)?)
            }
            ("elbv2", "DeleteTargetGroup") => Self::DeleteTargetGroup(read(&operation, input)?),
            ("autoscaling", "StartInstanceRefresh") => Self::StartInstanceRefresh(read(&operation, input)?),
            ("autoscaling", "CancelInstanceRefresh") => Self::CancelInstanceRefresh(read(&operation, input)?),
            ("autoscaling", "RollbackInstanceRefresh") => {
                Self::RollbackInstanceRefresh(read(&operation, input)?)
            }
            ("autoscaling", "UpdateAutoScalingGroup") => {
                Self::UpdateAutoScalingGroup(read(&operation, input)?)
            }
            ("autoscaling", "SetDesiredCapacity") => Self::SetDesiredCapacity(read(&operation, input)?),
            ("autoscaling", "TerminateInstanceInAutoScalingGroup") => {
                Self::TerminateInstanceInAutoScalingGroup(read(&operation, input)?)
            }
            ("autoscaling", "EnterStandby") => Self::EnterStandby(read(&operation, input)?),
            ("autoscaling", "ExitStandby") => Self::ExitStandby(read(&operation, input)?),
            ("autoscaling", "DetachInstances") => Self::DetachInstances(read(&operation, input)?),
            ("autoscaling", "CreateAutoScalingGroup") => {
                Self::CreateAutoScalingGroup(read(&operation, input)?)
            }
            ("autoscaling", "DeleteAutoScalingGroup") => {
                Self::DeleteAutoScalingGroup(read(&operation, input)?)
            }
            ("ec2", "CreateLaunchTemplateVersion") => {
                Self::CreateLaunchTemplateVersion(read(&operation, input)?)
            }
            ("ec2", "CreateTags") if is_of_image(&input) => Self::TagImage(read(&operation, input)?),
            ("ec2", "CreateTags") => Self::CreateTags(read(&operation, input)?),
            ("ec2", "TerminateInstances") => Self::TerminateInstances(read(&operation, input)?),
            ("packer", "build")
            | ("command", "run")
            | ("codebuild", "StartBuild")
            | ("imagebuilder", "StartImagePipelineExecution") => {
                let start: StartBuild = read(&operation, input)?;
                if start.builder.start() != (service.as_str(), operation.as_str()) {
                    return Err(format!(
                        "a build by {} is started by no {service} {operation}",
                        start.builder.key().says()
                    ));
                }
                Self::StartBuild(Box::new(start))
            }
            ("packer" | "command", "interrupt")
            | ("codebuild", "StopBuild")
            | ("imagebuilder", "CancelImageCreation") => {
                let stop: StopBuild = read(&operation, input)?;
                if stop.build.by.stop() != (service.as_str(), operation.as_str()) {
                    return Err(format!(
                        "a build by {} is stopped by no {service} {operation}",
                        stop.build.by.says()
                    ));
                }
                Self::StopBuild(stop)
            }
            (service, operation) => {
                return Err(format!("not a call that flightdeck makes: {service} {operation}"));
            }
        })
    }
}

#[cfg(test)]
mod tests;
