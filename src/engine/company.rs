//! How many operations this program follows at once: they share what AWS is asked while it works for them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Time between two reads of a group, for each operation that is followed: two calls a read, and beside them each
/// renews its lease, so that ten at once stay within 60 calls a minute.
const SHARE: Duration = Duration::from_secs(7);

/// The same of one that is followed alone.
const ALONE: Duration = Duration::from_secs(20);

/// Counts the operations under way. One for a program.
#[derive(Default, Debug)]
pub struct Company(AtomicU32);

impl Company {
    /// One more, until what is returned is dropped.
    pub(super) fn join(&self) -> Joined<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Joined(self)
    }
}

/// One operation among those under way.
pub(super) struct Joined<'a>(&'a Company);

impl Joined<'_> {
    /// Time until the group of this operation is read again.
    pub(super) fn group_pause(&self) -> Duration {
        SHARE.saturating_mul(self.0.0.load(Ordering::Relaxed)).max(ALONE)
    }
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::RENEWAL;

    #[test]
    fn ten_at_once_stay_within_sixty_calls_a_minute() {
        let company = Company::default();
        let mut joined = Vec::new();
        for count in 1..=10_u32 {
            joined.push(company.join());
            let a_minute = |pause: Duration| 60.0 / pause.as_secs_f64();
            let each = 2.0 * a_minute(joined[0].group_pause()) + a_minute(RENEWAL);
            assert!(f64::from(count) * each <= 60.0, "{count}: {each}");
        }
        let many = joined[0].group_pause();
        joined.truncate(1);
        assert!(joined[0].group_pause() < many, "who is left is followed closely again");
    }
}
