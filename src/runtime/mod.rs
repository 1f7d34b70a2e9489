//! Tasks, time, files and the terminal: the only room that has them.
//!
//! Its rule: it carries messages and performs effects, and understands neither. What a message means is `app`'s
//! business, what a plan does is `engine`'s.

mod aside;
mod bookkeeping;
pub mod builds;
pub mod clock;
pub mod cockpit;
mod cycle;
pub mod ending;
pub mod files;
mod following;
mod hands;
pub mod ignores;
pub mod input;
pub mod journal;
mod judging;
mod ledger;
pub mod logging;
pub mod machine;
mod operation;
mod output;
mod poller;
mod recorder;
mod running;
mod shown;
pub mod signals;
mod stage;
pub mod terminal;
#[cfg(test)]
mod testing;
mod tty;
