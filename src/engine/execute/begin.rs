//! Before anything is sent: a plan runs once, for the account it was made for, in the world it was made for.

use std::sync::Arc;

use futures_util::future::join;

use super::{Run, Stands, Stop};
use crate::fleet::{Fleet, Identity, Scope};
use crate::plan::{Answer, Event, Intent, Refusal, Truth, plan};

impl Run<'_> {
    /// Proves everything, takes the lease, and writes the beginning down.
    pub(super) async fn begin(&mut self) -> Result<(), Stop> {
        self.say(Truth::Wanted, "checking the account, the facts and the guards", None);
        self.runs_once()?;
        let scope = Scope::Cluster(self.plan.intent.cluster().clone());
        let observer = self.ports.observer;
        let (identity, seen) = self.attend(join(observer.identity(), observer.observe(&scope))).await?;
        self.is_ours(&identity.map_err(|failure| self.failed(&failure))?)?;
        self.is_the_same(&seen.map_err(|failure| self.failed(&failure))?)?;
        self.write_begin()
    }

    fn runs_once(&self) -> Result<(), Stop> {
        if self.remembered().history().knows(&self.plan.id) {
            return Err(self.stop(Refusal::new(
                format!("plan {} was run already; a plan runs once", self.plan.id),
                "make a new plan",
            )));
        }
        Ok(())
    }

    fn is_ours(&self, identity: &Identity) -> Result<(), Stop> {
        if identity.account == self.plan.account {
            return Ok(());
        }
        Err(self.stop(Refusal::new(
            format!(
                "the credentials are for account {}, the plan is for {}",
                identity.account, self.plan.account
            ),
            "log in to the plan's account, or make a plan for this one",
        )))
    }

    /// The same plan comes out of fresh facts, and no guard blocks it that was not overridden.
    fn is_the_same(&mut self, fleet: &Arc<Fleet>) -> Result<(), Stop> {
        let now = self.now();
        let fresh = plan(&self.plan.intent, fleet, &self.history(), self.policy, now)
            .and_then(|fresh| self.plan.clone().renewed_by(fresh))
            .map_err(|refusal| self.stop(refusal))?;
        let mut approval = self.approved.approval().clone();
        // What no longer blocks needs no override any more; it stays overridden for the steps to come.
        let blocks = |name: &String| {
            fresh.guards.iter().any(|guard| guard.name == *name && guard.verdict == Answer::Block)
        };
        approval.overrides.retain(blocks);
        fresh.clone().approve(approval, now).map_err(|refusal| self.stop(refusal))?;
        self.plan = fresh;
        self.saw(fleet);
        self.stands = self.expected(fleet);
        Ok(())
    }

    /// What has to be there: what the first call expects, or, where there is none left to send, what is there now.
    fn expected(&self, fleet: &Fleet) -> Option<Stands> {
        let expects = self.plan.steps.iter().find_map(|step| step.expects.as_ref());
        let present = || {
            let source = self.plan.steps.iter().find_map(|step| step.call.as_ref())?.source();
            let cluster = fleet.cluster(self.plan.intent.cluster())?;
            cluster.traffic.iter().find(|traffic| traffic.arn == source)
        };
        expects.map_or_else(
            || present().map(|found| Stands { source: found.arn.clone(), actions: found.actions.clone() }),
            |expects| Some(Stands { source: expects.source.clone(), actions: expects.actions.clone() }),
        )
    }

    fn write_begin(&mut self) -> Result<(), Stop> {
        let plan = self.plan.clone();
        let overrides = self.approved.approval().overrides.clone();
        self.write_down(0, Event::Started, |record| {
            record.plan = Some(Box::new(plan));
            record.overrides = overrides;
        })?;
        self.begun = true;
        // What is resumed has changed something already.
        self.sent = matches!(self.plan.intent, Intent::Resume { .. });
        Ok(())
    }
}
