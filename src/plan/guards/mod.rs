//! One file a guard. Each looks at a draft and says pass, warn or block with one sentence, and fails closed on the
//! facts it names. They speak when a plan is made and again before its step is sent.

mod alarms;
mod enough_healthy;
mod fresh_facts;
mod large_step;
mod one_image;
mod sticky;
mod target_groups;
mod weights;

use jiff::Timestamp;

use super::verbs::Draft;
use super::{Answer, Call, Finding, History, Intent, Plan, Policy};
use crate::fleet::{Cluster, Fleet};

/// What a guard looks at.
pub(super) struct Subject<'a> {
    pub fleet: &'a Fleet,
    pub cluster: &'a Cluster,
    pub intent: &'a Intent,
    pub draft: &'a Draft<'a>,
    pub policy: &'a Policy,
    pub at: Timestamp,
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
    fresh_facts::GUARD,
    target_groups::GUARD,
    weights::GUARD,
    one_image::GUARD,
    alarms::GUARD,
    large_step::GUARD,
    sticky::GUARD,
];

/// What all guards say.
pub(super) fn ask(subject: &Subject<'_>) -> Vec<Finding> {
    GUARDS
        .iter()
        .map(|guard| {
            let (verdict, why) = (guard.check)(subject);
            Finding { name: guard.name.into(), verdict, why }
        })
        .collect()
}

/// Whether a guard may be overridden; `None` where there is no such guard.
pub fn can_override(name: &str) -> Option<bool> {
    GUARDS.iter().find(|guard| guard.name == name).map(|guard| guard.overridable)
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
    let call = plan.steps.iter().find(|other| other.n == step).and_then(|step| step.call.as_ref());
    call.map_or_else(Vec::new, |call| check_call(&plan.intent, call, fleet, history, policy, at))
}

/// What all guards say of the way back of a plan, on facts that were just read.
pub fn check_way_back(
    plan: &Plan,
    fleet: &Fleet,
    history: &History,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Finding> {
    let intent = Intent::Rollback { cluster: plan.intent.cluster().clone(), of: None, source: None };
    plan.way_back().map_or_else(Vec::new, |call| check_call(&intent, call, fleet, history, policy, at))
}

fn check_call(
    intent: &Intent,
    call: &Call,
    fleet: &Fleet,
    _history: &History,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Finding> {
    let gone =
        |why: String| vec![Finding { name: target_groups::GUARD.name.into(), verdict: Answer::Block, why }];
    let arn = call.source();
    let Some(cluster) = fleet.cluster(intent.cluster()) else {
        return gone(format!("{} is not seen any more", intent.cluster().name));
    };
    let Some(source) = cluster.traffic.iter().find(|source| source.arn == arn) else {
        return gone(format!("{arn} carries no traffic of {} any more", cluster.id.name));
    };
    let draft = Draft {
        source,
        after: call.actions().clone(),
        does: String::new(),
        phrase: String::new(),
        notes: Vec::new(),
    };
    ask(&Subject { fleet, cluster, intent, draft: &draft, policy, at })
}
