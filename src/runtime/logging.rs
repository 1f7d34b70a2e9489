//! The log: to a private file, never to the screen, and without anything that could log in somewhere.
//!
//! Its rule: the chosen level is for what this program says. Libraries are heard from a warning on, and the SDK's
//! inner parts not at all: at DEBUG they print key ids, requests and answers. No option lifts that.

use std::io;
use std::path::Path;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::files::{self, FilesError, StateFolder};
use crate::fleet;

/// The file in the state folder.
pub const FILE: &str = "flightdeck.log";

/// What libraries may say at most.
const LIBRARIES: LevelFilter = LevelFilter::WARN;

/// Targets whose warnings may carry what belongs to a login; what fails there comes back as an error anyway.
const SILENT: [&str; 6] = [
    "aws_config",
    "aws_credential_types",
    "aws_runtime",
    "aws_sigv4",
    "aws_smithy_runtime",
    "aws_smithy_http",
];

/// Why there is no log. The cockpit starts all the same and shows the sentence.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The file cannot be used.
    #[error("no log is written: {0}")]
    File(#[from] FilesError),
    /// Something else in this process logs already.
    #[error("no log is written: logging was already set up")]
    Taken,
}

/// Keeps the log going; what is still in memory is written when this is dropped.
#[derive(Debug)]
#[must_use = "the log ends when this is dropped"]
pub struct Log {
    _writer: WorkerGuard,
}

/// Starts the log in the state folder.
///
/// # Errors
/// Where the file cannot be opened privately.
pub fn start(state: &StateFolder, level: LevelFilter) -> Result<Log, LoggingError> {
    install(state.append(FILE)?, level)
}

/// Starts the log in a file that the user named.
///
/// # Errors
/// Where the file cannot be opened privately.
pub fn start_at(path: &Path, level: LevelFilter) -> Result<Log, LoggingError> {
    install(files::append(path)?, level)
}

fn install(file: std::fs::File, level: LevelFilter) -> Result<Log, LoggingError> {
    let (writer, guard) = tracing_appender::non_blocking(Clean(file));
    tracing::subscriber::set_global_default(subscriber(writer, level)).map_err(|_| LoggingError::Taken)?;
    Ok(Log { _writer: guard })
}

fn subscriber<W>(writer: W, level: LevelFilter) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    tracing_subscriber::registry().with(walls(level)).with(lines)
}

fn walls(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(LIBRARIES.min(level))
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_targets(SILENT.map(|target| (target, LevelFilter::OFF)))
}

/// Cleans each line of what could command a terminal that shows the log.
struct Clean<W>(W);

impl<W: io::Write> io::Write for Clean<W> {
    /// Takes whole events, as tracing hands them over.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        writeln!(self.0, "{}", fleet::clean(text))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn logged(level: LevelFilter, say: impl FnOnce()) -> String {
        let (lines, sink) = capture();
        tracing::subscriber::with_default(subscriber(sink, level), say);
        let bytes = lines.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[derive(Clone)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn capture() -> (Arc<Mutex<Vec<u8>>>, impl Fn() -> Clean<Sink>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Sink(Arc::clone(&lines));
        (lines, move || Clean(sink.clone()))
    }

    #[test]
    fn no_level_makes_the_sdk_print_a_key_id() {
        let log = logged(LevelFilter::TRACE, || {
            tracing::debug!(target: "aws_config::profile", key = "AKIAEXAMPLE", "loaded");
            tracing::warn!(target: "aws_config::profile", key = "AKIAEXAMPLE", "loaded");
            tracing::error!(target: "aws_sigv4::http_request", key = "AKIAEXAMPLE", "signing");
            tracing::debug!(target: "aws_smithy_runtime::client", key = "AKIAEXAMPLE", "request");
            tracing::trace!(target: "hyper::proto", key = "AKIAEXAMPLE", "header");
            tracing::info!(target: "rustls::client", key = "AKIAEXAMPLE", "hello");
            tracing::debug!(target: "anything_new", key = "AKIAEXAMPLE", "hello");
        });
        assert_eq!(log, "");
    }

    #[test]
    fn the_level_is_for_what_this_program_says() {
        let say = || {
            tracing::debug!("looked at 12 clusters");
            tracing::warn!(target: "hyper::client", "connection closed");
        };
        let log = logged(LevelFilter::DEBUG, say);
        assert!(log.contains("looked at 12 clusters") && log.contains("connection closed"), "{log}");
        let log = logged(LevelFilter::INFO, say);
        assert!(!log.contains("looked at") && log.contains("connection closed"), "{log}");
        assert_eq!(logged(LevelFilter::ERROR, say), "");
    }

    #[test]
    fn hostile_text_stays_one_harmless_line() {
        let log = logged(LevelFilter::INFO, || {
            tracing::info!("group \u{1b}]0;owned\u{7} \u{202e}live\u{9b}2J\r\nforged line");
        });
        assert_eq!(log.matches('\n').count(), 1, "{log:?}");
        assert!(!log.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{log:?}");
    }

    #[test]
    fn the_log_is_private_and_whole_when_its_guard_is_dropped() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let state = StateFolder::open(&home.path().join("flightdeck")).unwrap();
        let (writer, guard) = tracing_appender::non_blocking(Clean(state.append(FILE).unwrap()));
        tracing::subscriber::with_default(subscriber(writer, LevelFilter::INFO), || {
            for n in 0..1_000 {
                tracing::info!(n, "line");
            }
        });
        drop(guard);
        let path = state.path().join(FILE);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1_000);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
