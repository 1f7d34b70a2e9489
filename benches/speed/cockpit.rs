//! The whole program on a pseudo-terminal: when its first frame is there, how soon a key is answered, what it costs
//! at rest. Reads `/proc`, so it runs on Linux alone.

use std::fs;
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::measure::{Runs, Times, now, row};

/// The fleet a person meets first.
const SMALL: usize = 60;
/// Longest time anything may take here.
const PATIENCE: Duration = Duration::from_mins(1);
const SIZE: PtySize = PtySize { rows: 50, cols: 160, pixel_width: 0, pixel_height: 0 };
/// What every frame ends with: the end of a synchronized update.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// Stands before the selected row.
const HERE: char = '▸';
/// Ticks of a second of processor time in `/proc`.
const TICKS: f64 = 100.0;

pub fn run(runs: Runs) {
    let starts = (0..runs.of(20)).map(|_| Program::start(SMALL, 10).first_frame());
    row("start to first frame", SMALL, &Times::new(starts.collect()));
    for instances in [SMALL, super::SIZES[0], super::SIZES[1]] {
        let starts = (0..runs.of(5)).map(|_| Program::start(instances, 10).wait_for_data());
        row("start to the whole fleet on the screen", instances, &Times::new(starts.collect()));
        let mut program = Program::start(instances, 10);
        program.wait_for_data();
        rest(&mut program, instances, runs);
        // Looks as often as anybody can ask for them.
        let mut program = Program::start(instances, 1);
        program.wait_for_data();
        row("key to frame on the terminal, the fleet", instances, &moves(&mut program, &["j", "k"], runs));
        program.send("j\r");
        program.wait_until(|screen| screen.contents().contains("INSTANCE"));
        let ends = ["G", "g"];
        row("the same, from end to end of a cluster", instances, &moves(&mut program, &ends, runs));
    }
}

/// What nobody touches.
fn rest(program: &mut Program, instances: usize, runs: Runs) {
    let settling = Duration::from_secs(runs.of(5) as u64);
    let watched = Duration::from_secs(runs.of(30) as u64);
    program.read_for(settling);
    let (bytes, frames, ticks) = (program.bytes, program.frames, program.ticks());
    program.read_for(watched);
    let seconds = watched.as_secs();
    let share = (program.ticks() - ticks) / TICKS / watched.as_secs_f64() * 100.0;
    println!(
        "| at rest for {seconds} s: bytes, frames, processor, memory now and at most | {instances} | {} B | {} | \
         {share:.2} % | {} MiB | {} MiB |",
        program.bytes - bytes,
        program.frames - frames,
        program.memory("VmRSS:"),
        program.memory("VmHWM:"),
    );
}

/// Presses keys by turns, each as soon as the one before was answered and a little later.
fn moves(program: &mut Program, keys: &[&str], runs: Runs) -> Times {
    const BETWEEN: Duration = Duration::from_millis(45);
    let mut times = Vec::new();
    for key in keys.iter().cycle().take(runs.of(200).max(keys.len())) {
        program.read_for(BETWEEN);
        let selected = selected(program.screen.screen());
        let sent = now();
        program.send(key);
        let seen = program.wait_until(|screen| self::selected(screen) != selected);
        times.push(seen.duration_since(sent));
    }
    Times::new(times)
}

/// The selected row: where it stands and what it says.
fn selected(screen: &vt100::Screen) -> Option<(usize, String)> {
    screen.rows(0, SIZE.cols).enumerate().find(|(_, row)| row.contains(HERE))
}

/// A running cockpit.
pub struct Program {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    started: Instant,
    bytes: usize,
    frames: usize,
    _home: TempDir,
}

impl Program {
    fn start(instances: usize, refresh: u64) -> Self {
        let home = TempDir::new().expect("a temporary directory");
        let (instances, refresh) = (instances.to_string(), refresh.to_string());
        let arguments = ["--demo", "--demo-instances", &instances, "--refresh", &refresh];
        Self::of(env!("CARGO_BIN_EXE_flightdeck"), &arguments, home)
    }

    pub fn of(program: &str, arguments: &[&str], home: TempDir) -> Self {
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        for folder in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
            command.env(folder, home.path());
        }
        command.env("TERM", "xterm-256color");
        command.args(arguments);
        let pair = native_pty_system().openpty(SIZE).expect("a pseudo-terminal");
        let started = now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let output = read_all(pair.master.try_clone_reader().expect("a reader of the terminal"));
        let writer = pair.master.take_writer().expect("a writer to the terminal");
        let screen = vt100::Parser::new(SIZE.rows, SIZE.cols, 0);
        let (bytes, frames) = (0, 0);
        Self { child, _master: pair.master, writer, output, screen, started, bytes, frames, _home: home }
    }

    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush()).expect("it takes keys");
    }

    /// The time until the first frame was there.
    fn first_frame(&mut self) -> Duration {
        loop {
            let (at, _) = self.read(now() + PATIENCE).expect("a first frame");
            if self.frames > 0 {
                return at.duration_since(self.started);
            }
        }
    }

    /// The time until the first look was there.
    pub fn wait_for_data(&mut self) -> Duration {
        self.wait_until(|screen| selected(screen).is_some()).duration_since(self.started)
    }

    /// Reads until the screen is as wanted; when the bytes came that made it so.
    pub fn wait_until(&mut self, is_wanted: impl Fn(&vt100::Screen) -> bool) -> Instant {
        let end = now() + PATIENCE;
        loop {
            let (at, ended) = self.read(end).expect("the screen as it is wanted, in time");
            if ended && is_wanted(self.screen.screen()) {
                return at;
            }
        }
    }

    pub fn shows(&self, text: &str) -> bool {
        self.screen.screen().contents().contains(text)
    }

    pub fn read_for(&mut self, time: Duration) {
        let end = now() + time;
        while self.read(end).is_some() {}
    }

    /// Reads a piece: when it came, and whether a frame ends in it. `None` where none comes in time.
    fn read(&mut self, end: Instant) -> Option<(Instant, bool)> {
        let (at, piece) = self.output.recv_timeout(end.saturating_duration_since(now())).ok()?;
        let ends = piece.windows(FRAME_END.len()).filter(|bytes| *bytes == FRAME_END).count();
        self.screen.process(&piece);
        self.bytes += piece.len();
        self.frames += ends;
        Some((at, ends > 0))
    }

    fn proc(&self, file: &str) -> String {
        let id = self.child.process_id().expect("a running program");
        fs::read_to_string(format!("/proc/{id}/{file}")).expect("what the system says of it")
    }

    /// Processor time of all its threads.
    fn ticks(&self) -> f64 {
        const USER: usize = 11;
        const SYSTEM: usize = 12;
        let says = self.proc("stat");
        // The name, in brackets, may hold spaces.
        let words: Vec<&str> = says.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        [USER, SYSTEM].iter().filter_map(|at| words.get(*at)?.parse::<f64>().ok()).sum()
    }

    /// Memory in MiB.
    fn memory(&self, of: &str) -> u64 {
        const KIB_OF_A_MIB: u64 = 1024;
        let says = self.proc("status");
        let line = says.lines().find_map(|line| line.strip_prefix(of));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / KIB_OF_A_MIB
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Whatever ended already needs no end.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// Reads on a thread of its own, so that the time is that of the arrival.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads a terminal beside its work")]
fn read_all(mut from: Box<dyn Read + Send>) -> Receiver<(Instant, Vec<u8>)> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut piece) {
            if tell.send((now(), piece[..len].to_vec())).is_err() {
                return;
            }
        }
    });
    told
}
