//! The glyphs of states. Each is one column wide in every terminal font, and a word always stands beside it.

use crate::app::words;
use crate::drift::Severity;
use crate::fleet::Verdict;
use crate::theme::Role;

/// Something is as it ought to be.
pub const GOOD: &str = "✔";
/// Something failed or is refused.
pub const BAD: &str = "✘";
/// Something needs a look.
pub const WARN: &str = "!";
/// Nobody knows.
pub const UNKNOWN: &str = "?";
/// Nothing to tell.
pub const NONE: &str = "–";
/// A sentence that is merely said.
pub const SAYS: &str = "·";
/// It takes traffic; the way is open.
pub const FULL: &str = "●";
/// It takes none; there is no way.
pub const EMPTY: &str = "○";
/// There is a longer way.
pub const HALF: &str = "◐";
/// Under way.
pub const MOVING: &str = "…";
/// A row that is marked.
pub const MARKED: &str = "✚";
/// Instances are replaced.
pub const ROLLING: &str = "⟳";
/// What was replaced is replaced again by what was before.
pub const RUNNING_BACK: &str = "⟲";
/// The selected row.
pub const HERE: &str = "▸";

/// Glyph, word and role of an instance's health.
pub fn health(verdict: Verdict) -> (&'static str, &'static str, Role) {
    let (glyph, role) = match verdict {
        Verdict::Healthy => (GOOD, Role::Healthy),
        Verdict::Starting | Verdict::Leaving => (MOVING, Role::Moving),
        Verdict::Unhealthy => (BAD, Role::Unhealthy),
        Verdict::Unknown => (UNKNOWN, Role::Unknown),
    };
    (glyph, words::health(verdict), role)
}

/// The glyph of a finding; its rule is the word.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "i",
        Severity::Warning => WARN,
        Severity::Critical => "‼",
    }
}
