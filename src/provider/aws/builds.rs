//! Builds that AWS carries: CodeBuild and EC2 Image Builder. Programs of this machine are `provider/build`'s.
//!
//! AWS does not know our name of a build by itself: a variable of the build or a tag of the run carries it, so that any
//! later session finds it again.

mod codebuild;
mod image_builder;
mod log;

use aws_sdk_ec2::types as sdk;

use super::factory::Clients;
use super::permissions::{EC2, OWN_TAGS};
use super::read::send;
use super::trouble::Trouble;
use crate::fleet::{BuildId, Cursor, ImageId, Place, Region, Tail, Text};
use crate::plan::{BuildKey, BuildPhase, BuildState, Builder, BuiltBy, Receipt, StartBuild, StopBuild};
use crate::provider::{Failure, FailureKind};

/// What a build of this machine finds here.
const NOT_HERE: &str = "a program of this machine is not built by AWS";
/// Longest name of a build, which stands in tokens and tags.
const NAME: usize = 64;

/// Reads how far a build is.
pub(super) async fn read(clients: &Clients, region: &Region, key: &BuildKey) -> Result<BuildState, Failure> {
    match &key.by {
        BuiltBy::CodeBuild(project) => codebuild::read(clients, region, &key.id, project).await,
        BuiltBy::ImageBuilder(pipeline) => image_builder::read(clients, region, &key.id, pipeline).await,
        BuiltBy::Packer | BuiltBy::Command => Err(not_here(key)),
    }
}

/// The next part of a build's log: first its newest lines, then what comes.
pub(super) async fn follow(
    clients: &Clients,
    region: &Region,
    key: &BuildKey,
    from: &Cursor,
) -> Result<Tail, Failure> {
    let (place, token) = match log::position(from) {
        Some((place, token)) => (Some(place), Some(token)),
        None => match &key.by {
            BuiltBy::CodeBuild(project) => {
                (codebuild::log_of(clients, region, &key.id, project).await?, None)
            }
            BuiltBy::ImageBuilder(pipeline) => {
                (image_builder::log_of(clients, region, &key.id, pipeline).await?, None)
            }
            BuiltBy::Packer | BuiltBy::Command => return Err(not_here(key)),
        },
    };
    let mut tail = match place {
        Some(place) => log::part(clients, region, place, token).await?,
        None => Tail::default(),
    };
    // Only where nothing came can nothing more come.
    if tail.lines.is_empty() {
        tail.ended = read(clients, region, key).await?.phase != BuildPhase::Running;
    }
    Ok(tail)
}

/// Refuses what AWS does not build, or not there.
pub(super) fn check(place: &Place, start: &StartBuild) -> Result<(), String> {
    named(&start.build)?;
    match &start.builder {
        Builder::CodeBuild(build) => codebuild::check(build),
        Builder::ImageBuilder(run) => image_builder::check(place, &run.pipeline),
        Builder::Packer(_) | Builder::Command(_) => Err(NOT_HERE.into()),
    }
}

/// The same of a build that is to stop.
pub(super) fn check_stop(place: &Place, stop: &StopBuild) -> Result<(), String> {
    named(&stop.build.id)?;
    match &stop.build.by {
        BuiltBy::CodeBuild(project) => codebuild::check_project(project),
        BuiltBy::ImageBuilder(pipeline) => image_builder::check(place, pipeline),
        BuiltBy::Packer | BuiltBy::Command => Err(NOT_HERE.into()),
    }
}

/// Starts a build.
pub(super) async fn start(
    clients: &Clients,
    region: &Region,
    start: &StartBuild,
) -> Result<Receipt, Trouble> {
    match &start.builder {
        Builder::CodeBuild(build) => codebuild::start(clients, region, start, build).await,
        Builder::ImageBuilder(run) => image_builder::start(clients, region, start, &run.pipeline).await,
        Builder::Packer(_) | Builder::Command(_) => Err(trouble(not_here(&start.key()))),
    }
}

/// Stops a build.
pub(super) async fn stop(clients: &Clients, region: &Region, stop: &StopBuild) -> Result<Receipt, Trouble> {
    let id = &stop.build.id;
    match &stop.build.by {
        BuiltBy::CodeBuild(project) => codebuild::stop(clients, region, id, project).await,
        BuiltBy::ImageBuilder(pipeline) => image_builder::stop(clients, region, id, pipeline).await,
        BuiltBy::Packer | BuiltBy::Command => Err(trouble(not_here(&stop.build))),
    }
}

/// The images of this region that carry the name of a build.
async fn tagged(clients: &Clients, region: &Region, build: &BuildId) -> Result<Vec<ImageId>, Failure> {
    let filter = sdk::Filter::builder().name(format!("tag:{}", tag())).values(build.raw()).build();
    let answer = send!(clients.ec2.describe_images().owners("self").filters(filter).include_disabled(true)
        .include_deprecated(true); EC2, "DescribeImages", region)
    .map_err(|trouble| trouble.failure)?;
    Ok(answer.images().iter().filter_map(|image| image.image_id().map(Into::into)).collect())
}

/// The tag that carries the name of a build.
fn tag() -> String {
    format!("{OWN_TAGS}build")
}

fn named(build: &BuildId) -> Result<(), String> {
    let fits = (1..=NAME).contains(&build.raw().len())
        && build.raw().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(()) } else { Err(format!("{build:?} is no name of a build")) }
}

fn not_here(key: &BuildKey) -> Failure {
    Failure::new(FailureKind::NotFound, format!("read build {}", key.id), NOT_HERE, "")
}

/// A build that AWS does not know.
fn not_found(build: &BuildId, by: &str) -> Failure {
    let why = format!("{by} has no build of this name");
    Failure::new(FailureKind::NotFound, format!("read build {build}"), why, "")
}

/// A build that cannot be looked for any further: that it is not there would be a guess.
fn not_among(build: &BuildId, newest: usize, of: &str) -> Failure {
    let why = format!("it is not among the newest {newest} {of}, and older ones are not looked through");
    Failure::new(FailureKind::Other, format!("read build {build}"), why, "look for it in the AWS console")
}

/// A failure that has no code of AWS's.
fn trouble(failure: Failure) -> Trouble {
    Trouble { failure, code: None }
}

/// Sentences of AWS in one line.
fn one_line(says: &str) -> Text {
    /// Most characters of what is said in one line.
    const WIDEST: usize = 300;
    let mut line: String = says.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(WIDEST) {
        line.truncate(end);
        line.push('…');
    }
    line.into()
}

#[cfg(test)]
mod tests;
