//! `drill GROUP`: a game day on a leash. One instance that was chosen at random is replaced, or one zone is emptied for
//! a time and given back.
//!
//! Whose zones are changed is rebalanced by AWS: it launches elsewhere first and then ends what stands in the zone, for
//! which a group may be a tenth above its maximum, and it does neither while `AZRebalance` is suspended [Amazon EC2
//! Auto Scaling User Guide, "Rebalancing activities" and "Suspend and resume processes"]. How many it moves at once is
//! not said there, so the plan counts on the zone being lost as a whole.
//!
//! The instance is chosen where the intent is made, by a number that is passed in, so that planning again gives the
//! same plan. Whether a drill is allowed at all is a guard's to say (`drill_allowed`), what it showed is `engine`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, Given, Kind, Move, Writes, refresh, replace, waits};
use crate::fleet::{Cluster, GroupName, Instance, InstanceId, ServerGroup, SubnetId, Verdict, Zone};
use crate::plan::resource::seen;
use crate::plan::{
    Batches, Call, Exercise, Expected, GroupState, Intent, Plan, Reach, Refusal, Resource, State, Subnets,
    UpdateGroup, nearest,
};

/// Longest time until a zone is empty, or a group whole again after it, in seconds.
const LONGEST: u64 = 3_600;

/// Times a zone may be empty, in seconds.
const EMPTY: std::ops::RangeInclusive<u64> = 60..=6 * 3_600;

/// The process that moves instances out of a zone that a group launches in no more [autoscaling: SuspendProcesses].
const REBALANCES: &str = "AZRebalance";

pub(super) fn draft<'a>(
    given: Given<'a>,
    name: &GroupName,
    exercise: &Exercise,
    stop_below: Option<usize>,
) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    let mut draft = match exercise {
        Exercise::Replace { instance } => replace_one(given, group, instance)?,
        Exercise::Empty { zone, seconds } => empty(given.cluster, group, zone, *seconds)?,
    };
    let floor = floor(group, stop_below, given.policy.min_healthy(&given.cluster.id));
    let lowest = draft.reach.as_ref().and_then(|reach| reach.lowest_healthy);
    if let Some(lowest) = lowest.filter(|lowest| *lowest < floor && stop_below.is_some()) {
        return Err(Refusal::new(
            format!("it would stop at once: {lowest} instances of {name} stay healthy on the way"),
            format!("give --stop-below {lowest} or less"),
        ));
    }
    draft.phrase = "drill".into();
    let stops = if draft.back.is_some() { "goes back" } else { "holds" };
    let few = match floor {
        1 => format!("no instance of {name} is healthy"),
        _ => format!("fewer than {floor} instances of {name} are healthy"),
    };
    draft.notes.push(format!("it {stops} as soon as {few}, or a gate of {} is bad", given.cluster.id.name));
    Ok(draft)
}

/// Fewest healthy instances with which a drill goes on: unless it says otherwise, what no plan may go below either.
pub fn floor(group: &ServerGroup, stop_below: Option<usize>, minimum: usize) -> usize {
    let wanted = if group.weighted { 0 } else { usize::try_from(group.desired).unwrap_or(0) };
    stop_below.unwrap_or_else(|| minimum.max(wanted.div_ceil(2)))
}

/// Chooses the instance of a drill: the n-th, counted round, of those in service that are healthy and that nobody
/// protected or took aside.
///
/// # Errors
/// There is none.
pub fn choose(group: &ServerGroup, nth: usize) -> Result<InstanceId, Refusal> {
    let fit: Vec<&Instance> = group.instances.iter().filter(|instance| unfit(instance).is_none()).collect();
    let chosen = nth.checked_rem(fit.len()).and_then(|at| fit.get(at));
    chosen.map(|instance| instance.id.clone()).ok_or_else(|| {
        Refusal::new(
            format!("{} has no instance that a drill may take", group.id.name),
            "it takes healthy ones in service that are neither protected nor taken aside",
        )
    })
}

