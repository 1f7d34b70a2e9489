//! Builds of CodeBuild projects: found again by the variable that carries our name of them.

use aws_sdk_codebuild::types as sdk;
use aws_types::request_id::RequestId as _;

use super::super::factory::Clients;
use super::super::operator::receipt;
use super::super::permissions::CODE_BUILD;
use super::super::read::{send, time};
use super::super::trouble::Trouble;
use super::log::Stream;
use super::{not_among, not_found, one_line, tagged, trouble};
use crate::fleet::{BuildId, ImageId, Region, Text};
use crate::plan::{BuildPhase, BuildState, CodeBuild, Receipt, StartBuild};
use crate::provider::Failure;

/// The variable with the name of the build.
const BUILD: &str = "FLIGHTDECK_BUILD";
/// The variable with the name of the one that is exported with the image.
const IMAGE: &str = "FLIGHTDECK_IMAGE_VARIABLE";
/// Most builds of one answer, and of one question [codebuild: ListBuildsForProject, BatchGetBuilds].
const PAGE: usize = 100;
/// Pages that a build is looked for in.
const PAGES: usize = 10;
/// Shortest and longest time of a build, in minutes [codebuild: StartBuild].
const MINUTES: (u64, u64) = (5, 2_160);
/// Longest name of a project [model].
const NAME: std::ops::RangeInclusive<usize> = 2..=255;

/// Refuses names that CodeBuild would not take, or that would hide ours.
pub(super) fn check(build: &CodeBuild) -> Result<(), String> {
    check_project(&build.project)?;
    for name in build.environment.keys().chain(&build.image_variable) {
        let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
        if !fits || name.starts_with("FLIGHTDECK_") || name.starts_with("CODEBUILD_") {
            return Err(format!("{name:?} is no name of a variable that a build may be given"));
        }
    }
    Ok(())
}

/// Refuses what is no name of a project.
pub(super) fn check_project(project: &Text) -> Result<(), String> {
    let name = project.raw();
    let fits = NAME.contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(format!("{project:?} is no name of a CodeBuild project")) }
}

/// Starts it. The time it may take is AWS's to watch: it does so also where no flightdeck runs any more.
pub(super) async fn start(
    clients: &Clients,
    region: &Region,
    start: &StartBuild,
    build: &CodeBuild,
) -> Result<Receipt, Trouble> {
    let given = build.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let ours = [(BUILD, Some(start.build.raw())), (IMAGE, build.image_variable.as_deref())];
    let ours = ours.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let variables = given.chain(ours).filter_map(|(name, value)| {
        let variable = sdk::EnvironmentVariable::builder().name(name).value(value);
        variable.r#type(sdk::EnvironmentVariableType::Plaintext).build().ok()
    });
    let minutes = start.limit.div_ceil(60).clamp(MINUTES.0, MINUTES.1);
    let answer = send!(clients.codebuild.start_build().project_name(build.project.raw())
        .set_source_version(build.source_version.clone())
        .set_environment_variables_override(Some(variables.collect()))
        .set_timeout_in_minutes_override(i32::try_from(minutes).ok())
        .idempotency_token(start.build.raw()); CODE_BUILD, "StartBuild", region)?;
    Ok(receipt(answer.request_id()))
}

/// Stops it.
pub(super) async fn stop(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    project: &Text,
) -> Result<Receipt, Trouble> {
    let build = find(clients, region, id, project).await.map_err(trouble)?;
    let answer = send!(clients.codebuild.stop_build().set_id(build.id); CODE_BUILD, "StopBuild", region)?;
    Ok(receipt(answer.request_id()))
}

/// Reads how far it is: two calls and more the older it is.
pub(super) async fn read(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    project: &Text,
) -> Result<BuildState, Failure> {
    let build = find(clients, region, id, project).await?;
    let since = time(build.start_time());
    let (phase, says) = match build.build_status() {
        Some(sdk::StatusType::InProgress) | None => {
            return Ok(BuildState::running(build.current_phase().unwrap_or("SUBMITTED").into(), since));
        }
        Some(sdk::StatusType::Succeeded) => return succeeded(clients, region, id, &build).await,
        Some(sdk::StatusType::Stopped) => (BuildPhase::Stopped, "stopped".to_owned()),
        Some(sdk::StatusType::TimedOut) => (BuildPhase::Failed, "it took longer than it may".to_owned()),
        Some(sdk::StatusType::Failed | sdk::StatusType::Fault) => (BuildPhase::Failed, why(&build)),
        // A word we do not know is no end.
        Some(other) => return Ok(BuildState::running(other.as_str().into(), since)),
    };
    Ok(BuildState::ended(phase, one_line(&says), since))
}

