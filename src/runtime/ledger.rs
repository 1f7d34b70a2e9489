//! The journal as one session holds it: shared by its operations, read by whoever shows it, together with what the
//! shared bookkeeping tells.
//!
//! Its rule: a session that may write holds the journal from its beginning, so that of two on one home the second
//! knows at once. Where another holds it, this one reads what the other writes, and tries again before each change.
//! Everything here touches the disk: it is called from blocking tasks only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::ignores::{self, IgnoresError};
use super::journal::{FILE, JournalFile};
use crate::drift::Ignore;
use crate::engine::Journal;
use crate::fleet::Place;
use crate::plan::{Claim, History, OperationId, Refusal, SessionId};

/// What a read-only session is told where it tries to write.
pub(super) const READ_ONLY: &str = "this session is read-only";

/// The journal of a session.
#[derive(Debug)]
pub(super) struct Ledger {
    folder: PathBuf,
    read_only: bool,
    held: Mutex<Held>,
    /// What the shared bookkeeping told last, place by place.
    claims: Mutex<BTreeMap<Place, Vec<Claim>>>,
    history: watch::Sender<Arc<History>>,
    ignored: Notify,
}

#[derive(Debug, Default)]
struct Held {
    journal: Option<Arc<Mutex<Journal>>>,
    writes: bool,
    /// Length of the file when it was read last, where another may have written since.
    length: Option<u64>,
}

impl Ledger {
    /// A ledger that was not opened yet; nothing is touched.
    pub(super) fn new(folder: PathBuf, read_only: bool) -> Self {
        Self {
            folder,
            read_only,
            held: Mutex::default(),
            claims: Mutex::default(),
            history: watch::Sender::default(),
            ignored: Notify::new(),
        }
    }

    /// Tells which run of the program this is: its own claims are nobody else's.
    pub(super) fn belongs_to(&self, session: &SessionId) {
        self.history.send_modify(|known| *known = Arc::new(known.as_ref().clone().seen_by(session.clone())));
    }

    /// Opens the journal, to be written where this session may; tells what a person should know.
    pub(super) fn open(&self) -> Vec<String> {
        let mut held = self.held();
        let mut says = Vec::new();
        if !self.read_only
            && let Err(why) = self.become_writer(&mut held)
        {
            says.push(format!("nothing can be changed from here: {why}"));
        }
        if !held.writes
            && let Err(why) = self.read(&mut held)
        {
            says.push(format!("the journal cannot be read: {why}"));
        }
        if let Err(why) = self.ignores() {
            says.push(format!("no finding is ignored from the screen: {why}"));
        }
        let journal = held.journal.as_ref().map(|journal| lock(journal));
        says.extend(
            journal.iter().flat_map(|journal| journal.damage()).map(|damage| {
                format!("line {} of the journal cannot be trusted: {}", damage.line, damage.what)
            }),
        );
        drop(journal);
        says
    }

    /// What the records tell, as far as they were read.
    pub(super) fn history(&self) -> Arc<History> {
        Arc::clone(&self.history.borrow())
    }

    /// The same, to be waited on: the newest counts.
    pub(super) fn follow(&self) -> watch::Receiver<Arc<History>> {
        self.history.subscribe()
    }

    /// Takes note of what was written since, here or elsewhere.
    pub(super) fn catch_up(&self) {
        let mut held = self.held();
        match &held.journal {
            Some(journal) if held.writes => self.tell(&lock(journal)),
            _ if held.length != self.length() => {
                // What cannot be read now is read with the next look.
                let _still_unreadable = self.read(&mut held);
            }
            _ => {}
        }
    }

    /// The findings that are ignored from the screen.
    ///
    /// # Errors
    /// Their file cannot be used.
    pub(super) fn ignores(&self) -> Result<Vec<Ignore>, IgnoresError> {
        ignores::read(&self.folder)
    }

    /// Ignores findings from now on.
    ///
    /// # Errors
    /// Their file cannot be used.
    pub(super) fn ignore(&self, ignore: Ignore, at: Timestamp) -> Result<(), IgnoresError> {
        ignores::add(&self.folder, ignore, at)?;
        self.ignored.notify_one();
        Ok(())
    }

    /// Waits until something is ignored that was not before.
    pub(super) async fn ignored(&self) {
        self.ignored.notified().await;
    }

    /// The journal, to be written.
    ///
    /// # Errors
    /// This session may not write it, or cannot.
    pub(super) fn to_write(&self) -> Result<Arc<Mutex<Journal>>, Refusal> {
        if self.read_only {
            return Err(Refusal::new(READ_ONLY, "start flightdeck without --read-only"));
        }
        let mut held = self.held();
        if !held.writes {
            self.become_writer(&mut held)
                .map_err(|why| Refusal::new(format!("the journal cannot be written: {why}"), ""))?;
        }
        held.journal.clone().ok_or_else(|| Refusal::new("the journal cannot be written", ""))
    }

