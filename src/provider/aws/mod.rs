//! The AWS provider: SDK answers become facts, plan calls become SDK calls.

mod actions;
mod connection;
mod factory;
mod meter;
mod operator;
mod permissions;
mod regions;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod testing;
mod traffic;
mod trouble;
mod wall;

pub use factory::Settings;
pub use operator::AwsOperator;
pub use permissions::{Permission, PolicyFor, READS, WRITES, iam_policy};
