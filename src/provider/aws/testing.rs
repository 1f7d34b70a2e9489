//! What the tests of this room share.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::provider::Clock;

/// A clock that stands still.
pub(super) struct StillClock;

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, _: Duration) {}
}
