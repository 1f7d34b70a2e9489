//! The one integration binary: everything that needs the program from outside.
//!
//! The rig plays AWS (`tests/rig`, Python), so what needs it is built only with the `aws` feature.

#[cfg(feature = "aws")]
mod aws;
mod command;
mod demo;
mod headless;
mod headless_operations;
mod home;
mod pictures;
mod readme;
#[cfg(feature = "aws")]
mod rig;
#[cfg(feature = "aws")]
mod rig_proof;
mod terminal;
mod terminal_manners;
