//! Runs an approved plan as a task, and tells the queue everything that happens, in order, and its end.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::aside::aside;
use super::cycle::Queue;
use super::ledger::{Ledger, READ_ONLY};
use super::poller::Ask;
use super::shown::Shown;
use crate::app::Message;
use crate::engine::{self, Company, Desk, Helm, Ports, Until};
use crate::fleet::{ClusterId, Scope};
use crate::plan::{self, ApprovedPlan, Asked, Outcome, Progress, Refusal, SessionId, Truth, Who};
use crate::provider::{Clock, Observer, Operator, Register};

/// What operations run with.
#[derive(Clone)]
pub(super) struct Hangar {
    pub(super) observer: Arc<dyn Observer>,
    /// `None` in a read-only session: there is nothing in it that could write.
    pub(super) operator: Option<Arc<dyn Operator>>,
    pub(super) register: Option<Arc<dyn Register>>,
    pub(super) session: SessionId,
    pub(super) company: Arc<Company>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) policy: Arc<plan::Policy>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: Queue,
    /// Looks at what was changed.
    pub(super) asks: mpsc::UnboundedSender<Ask>,
}

impl Hangar {
    /// Runs a plan to its end.
    pub(super) async fn run(self, approved: ApprovedPlan, helm: Arc<Helm>) {
        let operation = approved.plan().id.clone();
        let cluster = approved.plan().intent.cluster().clone();
        tracing::info!(%operation, verb = approved.plan().verb, "an operation begins");
        let outcome =
            self.attempt(approved, &cluster, &helm).await.unwrap_or_else(|Refusal { why, remedy }| {
                tracing::warn!(%operation, why, "refused");
                Outcome::Refused { why, remedy }
            });
        self.catch_up(&cluster).await;
        // Whoever does not listen any more needs no message.
        let _ended = self.queue.send(Message::Ended { operation, outcome }.into()).await;
    }

    async fn attempt(
        &self,
        approved: ApprovedPlan,
        cluster: &ClusterId,
        helm: &Helm,
    ) -> Result<Outcome, Refusal> {
        let Some(operator) = &self.operator else {
            return Err(Refusal::new(READ_ONLY, "start flightdeck without --read-only"));
        };
        let ledger = Arc::clone(&self.ledger);
        let opened = aside(move || ledger.to_write()).await;
        let journal = opened.ok_or_else(|| Refusal::new("the program is ending", ""))??;
        let history = self.ledger.history();
        let shown = Shown { observer: Arc::clone(&self.observer), asks: self.asks.clone() };
        let ports = Ports {
            observer: &shown,
            operator: &**operator,
            register: self.register.as_deref(),
            journal: &journal,
            clock: &*self.clock,
            helm,
            company: &self.company,
            session: &self.session,
            claims: history.claims(),
        };
        // Unbounded: an engine tells a few things a second, and none may be lost.
        let (events, mut told) = mpsc::unbounded_channel::<Progress>();
        let run = async {
            let mut tell = move |progress| {
                let _ended = events.send(progress);
            };
            engine::execute(approved, ports, &self.policy, Until::Settled, &mut tell).await
        };
        let pass_on = async {
            let mut truth = Truth::Wanted;
            while let Some(progress) = told.recv().await {
                if truth != progress.truth {
                    truth = progress.truth;
                    self.catch_up(cluster).await;
                }
                let _ended = self.queue.send(Message::Progress(progress).into()).await;
            }
        };
        Ok(tokio::join!(run, pass_on).0)
    }

    /// Says yes to a colleague's plan, and tells how that went.
    pub(super) async fn approve(&self, asked: &Asked, who: &Who, phrase: &str) -> Message {
        let Some(register) = &self.register else {
            return Message::Noted { text: format!("nothing is approved: {READ_ONLY}"), failed: true };
        };
        let desk = Desk { observer: &*self.observer, register: &**register, clock: &*self.clock };
        let answer = engine::second::approve(desk, asked, who, phrase).await;
        let failed = answer.is_err();
        let plan = &asked.plan;
        let text = answer.map_or_else(
            |refusal| refusal.to_string(),
            |()| format!("{} of {} is approved: it goes on in the other cockpit", plan.verb, plan.cluster),
        );
        let _ending = self.asks.send(Ask::Look(Scope::Cluster(plan.intent.cluster().clone())));
        Message::Noted { text, failed }
    }

    /// Lets the screens see what the operation has changed and written into the journal.
    async fn catch_up(&self, cluster: &ClusterId) {
        // Whoever looks no more needs no look.
        let _ending = self.asks.send(Ask::Look(Scope::Cluster(cluster.clone())));
        let ledger = Arc::clone(&self.ledger);
        aside(move || ledger.catch_up()).await;
    }
}

#[cfg(test)]
mod tests;
