//! What benchmarks share: a simulated fleet at a time that is passed in, times taken, and a line for each figure.
//!
//! Nothing here judges a figure: other work on the machine must not make a benchmark fail.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use flightdeck::fleet::Naming;
use flightdeck::provider::Clock;
use flightdeck::provider::demo::{Demo, Options};
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// A clock that goes on only as it is told.
#[derive(Debug)]
pub struct Told(AtomicI64);

impl Told {
    pub fn new() -> Arc<Self> {
        const SOME_DAY: i64 = 1_760_000_000;
        Arc::new(Self(AtomicI64::new(SOME_DAY)))
    }

    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for Told {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
    }

    async fn sleep(&self, _: Duration) {}
}

/// A simulated fleet of so many instances.
pub fn demo(instances: usize, clock: &Arc<Told>) -> Demo {
    Demo::new(Options { instances, ..Options::default() }, Naming::default(), clock.clone())
}

/// The time of this machine.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The processor time that this thread takes for something: other work on the machine does not count.
pub fn time<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let begin = spent();
    let made = black_box(run());
    (spent().saturating_sub(begin), made)
}

fn spent() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(spent).unwrap_or_default()
}

/// Times in order, and what can be read from them.
pub struct Times(Vec<Duration>);

impl Times {
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// The time that so many of a hundred do not exceed.
    pub fn percentile(&self, of_hundred: usize) -> Duration {
        let at = (self.0.len() * of_hundred).div_ceil(100).max(1) - 1;
        self.0.get(at).copied().unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Milliseconds as figures are told.
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// How often things are done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// As often as a figure needs.
    Many,
    /// Once, for a profiler.
    Once,
}

impl Runs {
    pub fn of(self, many: usize) -> usize {
        if self == Self::Once { 1 } else { many }
    }
}

/// Tells times as a row: least, half, 99 of a hundred, most.
pub fn row(what: &str, instances: usize, times: &Times) {
    let [least, half, nearly_all, most] = [0, 50, 99, 100].map(|part| ms(times.percentile(part)));
    println!("| {what} | {instances} | {least} | {half} | {nearly_all} | {most} | {} |", times.len());
}
