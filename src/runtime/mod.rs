//! Tasks, time, files and the terminal: the only room that has them.
//!
//! Its rule: it carries messages and performs effects, and understands neither. What a message means is `app`'s
//! business, what a plan does is `engine`'s.

pub mod clock;
pub mod ending;
pub mod files;
pub mod input;
pub mod journal;
pub mod logging;
pub mod machine;
mod output;
pub mod signals;
pub mod terminal;
mod tty;
