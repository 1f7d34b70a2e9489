//! The state folder: private files that survive a crash, one writer at a time.
//!
//! Its rule: folders 0700, files 0600, owned by this user, reached without following a symbolic link. What the
//! files say is elsewhere (the journal's format is `engine`'s); where the folder is, `config` knows.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{self, AtFlags, CWD, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{geteuid, getpid};

/// Only the owner may list or enter the folder.
const FOLDER_MODE: Mode = Mode::RWXU;
/// Only the owner may read or write a file.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
/// Never followed, never inherited by a child, and a pipe in the file's place cannot make the open wait.
const SAFE: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// Why a private file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A link could lead anywhere.
    #[error("{} is a symbolic link, and records are kept in plain files only: remove the link", path.display())]
    Link {
        /// What was asked for.
        path: PathBuf,
    },
    /// Something else stands where a file or folder belongs.
    #[error("{} is no {expected}: move it out of the way", path.display())]
    Kind {
        /// What was asked for.
        path: PathBuf,
        /// `plain file` or `folder`.
        expected: &'static str,
    },
    /// Another user's file can be changed by that user.
    #[error("{} belongs to user id {owner}, not to yours ({own}): give it to yourself or remove it", path.display())]
    Owner {
        /// What was asked for.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who asks.
        own: u32,
    },
    /// Another cockpit on the same home is writing.
    #[error(
        "another flightdeck{} is writing to {}: close it, or go on there",
        holder.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        path.display()
    )]
    Busy {
        /// The folder.
        path: PathBuf,
        /// The other's process id, where it wrote one.
        holder: Option<u32>,
    },
    /// The system refused.
    #[error("cannot {what} {}: {source}{}", path.display(), remedy(source))]
    Io {
        /// What was tried: `open`, `write` …
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space there",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; make it writable for you, or set XDG_STATE_HOME to a folder that is"
        }
        _ => "",
    }
}

/// The folder with the journal, the trails and the log.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    folder: OwnedFd,
}

