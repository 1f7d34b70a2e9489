//! Runs an approved plan: nothing is done that was not planned, shown, approved, written down first and checked
//! after.
//!
//! [`execute()`] is the one way to a change, [`Helm`] what a person tells it meanwhile. [`Journal`] frames records,
//! checks them and chains them; where the bytes live is a [`JournalStore`]'s business (`runtime` has the real one).
//! [`Lease`] is what makes one writer of many. The engine has no task and no clock of its own: it is one future, and
//! time comes by `provider::Clock`.

mod company;
mod execute;
mod helm;
mod journal;
mod lease;
pub mod second;

pub use company::Company;
pub use execute::{Ports, Until, execute};
pub use helm::Helm;
pub use journal::{Damage, Journal, JournalError, JournalStore};
pub use lease::{DEADLINE, Desk, LIFE, Lease, LeaseLost, NotTaken, RENEWAL, claims, read_claims};
