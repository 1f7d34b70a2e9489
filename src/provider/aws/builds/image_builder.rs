//! Runs of EC2 Image Builder pipelines: found again by the tag that carries our name of them.
//!
//! A run is an image of Image Builder: its state is the run's, its output the AMIs.

use aws_sdk_imagebuilder::types as sdk;
use aws_types::request_id::RequestId;
use sha2::{Digest as _, Sha256};

use super::super::factory::Clients;
use super::super::operator::receipt;
use super::super::permissions::IMAGE_BUILDER;
use super::super::read::send;
use super::super::trouble::Trouble;
use super::log::Stream;
use super::{not_among, not_found, one_line, tag, trouble};
use crate::fleet::{BuildId, ImageId, Place, Region, Text};
use crate::plan::{BuildPhase, BuildState, Receipt, StartBuild};
use crate::provider::{Failure, FailureKind};

/// Most images of one answer [imagebuilder: ListImagePipelineImages].
const PAGE: i32 = 25;
/// Pages that a run is looked for in.
const PAGES: usize = 40;

/// Refuses what is no pipeline there: AWS would run another one, or none.
pub(super) fn check(place: &Place, pipeline: &Text) -> Result<(), String> {
    let mut parts = pipeline.raw().splitn(6, ':').skip(2);
    let (service, region, account) = (parts.next(), parts.next(), parts.next());
    let name = parts.next().and_then(|resource| resource.strip_prefix("image-pipeline/")).unwrap_or_default();
    let fits = service == Some("imagebuilder")
        && region == Some(place.region.raw())
        && account == Some(place.account.raw())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if fits { Ok(()) } else { Err(format!("{pipeline} is no Image Builder pipeline in {place}")) }
}

/// Starts a run. A disabled pipeline is refused: AWS would run it all the same [guide: StartImagePipelineExecution].
pub(super) async fn start(
    clients: &Clients,
    region: &Region,
    start: &StartBuild,
    pipeline: &Text,
) -> Result<Receipt, Trouble> {
    let known = send!(clients.imagebuilder.get_image_pipeline().image_pipeline_arn(pipeline.raw());
        IMAGE_BUILDER, "GetImagePipeline", region)?;
    let known = known.image_pipeline();
    if known.and_then(sdk::ImagePipeline::status) == Some(&sdk::PipelineStatus::Disabled) {
        let failures =
            known.and_then(sdk::ImagePipeline::consecutive_failures).filter(|failures| *failures > 0);
        let after = failures.map(|failures| format!(" after {failures} failed runs")).unwrap_or_default();
        let what = format!("start build {}", start.build);
        let why = format!("the pipeline is disabled{after}");
        return Err(trouble(Failure::new(
            FailureKind::Refused,
            what,
            why,
            "mend and enable it, then plan again",
        )));
    }
    let answer = send!(clients.imagebuilder.start_image_pipeline_execution()
        .image_pipeline_arn(pipeline.raw()).client_token(token("start", &start.build))
        .set_tags(Some([(tag(), start.build.raw().to_owned())].into())); IMAGE_BUILDER, "StartImagePipelineExecution", region)?;
    Ok(receipt(RequestId::request_id(&answer)))
}

/// Stops a run: what it made so far stays.
pub(super) async fn stop(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    pipeline: &Text,
) -> Result<Receipt, Trouble> {
    let run = find(clients, region, id, pipeline).await.map_err(trouble)?;
    let answer = send!(clients.imagebuilder.cancel_image_creation().image_build_version_arn(run)
        .client_token(token("stop", id)); IMAGE_BUILDER, "CancelImageCreation", region)?;
    Ok(receipt(RequestId::request_id(&answer)))
}

/// Reads how far a run is.
pub(super) async fn read(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    pipeline: &Text,
) -> Result<BuildState, Failure> {
    let run = find(clients, region, id, pipeline).await?;
    let image = image(clients, region, id, &run).await?;
    let since = image.date_created().and_then(|at| at.parse().ok());
    let state = image.state();
    let Some(status) = state.and_then(sdk::ImageState::status) else {
        return Ok(BuildState::running("unknown".into(), since));
    };
    let reason = state.and_then(sdk::ImageState::reason).unwrap_or("Image Builder gives no reason");
    let (phase, says) = match status {
        sdk::ImageStatus::Available | sdk::ImageStatus::Deprecated | sdk::ImageStatus::Disabled => {
            return Ok(built(region, since, image.output_resources()));
        }
        sdk::ImageStatus::Failed => (BuildPhase::Failed, reason),
        sdk::ImageStatus::Deleted => (BuildPhase::Failed, "its image was deleted"),
        sdk::ImageStatus::Cancelled => (BuildPhase::Stopped, "cancelled"),
        // A word we do not know is no end either.
        going => {
            let step = step(clients, region, &run).await.map(|step| format!(": {step}")).unwrap_or_default();
            let before = before(clients, region, pipeline).await.unwrap_or_default();
            return Ok(BuildState::running(one_line(&format!("{}{step}{before}", going.as_str())), since));
        }
    };
    Ok(BuildState::ended(phase, one_line(says), since))
}

/// Where its log is.
pub(super) async fn log_of(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    pipeline: &Text,
) -> Result<Option<Stream>, Failure> {
    let run = find(clients, region, id, pipeline).await?;
    let image = image(clients, region, id, &run).await?;
    let told = image.logging_configuration().and_then(sdk::ImageLoggingConfiguration::log_group_name);
    Ok(stream_of(&run, told))
}

