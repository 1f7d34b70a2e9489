//! Signals: the end in good order, the stop and the way back, the terminal's new size.
//!
//! Its rule: every signal becomes a message of the one queue, so the loop ends the way it always ends. A thread of its
//! own watches that this happens: where the loop does not end in time, the watch tells the main thread, which keeps
//! out of the loop for this, gives the terminal back and returns the exit code without it. What was ignored when the program started (`nohup`, a job in the background) stays ignored; a
//! terminal that is lost then is `input`'s to notice. A broken pipe is no signal in Rust but an error of the write.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::{OnceLock, mpsc};
use std::task::Poll;
use std::time::Duration;

use rustix::process::{Signal, kill_current_process_group};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Sender;

use super::ending::{EndSignal, Ending};

/// How long the loop has to end by itself; what is left of 200 ms is for giving back the terminal.
const GRACE: Duration = Duration::from_millis(120);

/// What a signal asks of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// End, within 120 ms.
    End(EndSignal),
    /// Give the terminal back and stop, as after ctrl-z.
    Suspend,
    /// The process goes on after a stop: whoever had the terminal meanwhile, take it and draw everything.
    Continued,
    /// The terminal has another size.
    Resized,
}

/// Starts the watch; the loop gets every signal as a message, and `overdue` the ending that the loop was too slow for.
///
/// # Errors
/// Where the system gives no handlers or threads.
pub fn watch<T>(queue: &Sender<T>, overdue: &mpsc::Sender<Ending>) -> io::Result<()>
where
    T: From<Notice> + Send + 'static,
{
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let ignored = ignored();
    for notice in EndSignal::ALL.map(Notice::End).into_iter().chain([
        Notice::Suspend,
        Notice::Continued,
        Notice::Resized,
    ]) {
        let number = notice.signal();
        if !ignored.has(number) {
            forward(&runtime, notice, number, (queue.clone(), overdue.clone()))?;
        }
    }
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(())
}

/// Polls a future to its end while signals that would end the program are told instead. `QUIT` still ends it at once.
///
/// # Errors
/// Where the system gives no handlers; nothing was polled then.
pub async fn caught<T>(future: impl Future<Output = T>, mut tell: impl FnMut(EndSignal)) -> io::Result<T> {
    let ignored = ignored();
    let mut caught = Vec::new();
    for which in [EndSignal::Interrupt, EndSignal::Terminate, EndSignal::Hangup] {
        let number = which.number().into();
        if !ignored.has(number) {
            caught.push((which, signal(SignalKind::from_raw(number))?));
        }
    }
    let mut future = pin!(future);
    let ended = std::future::poll_fn(|context| {
        for (which, arrivals) in &mut caught {
            while let Poll::Ready(Some(())) = arrivals.poll_recv(context) {
                tell(*which);
            }
        }
        future.as_mut().poll(context)
    });
    Ok(ended.await)
}

/// Sees to it that programs which are started from now on can be interrupted. What is ignored here they would ignore
/// too, and could not clean up when they are stopped; what is caught is not inherited. Nobody listens: it stays ignored.
///
/// # Errors
/// Where the system gives no handler.
///
/// # Panics
/// Outside of a runtime.
pub fn let_programs_be_interrupted() -> io::Result<()> {
    let interrupt = EndSignal::Interrupt.number().into();
    if ignored().has(interrupt) {
        drop(signal(SignalKind::from_raw(interrupt))?);
    }
    Ok(())
}

