//! How long it takes to make a fleet of raw facts and to evaluate all rules over it, on one core.
//!
//! `cargo bench --no-default-features --bench drift`. The facts are those of the simulated fleet, with drift of every
//! kind in it. The program fails where judging takes longer than its limit.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flightdeck::drift::{Policy, judge};
use flightdeck::fleet::{Naming, assemble};
use flightdeck::provider::Clock;
use flightdeck::provider::demo::{Demo, Options};
use jiff::Timestamp;

const SIZES: [usize; 2] = [5_000, 100_000];

/// All rules over 100,000 instances.
const LIMIT: Duration = Duration::from_millis(150);

const RUNS: usize = 15;

/// A clock that stands still.
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_760_000_000).unwrap_or_default()
    }

    async fn sleep(&self, _: Duration) {}
}

fn main() -> ExitCode {
    let mut slowest = Duration::ZERO;
    for instances in SIZES {
        let options = Options { instances, lively: false, ..Options::default() };
        let facts = Demo::new(options, Naming::default(), Arc::new(Still)).facts();
        let naming = Naming::default();
        let assembled = median(|| assemble(black_box(&facts), &naming, None, Still.now()));
        let fleet = assemble(&facts, &naming, None, Still.now());
        let policy = Policy::default();
        let judged = median(|| judge(black_box(&fleet), &policy, Still.now()));
        let findings = judge(&fleet, &policy, Still.now()).findings.len();
        println!(
            "{} instances: assembled in {assembled:.1?}, judged in {judged:.1?} ({findings} findings)",
            fleet.instances().count()
        );
        slowest = slowest.max(judged);
    }
    if slowest > LIMIT {
        eprintln!("judging took {slowest:.1?}; it may take {LIMIT:.1?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The median time of several runs.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn median<T>(run: impl Fn() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begin = std::time::Instant::now();
            black_box(run());
            begin.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}