/// The stream is named by version and build, and the group by the image unless it was told
/// [imagebuilder: ImageLoggingConfiguration; guide: monitor with CloudWatch Logs].
fn stream_of(run: &str, told: Option<&str>) -> Option<Stream> {
    let (name, stream) = run.split_once(":image/")?.1.split_once('/')?;
    let group = told.map_or_else(|| format!("/aws/imagebuilder/{name}"), str::to_owned);
    Some((group, stream.to_owned()))
}

fn built(
    region: &Region,
    since: Option<jiff::Timestamp>,
    output: Option<&sdk::OutputResources>,
) -> BuildState {
    let mut state =
        BuildState { phase: BuildPhase::Succeeded, ..BuildState::running(Text::default(), since) };
    for ami in output.map(sdk::OutputResources::amis).unwrap_or_default() {
        let Some(image) = ami.image().map(ImageId::new) else { continue };
        match ami.region().filter(|place| *place != region.raw()) {
            Some(elsewhere) => {
                state.copies.insert(elsewhere.into(), image);
            }
            None => match state.image.replace(image.clone()) {
                Some(other) if other != image => {
                    let why = format!("it made {other} and {image}, where one image was expected");
                    return BuildState::ended(BuildPhase::Failed, one_line(&why), since);
                }
                _ => {}
            },
        }
    }
    if state.image.is_none() {
        let why = "it ended well, but made no image in this region";
        return BuildState::ended(BuildPhase::Failed, why.into(), since);
    }
    state
}

/// The step that runs; what cannot be read of it costs nothing but its name.
async fn step(clients: &Clients, region: &Region, run: &str) -> Option<String> {
    let workflows = send!(clients.imagebuilder.list_workflow_executions().image_build_version_arn(run);
        IMAGE_BUILDER, "ListWorkflowExecutions", region)
    .ok()?;
    let runs = |workflow: &&sdk::WorkflowExecutionMetadata| {
        workflow.status() == Some(&sdk::WorkflowExecutionStatus::Running)
    };
    let workflow = workflows.workflow_executions().iter().find(runs)?.workflow_execution_id()?;
    let steps = send!(clients.imagebuilder.list_workflow_step_executions().workflow_execution_id(workflow);
        IMAGE_BUILDER, "ListWorkflowStepExecutions", region)
    .ok()?;
    let runs =
        |step: &&sdk::WorkflowStepMetadata| step.status() == Some(&sdk::WorkflowStepExecutionStatus::Running);
    let step = steps.steps().iter().find(runs)?;
    step.name().map(str::to_owned)
}

/// That the runs before failed; what cannot be read of the pipeline costs nothing but this.
async fn before(clients: &Clients, region: &Region, pipeline: &Text) -> Option<String> {
    let known = send!(clients.imagebuilder.get_image_pipeline().image_pipeline_arn(pipeline.raw());
        IMAGE_BUILDER, "GetImagePipeline", region)
    .ok()?;
    let failures = known.image_pipeline()?.consecutive_failures().filter(|failures| *failures > 0)?;
    let runs = if failures == 1 { "the run".to_owned() } else { format!("{failures} runs") };
    Some(format!("; {runs} before it failed"))
}

async fn image(clients: &Clients, region: &Region, id: &BuildId, run: &str) -> Result<sdk::Image, Failure> {
    let answer = send!(clients.imagebuilder.get_image().image_build_version_arn(run);
        IMAGE_BUILDER, "GetImage", region)
    .map_err(|trouble| trouble.failure)?;
    answer.image.ok_or_else(|| not_found(id, "Image Builder"))
}

/// The ARN of the run, by its tag: also a session that did not start it finds it.
async fn find(clients: &Clients, region: &Region, id: &BuildId, pipeline: &Text) -> Result<String, Failure> {
    let (tag, mut token) = (tag(), None);
    for _ in 0..PAGES {
        let page = send!(clients.imagebuilder.list_image_pipeline_images().image_pipeline_arn(pipeline.raw())
            .max_results(PAGE).set_next_token(token); IMAGE_BUILDER, "ListImagePipelineImages", region)
        .map_err(|trouble| trouble.failure)?;
        let ours = |image: &&sdk::ImageSummary| {
            image.tags().and_then(|tags| tags.get(&tag)).is_some_and(|name| name == id.raw())
        };
        if let Some(arn) = page.image_summary_list().iter().find(ours).and_then(sdk::ImageSummary::arn) {
            return Ok(arn.to_owned());
        }
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Err(not_found(id, &format!("Image Builder pipeline {pipeline}")));
        }
    }
    Err(not_among(id, PAGES * 25, "images of the pipeline"))
}

/// A token in the shape of a UUID: the same for the same build, so that nothing is started twice.
fn token(what: &str, build: &BuildId) -> String {
    /// Digits between the hyphens of a UUID.
    const PARTS: [std::ops::Range<usize>; 5] = [0..8, 8..12, 12..16, 16..20, 20..32];
    let digest = Sha256::digest(format!("flightdeck {what} {}", build.raw()));
    let digits: Vec<char> = digest
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect();
    PARTS.map(|part| digits[part].iter().collect::<String>()).join("-")
}

#[cfg(test)]
mod tests;
