//! What the tests of this room share.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use super::clock;
use crate::provider::Clock;

/// The time of the world, run by the paused clock of a test.
pub(super) struct Paused(Instant);

impl Paused {
    /// A world whose time begins now.
    pub(super) fn new() -> Self {
        Self(clock::monotonic())
    }
}

#[async_trait]
impl Clock for Paused {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.0.elapsed()).unwrap();
        Timestamp::from_second(1_795_000_000).unwrap() + passed
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        sleep(time).await;
    }
}
