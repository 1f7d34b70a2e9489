//! What every JSON document has: its schema, one document, on stdout.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::fleet::{AccountId, Gap, Region, Section};

/// Something that could not be read, as documents tell it.
#[derive(Serialize)]
pub struct GapDocument<'a> {
    account: &'a AccountId,
    region: &'a Region,
    section: Section,
    what: &'a str,
    why: &'a str,
    action: Option<&'a str>,
}

impl<'a> From<&'a Gap> for GapDocument<'a> {
    fn from(gap: &'a Gap) -> Self {
        Self {
            account: &gap.place.account,
            region: &gap.place.region,
            section: gap.section,
            what: &gap.what,
            why: &gap.why,
            action: gap.action.as_deref(),
        }
    }
}

/// Writes one document to stdout. A reader that has gone away is no error.
///
/// # Errors
/// Stdout cannot be written.
pub fn print(document: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(document)?;
    text.push(b'\n');
    print_bytes(&text)
}

/// Writes a text to stdout.
///
/// # Errors
/// Stdout cannot be written.
pub fn print_text(text: &str) -> io::Result<()> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Sentences for a person, on stderr, a line each.
pub fn tell(sentence: &str) {
    for line in sentence.lines() {
        // Where stderr is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{}", crate::fleet::clean(line));
    }
}

/// The document of a refusal.
pub fn refusal(why: &str, remedy: &str) -> Value {
    serde_json::json!({ "schema": "flightdeck.refusal.v1", "why": why, "remedy": remedy })
}
