//! From a snapshot to a message: what was judged of it, and everything the screens derive, come with it.
//!
//! Its rule: the newest snapshot alone. While one is judged others may come in; all but the last are never looked at.
//! It is work for a processor, so it is done where it holds up nobody.

use std::sync::Arc;

use tokio::sync::watch;

use super::aside::aside;
use super::cycle::Queue;
use super::ledger::Ledger;
use crate::app::{Message, Observation};
use crate::fleet::Fleet;
use crate::provider::Clock;
use crate::{drift, plan};

/// What snapshots are judged by.
pub(super) struct Judge {
    pub(super) drift: Arc<drift::Policy>,
    pub(super) policy: Arc<plan::Policy>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: Queue,
}

impl Judge {
    /// Judges until nobody looks any more.
    pub(super) async fn run(self, mut newest: watch::Receiver<Option<Arc<Fleet>>>) {
        let judge = Arc::new(self);
        while newest.changed().await.is_ok() {
            let Some(fleet) = newest.borrow_and_update().clone() else { continue };
            let this = Arc::clone(&judge);
            let Some(message) = aside(move || this.judge(fleet)).await else { return };
            if judge.queue.send(message.into()).await.is_err() {
                return;
            }
        }
    }

    fn judge(&self, fleet: Arc<Fleet>) -> Message {
        self.ledger.catch_up();
        let history = self.ledger.history();
        let at = self.clock.now();
        let judgement = Arc::new(drift::judge(&fleet, &self.drift, at));
        Message::Observed(Box::new(Observation::new(fleet, judgement, &history, &self.policy, at)))
    }
}
