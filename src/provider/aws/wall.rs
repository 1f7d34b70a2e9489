//! The wall every AWS client carries: nothing leaves the process but what stands in the table of `permissions`.
//!
//! It refuses the unknown. It looks twice: before serialisation, where the SDK's `Metadata` names the operation
//! (before execution it is not there yet, and everything would pass), and as a trip-wire just before the bytes
//! leave, where it reads the operation's name off the request itself. It is a permanent interceptor: no operation
//! can switch it off.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextRef, Input,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::permissions::{CLOUDWATCH, CODE_BUILD, IMAGE_BUILDER, LOGS, OWN_TAGS, READS, SSM, WRITES};
use crate::provider::EntryName;

/// What a client may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wall {
    /// Look, and nothing else.
    Reads,
    /// Look, and send the closed list of calls.
    ReadsAndCalls,
}

/// A request that was stopped.
#[derive(PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// The operation is not in the table.
    #[error("{service} {operation} is not among the calls flightdeck makes{}", wall.because())]
    NotListed {
        /// The wall that stopped it.
        wall: Wall,
        /// Service.
        service: String,
        /// Operation.
        operation: String,
    },
    /// A field makes a read act or reveal.
    #[error("{0}")]
    Field(&'static str),
    /// Nothing says what is asked.
    #[error("a request that does not say what it asks is not sent")]
    Unnamed,
}

impl Wall {
    /// As an interceptor that no operation can switch off.
    pub(super) fn interceptor(self) -> SharedInterceptor {
        SharedInterceptor::permanent(self)
    }

    fn because(self) -> &'static str {
        match self {
            Self::Reads => " in a read-only session",
            Self::ReadsAndCalls => "",
        }
    }

    fn lets_through(self, service: &str, operation: &str) -> Result<(), Stopped> {
        let writes = match self {
            Self::Reads => &[],
            Self::ReadsAndCalls => WRITES,
        };
        if READS.iter().chain(writes).any(|row| row.service == service && row.operation == operation) {
            Ok(())
        } else {
            Err(Stopped::NotListed { wall: self, service: service.into(), operation: operation.into() })
        }
    }
}

impl Intercept for Wall {
    fn name(&self) -> &'static str {
        "flightdeck::Wall"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let named = cfg.load::<Metadata>().ok_or(Stopped::Unnamed)?;
        self.lets_through(named.service(), named.name())?;
        refuse_fields(context.input())?;
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let named = cfg.load::<Metadata>().ok_or(Stopped::Unnamed)?;
        self.lets_through(named.service(), named.name())?;
        self.lets_through(
            named.service(),
            on_the_wire(named.service(), context.request()).ok_or(Stopped::Unnamed)?,
        )?;
        Ok(())
    }
}

/// Refuses what is a read by its name and acts by one of its fields.
///
/// Holds also for operations that the table does not list today: whoever adds a row finds the field guarded.
fn refuse_fields(input: &Input) -> Result<(), Stopped> {
    use aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsInput as Events;
    use aws_sdk_ec2::operation::get_console_screenshot::GetConsoleScreenshotInput as Screenshot;
    if input.downcast_ref::<Screenshot>().is_some_and(|input| input.wake_up == Some(true)) {
        return Err(Stopped::Field("WakeUp acts like a keystroke on the instance's console"));
    }
    if input.downcast_ref::<Events>().is_some_and(|input| input.unmask == Some(true)) {
        return Err(Stopped::Field("what is masked in a log is a secret"));
    }
    refuse_reach(input)?;
    refuse_builds(input)?;
    refuse_parameters(input)
}

/// Refuses writes that reach further than any call of ours: several instances at once, tags that are not ours, a
/// refresh without both bounds, a group made with instances.
fn refuse_reach(input: &Input) -> Result<(), Stopped> {
    use aws_sdk_autoscaling::operation::create_auto_scaling_group::CreateAutoScalingGroupInput as Create;
    use aws_sdk_autoscaling::operation::detach_instances::DetachInstancesInput as Detach;
    use aws_sdk_autoscaling::operation::enter_standby::EnterStandbyInput as Enter;
    use aws_sdk_autoscaling::operation::exit_standby::ExitStandbyInput as Exit;
    use aws_sdk_autoscaling::operation::start_instance_refresh::StartInstanceRefreshInput as Refresh;
    use aws_sdk_autoscaling::operation::terminate_instance_in_auto_scaling_group::TerminateInstanceInAutoScalingGroupInput as Replace;
    use aws_sdk_ec2::operation::create_tags::CreateTagsInput as Tag;
    use aws_sdk_ec2::operation::terminate_instances::TerminateInstancesInput as Terminate;
    if let Some(create) = input.downcast_ref::<Create>() {
        return match (create.min_size(), create.desired_capacity(), create.instance_id()) {
            (Some(0), Some(0), None) => Ok(()),
            _ => Err(Stopped::Field("a group is made without instances")),
        };
    }
    let instances = if let Some(detach) = input.downcast_ref::<Detach>() {
        detach.instance_ids().len()
    } else if let Some(enter) = input.downcast_ref::<Enter>() {
        enter.instance_ids().len()
    } else if let Some(exit) = input.downcast_ref::<Exit>() {
        exit.instance_ids().len()
    } else if let Some(replace) = input.downcast_ref::<Replace>() {
        replace.instance_ids().len() + usize::from(replace.instance_id().is_some())
    } else if let Some(terminate) = input.downcast_ref::<Terminate>() {
        terminate.instance_ids().len()
    } else if let Some(tag) = input.downcast_ref::<Tag>() {
        let own = |tag: &aws_sdk_ec2::types::Tag| tag.key().is_some_and(|key| key.starts_with(OWN_TAGS));
        if tag.tags().is_empty() || !tag.tags().iter().all(own) {
            return Err(Stopped::Field("only tags flightdeck:* are flightdeck's own"));
        }
        tag.resources().len()
    } else if let Some(refresh) = input.downcast_ref::<Refresh>() {
        let preferences = refresh.preferences();
        let bounds =
            preferences.map(|given| (given.min_healthy_percentage(), given.max_healthy_percentage()));
        return match bounds {
            Some((Some(_), Some(_))) => Ok(()),
            _ => Err(Stopped::Field("a refresh without both bounds may end all it replaces at once")),
        };
    } else {
        return Ok(());
    };
    if instances == 1 { Ok(()) } else { Err(Stopped::Field("one instance at a time")) }
}

