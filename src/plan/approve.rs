//! From a plan to an approved plan: the only way to anything that runs.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Answer, Finding, PLAN_SCHEMA, Plan, Policy, Refusal, Who, can_override, digest, nearest};
use crate::fleet::{Text, clean};

/// What to do about a plan that cannot be read.
const AGAIN: &str = "make it again with `flightdeck plan`";

/// What an operator said to approve a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// What was typed.
    pub phrase: String,
    /// The reason given, where one was.
    pub reason: Option<Text>,
    /// Guards that block and are overridden, by name. Each takes a reason.
    pub overrides: Vec<String>,
    /// Who approves.
    pub who: Who,
}

/// A plan that was approved. It can be made by [`Plan::approve`] only, and never be read from a file.
#[derive(Clone, PartialEq, Debug)]
pub struct ApprovedPlan {
    plan: Plan,
    approval: Approval,
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Who approved it, and why.
    pub fn approval(&self) -> &Approval {
        &self.approval
    }

    /// The same with the verdicts of a plan made again on fresh facts. What was overridden stays overridden, also
    /// where it no longer blocks.
    ///
    /// # Errors
    /// The world moved, a guard blocks that is not overridden, or it waited too long for a second person.
    pub fn renewed_by(self, fresh: Plan, at: Timestamp) -> Result<Self, Refusal> {
        let plan = self.plan.renewed_by(fresh)?;
        let life = if plan.confirm.second { Policy::SECOND_PERSON } else { Policy::PLAN_LIFE };
        let end = SignedDuration::try_from(life).ok().and_then(|life| plan.created_at.checked_add(life).ok());
        if end.is_none_or(|end| at > end) {
            return Err(plan.expired("make it again"));
        }
        if let Some(guard) = blocked_by(&plan.guards, &self.approval.overrides) {
            return Err(blocks(guard));
        }
        Ok(Self { plan, approval: self.approval })
    }
}

/// The first guard that blocks and is not overridden.
pub fn blocked_by<'a>(findings: &'a [Finding], overrides: &[String]) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.verdict == Answer::Block && !overrides.contains(&finding.name))
}

fn blocks(guard: &Finding) -> Refusal {
    let remedy = match can_override(&guard.name) {
        Some(true) => "mend what it says, then make the plan again; or override it by name, with a reason",
        _ => "mend what it says, then make the plan again",
    };
    Refusal::new(format!("guard {} blocks it: {}", guard.name, guard.why), remedy)
}

impl Plan {
    /// Approves the plan.
    ///
    /// # Errors
    /// The phrase is another, the plan has expired, a guard blocks it that is not overridden, a reason is missing, or
    /// an override is of no use.
    pub fn approve(self, approval: Approval, at: Timestamp) -> Result<ApprovedPlan, Refusal> {
        if at > self.expires_at {
            return Err(self.expired("make it again"));
        }
        for name in &approval.overrides {
            self.may_override(name)?;
        }
        if let Some(guard) = blocked_by(&self.guards, &approval.overrides) {
            return Err(blocks(guard));
        }
        let reason = approval.reason.as_ref().is_some_and(|reason| !reason.raw().trim().is_empty());
        if !reason && (self.confirm.reason || !approval.overrides.is_empty()) {
            let why = match approval.overrides.first() {
                Some(name) => format!("guard {} is overridden without a reason", clean(name)),
                None => format!("{} asks for a reason or a ticket with every change", self.cluster),
            };
            return Err(Refusal::new(why, "say why: it is kept in the journal"));
        }
        if approval.phrase.trim() != self.confirm.phrase {
            return Err(Refusal::new(
                "the phrase is not the one this plan asks for",
                format!("the plan is confirmed by `{}`", self.confirm.phrase),
            ));
        }
        Ok(ApprovedPlan { plan: self, approval })
    }

