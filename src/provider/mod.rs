//! The only door to a cloud: facts come in, calls go out, nothing is decided.
//!
//! [`Observer`] looks, [`Operator`] applies one [`Call`]; a read-only session has no `Operator` at all. `aws` is the
//! real cloud, `demo` the simulated fleet, `build` what this machine builds. What cockpits tell each other (leases,
//! remote records) is read by [`Observer`] and written by [`Register`], which a read-only session does not have either.

#[cfg(feature = "aws")]
pub mod aws;
mod bookkeeping;
pub mod build;
pub mod demo;
mod failure;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use bookkeeping::{Created, Entries, Entry, EntryName};
pub use failure::{Failure, FailureKind};

use crate::fleet::{Actions, Cursor, Fleet, Identity, Place, Scope, SourceArn, Tail};
use crate::plan::{BuildKey, Call, Receipt, Resource, State};

/// Looks at a cloud and never changes it.
#[async_trait]
pub trait Observer: Send + Sync {
    /// Proves who we are, by asking.
    ///
    /// # Errors
    /// No, expired or refused credentials; no connection.
    async fn identity(&self) -> Result<Identity, Failure>;

    /// The places it watches. Where it takes no look to know them, none is taken.
    ///
    /// # Errors
    /// As [`Observer::observe`].
    async fn places(&self) -> Result<Vec<Place>, Failure> {
        Ok(self.observe(&Scope::Complete).await?.places.clone())
    }

    /// Observes a scope and returns the whole fleet: what the scope names freshly read, the rest as last seen.
    ///
    /// A part that fails is a [`Gap`](crate::fleet::Gap) in the answer.
    ///
    /// # Errors
    /// Only where nothing at all could be observed.
    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure>;

    /// Reads what is there now, whole: the fewest calls, for the moment before and after a write.
    ///
    /// # Errors
    /// The call failed, or what is asked for is gone. An instance that is gone is no failure: its state says so.
    async fn state(&self, place: &Place, resource: &Resource) -> Result<State, Failure>;

    /// The actions of one listener or rule.
    ///
    /// # Errors
    /// As [`Observer::state`].
    async fn actions(&self, place: &Place, source: &SourceArn) -> Result<Actions, Failure> {
        let state = self.state(place, &Resource::Source(source.clone())).await?;
        state.actions().cloned().ok_or_else(|| {
            Failure::new(FailureKind::Other, format!("read {source}"), "the answer is of something else", "")
        })
    }

    /// Reads bookkeeping entries by name, at most [`Entries::BATCH`] at once: one call, and the names that are not
    /// there are told by their absence.
    ///
    /// # Errors
    /// The store cannot be reached or may not be read.
    async fn entries(&self, place: &Place, names: &[EntryName]) -> Result<Entries, Failure>;

    /// Lists bookkeeping entries under a prefix, to its end by token. Best effort: an entry that was just written may
    /// be missing, so who holds a lease is never decided on it.
    ///
    /// # Errors
    /// The store cannot be reached or may not be read.
    async fn entries_under(&self, place: &Place, prefix: &EntryName) -> Result<Entries, Failure>;

    /// The next part of a build's log, from where the last one ended; the default cursor begins it.
    ///
    /// # Errors
    /// Nobody here keeps such a log, or it cannot be read.
    async fn follow(&self, _place: &Place, build: &BuildKey, _from: &Cursor) -> Result<Tail, Failure> {
        let what = format!("read the log of {}", build.id);
        Err(Failure::new(FailureKind::Unsupported, what, "nobody here keeps it", ""))
    }

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

/// Writes bookkeeping: leases, remote records, approvals; only under [`EntryName::ROOT`]. Made only in a session that
/// may write.
#[async_trait]
pub trait Register: Send + Sync {
    /// Creates an entry that must not exist; tells whether it was created.
    ///
    /// # Errors
    /// The store cannot be reached, refused it, or the answer was lost: [`Failure::maybe_applied`].
    async fn create(&self, place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure>;

    /// Overwrites an entry and returns its new version. There is no compare-and-set: a version that is not the last
    /// one plus 1 tells that somebody else wrote in between.
    ///
    /// # Errors
    /// As [`Register::create`].
    async fn put(&self, place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure>;

    /// Deletes an entry; one that is not there is no failure.
    ///
    /// # Errors
    /// As [`Register::create`].
    async fn delete(&self, place: &Place, name: &EntryName) -> Result<(), Failure>;
}

/// Time, passed in: wall clock for records and ages, a wait for the engine.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Time since some moment, which never runs back, is no date, and goes on while the machine is suspended.
    fn monotonic(&self) -> Duration;

    /// Waits, on the monotonic clock.
    async fn sleep(&self, time: Duration);
}