impl StateFolder {
    /// Opens the folder, and makes it (and what is missing above it) where it does not exist.
    ///
    /// # Errors
    /// Where it is a link, belongs to somebody else, or cannot be made private.
    pub fn open(path: &Path) -> Result<Self, FilesError> {
        match DirBuilder::new().recursive(true).mode(FOLDER_MODE.as_raw_mode()).create(path) {
            // The open below says more precisely what stands in its place.
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed("make", path)(error));
            }
            _ => {}
        }
        Self::open_made(path)
    }

    /// Opens the folder where there is one, and makes none.
    ///
    /// # Errors
    /// Where it is a link, belongs to somebody else, or cannot be made private.
    pub fn existing(path: &Path) -> Result<Option<Self>, FilesError> {
        match Self::open_made(path) {
            Err(FilesError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Makes a folder in it that must not exist, durably; `false` where something has that name.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn make(&self, name: &str) -> Result<bool, FilesError> {
        let path = self.place(name)?;
        match fs::mkdirat(&self.folder, name, FOLDER_MODE) {
            Ok(()) => self.sync().map(|()| true),
            Err(Errno::EXIST) => Ok(false),
            Err(errno) => Err(failed("make", &path)(errno)),
        }
    }

    /// Opens a folder in it; `None` where there is none.
    ///
    /// # Errors
    /// Where it is a link, belongs to somebody else, or cannot be made private.
    pub fn folder(&self, name: &str) -> Result<Option<Self>, FilesError> {
        match Self::open_at(&self.folder, name, &self.place(name)?) {
            Err(FilesError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Takes a file away; one that is not there is no failure.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn remove(&self, name: &str) -> Result<(), FilesError> {
        let path = self.place(name)?;
        match fs::unlinkat(&self.folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(failed("remove", &path)(errno)),
        }
    }

    /// Takes an empty folder away.
    ///
    /// # Errors
    /// Where the system refuses, or something is in it.
    pub fn remove_folder(&self, name: &str) -> Result<(), FilesError> {
        let path = self.place(name)?;
        fs::unlinkat(&self.folder, name, AtFlags::REMOVEDIR).map_err(failed("remove", &path))
    }

    fn open_made(path: &Path) -> Result<Self, FilesError> {
        Self::open_at(CWD, path, path)
    }

    fn open_at(within: impl AsFd, name: impl rustix::path::Arg, path: &Path) -> Result<Self, FilesError> {
        let folder = fs::openat(within, name, SAFE | OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
            .map_err(|errno| refused(errno, path, "folder"))?;
        let stat = fs::fstat(&folder).map_err(failed("look at", path))?;
        owned(stat.st_uid, path)?;
        if Mode::from_raw_mode(stat.st_mode) != FOLDER_MODE {
            fs::fchmod(&folder, FOLDER_MODE).map_err(failed("make private", path))?;
        }
        Ok(Self { path: path.to_owned(), folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file to append to; makes it, durably, where it does not exist.
    ///
    /// # Errors
    /// Where it is no private plain file of this user, or cannot be made one.
    pub fn append(&self, name: &str) -> Result<File, FilesError> {
        let path = self.place(name)?;
        let file = open_private(&self.folder, name, &path, OFlags::CREATE | OFlags::APPEND | OFlags::WRONLY)?;
        self.sync()?;
        Ok(file)
    }

    /// Opens a file to read; `None` where there is none.
    ///
    /// # Errors
    /// Where it is no private plain file of this user.
    pub fn open_to_read(&self, name: &str) -> Result<Option<File>, FilesError> {
        match open_private(&self.folder, name, &self.place(name)?, OFlags::RDONLY) {
            Err(FilesError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Reads a whole file; `None` where there is none.
    ///
    /// # Errors
    /// Where it is no private plain file of this user, or cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FilesError> {
        let Some(mut file) = self.open_to_read(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed("read", &self.place(name)?))?;
        Ok(Some(bytes))
    }

    /// Writes a whole file so that a crash leaves the old one or the new one, never a part.
    ///
    /// # Errors
    /// Where the system refuses; the old file is then untouched.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        let path = self.place(name)?;
        let draft = format!(".{name}.draft");
        let written = self.write_draft(&draft, bytes).and_then(|()| {
            fs::renameat(&self.folder, &draft, &self.folder, name).map_err(failed("replace", &path))
        });
        if written.is_err() {
            let _already_gone = fs::unlinkat(&self.folder, &draft, AtFlags::empty());
        }
        written?;
        self.sync()
    }

    fn write_draft(&self, draft: &str, bytes: &[u8]) -> Result<(), FilesError> {
        let path = self.place(draft)?;
        // There is one writer, so a draft can only be what a crash left behind.
        let _none_left = fs::unlinkat(&self.folder, draft, AtFlags::empty());
        let mut file =
            open_private(&self.folder, draft, &path, OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("write", &path))
    }

    /// Becomes the one writer, until the answer is dropped or the process ends in whatever way.
    ///
    /// # Errors
    /// [`FilesError::Busy`] where another process is the writer.
    pub fn lock(&self) -> Result<WriterLock, FilesError> {
        const NAME: &str = "lock";
        let path = self.place(NAME)?;
        let mut file = open_private(&self.folder, NAME, &path, OFlags::CREATE | OFlags::RDWR)?;
        match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(FilesError::Busy { path: self.path.clone(), holder });
            }
            Err(errno) => return Err(failed("lock", &path)(errno)),
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", getpid().as_raw_nonzero()))
            .map_err(failed("write", &path))?;
        Ok(WriterLock { _file: file })
    }

    fn sync(&self) -> Result<(), FilesError> {
        fs::fsync(&self.folder).map_err(failed("make durable", &self.path))
    }

    /// The name as a path, for messages; a name can never lead out of the folder.
    fn place(&self, name: &str) -> Result<PathBuf, FilesError> {
        let path = self.path.join(name);
        let mut parts = Path::new(name).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(_)), None) => Ok(path),
            _ => Err(FilesError::Kind { path, expected: "plain file" }),
        }
    }
}

/// The right to write; given back when dropped. The file itself stays.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

/// Opens a file that the user named (`--log FILE`) to append to: private and no link, in whatever folder it is.
///
/// # Errors
/// Where it is no plain file of this user, or cannot be made private.
pub fn append(path: &Path) -> Result<File, FilesError> {
    open_private(CWD, path, path, OFlags::CREATE | OFlags::APPEND | OFlags::WRONLY)
}

/// No plan and no configuration is larger; a device never ends.
const LARGEST_TEXT: u64 = 16 << 20;

/// Reads a text that the user named, or that may be missing; `None` where there is no such file.
///
/// # Errors
/// It cannot be read, or is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut text = String::new();
    file.take(LARGEST_TEXT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_TEXT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 16 MiB"));
    }
    Ok(Some(text))
}

fn open_private(
    folder: impl AsFd,
    name: impl rustix::path::Arg,
    path: &Path,
    flags: OFlags,
) -> Result<File, FilesError> {
    let file = fs::openat(folder, name, flags | SAFE, FILE_MODE)
        .map_err(|errno| refused(errno, path, "plain file"))?;
    let stat = fs::fstat(&file).map_err(failed("look at", path))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(FilesError::Kind { path: path.to_owned(), expected: "plain file" });
    }
    owned(stat.st_uid, path)?;
    if Mode::from_raw_mode(stat.st_mode) != FILE_MODE {
        fs::fchmod(&file, FILE_MODE).map_err(failed("make private", path))?;
    }
    Ok(file.into())
}

fn owned(owner: u32, path: &Path) -> Result<(), FilesError> {
    let own = geteuid().as_raw();
    if owner == own { Ok(()) } else { Err(FilesError::Owner { path: path.to_owned(), owner, own }) }
}

fn refused(errno: Errno, path: &Path, expected: &'static str) -> FilesError {
    let path = path.to_owned();
    match errno {
        // Linux answers NOTDIR where a link stands in the place of a folder.
        Errno::LOOP => FilesError::Link { path },
        Errno::NOTDIR if path.is_symlink() => FilesError::Link { path },
        Errno::NOTDIR | Errno::ISDIR | Errno::NXIO => FilesError::Kind { path, expected },
        errno => failed("open", &path)(errno),
    }
}

fn failed<E: Into<io::Error>>(what: &'static str, path: &Path) -> impl Fn(E) -> FilesError {
    move |error| FilesError::Io { what, path: path.to_owned(), source: error.into() }
}

#[cfg(test)]
mod tests;
