//! A plan to be confirmed, by typing something that belongs to this very plan. In SAFE the same dialog arms; in
//! READ-ONLY the plan can be seen and nothing more.
//!
//! The plan is made again with every look and every second, so that what is confirmed is what would be done now:
//! the same work keeps what was typed, other work forgets it and says so.

use jiff::Timestamp;

use super::arm::arm;
use super::{Ask, Asks, Popup, Reaction, scroll};
use crate::app::{Effect, Model, Operation, Session, Tone};
use crate::fleet::{ClusterId, Text};
use crate::keymap::{Action, Context, Key};
use crate::plan::{self, Answer, Approval, Intent, OperationId, Outcome, Plan, Refusal, Truth, Who};

/// How far the question is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// It is asked.
    Asking,
    /// It was confirmed; the operation has not written yet.
    Waiting(OperationId),
    /// The operation came to nothing, or stopped.
    Ended(Outcome),
}

/// The dialog.
#[derive(Debug)]
pub struct Confirm {
    /// The plan, as of the newest look.
    pub plan: Box<Plan>,
    /// Why no plan can be made any more, where that is so.
    pub refusal: Option<Refusal>,
    /// How far the question is.
    pub stage: Stage,
    /// What has to be typed.
    pub asks: Asks,
    /// Why the last answer was not taken, or what changed.
    pub says: Option<String>,
    /// Lines of the plan that are scrolled away, where it is longer than the room; the screen has the last word.
    pub scroll: u16,
    since: Timestamp,
}

impl Confirm {
    /// Plans an intent and asks.
    ///
    /// # Errors
    /// No plan can be made.
    pub fn new(model: &Model, intent: &Intent) -> Result<Self, Refusal> {
        let asked = make(model, intent)?;
        let back = rollback_of(model, &asked);
        let says =
            back.as_ref().map(|_| "this brings back what was before: it is planned as a rollback".into());
        let plan = Box::new(back.unwrap_or(asked));
        let (asks, refusal) = (Asks::default(), None);
        let mut dialog =
            Self { plan, refusal, stage: Stage::Asking, asks, says, scroll: 0, since: model.now };
        dialog.ask(model);
        Ok(dialog)
    }

    /// The first guard that blocks the plan and cannot be overridden.
    pub fn blocked_by(&self) -> Option<&plan::Finding> {
        self.blocking().find(|guard| plan::can_override(&guard.name) != Some(true))
    }

    fn blocking(&self) -> impl Iterator<Item = &plan::Finding> {
        self.plan.guards.iter().filter(|guard| guard.verdict == Answer::Block)
    }

    /// Asks for what this session and this plan need: what arms, each guard that is overridden by its name, why it is
    /// done, and at last the plan's own phrase.
    fn ask(&mut self, model: &Model) {
        let mut asks = Vec::new();
        if !matches!(model.session, Session::ReadOnly { .. }) {
            asks = Asks::to_arm(model, &self.plan.account);
            let overrides = self.blocked_by().is_none().then(|| self.blocking()).into_iter().flatten();
            let overrides: Vec<Ask> = overrides.map(|guard| Ask::Override(guard.name.clone())).collect();
            let is_overridden = !overrides.is_empty();
            asks.extend(overrides);
            let goes_back = matches!(self.plan.intent, Intent::Rollback { .. });
            // The way back is open without the shared bookkeeping, for whoever says why.
            let unkept = goes_back && model.unread.at(&self.plan.place()).is_some();
            let required = self.plan.confirm.reason || is_overridden || unkept;
            if required {
                asks.push(Ask::Reason);
            }
            asks.push(Ask::Phrase(self.plan.confirm.phrase.clone()));
        }
        self.asks.set(asks);
    }

    /// Makes the plan again. What was typed is kept only while the plan does the same.
    fn plan_again(&mut self, model: &Model) {
        match make(model, &self.plan.intent) {
            Ok(plan) => {
                // Health that comes and goes changes figures on the screen, not the work that is confirmed.
                if !plan.same_work(&self.plan) || self.refusal.is_some() {
                    self.start_over(model, "the world changed, and so did the plan: read it again");
                }
                self.refusal = None;
                *self.plan = plan;
            }
            Err(refusal) => {
                if self.refusal.is_none() {
                    self.start_over(model, "the world changed");
                }
                self.refusal = Some(refusal);
            }
        }
        self.ask(model);
    }

    fn start_over(&mut self, model: &Model, says: &str) {
        self.asks.reset();
        self.says = Some(says.to_owned());
        self.since = model.now;
    }

