//! A list with one selected row. The selection is a key, never a number: rows may come in another order, and a row
//! that vanished hands the selection to its neighbour.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;

/// One row of a list.
#[derive(Clone, Debug)]
pub struct Row<K, P> {
    /// Names the row; `None` for a heading, which cannot be selected.
    pub key: Option<K>,
    /// What it shows.
    pub shows: P,
    /// Lines it takes, at least 1.
    pub height: u16,
}

/// Rows, the selected one, and how far it is scrolled.
#[derive(Clone, Debug)]
pub struct List<K, P> {
    rows: Vec<Row<K, P>>,
    /// The line each row begins at.
    starts: Vec<usize>,
    selected: Option<usize>,
    top: usize,
    /// Lines that can be seen.
    height: usize,
}

impl<K, P> Default for List<K, P> {
    fn default() -> Self {
        Self { rows: Vec::new(), starts: Vec::new(), selected: None, top: 0, height: 1 }
    }
}

impl<K: Clone + Eq + Hash, P> List<K, P> {
    /// All rows.
    pub fn rows(&self) -> &[Row<K, P>] {
        &self.rows
    }

    /// The selected row's key.
    pub fn selected(&self) -> Option<&K> {
        self.rows.get(self.selected?)?.key.as_ref()
    }

    /// The selected row's number.
    pub fn selected_at(&self) -> Option<usize> {
        self.selected
    }

    /// Rows that can be selected.
    pub fn count(&self) -> usize {
        self.rows.iter().filter(|row| row.key.is_some()).count()
    }

    /// Takes new rows and keeps the selection where it was on the screen.
    pub fn set_rows(&mut self, rows: Vec<Row<K, P>>) {
        let old_line = self.selected.map_or(0, |at| self.start(at).saturating_sub(self.start(self.top)));
        let key = self.surviving(&rows);
        let old = self.selected;
        self.rows = rows;
        let mut line = 0;
        self.starts = self
            .rows
            .iter()
            .map(|row| {
                let start = line;
                line += usize::from(row.height.max(1));
                start
            })
            .collect();
        self.selected = key
            .and_then(|key| self.rows.iter().position(|row| row.key.as_ref() == Some(&key)))
            .or_else(|| {
                // Nobody survived: whoever stands there now, or the last before.
                let from = old.unwrap_or(0).min(self.rows.len());
                self.selectable(from..self.rows.len()).next().or_else(|| self.selectable(0..from).next_back())
            });
        if let Some(at) = self.selected {
            let wanted = self.start(at).saturating_sub(old_line);
            self.top = self.row_at_line(wanted);
        }
        self.settle();
    }

    /// The selected key, else the nearest old neighbour that is among the new rows: below first, then above.
    fn surviving(&self, rows: &[Row<K, P>]) -> Option<K> {
        let at = self.selected?;
        let selected = self.rows.get(at)?.key.as_ref()?;
        if rows.iter().any(|row| row.key.as_ref() == Some(selected)) {
            return Some(selected.clone());
        }
        let new: HashSet<&K> = rows.iter().filter_map(|row| row.key.as_ref()).collect();
        let below = self.rows[at + 1..].iter();
        let above = self.rows[..at].iter().rev();
        below.chain(above).filter_map(|row| row.key.as_ref()).find(|key| new.contains(key)).cloned()
    }

    /// Takes the number of lines that can be seen.
    pub fn set_height(&mut self, height: u16) {
        let height = usize::from(height.max(1));
        if self.height != height {
            self.height = height;
            self.settle();
        }
    }

    /// Lines that can be seen.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Selects a row by its key; `false` where no row has it.
    pub fn select(&mut self, key: &K) -> bool {
        let Some(at) = self.rows.iter().position(|row| row.key.as_ref() == Some(key)) else { return false };
        self.selected = Some(at);
        self.settle();
        true
    }

