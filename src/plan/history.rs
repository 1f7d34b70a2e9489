//! What the records tell of a cluster: what was before, so that it can be again.

use super::Record;

/// The records of the journal, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    records: Vec<Record>,
}

impl History {
    /// Takes records in the order of the journal.
    pub fn new(records: Vec<Record>) -> Self {
        Self { records }
    }

    /// All of them, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }
}
