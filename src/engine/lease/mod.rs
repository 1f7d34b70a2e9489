//! One writer per cluster: a lease in the account's own bookkeeping, and the record of what its holder does.
//!
//! A lease is a row of epochs. Epoch N+1 is *created*, which only one of many can do, and the newest is never deleted:
//! whoever deletes and creates anew makes two holders. What the head of an epoch says is lease and remote record at
//! once: one write renews the lease, and makes durable what the holder is about to do. `rules` decides, and does
//! nothing else; `hold` asks the store and does what `rules` says; `claims` reads what others hold. Where the entries
//! live is `provider`'s business.
//!
//! A holder writes to the cluster only within 45 s of the beginning of its last renewal, by its own clock that never
//! runs back; others take its lease 60 s after that renewal, by the store's clock. So a holder that lost its lease
//! writes nothing, but for the one request that was under way when it was suspended: no lease without a fence in the
//! thing it protects can do better, and ELBv2 has none.

mod claims;
mod head;
mod hold;
#[cfg(test)]
mod model;
mod names;
mod packed;
mod prune;
mod rules;
mod take;
#[cfg(test)]
pub(super) mod tests;
mod write;

use std::time::Duration;

pub use claims::{claims, read_claims};
pub(super) use head::{LONGEST, cut};
pub use hold::{Desk, Lease};
pub(super) use packed::{flat, pack, unpack};
pub(super) use prune::MOST_CHUNKS;
pub use rules::LeaseLost;
pub use take::NotTaken;

/// How long a lease lives after its last renewal, by the store's clock.
pub const LIFE: Duration = Duration::from_mins(1);

/// How often it is renewed.
pub const RENEWAL: Duration = Duration::from_secs(15);

/// When its holder stops writing, after the beginning of the last renewal that succeeded, by its own clock.
pub const DEADLINE: Duration = Duration::from_secs(45);
