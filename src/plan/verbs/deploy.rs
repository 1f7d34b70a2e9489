//! `deploy CLUSTER --image AMI`: blue/green from an image. The side that takes no traffic gets the image and as much as
//! the live one has, while its weight is 0; then it gets the traffic, in one call or in steps that are watched. The old
//! side stays warm for a time, and ends only where that was asked for.
//!
//! Before traffic moves an abort takes back nothing but a refresh that runs; afterwards it puts the traffic back.

use super::refresh::{known, launches_from, new_version, next};
use super::{Draft, Given, Kind, Move, refresh, replace, scale, shift, source, stand_up, sticky_note, waits};
use crate::fleet::{Cluster, Fleet, GroupName, ImageId, ServerGroup, SourceArn, TrafficSource};
use crate::plan::{
    Knobs, Percent, Reach, RefreshTo, Refusal, Sizes, Stepped, TemplateChanges, TemplateNumber, Wait,
    WaitFor, duration, nearest,
};

/// What is asked of a deployment.
pub(super) struct Asked<'a> {
    pub group: &'a GroupName,
    pub image: &'a ImageId,
    pub steps: Option<&'a Stepped>,
    pub retire: bool,
    pub source: Option<&'a SourceArn>,
}

pub(super) fn draft<'a>(given: Given<'a>, asked: &Asked<'_>) -> Result<Draft<'a>, Refusal> {
    let (cluster, policy, id) = (given.cluster, given.policy, &given.cluster.id);
    let source = source::choose(cluster, asked.source)?;
    let idle = known(given, asked.group)?;
    let name = &idle.id.name;
    if cluster.traffic.iter().any(|source| source.group_percent(name) > 0.0) {
        return Err(Refusal::new(
            format!("{name} takes traffic, and a deployment makes a side ready that takes none"),
            "refresh it instead, or deploy to another group",
        ));
    }
    let live = live_side(cluster, source)?;
    let mut notes = Vec::new();
    let (ready, seconds) = ready(given, idle, live, asked.image, &mut notes)?;
    let asks = policy.manual_gate(id);
    let bake = asked.steps.map_or(policy.bake(id), |steps| steps.bake);
    let mut traffic =
        shift::moves(given, source, name, Percent::ALL, asked.steps.map_or(&[], |steps| &steps.at))?;
    let mut moves = Vec::new();
    if given.stands_up == Some(name) {
        moves.extend(stand_up::target_groups(given.fleet, idle, live));
        moves.push(stand_up::making(idle, &live.id.name, launches_from(given, idle)?.saved));
        notes.extend(stand_up::notes(idle, live));
        notes.push(format!(
            "an abort deletes {name}, and a target group made for it, again before it gets traffic; afterwards the \
             traffic goes back and they stay"
        ));
    }
    // Where it is in no action it is put in first, so that it is health-checked while it is made ready.
    if traffic.first().is_some_and(|one| one.waits.iter().any(|wait| wait.what == WaitFor::Healthy)) {
        let mut first = traffic.remove(0);
        if !ready.is_empty() {
            first.waits.clear();
        }
        moves.push(first);
    }
    moves.extend(ready);
    if asks && let Some(last) = moves.last_mut() {
        last.waits.push(waits::person());
    }
    let last = traffic.len().saturating_sub(1);
    for (n, one) in traffic.iter_mut().enumerate() {
        one.waits.extend(waits::bake(bake));
        if asks && n < last {
            one.waits.push(waits::person());
        }
    }
    shift::settle_last(given, source, &mut traffic);
    moves.extend(traffic);
    let warm = policy.keep_warm(id).max(bound(source));
    if asked.retire {
        retire(live, warm, asks, &mut moves)?;
        notes.push(format!(
            "{} ends last, {} after all of the traffic is on {name}; then a rollback has to launch it again",
            live.id.name,
            duration(warm)
        ));
        notes.extend(scale::sets_itself(live));
    } else {
        notes.push(format!(
            "{} stays up: keep it for {}, then `flightdeck plan scale {} 0 --min 0`",
            live.id.name,
            duration(warm),
            live.id.name
        ));
    }
    notes.extend(sticky_note(source));
    let watched = |wait: &&Wait| matches!(wait.what, WaitFor::Settled | WaitFor::Bake);
    let waits = moves.iter().flat_map(|one| &one.waits).filter(watched).map(|wait| wait.seconds).sum::<u64>();
    let size = usize::try_from(live.desired).unwrap_or(0);
    Ok(Draft {
        source: Some(source),
        group: Some(idle),
        kind: if asked.steps.is_some() { Kind::Shift } else { Kind::Switch },
        first: Vec::new(),
        moves,
        back: None,
        phrase: "deploy".into(),
        notes,
        reach: Some(Reach {
            instances: idle.instances.len() + live.instances.len(),
            percent: 100.0,
            lowest_healthy: replace::healthy(live).map(|healthy| healthy.min(size)),
            seconds: seconds.saturating_add(waits),
            before: None,
        }),
    })
}

