//! Headless runs of the program: arguments in; exit code, stdout and stderr out.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::home::Home;

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
    let output = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
        .env_clear()
        .envs(home.environment())
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .current_dir(home.path())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("what the program prints is UTF-8");
    Ran {
        code: output.status.code().expect("an exit code"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}
