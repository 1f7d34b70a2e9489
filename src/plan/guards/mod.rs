//! One file a guard. Each looks at one change and says pass, warn or block with one sentence, and fails closed on the
//! facts it names. They speak of every call when a plan is made, and of each again before it is sent.

mod alarms;
mod capacity;
mod changeable;
mod drill_allowed;
mod enough_healthy;
mod few_replaced;
mod foreign;
mod freeze;
mod fresh_facts;
mod group_facts;
mod image_fits;
mod image_launches;
mod large_step;
mod leads_back;
mod lease;
mod marked_bad;
mod never_onto_nothing;
mod never_to_zero;
mod one_build;
mod one_image;
mod pace;
mod parent_launches;
mod processes;
mod quarantined;
mod refresh_under_way;
mod sticky;
mod target_groups;
mod template_followers;
mod undoable;
mod weights;

use std::ops::Deref;

use jiff::{SignedDuration, Timestamp};

pub(super) use enough_healthy::required_for_way_back;

use super::change::Change;
use super::sides::Sides;
use super::verbs::{Draft, Kind, kind, prospect};
use super::{
    Answer, Call, Carried, CarriedBy, Finding, History, Intent, OperationId, Plan, Policy, Resource,
    StartBuild, carried,
};
use crate::fleet::{Cluster, Fleet, ServerGroup, TargetGroupArn};

/// What every guard looks at.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub fleet: &'a Fleet,
    pub cluster: &'a Cluster,
    pub kind: Kind,
    pub history: &'a History,
    pub policy: &'a Policy,
    pub at: Timestamp,
    /// When all of the plan will have been done, as far as that can be told; `at` where only this call is asked for.
    pub until: Timestamp,
    /// The operation that is under way; `None` while a plan is made.
    pub operation: Option<&'a OperationId>,
    /// The step of the call.
    pub step: u32,
}

/// One change of traffic, and everything it is judged by.
pub(super) struct Subject<'a> {
    pub scene: Scene<'a>,
    pub change: Change<'a>,
    pub sides: &'a Sides<'a>,
    /// What carried the traffic when one side was last fully live.
    pub before: Option<&'a Carried>,
    /// Whether the plan waits for healthy targets before this call.
    pub awaited: bool,
    /// Whether the plan replaces or launches instances before this call, so that what the side runs is not there yet.
    pub remade: bool,
}

impl<'a> Deref for Subject<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Scene<'a> {
        &self.scene
    }
}

/// One call that changes a group's instances, and everything it is judged by.
pub(super) struct OnGroup<'a> {
    pub scene: Scene<'a>,
    /// What was asked; of a resumed operation, what that one wanted.
    pub intent: &'a Intent,
    pub group: &'a ServerGroup,
    /// The call; `None` where only waits are left.
    pub call: Option<&'a Call>,
    /// Whether the plan waits for a refresh of the group before this call.
    pub awaited: bool,
    /// Fewest healthy instances on the way, as the plan counts them.
    pub lowest_healthy: Option<usize>,
}

impl<'a> Deref for OnGroup<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Scene<'a> {
        &self.scene
    }
}

/// One call that builds or tags an image.
pub(super) struct OnImage<'a> {
    pub scene: Scene<'a>,
    pub call: &'a Call,
}

impl<'a> Deref for OnImage<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Scene<'a> {
        &self.scene
    }
}

/// Whether a call is about images and not about a cluster.
fn is_of_image(call: &Call) -> bool {
    matches!(call, Call::StartBuild(_) | Call::StopBuild(_) | Call::TagImage(_))
}

impl OnGroup<'_> {
    /// Whether it is the side that a deployment leaves, and not the one it makes ready.
    pub fn is_old_side(&self) -> bool {
        matches!(self.intent, Intent::Deploy { group, .. } if *group != self.group.id.name)
    }
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
    pub check: Check,
}