/// The group that a deployment goes to where none is named: the only one of the cluster that takes no traffic, or the
/// one that would be made.
///
/// # Errors
/// Every group takes traffic and none can be made, or several take none.
pub fn idle_group(fleet: &Fleet, cluster: &Cluster) -> Result<GroupName, Refusal> {
    let name = &cluster.id.name;
    match idle_groups(fleet, cluster)?.as_slice() {
        [only] => Ok(only.clone()),
        several => Err(Refusal::new(
            format!("{} groups of {name} take no traffic", several.len()),
            nearest::remedy("", several.iter().map(ToString::to_string), "name one of them with --to:"),
        )),
    }
}

/// The groups of a cluster that take no traffic; where there is none, the one that would be made.
///
/// # Errors
/// Every group takes traffic and none can be made, or no load balancer sends the cluster any.
pub fn idle_groups(fleet: &Fleet, cluster: &Cluster) -> Result<Vec<GroupName>, Refusal> {
    let takes = |name: &GroupName| cluster.traffic.iter().any(|source| source.group_percent(name) > 0.0);
    let name = &cluster.id.name;
    if cluster.traffic.is_empty() {
        return Err(Refusal::new(
            format!("no listener or rule sends traffic to {name}"),
            "refresh its group instead: there is nothing to switch",
        ));
    }
    let names = cluster.groups.iter().map(|group| &group.id.name);
    let idle: Vec<GroupName> = names.filter(|name| !takes(name)).cloned().collect();
    if idle.is_empty() { Ok(vec![stand_up::to_be(fleet, cluster)?.id.name]) } else { Ok(idle) }
}

/// The group with most of the traffic.
fn live_side<'a>(cluster: &'a Cluster, source: &TrafficSource) -> Result<&'a ServerGroup, Refusal> {
    let share = |group: &ServerGroup| source.group_percent(&group.id.name);
    let groups = cluster.groups.iter().map(|group| &**group).filter(|group| share(group) > 0.0);
    groups.max_by(|a, b| share(a).total_cmp(&share(b))).ok_or_else(|| {
        Refusal::new(
            format!("no group of {} takes traffic on {}", cluster.id.name, source.label),
            "switch to a side that is up first, or scale one up",
        )
    })
}

/// How long clients may stay bound to the old side, in seconds.
fn bound(source: &TrafficSource) -> u64 {
    let seconds = source.stickiness.and_then(|stickiness| stickiness.duration_seconds);
    seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0)
}

/// What gives a side the image and its size, and about how many seconds that takes.
fn ready(
    given: Given<'_>,
    idle: &ServerGroup,
    live: &ServerGroup,
    image: &ImageId,
    notes: &mut Vec<String>,
) -> Result<(Vec<Move>, u64), Refusal> {
    let wants = launches_from(given, idle)?;
    let now = Sizes { min: idle.min, desired: idle.desired, max: idle.max };
    let size = Sizes {
        min: live.min.max(idle.min),
        desired: live.desired.max(idle.desired),
        max: live.max.max(idle.max),
    };
    if idle.weighted || live.weighted {
        notes.push("sizes are capacity units, which are not instances".into());
    }
    if size.desired == 0 {
        return Err(Refusal::new(
            format!(
                "{} has no instances, so nothing tells how large {} has to be",
                live.id.name, idle.id.name
            ),
            "scale the group first",
        ));
    }
    let (mut moves, mut seconds) = (Vec::new(), 0);
    let mut template = None;
    if idle.instances.is_empty() && now.desired == 0 {
        let target = if wants.image.as_ref() == Some(image) && !wants.by_parameter {
            wants.saved.clone()
        } else {
            let target = TemplateNumber { version: next(given, &wants)?, ..wants.saved.clone() };
            moves.push(new_version(given, &wants, TemplateChanges::to_image(image), &target)?);
            target
        };
        template = (wants.number() != Some(&target)).then_some(target);
    } else if !runs(idle, image) || wants.image.as_ref() != Some(image) {
        let refreshed =
            refresh::draft(given, &idle.id.name, &RefreshTo::Image(image.clone()), &Knobs::default())?;
        seconds = refreshed.reach.map_or(0, |reach| reach.seconds);
        moves.extend(refreshed.moves);
        notes.extend(refreshed.notes);
    } else {
        notes.push(format!("{} runs the image already", idle.id.name));
    }
    if size != now || template.is_some() {
        notes.extend(scale::sets_itself(idle));
        moves.push(scale::resize(idle, size, template)?);
        seconds += replace::LAUNCH;
    } else if let Some(last) = moves.last_mut() {
        // What AWS calls refreshed need not be healthy behind the load balancer yet.
        last.waits.push(waits::sized(&idle.id.name, scale::LONGEST));
    }
    Ok((moves, seconds))
}

/// Whether all instances of a group run an image.
fn runs(group: &ServerGroup, image: &ImageId) -> bool {
    group.instances.iter().all(|one| one.running.as_ref().is_some_and(|running| running.image == *image))
}

/// The end of the old side, after it was kept warm.
fn retire(live: &ServerGroup, warm: u64, asks: bool, moves: &mut Vec<Move>) -> Result<(), Refusal> {
    let end = scale::resize(live, Sizes { min: 0, desired: 0, max: live.max }, None)?;
    if let Some(last) = moves.last_mut() {
        last.waits.extend(waits::warm(&live.id.name, warm));
        last.waits.extend(asks.then(waits::person));
    }
    moves.push(end);
    Ok(())
}