/// Why a drill does not take an instance.
fn unfit(instance: &Instance) -> Option<String> {
    let id = &instance.id;
    let Some(member) = &instance.membership else { return Some(format!("{id} is in no group")) };
    if member.lifecycle.raw() != "InService" {
        Some(format!("{id} is {}, not in service", member.lifecycle))
    } else if member.protected {
        Some(format!("{id} is protected from scale-in"))
    } else if let Some(why) = instance.quarantine() {
        Some(format!("{id} was taken aside: {why}"))
    } else if !instance.is_running() || instance.health.verdict() != Verdict::Healthy {
        Some(format!("{id} is not healthy"))
    } else {
        None
    }
}

fn replace_one<'a>(given: Given<'a>, group: &'a ServerGroup, id: &InstanceId) -> Result<Draft<'a>, Refusal> {
    let draft = replace::draft(given, &group.id.name, std::slice::from_ref(id), Batches::default())?;
    let instance = group.instances.iter().find(|instance| instance.id == *id);
    match instance.and_then(unfit) {
        Some(why) => Err(Refusal::new(why, "plan the drill again: another one is chosen")),
        None => Ok(draft),
    }
}

fn empty<'a>(
    cluster: &Cluster,
    group: &'a ServerGroup,
    zone: &Zone,
    seconds: u64,
) -> Result<Draft<'a>, Refusal> {
    let name = &group.id.name;
    if !EMPTY.contains(&seconds) {
        return Err(Refusal::new(
            format!("a zone is not emptied for {}", waits::duration(seconds)),
            "give --for a time from 1m to 6h",
        ));
    }
    let left = without(cluster, group, zone)?;
    if group.suspended.iter().any(|process| process.raw() == REBALANCES) {
        return Err(Refusal::new(
            format!("{REBALANCES} of {name} is suspended: nothing would move"),
            format!("resume {REBALANCES} first, in the AWS console or by its CLI"),
        ));
    }
    let inside: Vec<&Instance> =
        group.instances.iter().filter(|instance| instance.zone.as_ref() == Some(zone)).collect();
    let stays = |instance: &&&Instance| {
        instance
            .membership
            .as_ref()
            .is_some_and(|member| member.protected && member.lifecycle.raw() == "InService")
    };
    if let Some(protected) = inside.iter().find(stays) {
        return Err(Refusal::new(
            format!("{} in {zone} is protected from scale-in: it would stay there", protected.id),
            "take its protection away, or empty another zone",
        ));
    }
    let all = Subnets::new(&group.subnets);
    let fewer = Subnets::new(&left);
    let (out, home) = (launch_in(name, fewer.clone()), launch_in(name, all.clone()));
    let healthy_inside = inside.iter().filter(|one| one.health.verdict() == Verdict::Healthy).count();
    let moves = vec![
        Move {
            does: format!(
                "take {zone} from {name}: it launches elsewhere, then ends {} there",
                count(inside.len())
            ),
            writes: Writes::Call {
                call: Box::new(out),
                expects: launches_in(name, all),
                undo: Some(Box::new(home.clone())),
            },
            waits: std::iter::once(waits::emptied(zone, name, LONGEST)).chain(waits::bake(seconds)).collect(),
        },
        Move {
            does: format!("give {zone} back to {name}"),
            writes: Writes::Call {
                call: Box::new(home.clone()),
                expects: launches_in(name, fewer),
                undo: None,
            },
            waits: vec![waits::sized(name, LONGEST)],
        },
    ];
    Ok(Draft {
        source: None,
        group: Some(group),
        kind: Kind::Replace,
        first: Vec::new(),
        moves,
        back: Some(home),
        phrase: String::new(),
        notes: vec![
            format!(
                "an instance that is ended in {zone} does not come back; {name} launches others elsewhere"
            ),
            format!("once {zone} is given back, {name} spreads over its zones by itself, one by one"),
        ],
        reach: Some(Reach {
            instances: inside.len(),
            percent: 0.0,
            // What is left if all of the zone goes before others are there.
            lowest_healthy: replace::healthy(group).map(|healthy| healthy.saturating_sub(healthy_inside)),
            seconds: seconds + 2 * replace::LAUNCH,
            before: None,
        }),
    })
}

fn count(instances: usize) -> String {
    if instances == 1 { "the one instance".into() } else { format!("the {instances} instances") }
}

