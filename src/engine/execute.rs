//! Runs an approved plan, step by step.
//!
//! Before anything: the account is proven, the cluster is observed afresh, the same plan comes out, every guard
//! passes (`begin`). Before each call: what it replaces is read again, and the intent is durable. After it: what was
//! written is read back (`call`), then watched (`vigil`). Whatever does not fit holds the operation; nothing is
//! adapted. A person's order or a bad gate leads back to what was before the first call (`back`). Between all of it a
//! person may steer (`steer`), and everything that happens is told and written down (`tell`). All of it is done by the
//! one writer of the cluster (`holder`), in the place of whoever left it half done (`heir`).

mod back;
mod begin;
mod building;
mod call;
mod drilling;
mod glance;
mod heir;
mod holder;
mod replacing;
mod second;
mod steer;
mod tell;
mod vigil;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use super::company::Joined;
use super::{Company, Helm, Journal, Lease};
use crate::fleet::{Actions, Fleet, SourceArn};
use crate::plan::{
    ApprovedPlan, Call, Claim, Course, Event, Outcome, Plan, Policy, Progress, Refusal, Resource, SessionId,
    Stand, State, Step, Wait, WaitFor,
};
use crate::provider::{Clock, Observer, Operator, Register};
use building::Branches;
use drilling::Leash;

/// What the engine works with.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// Looks.
    pub observer: &'a dyn Observer,
    /// Changes.
    pub operator: &'a dyn Operator,
    /// Writes what other cockpits read; `None` where there is no such store.
    pub register: Option<&'a dyn Register>,
    /// Remembers. Operations on several clusters share it: each holds it for one record, never while it waits.
    pub journal: &'a Mutex<Journal>,
    /// Tells time and waits.
    pub clock: &'a dyn Clock,
    /// What a person tells it on the way.
    pub helm: &'a Helm,
    /// Who else is under way in this program.
    pub company: &'a Company,
    /// This run of the program.
    pub session: &'a SessionId,
    /// What other cockpits told when the operation began.
    pub claims: &'a [Claim],
}

/// When an operation counts as ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// What was written reads back, and bakes are over.
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
    let joined = ports.company.join();
    let leash = Leash::of(approved.plan(), ports);
    let mut run = Run {
        leash,
        joined,
        plan: approved.plan().clone(),
        approved,
        ports,
        policy,
        tell,
        step: 0,
        lease: None,
        half_taken: false,
        begun: false,
        sent: false,
        stands: BTreeMap::new(),
        seen: None,
        last_call: None,
        paused: None,
        course: Course::Ahead,
        taking_back: None,
        branches: Branches::default(),
    };
    // Boxed: whoever awaits an operation need not carry all of its states.
    let ended = match Box::pin(run.go(until)).await {
        Err(Stop::Back(why)) => Err(Box::pin(run.go_back(why)).await),
        ended => ended,
    };
    run.end(ended).await
}

/// Why a run stops short.
enum Stop {
    /// Nothing was sent.
    Refused(Refusal),
    /// A call was sent and changed nothing.
    Failed(Refusal),
    /// Something was, or may have been.
    Held(Refusal),
    /// It is to go back to what was before, for this reason.
    Back(String),
    /// It went back.
    RolledBack(Refusal),
}

struct Run<'a> {
    plan: Plan,
    approved: ApprovedPlan,
    ports: Ports<'a>,
    policy: &'a Policy,
    tell: &'a mut (dyn FnMut(Progress) + Send),
    /// The step it is at; 0 before the first.
    step: u32,
    /// What makes it the one writer of its cluster; `None` before it is taken, where there is none, and once it is
    /// lost.
    lease: Option<Lease<'a>>,
    /// Whether the lease may stand in the store though it is not held here: taking it was broken off.
    half_taken: bool,
    /// Whether the journal knows of it.
    begun: bool,
    /// Whether a call of this operation may have changed something.
    sent: bool,
    /// What has to be there, unless somebody else changed it: what was found, or what this operation wrote last.
    stands: BTreeMap<Resource, State>,
    /// The last look at the cluster and when it was taken, by the monotonic clock.
    seen: Option<(Duration, Arc<Fleet>)>,
    /// When it sent its last call, by the monotonic clock.
    last_call: Option<Duration>,
    /// Since when a person has it paused, by the monotonic clock.
    paused: Option<Duration>,
    /// Where it is going.
    course: Course,
    /// What it takes back now.
    taking_back: Option<Call>,
    /// What became of its builds.
    branches: Branches,
    /// What holds a drill; `None` where it is none.
    leash: Option<Leash>,
    /// Its place among the operations under way.
    joined: Joined<'a>,
}

