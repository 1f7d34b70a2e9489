//! Compare: two clusters side by side. What differs stands first, then what could not be compared, then what is
//! equal; the selected line is told in full.
//!
//! What a difference is, is `drift`'s. The newest look is compared, and a cluster that is not in it is said.

use super::{Seen, Step, View};
use crate::app::{Area, List, Row};
use crate::drift::{Comparison, compare, labels};
use crate::fleet::ClusterId;
use crate::keymap::Context;

/// Rows of a frame.
const FRAME: u16 = 2;
/// Rows of the frame with the selected line in full: both values and why, each with room to go on.
const TOLD: u16 = 7;
/// Rows the list keeps, whatever else there is to show.
const LIST_AT_LEAST: u16 = 6;

/// A line of the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Line {
    /// How many lines of one kind follow.
    Heading(Part),
    /// The difference of this number.
    Differs(usize),
    /// What could not be compared, of this number.
    Unknown(usize),
    /// What is equal, of this number.
    Same(usize),
}

/// The parts of the list, in order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// Differences.
    Differs,
    /// What could not be compared.
    Unknown,
    /// What is equal.
    Same,
}

/// The compare screen.
#[derive(Debug)]
pub struct Compare {
    /// The first.
    pub a: ClusterId,
    /// The second.
    pub b: ClusterId,
    /// What both come to in the newest look; the cluster that is not in it where one is missing.
    pub found: Result<Comparison, ClusterId>,
    /// Lines, by what they are about.
    pub list: List<String, Line>,
    /// Where the list stands.
    pub table: Area,
    /// Where the selected line is told in full.
    pub told: Area,
}

impl Compare {
    /// The screen of two clusters.
    pub fn new(a: ClusterId, b: ClusterId) -> Self {
        Self {
            a,
            b,
            found: Ok(Comparison::default()),
            list: List::default(),
            table: Area::default(),
            told: Area::default(),
        }
    }

    /// What the two are called beside each other.
    pub fn names(&self) -> [String; 2] {
        labels(&self.a, &self.b)
    }

    /// The selected line.
    pub fn selected(&self) -> Option<Line> {
        Some(self.list.rows().get(self.list.selected_at()?)?.shows)
    }
}

impl View for Compare {
    fn context(&self) -> Context {
        Context::Compare
    }

    fn derive(&mut self, seen: &Seen<'_>) {
        let Some(observation) = seen.observation else { return };
        let find = |id: &ClusterId| observation.fleet.cluster(id).ok_or_else(|| id.clone());
        self.found = find(&self.a)
            .and_then(|a| Ok(compare(&observation.fleet, &observation.judgement, a, find(&self.b)?)));
        let rows = self.found.as_ref().map(rows).unwrap_or_default();
        self.list.set_rows(rows);
    }

    fn fit(&mut self, _seen: &Seen<'_>, body: Area) {
        let mut rest = body;
        self.told = rest.cut_bottom(TOLD.min(body.height.saturating_sub(LIST_AT_LEAST)));
        self.table = rest;
        self.list.set_height(rest.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.list);
    }

    fn clusters(&self) -> Vec<ClusterId> {
        vec![self.a.clone(), self.b.clone()]
    }

    fn subject(&self) -> Option<&ClusterId> {
        Some(&self.a)
    }
}

/// All lines. A line is found again by what it is about, also after it has become equal.
fn rows(found: &Comparison) -> Vec<Row<String, Line>> {
    let Comparison { differences, same, unknown } = found;
    let differs = differences.iter().map(|row| row.what.as_str()).collect();
    let untold = unknown.iter().map(|row| row.what.as_str()).collect();
    let equal = same.iter().map(|row| row.what.as_str()).collect();
    let parts: [(Part, Vec<&str>); 3] =
        [(Part::Differs, differs), (Part::Unknown, untold), (Part::Same, equal)];
    let mut rows = Vec::new();
    for (part, names) in parts {
        let line = match part {
            Part::Differs => Line::Differs,
            Part::Unknown => Line::Unknown,
            Part::Same => Line::Same,
        };
        // That there is no difference is worth a line; the others are left out where there is nothing.
        if part == Part::Differs || !names.is_empty() {
            rows.push(Row { key: None, shows: Line::Heading(part), height: 1 });
        }
        for (at, name) in names.into_iter().enumerate() {
            // Both clusters may miss the same thing: each is a line of its own.
            let again =
                rows.iter().filter(|row: &&Row<String, Line>| row.key.as_deref() == Some(name)).count();
            let key = if again > 0 { format!("{name}\n{at}") } else { name.to_owned() };
            rows.push(Row { key: Some(key), shows: line(at), height: 1 });
        }
    }
    rows
}
