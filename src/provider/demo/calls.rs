//! Changes, checked as AWS checks them and applied to the world.
//!
//! What AWS would refuse is refused here too, with its error code first, so that a mistake in a plan shows up in the
//! demo and in the property tests.

mod balancing;
mod build;
mod compute;
mod refresh;
mod scaling;
mod standing;
mod template;

use super::world::{Moment, World};
use crate::fleet::Actions;
use crate::plan::Call;
use crate::provider::{Failure, FailureKind};

/// Applies a call to a region and returns the actions as they now read back, where it writes any.
pub(super) fn apply(world: &mut World, region: usize, call: &Call, at: Moment) -> Result<Actions, Failure> {
    carry(world, region, call, at).map_err(|(kind, why)| {
        let what = format!("{} {}", call.operation(), call.resource());
        Failure::new(kind, what, why, "nothing was changed; look again")
    })
}

type Wrong = (FailureKind, String);

fn wrong<T>(why: impl Into<String>) -> Result<T, Wrong> {
    Err((FailureKind::Other, why.into()))
}

fn missing<T>(why: impl Into<String>) -> Result<T, Wrong> {
    Err((FailureKind::NotFound, why.into()))
}

fn carry(world: &mut World, region: usize, call: &Call, at: Moment) -> Result<Actions, Wrong> {
    match call {
        Call::ModifyListener { .. } | Call::ModifyRule { .. } => {
            let Some(source) = call.source() else { return wrong("ValidationError: nothing to write to") };
            return balancing::write(world, region, (&source, call.actions()), at);
        }
        Call::CreateTargetGroup(create) => standing::create_target_group(world, region, create)?,
        Call::ModifyTargetGroupAttributes(modify) => standing::set_attributes(world, region, modify)?,
        Call::DeleteTargetGroup(delete) => {
            standing::delete_target_group(world, region, &delete.target_group, at)?;
        }
        Call::UpdateAutoScalingGroup(update) => scaling::update(world, region, update, at)?,
        Call::SetDesiredCapacity(set) => scaling::set_desired(world, region, set, at)?,
        Call::TerminateInstanceInAutoScalingGroup(end) => scaling::terminate(world, region, end, at)?,
        Call::EnterStandby(enter) => scaling::enter_standby(world, region, enter, at)?,
        Call::ExitStandby(exit) => scaling::exit_standby(world, region, exit, at)?,
        Call::DetachInstances(detach) => scaling::detach(world, region, detach, at)?,
        Call::CreateAutoScalingGroup(create) => standing::create(world, region, create, at)?,
        Call::DeleteAutoScalingGroup(delete) => standing::delete(world, region, &delete.group, at)?,
        Call::CreateTags(tags) => compute::tag(world, region, tags, at)?,
        Call::TerminateInstances(end) => compute::terminate(world, region, end, at)?,
        Call::StartInstanceRefresh(start) => refresh::start(world, region, start, at)?,
        Call::CancelInstanceRefresh(of) => refresh::cancel(world, region, of, at)?,
        Call::RollbackInstanceRefresh(of) => refresh::roll_back(world, region, of, at)?,
        Call::CreateLaunchTemplateVersion(create) => {
            template::create_version(&mut world.regions[region], create)?;
        }
        Call::TagImage(tags) => compute::tag_image(&mut world.regions[region], tags)?,
        Call::StartBuild(start) => build::start(world, region, start, at)?,
        Call::StopBuild(stop) => build::stop(world, region, stop, at)?,
    }
    Ok(Actions::new())
}
