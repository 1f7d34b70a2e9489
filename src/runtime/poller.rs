//! When to look: at everything first, then in the background at an interval, and closely at what is being changed.
//!
//! Its rule: a timer never starts a look while one of its kind is under way; only a larger scope or another account
//! gives one up, and what was given up cannot answer late, for its future is dropped with it. What a look costs is kept within the budget by the observer; what
//! it found is judged elsewhere (`judging`), the newest alone.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::bookkeeping::Nudge;
use super::clock;
use super::cycle::Queue;
use crate::app::{Message, Trouble, Watch};
use crate::fleet::{AccountId, ClusterId, Fleet, Scope};
use crate::provider::{Failure, FailureKind, Observer};

/// Time between two looks at a cluster that is planned or confirmed (where something runs, the engine looks): guards take facts of at most 10 s, and
/// a look may take some of them.
const CLOSELY: Duration = Duration::from_secs(4);
/// Shortest time between the beginnings of two looks at everything, whatever was configured.
const SHORTEST: Duration = Duration::from_secs(1);
/// Time to the first new attempt after a failure; each further failure doubles it.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// Longest time between attempts: who logs in again, or finds the network back, does not wait longer.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// What the poller is told.
#[derive(Debug)]
pub(super) enum Ask {
    /// Look at once.
    Look(Scope),
    /// This matters from now on.
    Watch(Watch),
    /// Show what an operation saw.
    Show(Arc<Fleet>),
}

/// The newest snapshot; `None` before the first.
pub(super) type Newest = watch::Sender<Option<Arc<Fleet>>>;

type Answer = Result<Arc<Fleet>, Failure>;

/// Decides when to look.
pub(super) struct Poller {
    observer: Arc<dyn Observer>,
    interval: Duration,
    asks: mpsc::UnboundedReceiver<Ask>,
    newest: Newest,
    /// Tells whoever reads the shared bookkeeping that a look came back.
    nudges: mpsc::UnboundedSender<Nudge>,
    queue: Queue,
    /// Clusters on the screen.
    first: Vec<ClusterId>,
    fleet: Looks,
    /// Whether everything is wanted, not only what the budget allows.
    complete: bool,
    /// Clusters that are looked at closely.
    clusters: BTreeMap<ClusterId, Looks>,
    /// Whether anything was ever seen.
    seen: bool,
    /// Whether the newest look failed.
    failed: bool,
    /// The account that was seen last.
    account: Option<AccountId>,
}

/// Looks of one kind, one after the other.
struct Looks {
    under_way: Option<UnderWay>,
    due: Option<Instant>,
    failures: u32,
    /// Whether to go on after the one that is due.
    repeats: bool,
    /// Whether one was asked for after the one under way began.
    again: bool,
}

struct UnderWay {
    scope: Scope,
    began: Instant,
    answer: BoxFuture<'static, Answer>,
}

impl Looks {
    /// The first is due now.
    fn beginning(repeats: bool) -> Self {
        Self { under_way: None, due: Some(clock::monotonic()), failures: 0, repeats, again: false }
    }

    /// The time of the next, where none is under way.
    fn next(&self) -> Option<Instant> {
        self.due.filter(|_| self.under_way.is_none())
    }

    fn begin(&mut self, observer: &Arc<dyn Observer>, scope: Scope) {
        let observer = Arc::clone(observer);
        let asked = scope.clone();
        let answer = Box::pin(async move { observer.observe(&asked).await });
        self.under_way = Some(UnderWay { scope, began: clock::monotonic(), answer });
    }

    /// Sets the time of the next by how this one ended, and hands on what it looked at.
    fn ended(&mut self, answer: &Answer, interval: Duration) -> Option<Scope> {
        let UnderWay { scope, began, .. } = self.under_way.take()?;
        self.failures = if answer.is_err() { self.failures.saturating_add(1) } else { 0 };
        self.due = if std::mem::take(&mut self.again) {
            Some(clock::monotonic())
        } else if let Err(failure) = answer {
            // What needs a person may take its time: nothing is gained by asking often.
            let wait = if failure.may_pass() { retry_after(self.failures) } else { LONGEST_RETRY };
            Some(clock::monotonic() + wait)
        } else {
            self.repeats.then(|| began + interval)
        };
        Some(scope)
    }

