//! The thin binary: words in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(flightdeck::cli::run(std::env::args_os()))
}
