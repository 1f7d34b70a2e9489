//! What could be done: pure functions from an [`Intent`] to a [`Plan`].
//!
//! What was shown is what will run: dialog, dry run, journal, demo and AWS all take this one value. Nothing is sent
//! from here (`engine` runs an approved plan), and time is passed in.

mod approve;
mod call;
mod carried;
mod change;
mod chosen;
mod claim;
mod curve;
mod digest;
mod drills;
mod freeze;
mod gates;
mod guard;
mod guards;
mod half;
mod history;
mod intent;
mod light;
pub mod nearest;
mod operations;
mod policy;
mod progress;
mod recipe;
mod record;
mod resource;
mod second;
mod sides;
mod step;
mod verbs;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use approve::{Approval, ApprovedPlan, blocked_by};
pub use call::{
    Alarms, BuildKey, Builder, BuiltBy, Call, CodeBuild, CreateGroup, CreateTags, CreateTargetGroup,
    CreateTemplateVersion, DeleteGroup, DeleteTargetGroup, Desired, DetachInstances, Effect, EnterStandby,
    ExitStandby, ImageBuilder, ModifyAttributes, OfGroup, Preferences, Program, Protected, Receipt,
    SetDesiredCapacity, Standby, StartBuild, StartRefresh, StopBuild, Strategy, Subnets, Tag, TagImage,
    TemplateChanges, TemplateNumber, TerminateInGroup, TerminateInstances, UpdateGroup,
};
pub use chosen::{Choice, choose, replacement};
pub use claim::{Claim, Hold, SessionId, Stand};
pub use drills::{DrillHours, DrillReport, no_drill};
pub use freeze::{Freeze, Moment, Window};
pub use gates::{GateFinding, Reading, request_counts, watch};
pub use guard::{Answer, Finding};
pub use guards::{can_override, check, check_way_back};
pub use half::{Half, half_finished};
pub use history::History;
pub use intent::{Aside, Author, Batches, Exercise, Intent, Knobs, Percent, RefreshTo, Stepped};
pub use light::{Light, LightKind, light};
pub use operations::{Known, KnownState, WayOut, operations};
pub use policy::{ClusterPolicy, GatePolicy, LeaseStore, Policy};
pub use progress::{Course, Outcome, Progress, Steer, Truth};
pub use recipe::Recipe;
pub use record::{Event, RECORD_SCHEMA, Record, Who};
pub use resource::{
    BuildPhase, BuildState, GroupState, ImageMark, InstanceMark, Newest, RefreshMark, Resource, Saved, Sizes,
    State, TargetGroupState, TemplateState,
};
pub use second::Asked;
pub use step::{Carried, CarriedBy, Expected, Late, Reach, Step, Wait, WaitFor};

use crate::fleet::{
    AccountId, Cluster, ClusterId, ClusterName, Fleet, GroupName, ImageId, Place, Region, TargetGroupArn,
};
use sides::Sides;
use verbs::Given;

pub use verbs::rebuild::{built_where, image_to_carry, stands_on};
pub use verbs::{
    choose as choose_for_drill, duration, floor as drill_floor, idle_group, idle_groups, standing,
};

/// Schema of a plan in JSON.
pub const PLAN_SCHEMA: &str = "flightdeck.plan.v1";

/// Names one plan and the operation that runs it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(String);

impl OperationId {
    /// Wraps an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&crate::fleet::clean(&self.0))
    }
}

/// How a plan is confirmed; strength follows from its risk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfirmKind {
    /// `yes`.
    Yes,
    /// A phrase that belongs to this very plan.
    Typed,
}

/// What has to be said to confirm a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// How.
    pub kind: ConfirmKind,
    /// What has to be typed; `yes` for kind yes.
    pub phrase: String,
    /// Whether a reason or a ticket has to be given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reason: bool,
    /// Whether another STS principal has to approve it too, before it runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second: bool,
}