    /// Looks once more, as soon as the one under way has ended.
    fn now(&mut self) {
        self.again = self.under_way.is_some();
        self.due = Some(clock::monotonic());
    }

    /// Ends the series; what was asked for beside it is still done.
    fn stop(&mut self) {
        self.repeats = false;
        self.due = self.due.filter(|at| *at <= clock::monotonic());
    }
}

/// The time to the next attempt after so many failures in a row.
fn retry_after(failures: u32) -> Duration {
    let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
    FIRST_RETRY.saturating_mul(doubled).min(LONGEST_RETRY)
}

enum Turn {
    Asked(Option<Ask>),
    Due,
    Fleet(Answer),
    Cluster(ClusterId, Answer),
}

impl Poller {
    pub(super) fn new(
        observer: Arc<dyn Observer>,
        interval: Duration,
        asks: mpsc::UnboundedReceiver<Ask>,
        newest: Newest,
        nudges: mpsc::UnboundedSender<Nudge>,
        queue: Queue,
    ) -> Self {
        let (fleet, interval) = (Looks::beginning(true), interval.max(SHORTEST));
        let (first, clusters) = (Vec::new(), BTreeMap::new());
        Self {
            observer,
            interval,
            asks,
            newest,
            nudges,
            queue,
            first,
            fleet,
            complete: true,
            clusters,
            seen: false,
            failed: false,
            account: None,
        }
    }

    /// Looks until nobody asks any more.
    pub(super) async fn run(mut self) {
        loop {
            self.begin_what_is_due();
            let next = self.next();
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            let turn = tokio::select! {
                ask = self.asks.recv() => Turn::Asked(ask),
                answer = answer(self.fleet.under_way.as_mut()) => Turn::Fleet(answer),
                (id, answer) = any(&mut self.clusters) => Turn::Cluster(id, answer),
                () = due => Turn::Due,
            };
            match turn {
                Turn::Asked(None) => return,
                Turn::Asked(Some(Ask::Look(scope))) => self.look_now(scope),
                Turn::Asked(Some(Ask::Watch(watch))) => self.watch(watch),
                Turn::Asked(Some(Ask::Show(fleet))) => self.show(fleet).await,
                Turn::Due => {}
                Turn::Fleet(answer) => self.fleet_seen(answer).await,
                Turn::Cluster(id, answer) => self.cluster_seen(id, answer).await,
            }
        }
    }

    /// The time of the next look of any kind.
    fn next(&self) -> Option<Instant> {
        self.clusters.values().chain([&self.fleet]).filter_map(Looks::next).min()
    }

    fn begin_what_is_due(&mut self) {
        let now = clock::monotonic();
        let is_due = |looks: &Looks| looks.next().is_some_and(|at| at <= now);
        if is_due(&self.fleet) {
            let scope =
                if self.complete { Scope::Complete } else { Scope::Background { first: self.first.clone() } };
            self.fleet.begin(&self.observer, scope);
        }
        for (id, looks) in self.clusters.iter_mut().filter(|(_, looks)| is_due(looks)) {
            looks.begin(&self.observer, Scope::Cluster(id.clone()));
        }
    }

    fn look_now(&mut self, scope: Scope) {
        match scope {
            Scope::Complete => {
                let is_less = |look: &UnderWay| look.scope != Scope::Complete;
                if self.fleet.under_way.as_ref().is_some_and(is_less) {
                    self.fleet.under_way = None;
                }
                self.complete = true;
                self.fleet.due = Some(clock::monotonic());
            }
            Scope::Background { .. } => self.fleet.now(),
            Scope::Cluster(id) | Scope::Traffic(id) => {
                let _ending = self.nudges.send(Nudge::Now);
                self.clusters.entry(id).or_insert_with(|| Looks::beginning(false)).now();
            }
        }
    }

