//! One instance: its facts beside what its group wants, what drifted and why, health by source, tags.

mod page;

pub use page::Part;

use super::{Seen, Step, View};
use crate::app::measure::{width, wrap};
use crate::app::{Area, List, Row, Subject};
use crate::fleet::{ClusterId, InstanceId};
use crate::keymap::{Action, Context};

/// Rows of a frame.
const FRAME: u16 = 2;
/// Columns at the left of the page that hold what a line is about.
pub const LABELS: u16 = 33;
/// Columns by which the sentences below a finding stand in.
pub const INDENT: u16 = 3;
/// Columns of the frame and the pad inside it.
const EDGES: u16 = 4;

/// The instance screen.
#[derive(Debug)]
pub struct Instance {
    /// Which.
    pub id: InstanceId,
    /// The page.
    pub list: List<String, Part>,
    /// Whether findings tell why.
    pub details: bool,
    /// Whether the newest look still has it.
    pub is_gone: bool,
    from: Subject,
    /// Columns of the page.
    columns: u16,
}

impl Instance {
    /// The screen of an instance, opened from a subject.
    pub fn new(id: InstanceId, from: Subject) -> Self {
        Self { id, list: List::default(), details: true, is_gone: false, from, columns: u16::MAX }
    }

    fn height(&self, part: &Part) -> u16 {
        let Part::Finding { expected, actual, why, .. } = part else { return 1 };
        let compared = if is_short(expected, actual, self.columns) { 0 } else { 2 };
        let why = if self.details { wrap(why, self.columns.saturating_sub(INDENT)).len() } else { 0 };
        1 + compared + u16::try_from(why).unwrap_or(0)
    }
}

impl View for Instance {
    fn context(&self) -> Context {
        Context::Instance
    }

    fn derive(&mut self, seen: &Seen<'_>) {
        let Some(observation) = seen.observation else { return };
        let Some((_, group, instance)) = observation.fleet.find_instance(&self.id) else {
            // The last page stays: what it was is worth reading after it is gone.
            self.is_gone = true;
            return;
        };
        self.is_gone = false;
        let parts = page::page(observation, group, instance);
        let rows = parts.into_iter().enumerate().map(|(number, part)| Row {
            key: key(number, &part),
            height: self.height(&part),
            shows: part,
        });
        self.list.set_rows(rows.collect());
    }

    fn fit(&mut self, seen: &Seen<'_>, body: Area) {
        let columns = body.width.saturating_sub(EDGES);
        if columns != self.columns {
            self.columns = columns;
            self.derive(seen);
        }
        self.list.set_height(body.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.list);
    }

    fn clusters(&self) -> Vec<ClusterId> {
        self.from.cluster().cloned().into_iter().collect()
    }

    fn subject(&self) -> Option<&ClusterId> {
        self.from.cluster()
    }

    fn act(&mut self, action: Action, seen: &Seen<'_>) -> Option<super::Screen> {
        if action == Action::Details {
            self.details = !self.details;
            self.derive(seen);
        }
        None
    }
}

/// Whether what is and what ought to be stand beside the name of the rule; else each has a line of its own.
pub fn is_short(expected: &str, actual: &str, columns: u16) -> bool {
    const WORDS: u16 = 12;
    let needs = LABELS.saturating_add(WORDS).saturating_add(width(expected)).saturating_add(width(actual));
    needs <= columns
}

/// What names a part, so that the selection stays with it.
fn key(number: usize, part: &Part) -> Option<String> {
    match part {
        Part::Title(_) => None,
        Part::Fact { name, .. } | Part::Moment { name, .. } => Some(format!("fact {name}")),
        Part::Finding { rule, expected, .. } => Some(format!("finding {rule} {expected}")),
        Part::Health { source, .. } => Some(format!("health {source}")),
        Part::Tag(key, _) => Some(format!("tag {}", key.raw())),
        Part::Says(_) => Some(format!("says {number}")),
    }
}
