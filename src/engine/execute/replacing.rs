//! Waiting while a group's instances are replaced: by AWS's refresh, one by one, or for another size.
//!
//! The group itself is read, not the whole cluster: two calls each time. Whatever AWS says of a refresh ends the wait
//! or holds the operation; percentages count an instance only when it is warm, and run back in a rollback.

use std::collections::HashSet;

use super::glance::someone_changed;
use super::{Run, Stop, words};
use crate::fleet::{Fleet, GroupName, Instance, InstanceId, InstanceState, RefreshStatus, Text, Verdict};
use crate::plan::{
    Call, Course, Effect, GroupState, InstanceMark, Intent, Newest, RefreshMark, Refusal, Resource, State,
    WaitFor,
};
use crate::provider::FailureKind;

/// The ways out of a group that is half replaced with nothing running to finish it.
const HALF: &str = "the group is half replaced: finish it with another refresh that skips what matches, or go back with \
                    a refresh to the version before";

/// What a read of a group tells.
enum Read {
    Found(GroupState),
    Later(String),
}

impl Run<'_> {
    /// Why it cannot be over yet; `None` where it is.
    pub(super) async fn replacing(
        &mut self,
        what: WaitFor,
        group: Option<&GroupName>,
    ) -> Result<Option<String>, Stop> {
        let Some(group) = group.cloned().or_else(|| self.group()) else {
            return Err(self.stop(Refusal::new("the plan names no group to wait for", "look at the group")));
        };
        if what == WaitFor::Replaced
            && let Some(why) = self.not_gone().await?
        {
            return Ok(Some(why));
        }
        let found = match self.read_group(&group).await? {
            Read::Found(found) => found,
            Read::Later(why) => return Ok(Some(why)),
        };
        if what == WaitFor::Refreshed {
            return self.refreshed(&found);
        }
        if let Some(why) = unsettled(&found) {
            return Ok(Some(why));
        }
        Ok(match self.look().await? {
            Ok(fleet) if what == WaitFor::Aside => {
                self.not_aside(&fleet, &found, &group).or_else(|| self.not_whole(&fleet, &group))
            }
            Ok(fleet) if what == WaitFor::Emptied => {
                self.not_left(&fleet, &group).or_else(|| self.not_whole(&fleet, &group))
            }
            Ok(fleet) => self.not_whole(&fleet, &group),
            Err(failure) => Some(words::sentence_of(&failure).why),
        })
    }

    /// The ways out of an operation that stops where it is.
    pub(super) fn ways_out(&self) -> &'static str {
        let of_a_group = self.back_from_here().is_none_or(|call| call.source().is_none());
        if of_a_group { words::WAYS_OUT_OF_A_GROUP } else { words::WAYS_OUT }
    }

    /// The group whose instances this operation changes, where its waits do not name it.
    fn group(&self) -> Option<GroupName> {
        let mut calls = self
            .back_from_here()
            .into_iter()
            .chain(self.plan.steps.iter().rev().filter_map(|step| step.call.as_ref()));
        let named = calls.find_map(|call| match call.resource() {
            Resource::Group(name) => Some(name),
            _ => None,
        });
        let of_instance = || {
            self.plan.steps.iter().filter_map(|step| step.expects.as_ref()).find_map(|expects| match &expects
                .state
            {
                State::Instance(mark) => mark.group.clone(),
                _ => None,
            })
        };
        named.or_else(of_instance).or_else(|| self.history().origin(&self.plan.intent).group().cloned())
    }

    /// The group as it is now, unless somebody else or another operation has taken it over.
    async fn read_group(&mut self, group: &GroupName) -> Result<Read, Stop> {
        let resource = Resource::Group(group.clone());
        if let Some(newer) = self.overtaken(&resource) {
            return Err(self.stop(newer));
        }
        let place = self.plan.place();
        let observer = self.ports.observer;
        let found = match self.attend(observer.state(&place, &resource)).await? {
            Ok(found) => found,
            Err(failure) if failure.kind == FailureKind::NotFound => {
                let why = format!("{group} is not there any more");
                return Err(self.stop(Refusal::new(why, "look who deleted it")));
            }
            Err(failure) => return Ok(Read::Later(words::sentence_of(&failure).why)),
        };
        if let Some(expected) = self.stands.get(&resource).filter(|expected| !expected.holds_in(&found)) {
            return Err(self.stop(someone_changed(&resource, &found, expected)));
        }
        match found {
            State::Group(found) => Ok(Read::Found(found)),
            _ => Ok(Read::Later(format!("the answer is not of {group}"))),
        }
    }

    /// Whether the refresh of this operation was started, by what is there.
    pub(super) async fn is_refreshing(&mut self) -> Result<bool, Stop> {
        let start = self.plan.steps.iter().find_map(|step| match (&step.call, &step.expects) {
            (Some(call @ Call::StartInstanceRefresh(_)), Some(expects)) => {
                Some((call.clone(), expects.state.clone()))
            }
            _ => None,
        });
        let (Some((call, before)), Some(group)) = (start, self.group()) else { return Ok(true) };
        match self.read_group(&group).await? {
            Read::Found(found) => Ok(call.effect(&before, &State::Group(found)) == Effect::Taken),
            Read::Later(why) => Err(self.stop(Refusal::new(why, words::LOOK_WHAT_IS_THERE))),
        }
    }

    fn refreshed(&self, found: &GroupState) -> Result<Option<String>, Stop> {
        let Some(Newest::Refresh(mark)) = &found.refresh else {
            return Ok(Some("the state of the refresh is not known".into()));
        };
        let mut taken = self.plan.steps.iter().filter(|step| step.n < self.step).rev();
        let last = taken.find_map(|step| step.call.as_ref());
        let history = self.history();
        let wants = history.origin(&self.plan.intent);
        let back = self.course == Course::Back
            || matches!(last, Some(Call::RollbackInstanceRefresh(_)))
            || matches!(wants, Intent::RollbackRefresh { .. });
        let ends = self.course != Course::Back && matches!(wants, Intent::CancelRefresh { .. });
        let reason = mark.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let held = |says: &str| Err(self.stop(Refusal::new(format!("{says}{reason}"), HALF)));
        match RefreshStatus::of_word(&mark.status) {
            RefreshStatus::Cancelled if ends => Ok(None),
            RefreshStatus::Successful | RefreshStatus::RollbackSuccessful if ends => {
                held("it was over before it could be cancelled")
            }
            RefreshStatus::Successful if back => held("the refresh was over before it could go back"),
            RefreshStatus::Successful => Ok(None),
            RefreshStatus::RollbackSuccessful if back => Ok(None),
            RefreshStatus::RollbackSuccessful => Err(Stop::RolledBack(Refusal::new(
                format!("AWS took the refresh back{reason}"),
                "find out why before the next attempt",
            ))),
            RefreshStatus::Failed => held("AWS says that the refresh failed"),
            RefreshStatus::RollbackFailed => held("AWS could not take the refresh back"),
            RefreshStatus::Cancelled => held("the refresh was cancelled"),
            _ => Ok(Some(under_way(mark))),
        }
    }

    /// Why the instances that were ended last are not all gone yet.
    async fn not_gone(&mut self) -> Result<Option<String>, Stop> {
        let taken = self.plan.steps.iter().filter(|step| step.n < self.step).rev();
        let ended: Vec<InstanceId> = taken
            .skip_while(|step| step.wait.is_some())
            .take_while(|step| step.wait.is_none())
            .filter_map(|step| match step.call.as_ref()?.resource() {
                Resource::Instance(id) => Some(id),
                _ => None,
            })
            .collect();
        let place = self.plan.place();
        let observer = self.ports.observer;
        for id in ended {
            let why = match self.attend(observer.state(&place, &Resource::Instance(id.clone()))).await? {
                Ok(State::Instance(mark)) => leaving(&mark).map(|where_| format!("{id} {where_}")),
                Ok(_) => Some(format!("the answer is not of {id}")),
                Err(failure) => Some(words::sentence_of(&failure).why),
            };
            if why.is_some() {
                return Ok(why);
            }
        }
        Ok(None)
    }

    /// Instances that later steps end: nobody waits for their health.
    fn to_end(&self) -> HashSet<InstanceId> {
        let left = self.plan.steps.iter().filter(|step| step.n > self.step);
        left.filter_map(|step| match step.call.as_ref()? {
            Call::TerminateInstanceInAutoScalingGroup(end) => Some(end.instance.clone()),
            _ => None,
        })
        .collect()
    }

    /// Why the instance that is set aside may take traffic yet: by its group, and by the group's targets.
    fn not_aside(&self, fleet: &Fleet, found: &GroupState, name: &GroupName) -> Option<String> {
        let history = self.history();
        let id = history.origin(&self.plan.intent).set_aside()?;
        if let Some(lifecycle) = found.members.get(id).filter(|lifecycle| lifecycle.raw() != "Standby") {
            return Some(format!("{id} is {lifecycle}"));
        }
        let group = fleet.cluster(self.plan.intent.cluster())?.group(name)?;
        group.target_groups.iter().find_map(|arn| {
            let Some(health) = fleet.target_groups.get(arn).and_then(|group| group.health.as_ref()) else {
                return Some(format!("the targets of {} could not be read", arn.name()));
            };
            let target = health.value.iter().find(|target| target.id == *id)?;
            Some(format!("{id} is {} in {}", target.state.word(), arn.name()))
        })
    }

    /// Why a zone that the group launches in no more is not empty yet, by a look.
    fn not_left(&self, fleet: &Fleet, name: &GroupName) -> Option<String> {
        let group = fleet.cluster(self.plan.intent.cluster())?.group(name)?;
        let in_service = |instance: &&Instance| {
            instance.membership.as_ref().is_some_and(|m| m.lifecycle.raw() == "InService")
        };
        let mut outside = group
            .instances
            .iter()
            .filter(in_service)
            .filter_map(|instance| instance.zone.as_ref().filter(|zone| !group.zones.contains(zone)));
        let zone = outside.next()?;
        Some(format!("{} of the instances of {name} are still in {zone}", 1 + outside.count()))
    }

    /// Why the group is not whole and healthy yet, by a look.
    fn not_whole(&self, fleet: &Fleet, name: &GroupName) -> Option<String> {
        let Some(group) = fleet.cluster(self.plan.intent.cluster()).and_then(|cluster| cluster.group(name))
        else {
            return Some(format!("the last look does not show {name}"));
        };
        let serving: Vec<_> = group
            .instances
            .iter()
            .filter(|instance| {
                instance.membership.as_ref().is_some_and(|member| member.lifecycle.raw() == "InService")
            })
            .collect();
        let wanted = usize::try_from(group.desired).unwrap_or(0);
        if !group.weighted && serving.len() != wanted {
            return Some(format!("{} of {wanted} instances of {name} are in service", serving.len()));
        }
        let to_end = self.to_end();
        let stay = || serving.iter().filter(|instance| !to_end.contains(&instance.id));
        let healthy = stay()
            .filter(|instance| {
                instance.state == Some(InstanceState::Running)
                    && instance.health.verdict() == Verdict::Healthy
            })
            .count();
        let count = stay().count();
        (healthy < count).then(|| format!("{healthy} of {count} instances of {name} are healthy"))
    }
}

