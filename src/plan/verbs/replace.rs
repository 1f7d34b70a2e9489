//! `replace INSTANCE…`: phoenix. Chosen instances of one group are ended one after the other; the group drains each,
//! launches another from its saved configuration, and the next is ended only when the group is whole and healthy again.
//! Capacity is short by one meanwhile, which the plan counts.

use super::{Draft, Given, Kind, Move, Writes, refresh, waits};
use crate::fleet::{GroupName, Instance, InstanceId, InstanceState, ServerGroup, Verdict};
use crate::plan::{Call, Expected, InstanceMark, Reach, Refusal, Resource, State, TerminateInGroup, nearest};

/// Time until an instance that was launched is healthy, as far as can be told before, in seconds.
pub(super) const LAUNCH: u64 = 300;

/// Longest time in which one instance is replaced, beside its draining, in seconds.
const LONGEST: u64 = 1_800;

/// How long targets drain where nobody says [elbv2: TargetGroupAttribute], in seconds.
const DRAINING: u64 = 300;

pub(super) fn draft<'a>(
    given: Given<'a>,
    name: &GroupName,
    instances: &[InstanceId],
) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    if instances.is_empty() {
        return Err(Refusal::new("no instance is named", "name the instances that are to be replaced"));
    }
    let mut chosen: Vec<&Instance> = Vec::new();
    for id in instances {
        let instance = member(group, id)?;
        if chosen.iter().any(|other| other.id == *id) {
            return Err(Refusal::new(format!("{id} is named twice"), "name each instance once"));
        }
        chosen.push(instance);
    }
    let draining = draining(given, group);
    let moves = chosen.iter().map(|instance| one(group, instance, draining + LONGEST)).collect();
    let mut notes = vec![format!(
        "an instance that is ended does not come back; {name} launches another from what it has saved"
    )];
    let protected: Vec<String> = chosen
        .iter()
        .filter(|instance| instance.membership.as_ref().is_some_and(|member| member.protected))
        .map(|instance| instance.id.to_string())
        .collect();
    if !protected.is_empty() {
        notes.push(format!(
            "protected from scale-in, which does not keep them here: {}",
            protected.join(", ")
        ));
    }
    let sound = |instance: &Instance| instance.health.verdict() == Verdict::Healthy;
    let short = usize::from(chosen.iter().any(|instance| sound(instance)));
    let phrase = match chosen.as_slice() {
        [only] => only.id.raw().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect(),
        _ => format!("replace {}", chosen.len()),
    };
    Ok(Draft {
        source: None,
        group: Some(group),
        kind: Kind::Replace,
        first: Vec::new(),
        moves,
        back: None,
        phrase,
        notes,
        reach: Some(Reach {
            instances: chosen.len(),
            percent: 0.0,
            lowest_healthy: healthy(group).map(|healthy| healthy.saturating_sub(short)),
            seconds: (draining + LAUNCH).saturating_mul(chosen.len() as u64),
            before: None,
        }),
    })
}

/// Ends one instance, and waits until the group is whole again.
fn one(group: &ServerGroup, instance: &Instance, longest: u64) -> Move {
    let (name, id) = (&group.id.name, &instance.id);
    let mark = InstanceMark {
        group: Some(name.clone()),
        lifecycle: instance.membership.as_ref().map(|member| member.lifecycle.clone()),
        state: instance.state.as_ref().map(|state| state.word().as_str().into()),
        ..InstanceMark::default()
    };
    Move {
        does: format!("replace {id} of {name}"),
        writes: Writes::Call {
            call: Box::new(Call::TerminateInstanceInAutoScalingGroup(TerminateInGroup {
                instance: id.clone(),
                decrement: false,
            })),
            expects: Expected { resource: Resource::Instance(id.clone()), state: State::Instance(mark) },
            undo: None,
        },
        waits: vec![waits::replaced(id, name, longest)],
    }
}

/// An instance that its group can replace.
fn member<'a>(group: &'a ServerGroup, id: &InstanceId) -> Result<&'a Instance, Refusal> {
    let name = &group.id.name;
    let instance = group.instances.iter().find(|instance| instance.id == *id).ok_or_else(|| {
        let ids = group.instances.iter().map(|instance| instance.id.to_string());
        Refusal::new(
            format!("{name} has no instance {id}"),
            nearest::remedy(&id.to_string(), ids, "its instances are"),
        )
    })?;
    let lifecycle = instance.membership.as_ref().map(|member| member.lifecycle.raw());
    match lifecycle {
        Some("InService") => Ok(instance),
        Some("Standby") => Err(Refusal::new(
            format!("{id} is in standby: the group would not replace it"),
            "bring it back into service, or terminate it where it stands",
        )),
        Some(other) if other.starts_with("Warmed") => Err(Refusal::new(
            format!("{id} belongs to the warm pool of {name}"),
            "name one that is in service",
        )),
        other => Err(Refusal::new(
            format!("{id} is {} in {name}", other.unwrap_or("of unknown state")),
            "wait until it is in service, or observe again",
        )),
    }
}

/// Healthy instances that run; `None` where the health of one is not known.
pub(in crate::plan) fn healthy(group: &ServerGroup) -> Option<usize> {
    let mut healthy = 0;
    for instance in &group.instances {
        match instance.health.verdict() {
            Verdict::Unknown => return None,
            Verdict::Healthy if instance.state == Some(InstanceState::Running) => healthy += 1,
            _ => {}
        }
    }
    Some(healthy)
}

/// The longest time a target of the group drains.
fn draining(given: Given<'_>, group: &ServerGroup) -> u64 {
    let delays = group.target_groups.iter().map(|arn| {
        let attributes = given.fleet.target_groups.get(arn).and_then(|group| group.attributes.as_ref());
        attributes.map_or(DRAINING, |attributes| u64::from(attributes.deregistration_delay))
    });
    delays.max().unwrap_or(0)
}
