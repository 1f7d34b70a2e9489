//! Runs an approved plan, step by step.
//!
//! Before anything: the account is proven, the cluster is observed afresh, the same plan comes out, every guard
//! passes. Before each call: what it replaces is read again, and the intent is durable. After it: what was written is
//! read back, then watched until it has settled. Whatever does not fit holds the operation; nothing is adapted.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Journal;
use super::journal::JournalError;
use crate::fleet::{Actions, Fleet, Place, Scope, SourceArn, TargetState, same_actions};
use crate::plan::{
    ApprovedPlan, Call, Event, Expected, Late, Outcome, Plan, Policy, Progress, RECORD_SCHEMA, Record,
    Refusal, Step, Truth, plan,
};
use crate::provider::{Clock, Failure, Observer, Operator};

/// How often a write is read back before it counts as not there: ELBv2 is eventually consistent.
const READ_BACKS: u32 = 5;

/// Time between two reads of what was written.
const READ_BACK_PAUSE: Duration = Duration::from_secs(1);

/// Time between two looks while it settles.
const SETTLE_PAUSE: Duration = Duration::from_secs(5);

/// Longest time past the planned one in which targets may become steady.
const SETTLE_GRACE: SignedDuration = SignedDuration::from_mins(5);

/// What the engine works with.
pub struct Ports<'a> {
    /// Looks.
    pub observer: &'a dyn Observer,
    /// Changes.
    pub operator: &'a dyn Operator,
    /// Remembers. Operations on several clusters share it: each holds it for one record, never while it waits.
    pub journal: &'a Mutex<Journal>,
    /// Tells time and waits.
    pub clock: &'a dyn Clock,
}

/// When an operation counts as ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// What was written reads back.
    ReadBack,
    /// And has settled.
    Settled,
}

/// Runs an approved plan to its end and tells what happens as it happens.
pub async fn execute(
    approved: ApprovedPlan,
    ports: Ports<'_>,
    policy: &Policy,
    until: Until,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Outcome {
    let mut run =
        Run { plan: approved.plan().clone(), approved, ports, policy, tell, begun: false, sent: false };
    match run.whole(until).await {
        Ok(says) => run.end(Event::Done, Outcome::Done { says }),
        Err(Stop::Refused(refusal)) => {
            let Refusal { why, remedy } = refusal;
            run.end(Event::Failed, Outcome::Refused { why, remedy })
        }
        Err(Stop::Failed(refusal)) => {
            let Refusal { why, remedy } = refusal;
            run.end(Event::Failed, Outcome::Failed { why, remedy })
        }
        Err(Stop::Held(refusal)) => {
            let Refusal { why, remedy } = refusal;
            run.end(Event::Held, Outcome::Held { why, remedy })
        }
    }
}

/// Why a run stops short.
enum Stop {
    /// Nothing was sent.
    Refused(Refusal),
    /// A call was sent and changed nothing.
    Failed(Refusal),
    /// Something was, or may have been.
    Held(Refusal),
}

struct Run<'a> {
    plan: Plan,
    approved: ApprovedPlan,
    ports: Ports<'a>,
    policy: &'a Policy,
    tell: &'a mut (dyn FnMut(Progress) + Send),
    /// Whether the journal knows of it.
    begun: bool,
    /// Whether a call may have changed something.
    sent: bool,
}