    /// Writes down that operations were left where they are, because the program ends.
    pub(super) fn leave(&self, operations: &[OperationId], why: &str, at: Timestamp) {
        let held = self.held();
        let Some(journal) = held.journal.as_ref().filter(|_| held.writes) else { return };
        let mut journal = lock(journal);
        for operation in operations {
            if let Err(error) = journal.leave(operation, why, at) {
                tracing::error!(%operation, "not written down that it was left: {error}");
            }
        }
    }

    fn become_writer(&self, held: &mut Held) -> Result<(), String> {
        let file = JournalFile::to_write(&self.folder).map_err(|error| error.to_string())?;
        self.take(held, file)?;
        held.writes = true;
        Ok(())
    }

    fn read(&self, held: &mut Held) -> Result<(), String> {
        // Told before it is read: what is appended meanwhile is then read again, not missed.
        held.length = self.length();
        let file = JournalFile::to_read(&self.folder, READ_ONLY).map_err(|error| error.to_string())?;
        self.take(held, file)
    }

    fn take(&self, held: &mut Held, file: JournalFile) -> Result<(), String> {
        let journal = Journal::open(Box::new(file))
            .map_err(|error| format!("{}: {error}", self.folder.join(FILE).display()))?;
        self.tell(&journal);
        held.journal = Some(Arc::new(Mutex::new(journal)));
        Ok(())
    }

    fn tell(&self, journal: &Journal) {
        let history = journal.history();
        self.history.send_if_modified(|known| {
            let grew = known.records().len() != history.records().len();
            if grew {
                *known = Arc::new(history.clone().beside(known));
            }
            grew
        });
    }

    /// Takes note of what the shared bookkeeping of a place tells now.
    pub(super) fn hear(&self, place: Place, claims: Vec<Claim>) {
        let mut told = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(&place) == Some(&claims) {
            return;
        }
        told.insert(place, claims);
        let all = told.values().flatten().cloned().collect();
        // Under the lock, so that of two places that tell at once none is forgotten.
        self.history.send_modify(|known| *known = Arc::new(known.as_ref().clone().with_claims(all)));
    }

    fn length(&self) -> Option<u64> {
        std::fs::metadata(self.folder.join(FILE)).map(|file| file.len()).ok()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    // A journal knows by itself whether its last record is whole.
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::ClusterId;
    use crate::plan::{Event, RECORD_SCHEMA, Record, Who};

    fn record(operation: &str) -> Record {
        Record {
            schema: RECORD_SCHEMA,
            at: "2026-11-23T03:00:00Z".parse().unwrap(),
            operation: OperationId::new(operation),
            event: Event::Started,
            who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
            why: None,
            verb: "shift".into(),
            cluster: ClusterId {
                place: Place { account: "1".into(), region: "eu-west-1".into() },
                name: "orders".into(),
            },
            digest: "d".into(),
            step: 0,
            of: 0,
            plan: None,
            overrides: Vec::new(),
            epoch: None,
            call: None,
            request_id: None,
            resource: None,
            before: None,
            after: None,
            result: None,
            report: None,
        }
    }

    fn write(ledger: &Ledger, operation: &str) {
        lock(&ledger.to_write().unwrap()).write(record(operation)).unwrap();
    }

    /// How many records a session knows, once it has caught up.
    fn records(ledger: &Ledger) -> usize {
        ledger.catch_up();
        ledger.history().records().len()
    }

    #[test]
    fn a_second_cockpit_reads_along_and_may_write_when_the_first_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let first = Ledger::new(home.path().join("state"), false);
        assert!(first.open().is_empty());
        write(&first, "a");
        assert_eq!(records(&first), 1);

        let second = Ledger::new(home.path().join("state"), false);
        let says = second.open();
        assert!(says[0].contains("nothing can be changed from here: another flightdeck"), "{says:?}");
        assert_eq!(records(&second), 1);
        assert!(second.to_write().unwrap_err().why.contains("another flightdeck"));

        write(&first, "b");
        assert_eq!(records(&second), 2);

        write(&first, "c");
        drop(first);
        write(&second, "d");
        assert_eq!(records(&second), 4);
        assert_eq!(second.history().records().last().map(AsRef::as_ref), Some(&record("d")));

        let third = Ledger::new(home.path().join("state"), true);
        assert!(third.open().is_empty(), "the chain is whole");
        assert_eq!(records(&third), 4);
    }

    #[test]
    fn a_read_only_session_makes_no_journal_and_holds_none() {
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(home.path().join("state"), true);
        assert!(ledger.open().is_empty());
        assert_eq!(ledger.to_write().unwrap_err().why, READ_ONLY);
        assert!(!home.path().join("state").exists());
        write(&Ledger::new(home.path().join("state"), false), "a");
        assert_eq!(records(&ledger), 1);
    }

    #[test]
    fn a_damaged_record_is_named() {
        let home = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(home.path().to_owned(), false);
        write(&ledger, "a");
        drop(ledger);
        let path = home.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("laptop", "stolen")).unwrap();
        let says = Ledger::new(home.path().to_owned(), false).open();
        assert!(says[0].starts_with("line 1 of the journal cannot be trusted"), "{says:?}");
    }
}
