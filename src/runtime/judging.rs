//! From a snapshot to a message: what was judged of it, and everything the screens derive, come with it.
//!
//! Its rule: the newest snapshot alone. While one is judged others may come in; all but the last are never looked at.
//! It is judged again when an ignored finding comes back, and when one is ignored.
//! It is work for a processor, so it is done where it holds up nobody.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::aside::aside;
use super::cycle::Queue;
use super::ledger::Ledger;
use crate::app::{Message, Observation};
use crate::fleet::Fleet;
use crate::provider::Clock;
use crate::{drift, plan};

/// How often the clock is looked at while an ignored finding is waited for.
const CHECKED: Duration = Duration::from_mins(1);

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
        let mut due = None;
        loop {
            tokio::select! {
                changed = newest.changed() => if changed.is_err() { return },
                () = judge.ledger.ignored() => {}
                () = judge.returned(due) => {}
            }
            let Some(fleet) = newest.borrow_and_update().clone() else { continue };
            let this = Arc::clone(&judge);
            let Some((message, next)) = aside(move || this.judge(fleet)).await else { return };
            due = next;
            if judge.queue.send(message.into()).await.is_err() {
                return;
            }
        }
    }

    /// Waits until an ignored finding counts again. A timer knows nothing of a machine that slept.
    async fn returned(&self, due: Option<Timestamp>) {
        let Some(due) = due else { return std::future::pending().await };
        while let Ok(left) = Duration::try_from(due.duration_since(self.clock.now()))
            && !left.is_zero()
        {
            self.clock.sleep(left.min(CHECKED)).await;
        }
    }

    /// What is to be shown, and when an ignored finding counts again.
    fn judge(&self, fleet: Arc<Fleet>) -> (Message, Option<Timestamp>) {
        self.ledger.catch_up();
        let history = self.ledger.history();
        let at = self.clock.now();
        let mut drift = (*self.drift).clone();
        // A file that cannot be read was told of at the beginning; it ignores nothing.
        drift.ignores.extend(self.ledger.ignores().unwrap_or_default());
        let judgement = Arc::new(drift::judge(&fleet, &drift, at));
        let seen = Observation::new(fleet, judgement, &history, &self.policy, at);
        (Message::Observed(Box::new(seen)), drift.next_return(at))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::drift::Ignore;
    use crate::fleet::ClusterSelector;
    use crate::fleet::builders::World;
    use crate::runtime::cycle::{Arrival, QUEUE};
    use crate::runtime::testing::Paused;

    /// An instance that is behind what its group wants.
    fn fleet() -> Arc<Fleet> {
        let mut world = World::new();
        world.image("ami-1", "orders-1.0");
        world.image("ami-2", "orders-2.0");
        world.template("lt-1", 1, "ami-2");
        world.group("orders-blue", "lt-1");
        world.member("orders-blue", "i-1", "ami-1");
        Arc::new(world.fleet())
    }

    async fn is_behind(messages: &mut mpsc::Receiver<Arrival>) -> bool {
        let Some(Arrival::Message(Message::Observed(seen))) = messages.recv().await else {
            panic!("no look")
        };
        seen.findings(&"i-1".into()).iter().any(|finding| finding.rule.as_str() == "behind")
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_ignored_is_judged_at_once_and_again_when_it_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Paused::new());
        let ledger = Arc::new(Ledger::new(home.path().join("state"), false));
        let (queue, mut messages) = mpsc::channel(QUEUE);
        let (newest, seen) = watch::channel(None);
        let judge = Judge {
            drift: Arc::default(),
            policy: Arc::default(),
            ledger: Arc::clone(&ledger),
            clock: Arc::clone(&clock),
            queue,
        };
        let judging = tokio::runtime::Handle::current().spawn(judge.run(seen));
        newest.send_replace(Some(fleet()));
        assert!(is_behind(&mut messages).await);
        let until = clock.now() + jiff::SignedDuration::from_mins(90);
        let ignore = Ignore {
            cluster: ClusterSelector { name: "orders".into(), account: None, region: None },
            rule: "behind".parse().unwrap(),
            until,
            reason: "seen".into(),
            author: "ann".into(),
        };
        ledger.ignore(ignore, clock.now()).unwrap();
        assert!(!is_behind(&mut messages).await);
        assert!(clock.now() < until);
        assert!(is_behind(&mut messages).await);
        assert!(clock.now() >= until && clock.now() < until + jiff::SignedDuration::from_secs(1));
        drop(newest);
        judging.await.unwrap();
    }
}
