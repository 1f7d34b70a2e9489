//! Whether a call took effect, judged by what is there now and what was there before: this decides after a lost
//! answer, so that nothing is ever repeated blindly.

use super::{Call, StartRefresh, UpdateGroup};
use crate::fleet::{RefreshStatus, Text, same_actions};
use crate::plan::resource::{
    BuildPhase, BuildState, GroupState, ImageMark, InstanceMark, Newest, RefreshMark, Saved, Sizes, State,
    TargetGroupState, TemplateState,
};

/// What the state tells of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It is as the call wants it.
    Taken,
    /// It is as it was before.
    NotTaken,
    /// It is neither: somebody else changed it.
    Other,
}

impl Call {
    /// What is found there tells of this call, where this was before. A state of another kind tells nothing.
    pub fn effect(&self, before: &State, found: &State) -> Effect {
        match (before, found) {
            (State::Actions(_), State::Actions(actions)) if self.source().is_some() => {
                told(same_actions(actions, self.actions()), before, found)
            }
            (State::Group(was), State::Group(is)) => self.on_group(was, is),
            (_, State::Absent) | (State::Absent, _) => self.on_absent(before, found),
            (State::TargetGroup(was), State::TargetGroup(is)) => self.on_target_group(was, is),
            (State::Template(was), State::Template(is)) => self.on_template(was, is),
            (State::Instance(was), State::Instance(is)) => self.on_instance(was, is),
            (State::Image(was), State::Image(is)) => self.on_image(was, is),
            (State::Build(was), State::Build(is)) => self.on_build(was, is),
            _ => Effect::Other,
        }
    }

    /// What has to stay there after it took effect and this was found, until somebody else changes it; `None` where
    /// nothing has to.
    pub fn leaves(&self, found: &State) -> Option<State> {
        match (self, found) {
            (Self::ModifyListener { actions, .. } | Self::ModifyRule { actions, .. }, _) => {
                Some(State::Actions(actions.clone()))
            }
            (
                Self::StartInstanceRefresh(_)
                | Self::CancelInstanceRefresh(_)
                | Self::RollbackInstanceRefresh(_),
                State::Group(group),
            ) => {
                let Some(Newest::Refresh(mark)) = &group.refresh else { return None };
                let refresh = Some(Newest::Refresh(RefreshMark::of(mark.id.clone())));
                Some(State::Group(GroupState { refresh, ..GroupState::default() }))
            }
            (
                Self::CreateTargetGroup(_) | Self::ModifyTargetGroupAttributes(_),
                State::TargetGroup(TargetGroupState { arn, .. }),
            ) => Some(State::TargetGroup(TargetGroupState::of(arn.clone()))),
            (Self::UpdateAutoScalingGroup(update), State::Group(group)) => {
                let saved = update.template.as_ref().and(group.saved.clone());
                let subnets = update.subnets.clone();
                let left = GroupState { saved, subnets, ..GroupState::default() };
                (left != GroupState::default()).then_some(State::Group(left))
            }
            _ => None,
        }
    }

    fn on_image(&self, was: &ImageMark, is: &ImageMark) -> Effect {
        let Self::TagImage(tags) = self else { return Effect::Other };
        let set = |mark: &ImageMark| tags.tags.iter().all(|tag| mark.tags.get(&tag.key) == Some(&tag.value));
        // Of what was expected there need be no tags.
        match (set(is), was.tags.is_empty() || was.tags == is.tags) {
            (true, _) => Effect::Taken,
            (false, true) => Effect::NotTaken,
            (false, false) => Effect::Other,
        }
    }

    fn on_build(&self, was: &BuildState, is: &BuildState) -> Effect {
        match self {
            Self::StopBuild(_) if is.phase != BuildPhase::Running => Effect::Taken,
            Self::StopBuild(_) => Effect::NotTaken,
            // It was there before: it is followed, and not started again.
            Self::StartBuild(_) if was.since == is.since => Effect::Taken,
            _ => Effect::Other,
        }
    }

