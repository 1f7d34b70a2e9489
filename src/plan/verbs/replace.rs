//! `replace INSTANCE…`: phoenix. Chosen instances of one group are ended one after the other, or so many at once; the
//! group drains them, launches others from its saved configuration, and the next are ended only when it is whole and
//! healthy again. Capacity is short by as many meanwhile, which the plan counts; where too few would be left, or where
//! it is asked for, as many are launched first.

use std::collections::HashSet;

use super::{Draft, Given, Kind, Move, Writes, refresh, waits};
use crate::fleet::{Cluster, GroupName, Instance, InstanceId, InstanceState, ServerGroup, Verdict};
use crate::plan::{
    Batches, Call, Expected, GroupState, InstanceMark, Policy, Reach, Refusal, Resource, SetDesiredCapacity,
    Sizes, State, TerminateInGroup, UpdateGroup, nearest,
};

/// Time until an instance that was launched is healthy, as far as can be told before, in seconds.
pub(super) const LAUNCH: u64 = 300;

/// Longest time in which instances are launched, or replaced, beside its draining, in seconds.
pub(super) const LONGEST: u64 = 1_800;

/// How long targets drain where nobody says [elbv2: TargetGroupAttribute], in seconds.
const DRAINING: u64 = 300;

pub(super) fn draft<'a>(
    given: Given<'a>,
    name: &GroupName,
    instances: &[InstanceId],
    batches: Batches,
) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    let chosen = chosen(group, instances)?;
    if batches.at_once == 0 {
        return Err(Refusal::new("0 instances at once are none", "replace at least one at a time"));
    }
    let size = batches.at_once.min(chosen.len());
    // The rest comes first: what is launched before is as many as the last batch, which goes without successors.
    let (first, full) = chosen.split_at(chosen.len() % size);
    let rounds: Vec<&[&Instance]> =
        std::iter::once(first).filter(|first| !first.is_empty()).chain(full.chunks(size)).collect();
    let draining = draining(given, group);
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
    let falls_short = falls_short(given, group, size);
    let spare = if batches.launch_first || falls_short { Some(Spare::of(group, size)?) } else { None };
    let mut moves: Vec<Move> = Vec::new();
    for (round, ended) in (1..).zip(&rounds) {
        let without_successor = spare.is_some() && round == rounds.len();
        for instance in *ended {
            moves.push(one(group, instance, without_successor));
        }
        if let Some(last) = moves.last_mut() {
            let ids: Vec<String> = ended.iter().map(|instance| instance.id.to_string()).collect();
            last.waits = vec![waits::replaced(&ids.join(", "), ended.len(), name, draining + LONGEST)];
        }
    }
    let healthy = healthy(group);
    let sound = |round: &&[&Instance]| {
        round.iter().filter(|instance| instance.health.verdict() == Verdict::Healthy).count()
    };
    let most = rounds.iter().map(sound).max().unwrap_or(0);
    let lowest_healthy =
        healthy.map(|healthy| healthy.saturating_sub(if spare.is_some() { 0 } else { most }));
    if let Some(spare) = spare {
        let why = if falls_short { "too few would be left meanwhile" } else { "so that it is never short" };
        notes.push(format!("{name} launches {size} more first: {why}"));
        notes.push(format!(
            "an abort gives {name} its size back: AWS chooses which end then, and may balance zones by itself"
        ));
        moves.splice(0..0, [spare.launch(group)]);
        moves.extend(spare.give_back(group));
    }
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
            lowest_healthy,
            seconds: (draining + LAUNCH).saturating_mul(rounds.len() as u64),
            before: None,
        }),
    })
}

/// The instances that are named, each once and each one that its group can replace.
fn chosen<'a>(group: &'a ServerGroup, instances: &[InstanceId]) -> Result<Vec<&'a Instance>, Refusal> {
    if instances.is_empty() {
        return Err(Refusal::new("no instance is named", "name the instances that are to be replaced"));
    }
    let mut chosen: Vec<&Instance> = Vec::new();
    let mut named = HashSet::new();
    for id in instances {
        if !named.insert(id) {
            return Err(Refusal::new(format!("{id} is named twice"), "name each instance once"));
        }
        chosen.push(member(group, id)?);
    }
    Ok(chosen)
}

/// Whether too few instances would carry the traffic while so many are gone, by their number: health is the guards'
/// business.
fn falls_short(given: Given<'_>, group: &ServerGroup, at_once: usize) -> bool {
    let carries = group.live || given.cluster.traffic.is_empty();
    let count = group.instances.len();
    carries && !group.weighted && count.saturating_sub(at_once) < enough(given.policy, given.cluster, count)
}

/// Healthy instances that a live group of this many keeps, whatever is done to it.
pub(in crate::plan) fn enough(policy: &Policy, cluster: &Cluster, count: usize) -> usize {
    policy.min_healthy(&cluster.id).max(count.div_ceil(2))
}