/// Turns each arrival of one signal into a message.
fn forward<T: From<Notice> + Send + 'static>(
    runtime: &Runtime,
    notice: Notice,
    number: i32,
    (queue, overdue): (Sender<T>, mpsc::Sender<Ending>),
) -> io::Result<()> {
    let _within = runtime.enter();
    // From here on the signal is caught, also while the thread is still starting.
    let mut arrivals = signal(SignalKind::from_raw(number))?;
    runtime.spawn(async move {
        while arrivals.recv().await.is_some() {
            let told = queue.send(notice.into());
            if let Notice::End(signal) = notice {
                // A full queue must not hold up the end, and a loop that took the message may still hang.
                let (_full, ()) = tokio::join!(tokio::time::timeout(GRACE, told), tokio::time::sleep(GRACE));
                let _ended_after_all = overdue.send(Ending::Signal(signal));
                return;
            }
            if told.await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

impl Notice {
    fn signal(self) -> i32 {
        match self {
            Self::End(signal) => signal.number().into(),
            Self::Suspend => Signal::TSTP.as_raw(),
            Self::Continued => Signal::CONT.as_raw(),
            Self::Resized => Signal::WINCH.as_raw(),
        }
    }
}

/// There is no shell to bring the program back.
#[derive(Debug, thiserror::Error)]
#[error("ctrl-z does nothing here: no shell started flightdeck, so nothing could bring it back")]
pub struct NoShell;

/// Stops the process and its group, as ctrl-z does; the terminal must have been given back. Goes on by SIGCONT, which
/// the loop gets as [`Notice::Continued`].
///
/// The group is stopped, as the terminal would stop it, so that a `cargo run` or a script around it stops too and the
/// shell takes over. By SIGSTOP: SIGTSTP is caught here, and would only come back as [`Notice::Suspend`].
///
/// # Errors
/// Where no shell would bring it back (a terminal window or tmux pane that runs only this): the kernel then ignores
/// ctrl-z too.
pub fn stop() -> Result<(), NoShell> {
    if !resumable() {
        return Err(NoShell);
    }
    kill_current_process_group(Signal::STOP).map_err(|_| NoShell)
}

/// Whether somebody controls this job: an ancestor in the same session but in another process group.
#[cfg(target_os = "linux")]
fn resumable() -> bool {
    let read = |pid: &str| Job::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?);
    let Some(own) = read("self") else { return false };
    let ancestors = std::iter::successors(Some(own), |child| read(&child.parent.to_string()));
    controlled(own, ancestors.skip(1))
}

/// Elsewhere the system does not tell whose child a parent is: one of the own session has a shell above it, or is it.
#[cfg(not(target_os = "linux"))]
fn resumable() -> bool {
    use rustix::process::{getppid, getsid};
    getppid().is_some_and(|parent| getsid(Some(parent)) == getsid(None))
}

/// Where a process stands among jobs. The ids are plain numbers: 0 is a session, a group or a parent outside the own
/// container, which `getsid` and its sisters of rustix do not expect.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy)]
struct Job {
    parent: i32,
    group: i32,
    session: i32,
}

#[cfg(target_os = "linux")]
impl Job {
    /// From a line of `/proc/…/stat`: the fields after the name, which may itself contain anything, and the state.
    fn parse(stat: &str) -> Option<Self> {
        let (_, after_name) = stat.rsplit_once(')')?;
        let mut ids = after_name.split_ascii_whitespace().skip(1).map_while(|field| field.parse().ok());
        Some(Self { parent: ids.next()?, group: ids.next()?, session: ids.next()? })
    }
}

#[cfg(target_os = "linux")]
fn controlled(own: Job, ancestors: impl Iterator<Item = Job>) -> bool {
    ancestors.take_while(|job| job.session == own.session).any(|job| job.group != own.group)
}

/// The signals that were ignored when the program started; none where the system does not tell (no /proc).
struct Ignored(u64);

/// Those of this program, as they were when it was asked first.
fn ignored() -> &'static Ignored {
    static IGNORED: OnceLock<Ignored> = OnceLock::new();
    IGNORED.get_or_init(|| Ignored::of(Path::new("/proc/self/status")))
}

impl Ignored {
    fn of(status: &Path) -> Self {
        let text = std::fs::read_to_string(status).unwrap_or_default();
        Self::parse(&text)
    }

    fn parse(status: &str) -> Self {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        Self(mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0))
    }

    fn has(&self, number: i32) -> bool {
        self.0 & (1 << (number - 1)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nohup_ignores_stays_ignored() {
        let ignored =
            Ignored::parse("Name:\tflightdeck\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n");
        assert!(ignored.has(EndSignal::Hangup.number().into()));
        assert!(!ignored.has(EndSignal::Terminate.number().into()));
        assert!(!Ignored::parse("").has(1));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_job_is_read_whatever_the_program_is_called() {
        let job = Job::parse("4242 (flight) R 1 (deck) S 17 4240 4200 0").expect("a line of the kernel");
        assert_eq!((job.parent, job.group, job.session), (17, 4240, 4200));
        assert!(Job::parse("nonsense").is_none());
        assert!(Job::parse("4242 (flightdeck) S 17").is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_shell_is_an_ancestor_in_the_session_with_a_group_of_its_own() {
        let job = |group, session| Job { parent: 1, group, session };
        let (own, shell, script) = (job(9, 5), job(5, 5), job(9, 5));
        assert!(controlled(own, [shell].into_iter()));
        assert!(controlled(own, [script, shell].into_iter()));
        assert!(!controlled(own, [script, job(1, 1)].into_iter()), "a terminal window that runs only this");
        assert!(!controlled(own, [job(0, 0)].into_iter()), "started from outside the container");
        assert!(
            controlled(job(9, 0), [job(1, 0)].into_iter()),
            "the container's first shell has no session in it"
        );
    }

    #[test]
    fn each_signal_has_a_message_of_its_own() {
        let numbers = [Notice::Suspend, Notice::Continued, Notice::Resized].map(Notice::signal);
        let ends = EndSignal::ALL.map(|signal| Notice::End(signal).signal());
        assert_eq!(ends, [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM].map(Signal::as_raw));
        assert_eq!(numbers, [Signal::TSTP, Signal::CONT, Signal::WINCH].map(Signal::as_raw));
    }

    #[tokio::test]
    async fn a_new_size_arrives_as_a_message() {
        let (queue, mut messages) = tokio::sync::mpsc::channel::<Notice>(9);
        watch(&queue, &mpsc::channel().0).unwrap();
        rustix::process::kill_process(rustix::process::getpid(), Signal::WINCH).unwrap();
        // The test below sends this process another signal.
        while messages.recv().await != Some(Notice::Resized) {}
    }

    #[test]
    fn a_loop_that_does_not_end_in_time_is_told_to_the_main_thread() {
        let (queue, _nobody_reads) = tokio::sync::mpsc::channel::<Notice>(1);
        let (overdue, ended) = mpsc::channel();
        watch(&queue, &overdue).unwrap();
        let begun = crate::runtime::clock::instant();
        rustix::process::kill_process(rustix::process::getpid(), Signal::TERM).unwrap();
        assert_eq!(ended.recv(), Ok(Ending::Signal(EndSignal::Terminate)));
        assert!(begun.elapsed() >= GRACE, "the loop had its time");
    }
}