    fn on_target_group(&self, was: &TargetGroupState, is: &TargetGroupState) -> Effect {
        match self {
            _ if was.arn != is.arn => Effect::Other,
            Self::ModifyTargetGroupAttributes(modify) => {
                let set = modify.attributes.iter().all(|one| is.attributes.get(&one.key) == Some(&one.value));
                // A look need not tell attributes, and what is expected never does.
                let same = [was, is].iter().any(|state| state.attributes.is_empty())
                    || was.attributes == is.attributes;
                match (set, same) {
                    (true, _) => Effect::Taken,
                    (false, true) => Effect::NotTaken,
                    (false, false) => Effect::Other,
                }
            }
            Self::DeleteTargetGroup(_) => Effect::NotTaken,
            _ => Effect::Other,
        }
    }

    /// Where there was no group, or is none any more. One that is on its way out counts as gone.
    fn on_absent(&self, was: &State, is: &State) -> Effect {
        match (self, was, is) {
            (
                Self::CreateAutoScalingGroup(_) | Self::CreateTargetGroup(_) | Self::StartBuild(_),
                State::Absent,
                State::Absent,
            ) => Effect::NotTaken,
            // No two builds have one name.
            (Self::StartBuild(_), State::Absent, State::Build(_)) => Effect::Taken,
            (Self::CreateAutoScalingGroup(create), State::Absent, State::Group(is)) => {
                let sizes = Sizes { min: 0, desired: 0, max: create.max };
                let ours = is.sizes == Some(sizes)
                    && is.saved.as_ref() == Some(&Saved::Template(create.template.clone()))
                    && !is.deleting;
                if ours { Effect::Taken } else { Effect::Other }
            }
            // AWS makes no target group twice under one name, and refuses one that differs.
            (Self::CreateTargetGroup(_), State::Absent, State::TargetGroup(_))
            | (Self::DeleteAutoScalingGroup(_) | Self::DeleteTargetGroup(_), _, State::Absent) => {
                Effect::Taken
            }
            _ => Effect::Other,
        }
    }

    fn on_group(&self, was: &GroupState, is: &GroupState) -> Effect {
        match self {
            Self::StartInstanceRefresh(start) => started(start, was.refresh.as_ref(), is.refresh.as_ref()),
            Self::CancelInstanceRefresh(_) => {
                let cancelled = |status: &RefreshStatus| {
                    matches!(status, RefreshStatus::Cancelling | RefreshStatus::Cancelled)
                };
                stopped(cancelled, was.refresh.as_ref(), is.refresh.as_ref())
            }
            Self::RollbackInstanceRefresh(_) => {
                let back = |status: &RefreshStatus| {
                    matches!(
                        status,
                        RefreshStatus::RollbackInProgress
                            | RefreshStatus::RollbackSuccessful
                            | RefreshStatus::RollbackFailed
                    )
                };
                stopped(back, was.refresh.as_ref(), is.refresh.as_ref())
            }
            Self::UpdateAutoScalingGroup(update) => {
                // Of the sizes only those count that it writes.
                let blank = Sizes { min: 0, desired: 0, max: 0 };
                let wanted = GroupState {
                    sizes: is.sizes.map(|_| sizes_after(update, blank)),
                    saved: update.template.clone().map(Saved::Template),
                    subnets: update.subnets.clone(),
                    ..GroupState::default()
                };
                let written = |state: &GroupState| {
                    let saved = update.template.as_ref().and(state.saved.clone());
                    let subnets = update.subnets.as_ref().and(state.subnets.clone());
                    let sizes = state.sizes.map(|now| Sizes {
                        min: update.min.map_or(0, |_| now.min),
                        desired: update.desired.map_or(0, |_| now.desired),
                        max: update.max.map_or(0, |_| now.max),
                    });
                    State::Group(GroupState { sizes, saved, subnets, ..GroupState::default() })
                };
                let found = written(is);
                told(State::Group(wanted).holds_in(&found), &written(was), &found)
            }
            Self::DeleteAutoScalingGroup(_) if is.deleting => Effect::Taken,
            Self::DeleteAutoScalingGroup(_) => Effect::NotTaken,
            Self::SetDesiredCapacity(set) => {
                let desired = |state: &GroupState| state.sizes.map(|sizes| sizes.desired);
                match desired(is) {
                    Some(now) if now == set.desired => Effect::Taken,
                    Some(_) if desired(is) == desired(was) => Effect::NotTaken,
                    _ => Effect::Other,
                }
            }
            _ => Effect::Other,
        }
    }