impl Run<'_> {
    async fn whole(&mut self, until: Until) -> Result<String, Stop> {
        self.prove().await?;
        self.journal(0, Event::Started, |_| {}).map_err(|error| self.stop(unwritten(&error)))?;
        self.begun = true;
        let mut says = "nothing to do".to_string();
        for step in self.plan.steps.clone() {
            match (&step.call, &step.wait) {
                (Some(call), _) => {
                    self.write(&step, call).await?;
                    says = "what was written reads back".into();
                }
                (None, Some(wait)) if until == Until::Settled => {
                    says = self.settle(&step, wait.seconds).await?;
                }
                _ => {}
            }
        }
        Ok(says)
    }

    /// The account is ours, the world is still the one the plan was made for, and the guards pass on fresh facts.
    async fn prove(&mut self) -> Result<(), Stop> {
        self.say(0, Truth::Wanted, "checking the account, the facts and the guards", None);
        if self.remembered().history().knows(&self.plan.id) {
            return Err(self.stop(Refusal::new(
                format!("plan {} was run already; a plan runs once", self.plan.id),
                "make a new plan",
            )));
        }
        let identity = self.ports.observer.identity().await.map_err(|failure| self.failed(&failure))?;
        if identity.account != self.plan.account {
            return Err(self.stop(Refusal::new(
                format!(
                    "the credentials are for account {}, the plan is for {}",
                    identity.account, self.plan.account
                ),
                "log in to the plan's account, or make a plan for this one",
            )));
        }
        let fleet = self.look().await?;
        let now = self.ports.clock.now();
        let fresh = plan(&self.plan.intent, &fleet, self.remembered().history(), self.policy, now)
            .and_then(|fresh| self.plan.clone().renewed_by(fresh))
            .map_err(|refusal| self.stop(refusal))?;
        let approval = self.approved.approval().clone();
        self.approved = fresh.clone().approve(approval, now).map_err(|refusal| self.stop(refusal))?;
        self.plan = fresh;
        Ok(())
    }

    /// One call: read again, write the intent down, send once, read back.
    async fn write(&mut self, step: &Step, call: &Call) -> Result<(), Stop> {
        let place = self.plan.place();
        let source = call.source();
        let found = self.read(&place, &source).await.map_err(|failure| self.failed(&failure))?;
        if let Some(Expected { actions, .. }) = &step.expects
            && !same_actions(actions, &found)
        {
            return Err(self.stop(Refusal::new(
                format!(
                    "someone changed {source}: it has {} and {} was expected",
                    words(&found),
                    words(actions)
                ),
                "look at the change, then make the plan again",
            )));
        }
        self.journal(step.n, Event::Intended, |record| {
            record.call = Some(call.clone());
            record.source = Some(source.clone());
            record.before = Some(found.clone());
            record.after = Some(call.actions().clone());
        })
        .map_err(|error| self.stop(unwritten(&error)))?;

        self.say(step.n, Truth::Wanted, &format!("sending {}", call.operation()), None);
        let answer = self.ports.operator.apply(&place, call).await;
        let (request_id, doubt) = match answer {
            Ok(receipt) => {
                self.sent = true;
                (receipt.request_id, None)
            }
            Err(failure) if failure.maybe_applied => {
                self.sent = true;
                (None, Some(failure))
            }
            Err(failure) => {
                let sentence = failure.to_string();
                // The refusal stands whether or not it can be written down.
                let _ = self.journal(step.n, Event::Failed, |record| record.result = Some(sentence));
                return Err(Stop::Failed(sentence_of(&failure)));
            }
        };
        if doubt.is_none() {
            self.say(step.n, Truth::Written, "written; reading it back", None);
            self.journal(step.n, Event::Applied, |record| {
                record.request_id = request_id;
                record.source = Some(source.clone());
            })
            .map_err(|error| self.stop(unwritten(&error)))?;
        }
        self.read_back(step, call, &found, doubt).await
    }

    /// Reads until the write shows, and tells apart: ours, the state before, or somebody else's.
    async fn read_back(
        &mut self,
        step: &Step,
        call: &Call,
        before: &Actions,
        doubt: Option<Failure>,
    ) -> Result<(), Stop> {
        let place = self.plan.place();
        let source = call.source();
        let mut last: Result<Actions, Failure> = Ok(before.clone());
        for attempt in 0..READ_BACKS {
            if attempt > 0 {
                self.ports.clock.sleep(READ_BACK_PAUSE).await;
            }
            last = self.read(&place, &source).await;
            if let Ok(found) = &last
                && same_actions(found, call.actions())
            {
                self.say(step.n, Truth::ReadBack, "read back: it is what was written", None);
                self.journal(step.n, Event::ReadBack, |record| {
                    record.source = Some(source.clone());
                    record.after = Some(found.clone());
                })
                .map_err(|error| self.stop(unwritten(&error)))?;
                return Ok(());
            }
        }
        let undo = "roll back, or look at it and make a new plan";
        match (last, doubt) {
            (Ok(found), Some(failure)) if same_actions(&found, before) => {
                // The call was lost on its way: the state is the one before.
                let sentence = failure.to_string();
                let _ = self.journal(step.n, Event::Failed, |record| record.result = Some(sentence));
                Err(Stop::Failed(Refusal::new(
                    format!("{}: {}; nothing was changed", failure.what, failure.why),
                    "make the plan again when the connection is back",
                )))
            }
            (Ok(found), _) => Err(self.stop(Refusal::new(
                format!("{source} reads back {}, not {}", words(&found), words(call.actions())),
                undo,
            ))),
            (Err(failure), _) => Err(self
                .stop(Refusal::new(format!("it was sent, and cannot be read back: {}", failure.why), undo))),
        }
    }

    /// Waits until propagation time has passed and targets are steady, and watches that nobody changes it.
    async fn settle(&mut self, step: &Step, seconds: u64) -> Result<String, Stop> {
        let begun = self.ports.clock.now();
        let planned = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let earliest = begun.saturating_add(planned).unwrap_or(Timestamp::MAX);
        let deadline = earliest.saturating_add(SETTLE_GRACE).unwrap_or(Timestamp::MAX);
        let Some(written) = self.plan.steps.iter().rev().find_map(|step| step.call.clone()) else {
            return Ok("nothing was written".into());
        };
        loop {
            let why = match self.look().await {
                Ok(fleet) => {
                    let source = written.source();
                    let found = fleet
                        .cluster(self.plan.intent.cluster())
                        .and_then(|cluster| cluster.traffic.iter().find(|traffic| traffic.arn == source));
                    if let Some(found) = found
                        && !same_actions(&found.actions, written.actions())
                    {
                        if let Some(newer) = self.overtaken(&source) {
                            return Err(self.stop(newer));
                        }
                        return Err(self.stop(Refusal::new(
                            format!(
                                "someone changed {source} while it settled: it has {}, {} was written",
                                words(&found.actions),
                                words(written.actions())
                            ),
                            "look at the change, then make a new plan",
                        )));
                    }
                    unsteady(&fleet, written.actions())
                }
                Err(Stop::Refused(refusal) | Stop::Failed(refusal) | Stop::Held(refusal)) => {
                    Some(refusal.why)
                }
            };
            let now = self.ports.clock.now();
            if now >= earliest && why.is_none() {
                let says = "settled, no request counts".to_string();
                self.journal(step.n, Event::Settled, |record| record.result = Some(says.clone()))
                    .map_err(|error| self.stop(unwritten(&error)))?;
                self.say(step.n, Truth::Settled, &says, None);
                return Ok(says);
            }
            let waits = why.unwrap_or_else(|| {
                format!("propagation: {} s left", earliest.duration_since(now).as_secs().max(0))
            });
            if now >= deadline {
                return Err(self.stop(Refusal::new(
                    format!("it did not settle in time: {waits}"),
                    "the weights stay as written: wait and look, or roll back",
                )));
            }
            self.say(step.n, Truth::ReadBack, &waits, Some(deadline));
            self.ports.clock.sleep(SETTLE_PAUSE).await;
        }
    }

    /// Whether another operation of this cockpit has changed the same listener or rule since: a way back does not
    /// wait until what it takes back has settled.
    fn overtaken(&self, source: &SourceArn) -> Option<Refusal> {
        let journal = self.remembered();
        let newer = journal.history().overtaken(&self.plan.id, source)?;
        let says = format!("{} {} took over before it had settled", newer.verb, newer.operation);
        Some(Refusal::new(says, "follow that one"))
    }

    async fn look(&mut self) -> Result<std::sync::Arc<Fleet>, Stop> {
        let scope = Scope::Cluster(self.plan.intent.cluster().clone());
        self.ports.observer.observe(&scope).await.map_err(|failure| self.failed(&failure))
    }

    async fn read(&mut self, place: &Place, source: &SourceArn) -> Result<Actions, Failure> {
        self.ports.observer.actions(place, source).await
    }

    fn journal(
        &mut self,
        step: u32,
        event: Event,
        fill: impl FnOnce(&mut Record),
    ) -> Result<(), JournalError> {
        let approval = self.approved.approval();
        let mut record = Record {
            schema: RECORD_SCHEMA,
            at: self.ports.clock.now(),
            operation: self.plan.id.clone(),
            event,
            who: approval.who.clone(),
            why: approval.reason.clone(),
            verb: self.plan.verb.clone(),
            cluster: self.plan.intent.cluster().clone(),
            digest: self.plan.digest.clone(),
            step,
            of: u32::try_from(self.plan.steps.len()).unwrap_or(u32::MAX),
            plan: None,
            overrides: Vec::new(),
            epoch: None,
            call: None,
            request_id: None,
            source: None,
            before: None,
            after: None,
            result: None,
        };
        fill(&mut record);
        self.remembered().write(record)
    }

    fn remembered(&self) -> MutexGuard<'_, Journal> {
        // A journal knows by itself whether its last record is whole.
        self.ports.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the end down, where the operation was begun at all.
    fn end(&mut self, event: Event, outcome: Outcome) -> Outcome {
        let sentence = match &outcome {
            Outcome::Done { says } => says.clone(),
            Outcome::Refused { why, .. }
            | Outcome::Failed { why, .. }
            | Outcome::RolledBack { why, .. }
            | Outcome::Held { why, .. } => why.clone(),
        };
        if self.begun
            && let Err(error) = self.journal(0, event, |record| record.result = Some(sentence))
        {
            return match outcome {
                Outcome::Done { says } => Outcome::Held {
                    why: format!("{says}, but {error}"),
                    remedy: "mend the journal before the next change".into(),
                },
                other => other,
            };
        }
        outcome
    }

    fn say(&mut self, step: u32, truth: Truth, says: &str, deadline: Option<Timestamp>) {
        let at = self.ports.clock.now();
        (self.tell)(Progress {
            operation: self.plan.id.clone(),
            at,
            step,
            truth,
            says: says.into(),
            deadline,
            late: deadline.map(|_| Late::Hold),
            paused: false,
        });
    }

    fn failed(&self, failure: &Failure) -> Stop {
        self.stop(sentence_of(failure))
    }

    /// What a stop means depends on whether anything may have been changed.
    fn stop(&self, refusal: Refusal) -> Stop {
        if self.sent { Stop::Held(refusal) } else { Stop::Refused(refusal) }
    }
}

