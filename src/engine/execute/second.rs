//! Two pairs of eyes: where a cluster asks for it, a confirmed plan waits here until another person has approved it.
//!
//! Nothing is proven, held or written to the cluster meanwhile; everything is proven afterwards.

use std::time::Duration;

use super::{Run, Stop, words};
use crate::engine::Desk;
use crate::engine::second::{self, Said};
use crate::plan::{Asked, Course, Late, Policy, Refusal, Truth};

/// Time between two looks whether somebody has approved it.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Waits for a second person where the plan asks for one, and tells who it was.
    pub(super) async fn wait_for_second(&mut self) -> Result<Option<String>, Stop> {
        if !self.plan.confirm.second {
            return Ok(None);
        }
        let Some(register) = self.ports.register else {
            return Err(self.stop(Refusal::new(
                format!(
                    "{} asks for a second person, and there is no store to ask one by",
                    self.plan.cluster
                ),
                "set lease = \"ssm\" for it",
            )));
        };
        let desk = Desk { observer: self.ports.observer, register, clock: self.ports.clock };
        second::ask(desk, &self.approved).await.map_err(|refusal| self.stop(refusal))?;
        self.course = Course::Unapproved;
        let said = self.hear(desk).await;
        self.course = Course::Ahead;
        second::withdraw(desk, &self.plan).await;
        said.map(Some)
    }

    async fn hear(&mut self, desk: Desk<'_>) -> Result<String, Stop> {
        let deadline = Asked::until_of(&self.plan);
        let first = self.approved.approval().who.clone();
        let plan = self.plan.clone();
        loop {
            let why = match self.attend(second::said(desk.observer, &plan, &first)).await? {
                Ok(Said::Yes(who)) => return Ok(format!("approved by {} on {}", who.principal, who.host)),
                Ok(Said::Other(refusal)) => return Err(self.stop(refusal)),
                Ok(Said::Nothing) => "waits for a second person to approve it".to_owned(),
                Err(failure) => words::sentence_of(&failure).why,
            };
            if self.now() >= deadline {
                let minutes = Policy::SECOND_PERSON.as_secs() / 60;
                return Err(self.stop(Refusal::new(
                    format!("no second person approved it within {minutes} min"),
                    "make the plan again when somebody is there",
                )));
            }
            self.say(Truth::Wanted, &why, Some((deadline, Late::Hold)));
            self.rest(LOOK_PAUSE).await?;
        }
    }
}