/// What a guard judges; what it does not judge it is not shown for.
pub(super) enum Check {
    /// Every call.
    Any(fn(&Scene<'_>) -> (Answer, String)),
    /// Calls that move traffic.
    Traffic(fn(&Subject<'_>) -> (Answer, String)),
    /// Calls that change a group's instances.
    Group(fn(&OnGroup<'_>) -> (Answer, String)),
    /// Those of them that replace instances a person chose.
    Replaced(fn(&OnGroup<'_>) -> (Answer, String)),
    /// Those of them that give a launch template a version.
    Versioned(fn(&OnGroup<'_>) -> (Answer, String)),
    /// Calls of a drill.
    Drill(fn(&OnGroup<'_>) -> (Answer, String)),
    /// Calls that start a build.
    Build(fn(&OnImage<'_>, &StartBuild) -> (Answer, String)),
}

/// One call before the guards.
enum Judged<'a> {
    Traffic(Subject<'a>),
    Group(OnGroup<'a>),
    Image(OnImage<'a>),
}

impl Guard {
    /// `None`: it does not judge such a call.
    fn judge(&self, judged: &Judged<'_>) -> Option<(Answer, String)> {
        match (&self.check, judged) {
            (Check::Any(check), Judged::Traffic(subject)) => Some(check(&subject.scene)),
            (Check::Any(check), Judged::Group(subject)) => Some(check(&subject.scene)),
            (Check::Any(check), Judged::Image(subject)) => Some(check(&subject.scene)),
            (Check::Build(check), Judged::Image(subject)) => match subject.call {
                Call::StartBuild(start) => Some(check(subject, start)),
                _ => None,
            },
            (Check::Traffic(check), Judged::Traffic(subject)) => Some(check(subject)),
            (Check::Group(check), Judged::Group(subject)) => Some(check(subject)),
            (Check::Replaced(check), Judged::Group(subject)) => {
                matches!(subject.intent, Intent::Replace { .. }).then(|| check(subject))
            }
            (Check::Versioned(check), Judged::Group(subject)) => {
                matches!(subject.call, Some(Call::CreateLaunchTemplateVersion(_))).then(|| check(subject))
            }
            (Check::Drill(check), Judged::Group(subject))
                if matches!(subject.intent, Intent::Drill { .. }) =>
            {
                Some(check(subject))
            }
            _ => None,
        }
    }
}

/// Every guard, in the order they are shown.
pub(super) static GUARDS: &[Guard] = &[
    enough_healthy::GUARD,
    never_onto_nothing::GUARD,
    never_to_zero::GUARD,
    fresh_facts::GUARD,
    capacity::GUARD,
    few_replaced::GUARD,
    group_facts::GUARD,
    refresh_under_way::GUARD,
    changeable::GUARD,
    quarantined::GUARD,
    processes::GUARD,
    image_launches::GUARD,
    image_fits::GUARD,
    template_followers::GUARD,
    target_groups::GUARD,
    weights::GUARD,
    one_image::GUARD,
    alarms::GUARD,
    marked_bad::GUARD,
    parent_launches::GUARD,
    one_build::GUARD,
    foreign::GUARD,
    lease::GUARD,
    freeze::GUARD,
    drill_allowed::GUARD,
    large_step::GUARD,
    pace::GUARD,
    sticky::GUARD,
    undoable::GUARD,
    leads_back::GUARD,
];

/// Whether a guard may be overridden; `None` where there is no such guard.
pub fn can_override(name: &str) -> Option<bool> {
    GUARDS.iter().find(|guard| guard.name == name).map(|guard| guard.overridable)
}

/// What the guards say of a draft: of each, the worst that it says of any call.
pub(super) fn ask(
    draft: &Draft<'_>,
    given: super::verbs::Given<'_>,
    intent: &Intent,
    sides: &Sides<'_>,
    before: Option<&Carried>,
) -> Vec<Finding> {
    let seconds = i64::try_from(draft.seconds()).unwrap_or(i64::MAX);
    let scene = |step| Scene {
        fleet: given.fleet,
        cluster: given.cluster,
        kind: draft.kind,
        history: given.history,
        policy: given.policy,
        at: given.at,
        until: given.at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX),
        operation: None,
        step,
    };
    let traffic = |(step, change)| {
        let awaited = draft.awaits_health_before(step);
        let remade = draft.remakes_before(step);
        Judged::Traffic(Subject { scene: scene(step), change, sides, before, awaited, remade })
    };
    let intent = given.history.origin(intent);
    let lowest_healthy = draft.reach.as_ref().and_then(|reach| reach.lowest_healthy);
    let back = draft.back.as_ref();
    let on_group = |step, group, call| {
        let awaited = draft.awaits_refresh_before(step, group);
        // What gives back is the way back, also as a step.
        let kind = if back.is_some() && back == call { Kind::Back } else { draft.kind };
        let scene = Scene { kind, ..scene(step) };
        Judged::Group(OnGroup { scene, intent, group, call, awaited, lowest_healthy })
    };
    let mut judged: Vec<Judged<'_>> = draft.changes().map(traffic).collect();
    judged.extend(draft.calls().filter_map(|(step, call)| {
        if is_of_image(call) {
            return Some(Judged::Image(OnImage { scene: scene(step), call }));
        }
        let named = match call.resource() {
            Resource::Group(name) => given.cluster.group(&name).map(|group| &**group),
            _ => None,
        };
        Some(on_group(step, named.or(draft.group)?, Some(call)))
    }));
    if judged.is_empty() {
        // Only waits are left: what is there is judged as if it were written again.
        let whole = draft.whole().map(|whole| traffic((1, whole)));
        judged.extend(whole.or_else(|| Some(on_group(1, draft.group?, None))));
    }
    // A step that gives back leads to no goal: what is said of it is said only where nothing else is.
    judged.sort_by_key(|one| !matches!(one, Judged::Group(of) if of.kind == Kind::Back));
    GUARDS.iter().filter_map(|guard| worst(guard, &judged)).collect()
}

/// The worst that a guard says of several calls: of warnings and blocks the first, of passes the last, which is the
/// one that leads to the goal. `None` where it judges none of them.
fn worst(guard: &Guard, judged: &[Judged<'_>]) -> Option<Finding> {
    let mut found: Option<Finding> = None;
    for (verdict, why) in judged.iter().filter_map(|judged| guard.judge(judged)) {
        let worse = found.as_ref().is_none_or(|found| {
            verdict > found.verdict || verdict == Answer::Pass && found.verdict == Answer::Pass
        });
        if worse {
            found = Some(Finding { name: guard.name.into(), verdict, why });
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
    // What gives back is the way back, also as a step.
    let kind = if plan.back.as_ref() == Some(call) { Kind::Back } else { kind(&plan.intent, history) };
    check_call(plan, (step, call), kind, fleet, history, policy, at)
}

/// What all guards say of a way back of a plan, on facts that were just read.
pub fn check_way_back(
    (plan, call): (&Plan, &Call),
    fleet: &Fleet,
    history: &History,
    policy: &Policy,
    at: Timestamp,
) -> Vec<Finding> {
    check_call(plan, (0, call), Kind::Back, fleet, history, policy, at)
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
    let built = super::verbs::rebuild::prospect(fleet, id, plan.builds());
    let fleet = built.as_ref().unwrap_or(fleet);
    let Some(cluster) = fleet.cluster(id) else {
        return gone(format!("{} is not seen any more", id.name));
    };
    let with = prospect(fleet, cluster, history.origin(&plan.intent));
    let fleet = with.as_ref().unwrap_or(fleet);
    let cluster = fleet.cluster(id).unwrap_or(cluster);
    let scene =
        Scene { fleet, cluster, kind, history, policy, at, until: at, operation: Some(&plan.id), step };
    if is_of_image(call) {
        let judged = [Judged::Image(OnImage { scene, call })];
        return GUARDS.iter().filter_map(|guard| worst(guard, &judged)).collect();
    }
    let Some(arn) = call.source() else {
        let intent = history.origin(&plan.intent);
        let resolved = super::verbs::rebuild::resolved(intent, plan, fleet, history);
        let intent = resolved.as_ref().unwrap_or(intent);
        let named = match call.resource() {
            Resource::Group(name) => Some(name),
            _ => intent.group().cloned().or_else(|| plan.group()),
        };
        // A target group is deleted after the group it was made for, which may be gone by then.
        let deletes = matches!(call, Call::DeleteTargetGroup(_));
        let other = cluster.groups.first().filter(|_| deletes);
        let Some(group) = named.and_then(|name| cluster.group(&name)).or(other) else {
            return gone(format!("the group of {} is not seen any more", id.name));
        };
        let lowest_healthy = plan.reach.lowest_healthy;
        let group = &**group;
        let (call, awaited) = (Some(call), false);
        let judged = [Judged::Group(OnGroup { scene, intent, group, call, awaited, lowest_healthy })];
        return GUARDS.iter().filter_map(|guard| worst(guard, &judged)).collect();
    };
    let Some(source) = cluster.traffic.iter().find(|source| source.arn == arn) else {
        return gone(format!("{arn} carries no traffic of {} any more", id.name));
    };
    let sides = Sides::of(fleet, cluster);
    let measured = carried::measure(cluster, source, &sides, history);
    let now = measured.as_ref().filter(|before| before.by == CarriedBy::Now);
    let subject = Subject {
        scene,
        change: Change { source, before: &source.actions, after: call.actions() },
        sides: &sides,
        before: now.or(plan.reach.before.as_ref()).or(measured.as_ref()),
        awaited: false,
        remade: false,
    };
    let judged = [Judged::Traffic(subject)];
    GUARDS.iter().filter_map(|guard| worst(guard, &judged)).collect()
}
