//! Builds that AWS carries: CodeBuild and EC2 Image Builder. Programs of this machine are `provider/build`'s.

use super::factory::Clients;
use super::trouble::Trouble;
use crate::fleet::Region;
use crate::plan::{BuildKey, BuildState, Receipt, StartBuild, StopBuild};
use crate::provider::{Failure, FailureKind};

/// What a build of this machine finds here.
const NOT_HERE: &str = "a program of this machine is not built by AWS";

/// Reads how far a build is.
pub(super) async fn read(
    _clients: &Clients,
    _region: &Region,
    key: &BuildKey,
) -> Result<BuildState, Failure> {
    Err(Failure::new(FailureKind::NotFound, format!("read build {}", key.id), NOT_HERE, ""))
}

/// Refuses what AWS does not build.
pub(super) fn check(_start: &StartBuild) -> Result<(), String> {
    Err(NOT_HERE.into())
}

/// The same of a build that is to stop.
pub(super) fn check_stop(_stop: &StopBuild) -> Result<(), String> {
    Err(NOT_HERE.into())
}

/// Starts a build.
pub(super) async fn start(
    _clients: &Clients,
    region: &Region,
    _start: &StartBuild,
) -> Result<Receipt, Trouble> {
    Err(refused(region))
}

/// Stops a build.
pub(super) async fn stop(_clients: &Clients, region: &Region, _stop: &StopBuild) -> Result<Receipt, Trouble> {
    Err(refused(region))
}

fn refused(region: &Region) -> Trouble {
    let failure = Failure::new(FailureKind::Unsupported, format!("build in {region}"), NOT_HERE, "");
    Trouble { failure, code: None }
}
