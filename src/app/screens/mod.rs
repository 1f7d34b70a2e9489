//! The screens, one file each. `enter` goes in, `esc` goes back; the last of the stack is seen.
//!
//! Each has one list with the selection. What all of them must answer is [`View`]; a new screen is a file here, a
//! variant of [`Screen`], and its mirror in `ui`.

mod activity;
mod build_log;
mod cluster;
mod compare;
mod fleet;
mod images;
mod instance;
mod marks;
mod operations;

pub use activity::{Activity, event_word};
pub use build_log::BuildLog;
pub use cluster::{Cluster, ClusterLayout, Line, Order as ClusterOrder};
pub use compare::{Compare, Line as CompareLine, Part as ComparePart};
pub use fleet::{Fleet, MOST_SIDES, Order as FleetOrder, matching};
pub use images::{Counts as ImageCounts, ImageKey, ImageLine, Images, Order as ImagesOrder, Shows};
pub use instance::{INDENT, Instance, LABELS, Part, is_short};
pub use marks::Marks;
pub use operations::Operations;

use std::collections::BTreeMap;

use super::{Area, Filter, List, Observation, Operation};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context};
use crate::plan::{History, Known};

/// What a screen may look at to derive its rows.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The newest look.
    pub observation: Option<&'a Observation>,
    /// The journal.
    pub history: &'a History,
    /// Operations of this cockpit.
    pub operations: &'a [Operation],
    /// Operations of everybody, as far as they are known.
    pub known: &'a [Known],
    /// Clusters on which one of them runs or can be taken up, with its number.
    pub open: &'a BTreeMap<ClusterId, usize>,
}

/// How far a selection moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// So many rows.
    Rows(isize),
    /// So many halves of what can be seen.
    HalfPages(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Step {
    /// The step an action asks for.
    pub fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::MoveUp => Self::Rows(-1),
            Action::MoveDown => Self::Rows(1),
            Action::HalfPageUp => Self::HalfPages(-1),
            Action::HalfPageDown => Self::HalfPages(1),
            Action::PageUp => Self::HalfPages(-2),
            Action::PageDown => Self::HalfPages(2),
            Action::First => Self::First,
            Action::Last => Self::Last,
            _ => return None,
        })
    }

    /// Moves the selection of a list.
    pub fn apply<K: Clone + Eq + std::hash::Hash, P>(self, list: &mut List<K, P>) {
        match self {
            Self::Rows(rows) => list.move_by(rows),
            Self::HalfPages(halves) => {
                let half = isize::try_from(list.height() / 2).unwrap_or(isize::MAX).max(1);
                list.move_lines(half.saturating_mul(halves));
            }
            Self::First => list.first(),
            Self::Last => list.last(),
        }
    }
}

/// What every screen answers.
pub trait View {
    /// Which keys it takes.
    fn context(&self) -> Context;

    /// Derives its rows.
    fn derive(&mut self, seen: &Seen<'_>);

    /// Takes the room it has.
    fn fit(&mut self, seen: &Seen<'_>, body: Area);

    /// Moves its selection.
    fn step(&mut self, step: Step);

    /// Clusters that can be seen on it, in order.
    fn clusters(&self) -> Vec<ClusterId>;

    /// The cluster that a verb means here.
    fn subject(&self) -> Option<&ClusterId> {
        None
    }

    /// Its filter, where it has one.
    fn filter(&self) -> Option<&Filter> {
        None
    }

    /// Takes a filter; its rows are to be derived after.
    fn set_filter(&mut self, _filter: Filter) {}

    /// Does what only this screen knows, and opens another where that is what was asked.
    fn act(&mut self, _action: Action, _seen: &Seen<'_>) -> Option<Screen> {
        None
    }
}

/// A screen.
#[derive(Debug)]
pub enum Screen {
    /// All clusters.
    Fleet(Fleet),
    /// One cluster.
    Cluster(Cluster),
    /// One instance.
    Instance(Instance),
    /// What runs, what was left, what is past.
    Operations(Operations),
    /// What images are built on, and who runs them.
    Images(Images),
    /// What was done, by whom.
    Activity(Activity),
    /// Two clusters side by side.
    Compare(Compare),
    /// The log of a build.
    BuildLog(Box<BuildLog>),
}

impl Screen {
    /// What it answers.
    pub fn view(&self) -> &dyn View {
        match self {
            Self::Fleet(screen) => screen,
            Self::Cluster(screen) => screen,
            Self::Instance(screen) => screen,
            Self::Operations(screen) => screen,
            Self::Images(screen) => screen,
            Self::Activity(screen) => screen,
            Self::Compare(screen) => screen,
            Self::BuildLog(screen) => &**screen,
        }
    }

    /// What it answers, to be changed.
    pub(super) fn view_mut(&mut self) -> &mut dyn View {
        match self {
            Self::Fleet(screen) => screen,
            Self::Cluster(screen) => screen,
            Self::Instance(screen) => screen,
            Self::Operations(screen) => screen,
            Self::Images(screen) => screen,
            Self::Activity(screen) => screen,
            Self::Compare(screen) => screen,
            Self::BuildLog(screen) => &mut **screen,
        }
    }
}
