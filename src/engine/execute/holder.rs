//! Being the one writer of a cluster: the lease is taken before anything is written, proven before each call, renewed
//! beside everything that takes long, and given back at the end.
//!
//! What an operation is about to do, or has done, stands in its lease for everybody. Once it is lost nothing is
//! written any more, not even that it is lost.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::{Ports, Run, Stop};
use crate::engine::lease::{Desk, Lease, LeaseLost, NotTaken};
use crate::plan::{LeaseStore, Plan, Stand, Who};
use crate::provider::{Clock, Failure, FailureKind};

/// How long a way back waits for who we are, and for the lease.
pub(super) const TRIED: Duration = Duration::from_secs(2);

/// How long giving back is tried; a lease that is not given back lapses by itself.
const GIVING_BACK: Duration = Duration::from_secs(5);

impl<'a> Run<'a> {
    /// Takes the lease. `None`: this cluster has none.
    ///
    /// # Errors
    /// Somebody holds it, or there is no store that could be asked.
    pub(super) async fn taken(
        ports: Ports<'a>,
        store: LeaseStore,
        plan: &Plan,
        who: &Who,
    ) -> Result<Option<Lease<'a>>, NotTaken> {
        if store == LeaseStore::None {
            return Ok(None);
        }
        let Some(register) = ports.register else {
            return Err(NotTaken::Unreachable(Failure::new(
                FailureKind::Unsupported,
                "take the lease",
                "this session has no store for it",
                "where there is none at all, set `lease = \"none\"` for the cluster",
            )));
        };
        let desk = Desk { observer: ports.observer, register, clock: ports.clock };
        Lease::take(desk, plan, who, ports.session).await.map(Some)
    }

    /// Goes on with a future while the lease is renewed beside it. What came out is told even where the lease was lost.
    pub(super) async fn keep<T>(&mut self, work: impl Future<Output = T>) -> T {
        match &mut self.lease {
            Some(lease) => lease.beside(work).await,
            None => work.await,
        }
    }

    /// Whether the lease is still ours as far as is known without asking.
    pub(super) fn still_ours(&mut self) -> Result<(), Stop> {
        let held = self.lease.as_mut().map_or(Ok(()), Lease::still);
        self.or_without(Some(held))
    }

    /// Proves that nobody else may write.
    pub(super) async fn prove_lease(&mut self) -> Result<(), Stop> {
        let (clock, hurries) = (self.ports.clock, self.leads_back());
        let Some(lease) = &mut self.lease else { return Ok(()) };
        let proven = in_time(clock, hurries, lease.prove()).await;
        self.or_without(proven)
    }

    /// Makes the step durable where every cockpit can read it, which renews the lease.
    pub(super) async fn note(&mut self, step: u32, says: &str) -> Result<(), Stop> {
        let (clock, hurries) = (self.ports.clock, self.leads_back());
        let Some(lease) = &mut self.lease else { return Ok(()) };
        let noted = in_time(clock, hurries, lease.note(step, Stand::Running, says)).await;
        self.or_without(noted)
    }

    /// What a lease that is lost means: nothing more is written; but a way back goes on, by a reason that a person
    /// typed, where merely nobody can tell any more whose it is.
    fn or_without(&mut self, held: Option<Result<(), LeaseLost>>) -> Result<(), Stop> {
        let lost = match held {
            Some(Ok(())) => return Ok(()),
            Some(Err(lost)) => lost,
            None => LeaseLost::unproven(format!("its store did not answer within {} s", TRIED.as_secs())),
        };
        self.lease = None;
        if lost.to_somebody || !self.leads_back() {
            return Err(self.stop(lost.refusal()));
        }
        self.may_go_on_without(&[lost.to_string()])
    }

    /// Gives the lease back and says there how it ended.
    pub(super) async fn release(&mut self, stand: Stand, says: &str) {
        if self.half_taken {
            // Nobody shall find an operation that is not there: what is ours is taken again, to be given back.
            let (plan, who) = (self.plan.clone(), self.approved.approval().who.clone());
            let store = self.policy.lease(plan.intent.cluster());
            let again = Self::taken(self.ports, store, &plan, &who);
            let again = within(self.ports.clock, GIVING_BACK, again).await;
            self.lease = again.and_then(Result::ok).flatten();
        }
        if let Some(lease) = self.lease.take() {
            // Whoever looks later finds it lapsed, with the step that was noted last.
            let _lapses = within(self.ports.clock, GIVING_BACK, lease.release(stand, says)).await;
        }
    }
}

/// What the store of the lease answers; whoever hurries does not wait for it.
async fn in_time<T>(clock: &dyn Clock, hurries: bool, work: impl Future<Output = T>) -> Option<T> {
    if hurries { within(clock, TRIED, work).await } else { Some(work.await) }
}

/// What comes out of a future in time.
pub(super) async fn within<T>(clock: &dyn Clock, time: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), clock.sleep(time)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
