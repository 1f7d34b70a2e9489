//! Performs effects: the one match, and the tasks it sets going.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::aside::aside;
use super::bookkeeping::Reader;
use super::cockpit::{Cloud, Opening};
use super::cycle::{Cycle, Queue};
use super::ending::Ending;
use super::following;
use super::judging::Judge;
use super::ledger::Ledger;
use super::machine;
use super::operation::Hangar;
use super::poller::{Ask, Poller};
use super::running::Running;
use super::stage::Stage;
use crate::app::{Effect, Follow, Message};
use crate::drift::Ignore;
use crate::engine::Helm;
use crate::plan::{ApprovedPlan, Asked, Who};
use crate::provider::Observer;

impl<S: Stage> Cycle<S> {
    /// Does what the model asks for.
    pub(super) fn perform(&mut self, effect: Effect) -> ControlFlow<Ending> {
        match effect {
            Effect::Observe(scope) => self.hands.ask(Ask::Look(scope)),
            Effect::Watch(watch) => self.hands.ask(Ask::Watch(watch)),
            Effect::Execute(approved) => self.hands.execute(*approved),
            Effect::Approve { asked, who, phrase } => self.hands.approve(*asked, who, phrase),
            Effect::Steer(operation, steer) => self.hands.running.steer(&operation, steer),
            Effect::Ignore(ignore) => self.hands.ignore(*ignore),
            Effect::Follow(follow) => self.hands.follow(follow),
            Effect::Suspend => return self.suspend(),
            Effect::Quit => return ControlFlow::Break(Ending::Quit),
        }
        ControlFlow::Continue(())
    }
}

/// What the loop has to set tasks going.
pub(super) struct Hands {
    tasks: Handle,
    asks: mpsc::UnboundedSender<Ask>,
    /// Calls of the last minute, as they were counted last.
    calls: Arc<AtomicU32>,
    /// What operations run with, once the cloud is open.
    hangar: watch::Receiver<Option<Hangar>>,
    pub(super) running: Arc<Running>,
    beginning: Option<Beginning>,
    /// Follows a log.
    following: Option<AbortHandle>,
}

/// Everything that begins after the first frame.
struct Beginning {
    opening: Opening,
    asks: mpsc::UnboundedSender<Ask>,
    asked: mpsc::UnboundedReceiver<Ask>,
    hangar: watch::Sender<Option<Hangar>>,
    queue: Queue,
}

impl Hands {
    /// Hands that have done nothing yet.
    pub(super) fn new(tasks: Handle, opening: Opening, queue: Queue) -> Self {
        let (asks, asked) = mpsc::unbounded_channel();
        let (told, hangar) = watch::channel(None);
        let running = Arc::new(Running::new(Arc::clone(&opening.ledger)));
        let beginning = Some(Beginning { opening, asks: asks.clone(), asked, hangar: told, queue });
        Self { tasks, asks, calls: Arc::default(), hangar, running, beginning, following: None }
    }

    /// Opens the cloud and the journal, and begins to look.
    pub(super) fn begin(&mut self) {
        if let Some(beginning) = self.beginning.take() {
            self.tasks.spawn(beginning.run(self.tasks.clone()));
        }
    }

    /// Calls of the last minute; counted anew meanwhile, since counting may have to wait for a look.
    pub(super) fn calls(&self) -> u32 {
        let newest = self.hangar.borrow().as_ref().map(|hangar| Arc::clone(&hangar.observer));
        if let Some(observer) = newest {
            let calls = Arc::clone(&self.calls);
            self.tasks.spawn_blocking(move || calls.store(observer.calls_last_minute(), Ordering::Relaxed));
        }
        self.calls.load(Ordering::Relaxed)
    }

