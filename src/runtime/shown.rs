//! What an operation sees reaches the screens too: where the engine looks, nobody else has to.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::poller::Ask;
use crate::fleet::{Actions, Cursor, Fleet, Identity, Place, Scope, SourceArn, Tail};
use crate::plan::{BuildKey, Resource, State};
use crate::provider::{Entries, EntryName, Failure, Observer};

/// An observer whose looks are handed on.
pub(super) struct Shown {
    pub(super) observer: Arc<dyn Observer>,
    pub(super) asks: mpsc::UnboundedSender<Ask>,
}

#[async_trait]
impl Observer for Shown {
    async fn identity(&self) -> Result<Identity, Failure> {
        self.observer.identity().await
    }

    async fn places(&self) -> Result<Vec<Place>, Failure> {
        self.observer.places().await
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        let fleet = self.observer.observe(scope).await?;
        // Whoever shows nothing any more needs no look.
        let _ending = self.asks.send(Ask::Show(Arc::clone(&fleet)));
        Ok(fleet)
    }

    async fn state(&self, place: &Place, resource: &Resource) -> Result<State, Failure> {
        self.observer.state(place, resource).await
    }

    async fn actions(&self, place: &Place, source: &SourceArn) -> Result<Actions, Failure> {
        self.observer.actions(place, source).await
    }

    async fn entries(&self, place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        self.observer.entries(place, names).await
    }

    async fn entries_under(&self, place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        self.observer.entries_under(place, prefix).await
    }

    async fn follow(&self, place: &Place, build: &BuildKey, from: &Cursor) -> Result<Tail, Failure> {
        self.observer.follow(place, build, from).await
    }

    fn calls_last_minute(&self) -> u32 {
        self.observer.calls_last_minute()
    }
}
