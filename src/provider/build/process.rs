//! Programs of this machine: started with a list of arguments and never a shell, each the leader of a group of its own,
//! so that it outlives flightdeck and can be interrupted with everything it started.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::record::Status;
use crate::plan::Program;

/// Starts it, with its output and its errors at the end of the log. `withheld`: variables that it is not given unless
/// it is to have them.
pub(super) fn start(program: &Program, log: OwnedFd, withheld: &[OsString]) -> io::Result<Child> {
    let mut command = Command::new(&program.program);
    command.args(&program.arguments).stdin(Stdio::null()).process_group(0);
    if !program.aws_environment {
        for name in withheld {
            command.env_remove(name);
        }
    }
    command.envs(&program.environment);
    if let Some(folder) = &program.folder {
        command.current_dir(folder);
    }
    let errors = log.try_clone()?;
    command.stdout(Stdio::from(log)).stderr(Stdio::from(errors)).spawn()
}

/// Why it cannot even be tried, in one sentence.
pub(super) fn check(program: &Program) -> Result<(), String> {
    let Program { program: name, arguments, environment, .. } = program;
    if name.is_empty() {
        return Err("no program is named".into());
    }
    let odd = |text: &String| text.contains('\0');
    if odd(name) || arguments.iter().any(odd) || environment.iter().any(|(key, value)| odd(key) || odd(value))
    {
        return Err("no program can be given a zero byte".into());
    }
    match environment.keys().find(|key| key.is_empty() || key.contains('=')) {
        Some(key) => Err(format!("{key:?} is no name of an environment variable")),
        None => Ok(()),
    }
}

/// Why it was not started, and what to do.
pub(super) fn not_started(program: &Program, error: &io::Error) -> (String, String) {
    let name = &program.program;
    match error.kind() {
        io::ErrorKind::NotFound if name.contains('/') => (
            format!("there is no program {name}, or what its first line names is missing"),
            "give the path of a program that is there".into(),
        ),
        io::ErrorKind::NotFound => (
            format!("{name} is not on the search path"),
            format!("install {name}, or give the path of it in the configuration"),
        ),
        io::ErrorKind::PermissionDenied => {
            (format!("{name} may not be run: {error}"), "make it executable for you".into())
        }
        _ => (format!("{name} cannot be started: {error}"), String::new()),
    }
}

/// Interrupts a group, as `Ctrl-C` does.
pub(super) fn interrupt(leader: u32) -> io::Result<()> {
    signal(leader, Signal::INT)
}

/// Ends a group at once.
pub(super) fn kill(leader: u32) -> io::Result<()> {
    signal(leader, Signal::KILL)
}

fn signal(leader: u32, signal: Signal) -> io::Result<()> {
    match kill_process_group(group(leader)?, signal) {
        // It ended in between.
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Whether anything of a group is left.
pub(super) fn is_left(leader: u32) -> bool {
    group(leader).is_ok_and(|group| test_kill_process_group(group) != Err(Errno::SRCH))
}

/// A group has the id of its leader. Of 0 and 1 nothing is ever signalled: they mean the own group and everything.
fn group(leader: u32) -> io::Result<Pid> {
    let id = i32::try_from(leader).ok().filter(|id| *id > 1).and_then(Pid::from_raw);
    id.ok_or_else(|| io::Error::other(format!("{leader} is no process of ours")))
}

impl From<ExitStatus> for Status {
    fn from(status: ExitStatus) -> Self {
        Self { code: status.code(), signal: status.signal() }
    }
}
