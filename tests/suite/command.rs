//! Headless runs of the program: arguments in; exit code, stdout and stderr out.

#[cfg(feature = "aws")]
use std::process::Child;
use std::process::{Command, Output, Stdio};
#[cfg(feature = "aws")]
use std::{thread::sleep, time::Duration};

use serde_json::Value;

use crate::home::Home;

/// Time between two looks at a run.
#[cfg(feature = "aws")]
const PAUSE: Duration = Duration::from_millis(50);

/// How a run ended.
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What went to stdout.
    pub out: String,
    /// What went to stderr.
    pub err: String,
}

impl Ran {
    /// Stdout as the one document it is.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("not one document ({error}): {}\n{}", self.out, self.err))
    }
}

/// Runs the program in a home, with `environment` besides, to its end.
pub fn run_in(home: &Home, environment: &[(&'static str, String)], arguments: &[&str]) -> Ran {
    ran(program(home, environment, arguments).output().expect("the program runs"))
}

fn program(home: &Home, environment: &[(&'static str, String)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flightdeck"));
    command
        .env_clear()
        .envs(home.environment())
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .current_dir(home.path())
        .args(arguments)
        .stdin(Stdio::null());
    command
}

fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).expect("what the program prints is UTF-8");
    Ran {
        code: output.status.code().expect("an exit code"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// A run beside the test. It is killed where the test ends before it.
#[cfg(feature = "aws")]
pub struct Running(Option<Child>);

/// Begins a run in a home, with `environment` besides.
#[cfg(feature = "aws")]
pub fn start_in(home: &Home, environment: &[(&'static str, String)], arguments: &[&str]) -> Running {
    let mut command = program(home, environment, arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    Running(Some(child.expect("the program runs")))
}

#[cfg(feature = "aws")]
impl Running {
    /// Waits until something has come about; panics where it does not, or where the run ends before it.
    #[track_caller]
    pub fn until(&mut self, what: &str, patience: Duration, met: impl Fn() -> bool) {
        let mut left = patience;
        while !met() {
            let child = self.0.as_mut().expect("it runs");
            let ended = child.try_wait().expect("its state");
            assert!(ended.is_none() && !left.is_zero(), "never came: {what} ({ended:?})");
            sleep(PAUSE);
            left = left.saturating_sub(PAUSE);
        }
    }

    /// Ends it as a crash does: it can do nothing about it.
    pub fn kill(mut self) {
        let child = self.0.as_mut().expect("it runs");
        child.kill().expect("it is killed");
        child.wait().expect("it has ended");
    }

    /// Asks it to end. Not by SIGINT, which whoever runs the tests in the background has it ignore.
    pub fn interrupt(&self) {
        let id = self.0.as_ref().and_then(|child| rustix::process::Pid::from_raw(child.id().cast_signed()));
        rustix::process::kill_process(id.expect("an id"), rustix::process::Signal::TERM).expect("it runs");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self, patience: Duration) -> Ran {
        let mut left = patience;
        while self.0.as_mut().expect("it runs").try_wait().expect("its state").is_none() {
            assert!(!left.is_zero(), "it does not end");
            sleep(PAUSE);
            left = left.saturating_sub(PAUSE);
        }
        ran(self.0.take().expect("it ran").wait_with_output().expect("its output"))
    }
}

#[cfg(feature = "aws")]
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
