//! The journal's bytes: one file in the state folder, written by one process at a time and read by any.
//!
//! Its rule: what [`append`](JournalStore::append) answered for is on the disk, in the file that has the journal's
//! name; everything else is an error whose sentence a person can act on. What the bytes say is `engine`'s.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::files::{FilesError, StateFolder, WriterLock};
use crate::engine::JournalStore;

/// The file in the state folder.
pub const FILE: &str = "journal.jsonl";

/// The journal's file, opened to be read or to be written.
#[derive(Debug)]
pub struct JournalFile {
    folder: Option<StateFolder>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Writes { file: File, _lock: WriterLock },
    Reads { why: String },
}

impl JournalFile {
    /// Opens the journal and becomes its one writer, until this is dropped.
    ///
    /// # Errors
    /// Another process writes it, it belongs to somebody else, or it cannot be made.
    pub fn to_write(folder: &Path) -> Result<Self, FilesError> {
        let folder = StateFolder::open(folder)?;
        let lock = folder.lock()?;
        let file = folder.append(FILE)?;
        Ok(Self { folder: Some(folder), way: Way::Writes { file, _lock: lock } })
    }

    /// Opens the journal to be read, also while another process writes it. Nothing is made, locked or written; `why`
    /// is what an attempt to write is told.
    ///
    /// # Errors
    /// The folder is there and cannot be used.
    pub fn to_read(folder: &Path, why: impl Into<String>) -> Result<Self, FilesError> {
        Ok(Self { folder: StateFolder::existing(folder)?, way: Way::Reads { why: why.into() } })
    }
}

impl JournalStore for JournalFile {
    fn load(&mut self) -> io::Result<Vec<u8>> {
        let bytes =
            self.folder.as_ref().map(|folder| folder.read(FILE)).transpose().map_err(io::Error::other)?;
        Ok(bytes.flatten().unwrap_or_default())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.way {
            Way::Writes { file, .. } => file,
            Way::Reads { why } => return Err(io::Error::other(why.clone())),
        };
        if file.metadata()?.nlink() == 0 {
            return Err(io::Error::other("its file was removed: start flightdeck again"));
        }
        file.write_all(bytes)?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn home() -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("flightdeck");
        (home, path)
    }

    #[test]
    fn what_was_appended_is_loaded_again() {
        let (_home, path) = home();
        let mut first = JournalFile::to_write(&path).unwrap();
        assert_eq!(first.load().unwrap(), b"");
        first.append(b"one\n").unwrap();
        first.append(b"two\n").unwrap();
        drop(first);
        assert_eq!(JournalFile::to_write(&path).unwrap().load().unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn a_second_writer_is_refused_and_can_still_read() {
        let (_home, path) = home();
        let mut first = JournalFile::to_write(&path).unwrap();
        first.append(b"one\n").unwrap();
        let refusal = JournalFile::to_write(&path).unwrap_err();
        assert!(matches!(refusal, FilesError::Busy { .. }), "{refusal}");
        let mut second = JournalFile::to_read(&path, refusal.to_string()).unwrap();
        assert_eq!(second.load().unwrap(), b"one\n");
        let error = second.append(b"two\n").unwrap_err();
        assert!(error.to_string().starts_with("another flightdeck (process "), "{error}");
        assert_eq!(first.load().unwrap(), b"one\n");
    }

    #[test]
    fn reading_makes_and_locks_nothing() {
        let (_home, path) = home();
        let mut reader = JournalFile::to_read(&path, "this session is read-only").unwrap();
        assert_eq!(reader.load().unwrap(), b"");
        assert_eq!(reader.append(b"one\n").unwrap_err().to_string(), "this session is read-only");
        assert!(!path.exists());
        JournalFile::to_write(&path).unwrap();
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let (_home, path) = home();
        let mut journal = JournalFile::to_write(&path).unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let Way::Writes { file, .. } = &mut journal.way else { panic!("it was opened to be written") };
        *file = full;
        assert_eq!(journal.append(b"one\n").unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_journal_that_was_removed_takes_nothing() {
        let (_home, path) = home();
        let mut journal = JournalFile::to_write(&path).unwrap();
        std::fs::remove_file(path.join(FILE)).unwrap();
        assert!(journal.append(b"one\n").unwrap_err().to_string().contains("removed"));
    }
}
