//! The journal: one line a record, each with a hash over its bytes and the hash before it.
//!
//! A line is `{"hash":"<64 hex>","record":{…}}` where hash = SHA-256 of the previous hash, a space and the record's
//! bytes. A line cut short or changed is named and nothing is guessed; every readable record is read.

use std::io;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::plan::{Event, History, OperationId, RECORD_SCHEMA, Record};

/// Where the bytes of a journal live.
pub trait JournalStore: Send {
    /// Everything written so far.
    ///
    /// # Errors
    /// The store cannot be read.
    fn load(&mut self) -> io::Result<Vec<u8>>;

    /// Appends bytes and returns when they are durable.
    ///
    /// # Errors
    /// They may not be durable: disk full, wrong owner, another writer.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A record that could not be trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// Line in the journal, from 1.
    pub line: usize,
    /// What is wrong, in one sentence.
    pub what: String,
}

/// Why the journal cannot take a record.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store failed.
    #[error("the journal cannot be written: {0}")]
    Store(#[from] io::Error),
    /// A record could not be written as JSON.
    #[error("a record cannot be written: {0}")]
    Record(#[from] serde_json::Error),
}

const BEFORE_HASH: &str = "{\"hash\":\"";
const BEFORE_RECORD: &str = "\",\"record\":";
const AFTER_RECORD: &str = "}";
const HASH_LENGTH: usize = 64;

/// Stands where the first record has no hash before it.
const BEGINNING: &str = "flightdeck.journal.v1";

/// An open journal.
pub struct Journal {
    store: Box<dyn JournalStore>,
    last_hash: String,
    torn: bool,
    history: History,
    damage: Vec<Damage>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("records", &self.history.records().len()).finish_non_exhaustive()
    }
}

impl Journal {
    /// Reads a store to its end.
    ///
    /// # Errors
    /// The store cannot be read at all. Damage inside is no error: see [`Journal::damage`].
    pub fn open(mut store: Box<dyn JournalStore>) -> io::Result<Self> {
        let bytes = store.load()?;
        let mut reading = Reading::default();
        let torn = bytes.last().is_some_and(|byte| *byte != b'\n');
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            reading.line(index + 1, line);
        }
        let Reading { last_hash, records, damage } = reading;
        Ok(Self { store, last_hash, torn, history: History::new(records).without(damage.len()), damage })
    }

    /// What the records tell.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Lines that cannot be trusted.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Appends a record; when this returns, it is durable.
    ///
    /// # Errors
    /// It may not be durable: nothing must be sent on its strength.
    pub fn write(&mut self, record: Record) -> Result<(), JournalError> {
        let body = serde_json::to_string(&record)?;
        let hash = chain(&self.last_hash, body.as_bytes());
        // A record cut short stays as it is, on a line of its own.
        let fresh_line = if self.torn { "\n" } else { "" };
        let line = format!("{fresh_line}{BEFORE_HASH}{hash}{BEFORE_RECORD}{body}{AFTER_RECORD}\n");
        // Until the store says so, nobody knows how much of it is there.
        self.torn = true;
        self.store.append(line.as_bytes())?;
        self.torn = false;
        self.last_hash = hash;
        self.history.push(record);
        Ok(())
    }
}

impl Journal {
    /// Notes that an operation was left where it is, because the program ends. Says nothing of one that was never begun
    /// or has come to its end.
    ///
    /// # Errors
    /// It may not be durable.
    pub fn leave(&mut self, operation: &OperationId, why: &str, at: Timestamp) -> Result<(), JournalError> {
        let Some(last) = self.history.records_of(operation).next_back() else { return Ok(()) };
        if last.ends() || last.event == Event::Held {
            return Ok(());
        }
        let held = Record {
            at,
            event: Event::Held,
            call: None,
            request_id: None,
            resource: None,
            before: None,
            after: None,
            result: Some(why.to_owned()),
            report: None,
            ..last.clone()
        };
        self.write(held)
    }
}

struct Reading {
    last_hash: String,
    records: Vec<Record>,
    damage: Vec<Damage>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { last_hash: BEGINNING.into(), records: Vec::new(), damage: Vec::new() }
    }
}

impl Reading {
    fn line(&mut self, number: usize, line: &[u8]) {
        let complete = line.strip_suffix(b"\n");
        let text = complete.unwrap_or(line);
        if text.is_empty() {
            return;
        }
        match self.record(text) {
            Ok(record) => self.records.push(record),
            Err(_) if complete.is_none() => self.damaged(number, "the last record was cut short"),
            Err(what) => self.damaged(number, what),
        }
    }

    fn record(&mut self, text: &[u8]) -> Result<Record, String> {
        let (hash, body) = split(text).ok_or("the line is not a journal record")?;
        let chained = chain(&self.last_hash, body) == hash;
        let value: serde_json::Value =
            serde_json::from_slice(body).map_err(|_| "the record is not readable JSON".to_string())?;
        // The next line is chained to what stands here, whether it can be trusted or not.
        hash.clone_into(&mut self.last_hash);
        if !chained {
            return Err("the record or one before it was changed: its hash does not fit".into());
        }
        let schema = value.get("schema").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if schema > u64::from(RECORD_SCHEMA) {
            return Err(format!("the record has schema {schema}, this program knows {RECORD_SCHEMA}"));
        }
        serde_json::from_value(value).map_err(|error| format!("the record is not complete: {error}"))
    }

    fn damaged(&mut self, line: usize, what: impl Into<String>) {
        self.damage.push(Damage { line, what: what.into() });
    }
}

fn split(text: &[u8]) -> Option<(&str, &[u8])> {
    let rest = text.strip_prefix(BEFORE_HASH.as_bytes())?;
    let (hash, rest) = rest.split_at_checked(HASH_LENGTH)?;
    let body = rest.strip_prefix(BEFORE_RECORD.as_bytes())?.strip_suffix(AFTER_RECORD.as_bytes())?;
    Some((std::str::from_utf8(hash).ok()?, body))
}

fn chain(previous: &str, body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hasher = Sha256::new();
    hasher.update(previous.as_bytes());
    hasher.update(b" ");
    hasher.update(body);
    hasher.finalize().iter().fold(String::with_capacity(HASH_LENGTH), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
