//! Waiting for builds: whoever builds is asked, and the image is there only when EC2 says that it can be launched.
//!
//! Then what stood for it in the steps to come gives way to its true id. A build that fails ends its branch: what hangs
//! on its image is left out, and the rest goes on. A build that is there already is followed, never started again.

use std::collections::BTreeSet;

use super::{Run, Stop, words};
use crate::fleet::{BuildId, ClusterId, ImageId, Scope};
use crate::plan::{
    BuildPhase, BuildState, Call, Event, Intent, Refusal, Resource, StartBuild, State, Step, StopBuild, Truth,
};
use crate::provider::FailureKind;

/// What becomes of the branches of a plan that builds.
#[derive(Default)]
pub(super) struct Branches {
    /// Builds that were started and are not over, as far as is known.
    started: Vec<StartBuild>,
    /// What stands for images that will not be there.
    failed: BTreeSet<ImageId>,
    /// Builds that were left out.
    left_out: BTreeSet<BuildId>,
    /// Whether what comes after the builds hangs on an image that will not be there, in whichever of its steps: all of
    /// it is left out then.
    ends_here: bool,
    /// Why, in order, and what to do.
    ended: Vec<Refusal>,
}

impl Branches {
    fn lacks_image_of(&self, call: &Call) -> bool {
        let Ok(written) = serde_json::to_value(call) else { return false };
        self.failed.iter().any(|image| names(&written, image.raw()))
    }
}

/// How to look into a build.
const READ_THE_LOG: &str = "read its log, mend what it says, then rebuild";

