//! Instances by themselves: their tags and their end.

use std::sync::Arc;

use super::super::life::{Event, REACTION};
use super::super::world::{GroupAt, Instance, Moment, Region, World};
use super::{Wrong, missing, wrong};
use crate::fleet::{InstanceId, Tags};
use crate::plan::{CreateTags, Tag, TagImage, TerminateInstances};

/// Tags of one resource, at most [guide: tag restrictions].
const MOST_TAGS: usize = 50;

pub(super) fn tag(world: &mut World, region: usize, tags: &CreateTags, at: Moment) -> Result<(), Wrong> {
    let instance = known(&mut world.regions[region], tags.instance(), at)?;
    instance.tags = Arc::new(with(&instance.tags, &tags.tags)?);
    Ok(())
}

/// Tags an image.
pub(super) fn tag_image(region: &mut Region, tags: &TagImage) -> Result<(), Wrong> {
    let Some(image) = region.images.get_mut(tags.image()).filter(|image| !image.hidden) else {
        return missing(format!("InvalidAMIID.NotFound: the image id '{}' does not exist", tags.image()));
    };
    image.fact.tags = with(&image.fact.tags, &tags.tags)?;
    Ok(())
}

fn with(there: &Tags, more: &[Tag]) -> Result<Tags, Wrong> {
    if let Some(tag) = more.iter().find(|tag| tag.key.raw().starts_with("aws:")) {
        return wrong(format!(
            "InvalidParameterValue: tag keys starting with 'aws:' are reserved: {}",
            tag.key
        ));
    }
    let mut all = there.clone();
    all.extend(more.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    if all.keys().filter(|key| !key.raw().starts_with("aws:")).count() > MOST_TAGS {
        return wrong(format!("TagLimitExceeded: at most {MOST_TAGS} tags"));
    }
    Ok(all)
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
