//! One call: look and ask the guards, prove the lease, read again what is replaced, write the intent down, send once,
//! read back.

use std::sync::Arc;
use std::time::Duration;

use super::glance::{found, someone_changed};
use super::{Run, Stop, words};
use crate::fleet::Fleet;
use crate::plan::{
    BuildPhase, Call, Course, Effect, Event, Expected, Finding, Policy, Refusal, Resource, State, Step,
    Truth, blocked_by, check,
};
use crate::provider::Failure;

/// How often a write is read back before it counts as not there: ELBv2 is eventually consistent.
const READ_BACKS: u32 = 5;

/// Time between two reads of what was written.
const READ_BACK_PAUSE: Duration = Duration::from_secs(1);

/// A look that is younger needs no second one before the call.
const JUST_LOOKED: Duration = Duration::from_secs(3);

/// How long a look before a further step may fail before the operation holds.
const PATIENCE: Duration = Duration::from_mins(5);

/// Time between two looks that fail.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// What a call replaces and what it writes.
struct Change<'a> {
    step: u32,
    call: &'a Call,
    resource: Resource,
    before: State,
}

impl Run<'_> {
    /// Takes one step of the plan.
    pub(super) async fn write(&mut self, step: &Step, call: &Call) -> Result<(), Stop> {
        loop {
            self.stay_while_paused(step).await?;
            self.keep_pace().await?;
            let fleet = self.fresh_look().await?;
            self.ask_guards(step, &fleet)?;
            if self.paused.is_none() && self.send(step.n, call, step.expects.as_ref()).await? {
                return Ok(());
            }
        }
    }

    /// Sends a call of this operation, and nothing where something else is there than it has to replace. `false`: a
    /// person paused it at the last moment; a way back is not paused.
    pub(super) async fn send(
        &mut self,
        step: u32,
        call: &Call,
        expects: Option<&Expected>,
    ) -> Result<bool, Stop> {
        self.prove_lease().await?;
        let resource = call.resource();
        let place = self.plan.place();
        let observer = self.ports.observer;
        let before = found(call, self.attend(observer.state(&place, &resource)).await?)
            .map_err(|failure| self.failed(&failure))?;
        if let (Call::StartBuild(start), State::Build(there)) = (call, &before) {
            self.follows(start);
            let since = there.since.map(|since| format!(" since {since:.0}")).unwrap_or_default();
            self.say(
                Truth::ReadBack,
                &format!("build {} is there{since}: it is followed", start.build),
                None,
            );
            return Ok(true);
        }
        let is_over = match &before {
            State::Absent => true,
            State::Build(build) => build.phase != BuildPhase::Running,
            _ => false,
        };
        if matches!(call, Call::StopBuild(_)) && is_over {
            self.say(Truth::ReadBack, "it builds no more: nothing is stopped", None);
            return Ok(true);
        }
        if let Call::StartBuild(start) = call
            && let Some(elsewhere) = self.built_elsewhere(start)
        {
            return Err(self.stop(elsewhere));
        }
        let planned = expects.filter(|expects| expects.resource == resource).map(|expects| &expects.state);
        let mut expected = self.stands.get(&resource).into_iter().chain(planned);
        if let Some(other) = expected.find(|expected| !expected.holds_in(&before)) {
            return Err(self.stop(someone_changed(&resource, &before, other)));
        }
        let change = Change { step, call, resource, before };
        // The last moment at which nothing has happened yet.
        self.heed()?;
        if self.paused.is_some() && self.course != Course::Back {
            return Ok(false);
        }
        self.intend(&change).await?;
        let doubt = self.apply(&change).await?;
        self.read_back(&change, doubt).await?;
        Ok(true)
    }

    /// At most one change per [`Policy::PACE`] on a cluster; a way back does not wait.
    async fn keep_pace(&mut self) -> Result<(), Stop> {
        if self.is_rollback() {
            return Ok(());
        }
        loop {
            let now = self.ports.clock.monotonic();
            let own = self.last_call.map(|then| now.saturating_sub(then));
            let of_others = self
                .remembered()
                .history()
                .changed_at(self.plan.intent.cluster())
                .map(|at| self.now().duration_since(at))
                // A clock that was set back tells nothing: then the whole time is waited for.
                .map(|age| Duration::try_from(age).unwrap_or(Duration::ZERO));
            let left = own.or(of_others).map_or(Duration::ZERO, |age| Policy::PACE.saturating_sub(age));
            if left.is_zero() {
                return Ok(());
            }
            self.say(Truth::Wanted, "the last change of this cluster was a moment ago: one per 5 s", None);
            // Nobody cuts it short.
            self.rest(left).await?;
        }
    }

    /// A look that is young enough to decide on. Before a further step one that fails for a while is waited out.
    pub(super) async fn fresh_look(&mut self) -> Result<Arc<Fleet>, Stop> {
        let begun = self.ports.clock.monotonic();
        if let Some((then, fleet)) = &self.seen
            && !self.sent
            && begun.saturating_sub(*then) < JUST_LOOKED
        {
            return Ok(Arc::clone(fleet));
        }
        loop {
            let failure = match self.look().await? {
                Ok(fleet) => return Ok(fleet),
                Err(failure) => failure,
            };
            let waited = self.ports.clock.monotonic().saturating_sub(begun);
            if !self.sent || !failure.may_pass() || waited >= PATIENCE {
                return Err(self.failed(&failure));
            }
            let says = words::sentence_of(&failure).why;
            self.say(Truth::Wanted, &says, None);
            self.rest(LOOK_PAUSE).await?;
        }
    }

    fn ask_guards(&self, step: &Step, fleet: &Fleet) -> Result<(), Stop> {
        let now = self.now();
        let findings = check(&self.plan, step.n, fleet, &self.history(), self.policy, now);
        self.blocked(&findings).map_or(Ok(()), |refusal| Err(self.stop(refusal)))
    }

    /// The first guard that blocks and was not overridden.
    pub(super) fn blocked(&self, findings: &[Finding]) -> Option<Refusal> {
        let guard = blocked_by(findings, &self.approved.approval().overrides)?;
        Some(Refusal::new(
            format!("guard {} blocks the next call: {}", guard.name, guard.why),
            "mend what it says, then resume; or roll back",
        ))
    }

    /// Makes the intent durable, here and for everybody.
    async fn intend(&mut self, change: &Change<'_>) -> Result<(), Stop> {
        self.write_down(change.step, Event::Intended, |record| {
            record.call = Some(change.call.clone());
            record.resource = Some(change.resource.clone());
            record.before = Some(change.before.clone());
            record.after = change.call.source().map(|_| State::Actions(change.call.actions().clone()));
        })?;
        self.note(change.step, &format!("intends {}", change.call.says())).await
    }

    /// Sends it, once. What comes back is a doubt whether it took effect.
    async fn apply(&mut self, change: &Change<'_>) -> Result<Option<Failure>, Stop> {
        self.say(Truth::Wanted, &format!("sending {}", change.call.operation()), None);
        let operator = self.ports.operator;
        let place = self.plan.place();
        self.last_call = Some(self.ports.clock.monotonic());
        match self.keep(operator.apply(&place, change.call)).await {
            Ok(receipt) => {
                self.sent = true;
                self.say(Truth::Written, "written; reading it back", None);
                self.write_down(change.step, Event::Applied, |record| {
                    record.request_id = receipt.request_id;
                    record.resource = Some(change.resource.clone());
                })?;
                Ok(None)
            }
            Err(failure) if failure.maybe_applied => {
                self.sent = true;
                Ok(Some(failure))
            }
            Err(failure) => Err(self.came_to_nothing(change.step, &failure, words::sentence_of(&failure))),
        }
    }

    /// Reads until the write shows, and tells apart: ours, the state before, or somebody else's.
    async fn read_back(&mut self, change: &Change<'_>, doubt: Option<Failure>) -> Result<(), Stop> {
        let Change { step, call, resource, before } = change;
        let mut last: Result<State, Failure> = Ok(before.clone());
        for attempt in 0..READ_BACKS {
            let (observer, clock, place) = (self.ports.observer, self.ports.clock, self.plan.place());
            let reads = async {
                if attempt > 0 {
                    clock.sleep(READ_BACK_PAUSE).await;
                }
                observer.state(&place, resource).await
            };
            last = found(call, self.keep(reads).await);
            if let Ok(found) = &last
                && call.effect(before, found) == Effect::Taken
            {
                match call.leaves(found) {
                    Some(left) => self.stands.insert(resource.clone(), left),
                    None => self.stands.remove(resource),
                };
                self.say(Truth::ReadBack, "read back: it is what was written", None);
                self.write_down(*step, Event::ReadBack, |record| {
                    record.resource = Some(resource.clone());
                    record.after = Some(found.clone());
                })?;
                self.write_taken_over()?;
                self.name_target_group(call, found)?;
                if let Call::StartBuild(start) = call {
                    self.follows(start);
                }
                return self.note(*step, &format!("wrote {}", call.says())).await;
            }
        }
        match (last, doubt) {
            (Ok(found), Some(failure)) if call.effect(before, &found) == Effect::NotTaken => {
                // The call was lost on its way: the state is the one before.
                let why = format!("{}: {}; nothing was changed", failure.what, failure.why);
                let refusal = Refusal::new(why, "make the plan again when the connection is back");
                Err(self.came_to_nothing(*step, &failure, refusal))
            }
            (Ok(found), _) => Err(self.stop(Refusal::new(
                format!("{resource} reads back {}, not {}", found.says(), call.says()),
                words::LOOK_WHAT_IS_THERE,
            ))),
            (Err(failure), _) => Err(self.stop(Refusal::new(
                format!("it was sent, and cannot be read back: {}", failure.why),
                words::LOOK_WHAT_IS_THERE,
            ))),
        }
    }

    /// What AWS calls a target group that was made is put into the steps to come.
    fn name_target_group(&mut self, call: &Call, found: &State) -> Result<(), Stop> {
        let (Call::CreateTargetGroup(create), State::TargetGroup(made)) = (call, found) else {
            return Ok(());
        };
        match self.plan.with_target_group(&create.to_be(), &made.arn) {
            Some(named) => self.plan = named,
            None => {
                return Err(self.stop(Refusal::new(
                    format!("{} cannot be put into the plan", made.arn),
                    words::WAYS_OUT,
                )));
            }
        }
        Ok(())
    }

    /// A call that certainly changed nothing: the operation failed, or, where an earlier call changed something, holds.
    fn came_to_nothing(&self, step: u32, failure: &Failure, refusal: Refusal) -> Stop {
        if step > 0 {
            let sentence = failure.to_string();
            // It stands whether or not it can be written down.
            let _ = self.record(step, Event::Failed, |record| record.result = Some(sentence));
        }
        let builds =
            self.plan.steps.iter().any(|one| one.n == step && matches!(one.call, Some(Call::StartBuild(_))));
        if builds {
            return Stop::Failed(refusal);
        }
        if self.changed_before(step) {
            let Refusal { why, remedy } = refusal;
            let remedy = if remedy.is_empty() { words::WAYS_OUT.into() } else { remedy };
            Stop::Held(Refusal::new(why, remedy))
        } else {
            Stop::Failed(refusal)
        }
    }

    /// Whether this operation, or the one it resumes, changed something before this step.
    fn changed_before(&self, step: u32) -> bool {
        let first = self.plan.steps.iter().find(|step| step.call.is_some()).map(|step| step.n);
        matches!(self.plan.intent, crate::plan::Intent::Resume { .. }) || first != Some(step)
    }
}
