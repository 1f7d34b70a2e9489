//! The only door to a cloud: facts come in, calls go out, nothing is decided.
//!
//! [`Observer`] looks, [`Operator`] applies one [`Call`]; a read-only session has no `Operator` at all. `aws` is the
//! real cloud, `demo` the simulated fleet. Bookkeeping writes (`Register`) come with the lease.

#[cfg(feature = "aws")]
pub mod aws;
pub mod demo;
mod failure;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use failure::{Failure, FailureKind};

use crate::fleet::{Actions, Fleet, Identity, Place, Scope, SourceArn};
use crate::plan::{Call, Receipt};

/// Looks at a cloud and never changes it.
#[async_trait]
pub trait Observer: Send + Sync {
    /// Proves who we are, by asking.
    ///
    /// # Errors
    /// No, expired or refused credentials; no connection.
    async fn identity(&self) -> Result<Identity, Failure>;

    /// Observes a scope and returns the whole fleet: what the scope names freshly read, the rest as last seen.
    ///
    /// A part that fails is a [`Gap`](crate::fleet::Gap) in the answer.
    ///
    /// # Errors
    /// Only where nothing at all could be observed.
    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure>;

    /// Reads the present actions of one listener or rule: one call, for the moment before and after a write.
    ///
    /// # Errors
    /// The call failed, or the listener or rule is gone.
    async fn actions(&self, place: &Place, source: &SourceArn) -> Result<Actions, Failure>;

    /// Calls sent in the last minute, for the meter on the screen.
    fn calls_last_minute(&self) -> u32;
}

/// Applies changes. Made only in a session that may write.
#[async_trait]
pub trait Operator: Send + Sync {
    /// Applies one call, once: nothing is repeated, whatever the answer.
    ///
    /// # Errors
    /// Refused before sending, refused by the cloud, or lost: [`Failure::maybe_applied`] tells whether it may have
    /// taken effect.
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure>;
}

/// Time, passed in: wall clock for records and ages, a wait for the engine.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Waits, on the monotonic clock.
    async fn sleep(&self, time: Duration);
}
