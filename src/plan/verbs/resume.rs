//! A half-done operation goes on from what is observed: by whoever began it, or by a colleague who takes it over.
//!
//! Steps are absolute, so its calls are those of the old plan. Where it stands is told by the listener or the rule
//! alone, never by a counter: what step n wrote, or what was before the first. Anything else is somebody else's
//! change, and is not written over.

use super::{Draft, Given, Kind, Move, Writes, kind, rebuild, source};
use crate::fleet::{Actions, Section, Text, same_actions};
use crate::plan::change::words;
use crate::plan::resource::seen;
use crate::plan::{
    Call, Effect, Expected, InstanceMark, OperationId, Plan, Refusal, Resource, State, Step, TemplateChanges,
    Wait,
};

pub(super) fn draft<'a>(given: Given<'a>, operation: &OperationId) -> Result<Draft<'a>, Refusal> {
    let history = given.history;
    if let Some(end) = over(given, operation) {
        return Err(Refusal::new(
            format!("operation {operation} is over: {end}"),
            "make a new plan for what is to be done now",
        ));
    }
    let Some(plan) = history.plan_of(operation) else {
        return Err(Refusal::new(
            format!("no record tells how {operation} goes on"),
            "look at the cluster and make a new plan, or roll it back",
        ));
    };
    if plan.intent.cluster() != &given.cluster.id {
        return Err(Refusal::new(
            format!("operation {operation} is one of {}, not of {}", plan.cluster, given.cluster.id.name),
            "name its own cluster",
        ));
    }
    if plan.steps.iter().filter_map(|step| step.call.as_ref()).any(|call| call.source().is_none()) {
        return by_state(given, operation, &named(given, plan));
    }
    let (arn, before) = began(plan)
        .ok_or_else(|| Refusal::new(format!("operation {operation} changes nothing"), "make a new plan"))?;
    let source = source::choose(given.cluster, Some(&arn))?;
    let written = plan.steps.iter().rposition(|step| {
        step.call.as_ref().is_some_and(|call| same_actions(call.actions(), &source.actions))
    });
    let (left, stands) = match written {
        Some(n) => (&plan.steps[n + 1..], format!("what step {} of it wrote is there", n + 1)),
        None if same_actions(before, &source.actions) => {
            (&plan.steps[..], "it is as it was before its first step".to_string())
        }
        None => return Err(elsewhere(given, operation, before, &source.actions)),
    };
    let (first, moves) = divided(left);
    if first.is_empty() && moves.is_empty() {
        return Err(Refusal::new(
            format!("operation {operation} has nothing left to do: {stands}"),
            "nothing to resume",
        ));
    }
    let mut notes = vec![format!("goes on with {} {operation}: {stands}", plan.verb)];
    notes.extend(super::sticky_note(source));
    let kind = kind(&plan.intent, history);
    Ok(Draft {
        source: Some(source),
        group: None,
        reach: None,
        kind,
        first,
        moves,
        // A way back is not taken back by an abort: it leads where it was to lead.
        back: if kind == Kind::Back { None } else { plan.way_back().cloned() },
        phrase: "resume".into(),
        notes,
    })
}

