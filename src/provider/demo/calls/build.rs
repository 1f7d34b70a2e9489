//! Builds of images: started once under one name, and stopped.

use super::super::world::{Moment, World};
use super::{Wrong, missing, wrong};
use crate::plan::{StartBuild, StopBuild};

pub(super) fn start(world: &mut World, region: usize, start: &StartBuild, at: Moment) -> Result<(), Wrong> {
    if start.family.is_empty() || start.version.is_empty() {
        return wrong("ValidationError: an image has a family and a version");
    }
    if world.regions.iter().any(|region| region.builds.contains_key(&start.build)) {
        return wrong(format!("ResourceAlreadyExistsException: a build {} already exists", start.build));
    }
    world.start_build(region, start.clone(), at);
    Ok(())
}

pub(super) fn stop(world: &mut World, region: usize, stop: &StopBuild, at: Moment) -> Result<(), Wrong> {
    if world.regions[region].build_state(&stop.build, at).is_none() {
        return missing(format!("ResourceNotFoundException: there is no build {}", stop.build.id));
    }
    world.stop_build(region, &stop.build.id, at);
    Ok(())
}
