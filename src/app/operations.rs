//! Operations of this cockpit: running, and just ended.

use jiff::{SignedDuration, Timestamp};

use super::{Effect, Model, Tone, words};
use crate::fleet::{ClusterId, SourceArn};
use crate::plan::{
    self, Asked, Course, Known, KnownState, OperationId, Outcome, Plan, Progress, Steer, Truth, WaitFor, Who,
};

/// An ended operation stays on the screen for this long; after that the journal tells of it.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(10);

/// Whether an operation runs, or was left half done and can be taken up.
pub fn is_open(one: &Known) -> bool {
    one.state == KnownState::Running || !one.ways_out.is_empty()
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// The verb.
    pub verb: String,
    /// The cluster.
    pub cluster: ClusterId,
    /// The listener or rule it writes.
    pub source: Option<SourceArn>,
    /// How many steps it has.
    pub steps: u32,
    /// What it does.
    pub plan: Box<Plan>,
    /// When it was approved.
    pub started_at: Timestamp,
    /// The newest that was heard of it.
    pub progress: Option<Progress>,
    /// When its present step began.
    pub step_since: Timestamp,
    /// How far the weights of its present step are true.
    pub truth: Truth,
    /// What a person has told it, as long as it has not answered.
    pub told: Option<Steer>,
    /// Its end, and when.
    pub ended: Option<(Timestamp, Outcome)>,
}

impl Operation {
    /// An operation that begins now.
    pub fn new(plan: &Plan, at: Timestamp) -> Self {
        Self {
            id: plan.id.clone(),
            verb: plan.verb.clone(),
            cluster: plan.intent.cluster().clone(),
            source: plan.steps.iter().find_map(|step| step.call.as_ref()?.source()),
            steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
            plan: Box::new(plan.clone()),
            started_at: at,
            progress: None,
            step_since: at,
            truth: Truth::Wanted,
            told: None,
            ended: None,
        }
    }

    /// Whether it still runs.
    pub fn runs(&self) -> bool {
        self.ended.is_none()
    }

    /// Takes what was heard of it.
    pub(super) fn take(&mut self, progress: Progress) {
        // Each step begins with weights that are merely wanted; within one they become truer only.
        let same_step = progress.step == self.step() && progress.course == self.course();
        self.truth = if same_step { self.truth.max(progress.truth) } else { progress.truth };
        if !same_step {
            self.step_since = progress.at;
        }
        let answered = match self.told {
            Some(Steer::Pause) => progress.paused,
            Some(Steer::Continue) => !progress.paused,
            Some(Steer::StepNow) => !same_step,
            // These two are answered by its end.
            Some(Steer::Hold | Steer::Abort) | None => false,
        };
        if answered {
            self.told = None;
        }
        self.progress = Some(progress);
    }

    /// The step it is at, from 1; 0 before the first.
    pub fn step(&self) -> u32 {
        self.progress.as_ref().map_or(0, |progress| progress.step)
    }

    /// Where it is going.
    pub fn course(&self) -> Course {
        self.progress.as_ref().map_or(Course::Ahead, |progress| progress.course)
    }

    /// What its present step waits for, where that is a wait and it goes ahead.
    pub fn waits_for(&self) -> Option<WaitFor> {
        if self.course() != Course::Ahead {
            return None;
        }
        let step = self.plan.steps.iter().find(|step| step.n == self.step())?;
        if step.call.is_some() { None } else { step.wait.as_ref().map(|wait| wait.what) }
    }

    /// Whether a person has paused it.
    pub fn is_paused(&self) -> bool {
        self.progress.as_ref().is_some_and(|progress| progress.paused)
    }

    /// Whether it is going to send more than it has sent.
    pub fn has_more_to_send(&self) -> bool {
        let at = self.step();
        self.runs()
            && self.course() != Course::Back
            && self.plan.steps.iter().any(|step| step.n > at && step.call.is_some())
    }

