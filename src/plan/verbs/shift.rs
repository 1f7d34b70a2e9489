//! `shift CLUSTER --to GROUP=PERCENT`: one group gets exactly this share, now and in one call, or in steps that are
//! each watched before the next. The others keep their ratio.

use super::weights::{Split, one_forward};
use super::{Change, Draft, Given, Kind, Move, source, sticky_note, waits};
use crate::fleet::{GroupName, SourceArn, TrafficSource};
use crate::plan::{Percent, Refusal, Stepped, nearest};

pub(super) fn draft<'a>(
    given: Given<'a>,
    to: &GroupName,
    goal: Percent,
    steps: Option<&Stepped>,
    wanted: Option<&SourceArn>,
) -> Result<Draft<'a>, Refusal> {
    let source = source::choose(given.cluster, wanted)?;
    let mut moves = moves(given, source, to, goal, steps.map_or(&[], |steps| &steps.at))?;
    if let Some(steps) = steps {
        let asks = given.policy.manual_gate(&given.cluster.id);
        let last = moves.len().saturating_sub(1);
        // Waits of a group that is put in first are its own.
        for (n, one) in moves.iter_mut().enumerate().filter(|(_, one)| one.waits.is_empty()) {
            one.waits.extend(waits::bake(steps.bake));
            if asks && n < last {
                one.waits.push(waits::person());
            }
        }
    }
    settle_last(given, source, &mut moves);
    let notes = sticky_note(source).into_iter().collect();
    Ok(Draft::traffic(source, Kind::Shift, moves, goal.get().to_string(), notes))
}

/// The calls that bring a group to a share by way of others; where it is not in the action yet, first the one that
/// puts it in.
///
/// # Errors
/// The group is none of the cluster's, has that share already, or no weights express one of the shares.
pub(super) fn moves(
    given: Given<'_>,
    source: &TrafficSource,
    to: &GroupName,
    goal: Percent,
    at: &[Percent],
) -> Result<Vec<Move>, Refusal> {
    known(given, to)?;
    one_forward(source)?;
    let split = Split::of(given, source, to)?;
    if split.is_at(goal) {
        return Err(Refusal::new(
            format!("{to} already has {goal} of the traffic of {}", given.cluster.id.name),
            "nothing to do",
        ));
    }
    let label = &source.label;
    let mut moves = Vec::new();
    if !split.added.is_empty() {
        let names: Vec<String> = split.added.iter().map(|arn| arn.name().to_string()).collect();
        moves.push(Move::traffic(
            format!("{} into {label} with weight 0", names.join(" and ")),
            split.actions.clone(),
            vec![waits::healthy(&split.added)],
        ));
    }
    let mut from = format!("{:.0}", source.group_percent(to));
    for share in split.way(goal, at) {
        if share.get() == 0 && !split.added.is_empty() {
            // It is in, with nothing: that is what was asked for.
            break;
        }
        moves.push(Move::traffic(format!("{to} {from} → {share} on {label}"), split.at(share)?, Vec::new()));
        from = share.get().to_string();
    }
    Ok(moves)
}

/// The last call is followed until it has settled.
pub(super) fn settle_last(given: Given<'_>, source: &TrafficSource, moves: &mut [Move]) {
    let before = moves.len().checked_sub(2).and_then(|n| moves.get(n)).and_then(|one| one.after().cloned());
    let before = before.as_ref().unwrap_or(&source.actions);
    if let Some(last) = moves.last_mut()
        && let Some(after) = last.after()
    {
        let wait = waits::settled(given.fleet, &Change { source, before, after });
        last.waits.push(wait);
    }
}

/// # Errors
/// The cluster has no such group.
fn known(given: Given<'_>, to: &GroupName) -> Result<(), Refusal> {
    let (cluster, name) = (given.cluster, &given.cluster.id.name);
    if cluster.group(to).is_some() {
        return Ok(());
    }
    let mut others = given.fleet.clusters.iter().filter(|other| other.id != cluster.id);
    let why = match others.find(|other| other.group(to).is_some()) {
        Some(other) => format!("{to} is a group of {}, not of {name}", other.id.name),
        None => format!("{name} has no group {to}"),
    };
    let names = cluster.groups.iter().map(|group| group.id.name.to_string());
    Err(Refusal::new(why, nearest::remedy(&to.to_string(), names, "its groups are")))
}
