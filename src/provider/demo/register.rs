//! The simulated store of bookkeeping: a dictionary with versions, as SSM parameters are.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::provider::{Created, Entries, Entry, EntryName};

/// Every entry.
#[derive(Default)]
pub(super) struct Entered {
    entries: BTreeMap<EntryName, Entry>,
}

impl Entered {
    /// Those that are meant.
    pub(super) fn read(&self, at: Timestamp, meant: impl Fn(&EntryName) -> bool) -> Entries {
        let found = self.entries.iter().filter(|(name, _)| meant(name));
        let found = found.map(|(name, entry)| (name.clone(), entry.clone())).collect();
        Entries { server_time: Some(at), found }
    }

    /// Creates one that must not exist.
    pub(super) fn create(&mut self, name: &EntryName, value: &str, at: Timestamp) -> Created {
        if self.entries.contains_key(name) {
            return Created::Exists;
        }
        self.put(name, value, at);
        Created::Yes
    }

    /// Overwrites one and returns its new version.
    pub(super) fn put(&mut self, name: &EntryName, value: &str, at: Timestamp) -> u64 {
        let version = self.entries.get(name).map_or(0, |entry| entry.version) + 1;
        self.entries.insert(name.clone(), Entry { value: value.to_owned(), version, modified_at: at });
        version
    }

    /// Deletes one.
    pub(super) fn delete(&mut self, name: &EntryName) {
        self.entries.remove(name);
    }
}
