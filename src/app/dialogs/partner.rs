//! With which other cluster one is compared: all others by name, the most likely first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Popup, Reaction};
use crate::app::screens::{Screen, Step};
use crate::app::{Area, Effect, List, Model, Row, TextField};
use crate::drift::{Likeness, partners};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context, Key};

/// Rows of its frame and its text field.
const FRAME: u16 = 4;

/// The choice of the second cluster.
#[derive(Debug)]
pub struct Partner {
    /// The first cluster.
    pub of: ClusterId,
    /// What is looked for.
    pub field: TextField,
    /// What was found: the most likely first, or the best match where something is looked for.
    pub list: List<ClusterId, Likeness>,
    matcher: Matcher,
}

impl Partner {
    /// All clusters beside the one that is meant on the screen.
    ///
    /// # Errors
    /// None is meant, or there is no other.
    pub fn new(model: &Model) -> Result<Self, String> {
        let of = model.screen().view().subject().ok_or("no cluster is selected")?.clone();
        let mut partner = Self {
            of,
            field: TextField::default(),
            list: List::default(),
            matcher: Matcher::new(Config::DEFAULT),
        };
        let observation = model.observation.as_ref().ok_or("nothing has been seen yet")?;
        if observation.fleet.cluster(&partner.of).is_none() {
            return Err(format!("{} is not in the newest look", partner.of.name));
        }
        partner.find(model);
        if partner.list.count() == 0 {
            return Err("there is no other cluster to compare it with".into());
        }
        if let Screen::Compare(screen) = model.screen() {
            partner.list.select(&screen.b);
        }
        Ok(partner)
    }

    fn find(&mut self, model: &Model) {
        let Some(observation) = model.observation.as_deref() else { return };
        let Some(own) = observation.fleet.cluster(&self.of) else { return self.list.set_rows(Vec::new()) };
        let pattern = Pattern::parse(self.field.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut letters = Vec::new();
        let mut found: Vec<(u32, ClusterId, Likeness)> = partners(&observation.fleet, own)
            .into_iter()
            .filter_map(|(likeness, cluster)| {
                let id = &cluster.id;
                let name = format!("{} {} {}", id.name, id.place.region, id.place.account);
                let score = pattern.score(Utf32Str::new(&name, &mut letters), &mut self.matcher)?;
                Some((score, id.clone(), likeness))
            })
            .collect();
        if !self.field.text().is_empty() {
            found.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
        }
        let rows =
            found.into_iter().map(|(_, id, likeness)| Row { key: Some(id), shows: likeness, height: 1 });
        self.list.set_rows(rows.collect());
    }
}

impl Popup for Partner {
    fn context(&self) -> Context {
        Context::Text
    }

    fn takes_any_letter(&self) -> bool {
        true
    }

    fn fit(&mut self, body: Area) {
        self.list.set_height(body.height.saturating_sub(FRAME));
    }

    fn act(&mut self, action: Action, _model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        if let Some(step) = Step::of(action) {
            step.apply(&mut self.list);
        }
        match (action, self.list.selected()) {
            (Action::Back, _) => Reaction::Close,
            (Action::Accept, Some(other)) => Reaction::Compare(self.of.clone(), other.clone()),
            _ => Reaction::Stay,
        }
    }

    fn key(&mut self, key: Key, model: &mut Model) {
        if self.field.key(key) {
            self.find(model);
            self.list.first();
        }
    }

    fn paste(&mut self, text: &str, model: &mut Model) {
        self.field.paste(text);
        self.find(model);
        self.list.first();
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        self.find(model);
        true
    }
}
