//! The files of builds that run on this machine: a private folder each, `builds/<build>` in the state folder.
//!
//! Its rule: as with every file of the state folder, nothing is reached through a link, nothing is anybody else's. What
//! the files say is `provider::build`'s. Also what the machine tells of its processes, which is in files too.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::files::{FilesError, StateFolder};
use super::signals;
use crate::fleet::BuildId;
use crate::provider::build::{BuildStore, Machine, Part};

/// The folder of all builds.
const FOLDER: &str = "builds";
/// The log of a build.
const LOG: &str = "log";
/// Longest name of a build.
const NAME: usize = 64;

/// The folders of builds below one state folder. Nothing is made before the first build is started.
#[derive(Debug)]
pub struct BuildFolders {
    state: PathBuf,
}

impl BuildFolders {
    /// Those below this state folder.
    pub fn new(state: &Path) -> Self {
        Self { state: state.to_owned() }
    }

    /// The folder of a build, where there is one.
    fn existing(&self, build: &BuildId) -> io::Result<Option<StateFolder>> {
        let name = name(build)?;
        let Some(state) = StateFolder::existing(&self.state).map_err(failed)? else { return Ok(None) };
        let Some(builds) = state.folder(FOLDER).map_err(failed)? else { return Ok(None) };
        builds.folder(name).map_err(failed)
    }

    fn of(&self, build: &BuildId) -> io::Result<StateFolder> {
        self.existing(build)?.ok_or_else(|| io::Error::other(format!("the folder of build {build} is gone")))
    }

    fn made(&self) -> Result<StateFolder, FilesError> {
        let state = StateFolder::open(&self.state)?;
        state.make(FOLDER)?;
        match state.folder(FOLDER)? {
            Some(builds) => Ok(builds),
            None => StateFolder::open(&self.state.join(FOLDER)),
        }
    }
}

/// A build's name as the name of a folder.
fn name(build: &BuildId) -> io::Result<&str> {
    let name = build.raw();
    let fits = (1..=NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits { Ok(name) } else { Err(io::Error::other(format!("{build:?} is no name of a build"))) }
}

fn failed(error: FilesError) -> io::Error {
    io::Error::other(error)
}

impl BuildStore for BuildFolders {
    fn make(&self, build: &BuildId, begun: &[u8]) -> io::Result<bool> {
        let name = name(build)?;
        let builds = self.made().map_err(failed)?;
        if !builds.make(name).map_err(failed)? {
            return Ok(false);
        }
        let written = self.write(build, Part::Begun, begun);
        if written.is_err() {
            let _best_effort = self.discard(build);
        }
        written.map(|()| true)
    }

    fn discard(&self, build: &BuildId) -> io::Result<()> {
        let name = name(build)?;
        let folder = self.of(build)?;
        let mut parts = Part::ALL.into_iter().map(Part::file).chain([LOG]);
        parts.try_for_each(|file| folder.remove(file)).map_err(failed)?;
        self.made().and_then(|builds| builds.remove_folder(name)).map_err(failed)
    }

    fn read(&self, build: &BuildId, part: Part) -> io::Result<Option<Vec<u8>>> {
        let Some(folder) = self.existing(build)? else { return Ok(None) };
        folder.read(part.file()).map_err(failed)
    }

    fn write(&self, build: &BuildId, part: Part, bytes: &[u8]) -> io::Result<()> {
        self.of(build)?.replace(part.file(), bytes).map_err(failed)
    }

    fn log_to_write(&self, build: &BuildId) -> io::Result<OwnedFd> {
        let file = self.of(build)?.append(LOG).map_err(failed)?;
        // It lies with the open file, which a program inherits, and goes when the last one closes it.
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(file.into())
    }

    fn is_held(&self, build: &BuildId) -> io::Result<bool> {
        let Some(folder) = self.existing(build)? else { return Ok(false) };
        let Some(file) = folder.open_to_read(LOG).map_err(failed)? else { return Ok(false) };
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(errno) => Err(errno.into()),
        }
    }

    fn log_length(&self, build: &BuildId) -> io::Result<u64> {
        let Some(folder) = self.existing(build)? else { return Ok(0) };
        folder.open_to_read(LOG).map_err(failed)?.map_or(Ok(0), |file| Ok(file.metadata()?.len()))
    }

    fn log_window(&self, build: &BuildId, from: u64, most: usize) -> io::Result<Vec<u8>> {
        let file = self.of(build)?.open_to_read(LOG).map_err(failed)?;
        let Some(file) = file else { return Ok(Vec::new()) };
        let mut window = vec![0; most];
        let mut filled = 0;
        while filled < most {
            match file.read_at(&mut window[filled..], from + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        window.truncate(filled);
        Ok(window)
    }

    fn let_programs_be_interrupted(&self) -> io::Result<()> {
        signals::let_programs_be_interrupted()
    }

    fn machine(&self) -> Machine {
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Machine { name, boot: boot() }
    }

    fn mark(&self, pid: u32) -> Option<String> {
        began(pid)
    }

    fn is_folder(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }
}

#[cfg(target_os = "linux")]
fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

#[cfg(not(target_os = "linux"))]
fn boot() -> String {
    String::new()
}

/// When a process began, in ticks since the machine was started [proc(5): /proc/PID/stat]. One that has ended and was
/// not waited for is none.
#[cfg(target_os = "linux")]
fn began(pid: u32) -> Option<String> {
    /// Where the time stands behind the name in parentheses, which may hold anything.
    const BEGAN: usize = 19;
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    match fields.first()? {
        &"Z" | &"X" => None,
        _ => fields.get(BEGAN).map(|ticks| (*ticks).to_owned()),
    }
}

#[cfg(not(target_os = "linux"))]
fn began(_pid: u32) -> Option<String> {
    None
}

#[cfg(test)]
mod tests;