/// Where an instance that is on its way out stands; `None` where it is gone.
fn leaving(mark: &InstanceMark) -> Option<String> {
    match &mark.lifecycle {
        Some(lifecycle) => Some(stands(lifecycle)),
        None if mark.has_ended() => None,
        None => mark.state.as_ref().map(|state| format!("is {state}")),
    }
}

/// Members that are neither in service nor set aside.
fn unsettled(found: &GroupState) -> Option<String> {
    let aside = ["InService", "Standby"];
    let (id, lifecycle) = found.members.iter().find(|(_, lifecycle)| !aside.contains(&lifecycle.raw()))?;
    Some(format!("{id} {}", stands(lifecycle)))
}

/// A lifecycle state in words: who waits in a hook waits for somebody to complete it, an hour unless it says otherwise
/// [autoscaling: `LifecycleHook`].
fn stands(lifecycle: &Text) -> String {
    match lifecycle.raw() {
        "Pending:Wait" => "waits in a lifecycle hook before it is in service (Pending:Wait)".into(),
        "Terminating:Wait" => "waits in a lifecycle hook before it ends (Terminating:Wait)".into(),
        "Terminating:Retained" => {
            "was kept by a lifecycle hook that was abandoned (Terminating:Retained): terminate it by hand"
                .into()
        }
        _ => format!("is {lifecycle}"),
    }
}

/// A refresh that has not ended, in one sentence.
fn under_way(mark: &RefreshMark) -> String {
    let mut says = vec![match RefreshStatus::of_word(&mark.status) {
        RefreshStatus::Pending => "AWS has not begun yet".to_owned(),
        RefreshStatus::InProgress => "AWS replaces".to_owned(),
        RefreshStatus::Baking => "all are replaced, AWS watches them".to_owned(),
        RefreshStatus::Cancelling => "AWS cancels the refresh".to_owned(),
        RefreshStatus::RollbackInProgress => "AWS takes the refresh back".to_owned(),
        other => format!("the refresh is {}", other.word()),
    }];
    says.extend(mark.percent.map(|percent| format!("{percent} % replaced and warm")));
    says.extend(mark.to_update.map(|left| format!("{left} to go")));
    says.extend(mark.reason.as_ref().map(ToString::to_string));
    says.join(", ")
}
