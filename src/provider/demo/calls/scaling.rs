//! Groups: their sizes, their configuration, and single instances taken out or given back.

use super::super::life::{Event, REACTION};
use super::super::world::{Group, GroupAt, Instance, Moment, Region, World};
use super::{Wrong, missing, wrong};
use crate::fleet::{GroupName, InstanceId, LaunchSource, TemplateRef, TemplateVersion, Zone};
use crate::plan::{
    DetachInstances, EnterStandby, ExitStandby, SetDesiredCapacity, Subnets, TemplateNumber,
    TerminateInGroup, UpdateGroup,
};
use crate::provider::FailureKind;

/// How AWS begins to say that a configuration cannot be launched.
const UNFORMED: &str = "ValidationError: You must use a valid fully-formed launch template.";

pub(super) fn update(
    world: &mut World,
    region: usize,
    update: &UpdateGroup,
    at: Moment,
) -> Result<(), Wrong> {
    let group_at = group(world, region, &update.group)?;
    let here = &world.regions[region];
    let group = &here.groups[group_at.group];
    let (min, max) = (update.min.unwrap_or(group.fact.min), update.max.unwrap_or(group.fact.max));
    if min < 0 || min > max {
        return wrong(format!(
            "ValidationError: Max bound, {max}, must be greater than or equal to min bound, {min}"
        ));
    }
    // What is not asked for follows the bounds.
    let desired = update.desired.unwrap_or_else(|| group.fact.desired.clamp(min, max));
    if !(min..=max).contains(&desired) {
        return wrong(format!(
            "ValidationError: Desired capacity:{desired} must be between the specified min size:{min} and max \
             size:{max}"
        ));
    }
    let source = update.template.as_ref().map(|number| configuration(here, group, number)).transpose()?;
    let zones = update.subnets.as_ref().map(|subnets| zones(here, subnets)).transpose()?;
    let fact = &mut world.group_mut(group_at).fact;
    (fact.min, fact.desired, fact.max) = (min, desired, max);
    if let (Some(zones), Some(subnets)) = (zones, &update.subnets) {
        (fact.zones, fact.subnets) = (zones, subnets.iter().cloned().collect());
        world.mind_zones(group_at, at);
    }
    let fact = &mut world.group_mut(group_at).fact;
    if let Some(source) = source {
        fact.source = source;
    }
    world.agenda.note(at + REACTION, Event::Reconcile(group_at));
    Ok(())
}

/// The zones of subnets, which have to be there.
fn zones(region: &Region, subnets: &Subnets) -> Result<Vec<Zone>, Wrong> {
    let known = region.zones.iter().zip(&region.subnets);
    let zones: Vec<Zone> = known
        .filter(|(_, subnet)| subnets.iter().any(|one| one == *subnet))
        .map(|(zone, _)| zone.clone())
        .collect();
    if zones.is_empty() || zones.len() < subnets.iter().count() {
        return wrong(format!("ValidationError: The subnet ID '{subnets}' does not exist"));
    }
    Ok(zones)
}

/// The configuration that an update gives a group.
fn configuration(region: &Region, group: &Group, number: &TemplateNumber) -> Result<LaunchSource, Wrong> {
    if group.active_refresh().is_some_and(|refresh| refresh.desired.is_some()) {
        return wrong(
            "ValidationError: An active instance refresh with a desired configuration exists. All configuration \
             options derived from the desired configuration are not available for update while the instance refresh \
             is active.",
        );
    }
    numbered(region, number)
}

/// What a group launches from by a numbered version, which has to be there with an image that can be launched.
pub(super) fn numbered(region: &Region, number: &TemplateNumber) -> Result<LaunchSource, Wrong> {
    let TemplateNumber { id, version } = number;
    let named = TemplateRef { id: Some(id.clone()), name: None, version: TemplateVersion::Number(*version) };
    let Some(found) = region.template(&named) else {
        return wrong(format!("{UNFORMED} Could not find launch template version {version} of {id}."));
    };
    let source = LaunchSource::Template(TemplateRef { name: Some(found.name.clone()), ..named });
    fits(region, &source)?;
    Ok(source)
}

/// Refuses what EC2 would not launch.
pub(super) fn fits(region: &Region, source: &LaunchSource) -> Result<(), Wrong> {
    let launches = region.launches(source);
    let refusal = launches.iter().find_map(|launch| region.refusal(launch));
    match refusal.or_else(|| launches.is_empty().then(|| "It names no image.".to_owned())) {
        None => Ok(()),
        Some(why) => wrong(format!("{UNFORMED} {why}")),
    }
}

pub(super) fn set_desired(
    world: &mut World,
    region: usize,
    set: &SetDesiredCapacity,
    at: Moment,
) -> Result<(), Wrong> {
    let group_at = group(world, region, &set.group)?;
    let fact = &mut world.group_mut(group_at).fact;
    for (over, words, bound) in
        [(set.desired > fact.max, "above max", fact.max), (set.desired < fact.min, "below min", fact.min)]
    {
        if over {
            return wrong(format!(
                "ValidationError: New SetDesiredCapacity value {} is {words} value {bound} for the \
                 AutoScalingGroup.",
                set.desired
            ));
        }
    }
    fact.desired = set.desired;
    world.agenda.note(at + REACTION, Event::Reconcile(group_at));
    Ok(())
}