impl Run<'_> {
    async fn go(&mut self, until: Until) -> Result<String, Stop> {
        self.begin().await?;
        let mut says = "nothing to do".to_string();
        // By number: what a target group is called is put in once it was made.
        for at in 0..self.plan.steps.len() {
            let step = self.plan.steps[at].clone();
            self.step = step.n;
            if self.left_out(&step) {
                continue;
            }
            let taken = match (&step.call, &step.wait) {
                (Some(call), _) => {
                    let written = self.write(&step, call).await;
                    written.map(|()| "what was written reads back".into())
                }
                (None, Some(wait)) if until == Until::Settled || self.has_to_wait(&step, wait) => {
                    self.keep_vigil(&step, wait).await
                }
                _ => continue,
            };
            match taken {
                Ok(said) => says = said,
                // A build that fails ends its branch, and the others go on.
                Err(Stop::Failed(refusal)) => self.branch_ends(&step, &refusal)?,
                Err(other) => return Err(other),
            }
        }
        self.branches_ended()?;
        Ok(says)
    }

    /// Whether a wait is more than the last look at what was written: nothing follows before it has settled.
    fn has_to_wait(&self, step: &Step, wait: &Wait) -> bool {
        let mut later = self.plan.steps.iter().filter(|later| later.n > step.n);
        wait.what != WaitFor::Settled || later.any(|later| later.call.is_some())
    }

    /// Writes the end down, where the operation was begun at all, and gives back what it holds.
    async fn end(&mut self, ended: Result<String, Stop>) -> Outcome {
        let (event, stand, mut outcome) = match ended {
            Ok(says) => (Event::Done, Stand::Done, Outcome::Done { says }),
            Err(Stop::Refused(Refusal { why, remedy })) => {
                (Event::Failed, Stand::Failed, Outcome::Refused { why, remedy })
            }
            Err(Stop::Failed(Refusal { why, remedy })) => {
                (Event::Failed, Stand::Failed, Outcome::Failed { why, remedy })
            }
            Err(Stop::Held(Refusal { why, remedy })) => {
                (Event::Held, Stand::Held, Outcome::Held { why, remedy })
            }
            Err(Stop::RolledBack(Refusal { why, remedy })) => {
                (Event::RolledBack, Stand::RolledBack, Outcome::RolledBack { why, remedy })
            }
            Err(Stop::Back(why)) => {
                (Event::Held, Stand::Held, Outcome::Held { why, remedy: words::WAYS_OUT.into() })
            }
        };
        let sentence = match &mut outcome {
            Outcome::Done { says } => says,
            Outcome::Refused { why, .. }
            | Outcome::Failed { why, .. }
            | Outcome::RolledBack { why, .. }
            | Outcome::Held { why, .. } => why,
        };
        if let Some(report) = self.report() {
            *sentence = format!("{sentence}; drill: {}", report.says());
        }
        let sentence = sentence.clone();
        let (stand, outcome) = match self.write_end(event, &sentence) {
            Err(error) if matches!(outcome, Outcome::Done { .. } | Outcome::RolledBack { .. }) => (
                Stand::Held,
                Outcome::Held {
                    why: format!("{sentence}, but {error}"),
                    remedy: "mend the journal before the next change".into(),
                },
            ),
            _ => (stand, outcome),
        };
        self.release(stand, &sentence).await;
        outcome
    }

    /// Whether it goes back to what was, as its plan says or on the way.
    fn leads_back(&self) -> bool {
        self.course == Course::Back || self.is_rollback()
    }

    /// Whether it leads back to what was: a way back is not led back by a gate, and needs no pace.
    fn is_rollback(&self) -> bool {
        self.history().leads_back(&self.plan.intent)
    }

    /// Where an abort leads from where it stands.
    fn back_from_here(&self) -> Option<&Call> {
        self.plan.way_back_from(self.step)
    }

    /// The listener or rule it writes, and the actions that have to be there.
    fn traffic(&self) -> Option<(&SourceArn, &Actions)> {
        self.stands.iter().find_map(|(resource, state)| match (resource, state) {
            (Resource::Source(source), State::Actions(actions)) => Some((source, actions)),
            _ => None,
        })
    }

    /// The time of day.
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// What a stop means depends on whether anything may have been changed.
    fn stop(&self, refusal: Refusal) -> Stop {
        if self.sent { Stop::Held(refusal) } else { Stop::Refused(refusal) }
    }
}

#[cfg(test)]
mod tests;
