//! `rollback CLUSTER`: the recorded actions, exactly as they were, in one call; first the old side in where it is
//! gone from the action, then the new side out.
//!
//! Where to: what was before the newest operation if that was one fully live side, else the last fully live side on
//! record, else what was before the newest operation although it was mixed, and the plan says so. Of one operation:
//! exactly what was before it. Without any record: the side that is up, takes no traffic and runs an earlier image.
//! Where no old side is up, the side that takes the traffic goes back by itself (`earlier`).

use super::{
    Change, Draft, Given, Kind, Move, drill, earlier, one_side, rebuild, refresh_back, shift, source,
    sticky_note, waits, weights, writable,
};
use crate::fleet::{Action, Cluster, SourceArn, TargetGroupArn, TrafficSource, Weight, same_actions};
use crate::plan::change::{self, words};
use crate::plan::history::Changed;
use crate::plan::light::idle_side;
use crate::plan::{History, Intent, OperationId, Percent, Plan, Refusal};

pub(super) fn draft<'a>(
    given: Given<'a>,
    of: Option<&OperationId>,
    wanted: Option<&SourceArn>,
) -> Result<Draft<'a>, Refusal> {
    let (history, name) = (given.history, &given.cluster.id.name);
    if let Some(plan) = of.and_then(|operation| history.plan_of(operation))
        && let Some(draft) = rebuild::back(given, plan)
            .or_else(|| refresh_back::draft(given, plan))
            .or_else(|| drill::back(given, plan))
    {
        return draft;
    }
    let (source, goal, mut notes) = match (of, unrecorded(given, wanted)) {
        (Some(operation), _) => of_one(given, operation, wanted)?,
        (None, Some((source, side))) => return to_idle(given, source, side),
        (None, None) if wanted.is_none() && !is_recorded(given) && stands_alone(given.cluster) => {
            let instead =
                format!("no old side of {name} is up, and the journal has no record of an earlier change");
            return earlier::draft(given, instead);
        }
        (None, None) => of_the_cluster(given, wanted)?,
    };
    if of.is_none()
        && wanted.is_none()
        && !same_actions(goal.before, &source.actions)
        && let Some(gone) = gone(given, goal.before)
    {
        return earlier::draft(
            given,
            format!("{gone}, which carried the traffic before {}, has no instances", goal.operation),
        );
    }
    if same_actions(goal.before, &source.actions) {
        return Err(Refusal::new(
            format!("the traffic of {name} is already as it was before operation {}", goal.operation),
            "nothing to roll back",
        ));
    }
    if !same_but_for_weights(goal.before, &source.actions) {
        notes.push(
            "the recorded actions differ from the present ones in more than weights: all of it is restored"
                .into(),
        );
    }
    notes.extend(untrusted_note(history));
    notes.extend(sticky_note(source));
    let moves = moves(given, source, goal.before)?;
    Ok(Draft::traffic(source, Kind::Back, moves, "back".into(), notes))
}

fn untrusted_note(history: &History) -> Option<String> {
    let untrusted = history.untrusted();
    (untrusted > 0).then(|| {
        format!("{untrusted} records of the journal cannot be trusted and were left out: a newer change may be missing")
    })
}

/// First the old side in, where it is in no action and so not health-checked; then everything as it was.
fn moves(given: Given<'_>, source: &TrafficSource, goal: &[Action]) -> Result<Vec<Move>, Refusal> {
    let after = writable(goal);
    let present = change::weights(&source.actions);
    let missing: Vec<TargetGroupArn> = Change { source, before: &source.actions, after: &after }
        .serving_after()
        .map(|(arn, _)| arn)
        .filter(|arn| present.iter().all(|(other, _)| other != arn))
        .filter(|arn| given.fleet.target_groups.get(arn).is_none_or(|group| group.sources.is_empty()))
        .collect();
    let mut moves = Vec::new();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|arn| arn.name().to_string()).collect();
        moves.push(Move::traffic(
            format!("{} into {} with weight 0", names.join(" and "), source.label),
            weights::with_added(source, &missing)?,
            vec![waits::healthy(&missing)],
        ));
    }
    moves.push(Move::traffic(format!("back to {} on {}", words(goal), source.label), after, Vec::new()));
    shift::settle_last(given, source, &mut moves);
    Ok(moves)
}

