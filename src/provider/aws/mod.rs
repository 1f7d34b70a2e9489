//! The AWS provider: SDK answers become facts, plan calls become SDK calls.

mod actions;
mod bookkeeping;
mod builds;
mod connection;
mod due;
mod factory;
mod groups;
mod ids;
mod images;
mod instances;
mod kept;
mod look;
mod meter;
mod needs;
mod observer;
mod operator;
mod permissions;
mod read;
mod refreshes;
mod regions;
#[cfg(test)]
mod replay;
mod standing;
mod target_groups;
mod task;
mod templates;
#[cfg(test)]
mod testing;
mod traffic;
mod trouble;
mod versions;
mod wall;
mod watching;

pub use bookkeeping::AwsRegister;
pub use factory::Settings;
pub use observer::Aws;
pub use operator::AwsOperator;
pub use permissions::{Permission, PolicyFor, READS, WRITES, iam_policy};