    /// Whether an override of a guard has anything to override.
    fn may_override(&self, name: &str) -> Result<(), Refusal> {
        let blocking = self.guards.iter().filter(|guard| guard.verdict == Answer::Block);
        let names = || blocking.clone().map(|guard| guard.name.clone());
        match can_override(name) {
            None if blocking.clone().next().is_none() => {
                let all = self.guards.iter().map(|guard| guard.name.clone());
                Err(Refusal::new(
                    format!("there is no guard `{}`, and none blocks this plan", clean(name)),
                    nearest::remedy(&clean(name), all, "its guards are"),
                ))
            }
            None => Err(Refusal::new(
                format!("there is no guard `{}`", clean(name)),
                nearest::remedy(&clean(name), names(), "these block it:"),
            )),
            Some(_) if names().all(|blocks| blocks != name) => {
                Err(Refusal::new(format!("guard {name} does not block this plan"), "leave the override out"))
            }
            Some(false) => Err(Refusal::new(
                format!("guard {name} cannot be overridden"),
                "mend what it says, then make the plan again",
            )),
            Some(true) => Ok(()),
        }
    }

    fn expired(&self, remedy: &str) -> Refusal {
        Refusal::new(
            format!("the plan is from {} and expired at {}", self.created_at, self.expires_at),
            remedy,
        )
    }

    /// Reads a saved plan. It is not yet good to run: [`Plan::renewed_by`] compares it with one made on fresh facts.
    ///
    /// # Errors
    /// Not a plan, of a newer schema, edited, or expired.
    pub fn load(text: &str, at: Timestamp) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Refusal::new(format!("the plan is not readable JSON: {error}"), AGAIN))?;
        let plan = Self::recorded(value)?;
        if at > plan.expires_at {
            return Err(plan.expired(AGAIN));
        }
        Ok(plan)
    }

    /// Reads a plan that was written down: whole, and as it was. Its time does not matter: it may have been begun
    /// already.
    ///
    /// # Errors
    /// Not a plan, of a newer schema, or edited.
    pub fn recorded(value: Value) -> Result<Self, Refusal> {
        match value.get("schema").and_then(Value::as_str) {
            Some(PLAN_SCHEMA) => {}
            Some(other) if other.starts_with("flightdeck.plan.") => {
                return Err(Refusal::new(
                    format!("the plan has schema {}, this program knows {PLAN_SCHEMA}", clean(other)),
                    "use the version of flightdeck that made it",
                ));
            }
            _ => return Err(Refusal::new("the file is not a plan: it has no plan schema", AGAIN)),
        }
        let plan: Self = serde_json::from_value(value).map_err(|error| {
            let error = error.to_string();
            Refusal::new(format!("the plan is not complete: {}", clean(&error)), AGAIN)
        })?;
        let untouched = plan.digest == digest::of(&plan)
            && plan.id == digest::id(&plan)
            && plan.expires_at == Self::expiry(plan.created_at);
        if !untouched {
            return Err(Refusal::new("the plan was edited: its digest does not fit what it says", AGAIN));
        }
        Ok(plan)
    }

    /// This plan with the verdicts of one made again on fresh facts, if both do the same work.
    ///
    /// # Errors
    /// The world moved: the fresh plan would do something else, or rests on other facts.
    pub fn renewed_by(self, fresh: Self) -> Result<Self, Refusal> {
        if !self.same_work(&fresh) {
            let what =
                self.steps.iter().zip(&fresh.steps).find(|(old, new)| old.expects != new.expects).map_or(
                    "the plan for the same intent is another now",
                    |_| "the actions it would replace are no longer the ones it was made for",
                );
            return Err(Refusal::new(
                format!("the world moved: {what}"),
                "make the plan again and look at it",
            ));
        }
        // The rest stays as its digest says: it is what was confirmed, and what is written down.
        Ok(Self { guards: fresh.guards, ..self })
    }

    /// Whether two plans do the same work and rest on the same facts by identity. Health may differ: that is the
    /// guards' business.
    pub fn same_work(&self, other: &Self) -> bool {
        self.intent == other.intent
            && self.cluster == other.cluster
            && self.place() == other.place()
            && self.confirm == other.confirm
            && self.work() == other.work()
    }

    /// This plan with the digest of what it says now.
    #[cfg(test)]
    pub(crate) fn sealed(mut self) -> Self {
        self.digest = digest::of(&self);
        self.id = digest::id(&self);
        self
    }

    /// Calls, undos and expectations as they are written, which is how a saved plan has them.
    fn work(&self) -> Option<Value> {
        let steps = self.steps.iter().map(|step| (&step.call, &step.undo, &step.expects));
        serde_json::to_value(steps.collect::<Vec<_>>()).ok()
    }
}