/// Refuses builds that are another thing than their project or pipeline says: only the version of the source, plain
/// variables and the time may be our own, and only our tag.
fn refuse_builds(input: &Input) -> Result<(), Stopped> {
    use aws_sdk_codebuild::operation::start_build::StartBuildInput as Build;
    use aws_sdk_codebuild::types::{EnvironmentVariable, EnvironmentVariableType};
    use aws_sdk_imagebuilder::operation::start_image_pipeline_execution::StartImagePipelineExecutionInput as Run;
    if let Some(build) = input.downcast_ref::<Build>() {
        let plain = Build::builder()
            .set_project_name(build.project_name.clone())
            .set_source_version(build.source_version.clone())
            .set_environment_variables_override(build.environment_variables_override.clone())
            .set_timeout_in_minutes_override(build.timeout_in_minutes_override)
            .set_idempotency_token(build.idempotency_token.clone())
            .build();
        let is_secret = |one: &EnvironmentVariable| {
            one.r#type().is_some_and(|kind| *kind != EnvironmentVariableType::Plaintext)
        };
        if plain.ok().as_ref() != Some(build) || build.environment_variables_override().iter().any(is_secret)
        {
            return Err(Stopped::Field("a build is what its project says"));
        }
    }
    if let Some(run) = input.downcast_ref::<Run>() {
        let own = run
            .tags()
            .is_some_and(|tags| !tags.is_empty() && tags.keys().all(|key| key.starts_with(OWN_TAGS)));
        if !own {
            return Err(Stopped::Field("a run without a tag of flightdeck's own is not found again"));
        }
    }
    Ok(())
}

/// Refuses parameters that are not ours, and the decrypting of any.
fn refuse_parameters(input: &Input) -> Result<(), Stopped> {
    use aws_sdk_ssm::operation::delete_parameter::DeleteParameterInput as Delete;
    use aws_sdk_ssm::operation::get_parameters::GetParametersInput as Get;
    use aws_sdk_ssm::operation::get_parameters_by_path::GetParametersByPathInput as List;
    use aws_sdk_ssm::operation::put_parameter::PutParameterInput as Put;
    let (names, decrypted): (Vec<&str>, _) = if let Some(get) = input.downcast_ref::<Get>() {
        (get.names().iter().map(String::as_str).collect(), get.with_decryption())
    } else if let Some(list) = input.downcast_ref::<List>() {
        (vec![list.path().unwrap_or_default()], list.with_decryption())
    } else if let Some(put) = input.downcast_ref::<Put>() {
        (vec![put.name().unwrap_or_default()], None)
    } else if let Some(delete) = input.downcast_ref::<Delete>() {
        (vec![delete.name().unwrap_or_default()], None)
    } else {
        return Ok(());
    };
    if decrypted == Some(true) {
        return Err(Stopped::Field("a decrypted parameter is a secret"));
    }
    if names.iter().any(|name| EntryName::parse(name).is_none()) {
        return Err(Stopped::Field("only parameters under /flightdeck/ are flightdeck's own"));
    }
    Ok(())
}

/// The operation that the request itself names: in the path for CloudWatch, which speaks CBOR, and for Image Builder;
/// in a header for Systems Manager, CodeBuild and CloudWatch Logs, which speak JSON; in the body for EC2, Auto Scaling,
/// ELB and STS, which speak the query protocol.
fn on_the_wire<'a>(service: &str, request: &'a HttpRequest) -> Option<&'a str> {
    if service == CLOUDWATCH {
        return request.uri().rsplit_once("/operation/").map(|(_, operation)| operation);
    }
    if service == IMAGE_BUILDER {
        let path = request.uri().split('?').next()?;
        return path.rsplit_once('/').map(|(_, operation)| operation);
    }
    if let Some((_, prefix)) = TARGETS.iter().find(|(of, _)| *of == service) {
        return request.headers().get("x-amz-target")?.strip_prefix(prefix)?.strip_prefix('.');
    }
    let body = std::str::from_utf8(request.body().bytes()?).ok()?;
    let mut actions = body.split('&').filter_map(|pair| pair.strip_prefix("Action="));
    let action = actions.next()?;
    actions.next().is_none().then_some(action)
}

/// What stands before the operation in the header `x-amz-target`, by service.
const TARGETS: [(&str, &str); 3] =
    [(SSM, "AmazonSSM"), (CODE_BUILD, "CodeBuild_20161006"), (LOGS, "Logs_20140328")];

#[cfg(test)]
mod tests;
