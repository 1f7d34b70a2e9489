//! The one place where time is read, and how often a frame may be drawn.
//!
//! Everyone else is given the time. [`Pace`] is pure: it is told when frames were drawn and says when the next may be.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::provider::Clock;

/// The real clock, for whoever is given one.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealClock;

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        now()
    }

    fn monotonic(&self) -> Duration {
        since_boot()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The time of the world.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one real clock; everyone else is given its time")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The time since some moment, which never runs back and is no date.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one real clock; everyone else is given its time")]
pub fn instant() -> Instant {
    Instant::now()
}

/// The time since the machine was started, its sleep included: a suspended laptop must not think that it still holds
/// what others took over meanwhile.
fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let passed = rustix::time::clock_gettime(clock);
    let seconds = Duration::from_secs(passed.tv_sec.try_into().unwrap_or(0));
    seconds + Duration::from_nanos(passed.tv_nsec.try_into().unwrap_or(0))
}

/// The same, as the timers of tasks count it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one real clock; everyone else is given its time")]
pub(super) fn monotonic() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// When the next frame may be drawn.
///
/// The first change after a rest is drawn at once: the interval bounds the rate and delays no single key.
#[derive(Debug, Default)]
pub struct Pace {
    last: Option<Instant>,
}

impl Pace {
    /// Half of what a screen of 60 Hz shows: a key is answered within one of its frames.
    pub const INTERVAL: Duration = Duration::from_millis(8);

    /// How long to wait before drawing; zero where a frame may be drawn now.
    #[must_use]
    pub fn wait(&self, now: Instant) -> Duration {
        self.last.map_or(Duration::ZERO, |last| (last + Self::INTERVAL).saturating_duration_since(now))
    }

    /// Tells that a frame was drawn.
    pub fn drew(&mut self, now: Instant) {
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_after_a_rest_is_drawn_at_once() {
        let start = instant();
        let mut pace = Pace::default();
        assert_eq!(pace.wait(start), Duration::ZERO);
        pace.drew(start);
        assert_eq!(pace.wait(start + Pace::INTERVAL), Duration::ZERO);
        assert_eq!(pace.wait(start + Duration::from_hours(1)), Duration::ZERO);
    }

    #[test]
    fn a_burst_of_changes_waits_for_the_frame_time() {
        let start = instant();
        let mut pace = Pace::default();
        pace.drew(start);
        assert_eq!(pace.wait(start + Duration::from_millis(3)), Duration::from_millis(5));
    }
}