/// The side to go back to where no record tells of any change: the idle one with an earlier image.
fn unrecorded<'a>(given: Given<'a>, wanted: Option<&SourceArn>) -> Option<(&'a TrafficSource, &'a Weight)> {
    let (source, side) = idle_side(given.fleet, given.cluster, given.policy)?;
    let is_meant = wanted.is_none_or(|wanted| *wanted == source.arn);
    (is_meant && !is_recorded(given)).then_some((source, side))
}

/// Back to a side that no record tells of, in one call.
fn to_idle<'a>(given: Given<'a>, source: &'a TrafficSource, side: &Weight) -> Result<Draft<'a>, Refusal> {
    let group = side.groups.first().ok_or_else(|| {
        Refusal::new(
            format!("no server group stands behind {}", side.target_group.name()),
            "use shift to name the side you want",
        )
    })?;
    let mut moves = shift::moves(given, source, group, Percent::ALL, &[])?;
    shift::settle_last(given, source, &mut moves);
    let mut notes = vec![format!(
        "no record tells what was before: {group} is up, takes no traffic and runs an earlier image"
    )];
    notes.extend(untrusted_note(given.history));
    notes.extend(sticky_note(source));
    Ok(Draft::traffic(source, Kind::Back, moves, "back".into(), notes))
}

/// Whether any record tells of an earlier change to the cluster's traffic.
fn is_recorded(given: Given<'_>) -> bool {
    let (history, cluster) = (given.history, given.cluster);
    cluster.traffic.iter().any(|source| goal(history, cluster, &source.arn).is_some())
}

/// Whether one group carries everything: what several share goes back by traffic alone.
fn stands_alone(cluster: &Cluster) -> bool {
    cluster.groups.iter().filter(|group| group.live || cluster.traffic.is_empty()).count() == 1
}

/// The side that would carry the traffic and has nothing left to carry it.
fn gone(given: Given<'_>, before: &[Action]) -> Option<String> {
    let mut serving = change::weights(before).into_iter().filter(|(_, weight)| *weight > 0);
    serving.find_map(|(arn, _)| {
        let behind = given.cluster.groups.iter().filter(|group| group.target_groups.contains(&arn));
        let instances: usize = behind.map(|group| group.instances.len()).sum();
        let registered = given.fleet.target_groups.get(&arn).and_then(|group| group.health.as_ref());
        let registered = registered.is_some_and(|health| !health.value.is_empty());
        (instances == 0 && !registered).then(|| arn.name().to_string())
    })
}

/// What the cluster goes back to.
fn of_the_cluster<'a>(
    given: Given<'a>,
    wanted: Option<&SourceArn>,
) -> Result<(&'a TrafficSource, Changed<'a>, Vec<String>), Refusal> {
    let (history, cluster) = (given.history, given.cluster);
    let source = source::choose(cluster, wanted.or(only_changed(cluster, history).as_ref()))?;
    let (goal, why) = goal(history, cluster, &source.arn).ok_or_else(|| {
        Refusal::new(
            format!("the journal has no record of an earlier change to the traffic of {}", cluster.id.name),
            "without a record nothing says what was before: use shift to name the side you want",
        )
    })?;
    Ok((source, goal, vec![why]))
}

