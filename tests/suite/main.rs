//! The one integration binary: everything that needs the program from outside.
//!
//! The rig plays AWS (`tests/rig`, Python). It is proven by plain HTTP; what the program does with it needs the `aws`
//! feature.

#[cfg(feature = "aws")]
mod aws;
mod command;
mod demo;
mod headless;
mod headless_operations;
mod home;
mod pictures;
mod readme;
mod rig;
mod rig_proof;
mod terminal;
mod terminal_manners;