/// What will be done, in full. Made by [`plan`] only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// Names this plan and the operation that runs it. A plan runs once.
    pub id: OperationId,
    /// The verb.
    pub verb: String,
    /// What was asked.
    pub intent: Intent,
    /// The cluster.
    pub cluster: ClusterName,
    /// The account it is bound to.
    pub account: AccountId,
    /// The region it is bound to.
    pub region: Region,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can no longer be approved.
    pub expires_at: Timestamp,
    /// Over everything but itself, the id, the times and the guards' verdicts.
    pub digest: String,
    /// How it is confirmed.
    pub confirm: Confirm,
    /// What the guards say.
    pub guards: Vec<Finding>,
    /// What will be done.
    pub steps: Vec<Step>,
    /// Where an abort leads, where that is not the undo of its first call: a resumed operation goes back to what was
    /// before the one it resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Call>,
    /// How far it reaches.
    pub reach: Reach,
    /// Healthy instances of its group before, and after each call and wait, as far as they can be told; empty where it
    /// changes none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<usize>,
    /// What the operator should know, one sentence each: sticky tails, mixed recorded actions, bookkeeping.
    pub notes: Vec<String>,
}

impl Plan {
    /// Where it acts.
    pub fn place(&self) -> Place {
        Place { account: self.account.clone(), region: self.region.clone() }
    }

    /// When a plan that was made then can no longer be approved.
    fn expiry(created_at: Timestamp) -> Timestamp {
        let life = SignedDuration::try_from(Policy::PLAN_LIFE).unwrap_or(SignedDuration::ZERO);
        created_at.checked_add(life).unwrap_or(created_at)
    }

    /// Where an abort and a bad gate lead: one call back to what was before the first. Where it moves traffic that
    /// is what counts.
    pub fn way_back(&self) -> Option<&Call> {
        let undone = self.steps.iter().filter_map(|step| step.undo.as_ref());
        // Builds are stopped where they run, by whoever knows which do.
        let mut undone = undone.filter(|undo| !undo.is_of_build());
        let traffic = || undone.clone().find(|undo| undo.source().is_some());
        self.back.as_ref().or_else(traffic).or_else(|| undone.next())
    }

    /// Where they lead from a step. Of a plan that makes a side ready before it moves traffic: before the first call
    /// on traffic to the undo of a refresh that is waited for, or of a group that was made, and else nowhere, for
    /// nothing was moved.
    pub fn way_back_from(&self, step: u32) -> Option<&Call> {
        let other =
            self.steps.iter().any(|step| step.call.as_ref().is_some_and(|call| call.source().is_none()));
        if !other || !self.moves_traffic() || self.back.as_ref().is_some_and(|back| back.source().is_some()) {
            return self.way_back();
        }
        let is_traffic = |step: &&Step| step.call.as_ref().is_some_and(|call| call.source().is_some());
        let so_far = || self.steps.iter().take_while(|other| other.n <= step);
        if let Some(first) = so_far().find(is_traffic) {
            return first.undo.as_ref();
        }
        let undone = self.back.iter().chain(so_far().filter_map(|step| step.undo.as_ref()));
        if let Some(delete) = undone.filter(|undo| undo.makes_or_deletes()).last() {
            return Some(delete);
        }
        let here = so_far().last()?;
        let refreshes = here.wait.as_ref().is_none_or(|wait| wait.what == WaitFor::Refreshed);
        let last = so_far().filter(|step| step.call.is_some()).last();
        let own = last.and_then(|step| step.undo.as_ref()).or(self.back.as_ref());
        own.filter(|undo| refreshes && undo.takes_refresh_back())
    }

    /// What follows on the way back from a step: what was made for a side that had no traffic yet is deleted, the
    /// newest first.
    pub fn cleared_from(&self, step: u32) -> Vec<&Call> {
        let so_far: Vec<&Step> = self.steps.iter().take_while(|other| other.n <= step).collect();
        let made = |undo: &&Call| undo.makes_or_deletes();
        let mut made: Vec<&Call> =
            so_far.iter().filter_map(|step| step.undo.as_ref()).filter(made).rev().collect();
        let calls = so_far.iter().filter_map(|step| step.call.as_ref());
        let given = calls.filter(|call| call.source().is_some()).count();
        let makes_target_group = made.iter().any(|undo| matches!(undo, Call::DeleteTargetGroup(_)));
        // The first call on traffic puts a new target group in, with nothing.
        if given > usize::from(makes_target_group) {
            return Vec::new();
        }
        let first = self.way_back_from(step);
        made.retain(|undo| Some(*undo) != first);
        made
    }

