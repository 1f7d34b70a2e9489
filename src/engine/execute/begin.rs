//! Before anything is sent: a plan runs once, for the account it was made for, in the world it was made for, by the
//! one writer of its cluster.
//!
//! A rollback asks everything at once. It needs nothing but the load balancer to answer: who we are and the lease are
//! tried for a moment, and then only a reason that a person typed lets it go on without.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::{join, join3};

use super::holder::{TRIED, within};
use super::{Run, Stop, words};
use crate::engine::NotTaken;
use crate::fleet::{Fleet, Identity, Scope};
use crate::plan::{Answer, Call, Event, Expected, Intent, Refusal, Resource, State, Truth, plan};

impl Run<'_> {
    /// Proves everything, takes the lease, and writes the beginning down.
    pub(super) async fn begin(&mut self) -> Result<(), Stop> {
        self.runs_once()?;
        let second = self.wait_for_second().await?;
        self.say(Truth::Wanted, "checking the account, the facts and the guards", None);
        let mut calls = self.plan.steps.iter().filter_map(|step| step.call.as_ref());
        let of_traffic = calls.any(|call| call.source().is_some());
        let missing = if matches!(self.plan.intent, Intent::Rollback { .. }) && of_traffic {
            self.prove_quickly().await?
        } else {
            self.prove().await?;
            Vec::new()
        };
        self.write_begin(second, &missing)?;
        if let Some(told) = self.plan.with_digest() {
            self.plan = told;
        }
        // What is resumed has changed something already.
        self.sent = matches!(self.plan.intent, Intent::Resume { .. });
        if self.sent { self.write_taken_over() } else { Ok(()) }
    }

    fn runs_once(&self) -> Result<(), Stop> {
        if self.history().knows(&self.plan.id) {
            return Err(self.stop(Refusal::new(
                format!("plan {} was run already; a plan runs once", self.plan.id),
                "make a new plan",
            )));
        }
        Ok(())
    }

    async fn prove(&mut self) -> Result<(), Stop> {
        let scope = Scope::Cluster(self.plan.intent.cluster().clone());
        let observer = self.ports.observer;
        let (identity, seen) = self.attend(join(observer.identity(), observer.observe(&scope))).await?;
        self.is_ours(&identity.map_err(|failure| self.failed(&failure))?)?;
        self.is_the_same(&seen.map_err(|failure| self.failed(&failure))?)?;
        let (ports, plan, who) = (self.ports, self.plan.clone(), self.approved.approval().who.clone());
        let store = self.policy.lease(self.plan.intent.cluster());
        self.half_taken = true;
        let taken = self.attend(Self::taken(ports, store, &plan, &who)).await?;
        self.half_taken = false;
        self.lease = taken.map_err(|why| self.stop(why.refusal()))?;
        Ok(())
    }

    /// The same at once, for a way back. Tells what could not be proven.
    async fn prove_quickly(&mut self) -> Result<Vec<String>, Stop> {
        let scope = Scope::Traffic(self.plan.intent.cluster().clone());
        let (ports, plan, who) = (self.ports, self.plan.clone(), self.approved.approval().who.clone());
        let store = self.policy.lease(self.plan.intent.cluster());
        let asked = join3(
            ports.observer.observe(&scope),
            within(ports.clock, TRIED, ports.observer.identity()),
            within(ports.clock, TRIED, Self::taken(ports, store, &plan, &who)),
        );
        self.half_taken = true;
        let (seen, identity, taken) = self.attend(asked).await?;
        self.half_taken = taken.is_none();
        let mut missing = Vec::new();
        match taken {
            Some(Ok(lease)) => self.lease = lease,
            Some(Err(NotTaken::Unreachable(failure))) => {
                missing.push(format!("the lease could not be taken: {}", words::sentence_of(&failure).why));
            }
            Some(Err(why)) => return Err(self.stop(why.refusal())),
            None => missing.push(format!("the lease could not be taken within {} s", TRIED.as_secs())),
        }
        match identity {
            Some(Ok(identity)) => self.is_ours(&identity)?,
            Some(Err(failure)) => {
                missing.push(format!("who we are could not be proven: {}", words::sentence_of(&failure).why));
            }
            None => missing.push(format!("who we are could not be proven within {} s", TRIED.as_secs())),
        }
        self.may_go_on_without(&missing)?;
        self.is_the_same(&seen.map_err(|failure| self.failed(&failure))?)?;
        Ok(missing)
    }

    /// Only a reason that a person typed replaces what could not be proven.
    pub(super) fn may_go_on_without(&mut self, missing: &[String]) -> Result<(), Stop> {
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join("; ");
        let reason = self.approved.approval().reason.as_ref();
        if reason.is_none_or(|reason| reason.raw().trim().is_empty()) {
            return Err(self.stop(Refusal::new(missing, "give a reason: a rollback goes on without, by one")));
        }
        self.say(Truth::Wanted, &format!("goes on without: {missing}"), None);
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
        approval.overrides.retain(|name| {
            fresh.guards.iter().any(|guard| guard.name == *name && guard.verdict == Answer::Block)
        });
        fresh.clone().approve(approval, now).map_err(|refusal| self.stop(refusal))?;
        self.plan = fresh;
        self.saw(fleet);
        self.stands = self.expected(fleet);
        Ok(())
    }

    /// What has to be there: what the first call on it expects, or, where there is none left to send, what is there
    /// now.
    fn expected(&self, fleet: &Fleet) -> BTreeMap<Resource, State> {
        let mut expected = BTreeMap::new();
        let mut shrinks = false;
        for step in &self.plan.steps {
            // A group that a step before makes smaller is not as a later step finds it.
            let entry = step
                .expects
                .as_ref()
                .filter(|other| !shrinks || !matches!(other.resource, Resource::Group(_)));
            if let Some(Expected { resource, state }) = entry {
                expected.entry(resource.clone()).or_insert_with(|| state.clone());
            }
            shrinks |=
                matches!(&step.call, Some(Call::TerminateInstanceInAutoScalingGroup(end)) if end.decrement);
        }
        if expected.is_empty()
            && let Some(source) = self.back_from_here().and_then(Call::source)
            && let Some(cluster) = fleet.cluster(self.plan.intent.cluster())
            && let Some(found) = cluster.traffic.iter().find(|traffic| traffic.arn == source)
        {
            expected.insert(Resource::Source(source), State::Actions(found.actions.clone()));
        }
        expected
    }

    fn write_begin(&mut self, second: Option<String>, missing: &[String]) -> Result<(), Stop> {
        let plan = self.plan.clone();
        let overrides = self.approved.approval().overrides.clone();
        let without = (!missing.is_empty()).then(|| format!("goes on without: {}", missing.join("; ")));
        let says: Vec<String> = second.into_iter().chain(without).collect();
        self.write_down(0, Event::Started, |record| {
            record.plan = Some(Box::new(plan));
            record.overrides = overrides;
            record.result = (!says.is_empty()).then(|| says.join("; "));
        })?;
        self.begun = true;
        Ok(())
    }
}
