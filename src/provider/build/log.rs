//! The log of a build: read in windows and never whole, given in parts of bounded length and width.
//!
//! Whatever a program writes is harmless: bytes that are no text become signs for that, escape sequences are taken
//! out, a line without an end is cut and the rest of it passed over.

use std::io;

use super::heard::Heard;
use super::store::BuildStore;
use super::{command, packer};
use crate::fleet::{BuildId, Cursor, Line, Tail};
use crate::plan::BuiltBy;

/// How much is read at once.
const WINDOW: usize = 64 << 10;
/// How far back a reader who begins looks for lines.
const BACK: u64 = (Tail::MOST * Tail::WIDEST) as u64;
/// How far back passed-over lines are counted: beyond it the number is a lower bound.
const COUNTED: u64 = 64 << 20;
/// How much is read for one part.
const PART: u64 = 16 << 20;
/// Where the end of a log begins, when it is asked for the result: builders tell it last.
const RESULT: u64 = 4 << 20;
/// How much of a line is kept: more than is shown, because signs are taken out of it.
const KEPT: usize = 4 * Tail::WIDEST;
/// What a cursor ends with that stands within a line of which the beginning was given.
const INSIDE: char = '~';

/// The log of one build.
#[derive(Clone, Copy)]
pub(super) struct Log<'a> {
    pub(super) store: &'a dyn BuildStore,
    pub(super) build: &'a BuildId,
    pub(super) by: &'a BuiltBy,
}

/// A line, as far as it is kept.
struct Raw {
    bytes: Vec<u8>,
    /// Whether there was more of it.
    cut: bool,
    /// Whether its end was seen.
    whole: bool,
    /// Where it ends.
    end: u64,
}

