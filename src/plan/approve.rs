//! From a plan to an approved plan: the only way to anything that runs.

use jiff::Timestamp;
use serde_json::Value;

use super::{Answer, PLAN_SCHEMA, Plan, Refusal, Who, digest};
use crate::fleet::{Text, clean};

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
}

impl Plan {
    /// Approves the plan.
    ///
    /// # Errors
    /// The phrase is another, the plan has expired, or a guard blocks it.
    pub fn approve(self, approval: Approval, at: Timestamp) -> Result<ApprovedPlan, Refusal> {
        if at > self.expires_at {
            return Err(Refusal::new(
                format!("the plan is from {} and expired at {}", self.created_at, self.expires_at),
                "make it again",
            ));
        }
        if let Some(guard) = self.guards.iter().find(|guard| guard.verdict == Answer::Block) {
            return Err(Refusal::new(
                format!("guard {} blocks it: {}", guard.name, guard.why),
                "mend what it says, then make the plan again",
            ));
        }
        if approval.phrase.trim() != self.confirm.phrase {
            return Err(Refusal::new(
                "the phrase is not the one this plan asks for",
                format!("the plan is confirmed by `{}`", self.confirm.phrase),
            ));
        }
        Ok(ApprovedPlan { plan: self, approval })
    }

    /// Reads a saved plan. It is not yet good to run: [`Plan::renewed_by`] compares it with one made on fresh facts.
    ///
    /// # Errors
    /// Not a plan, of a newer schema, edited, or expired.
    pub fn load(text: &str, at: Timestamp) -> Result<Self, Refusal> {
        let again = "make it again with `flightdeck plan`";
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Refusal::new(format!("the plan is not readable JSON: {error}"), again))?;
        match value.get("schema").and_then(Value::as_str) {
            Some(PLAN_SCHEMA) => {}
            Some(other) if other.starts_with("flightdeck.plan.") => {
                return Err(Refusal::new(
                    format!("the plan has schema {}, this program knows {PLAN_SCHEMA}", clean(other)),
                    "use the version of flightdeck that made it",
                ));
            }
            _ => return Err(Refusal::new("the file is not a plan: it has no plan schema", again)),
        }
        let plan: Self = serde_json::from_value(value).map_err(|error| {
            let error = error.to_string();
            Refusal::new(format!("the plan is not complete: {}", clean(&error)), again)
        })?;
        let untouched = plan.digest == digest::of(&plan)
            && plan.id == digest::id(&plan)
            && plan.expires_at == Self::expiry(plan.created_at);
        if !untouched {
            return Err(Refusal::new("the plan was edited: its digest does not fit what it says", again));
        }
        if at > plan.expires_at {
            return Err(Refusal::new(
                format!("the plan is from {} and expired at {}", plan.created_at, plan.expires_at),
                again,
            ));
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
        Ok(Self { guards: fresh.guards, reach: fresh.reach, ..self })
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

    /// Calls, undos and expectations as they are written, which is how a saved plan has them.
    fn work(&self) -> Option<Value> {
        let steps = self.steps.iter().map(|step| (&step.call, &step.undo, &step.expects));
        serde_json::to_value(steps.collect::<Vec<_>>()).ok()
    }
}