    /// The same plan with what AWS calls a target group in the place of what stood for it; `None` where it cannot be
    /// written so.
    pub fn with_target_group(&self, to_be: &TargetGroupArn, made: &TargetGroupArn) -> Option<Self> {
        self.with(to_be.raw(), made.raw())
    }

    /// The same with what AWS calls an image.
    pub fn with_image(&self, to_be: &ImageId, made: &ImageId) -> Option<Self> {
        self.with(to_be.raw(), made.raw())
    }

    /// The same with its own digest where a tag tells it.
    pub fn with_digest(&self) -> Option<Self> {
        self.with(verbs::rebuild::DIGEST, &self.digest.clone())
    }

    fn with(&self, to_be: &str, made: &str) -> Option<Self> {
        fn put(value: &mut Value, to_be: &str, made: &str) {
            match value {
                Value::String(text) if text.contains(to_be) => *text = text.replace(to_be, made),
                Value::Array(items) => items.iter_mut().for_each(|item| put(item, to_be, made)),
                Value::Object(map) => map.values_mut().for_each(|item| put(item, to_be, made)),
                _ => {}
            }
        }
        let mut value = serde_json::to_value(self).ok()?;
        put(&mut value, to_be, made);
        serde_json::from_value(value).ok()
    }

    /// Its builds, in the order in which they are started.
    pub fn builds(&self) -> impl Iterator<Item = &StartBuild> {
        self.steps.iter().filter_map(|step| match &step.call {
            Some(Call::StartBuild(start)) => Some(&**start),
            _ => None,
        })
    }

    /// Whether a call of it moves traffic.
    pub fn moves_traffic(&self) -> bool {
        self.steps.iter().any(|step| step.call.as_ref().is_some_and(|call| call.source().is_some()))
    }

    /// The group that one of its calls writes to; `None` where none writes to a group.
    fn group(&self) -> Option<GroupName> {
        self.steps.iter().find_map(|step| match step.call.as_ref()?.resource() {
            Resource::Group(name) => Some(name),
            _ => None,
        })
    }

    /// Whether a guard blocks it.
    pub fn is_blocked(&self) -> bool {
        self.guards.iter().any(|guard| guard.verdict == Answer::Block)
    }
}

/// No plan could be made, or a plan cannot be run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{why}{}", in_brackets(.remedy))]
pub struct Refusal {
    /// Why, in one sentence.
    pub why: String,
    /// What to do instead.
    pub remedy: String,
}