/// Ends one instance; its group launches another, or is one smaller.
fn one(group: &ServerGroup, instance: &Instance, decrement: bool) -> Move {
    let (name, id) = (&group.id.name, &instance.id);
    let mark = InstanceMark {
        group: Some(name.clone()),
        lifecycle: instance.membership.as_ref().map(|member| member.lifecycle.clone()),
        state: instance.state.as_ref().map(|state| state.word().as_str().into()),
        ..InstanceMark::default()
    };
    let does = if decrement {
        format!("end {id} of {name}, which is replaced")
    } else {
        format!("replace {id} of {name}")
    };
    Move {
        does,
        writes: Writes::Call {
            call: Box::new(Call::TerminateInstanceInAutoScalingGroup(TerminateInGroup {
                instance: id.clone(),
                decrement,
            })),
            expects: Expected { resource: Resource::Instance(id.clone()), state: State::Instance(mark) },
            undo: None,
        },
        waits: Vec::new(),
    }
}

/// Instances that are launched before the first is ended. The group is that much larger until the last batch, which is
/// ended without successors: so the group never chooses by itself what ends.
#[derive(Clone, Copy)]
struct Spare {
    before: Sizes,
    with: Sizes,
}

impl Spare {
    fn of(group: &ServerGroup, more: usize) -> Result<Self, Refusal> {
        let name = &group.id.name;
        if group.weighted {
            return Err(Refusal::new(
                format!(
                    "{name} counts capacity units, which are not instances: nothing can be launched first"
                ),
                "scale it first, replace, and scale it back",
            ));
        }
        let before = Sizes { min: group.min, desired: group.desired, max: group.max };
        let desired = i32::try_from(more).ok().and_then(|more| before.desired.checked_add(more));
        let desired = desired.ok_or_else(|| Refusal::new("that is too many at once", "name fewer"))?;
        Ok(Self { before, with: Sizes { desired, max: before.max.max(desired), ..before } })
    }

    fn raises_max(self) -> bool {
        self.with.max != self.before.max
    }

    /// The group gets as many more as are ended together, and has them.
    fn launch(self, group: &ServerGroup) -> Move {
        let name = &group.id.name;
        let call = |to: Sizes| {
            if !self.raises_max() {
                return Call::SetDesiredCapacity(SetDesiredCapacity {
                    group: name.clone(),
                    desired: to.desired,
                });
            }
            Call::UpdateAutoScalingGroup(UpdateGroup {
                group: name.clone(),
                min: None,
                max: Some(to.max),
                desired: Some(to.desired),
                template: None,
                subnets: None,
            })
        };
        let most = if self.raises_max() { format!(", {} at most", self.with.max) } else { String::new() };
        let state = GroupState { sizes: Some(self.before), ..GroupState::default() };
        Move {
            does: format!("launch first: {name} {} → {}{most}", self.before.desired, self.with.desired),
            writes: Writes::Call {
                call: Box::new(call(self.with)),
                expects: Expected { resource: Resource::Group(name.clone()), state: State::Group(state) },
                undo: Some(Box::new(call(self.before))),
            },
            waits: vec![waits::sized(name, LONGEST)],
        }
    }

    /// The group gets its largest size back, where that was too small.
    fn give_back(self, group: &ServerGroup) -> Option<Move> {
        let name = &group.id.name;
        let sizes = Sizes { desired: self.before.desired, ..self.with };
        let state = GroupState { sizes: Some(sizes), ..GroupState::default() };
        self.raises_max().then(|| Move {
            does: format!("give {name} its largest size of {} back", self.before.max),
            writes: Writes::Call {
                call: Box::new(Call::UpdateAutoScalingGroup(UpdateGroup {
                    group: name.clone(),
                    min: None,
                    max: Some(self.before.max),
                    desired: None,
                    template: None,
                    subnets: None,
                })),
                expects: Expected { resource: Resource::Group(name.clone()), state: State::Group(state) },
                undo: None,
            },
            waits: Vec::new(),
        })
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

/// Healthy instances that run and are not set aside; `None` where the health of one is not known.
pub(in crate::plan) fn healthy(group: &ServerGroup) -> Option<usize> {
    let mut healthy = 0;
    for instance in group.instances.iter().filter(|instance| !instance.stands_by()) {
        match instance.health.verdict() {
            Verdict::Unknown => return None,
            Verdict::Healthy if instance.state == Some(InstanceState::Running) => healthy += 1,
            _ => {}
        }
    }
    Some(healthy)
}

/// The longest time a target of the group drains.
pub(super) fn draining(given: Given<'_>, group: &ServerGroup) -> u64 {
    let delays = group.target_groups.iter().map(|arn| {
        let attributes = given.fleet.target_groups.get(arn).and_then(|group| group.attributes.as_ref());
        attributes.map_or(DRAINING, |attributes| u64::from(attributes.deregistration_delay))
    });
    delays.max().unwrap_or(0)
}
