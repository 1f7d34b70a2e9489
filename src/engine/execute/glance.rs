//! Looking at what runs: a fresh look at the cluster, one read of what is written to, and whether somebody else has
//! changed it.

use std::sync::Arc;

use super::{Run, Stop, words};
use crate::fleet::{Fleet, Scope, Section, same_actions};
use crate::plan::{Call, Course, Refusal, Resource, State};
use crate::provider::{Failure, FailureKind};

impl Run<'_> {
    /// A fresh and complete look at the cluster; on the way back only at what carries traffic, which must not wait.
    pub(super) async fn look(&mut self) -> Result<Result<Arc<Fleet>, Failure>, Stop> {
        let cluster = self.plan.intent.cluster().clone();
        let back = self.taking_back.as_ref().or_else(|| self.back_from_here());
        let by_traffic = back.is_none_or(|call| call.source().is_some());
        let only_traffic = self.course == Course::Back && by_traffic;
        let scope = if only_traffic {
            Scope::Traffic(cluster)
        } else if self.makes_unseen() {
            // A look at a cluster asks for the groups that it was seen with.
            Scope::Complete
        } else {
            Scope::Cluster(cluster)
        };
        let observer = self.ports.observer;
        let seen = self.attend(observer.observe(&scope)).await?;
        if let Ok(fleet) = &seen {
            self.saw(fleet);
        }
        Ok(seen)
    }

    /// Whether a group that this plan makes, or the one it resumes, was in no look yet.
    fn makes_unseen(&self) -> bool {
        let undone = self.plan.steps.iter().filter_map(|step| step.undo.as_ref()).chain(&self.plan.back);
        let made = undone.filter(|call| call.makes_or_deletes()).find_map(|call| match call.resource() {
            Resource::Group(name) => Some(name),
            _ => None,
        });
        let cluster = self.seen.as_ref().and_then(|(_, fleet)| fleet.cluster(self.plan.intent.cluster()));
        made.is_some_and(|name| cluster.is_none_or(|cluster| cluster.group(&name).is_none()))
    }

    pub(super) fn saw(&mut self, fleet: &Arc<Fleet>) {
        self.seen = Some((self.ports.clock.monotonic(), Arc::clone(fleet)));
        self.measure(fleet);
    }

    /// Whether what this operation wrote still stands, in a look. `Ok(Some(why))`: that cannot be told.
    ///
    /// # Errors
    /// Somebody else changed it, another operation took over, or it is gone.
    pub(super) async fn still_stands(&mut self, fleet: &Fleet) -> Result<Option<String>, Stop> {
        let Some((source, actions)) =
            self.traffic().map(|(source, actions)| (source.clone(), actions.clone()))
        else {
            return Ok(None);
        };
        let resource = Resource::Source(source.clone());
        if let Some(newer) = self.overtaken(&resource) {
            return Err(self.stop(newer));
        }
        let seen = fleet
            .cluster(self.plan.intent.cluster())
            .and_then(|cluster| cluster.traffic.iter().find(|traffic| traffic.arn == source));
        if seen.is_some_and(|seen| same_actions(&seen.actions, &actions)) {
            return Ok(None);
        }
        // A look is many answers, and one of them may be older than the write: the listener itself is asked.
        let place = self.plan.place();
        let observer = self.ports.observer;
        match self.attend(observer.actions(&place, &source)).await? {
            Ok(found) if same_actions(&found, &actions) => {
                Ok(seen.is_none().then(|| format!("the last look does not show {source}")))
            }
            Ok(found) => {
                Err(self.stop(someone_changed(&resource, &State::Actions(found), &State::Actions(actions))))
            }
            Err(failure) if failure.kind == FailureKind::NotFound => Err(self.stop(Refusal::new(
                format!("{source} is not there any more"),
                "look who deleted it, then make a new plan",
            ))),
            Err(failure) => Ok(Some(words::sentence_of(&failure).why)),
        }
    }

    /// A target group of what stands that a complete look does not show.
    pub(super) fn gone(&self, fleet: &Fleet) -> Option<String> {
        let (_, actions) = self.traffic()?;
        if fleet.gap(&self.plan.place(), Section::TargetGroups, None).is_some() {
            return None;
        }
        let mut named = actions.iter().flat_map(crate::fleet::Action::weights);
        let (arn, _) = named.find(|(arn, _)| !fleet.target_groups.contains_key(arn))?;
        Some(format!("target group {} is not there any more", arn.name()))
    }
}

/// What a call finds: that there is no group is an answer to what makes one, and to what deletes it.
pub(super) fn found(call: &Call, answer: Result<State, Failure>) -> Result<State, Failure> {
    match answer {
        Err(failure)
            if failure.kind == FailureKind::NotFound && (call.makes_or_deletes() || call.is_of_build()) =>
        {
            Ok(State::Absent)
        }
        answer => answer,
    }
}

/// Both values, so that a person can tell whose it is.
pub(super) fn someone_changed(resource: &Resource, found: &State, expected: &State) -> Refusal {
    Refusal::new(
        format!(
            "someone changed it: {} is there, {} was expected ({resource})",
            found.says(),
            expected.says()
        ),
        words::LOOK_AT_IT,
    )
}
