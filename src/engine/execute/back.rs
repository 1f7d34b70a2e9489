//! The way back: what was before the first call, restored in one call, when a person aborts or a gate is bad.
//!
//! It is held by the guards of a rollback alone, and never fights somebody else's change.

use std::time::Duration;

use super::{Run, Stop, words};
use crate::fleet::same_actions;
use crate::plan::{Call, Course, Effect, Refusal, State, Truth, check_way_back};

/// How a way back ends.
const RESTORED: &str = "what was before is restored";

/// The same, where a side was only made ready.
const NO_TRAFFIC: &str = "no traffic was moved; the side that was made ready stays as it is";

/// The same, where images were being built.
const NOT_BUILT: &str =
    "what was being built is stopped, and no traffic was moved; images that are there stay";

/// Longest time in which connections drain [elbv2: TargetGroupAttribute].
const LONGEST_DRAIN: Duration = Duration::from_hours(1);

/// Time between two looks whether they have.
const DRAIN_PAUSE: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// Goes back, and says how that ended.
    pub(super) async fn go_back(&mut self, why: String) -> Stop {
        match self.way_back(&why).await {
            Ok(says) => Stop::RolledBack(Refusal::new(
                format!("{why}: {says}"),
                "find out why before the next attempt",
            )),
            Err(Stop::Back(again)) => Stop::Held(Refusal::new(again, words::WAYS_OUT)),
            Err(
                Stop::Refused(refusal)
                | Stop::Failed(refusal)
                | Stop::Held(refusal)
                | Stop::RolledBack(refusal),
            ) => Stop::Held(Refusal::new(
                format!("{why}, but it could not go back: {}", refusal.why),
                refusal.remedy,
            )),
        }
    }

    /// Says what came of it.
    async fn way_back(&mut self, why: &str) -> Result<&'static str, Stop> {
        let builds = self.plan.builds().next().is_some();
        if builds {
            self.course = Course::Back;
            self.paused = None;
            self.stop_builds().await?;
        }
        let Some(call) = self.back_from_here().cloned() else {
            if builds {
                return Ok(NOT_BUILT);
            }
            if self.plan.moves_traffic() {
                return Ok(NO_TRAFFIC);
            }
            return Err(
                self.stop(Refusal::new("this plan has no way back", "roll back by the cluster's records"))
            );
        };
        let cleared: Vec<Call> = self.plan.cleared_from(self.step).into_iter().cloned().collect();
        self.course = Course::Back;
        self.paused = None;
        for call in std::iter::once(call).chain(cleared) {
            self.say(Truth::Wanted, &format!("{why}: going back to {}", call.says()), None);
            self.taking_back = Some(call.clone());
            self.take_back(&call).await?;
        }
        Ok(RESTORED)
    }

    /// Makes one call of the way back, where what it leads to is not there yet.
    async fn take_back(&mut self, call: &Call) -> Result<(), Stop> {
        if let Some(newer) = self.overtaken(&call.resource()) {
            return Err(self.stop(newer));
        }
        let there = self.stands.get(&call.resource());
        if there.and_then(State::actions).is_some_and(|there| same_actions(there, call.actions())) {
            return Ok(());
        }
        let fleet = self.fresh_look().await?;
        let findings = check_way_back((&self.plan, call), &fleet, &self.history(), self.policy, self.now());
        if let Some(refusal) = self.blocked(&findings) {
            return Err(self.stop(refusal));
        }
        let of_refresh = call.takes_refresh_back();
        if of_refresh && !self.is_refreshing().await? {
            // Nothing was replaced, and nothing is taken back.
            return Ok(());
        }
        if !of_refresh && call.source().is_none() && self.is_there_already(call).await? {
            return Ok(());
        }
        // Step 0: it takes the whole operation back.
        self.send(0, call, None).await?;
        if of_refresh {
            self.keep_vigil_back(call).await?;
        }
        Ok(())
    }

    /// Whether what a call leads to is there: then nothing was changed yet that it would take back. What is on its way
    /// to stand by comes back only once its connections have drained.
    async fn is_there_already(&mut self, call: &Call) -> Result<bool, Stop> {
        let begun = self.ports.clock.monotonic();
        loop {
            let (place, resource) = (self.plan.place(), call.resource());
            let observer = self.ports.observer;
            let found = self.attend(observer.state(&place, &resource)).await?;
            let found = super::glance::found(call, found).map_err(|failure| self.failed(&failure))?;
            if call.effect(&found, &found) == Effect::Taken {
                return Ok(true);
            }
            let leaves = matches!((call, &found), (Call::ExitStandby(_), State::Instance(mark))
                if mark.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.raw() == "EnteringStandby"));
            if !leaves || self.ports.clock.monotonic().saturating_sub(begun) >= LONGEST_DRAIN {
                return Ok(false);
            }
            self.say(Truth::Wanted, "it comes back once its connections have drained", None);
            self.rest(DRAIN_PAUSE).await?;
        }
    }
}