pub(super) fn terminate(
    world: &mut World,
    region: usize,
    end: &TerminateInGroup,
    at: Moment,
) -> Result<(), Wrong> {
    let id = &end.instance;
    let found = world.regions[region].find(id);
    let Some((Some(group), index)) = found else {
        return missing(format!(
            "ValidationError: Instance Id not found - No managed instance found for instance ID: {id}"
        ));
    };
    let group_at = GroupAt { region, group };
    let group = world.group_mut(group_at);
    owned(group)?;
    let instance = &group.instances[index];
    match instance.lifecycle(at) {
        Some(state) if !state.starts_with("Terminating") && state != "Detaching" => {}
        Some(state) => return wrong(format!("ScalingActivityInProgress: {id} is {state}.")),
        None => {
            return missing(format!(
                "ValidationError: Instance Id not found - No managed instance found for instance ID: {id}"
            ));
        }
    }
    let units = if end.decrement && instance.counts() { instance.units() } else { 0 };
    if units > 0 && group.fact.desired - units < group.fact.min {
        return wrong(format!(
            "ValidationError: Currently, desiredSize equals minSize ({}). Terminating instance without replacement \
             will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or \
             lower group's min size.",
            group.fact.min
        ));
    }
    group.fact.desired -= units;
    world.take_out(group_at, id, at);
    Ok(())
}

pub(super) fn enter_standby(
    world: &mut World,
    region: usize,
    enter: &EnterStandby,
    at: Moment,
) -> Result<(), Wrong> {
    let group_at = group(world, region, &enter.group)?;
    let units = member(world.group(group_at), enter.instance(), &["InService"], at)?.units();
    shrink(world, group_at, "place into standby", if enter.decrement { units } else { 0 })?;
    world.stand_by(group_at, enter.instance(), at);
    Ok(())
}

pub(super) fn exit_standby(
    world: &mut World,
    region: usize,
    exit: &ExitStandby,
    at: Moment,
) -> Result<(), Wrong> {
    let group_at = group(world, region, &exit.group)?;
    let group = world.group(group_at);
    let units = member(group, exit.instance(), &["Standby"], at)?.units();
    if group.fact.desired + units > group.fact.max {
        return wrong(resize(group, "exit standby"));
    }
    world.return_to_service(group_at, exit.instance(), at);
    Ok(())
}

pub(super) fn detach(
    world: &mut World,
    region: usize,
    detach: &DetachInstances,
    at: Moment,
) -> Result<(), Wrong> {
    let group_at = group(world, region, &detach.group)?;
    let instance = member(world.group(group_at), detach.instance(), &["InService", "Standby"], at)?;
    let units = if detach.decrement && instance.counts() { instance.units() } else { 0 };
    shrink(world, group_at, "detach", units)?;
    world.detach(group_at, detach.instance(), at);
    Ok(())
}

/// A group that its owner alone may change, and that is not on its way out.
pub(super) fn group(world: &World, region: usize, name: &GroupName) -> Result<GroupAt, Wrong> {
    let Some(group) = world.regions[region].group(name) else {
        return missing(format!(
            "ValidationError: AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"
        ));
    };
    let at = GroupAt { region, group };
    owned(world.group(at))?;
    Ok(at)
}

fn owned(group: &Group) -> Result<(), Wrong> {
    let name = &group.fact.name;
    if let Some(operator) = &group.fact.operator {
        return Err((FailureKind::Denied, format!("AccessDenied: {name} is operated by {operator}")));
    }
    match &group.fact.status {
        Some(_) => wrong(format!("ValidationError: {name} is pending delete")),
        None => Ok(()),
    }
}

fn member<'a>(group: &'a Group, id: &InstanceId, states: &[&str], at: Moment) -> Result<&'a Instance, Wrong> {
    let found = group.instances.iter().find(|instance| instance.id == *id);
    match found.and_then(|instance| Some((instance, instance.lifecycle(at)?))) {
        None => missing(format!(
            "ValidationError: The instance {id} is not part of Auto Scaling group {}.",
            group.fact.name
        )),
        Some((instance, word)) if states.contains(&word) => Ok(instance),
        Some(_) => wrong(format!("ValidationError: The instance {id} is not in {}.", states.join(" or "))),
    }
}

fn shrink(world: &mut World, at: GroupAt, verb: &str, units: i32) -> Result<(), Wrong> {
    let group = world.group_mut(at);
    if units > 0 && group.fact.desired - units < group.fact.min {
        return wrong(resize(group, verb));
    }
    group.fact.desired -= units;
    Ok(())
}

fn resize(group: &Group, verb: &str) -> String {
    let fact = &group.fact;
    format!(
        "ValidationError: AutoScalingGroup {} has min-size={}, max-size={}, and desired-size={}. To {verb} 1 \
         instance(s), please update the AutoScalingGroup sizes appropriately.",
        fact.name, fact.min, fact.max, fact.desired
    )
}