    /// Whether it ended so long ago that only the journal still tells of it.
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.ended.as_ref().is_some_and(|(ended, _)| at.duration_since(*ended) > REMEMBERED)
    }

    /// Where it stands, in a few words.
    pub fn word(&self) -> &'static str {
        match (&self.ended, self.told) {
            (Some((_, Outcome::Done { .. })), _) => "done",
            (Some((_, Outcome::Refused { .. })), _) => "refused",
            (Some((_, Outcome::Failed { .. })), _) => "failed",
            (Some((_, Outcome::RolledBack { .. })), _) => "rolled back",
            (Some((_, Outcome::Held { .. })), _) => "held",
            (None, Some(Steer::Hold)) => "holding",
            (None, Some(Steer::Abort)) => "going back",
            (None, _) if self.course() == Course::Back => "going back",
            (None, _) if self.is_paused() => "paused",
            (None, _) if self.course() == Course::Unapproved => "unapproved",
            (None, _) => match (self.waits_for(), self.truth) {
                (Some(WaitFor::Bake), _) => "baking",
                (Some(WaitFor::Healthy), _) => "warming",
                (Some(WaitFor::Person), _) => "waiting for you",
                (Some(WaitFor::Refreshed | WaitFor::Replaced), _) => "replacing",
                (Some(WaitFor::Sized), _) => "scaling",
                (Some(WaitFor::Aside), _) => "setting aside",
                (Some(WaitFor::Emptied), _) => "emptying",
                (Some(WaitFor::Built), _) => "building",
                (_, Truth::Wanted) => "sending",
                (_, Truth::Written) => "reading back",
                (_, Truth::ReadBack) => "settling",
                (_, Truth::Settled) => "settled",
            },
        }
    }

    /// It as everybody would know it, as long as no record does.
    fn known(&self, holder: &Who) -> Known {
        let (state, why) = match &self.ended {
            None => (KnownState::Running, "it begins".to_owned()),
            Some((_, Outcome::Done { says })) => (KnownState::Done, says.clone()),
            Some((_, Outcome::RolledBack { why, .. })) => (KnownState::RolledBack, why.clone()),
            Some((_, Outcome::Held { why, .. })) => (KnownState::Held, why.clone()),
            Some((_, Outcome::Refused { why, .. } | Outcome::Failed { why, .. })) => {
                (KnownState::Failed, why.clone())
            }
        };
        Known {
            id: self.id.clone(),
            verb: self.verb.clone(),
            cluster: self.cluster.clone(),
            state,
            step: self.step(),
            of: self.steps,
            holder: holder.clone(),
            started_at: self.started_at,
            updated_at: self.ended.as_ref().map_or(self.started_at, |(at, _)| *at),
            why,
            ways_out: Vec::new(),
            plan: Some(self.plan.clone()),
            report: None,
        }
    }

    /// The time its present wait takes if all goes well; `None` where that is not known or over.
    pub fn planned_left(&self, at: Timestamp) -> Option<SignedDuration> {
        let step = self.plan.steps.iter().find(|step| step.n == self.step())?;
        let wait = step.wait.as_ref().filter(|wait| matches!(wait.what, WaitFor::Bake | WaitFor::Settled))?;
        let time = SignedDuration::from_secs(i64::try_from(wait.seconds).ok()?);
        let left = time - at.duration_since(self.step_since);
        let goes_on = self.runs() && !self.is_paused() && self.course() == Course::Ahead;
        (goes_on && left > SignedDuration::ZERO).then_some(left)
    }

    /// The time until its present wait ends at the latest.
    pub fn left(&self, at: Timestamp) -> Option<SignedDuration> {
        let deadline = self.progress.as_ref()?.deadline?;
        self.runs().then(|| deadline.duration_since(at).max(SignedDuration::ZERO))
    }
}

