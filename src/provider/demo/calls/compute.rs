//! Instances by themselves: their tags and their end.

use std::sync::Arc;

use super::super::life::{Event, REACTION};
use super::super::world::{GroupAt, Instance, Moment, Region, World};
use super::{Wrong, missing, wrong};
use crate::fleet::InstanceId;
use crate::plan::{CreateTags, TerminateInstances};

/// Tags of one resource, at most [guide: tag restrictions].
const MOST_TAGS: usize = 50;

pub(super) fn tag(world: &mut World, region: usize, tags: &CreateTags, at: Moment) -> Result<(), Wrong> {
    if let Some(tag) = tags.tags.iter().find(|tag| tag.key.raw().starts_with("aws:")) {
        return wrong(format!(
            "InvalidParameterValue: tag keys starting with 'aws:' are reserved: {}",
            tag.key
        ));
    }
    let instance = known(&mut world.regions[region], tags.instance(), at)?;
    let mut all = (*instance.tags).clone();
    all.extend(tags.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    if all.keys().filter(|key| !key.raw().starts_with("aws:")).count() > MOST_TAGS {
        return wrong(format!("TagLimitExceeded: at most {MOST_TAGS} tags"));
    }
    instance.tags = Arc::new(all);
    Ok(())
}

/// Ends an instance at once, past its group, where it has one.
pub(super) fn terminate(
    world: &mut World,
    region: usize,
    end: &TerminateInstances,
    at: Moment,
) -> Result<(), Wrong> {
    let here = &mut world.regions[region];
    let instance = known(here, end.instance(), at)?;
    instance.drained = Some(instance.drained.map_or(at, |drained| drained.min(at)));
    if let Some((Some(group), _)) = here.find(end.instance()) {
        world.agenda.note(at + REACTION, Event::Reconcile(GroupAt { region, group }));
    }
    Ok(())
}

fn known<'a>(region: &'a mut Region, id: &InstanceId, at: Moment) -> Result<&'a mut Instance, Wrong> {
    match region.instance_mut(id).filter(|instance| instance.state(at).is_some()) {
        Some(instance) => Ok(instance),
        None => missing(format!("InvalidInstanceID.NotFound: the instance ID '{id}' does not exist")),
    }
}