impl Log<'_> {
    /// The part of it that begins where the last one ended. `over`: nobody writes to it any more.
    pub(super) fn part(&self, from: &Cursor, over: bool) -> io::Result<Tail> {
        let length = self.length()?;
        let (mut at, mut inside, dropped) = if let Some((at, inside)) = position(from) {
            (at.min(length), inside, 0)
        } else {
            let (at, dropped) = self.near_the_end(length)?;
            (at, false, dropped)
        };
        let mut lines = Vec::new();
        let until = length.min(at.saturating_add(PART));
        while at < until && lines.len() < Tail::MOST {
            let raw = self.line(at, until)?;
            if inside {
                (at, inside) = (raw.end, !raw.whole);
                continue;
            }
            // Its end may still be written.
            let ends = raw.whole || raw.cut || (over && raw.end == length);
            if !ends {
                break;
            }
            let told = self.told(&raw);
            if !lines.is_empty() && lines.len() + told.len() > Tail::MOST {
                break;
            }
            lines.extend(told.into_iter().take(Tail::MOST - lines.len()));
            (at, inside) = (raw.end, !raw.whole && raw.cut);
        }
        let next = Cursor(if inside { format!("{at}{INSIDE}") } else { at.to_string() });
        Ok(Tail { lines, next, dropped, ended: over && at >= length })
    }

    /// What the builder does just now, by the end of the log.
    pub(super) fn step(&self) -> io::Result<Option<String>> {
        let length = self.length()?;
        let window = self.window(length.saturating_sub(WINDOW as u64), WINDOW)?;
        let lines = window.split(|byte| *byte == b'\n').rev();
        Ok(lines.map(|line| plain(&line[line.len().saturating_sub(KEPT)..])).find_map(|line| match self.by {
            BuiltBy::Packer => packer::step(&line),
            _ => Some(line.trim().to_owned()).filter(|line| !line.is_empty()),
        }))
    }

    /// What it tells of the result. `seen`: its end was watched.
    pub(super) fn result(&self, seen: bool) -> io::Result<Heard> {
        let length = self.length()?;
        let mut heard = Heard::default();
        let mut at = length.saturating_sub(RESULT);
        let mut last = String::new();
        while at < length {
            let raw = self.line(at, length)?;
            at = raw.end;
            let line = plain(&raw.bytes);
            match self.by {
                BuiltBy::Packer => {
                    packer::hear(&line, &mut heard);
                    last = packer::step(&line).unwrap_or(last);
                }
                _ if line.trim().is_empty() => {}
                _ => last = line,
            }
        }
        if *self.by != BuiltBy::Packer {
            command::hear(&last, seen, &mut heard);
        }
        heard.last = Line::new(None, last.trim(), false).text;
        Ok(heard)
    }

    fn length(&self) -> io::Result<u64> {
        self.store.log_length(self.build)
    }

    fn window(&self, from: u64, most: usize) -> io::Result<Vec<u8>> {
        self.store.log_window(self.build, from, most)
    }

    /// The line that begins here, read no further than `until`.
    fn line(&self, from: u64, until: u64) -> io::Result<Raw> {
        let mut raw = Raw { bytes: Vec::new(), cut: false, whole: false, end: from };
        // Most lines are short: the first window is small.
        let mut size = Tail::WIDEST;
        while raw.end < until && !raw.whole {
            let left = usize::try_from(until - raw.end).unwrap_or(size);
            let window = self.window(raw.end, size.min(left))?;
            if window.is_empty() {
                break;
            }
            let line = window.iter().position(|byte| *byte == b'\n');
            let text = &window[..line.unwrap_or(window.len())];
            let room = KEPT.saturating_sub(raw.bytes.len()).min(text.len());
            raw.bytes.extend_from_slice(&text[..room]);
            raw.cut |= room < text.len();
            raw.whole = line.is_some();
            raw.end += (text.len() + usize::from(raw.whole)) as u64;
            size = WINDOW;
        }
        Ok(raw)
    }

    fn told(&self, raw: &Raw) -> Vec<Line> {
        let line = plain(&raw.bytes);
        let (at, texts) = match self.by {
            BuiltBy::Packer => packer::told(&line),
            _ => (None, vec![line]),
        };
        let last = texts.len().saturating_sub(1);
        let line = |(n, text): (usize, String)| Line::new(at, &text, raw.cut && n == last);
        texts.into_iter().enumerate().map(line).collect()
    }

    /// Where a reader who begins finds the last lines, and how many are before them.
    fn near_the_end(&self, length: u64) -> io::Result<(u64, u64)> {
        let oldest = length.saturating_sub(BACK);
        let (mut at, mut lines, mut begin) = (length, 0, None);
        while at > oldest {
            let from = at.saturating_sub(WINDOW as u64).max(oldest);
            let window = self.window(from, usize::try_from(at - from).unwrap_or(WINDOW))?;
            let ends = window.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
            // What ends at the very end begins no line.
            for start in ends.map(|(n, _)| from + n as u64 + 1).filter(|start| *start < length) {
                begin = Some(start);
                lines += 1;
                if lines == Tail::MOST {
                    return Ok((start, self.lines_before(start)?));
                }
            }
            at = from;
        }
        let begin = if oldest == 0 { 0 } else { begin.unwrap_or(oldest) };
        Ok((begin, self.lines_before(begin)?))
    }

    fn lines_before(&self, until: u64) -> io::Result<u64> {
        let (mut at, mut lines) = (until.saturating_sub(COUNTED), 0);
        while at < until {
            let size = usize::try_from(until - at).unwrap_or(WINDOW).min(WINDOW);
            let window = self.window(at, size)?;
            if window.is_empty() {
                break;
            }
            lines += window.split(|byte| *byte == b'\n').count() as u64 - 1;
            at += window.len() as u64;
        }
        Ok(lines)
    }
}

fn position(cursor: &Cursor) -> Option<(u64, bool)> {
    let inside = cursor.0.ends_with(INSIDE);
    Some((cursor.0.trim_end_matches(INSIDE).parse().ok()?, inside))
}

/// A line as text; bytes that are none become signs for that.
fn plain(bytes: &[u8]) -> String {
    Line::plain(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests;