/// Where its log is; `None`: it has none yet, or not in CloudWatch.
pub(super) async fn log_of(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    project: &Text,
) -> Result<Option<Stream>, Failure> {
    let build = find(clients, region, id, project).await?;
    let stream = build.logs().and_then(|logs| Some((logs.group_name()?, logs.stream_name()?)));
    Ok(stream.map(|(group, stream)| (group.to_owned(), stream.to_owned())))
}

/// The phase that failed, and what CodeBuild says of it.
fn why(build: &sdk::Build) -> String {
    let failed = |phase: &&sdk::BuildPhase| {
        phase.phase_status().is_some_and(|status| *status != sdk::StatusType::Succeeded)
    };
    let Some(phase) = build.phases().iter().find(failed) else { return "CodeBuild gives no reason".into() };
    let name = phase.phase_type().map_or("a phase", sdk::BuildPhaseType::as_str);
    let said = phase.contexts().iter().find_map(|context| {
        let message = context.message().filter(|message| !message.is_empty());
        message.or(context.status_code().filter(|code| !code.is_empty()))
    });
    format!("{name} failed: {}", said.unwrap_or("no reason given"))
}

/// The image by the exported variable; where none was named, by the tag of the image.
async fn succeeded(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    build: &sdk::Build,
) -> Result<BuildState, Failure> {
    let since = time(build.start_time());
    let failed = |why: String| BuildState::ended(BuildPhase::Failed, one_line(&why), since);
    let mut state =
        BuildState { phase: BuildPhase::Succeeded, ..BuildState::running(Text::default(), since) };
    let Some(name) = variable(build, IMAGE) else {
        let mut images = tagged(clients, region, id).await?.into_iter();
        return Ok(match (images.next(), images.next()) {
            (Some(image), None) => BuildState { image: Some(image), ..state },
            (Some(a), Some(b)) => failed(format!("both {a} and {b} are tagged as its image")),
            (None, _) => {
                failed(format!("it ended well, but no image here is tagged {} = {id}", super::tag()))
            }
        });
    };
    let mut exported = build.exported_environment_variables().iter();
    let value = exported.find(|one| one.name() == Some(name)).and_then(|one| one.value()).unwrap_or_default();
    for word in value.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        let (elsewhere, image) = match word.split_once(':') {
            Some((place, image)) => (Some(place).filter(|place| *place != region.raw()), image),
            None => (None, word),
        };
        if super::super::ids::image(&image.into()).is_err() {
            return Ok(failed(format!("its variable {name} holds {image}, which is not the id of an image")));
        }
        let image = ImageId::new(image);
        let other = match elsewhere {
            Some(place) => state.copies.insert(place.into(), image.clone()),
            None => state.image.replace(image.clone()),
        };
        if let Some(other) = other.filter(|other| *other != image) {
            return Ok(failed(format!(
                "its variable {name} holds {other} and {image}, where one was expected"
            )));
        }
    }
    if state.image.is_none() {
        return Ok(failed(format!("it ended well, but exports no image of this region as {name}")));
    }
    Ok(state)
}

/// A variable that the build was given.
fn variable<'a>(build: &'a sdk::Build, name: &str) -> Option<&'a str> {
    let variables = build.environment()?.environment_variables();
    variables.iter().find(|one| one.name() == name).map(sdk::EnvironmentVariable::value)
}

/// The newest first: that is where it is.
async fn find(
    clients: &Clients,
    region: &Region,
    id: &BuildId,
    project: &Text,
) -> Result<sdk::Build, Failure> {
    let mut token = None;
    for _ in 0..PAGES {
        let page = send!(clients.codebuild.list_builds_for_project().project_name(project.raw())
            .sort_order(sdk::SortOrderType::Descending).set_next_token(token);
            CODE_BUILD, "ListBuildsForProject", region)
        .map_err(|trouble| trouble.failure)?;
        for ids in page.ids().chunks(PAGE) {
            let answer = send!(clients.codebuild.batch_get_builds().set_ids(Some(ids.to_vec()));
                CODE_BUILD, "BatchGetBuilds", region)
            .map_err(|trouble| trouble.failure)?;
            let mut builds = answer.builds.unwrap_or_default().into_iter();
            if let Some(build) = builds.find(|build| variable(build, BUILD) == Some(id.raw())) {
                return Ok(build);
            }
        }
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Err(not_found(id, &format!("CodeBuild project {project}")));
        }
    }
    Err(not_among(id, PAGE * PAGES, &format!("builds of {project}")))
}

#[cfg(test)]
mod tests;
