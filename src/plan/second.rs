//! A plan that waits for a second person: what was asked, by whom, and who said yes.
//!
//! How it is laid down and found is `engine`'s.

use jiff::{SignedDuration, Timestamp};

use super::{Plan, Policy, Refusal, Who};
use crate::fleet::Text;

/// A plan that waits for a second person.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// The plan, as the first person confirmed it.
    pub plan: Box<Plan>,
    /// The first person.
    pub who: Who,
    /// Why, where a reason was given.
    pub reason: Option<Text>,
    /// Guards that block, and that the first person overrides.
    pub overrides: Vec<String>,
    /// When it was asked, by the store's clock.
    pub asked_at: Timestamp,
    /// The second person, where one has said yes.
    pub approved_by: Option<Who>,
}

impl Asked {
    /// When it is too late to say yes.
    pub fn until(&self) -> Timestamp {
        Self::until_of(&self.plan)
    }

    /// The same of a plan that is asked for.
    pub fn until_of(plan: &Plan) -> Timestamp {
        let life = SignedDuration::try_from(Policy::SECOND_PERSON).unwrap_or(SignedDuration::ZERO);
        plan.created_at.checked_add(life).unwrap_or(Timestamp::MAX)
    }

    /// Why it is asked, and which guards the first person overrides for it; empty where nothing was said.
    pub fn because(&self) -> String {
        let overrides =
            (!self.overrides.is_empty()).then(|| format!("overrides {}", self.overrides.join(", ")));
        let reason = self.reason.as_ref().map(ToString::to_string);
        reason.into_iter().chain(overrides).collect::<Vec<_>>().join("; ")
    }

    /// Whether this person may be the second one.
    ///
    /// # Errors
    /// It is the first one, it is too late, another one was faster, or the phrase is another.
    pub fn may_approve(&self, who: &Who, phrase: &str, at: Timestamp) -> Result<(), Refusal> {
        if at > self.until() {
            return Err(Refusal::new(
                format!("plan {} waited for a second person until {}", self.plan.id, self.until()),
                "it has to be made again",
            ));
        }
        if let Some(other) = &self.approved_by {
            return Err(Refusal::new(
                format!("{} has approved plan {} already", other.principal, self.plan.id),
                "nothing is left to do",
            ));
        }
        if who.principal == self.who.principal {
            return Err(Refusal::new(
                format!(
                    "{} has confirmed plan {}: the second person is another one",
                    who.principal, self.plan.id
                ),
                "ask a colleague to approve it with a login of their own",
            ));
        }
        if phrase.trim() != self.plan.confirm.phrase {
            return Err(Refusal::new(
                "the phrase is not the one this plan asks for",
                format!("the plan is confirmed by `{}`", self.plan.confirm.phrase),
            ));
        }
        Ok(())
    }
}