/// A plan that waits for a second person, as an operation that somebody holds.
fn waiting(asked: &Asked) -> Known {
    let plan = &asked.plan;
    Known {
        id: plan.id.clone(),
        verb: plan.verb.clone(),
        cluster: plan.intent.cluster().clone(),
        state: KnownState::Running,
        step: 0,
        of: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
        holder: asked.who.clone(),
        started_at: asked.asked_at,
        updated_at: asked.asked_at,
        why: "waits for a second person to approve it".into(),
        ways_out: Vec::new(),
        plan: Some(plan.clone()),
        report: None,
    }
}

impl Model {
    /// Lists again what is known of operations: after the journal grew, claims were read, or one of this cockpit
    /// began or ended. Whoever runs one knows best where it stands.
    pub(super) fn relist(&mut self) {
        let mut known = plan::operations(&self.history, self.history.claims(), self.now);
        for own in &self.operations {
            match known.iter_mut().find(|one| one.id == own.id) {
                Some(one) if own.runs() => {
                    one.state = KnownState::Running;
                    one.ways_out.clear();
                }
                Some(_) => {}
                None => known.insert(0, own.known(&self.whoever())),
            }
        }
        for asked in self.waiting.values().flatten() {
            if asked.approved_by.is_none() && known.iter().all(|one| one.id != asked.plan.id) {
                known.insert(0, waiting(asked));
            }
        }
        self.open = known
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, one)| is_open(one))
            .map(|(at, one)| (one.cluster.clone(), at))
            .collect();
        self.known = known;
        self.derive();
    }

    /// Lists again where only time tells whether somebody still runs something: nobody writes down that they are gone.
    pub(super) fn relist_silent(&mut self) {
        let silent = |one: &Known| {
            one.state == KnownState::Running && self.own(&one.id).is_none() && self.asked(&one.id).is_none()
        };
        if self.known.iter().any(silent) {
            self.relist();
        }
    }

    /// What runs, and what was left half done and can be taken up: the newest of each cluster.
    pub fn open(&self) -> impl Iterator<Item = &Known> {
        self.open.values().filter_map(|at| self.known.get(*at))
    }

    /// The newest operation on a cluster that runs, or that was left half done and can be taken up, whoever began it.
    pub fn open_on(&self, cluster: &ClusterId) -> Option<&Known> {
        self.known.get(*self.open.get(cluster)?)
    }

    /// The plan of a colleague that waits for a second person under this id.
    pub fn asked(&self, id: &OperationId) -> Option<&Asked> {
        let asked = self.waiting.values().flatten().find(|asked| asked.plan.id == *id)?;
        (asked.approved_by.is_none() && self.own(id).is_none()).then_some(asked)
    }

    /// Who acts here, as far as it is known.
    pub(super) fn whoever(&self) -> Who {
        let principal = self.identity.as_ref().map_or_else(|| "unknown".into(), |who| who.arn.clone());
        Who { principal, host: self.host.clone() }
    }

    /// The operation of this cockpit behind a known one.
    pub fn own(&self, id: &OperationId) -> Option<&Operation> {
        self.operations.iter().find(|own| own.id == *id)
    }

    /// Tells a running operation something; it answers when it can, and is shown as told at once.
    pub(super) fn steer(&mut self, id: &OperationId, steer: Steer, effects: &mut Vec<Effect>) {
        let Some(operation) = self.operations.iter_mut().find(|known| known.id == *id && known.runs()) else {
            return;
        };
        operation.told = Some(steer);
        effects.push(Effect::Steer(id.clone(), steer));
    }

    /// Holds every operation of this cockpit: the one key that stops everything.
    pub(super) fn hold_all(&mut self, effects: &mut Vec<Effect>) {
        let running: Vec<OperationId> = self.running().map(|operation| operation.id.clone()).collect();
        if running.is_empty() {
            return self.say(Tone::Good, "no operation of this cockpit runs: there is nothing to stop");
        }
        for id in &running {
            self.steer(id, Steer::Hold, effects);
        }
        let count = words::count(running.len(), "operation");
        self.say(
            Tone::Bad,
            format!("stopping {count}: holding after the call in flight, nothing more is sent"),
        );
    }
}
