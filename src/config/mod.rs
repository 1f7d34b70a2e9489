//! What a session is told: defaults under the file, under the environment, under the flags.
//!
//! The rule: all mistakes are reported at once, each with its place and what to write instead. From what was said
//! this room builds the policies of `drift` and `plan`, `fleet`'s naming, the theme and the keymap.
//!
//! Elsewhere on purpose: it is given texts and opens nothing (`runtime` and `cli` do). It alone reads the
//! environment, and only in [`Environment::read`].

mod builds;
mod color;
mod document;
mod drills;
mod environment;
mod example;
mod families;
mod file;
mod freezes;
mod ignores;
mod load;
mod mistakes;
mod paths;
mod pattern;
mod sources;
mod values;
mod watching;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::fleet::{AccountId, ClusterName, Naming, Region};
use crate::keymap::Keymap;
use crate::theme::{Depth, Theme};
use crate::{drift, plan};

pub use color::ColorChoice;
pub use environment::Environment;
pub use example::example;
pub use ignores::{print_ignores, read_ignores};
pub use load::load;
pub use mistakes::{Mistake, Mistakes};
pub use paths::Paths;
pub use sources::Files;

/// What the command line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`, once for each.
    pub regions: Vec<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--filter`.
    pub filter: Option<String>,
    /// `--read-only`.
    pub read_only: bool,
    /// `--refresh`, in seconds.
    pub refresh: Option<u64>,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--keymap`.
    pub keymap: Option<String>,
    /// `--color`.
    pub color: Option<ColorChoice>,
    /// `--log`.
    pub log: Option<PathBuf>,
}

/// Everything a session needs to know before it begins.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which account, and where in it.
    pub access: Access,
    /// Names of accounts, for people.
    pub account_names: BTreeMap<AccountId, String>,
    /// Whether it may ever write.
    pub read_only: ReadOnly,
    /// Shortest time between two looks at the fleet; the call budget may make it longer.
    pub refresh: Duration,
    /// Calls an idle session may send in a minute.
    pub calls_per_minute: u32,
    /// How clusters, versions and families are read from names and tags.
    pub naming: Naming,
    /// What is judged, and how strictly.
    pub drift: drift::Policy,
    /// What is allowed to be planned.
    pub plan: plan::Policy,
    /// What the theme is called.
    pub theme_name: String,
    /// How things look, at this depth.
    pub theme: Theme,
    /// How many colours the terminal is given.
    pub depth: Depth,
    /// What the terminal calls itself (`TERM`); empty where it does not.
    pub terminal: String,
    /// Which keys say what.
    pub keymap: Keymap,
    /// The one cluster to show.
    pub cluster: Option<ClusterName>,
    /// What to filter by from the start.
    pub filter: Option<String>,
    /// The log; `None` for the one in the state folder.
    pub log: Option<PathBuf>,
    /// The folder of the journal, the audit trail and the log.
    pub state: PathBuf,
}

/// Which account, and where in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Profile; the chain's own choice where there is none.
    pub profile: Option<String>,
    /// Whether the profile comes before keys in the environment: where a flag or the file names it, and not where
    /// `AWS_PROFILE` does.
    pub profile_on_purpose: bool,
    /// Regions; the chain's own choice where there is none.
    pub regions: Vec<Region>,
    /// Endpoint of every service; AWS's own, or the SDK's variables, where there is none.
    pub endpoint_url: Option<String>,
    /// The account that the credentials must belong to; any where there is none.
    pub pinned_account: Option<AccountId>,
}

/// Whether a session may ever write. Of several answers the last in this order wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadOnly {
    /// It may, once it is armed.
    #[default]
    No,
    /// It may not: `--read-only`, or `read_only = true`.
    Flag,
    /// It may not, and no flag will ever change that: `read_only = "locked"`.
    Locked,
}

impl ReadOnly {
    /// Whether nothing may write.
    #[must_use]
    pub fn is_on(self) -> bool {
        self != Self::No
    }
}

/// Names the candidate a misspelt word most likely meant.
fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// More than a third of the word wrong is another word.
    const LETTERS_PER_SLIP: usize = 3;
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(slips, candidate)| *slips * LETTERS_PER_SLIP <= candidate.len().max(LETTERS_PER_SLIP))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// A remedy for a word that is none of those there are.
fn instead<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.collect();
    match (nearest(word, candidates.iter().copied()), candidates.as_slice()) {
        (Some(meant), _) | (None, &[meant]) => format!("write `{meant}`"),
        (None, _) => format!("write one of {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests;
