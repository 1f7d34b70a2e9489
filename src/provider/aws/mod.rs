//! The AWS provider: SDK answers become facts, plan calls become SDK calls.

mod factory;
mod meter;
mod permissions;
mod regions;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod testing;
mod trouble;
mod wall;

pub use factory::Settings;
pub use permissions::{Permission, PolicyFor, READS, WRITES, iam_policy};