impl Run<'_> {
    /// Why a step is left out: it hangs on an image that will not be there.
    pub(super) fn left_out(&mut self, step: &Step) -> bool {
        let waited = step.wait.as_ref().and_then(|wait| wait.build.as_ref());
        if self.branches.ends_here || waited.is_some_and(|build| self.branches.left_out.contains(build)) {
            return true;
        }
        let of_builds =
            waited.is_some() || matches!(step.call, Some(Call::StartBuild(_) | Call::TagImage(_)));
        // What comes after the builds is one thing: its first step waits for what its last one needs.
        let last = if of_builds { step.n } else { u32::MAX };
        let rest = self.plan.steps.iter().filter(|one| (step.n..=last).contains(&one.n));
        if !rest.filter_map(|one| one.call.as_ref()).any(|call| self.branches.lacks_image_of(call)) {
            return false;
        }
        if let Some(Call::StartBuild(start)) = &step.call {
            self.branches.left_out.insert(start.build.clone());
            self.branches.failed.insert(start.image.clone());
        }
        self.branches.ends_here |= !of_builds;
        self.say(Truth::Wanted, &format!("left out, for its image is not there: {}", step.does), None);
        true
    }

    /// A build was started, or is there already and is followed.
    pub(super) fn follows(&mut self, start: &StartBuild) {
        self.branches.started.push(start.clone());
    }

    /// What ended a branch ends only that branch.
    pub(super) fn branch_ends(&mut self, step: &Step, refusal: &Refusal) -> Result<(), Stop> {
        let build = match (&step.call, &step.wait) {
            (Some(Call::StartBuild(start)), _) => Some(start.build.clone()),
            (_, Some(wait)) => wait.build.clone(),
            _ => None,
        };
        let start = self.plan.builds().find(|start| Some(&start.build) == build.as_ref()).cloned();
        let Some(start) = start else { return Err(Stop::Failed(refusal.clone())) };
        self.branches.started.retain(|one| one.build != start.build);
        self.branches.left_out.insert(start.build.clone());
        self.branches.failed.insert(start.image.clone());
        self.branches.ended.push(refusal.clone());
        self.write_down(step.n, Event::Failed, |record| {
            record.resource = Some(Resource::Build(start.key()));
            record.result = Some(refusal.why.clone());
        })
    }

    /// What the branches that ended make of the whole, at its end.
    pub(super) fn branches_ended(&self) -> Result<(), Stop> {
        if self.branches.ended.is_empty() {
            return Ok(());
        }
        let built = self.plan.builds().filter(|start| !start.image.is_to_be());
        let built: Vec<String> = built.map(|start| format!("{} {}", start.family, start.version)).collect();
        let built = if built.is_empty() { String::new() } else { format!("; built: {}", built.join(", ")) };
        let why: Vec<&str> = self.branches.ended.iter().map(|refusal| refusal.why.as_str()).collect();
        let remedies: BTreeSet<&str> = self.branches.ended.iter().map(|one| one.remedy.as_str()).collect();
        let remedies: Vec<&str> = remedies.into_iter().filter(|remedy| !remedy.is_empty()).collect();
        Err(Stop::Failed(Refusal::new(format!("{}{built}", why.join("; ")), remedies.join("; "))))
    }

    /// Why the image of a build is not there yet; `None` where it can be launched.
    pub(super) async fn building(&mut self, build: Option<&BuildId>) -> Result<Option<String>, Stop> {
        let start = self.plan.builds().find(|start| Some(&start.build) == build).cloned();
        let Some(start) = start else { return Ok(None) };
        let (place, resource) = (self.plan.place(), Resource::Build(start.key()));
        let observer = self.ports.observer;
        let state = match self.attend(observer.state(&place, &resource)).await? {
            Ok(State::Build(state)) => state,
            Ok(_) => return Ok(Some(format!("the answer is not of {resource}"))),
            Err(failure) if failure.kind == FailureKind::NotFound => {
                return Err(Stop::Failed(Refusal::new(
                    format!("{resource} of {} is not there any more: {}", start.family, failure.why),
                    READ_THE_LOG,
                )));
            }
            Err(failure) => return Ok(Some(words::sentence_of(&failure).why)),
        };
        let of = format!("build {} of {} {}", start.build, start.family, start.version);
        match state.phase {
            BuildPhase::Running => Ok(Some(going_on(&of, &state))),
            BuildPhase::Failed => {
                Err(Stop::Failed(Refusal::new(format!("{of} failed: {}", state.says), READ_THE_LOG)))
            }
            BuildPhase::Stopped => {
                Err(Stop::Failed(Refusal::new(format!("{of} was stopped: {}", state.says), READ_THE_LOG)))
            }
            BuildPhase::Succeeded => match state.image.clone() {
                Some(image) => self.launchable(&start, &image, state).await,
                None => Err(Stop::Failed(Refusal::new(
                    format!("{of} has ended, and told no image of {}", place.region),
                    READ_THE_LOG,
                ))),
            },
        }
    }

    /// Why an image that was built cannot be launched yet; where it can, it takes its place in the plan.
    async fn launchable(
        &mut self,
        start: &StartBuild,
        image: &ImageId,
        state: BuildState,
    ) -> Result<Option<String>, Stop> {
        let place = self.plan.place();
        let observer = self.ports.observer;
        let asked = self.attend(observer.state(&place, &Resource::Image(image.clone()))).await?;
        let word = match asked {
            Ok(State::Image(mark)) => {
                mark.state.map_or_else(|| "unknown".into(), |state| state.raw().to_owned())
            }
            Ok(_) => return Ok(Some(format!("the answer is not of {image}"))),
            Err(failure) => return Ok(Some(words::sentence_of(&failure).why)),
        };
        match word.as_str() {
            "available" => {}
            "failed" | "error" | "invalid" | "deregistered" | "disabled" => {
                return Err(Stop::Failed(Refusal::new(
                    format!("{image}, which {} built, is {word}", start.build),
                    READ_THE_LOG,
                )));
            }
            _ => return Ok(Some(format!("{image} of {} is {}", start.build, crate::fleet::clean(&word)))),
        }
        // What is decided afterwards rests on a look that shows it.
        let family = ClusterId::of_family(place, &start.family);
        if let Err(failure) = self.attend(observer.observe(&Scope::Cluster(family))).await? {
            return Ok(Some(words::sentence_of(&failure).why));
        }
        self.branches.started.retain(|one| one.build != start.build);
        self.write_down(self.step, Event::ReadBack, |record| {
            record.resource = Some(Resource::Build(start.key()));
            record.after = Some(State::Build(state));
        })?;
        match self.plan.with_image(&start.image, image) {
            Some(named) => self.plan = named,
            None => {
                return Err(
                    self.stop(Refusal::new(format!("{image} cannot be put into the plan"), words::WAYS_OUT))
                );
            }
        }
        Ok(None)
    }

    /// Stops the builds that run, and tells how many.
    pub(super) async fn stop_builds(&mut self) -> Result<usize, Stop> {
        let running = std::mem::take(&mut self.branches.started);
        for start in &running {
            let call = Call::StopBuild(StopBuild { build: start.key() });
            self.taking_back = Some(call.clone());
            self.say(Truth::Wanted, &format!("stopping build {} of {}", start.build, start.family), None);
            if !self.has_ended(start).await? {
                // Step 0: it takes the whole operation back.
                self.send(0, &call, None).await?;
            }
        }
        Ok(running.len())
    }

    async fn has_ended(&mut self, start: &StartBuild) -> Result<bool, Stop> {
        let (place, resource) = (self.plan.place(), Resource::Build(start.key()));
        let observer = self.ports.observer;
        Ok(match self.attend(observer.state(&place, &resource)).await? {
            Ok(State::Build(state)) => state.phase != BuildPhase::Running,
            Ok(_) => false,
            Err(failure) => failure.kind == FailureKind::NotFound,
        })
    }

    /// Where a build of this machine, which an operation that is resumed may have started, cannot be asked for here.
    pub(super) fn built_elsewhere(&self, start: &StartBuild) -> Option<Refusal> {
        let Intent::Resume { operation, .. } = &self.plan.intent else { return None };
        if !start.builder.key().is_local() {
            return None;
        }
        let (history, here) = (self.history(), &self.approved.approval().who.host);
        let step = history
            .plan_of(operation)?
            .steps
            .iter()
            .find(|step| matches!(&step.call, Some(Call::StartBuild(one)) if one.build == start.build))?;
        let recorded = history.records_of(operation).filter(|record| record.step >= step.n);
        let claimed = history.claims_of(operation).filter(|claim| claim.step >= step.n);
        let mut hosts = recorded.map(|record| &record.who.host).chain(claimed.map(|claim| &claim.who.host));
        let host = hosts.find(|host| *host != here)?;
        Some(Refusal::new(
            format!(
                "build {} of {} ran on {host}: nothing here tells what became of it",
                start.build, start.family
            ),
            format!("resume it on {host}, or make a new plan and leave that one"),
        ))
    }
}

fn going_on(of: &str, state: &BuildState) -> String {
    let since = state.since.map(|since| format!(", since {since:.0}")).unwrap_or_default();
    if state.says.is_empty() {
        format!("{of} runs{since}")
    } else {
        format!("{of} runs{since}: {}", state.says)
    }
}

fn names(value: &serde_json::Value, text: &str) -> bool {
    use serde_json::Value;
    match value {
        Value::String(one) => one.contains(text),
        Value::Array(items) => items.iter().any(|item| names(item, text)),
        Value::Object(map) => map.values().any(|item| names(item, text)),
        _ => false,
    }
}
