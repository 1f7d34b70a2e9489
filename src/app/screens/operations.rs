//! Operations: what runs, what was held or left half done, by whom, and what is past. The selected one is told in
//! full, with its steps.
//!
//! What is half done and can be taken up comes first, whoever began it; what is past comes last, newest first.

use super::{Cluster, Screen, Seen, Step, View};
use crate::app::{Area, Fields, Filter, List, Row, Subject, is_open};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context};
use crate::plan::{Known, KnownState, OperationId};

/// Rows of a frame.
const FRAME: u16 = 2;
/// Rows the list keeps, whatever else there is to show.
const LIST_AT_LEAST: u16 = 5;
/// Rows that tell of an operation beside its steps: its state, its wait, its holder, its way out.
const TOLD: u16 = 4;

/// The operations screen.
#[derive(Debug, Default)]
pub struct Operations {
    /// Operations; each shows the known one of this number.
    pub list: List<OperationId, usize>,
    /// Where the list stands.
    pub table: Area,
    /// Where the selected one is told in full.
    pub told: Area,
    subject: Option<ClusterId>,
    filter: Filter,
}

impl Operations {
    /// The screen, with what concerns a cluster selected first.
    pub fn new(known: &[Known], about: Option<&ClusterId>) -> Self {
        let mut screen = Self::default();
        screen.show(known);
        let concerns = known.iter().find(|one| Some(&one.cluster) == about && is_open(one));
        if let Some(one) = concerns {
            screen.list.select(&one.id);
        }
        screen.subject = screen.selected(known).map(|one| one.cluster.clone());
        screen
    }

    /// The selected one.
    pub fn selected<'a>(&self, known: &'a [Known]) -> Option<&'a Known> {
        let id = self.list.selected()?;
        known.iter().find(|one| one.id == *id)
    }

    fn show(&mut self, known: &[Known]) {
        let mut shown: Vec<(usize, &Known)> =
            known.iter().enumerate().filter(|(_, one)| self.filter.matches(*one)).collect();
        shown.sort_by_key(|(_, one)| rank(one));
        let rows = shown.into_iter().map(|(at, one)| Row { key: Some(one.id.clone()), shows: at, height: 1 });
        self.list.set_rows(rows.collect());
    }
}

/// Past operations stand behind all others, in the order of time.
fn rank(one: &Known) -> u8 {
    match one.state {
        _ if !is_open(one) => 3,
        KnownState::Running => 0,
        KnownState::Abandoned => 1,
        _ => 2,
    }
}

impl View for Operations {
    fn context(&self) -> Context {
        Context::Operations
    }

    fn derive(&mut self, seen: &Seen<'_>) {
        self.show(seen.known);
        self.subject = self.selected(seen.known).map(|one| one.cluster.clone());
    }

    fn fit(&mut self, seen: &Seen<'_>, body: Area) {
        self.subject = self.selected(seen.known).map(|one| one.cluster.clone());
        let plan = self.selected(seen.known).and_then(|one| one.plan.as_ref());
        let steps = plan.map_or(1, |plan| u16::try_from(plan.steps.len()).unwrap_or(u16::MAX));
        let wanted = steps.saturating_add(FRAME + TOLD);
        // The list gets what it needs, but never more than leaves the steps half of the screen.
        let rows = u16::try_from(self.list.count()).unwrap_or(u16::MAX).saturating_add(FRAME);
        let list = rows.clamp(LIST_AT_LEAST, (body.height / 2).max(LIST_AT_LEAST));
        let mut rest = body;
        self.told = rest.cut_bottom(wanted.min(body.height.saturating_sub(list)));
        self.table = rest;
        self.list.set_height(rest.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.list);
    }

    fn clusters(&self) -> Vec<ClusterId> {
        self.subject.iter().cloned().collect()
    }

    fn subject(&self) -> Option<&ClusterId> {
        self.subject.as_ref()
    }

    fn act(&mut self, action: Action, _seen: &Seen<'_>) -> Option<Screen> {
        let cluster = self.subject.clone().filter(|_| action == Action::Open)?;
        Some(Screen::Cluster(Cluster::new(Subject::Cluster(cluster))))
    }

    fn filter(&self) -> Option<&Filter> {
        Some(&self.filter)
    }

    fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }
}

impl Fields for Known {
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
        let is = |name: &str| field.is_none_or(|field| field == name);
        (is("name") && check(self.cluster.name.raw()))
            || (is("region") && check(self.cluster.place.region.raw()))
            || (is("account") && check(self.cluster.place.account.raw()))
            || (is("state") && check(self.state.word()))
            || (field.is_none()
                && (check(&self.verb)
                    || check(self.holder.principal.raw())
                    || check(&self.id.to_string())
                    || check(&self.why)))
    }
}
