//! What facts become a snapshot of, by what was seen.

mod clusters;
mod groups;
mod images;
mod instances;
mod traffic;