    fn watch(&mut self, Watch { first, closely }: Watch) {
        self.first = first;
        for (_, looks) in self.clusters.iter_mut().filter(|(id, _)| !closely.contains(id)) {
            looks.stop();
        }
        for id in closely {
            self.clusters.entry(id).or_insert_with(|| Looks::beginning(true)).repeats = true;
        }
        self.forget_idle();
    }

    /// Hands on what an operation saw, unless something newer is known.
    async fn show(&mut self, fleet: Arc<Fleet>) {
        let known = self.newest.borrow().as_ref().map(|held| held.observed_at);
        if known.is_none_or(|known| known <= fleet.observed_at) {
            self.tell(Ok(fleet)).await;
        }
    }

    async fn fleet_seen(&mut self, answer: Answer) {
        let scope = self.fleet.ended(&answer, self.interval);
        if answer.is_ok() && scope == Some(Scope::Complete) {
            self.complete = false;
        }
        let answered = answer.is_ok();
        self.tell(answer).await;
        if answered {
            // Whoever reads no more needs no word.
            let _ending = self.nudges.send(Nudge::Looked);
        }
    }

    async fn cluster_seen(&mut self, id: ClusterId, answer: Answer) {
        let is_gone = answer.as_ref().is_err_and(|failure| failure.kind == FailureKind::NotFound);
        if let Some(looks) = self.clusters.get_mut(&id) {
            looks.ended(&answer, CLOSELY);
            if is_gone && !looks.repeats {
                looks.stop();
            }
        }
        self.forget_idle();
        // What left the fleet is no trouble: the next look at everything shows it.
        if !is_gone {
            self.tell(answer).await;
        }
    }

    /// Forgets clusters that nobody waits for.
    fn forget_idle(&mut self) {
        self.clusters.retain(|_, looks| looks.repeats || looks.under_way.is_some() || looks.due.is_some());
    }

    /// Gives up what is under way for another account than the one that answers now, and looks at everything.
    fn follow_account(&mut self, fleet: &Fleet) {
        let Some(account) = fleet.identity.as_ref().map(|identity| &identity.account) else { return };
        if self.account.as_ref().is_some_and(|known| known != account) {
            self.complete = true;
            for looks in self.clusters.values_mut().chain([&mut self.fleet]) {
                looks.under_way = None;
                looks.due = Some(clock::monotonic());
            }
        }
        self.account = Some(account.clone());
    }

    async fn tell(&mut self, answer: Answer) {
        match answer {
            Ok(fleet) => {
                self.seen = true;
                self.follow_account(&fleet);
                // What saw nothing new was judged before; that it answers again is news all the same.
                let answers_again = std::mem::take(&mut self.failed);
                self.newest.send_if_modified(|held| {
                    let same = held.as_ref().is_some_and(|held| Arc::ptr_eq(held, &fleet));
                    *held = Some(fleet);
                    answers_again || !same
                });
            }
            Err(failure) => {
                self.failed = true;
                tracing::warn!("{failure}");
                let message = Message::ObserveFailed(trouble(failure, !self.seen));
                // Whoever does not listen any more needs no message.
                let _ended = self.queue.send(message.into()).await;
            }
        }
    }
}

/// The answer of a look; none ever where none is under way.
async fn answer(look: Option<&mut UnderWay>) -> Answer {
    match look {
        Some(look) => (&mut look.answer).await,
        None => pending().await,
    }
}

/// The first answer of any look at a cluster.
async fn any(clusters: &mut BTreeMap<ClusterId, Looks>) -> (ClusterId, Answer) {
    let looks = clusters.iter_mut().filter_map(|(id, looks)| Some((id, looks.under_way.as_mut()?)));
    let answers: Vec<_> =
        looks.map(|(id, look)| Box::pin(async { (id.clone(), (&mut look.answer).await) })).collect();
    if answers.is_empty() {
        return pending().await;
    }
    futures_util::future::select_all(answers).await.0
}

/// A failure in the words of the screen.
fn trouble(failure: Failure, offers_demo: bool) -> Trouble {
    let Failure { what, why, remedy, .. } = failure;
    Trouble { what, why, remedy, offers_demo }
}

#[cfg(test)]
mod tests;