/// How an operation ended, in one word; `None` where it has not.
fn over(given: Given<'_>, operation: &OperationId) -> Option<&'static str> {
    let record = given.history.records_of(operation).rev().find(|record| record.ends());
    let claimed = given.history.claims_of(operation).find(|claim| claim.stand.is_over());
    record.map(|record| record.event.word()).or(claimed.map(|_| "its holder wrote so"))
}

/// The listener or rule of a plan, with its actions before the first call.
fn began(plan: &Plan) -> Option<(crate::fleet::SourceArn, &Actions)> {
    plan.steps.iter().find_map(|step| match step.expects.as_ref()? {
        Expected { resource: Resource::Source(source), state: State::Actions(actions) } => {
            Some((source.clone(), actions))
        }
        _ => None,
    })
}

/// What is there is neither what the operation found nor what it wrote.
fn elsewhere(given: Given<'_>, operation: &OperationId, before: &Actions, found: &Actions) -> Refusal {
    let wrote = given.history.changes_of(operation).into_iter().find_map(|changed| changed.after);
    let found = words(found);
    match wrote {
        Some(wrote) => Refusal::new(
            format!("somebody changed it since: there is {found}, and {operation} wrote {}", words(wrote)),
            format!("look at the change; `rollback {operation}` puts back what was before it"),
        ),
        None => Refusal::new(
            format!(
                "somebody changed it: there is {found}, and {operation} was to begin from {}",
                words(before)
            ),
            "look at the change, then make a new plan",
        ),
    }
}

/// A step of the old plan that was not taken.
fn left_to_do(step: &Step, call: &Call) -> Move {
    let writes = match &step.expects {
        Some(expects) if call.source().is_none() => Writes::Call {
            call: Box::new(call.clone()),
            expects: expects.clone(),
            undo: step.undo.clone().map(Box::new),
        },
        _ => Writes::Actions(call.actions().clone()),
    };
    Move { does: step.does.clone(), writes, waits: Vec::new() }
}

/// The old plan with what AWS calls the target groups and the images that it made.
fn named(given: Given<'_>, plan: &Plan) -> Plan {
    let told = plan.with_digest().unwrap_or_else(|| plan.clone());
    plan.steps.iter().fold(told, |named, step| match &step.call {
        Some(Call::CreateTargetGroup(create)) => {
            let made = given.fleet.target_group_named(&given.cluster.id.place, &create.name);
            made.and_then(|made| named.with_target_group(&create.to_be(), &made.arn)).unwrap_or(named)
        }
        Some(Call::StartBuild(start)) => {
            rebuild::built(given.fleet, given.history, &plan.id, (&given.cluster.id.place, start))
                .and_then(|made| named.with_image(&start.image, &made))
                .unwrap_or(named)
        }
        _ => named,
    })
}

/// Whether a step belongs to a build whose image is not there yet.
fn is_unbuilt(plan: &Plan, step: &Step) -> bool {
    match (&step.call, &step.wait) {
        (Some(Call::StartBuild(start)), _) => start.image.is_to_be(),
        (Some(Call::TagImage(tags)), _) => tags.image().is_to_be(),
        (_, Some(wait)) => {
            let of = wait.build.as_ref().and_then(|build| plan.builds().find(|one| one.build == *build));
            of.is_some_and(|start| start.image.is_to_be())
        }
        _ => false,
    }
}

/// An operation that does not only move traffic goes on after the last step whose effect is there.
fn by_state<'a>(given: Given<'a>, operation: &OperationId, plan: &Plan) -> Result<Draft<'a>, Refusal> {
    let effect = |step: &Step| {
        let (call, expects) = (step.call.as_ref()?, step.expects.as_ref()?);
        if let Call::StartBuild(start) = call {
            return (!start.image.is_to_be()).then_some(Effect::Taken);
        }
        let made = given.stands_up.map(|name| Resource::Group(name.clone()));
        let absent = made.is_some_and(|made| made == expects.resource).then_some(State::Absent);
        let found = absent.or_else(|| seen(given.fleet, given.cluster, &expects.resource)).or_else(|| {
            // An instance that has ended is in no look.
            let ends = matches!(call, Call::TerminateInstanceInAutoScalingGroup(_));
            let gap = |section| given.fleet.gap(&given.cluster.id.place, section, None);
            let complete = gap(Section::Instances).is_none() && gap(Section::Groups).is_none();
            (ends && complete).then(|| State::Instance(InstanceMark::default()))
        })?;
        if let (Call::CreateLaunchTemplateVersion(create), State::Template(was)) = (call, &expects.state) {
            // A look does not tell descriptions: ours is the next one with what was wanted.
            let place = &given.cluster.id.place;
            let next = given.fleet.template(place, &create.template, was.latest + 1);
            let TemplateChanges { image, instance_type } = &create.changes;
            let has = |wanted: &Option<Text>, is: &Option<Text>| wanted.is_none() || wanted == is;
            if next.is_some_and(|next| has(image, &next.image) && has(instance_type, &next.instance_type)) {
                return Some(Effect::Taken);
            }
        }
        Some(call.effect(&expects.state, &found))
    };
    // What was never begun is not there because of it, whatever is there.
    let begun = begun(given, operation);
    let sent = |step: &Step| begun.is_none_or(|last| step.n <= last);
    let taken = plan.steps.iter().rposition(|step| sent(step) && effect(step) == Some(Effect::Taken));
    let after = |n: usize| taken.is_none_or(|taken| n > taken);
    let left = plan.steps.iter().enumerate().filter(|(n, step)| after(*n) || is_unbuilt(plan, step));
    let left: Vec<Step> = left.map(|(_, step)| step.clone()).collect();
    let left = left.as_slice();
    let stands = taken.map_or_else(
        || "nothing of it is there yet".to_owned(),
        |n| format!("what step {} of it did is there", n + 1),
    );
    // Of several calls on one thing each rests on the one before it.
    let mut rests: Vec<&Resource> = Vec::new();
    let first_of = left.iter().filter(|step| {
        let Some(expects) = step.expects.as_ref().filter(|_| step.call.is_some()) else { return false };
        let first = !rests.contains(&&expects.resource);
        rests.push(&expects.resource);
        first
    });
    if let Some(other) = first_of.into_iter().find(|step| effect(step) == Some(Effect::Other)) {
        return Err(Refusal::new(
            format!("somebody changed what step {} of {operation} would: {}", other.n, other.does),
            "look at the change, and make a new plan",
        ));
    }
    let (first, moves) = divided(left);
    if first.is_empty() && moves.is_empty() {
        return Err(Refusal::new(
            format!("operation {operation} has nothing left to do: {stands}"),
            "nothing to resume",
        ));
    }
    let source = began(plan).map(|(arn, _)| source::choose(given.cluster, Some(&arn))).transpose()?;
    let at = taken.and_then(|n| plan.steps.get(n + 1).or(plan.steps.get(n))).map_or(0, |step| step.n);
    Ok(Draft {
        source,
        group: given
            .history
            .origin(&plan.intent)
            .group()
            .and_then(|name| given.cluster.group(name))
            .map(|g| &**g),
        reach: Some(plan.reach.clone()),
        kind: kind(&plan.intent, given.history),
        first,
        moves,
        back: plan.way_back_from(at).cloned(),
        phrase: "resume".into(),
        notes: vec![format!("goes on with {} {operation}: {stands}", plan.verb)],
    })
}

/// The last step whose intent was written down, by the journal or by whoever held the lease: nothing is sent before.
/// `None`: nothing tells.
fn begun(given: Given<'_>, operation: &OperationId) -> Option<u32> {
    let records = given.history.records_of(operation).map(|record| record.step);
    records.chain(given.history.claims_of(operation).map(|claim| claim.step)).max()
}

/// Steps as waits before the first call, and calls with their waits.
fn divided(steps: &[Step]) -> (Vec<Wait>, Vec<Move>) {
    let (mut first, mut moves) = (Vec::new(), Vec::<Move>::new());
    for step in steps {
        match (&step.call, &step.wait) {
            (Some(call), _) => {
                moves.push(left_to_do(step, call));
            }
            (None, Some(wait)) => match moves.last_mut() {
                Some(last) => last.waits.push(wait.clone()),
                None => first.push(wait.clone()),
            },
            (None, None) => {}
        }
    }
    (first, moves)
}