fn launch_in(group: &GroupName, subnets: Subnets) -> Call {
    Call::UpdateAutoScalingGroup(UpdateGroup {
        group: group.clone(),
        min: None,
        max: None,
        desired: None,
        template: None,
        subnets: Some(subnets),
    })
}

fn launches_in(group: &GroupName, subnets: Subnets) -> Expected {
    let state = State::Group(GroupState { subnets: Some(subnets), ..GroupState::default() });
    Expected { resource: Resource::Group(group.clone()), state }
}

/// The subnets of a group that are not in a zone.
///
/// Which zone a subnet is in is told by the instances of the cluster that stand in it. Where no instance stands in one,
/// the zones that are left over tell it, as every zone of a group has a subnet.
fn without(cluster: &Cluster, group: &ServerGroup, zone: &Zone) -> Result<Vec<SubnetId>, Refusal> {
    let name = &group.id.name;
    if group.subnets.is_empty() {
        return Err(Refusal::new(
            format!("{name} names zones and no subnets"),
            "flightdeck empties zones of groups in a VPC: give the group subnets",
        ));
    }
    if !group.zones.contains(zone) {
        let zones = group.zones.iter().map(ToString::to_string);
        return Err(Refusal::new(
            format!("{name} does not launch in {zone}"),
            nearest::remedy(&zone.to_string(), zones, "its zones are"),
        ));
    }
    if group.zones.len() < 2 {
        return Err(Refusal::new(
            format!("{name} has no other zone than {zone}"),
            "a group of several zones can be drilled so",
        ));
    }
    let stand = cluster.groups.iter().flat_map(|group| &group.instances);
    let known: BTreeMap<&SubnetId, &Zone> = stand
        .filter_map(|instance| Some((instance.facts.as_ref()?.subnet.as_ref()?, instance.zone.as_ref()?)))
        .collect();
    let unknown = group.subnets.iter().filter(|subnet| !known.contains_key(subnet)).count();
    let covered: BTreeSet<&Zone> =
        group.subnets.iter().filter_map(|subnet| known.get(subnet).copied()).collect();
    let bare = group.zones.iter().filter(|zone| !covered.contains(zone)).count();
    if !covered.contains(zone) || unknown != bare {
        return Err(Refusal::new(
            format!(
                "which subnets of {name} are in {zone} cannot be told: no instance stands in some of them"
            ),
            "empty a zone in which the group has instances, or observe again",
        ));
    }
    Ok(group.subnets.iter().filter(|subnet| known.get(subnet).copied() != Some(zone)).cloned().collect())
}

/// What takes back a drill that emptied a zone; `None` where it is a plan of something else.
pub(super) fn back<'a>(given: Given<'a>, plan: &Plan) -> Option<Result<Draft<'a>, Refusal>> {
    let Intent::Drill { group, exercise: Exercise::Empty { zone, .. }, .. } =
        given.history.origin(&plan.intent)
    else {
        return None;
    };
    let home = plan.way_back()?;
    Some(give_back(given, group, zone, home))
}

fn give_back<'a>(given: Given<'a>, name: &GroupName, zone: &Zone, home: &Call) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    let found = seen(given.fleet, given.cluster, &Resource::Group(name.clone()));
    let Some(State::Group(GroupState { subnets: Some(now), .. })) = found else {
        return Err(Refusal::new(format!("the subnets of {name} could not be read"), "observe again"));
    };
    if matches!(home, Call::UpdateAutoScalingGroup(update) if update.subnets.as_ref() == Some(&now)) {
        return Err(Refusal::new(format!("{name} launches in {zone} already"), "nothing to roll back"));
    }
    Ok(Draft {
        source: None,
        group: Some(group),
        kind: Kind::Back,
        first: Vec::new(),
        moves: vec![Move {
            does: format!("give {zone} back to {name}"),
            writes: Writes::Call {
                call: Box::new(home.clone()),
                expects: launches_in(name, now),
                undo: None,
            },
            waits: vec![waits::sized(name, LONGEST)],
        }],
        back: None,
        phrase: "back".into(),
        notes: Vec::new(),
        reach: Some(Reach {
            instances: 0,
            percent: 0.0,
            lowest_healthy: replace::healthy(group),
            seconds: replace::LAUNCH,
            before: None,
        }),
    })
}