impl Refusal {
    /// A refusal with its way out.
    pub fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

/// A remedy behind its sentence; nothing where nobody knows one.
fn in_brackets(remedy: &str) -> String {
    if remedy.is_empty() { String::new() } else { format!(" ({remedy})") }
}

/// Works out what an intent takes, and asks every guard.
///
/// # Errors
/// No plan can be made: an unknown cluster or group, an ambiguous source, nothing to change. A plan that a guard
/// blocks is still a plan: it shows why.
pub fn plan(
    intent: &Intent,
    fleet: &Fleet,
    history: &History,
    policy: &Policy,
    at: Timestamp,
) -> Result<Plan, Refusal> {
    // Images that are to be built are planned with as though they were there.
    let builds = verbs::rebuild::builds(intent, fleet, history, policy)?;
    let built = verbs::rebuild::prospect(fleet, intent.cluster(), builds.iter().flatten());
    let fleet = built.as_ref().unwrap_or(fleet);
    let cluster = fleet.cluster(intent.cluster()).ok_or_else(|| unknown_cluster(intent.cluster(), fleet))?;
    // A group that is to be made is planned with as though it were there.
    let with = verbs::prospect(fleet, cluster, history.origin(intent));
    let stands_up = with.as_ref().and_then(|_| history.origin(intent).group());
    let fleet = with.as_ref().unwrap_or(fleet);
    let cluster = fleet.cluster(&cluster.id).unwrap_or(cluster);
    let given = Given { fleet, cluster, history, policy, at, stands_up, builds: &builds };
    let mut draft = verbs::draft(intent, given)?;
    let sides = Sides::of(fleet, cluster);
    let before = draft.source.and_then(|source| carried::measure(cluster, source, &sides, history));
    let guards = guards::ask(&draft, given, intent, &sides, before.as_ref());
    draft.notes.extend(draft.manners(cluster, policy));
    let mut plan = Plan {
        schema: PLAN_SCHEMA.into(),
        id: OperationId::new(""),
        verb: intent.verb().into(),
        intent: intent.clone(),
        cluster: cluster.id.name.clone(),
        account: cluster.id.place.account.clone(),
        region: cluster.id.place.region.clone(),
        created_at: at,
        expires_at: Plan::expiry(at),
        digest: String::new(),
        confirm: draft.confirm(cluster, policy),
        guards,
        steps: draft.steps(),
        reach: draft.reach(cluster, &sides, before),
        capacity: Vec::new(),
        back: draft.back,
        notes: draft.notes,
    };
    if let Some(group) = draft.group {
        plan.capacity = curve::of(group, &plan.steps, plan.reach.lowest_healthy);
    }
    if rollback_instead(&plan, fleet, history).is_some() {
        plan.notes.insert(
            0,
            "this is what rollback would restore: it does so in one call, held by the health of the old side alone"
                .into(),
        );
    }
    plan.digest = digest::of(&plan);
    plan.id = digest::id(&plan);
    Ok(plan)
}

/// The rollback that a shift or a switch amounts to, to be offered instead of it; `None` where it leads elsewhere.
pub fn rollback_instead(plan: &Plan, fleet: &Fleet, history: &History) -> Option<Intent> {
    verbs::instead(plan, fleet.cluster(plan.intent.cluster())?, history)
}

/// Finds a cluster by what a person types: its name, or `name@region` where several regions have one.
///
/// # Errors
/// None has that name (the nearest are named), or several have.
pub fn find_cluster<'a>(fleet: &'a Fleet, wanted: &str) -> Result<&'a Cluster, Refusal> {
    let (name, region) = match wanted.rsplit_once('@') {
        Some((name, region)) if !name.is_empty() => (name, Some(region)),
        _ => (wanted, None),
    };
    let by = |name: &str, region: Option<&str>| -> Vec<&'a Cluster> {
        fleet
            .clusters
            .iter()
            .filter(|cluster| cluster.id.name.raw() == name || cluster.id.name.to_string() == name)
            .filter(|cluster| region.is_none_or(|region| cluster.id.place.region.raw() == region))
            .collect()
    };
    let mut found = by(wanted, None);
    if found.is_empty() {
        found = by(name, region);
    }
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let names = fleet.clusters.iter().map(|cluster| cluster.id.name.to_string());
            let wanted = crate::fleet::clean(wanted);
            Err(Refusal::new(
                format!("there is no cluster `{wanted}`"),
                nearest::remedy(&wanted, names, "there are"),
            ))
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|cluster| format!("{}@{}", cluster.id.name, cluster.id.place.region))
                .collect();
            Err(Refusal::new(
                format!("{} clusters are called `{}`", several.len(), crate::fleet::clean(wanted)),
                format!("say which: {}", names.join(", ")),
            ))
        }
    }
}

fn unknown_cluster(id: &ClusterId, fleet: &Fleet) -> Refusal {
    let names = fleet.clusters.iter().map(|cluster| cluster.id.name.to_string());
    Refusal::new(
        format!("there is no cluster {} in {}", id.name, id.place),
        nearest::remedy(&id.name.to_string(), names, "there are"),
    )
}

#[cfg(test)]
pub(crate) mod tests;
