//! Groups and target groups made like another, and deleted. A deleted one keeps its place in the list, for what is on the agenda names
//! groups by it; it is told of until its last instance is gone.

use super::super::life::{Event, REACTION};
use super::super::world::{Group, GroupAt, Moment, TargetGroup, World};
use super::scaling::{group, numbered};
use super::{Wrong, missing, wrong};
use crate::fleet::{
    GroupFact, GroupName, InstanceId, TargetGroupArn, TargetGroupAttributes, TargetGroupFact,
};
use crate::plan::{CreateGroup, CreateTargetGroup, ModifyAttributes};

/// AWS's word for a group that is on its way out.
const DELETING: &str = "Delete in progress";

pub(super) fn create(
    world: &mut World,
    region: usize,
    create: &CreateGroup,
    at: Moment,
) -> Result<(), Wrong> {
    let (now, here) = (world.time(at), &world.regions[region]);
    let before = here.group(&create.group).map(|group| &here.groups[group]);
    if before.is_some_and(|group| group.is_told_of(at)) {
        return wrong(format!(
            "AlreadyExists: AutoScalingGroup by this name already exists - A group with the name {} already exists",
            create.group
        ));
    }
    let Some(like) = here.group(&create.like).map(|group| &here.groups[group].fact) else {
        return missing(format!("ValidationError: AutoScalingGroup name not found - {}", create.like));
    };
    if let Some(arn) = create.target_groups.iter().find(|arn| !here.target_groups.contains_key(arn)) {
        return wrong(format!("ValidationError: target group {arn} not found"));
    }
    let fact = GroupFact {
        name: create.group.clone(),
        min: 0,
        desired: 0,
        max: create.max,
        source: numbered(here, &create.template)?,
        target_groups: create.target_groups.clone(),
        members: Vec::new(),
        suspended: Vec::new(),
        status: None,
        operator: None,
        created_at: Some(now),
        ..like.clone()
    };
    // Its instances are others than those of a group of this name that was deleted.
    let (launches, mishaps) = before.map_or((0, 0), |group| (group.launches, group.mishaps));
    world.regions[region].groups.push(Group {
        fact,
        instances: Vec::new(),
        refreshes: Vec::new(),
        run: None,
        ahead: 0,
        strained: false,
        launches,
        mishaps,
    });
    Ok(())
}

pub(super) fn delete(world: &mut World, region: usize, name: &GroupName, at: Moment) -> Result<(), Wrong> {
    let group_at: GroupAt = group(world, region, name)?;
    let group = world.group_mut(group_at);
    (group.fact.min, group.fact.desired, group.fact.max) = (0, 0, 0);
    group.fact.status = Some(DELETING.into());
    let members: Vec<InstanceId> = group.instances.iter().map(|instance| instance.id.clone()).collect();
    for id in &members {
        world.take_out(group_at, id, at);
    }
    world.agenda.note(at + REACTION, Event::Reconcile(group_at));
    Ok(())
}

/// Attributes that AWS gives a target group.
const GIVEN: [(&str, &str); 4] = [
    ("deregistration_delay.timeout_seconds", "300"),
    ("slow_start.duration_seconds", "0"),
    ("stickiness.enabled", "false"),
    ("load_balancing.algorithm.type", "round_robin"),
];

pub(super) fn create_target_group(
    world: &mut World,
    region: usize,
    create: &CreateTargetGroup,
) -> Result<(), Wrong> {
    let here = &world.regions[region];
    let Some(like) = here.target_groups.get(&create.like) else {
        return missing(format!("TargetGroupNotFound: {} is not there", create.like));
    };
    if here.target_groups.values().any(|group| group.fact.name == create.name) {
        return wrong(format!("DuplicateTargetGroupName: {} exists already", create.name));
    }
    let (port, target_type) = (like.port, like.fact.target_type.clone());
    let hex = world.chance.hex(&format!("target group made {}", create.name.raw()));
    let head = create.like.raw().split('/').next().unwrap_or_default();
    let arn = TargetGroupArn::new(format!("{head}/{}/{hex}", create.name.raw()));
    let fact = TargetGroupFact {
        arn: arn.clone(),
        name: create.name.clone(),
        target_type,
        load_balancers: Vec::new(),
    };
    let given = GIVEN.map(|(key, value)| (key.into(), value.into()));
    let attributes = TargetGroupAttributes::of(given.into());
    let group = TargetGroup { fact, attributes, port, in_use: None };
    world.regions[region].target_groups.insert(arn, group);
    Ok(())
}

pub(super) fn set_attributes(
    world: &mut World,
    region: usize,
    modify: &ModifyAttributes,
) -> Result<(), Wrong> {
    let Some(group) = world.regions[region].target_groups.get_mut(&modify.target_group) else {
        return missing(format!("TargetGroupNotFound: {} is not there", modify.target_group));
    };
    let mut written = group.attributes.written.clone();
    written.extend(modify.attributes.iter().map(|one| (one.key.clone(), one.value.clone())));
    group.attributes = TargetGroupAttributes::of(written);
    Ok(())
}

pub(super) fn delete_target_group(
    world: &mut World,
    region: usize,
    arn: &TargetGroupArn,
    at: Moment,
) -> Result<(), Wrong> {
    let here = &mut world.regions[region];
    if here.target_groups.get(arn).is_some_and(|group| group.in_use.is_some()) {
        return wrong(format!("ResourceInUse: {arn} is in use by a listener or a rule"));
    }
    if here.delete_target_group(arn, at) {
        Ok(())
    } else {
        missing(format!("TargetGroupNotFound: {arn} is not there"))
    }
}
