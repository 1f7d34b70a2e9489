//! The model, the messages that change it, and what they ask for: `update(&mut Model, Message, at) -> Vec<Effect>`.
//!
//! The rule: pure. There is nothing in here that could do I/O or read a clock; time comes with each message, layout
//! follows from the terminal's size, and what has to be done outside is returned as an [`Effect`]. Rows are derived
//! when something changed, never per frame.
//!
//! Elsewhere on purpose: drawing (`ui`), tasks, files and the terminal (`runtime`), what a plan is (`plan`).
//!
//! A screen is one file in `screens`, a dialog one in `dialogs`; each is mirrored by one in `ui`.

mod act;
pub mod applies;
mod claims;
pub mod dialogs;
mod effect;
mod field;
mod filter;
mod following;
pub mod images;
mod layout;
mod list;
pub mod measure;
mod message;
mod model;
mod observation;
mod operations;
pub mod planning;
mod rolling;
pub mod screens;
mod scrollback;
mod session;
mod sizing;
mod summary;
mod trouble;
mod update;
pub mod words;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod tests;

pub use applies::applies;
pub use claims::Unread;
pub use effect::{Effect, Watch};
pub use field::TextField;
pub use filter::{Fields, Filter};
pub use following::{Follow, Heard};
pub use layout::{Area, Layout, MIN_HEIGHT, MIN_WIDTH};
pub use list::{List, Row};
pub use message::Message;
pub use model::{Model, Notice, Setup, Tone};
pub use observation::Observation;
pub use operations::{Operation, is_open};
pub use rolling::Rolling;
pub use scrollback::{Entry, Scrollback};
pub use session::Session;
pub use sizing::Sizing;
pub use summary::{DriftCount, HealthCount, Side, SideImage, Subject, Summary, TrafficWord, WayBack};
pub use trouble::Trouble;
pub use update::update;
