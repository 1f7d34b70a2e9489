//! Every action of the screen and every cluster by name, fuzzily.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Popup, Reaction};
use crate::app::applies::{applies, does_now};
use crate::app::screens::Step;
use crate::app::{Area, Effect, List, Model, Row, TextField, Tone};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context, Key};

/// Rows of its frame and its text field.
const FRAME: u16 = 4;

/// What can be chosen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Item {
    /// An action.
    Action(Action),
    /// A cluster.
    Cluster(ClusterId),
}

/// A row: what is shown of an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// What it does now, or where it is.
    pub does: String,
    /// Its keys.
    pub keys: String,
    /// Why it does not apply, where it does not.
    pub reason: Option<String>,
}

/// The palette.
#[derive(Debug)]
pub struct Palette {
    /// What is looked for.
    pub field: TextField,
    /// What was found, best first.
    pub list: List<Item, Shown>,
    matcher: Matcher,
}

impl Palette {
    /// All there is.
    pub fn new(model: &Model) -> Self {
        let mut palette = Self {
            field: TextField::default(),
            list: List::default(),
            matcher: Matcher::new(Config::DEFAULT),
        };
        palette.find(model);
        palette
    }

    fn find(&mut self, model: &Model) {
        let pattern = Pattern::parse(self.field.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut letters = Vec::new();
        let mut found: Vec<(u32, Item, Shown)> = Vec::new();
        for (item, shown) in items(model) {
            let by_name = pattern.score(Utf32Str::new(&shown.name, &mut letters), &mut self.matcher);
            // What it does is a sentence, in which anything can be found fuzzily: there the word itself must stand.
            let by_words = || shown.does.contains(self.field.text()).then_some(0);
            let score = by_name.map(|score| score.saturating_add(1)).or_else(by_words);
            found.extend(score.map(|score| (score, item, shown)));
        }
        if !self.field.text().is_empty() {
            found.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
        }
        let rows = found.into_iter().map(|(_, item, shown)| Row { key: Some(item), shows: shown, height: 1 });
        self.list.set_rows(rows.collect());
    }
}

/// Actions as the keymap's table has them, then clusters by name.
fn items(model: &Model) -> Vec<(Item, Shown)> {
    let context = model.screen().view().context();
    let actions = model.keymap.help(context).into_iter().filter(|entry| Step::of(entry.action).is_none());
    let mut items: Vec<(Item, Shown)> = actions
        .map(|entry| {
            let keys: Vec<String> = entry.chords.iter().map(ToString::to_string).collect();
            let shown = Shown {
                name: entry.action.name().to_owned(),
                does: does_now(model, entry.action),
                keys: keys.join(", "),
                reason: applies(model, entry.action).err(),
            };
            (Item::Action(entry.action), shown)
        })
        .collect();
    let summaries = model.observation.iter().flat_map(|observation| &observation.summaries);
    items.extend(summaries.filter_map(|summary| {
        let id = summary.subject.cluster()?;
        let shown = Shown {
            name: id.name.to_string(),
            does: format!("cluster in {}", id.place.region),
            keys: String::new(),
            reason: None,
        };
        Some((Item::Cluster(id.clone()), shown))
    }));
    items
}

impl Popup for Palette {
    fn context(&self) -> Context {
        Context::Text
    }

    fn takes_any_letter(&self) -> bool {
        true
    }

    fn fit(&mut self, body: Area) {
        self.list.set_height(body.height.saturating_sub(FRAME));
    }

    fn act(&mut self, action: Action, model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        if let Some(step) = Step::of(action) {
            step.apply(&mut self.list);
        }
        match action {
            Action::Back => Reaction::Close,
            Action::Accept => match self.list.selected() {
                Some(Item::Cluster(id)) => Reaction::Open(id.clone()),
                Some(Item::Action(action)) => match applies(model, *action) {
                    Ok(()) => Reaction::Then(*action),
                    Err(reason) => {
                        model.say(Tone::Bad, format!("{action}: {reason}"));
                        Reaction::Stay
                    }
                },
                None => Reaction::Stay,
            },
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
