//! Pieces of screens that know nothing of fleets.

pub mod bar;
pub mod table;
