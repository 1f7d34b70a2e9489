//! flightdeck: a terminal cockpit for fleets of immutable servers on AWS.
//!
//! The rooms of the house, each with one rule (its module doc tells it):
//!
//! - [`fleet`] what exists · [`drift`] judgements · [`plan`] what could be done
//! - [`provider`] the only door to a cloud · [`engine`] runs what was approved
//! - [`keymap`] everything a user can say · [`theme`] roles in, styles out · [`config`] layers and remedies
//! - [`app`] the model and its update · [`ui`] draws it · [`runtime`] tasks, time, files, terminal
//! - [`cli`] words in, exit code out

pub mod app;
pub mod cli;
pub mod config;
pub mod drift;
pub mod engine;
pub mod fleet;
pub mod keymap;
pub mod plan;
pub mod provider;
pub mod runtime;
pub mod theme;
pub mod ui;
