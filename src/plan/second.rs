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
    /// When it was asked, by the store's clock.
    pub asked_at: Timestamp,
    /// The second person, where one has said yes.
    pub approved_by: Option<Who>,
}

impl Asked {
    /// When it is too late to say yes.
    pub fn until(&self) -> Timestamp {
        let life = SignedDuration::try_from(Policy::SECOND_PERSON).unwrap_or(SignedDuration::ZERO);
        self.plan.created_at.checked_add(life).unwrap_or(Timestamp::MAX)
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