    fn accept(&mut self, model: &mut Model, effects: &mut Vec<Effect>) -> Result<(), String> {
        if let Session::ReadOnly { why } = &model.session {
            return Err(format!("this session is read-only: {why}"));
        }
        let before = self.plan.clone();
        self.plan_again(model);
        if let Some(refusal) = &self.refusal {
            return Err(refusal.to_string());
        }
        if !self.plan.same_work(&before) {
            return Err("the world changed, and so did the plan: read it again".into());
        }
        if !self.asks.accept()? {
            self.says = None;
            return Ok(());
        }
        if let Some(guard) = self.blocked_by() {
            return Err(format!("guard {} blocks it: {}", guard.name, guard.why));
        }
        let way_back = matches!(self.plan.intent, Intent::Rollback { .. });
        if let Some(running) = model.in_the_way(self.plan.intent.cluster(), way_back) {
            return Err(format!("{} {} runs on this cluster: let it end first", running.verb, running.id));
        }
        let Some(identity) = model.identity.clone() else {
            return Err("STS has not proved which account this is: nothing is sent".into());
        };
        if identity.account != self.plan.account {
            let (is, wants) = (&identity.account, &self.plan.account);
            return Err(format!(
                "the credentials belong to account {is}, the plan to {wants}: nothing is sent"
            ));
        }
        let phrase = self.asks.phrase().unwrap_or_default().to_owned();
        let (reason, overrides) = (self.asks.reason().map(Text::new), self.asks.overrides());
        let who = Who { principal: identity.arn, host: model.host.clone() };
        let approved = self
            .plan
            .as_ref()
            .clone()
            .approve(Approval { phrase, reason, overrides, who }, model.now)
            .map_err(|refusal| refusal.to_string())?;
        if !model.session.may_write(&self.plan.account, model.now) {
            // What arms was typed by now; that it was asked for is looked at all the same.
            if !self.asks.list().iter().any(|asked| matches!(asked.ask, Ask::Digits(_))) {
                return Err("this session is not armed: nothing is sent".into());
            }
            arm(model, &self.plan.account);
        }
        let operation = Operation::new(&self.plan, model.now);
        self.stage = Stage::Waiting(operation.id.clone());
        self.says = None;
        model.operations.push(operation);
        model.relist();
        effects.push(Effect::Execute(Box::new(approved)));
        Ok(())
    }

    /// Follows the operation; `false` once it has written what it should.
    fn follow(&mut self, model: &mut Model, id: &OperationId) -> bool {
        let Some(operation) = model.operations.iter().find(|operation| operation.id == *id) else {
            return false;
        };
        match &operation.ended {
            Some((_, Outcome::Done { .. })) => false,
            Some((_, outcome)) => {
                self.stage = Stage::Ended(outcome.clone());
                true
            }
            None if operation.truth >= Truth::Written => {
                let what = format!("{} of {}", operation.verb, operation.cluster.name);
                let says = if operation.has_more_to_send() {
                    format!("{what} is under way")
                } else {
                    format!("{what} is written; it settles now")
                };
                model.say(Tone::Good, says);
                false
            }
            None => true,
        }
    }
}

/// The rollback that a change by hand amounts to; one in steps was meant to be slow, and stays what it is.
fn rollback_of(model: &Model, plan: &Plan) -> Option<Plan> {
    let one_call = plan.steps.iter().filter(|step| step.call.is_some()).count() == 1;
    let fleet = &model.observation.as_ref()?.fleet;
    let intent = plan::rollback_instead(plan, fleet, &model.history).filter(|_| one_call)?;
    make(model, &intent).ok()
}

fn make(model: &Model, intent: &Intent) -> Result<Plan, Refusal> {
    let Some(observation) = &model.observation else {
        return Err(Refusal::new("nothing has been seen yet", "wait for the first look"));
    };
    plan::plan(intent, &observation.fleet, &model.history, &model.policy, model.now)
}

impl Popup for Confirm {
    fn context(&self) -> Context {
        if self.stage == Stage::Asking && !self.asks.list().is_empty() {
            Context::Text
        } else {
            Context::Dialog
        }
    }

    fn takes_any_letter(&self) -> bool {
        self.asks.is_at_reason()
    }

    fn offers(&self, action: Action) -> bool {
        let asks = self.stage == Stage::Asking && !self.asks.list().is_empty();
        !matches!(action, Action::Yes | Action::No) && (asks || action != Action::Accept)
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(self.plan.intent.cluster())
    }

    fn confirms_since(&self) -> Option<Timestamp> {
        Some(self.since)
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> Reaction {
        match (action, &self.stage) {
            (Action::Back | Action::No, Stage::Asking) => {
                model.say(Tone::Good, "left alone: nothing was sent");
                return Reaction::Close;
            }
            (Action::Back | Action::No, _) => return Reaction::Close,
            (Action::NextField | Action::MoveDown, _) => self.asks.turn(true),
            (Action::PreviousField | Action::MoveUp, _) => self.asks.turn(false),
            (Action::Accept, Stage::Asking) => {
                if let Err(why) = self.accept(model, effects) {
                    self.says = Some(why);
                }
            }
            _ => scroll(&mut self.scroll, action),
        }
        Reaction::Stay
    }

    fn key(&mut self, key: Key, _model: &mut Model) {
        if self.stage == Stage::Asking {
            self.asks.key(key);
            self.says = None;
        }
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        match self.stage.clone() {
            Stage::Asking => {
                self.plan_again(model);
                true
            }
            Stage::Waiting(id) => self.follow(model, &id),
            Stage::Ended(_) => true,
        }
    }
}