    /// Moves the selection by rows, as far as there are any.
    pub fn move_by(&mut self, rows: isize) {
        let Some(at) = self.selected else { return };
        let steps = rows.unsigned_abs();
        let to = if rows < 0 {
            self.selectable(0..at).rev().take(steps).last()
        } else {
            self.selectable(at + 1..self.rows.len()).take(steps).last()
        };
        self.selected = to.or(self.selected);
        self.settle();
    }

    /// Moves the selection by lines: a page is as many lines as can be seen.
    pub fn move_lines(&mut self, lines: isize) {
        let Some(at) = self.selected else { return };
        let line = self.start(at).saturating_add_signed(lines);
        let to = self.row_at_line(line);
        let found = if lines < 0 {
            self.selectable(0..at).rev().find(|row| *row <= to).or_else(|| self.selectable(0..at).next())
        } else {
            let below = || self.selectable(at + 1..self.rows.len());
            below().find(|row| *row >= to).or_else(|| below().next_back())
        };
        self.selected = found.or(self.selected);
        self.settle();
    }

    /// Selects the first row.
    pub fn first(&mut self) {
        let first = self.selectable(0..self.rows.len()).next();
        self.selected = first;
        self.settle();
    }

    /// Selects the last row.
    pub fn last(&mut self) {
        let last = self.selectable(0..self.rows.len()).next_back();
        self.selected = last;
        self.settle();
    }

    /// Selects the next row (or the one before) of which this is true, going round at the ends; `false` where
    /// there is none.
    pub fn seek(&mut self, forward: bool, mut wanted: impl FnMut(&Row<K, P>) -> bool) -> bool {
        let (at, len) = (self.selected.unwrap_or(0), self.rows.len());
        let order = (1..=len).map(|step| if forward { (at + step) % len } else { (at + len - step) % len });
        let found = order.into_iter().find(|at| {
            let row = &self.rows[*at];
            row.key.is_some() && wanted(row)
        });
        self.selected = found.or(self.selected);
        self.settle();
        found.is_some()
    }

    /// Rows that can be seen, the last perhaps not in full.
    pub fn visible(&self) -> Range<usize> {
        let bottom = self.start(self.top) + self.height;
        self.top..self.starts.partition_point(|start| *start < bottom).max(self.top)
    }

    /// Lines of all rows together, and the first that can be seen.
    pub fn scroll(&self) -> (usize, usize) {
        let lines = match (self.starts.last(), self.rows.last()) {
            (Some(start), Some(row)) => start + usize::from(row.height.max(1)),
            _ => 0,
        };
        (lines, self.start(self.top))
    }

    fn start(&self, at: usize) -> usize {
        self.starts.get(at).copied().unwrap_or(0)
    }

    fn end(&self, at: usize) -> usize {
        self.start(at) + self.rows.get(at).map_or(0, |row| usize::from(row.height.max(1)))
    }

    fn row_at_line(&self, line: usize) -> usize {
        self.starts.partition_point(|start| *start <= line).saturating_sub(1)
    }

    fn selectable(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = usize> + '_ {
        range.filter(|at| self.rows[*at].key.is_some())
    }

    /// Scrolls just as far as the selected row needs, and never past the end.
    fn settle(&mut self) {
        self.top = self.top.min(self.rows.len().saturating_sub(1));
        if let Some(at) = self.selected {
            // A heading right above comes along.
            let mut first = at;
            while first > 0 && self.rows[first - 1].key.is_none() {
                first -= 1;
            }
            if self.end(at) - self.start(first) > self.height {
                first = at;
            }
            self.top = self.top.min(first);
            while self.top < at && self.end(at) > self.start(self.top) + self.height {
                let wanted = self.end(at) - self.height;
                self.top = self.starts.partition_point(|start| *start < wanted).min(at);
            }
        }
        // No empty lines at the end while rows above are hidden.
        let (lines, _) = self.scroll();
        let latest = self.starts.partition_point(|start| *start < lines.saturating_sub(self.height));
        if latest < self.top
            && self.selected.is_none_or(|at| self.end(at) <= self.start(latest) + self.height)
        {
            self.top = latest;
        }
    }
}

#[cfg(test)]
mod tests;