    /// Lets go of something large, where nobody waits for it.
    pub(super) fn discard<T: Send + 'static>(&self, outdated: Option<T>) {
        if let Some(outdated) = outdated {
            self.tasks.spawn_blocking(move || drop(outdated));
        }
    }

    fn ask(&self, ask: Ask) {
        // Without a poller nobody looks, and the program is ending.
        let _ending = self.asks.send(ask);
    }

    /// Follows this log and no other; whoever is asked for it meanwhile only reads, and may be left.
    fn follow(&mut self, follow: Option<Follow>) {
        if let Some(before) = self.following.take() {
            before.abort();
        }
        let mut hangar = self.hangar.clone();
        self.following = follow.map(|follow| {
            let task = self.tasks.spawn(async move {
                let opened = hangar.wait_for(Option::is_some).await.ok().and_then(|hangar| hangar.clone());
                if let Some(Hangar { observer, clock, queue, .. }) = opened {
                    following::follow(&*observer, &*clock, &queue, follow).await;
                }
            });
            task.abort_handle()
        });
    }

    fn ignore(&self, ignore: Ignore) {
        let mut hangar = self.hangar.clone();
        self.tasks.spawn(async move {
            let opened = hangar.wait_for(Option::is_some).await.ok().and_then(|hangar| hangar.clone());
            let Some(Hangar { ledger, clock, queue, .. }) = opened else { return };
            let what = format!("{} in {}", ignore.rule, ignore.cluster.name);
            let Some(kept) = aside(move || ledger.ignore(ignore, clock.now())).await else { return };
            let failed = kept.is_err();
            let text = kept.map_or_else(
                |why| format!("{what} is not ignored: {why}"),
                |()| format!("{what} is ignored from now on"),
            );
            let _ending = queue.send(Message::Noted { text, failed }.into()).await;
        });
    }

    fn approve(&self, asked: Asked, who: Who, phrase: String) {
        let mut hangar = self.hangar.clone();
        self.tasks.spawn(async move {
            let opened = hangar.wait_for(Option::is_some).await.ok().and_then(|hangar| hangar.clone());
            let Some(hangar) = opened else { return };
            let message = hangar.approve(&asked, &who, &phrase).await;
            let _ending = hangar.queue.send(message.into()).await;
        });
    }

    fn execute(&self, approved: ApprovedPlan) {
        let mut hangar = self.hangar.clone();
        let operation = approved.plan().id.clone();
        let helm = Arc::new(Helm::default());
        let wheel = Arc::clone(&helm);
        let task = self.tasks.spawn(async move {
            let opened = hangar.wait_for(Option::is_some).await.ok().and_then(|hangar| hangar.clone());
            if let Some(hangar) = opened {
                hangar.run(approved, wheel).await;
            }
        });
        self.running.add(operation, helm, task);
    }
}

impl Beginning {
    /// Sets each going as a task of its own: a look that is put together must not hold up the answer of another.
    async fn run(self, tasks: Handle) {
        let Self { opening, asks, asked, hangar, queue } = self;
        let Opening { cloud, ledger, drift, policy, interval, clock } = opening;
        tasks.spawn(read_journal(Arc::clone(&ledger), queue.clone()));
        let Some(Cloud { observer, operator, register }) = aside(cloud).await else { return };
        tasks.spawn(prove(Arc::clone(&observer), queue.clone()));
        let (newest, seen) = watch::channel(None);
        let (nudges, heard) = mpsc::unbounded_channel();
        let reader = Reader {
            observer: Arc::clone(&observer),
            policy: Arc::clone(&policy),
            ledger: Arc::clone(&ledger),
            clock: Arc::clone(&clock),
            queue: queue.clone(),
            newest: seen.clone(),
            nudges: heard,
        };
        tasks.spawn(reader.run());
        let (observer_of_looks, told) = (Arc::clone(&observer), nudges.clone());
        let poller = Poller::new(observer_of_looks, interval, asked, newest, told, queue.clone());
        tasks.spawn(poller.run());
        let judge = Judge {
            drift,
            policy: Arc::clone(&policy),
            ledger: Arc::clone(&ledger),
            clock: Arc::clone(&clock),
            queue: queue.clone(),
        };
        tasks.spawn(judge.run(seen));
        let session = machine::session(clock.now());
        ledger.belongs_to(&session);
        let company = Arc::default();
        let opened =
            Hangar { observer, operator, register, session, company, ledger, policy, clock, queue, asks };
        hangar.send_replace(Some(opened));
    }
}

/// Reads the journal, and tells the queue whenever it has grown.
async fn read_journal(ledger: Arc<Ledger>, queue: Queue) {
    let mut history = ledger.follow();
    for text in aside(move || ledger.open()).await.unwrap_or_default() {
        tracing::warn!("{text}");
        let _ending = queue.send(Message::Noted { text, failed: true }.into()).await;
    }
    while history.changed().await.is_ok() {
        let newest = Arc::clone(&history.borrow_and_update());
        if queue.send(Message::Journal(newest).into()).await.is_err() {
            return;
        }
    }
}

/// Proves who we are, before the first look is complete. Where that fails the look fails too, and says why.
async fn prove(observer: Arc<dyn Observer>, queue: Queue) {
    if let Ok(identity) = observer.identity().await {
        let _ending = queue.send(Message::Identity(identity).into()).await;
    }
}