fn sentence_of(failure: &Failure) -> Refusal {
    Refusal::new(format!("{}: {}", failure.what, failure.why), failure.remedy.clone())
}

fn unwritten(error: &JournalError) -> Refusal {
    Refusal::new(
        error.to_string(),
        "make room, or mend the owner of the state folder; one cockpit writes at a time",
    )
}

/// Why the targets that take traffic are not steady yet.
fn unsteady(fleet: &Fleet, actions: &Actions) -> Option<String> {
    for (arn, _) in actions.iter().flat_map(crate::fleet::Action::weights).filter(|(_, weight)| *weight > 0) {
        let name = arn.name();
        let Some(health) = fleet.target_groups.get(&arn).and_then(|group| group.health.as_ref()) else {
            return Some(format!("the health of the targets of {name} is unknown"));
        };
        let of = |state: &TargetState| health.value.iter().filter(|target| target.state == *state).count();
        let (healthy, initial, unhealthy) =
            (of(&TargetState::Healthy), of(&TargetState::Initial), of(&TargetState::Unhealthy));
        if initial > 0 {
            return Some(format!("{initial} of {} targets of {name} are initial", health.value.len()));
        }
        if healthy == 0 {
            return Some(format!("no target of {name} is healthy ({unhealthy} unhealthy)"));
        }
    }
    None
}

/// The weights of a list in words.
fn words(actions: &Actions) -> String {
    let weights: Vec<String> = actions
        .iter()
        .flat_map(crate::fleet::Action::weights)
        .map(|(arn, weight)| format!("{} {weight}", arn.name()))
        .collect();
    if weights.is_empty() { "no target group".into() } else { weights.join(" ") }
}

#[cfg(test)]
mod tests;