/// What one operation changed, and what else is undone with it.
fn of_one<'a>(
    given: Given<'a>,
    operation: &OperationId,
    wanted: Option<&SourceArn>,
) -> Result<(&'a TrafficSource, Changed<'a>, Vec<String>), Refusal> {
    let (history, cluster) = (given.history, given.cluster);
    let changes = history.changes_of(operation);
    let nothing = || {
        let known =
            history.records_of(operation).next().is_some() || history.claims_of(operation).next().is_some();
        let why = if known {
            format!("operation {operation} has changed nothing of {}", cluster.id.name)
        } else {
            format!("no record tells of an operation {operation}")
        };
        Refusal::new(why, "roll the cluster back, or name another operation")
    };
    let here = |changed: &&Changed<'_>| cluster.traffic.iter().any(|source| source.arn == *changed.source);
    let meant = |changed: &&Changed<'_>| wanted.is_none_or(|wanted| wanted == changed.source);
    let goal = *changes.iter().filter(here).find(meant).ok_or_else(nothing)?;
    let source = source::choose(cluster, Some(goal.source))?;
    let mut notes = vec![format!("restores exactly what was before operation {operation}")];
    let later: Vec<String> = history
        .changes(&cluster.id)
        .filter(|changed| *changed.source == source.arn)
        .take_while(|changed| changed.operation != operation)
        .map(|changed| format!("{} {}", changed.verb, changed.operation))
        .collect();
    if !later.is_empty() {
        notes.push(format!("it also undoes what came after it: {}", later.join(", ")));
    }
    Ok((source, goal, notes))
}

/// With several sources, the only one that was ever changed is meant.
fn only_changed(cluster: &Cluster, history: &History) -> Option<SourceArn> {
    if cluster.traffic.len() < 2 {
        return None;
    }
    let mut changed: Option<&SourceArn> = None;
    for change in history.changes(&cluster.id).filter(|changed| !changed.back) {
        let here = cluster.traffic.iter().any(|source| source.arn == *change.source);
        match changed {
            _ if !here => {}
            None => changed = Some(change.source),
            Some(other) if other == change.source => {}
            Some(_) => return None,
        }
    }
    changed.cloned()
}

/// What a cluster's rollback leads to, and why in one sentence; `None` without any record.
///
/// Ways back are left out: what was before them is what they led away from.
pub(crate) fn goal<'a>(
    history: &'a History,
    cluster: &Cluster,
    source: &SourceArn,
) -> Option<(Changed<'a>, String)> {
    let mut recorded =
        history.changes(&cluster.id).filter(|changed| !changed.back && changed.source == source);
    let newest = recorded.next()?;
    if one_side(newest.before).is_some() {
        return Some((newest, format!("restores what was before operation {}", newest.operation)));
    }
    if let Some(live) = recorded.find(|changed| one_side(changed.before).is_some()) {
        let why = format!(
            "before the newest operation {} the sides were mixed: goes back to the last fully live side, before \
             operation {}",
            newest.operation, live.operation
        );
        return Some((live, why));
    }
    let why = format!(
        "no record tells of a fully live side: restores what was before operation {}, which is mixed",
        newest.operation
    );
    Some((newest, why))
}

/// The rollback that a shift or a switch by hand would amount to; `None` where it leads elsewhere.
pub fn instead(plan: &Plan, cluster: &Cluster, history: &History) -> Option<Intent> {
    if !matches!(plan.intent, Intent::Shift { .. } | Intent::Switch { .. }) {
        return None;
    }
    let call = plan.steps.iter().rev().find_map(|step| step.call.as_ref())?;
    let source = call.source()?;
    let (goal, _) = goal(history, cluster, &source)?;
    same_actions(goal.before, call.actions()).then(|| Intent::Rollback {
        cluster: cluster.id.clone(),
        of: None,
        source: Some(source),
    })
}

fn same_but_for_weights(a: &[Action], b: &[Action]) -> bool {
    let blank = |actions: &[Action]| {
        let mut actions: Vec<Action> = actions.iter().map(Action::normalised).collect();
        for action in &mut actions {
            for tuple in action.forward_config.iter_mut().flat_map(|config| &mut config.target_groups) {
                tuple.weight = None;
            }
        }
        actions
    };
    same_actions(&blank(a), &blank(b))
}