    fn on_template(&self, was: &TemplateState, is: &TemplateState) -> Effect {
        let Self::CreateLaunchTemplateVersion(create) = self else { return Effect::Other };
        match is.descriptions.get(&(was.latest + 1)) {
            Some(description) if *description == create.description => Effect::Taken,
            None if is.latest == was.latest => Effect::NotTaken,
            _ => Effect::Other,
        }
    }

    fn on_instance(&self, was: &InstanceMark, is: &InstanceMark) -> Effect {
        let same = was.group == is.group && was.lifecycle == is.lifecycle && was.state == is.state;
        let lifecycle = |words: &[&str]| is.lifecycle.as_ref().is_some_and(|is| words.contains(&is.raw()));
        let ends = is.has_ended() || starts(is.lifecycle.as_ref(), "Terminat");
        let taken = match self {
            Self::TerminateInstanceInAutoScalingGroup(_) | Self::TerminateInstances(_) => ends,
            Self::EnterStandby(_) => lifecycle(&["EnteringStandby", "Standby"]),
            Self::ExitStandby(_) => lifecycle(&["InService"]) || starts(is.lifecycle.as_ref(), "Pending"),
            Self::DetachInstances(_) => {
                !ends && (is.group.is_none() || lifecycle(&["Detaching", "Detached"]))
            }
            Self::CreateTags(tags) => tags.tags.iter().all(|tag| is.tags.get(&tag.key) == Some(&tag.value)),
            _ => return Effect::Other,
        };
        match (taken, self) {
            (true, _) => Effect::Taken,
            (false, Self::CreateTags(_)) if was.tags == is.tags => Effect::NotTaken,
            (false, Self::CreateTags(_)) => Effect::Other,
            (false, _) if same => Effect::NotTaken,
            (false, _) => Effect::Other,
        }
    }
}

impl InstanceMark {
    /// Whether EC2 says that it is gone, or does not know it any more.
    pub fn has_ended(&self) -> bool {
        self.state.as_ref().is_none_or(|state| matches!(state.raw(), "shutting-down" | "terminated"))
    }
}

fn starts(lifecycle: Option<&Text>, with: &str) -> bool {
    lifecycle.is_some_and(|lifecycle| lifecycle.raw().starts_with(with))
}

fn told(taken: bool, before: &State, found: &State) -> Effect {
    if taken {
        Effect::Taken
    } else if before.holds_in(found) {
        Effect::NotTaken
    } else {
        Effect::Other
    }
}

fn sizes_after(update: &UpdateGroup, now: Sizes) -> Sizes {
    Sizes {
        min: update.min.unwrap_or(now.min),
        desired: update.desired.unwrap_or(now.desired),
        max: update.max.unwrap_or(now.max),
    }
}

/// Ours is a refresh that was not there before and goes where we want.
fn started(start: &StartRefresh, was: Option<&Newest>, is: Option<&Newest>) -> Effect {
    match (was, is) {
        (Some(Newest::None), Some(Newest::None)) => Effect::NotTaken,
        (Some(Newest::Refresh(was)), Some(Newest::Refresh(is))) if was.id == is.id => Effect::NotTaken,
        (Some(_), Some(Newest::Refresh(is))) if is.to.as_ref() == start.desired.template() => Effect::Taken,
        _ => Effect::Other,
    }
}

/// The same refresh, and what became of it.
fn stopped(wanted: fn(&RefreshStatus) -> bool, was: Option<&Newest>, is: Option<&Newest>) -> Effect {
    let (Some(Newest::Refresh(was)), Some(Newest::Refresh(is))) = (was, is) else { return Effect::Other };
    let now = RefreshStatus::of_word(&is.status);
    if was.id != is.id {
        Effect::Other
    } else if wanted(&now) {
        Effect::Taken
    } else if was.status == is.status || now.is_active() == Some(true) {
        Effect::NotTaken
    } else {
        Effect::Other
    }
}
