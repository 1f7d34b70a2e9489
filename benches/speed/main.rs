//! How fast the cockpit is and what it weighs, as rows of a Markdown table.
//!
//! `cargo bench --no-default-features --bench speed [-- PART… [--once]]`; the parts are `look` (a snapshot from its
//! raw facts to what the screens show), `lineage` (20,000 images to their rows), `plan` (an intent to its plan), `rollback` (its phrase to its request), `follow` (what ten operations at once ask of AWS), `frames` (a key to its frame, without a
//! terminal), `log` (a million lines of a build's log), `cockpit` (the whole program on a pseudo-terminal) and `stop` (its stop key while every call hangs). `--once` does everything once, for a profiler.

mod cockpit;
mod follow;
mod frames;
mod lineage;
mod log;
mod look;
mod measure;
mod plan;
mod rollback;
mod stop;

use measure::Runs;

/// Numbers of instances: what a large account has, and far beyond.
const SIZES: [usize; 2] = [5_000, 100_000];

/// Instances of the fleet that is planned over.
const PLANNED: usize = 10_000;

/// Instances of the group that is planned over.
const LARGE_GROUP: usize = 5_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [plays, home, hangs] = words.as_slice()
        && plays == stop::PLAYS
    {
        return stop::play(home.as_ref(), hangs.into());
    }
    let runs = if words.iter().any(|word| word == "--once") { Runs::Once } else { Runs::Many };
    let parts: Vec<&String> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| *wanted == part);
    for size in SIZES {
        if is_wanted("look") {
            look::run(size, runs);
        }
        if is_wanted("frames") {
            frames::run(size, runs);
        }
    }
    if is_wanted("lineage") {
        lineage::run(SIZES[1], runs);
    }
    if is_wanted("plan") {
        plan::run(PLANNED, runs);
        plan::run_group(LARGE_GROUP, runs);
    }
    if is_wanted("follow") {
        follow::run(LARGE_GROUP);
    }
    if is_wanted("rollback") {
        rollback::run(PLANNED, runs);
    }
    if is_wanted("log") {
        log::run(runs);
    }
    if is_wanted("cockpit") {
        cockpit::run(runs);
    }
    if is_wanted("stop") {
        stop::run(runs);
    }
}
