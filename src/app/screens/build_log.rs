//! The log of a build: its last lines, newest at the bottom. It goes along with what comes as long as its end is seen.
//!
//! What it wants to follow it says by [`BuildLog::wanted`]; what was heard comes by [`BuildLog::take`]. The whole log
//! stays where the builder keeps it.

use jiff::Timestamp;

use super::{Screen, Seen, Step, View};
use crate::app::{Area, Filter, Heard, Scrollback, Trouble};
use crate::fleet::{ClusterId, Cursor, Place};
use crate::keymap::{Action, Context};
use crate::plan::{BuildKey, BuildState, Call, Known, StartBuild};

/// Rows of the frame, and the one that says how it stands.
const FRAME: u16 = 3;

/// The log of a build of an operation.
#[derive(Debug)]
pub struct BuildLog {
    /// All builds of the operation, as it starts them.
    pub builds: Vec<StartBuild>,
    /// The one that is shown.
    pub at: usize,
    /// Its last lines.
    pub lines: Scrollback,
    /// How far it is, as it was heard last.
    pub state: Option<BuildState>,
    /// When something was heard last.
    pub heard_at: Option<Timestamp>,
    /// Why the newest part could not be read.
    pub trouble: Option<Trouble>,
    /// Whether nothing more comes.
    pub ended: bool,
    /// Where it stands.
    pub area: Area,
    cluster: ClusterId,
    place: Place,
    next: Cursor,
}

impl BuildLog {
    /// The log of the newest build that an operation has started, else of its last.
    ///
    /// # Errors
    /// It builds nothing, or nobody knows its steps.
    pub fn new(one: &Known, step: u32) -> Result<Self, String> {
        let plan = one.plan.as_ref().ok_or("its steps are not known, so nobody knows what it builds")?;
        let starts = plan.steps.iter().filter_map(|step| match &step.call {
            Some(Call::StartBuild(start)) => Some((step.n, (**start).clone())),
            _ => None,
        });
        let (numbers, builds): (Vec<u32>, Vec<StartBuild>) = starts.unzip();
        let last = builds
            .len()
            .checked_sub(1)
            .ok_or_else(|| format!("{} {} builds no image: there is no log of a build", one.verb, one.id))?;
        Ok(Self {
            at: numbers.iter().rposition(|number| *number <= step).unwrap_or(last),
            builds,
            lines: Scrollback::default(),
            state: None,
            heard_at: None,
            trouble: None,
            ended: false,
            area: Area::default(),
            cluster: one.cluster.clone(),
            place: plan.place(),
            next: Cursor::default(),
        })
    }

    /// The build that is shown.
    pub fn build(&self) -> Option<&StartBuild> {
        self.builds.get(self.at)
    }

    /// What it wants to follow, and from where; nothing where nothing more comes.
    pub fn wanted(&self) -> Option<(&Place, BuildKey, &Cursor)> {
        let build = self.build().filter(|_| !self.ended)?;
        Some((&self.place, build.key(), &self.next))
    }

    /// Takes what was heard of it.
    pub(in crate::app) fn take(&mut self, heard: Heard, at: Timestamp) {
        self.heard_at = Some(at);
        if let Some(state) = heard.state {
            self.state = Some(state);
        }
        match heard.part {
            Ok(part) => {
                self.trouble = None;
                self.next = part.next.clone();
                self.ended = part.ended;
                self.lines.take(part);
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
    }

    fn turn(&mut self, forward: bool) {
        let count = self.builds.len().max(1);
        self.at = (self.at + if forward { 1 } else { count - 1 }) % count;
        let mut lines = Scrollback::default();
        lines.set_filter(self.lines.filter().clone());
        self.lines = lines;
        (self.state, self.heard_at, self.trouble, self.ended) = (None, None, None, false);
        self.next = Cursor::default();
    }
}

impl View for BuildLog {
    fn context(&self) -> Context {
        Context::Log
    }

    /// Its rows follow from its lines alone: they are derived when those come.
    fn derive(&mut self, _seen: &Seen<'_>) {}

    fn fit(&mut self, _seen: &Seen<'_>, body: Area) {
        self.area = body;
        self.lines.set_height(body.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Rows(rows) => self.lines.scroll(rows),
            Step::HalfPages(halves) => {
                let half = isize::try_from(self.lines.height() / 2).unwrap_or(isize::MAX).max(1);
                self.lines.scroll(half.saturating_mul(halves));
            }
            Step::First => self.lines.first(),
            Step::Last => self.lines.last(),
        }
    }

    fn clusters(&self) -> Vec<ClusterId> {
        vec![self.cluster.clone()]
    }

    fn subject(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.lines.filter())
    }

    fn set_filter(&mut self, filter: Filter) {
        self.lines.set_filter(filter);
    }

    fn act(&mut self, action: Action, _seen: &Seen<'_>) -> Option<Screen> {
        if matches!(action, Action::NextBuild | Action::PreviousBuild) {
            self.turn(action == Action::NextBuild);
        }
        None
    }
}
