//! What was done, by whom: the journal, newest first, and the selected record in full.

use super::{Seen, Step, View};
use crate::app::{Area, Fields, Filter, List, Row};
use crate::fleet::ClusterId;
use crate::keymap::Context;
use crate::plan::{Event, Record};

/// Rows of a frame.
const FRAME: u16 = 2;
/// Rows the selected record takes in full.
const RECORD: u16 = 9;
/// Rows the list keeps, whatever else there is to show.
const LIST_AT_LEAST: u16 = 5;

/// The activity screen.
#[derive(Debug, Default)]
pub struct Activity {
    /// Records by their number in the journal, newest first.
    pub list: List<usize, usize>,
    /// Where the list stands.
    pub table: Area,
    /// Where the selected record stands.
    pub record: Area,
    filter: Filter,
}

impl View for Activity {
    fn context(&self) -> Context {
        Context::Activity
    }

    fn derive(&mut self, seen: &Seen<'_>) {
        let records = seen.history.records().iter().enumerate().rev();
        let shown = records.filter(|(_, record)| self.filter.matches(record.as_ref()));
        let at_top = self.list.selected_at().is_none_or(|at| at == 0);
        self.list.set_rows(shown.map(|(at, _)| Row { key: Some(at), shows: at, height: 1 }).collect());
        if at_top {
            // Whoever reads the newest goes on reading the newest.
            self.list.first();
        }
    }

    fn fit(&mut self, _seen: &Seen<'_>, body: Area) {
        let mut rest = body;
        self.record = rest.cut_bottom(RECORD.min(body.height.saturating_sub(LIST_AT_LEAST)));
        self.table = rest;
        self.list.set_height(rest.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.list);
    }

    fn clusters(&self) -> Vec<ClusterId> {
        Vec::new()
    }

    fn filter(&self) -> Option<&Filter> {
        Some(&self.filter)
    }

    fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }
}

/// What happened, in one word.
pub fn event_word(event: Event) -> &'static str {
    match event {
        Event::Started => "started",
        Event::Intended => "sending",
        Event::Applied => "applied",
        Event::Failed => "failed",
        Event::ReadBack => "read back",
        Event::Settled => "settled",
        Event::Held => "held",
        Event::Done => "done",
        Event::RolledBack => "rolled back",
        Event::Steered => "steered",
        Event::TakenOver => "taken over",
    }
}

impl Fields for Record {
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
        let is = |name: &str| field.is_none_or(|field| field == name);
        (is("name") && check(self.cluster.name.raw()))
            || (is("region") && check(self.cluster.place.region.raw()))
            || (is("account") && check(self.cluster.place.account.raw()))
            || (is("state") && check(event_word(self.event)))
            || (field.is_none()
                && (check(&self.verb)
                    || check(self.who.principal.raw())
                    || check(&self.operation.to_string())
                    || self.why.as_ref().is_some_and(|why| check(why.raw()))
                    || self.result.as_deref().is_some_and(&mut *check)))
    }
}
