//! The last lines of a log: a ring in bounded memory, the lines that a filter keeps, and how far it is scrolled.
//!
//! Lines have numbers that never change, so that whoever reads stays at the same line while older ones are let go.
//! Nothing is derived per frame: what a filter keeps is settled when lines arrive and when the filter changes.

use std::collections::VecDeque;

use super::{Fields, Filter};
use crate::fleet::{Line, Tail};

/// One row of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A line.
    Line(Line),
    /// So many lines that were passed over here, because too many came at once.
    Gap(u64),
}

/// The last lines of a log.
#[derive(Debug)]
pub struct Scrollback {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    /// Bytes of all lines.
    bytes: usize,
    /// Lines that came before the first entry.
    before: u64,
    filter: Filter,
    /// Numbers of the entries that the filter keeps; empty without a filter.
    kept: VecDeque<u64>,
    follows: bool,
    /// The number of the entry at the top.
    top: u64,
    /// Rows that can be seen.
    height: usize,
}

impl Default for Scrollback {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            bytes: 0,
            before: 0,
            filter: Filter::default(),
            kept: VecDeque::new(),
            follows: true,
            top: 0,
            height: 1,
        }
    }
}

impl Scrollback {
    /// Most lines that are kept here: an hour of a talkative build, and a filter over all of them is not felt.
    pub const MOST_LINES: usize = 20_000;

    /// Most bytes of text that are kept here, however long the lines are.
    pub const MOST_BYTES: usize = 8 << 20;

    /// Takes the next part of the log.
    pub fn take(&mut self, part: Tail) {
        if part.dropped > 0 {
            if self.entries.is_empty() {
                self.before = self.before.saturating_add(part.dropped);
            } else {
                self.push(Entry::Gap(part.dropped));
            }
        }
        for line in part.lines {
            self.push(Entry::Line(line));
        }
        while self.entries.len() > Self::MOST_LINES || self.bytes > Self::MOST_BYTES {
            self.let_go();
        }
        self.settle();
    }

    fn push(&mut self, entry: Entry) {
        let number = self.first + self.entries.len() as u64;
        if !self.filter.is_empty() && self.filter.matches(&entry) {
            self.kept.push_back(number);
        }
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
    }

    fn let_go(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.bytes -= oldest.bytes();
        let lines = match oldest {
            Entry::Line(_) => 1,
            Entry::Gap(lines) => lines,
        };
        self.before = self.before.saturating_add(lines);
        if self.kept.front() == Some(&self.first) {
            self.kept.pop_front();
        }
        self.first += 1;
    }

    /// Shows only what matches from now on.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.kept.clear();
        if !self.filter.is_empty() {
            let all = (self.first..).zip(&self.entries);
            self.kept.extend(all.filter(|(_, entry)| self.filter.matches(*entry)).map(|(number, _)| number));
        }
        self.settle();
    }

    /// What is shown of it.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Takes the number of rows that can be seen.
    pub fn set_height(&mut self, height: u16) {
        self.height = usize::from(height.max(1));
        self.settle();
    }

    /// Rows that can be seen.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Moves by rows; at the end it follows what comes.
    pub fn scroll(&mut self, rows: isize) {
        let at = self.at().saturating_add_signed(rows).min(self.latest());
        self.go_to(at);
    }

    /// Goes to the first line that is kept.
    pub fn first(&mut self) {
        self.go_to(0);
    }

    /// Goes to the end, and follows.
    pub fn last(&mut self) {
        self.go_to(self.latest());
    }

    fn go_to(&mut self, at: usize) {
        self.top = self.number(at);
        self.follows = at == self.latest();
    }

    /// Whether it goes along with what comes.
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Lines that came before all that is kept here.
    pub fn before(&self) -> u64 {
        self.before
    }

    /// Rows that could be shown.
    pub fn count(&self) -> usize {
        if self.filter.is_empty() { self.entries.len() } else { self.kept.len() }
    }

    /// Whether nothing has come yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of text that are kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The place of the first row that is seen, among those that could be shown.
    pub fn at(&self) -> usize {
        let at = if self.filter.is_empty() {
            usize::try_from(self.top.saturating_sub(self.first)).unwrap_or(usize::MAX)
        } else {
            self.kept.partition_point(|number| *number < self.top)
        };
        at.min(self.latest())
    }

    /// The rows that are seen, the oldest first.
    pub fn visible(&self) -> impl Iterator<Item = &Entry> {
        let from = self.at();
        let until = self.count().min(from + self.height);
        (from..until).filter_map(|at| self.entries.get(usize::try_from(self.number(at) - self.first).ok()?))
    }

    /// The place of the top row when the end is seen.
    fn latest(&self) -> usize {
        self.count().saturating_sub(self.height)
    }

    /// The number of the entry at a place among those that could be shown.
    fn number(&self, at: usize) -> u64 {
        if self.filter.is_empty() {
            return self.first + at as u64;
        }
        self.kept.get(at).copied().unwrap_or(self.first)
    }

    fn settle(&mut self) {
        let latest = self.latest();
        // Where everything is seen, the end is.
        self.follows |= latest == 0;
        self.top = self.number(if self.follows { latest } else { self.at() });
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        match self {
            Self::Line(line) => line.text.raw().len(),
            Self::Gap(_) => 0,
        }
    }
}

impl Fields for Entry {
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
        match self {
            Self::Line(line) => field.is_none() && check(&line.text.clean()),
            // What nobody has read may hold anything.
            Self::Gap(_) => true,
        }
    }
}

#[cfg(test)]
mod tests;
