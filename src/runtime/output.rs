//! Frames on their way to the terminal, written by a thread of their own.
//!
//! Its rule: a terminal that drains slowly, or not at all, blocks neither the loop nor the end of the program. At most
//! one frame is under way; while it is, the loop draws none, so memory stays flat and the next one is the newest.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;
use tokio::sync::watch;

use super::{clock, tty};

/// How much is written in one piece: what Linux hands on at once.
const PIECE: usize = 4096;
/// The same where the terminal could not be opened without blocking: so little fits whenever it says it is ready.
const CAUTIOUS_PIECE: usize = 256;
/// How often a waiting writer looks whether it was closed.
const GLANCE: Duration = Duration::from_millis(20);

/// How a frame is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Idle,
    UnderWay,
    Failed(String),
}

/// The way to the terminal.
#[derive(Debug)]
pub(super) struct Output {
    frames: Sender<Vec<u8>>,
    state: watch::Sender<State>,
    gate: Arc<Gate>,
}

/// What both the writer and whoever ends the program may touch.
#[derive(Debug)]
pub(super) struct Gate {
    tty: OwnedFd,
    blocks: bool,
    open: AtomicBool,
    writing: Mutex<()>,
}

impl Output {
    /// Starts the writer.
    #[expect(
        clippy::disallowed_methods,
        reason = "runtime owns the threads; this one may block on a slow terminal"
    )]
    pub(super) fn start(tty: OwnedFd) -> Self {
        let (frames, next) = channel();
        let gate = Arc::new(Gate::new(tty));
        let state = watch::Sender::new(State::Idle);
        let (writer, progress) = (Arc::clone(&gate), state.clone());
        std::thread::spawn(move || write_frames(&next, &writer, &progress));
        Self { frames, state, gate }
    }

    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Whether the frame before has arrived.
    pub(super) fn idle(&self) -> bool {
        *self.state.borrow() == State::Idle
    }

    /// Sends one frame; it must be [`idle`](Self::idle).
    pub(super) fn send(&self, frame: Vec<u8>) {
        self.state.send_replace(State::UnderWay);
        // The writer ends only after a failure, which it told.
        let _told = self.frames.send(frame);
    }

    /// Waits until the frame under way has arrived.
    ///
    /// # Errors
    /// Where the terminal takes no more.
    pub(super) fn settled(&self) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let mut state = self.state.subscribe();
        async move {
            match state.wait_for(|state| *state != State::UnderWay).await.as_deref() {
                Ok(State::Failed(why)) => Err(why.clone()),
                // Without a sender there is no screen left to wait for.
                _ => Ok(()),
            }
        }
    }
}

impl Gate {
    fn new(tty: OwnedFd) -> Self {
        let blocks = fcntl_getfl(&tty).is_ok_and(|flags| !flags.contains(OFlags::NONBLOCK));
        Self { tty, blocks, open: AtomicBool::new(true), writing: Mutex::new(()) }
    }

    /// Lets nothing of a frame through any more, and writes the last bytes, as far as the terminal takes them in time.
    pub(super) fn close_with(&self, last: &[u8], patience: Duration) {
        self.open.store(false, Ordering::SeqCst);
        let deadline = clock::instant() + patience;
        let _writing = loop {
            match self.writing.try_lock() {
                Ok(writing) => break writing,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                // A blocking write may hold it for ever; the deadline counts more than the last bytes.
                Err(TryLockError::WouldBlock) if clock::instant() >= deadline => return,
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        let mut rest = last;
        while !rest.is_empty() && clock::instant() < deadline {
            match self.write(rest) {
                Ok(0) if self.ready(Duration::from_millis(1)).is_ok() => {}
                Ok(written) => rest = &rest[written..],
                Err(_) => return,
            }
        }
    }

    /// Lets frames through again.
    pub(super) fn reopen(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    pub(super) fn size(&self) -> Size {
        tty::size(self.tty.as_fd())
    }

    /// Writes a piece of a frame; `None` where the gate is closed.
    fn pass(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.open.load(Ordering::SeqCst) { self.write(bytes).map(Some) } else { Ok(None) }
    }

    /// Writes a piece where the terminal is ready for one; 0 where it is not.
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        if self.blocks && !self.ready(Duration::ZERO)? {
            return Ok(0);
        }
        let piece = if self.blocks { CAUTIOUS_PIECE } else { PIECE };
        match rustix::io::write(&self.tty, &bytes[..bytes.len().min(piece)]) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            written => Ok(written?),
        }
    }

    fn ready(&self, patience: Duration) -> io::Result<bool> {
        let mut fds = [PollFd::from_borrowed_fd(self.tty.as_fd(), PollFlags::OUT)];
        let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&patience)) {
            Ok(_) => Ok(!fds[0].revents().is_empty()),
            Err(Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

fn write_frames(frames: &Receiver<Vec<u8>>, gate: &Gate, state: &watch::Sender<State>) {
    while let Ok(frame) = frames.recv() {
        match write_frame(&frame, gate) {
            Ok(()) => state.send_replace(State::Idle),
            Err(error) => {
                state.send_replace(State::Failed(error.to_string()));
                return;
            }
        };
    }
}

/// Writes one frame; a frame cut off by a closed gate is done too, for nobody will see it.
fn write_frame(frame: &[u8], gate: &Gate) -> io::Result<()> {
    let mut rest = frame;
    while !rest.is_empty() {
        match gate.pass(rest)? {
            None => return Ok(()),
            Some(0) => gate.ready(GLANCE).map(drop)?,
            Some(written) => rest = &rest[written..],
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    const LONG: Duration = Duration::from_secs(5);

    /// A way to a terminal that drains only when the test reads.
    fn pair() -> (Output, UnixStream) {
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        (Output::start(near.into()), far)
    }

    fn read(mut far: &UnixStream, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        far.read_exact(&mut bytes).unwrap();
        bytes
    }

    #[tokio::test]
    async fn a_frame_arrives_whole_and_then_the_next_may_be_drawn() {
        let (output, far) = pair();
        assert!(output.idle());
        let frame: Vec<u8> = (0..100_000u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        output.send(frame.clone());
        assert_eq!(read(&far, frame.len()), frame);
        output.settled().await.unwrap();
        assert!(output.idle());
    }

    #[test]
    fn a_terminal_that_takes_nothing_holds_up_neither_the_sender_nor_the_end() {
        let (output, _far) = pair();
        output.send(vec![b'x'; 4_000_000]);
        assert!(!output.idle());
        let start = clock::instant();
        output.gate().close_with(b"bye", Duration::from_millis(50));
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn the_last_bytes_come_after_whatever_was_let_through() {
        let (output, mut far) = pair();
        output.send(vec![b'x'; 4_000_000]);
        assert_eq!(read(&far, 1_000), [b'x'; 1_000]);
        let drained = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut all = Vec::new();
                far.read_to_end(&mut all).map(|_| all)
            });
            output.gate().close_with(b"bye", LONG);
            drop(output);
            reader.join().unwrap().unwrap()
        });
        assert!(drained.ends_with(b"xbye"));
        assert!(drained.len() < 3_900_000, "the rest of the frame is dropped");
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_told() {
        let (output, far) = pair();
        drop(far);
        output.send(b"frame".to_vec());
        assert!(output.settled().await.unwrap_err().contains("pipe"));
    }
}
