//! One file a guard. Each looks at one change and says pass, warn or block with one sentence, and fails closed on the
//! facts it names. They speak of every call when a plan is made, and of each again before it is sent.

mod alarms;
mod enough_healthy;
mod foreign;
mod freeze;
mod fresh_facts;
mod large_step;
mod lease;
mod marked_bad;
mod never_onto_nothing;
mod never_to_zero;
mod one_image;
mod pace;
mod sticky;
mod target_groups;
mod undoable;
mod weights;

use jiff::{SignedDuration, Timestamp};

pub(super) use enough_healthy::required_for_way_back;

use super::change::Change;
use super::sides::Sides;
use super::verbs::{Draft, Kind, kind};
use super::{Answer, Call, Carried, CarriedBy, Finding, History, OperationId, Plan, Policy, carried};
use crate::fleet::{Cluster, Fleet, TargetGroupArn};

/// What guards look at: one change, and everything it is judged by.
pub(super) struct Subject<'a> {
    pub fleet: &'a Fleet,
    pub cluster: &'a Cluster,
    pub kind: Kind,
    pub change: Change<'a>,
    pub sides: &'a Sides<'a>,
    /// What carried the traffic when one side was last fully live.
    pub before: Option<&'a Carried>,
    pub history: &'a History,
    pub policy: &'a Policy,
    pub at: Timestamp,
    /// When all of the plan will have been done, as far as that can be told; `at` where only this call is asked for.
    pub until: Timestamp,
    /// The operation that is under way; `None` while a plan is made.
    pub operation: Option<&'a OperationId>,
    /// The step of the call.
    pub step: u32,
    /// Whether the plan waits for healthy targets before this call.
    pub awaited: bool,
}

impl Subject<'_> {
    /// Whether the health of a side cannot be known yet: this plan waits for it, after it has put it into the action,
    /// before it gives it anything. Before that call is sent it is known.
    pub fn is_not_checked_yet(&self, arn: &TargetGroupArn) -> bool {
        self.awaited && !self.is_served(arn)
    }

    /// Whether a listener or rule gives a target group traffic now, so that its health is known.
    fn is_served(&self, arn: &TargetGroupArn) -> bool {
        self.sides.get(arn).and_then(|side| side.group).is_some_and(|group| group.live)
    }
}

/// A guard: its name and what it says.
pub(super) struct Guard {
    /// By which it is shown and overridden.
    pub name: &'static str,
    /// Whether a person may override it, by its name and with a reason.
    pub overridable: bool,
    /// Its judgement.
    pub check: fn(&Subject<'_>) -> (Answer, String),
}

/// Every guard, in the order they are shown.
pub(super) static GUARDS: &[Guard] = &[
    enough_healthy::GUARD,
    never_onto_nothing::GUARD,
    never_to_zero::GUARD,
    fresh_facts::GUARD,
    target_groups::GUARD,
    weights::GUARD,
    one_image::GUARD,
    alarms::GUARD,
    marked_bad::GUARD,
    foreign::GUARD,
    lease::GUARD,
    freeze::GUARD,
    large_step::GUARD,
    pace::GUARD,
    sticky::GUARD,
    undoable::GUARD,
];

/// Whether a guard may be overridden; `None` where there is no such guard.
pub fn can_override(name: &str) -> Option<bool> {
    GUARDS.iter().find(|guard| guard.name == name).map(|guard| guard.overridable)
}

/// What the guards say of a draft: of each, the worst that it says of any call.
pub(super) fn ask(
    draft: &Draft<'_>,
    given: super::verbs::Given<'_>,
    sides: &Sides<'_>,
    before: Option<&Carried>,
) -> Vec<Finding> {
    let seconds = i64::try_from(draft.seconds()).unwrap_or(i64::MAX);
    let subject = |step, change| Subject {
        fleet: given.fleet,
        cluster: given.cluster,
        kind: draft.kind,
        change,
        sides,
        before,
        history: given.history,
        policy: given.policy,
        at: given.at,
        until: given.at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX),
        operation: None,
        step,
        awaited: draft.awaits_health_before(step),
    };
    let mut changes: Vec<(u32, Change<'_>)> = draft.changes().collect();
    if changes.is_empty() {
        // Only waits are left: what is there is judged as if it were written again.
        changes.push((1, draft.whole()));
    }
    let subjects: Vec<Subject<'_>> =
        changes.into_iter().map(|(step, change)| subject(step, change)).collect();
    GUARDS.iter().map(|guard| worst(guard, &subjects)).collect()
}

/// The worst that a guard says of several changes: of warnings and blocks the first, of passes the last, which is the
/// one that leads to the goal.
fn worst(guard: &Guard, subjects: &[Subject<'_>]) -> Finding {
    let mut found = Finding { name: guard.name.into(), verdict: Answer::Pass, why: String::new() };
    for subject in subjects {
        let (verdict, why) = (guard.check)(subject);
        if verdict > found.verdict || verdict == Answer::Pass && found.verdict == Answer::Pass {
            found = Finding { verdict, why, ..found };
        }
        if verdict == Answer::Block {
            break;
        }
    }
    found
}

/// What all guards say of one step, on facts that were just read. A step without a call has nothing to be asked.
pub fn check(
    plan: &Plan,
    step: u32,
    fleet: &Fleet,
    history: &History,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Finding> {
    let Some((step, call)) =
        plan.steps.iter().find(|other| other.n == step).and_then(|step| Some((step.n, step.call.as_ref()?)))
    else {
        return Vec::new();
    };
    check_call(plan, (step, call), kind(&plan.intent, history), fleet, history, policy, at)
}

/// What all guards say of the way back of a plan, on facts that were just read.
pub fn check_way_back(
    plan: &Plan,
    fleet: &Fleet,
    history: &History,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Finding> {
    let call = plan.way_back();
    call.map_or_else(Vec::new, |call| check_call(plan, (0, call), Kind::Back, fleet, history, policy, at))
}

fn check_call(
    plan: &Plan,
    (step, call): (u32, &Call),
    kind: Kind,
    fleet: &Fleet,
    history: &History,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Finding> {
    let gone =
        |why: String| vec![Finding { name: target_groups::GUARD.name.into(), verdict: Answer::Block, why }];
    let id = plan.intent.cluster();
    let Some(arn) = call.source() else { return Vec::new() };
    let Some(cluster) = fleet.cluster(id) else {
        return gone(format!("{} is not seen any more", id.name));
    };
    let Some(source) = cluster.traffic.iter().find(|source| source.arn == arn) else {
        return gone(format!("{arn} carries no traffic of {} any more", id.name));
    };
    let sides = Sides::of(fleet, cluster);
    let measured = carried::measure(cluster, source, &sides, history);
    let now = measured.as_ref().filter(|before| before.by == CarriedBy::Now);
    let subject = Subject {
        fleet,
        cluster,
        kind,
        change: Change { source, before: &source.actions, after: call.actions() },
        sides: &sides,
        before: now.or(plan.reach.before.as_ref()).or(measured.as_ref()),
        history,
        policy,
        at,
        until: at,
        operation: Some(&plan.id),
        step,
        awaited: false,
    };
    GUARDS.iter().map(|guard| worst(guard, std::slice::from_ref(&subject))).collect()
}
