//! Two images beside each other: what differs first, then what is the same.

use std::collections::BTreeMap;

use super::{Popup, Reaction};
use crate::app::images::{ImageState, called, chain};
use crate::app::screens::{Screen, Step};
use crate::app::{Area, Effect, List, Model, Observation, Row};
use crate::fleet::{ImageDevice, ImageId, Place, Text};
use crate::keymap::{Action, Context};

/// Rows of its frame, its heading and its last line.
const FRAME: u16 = 5;

/// One thing of both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compared {
    /// What is compared.
    pub what: String,
    /// Of the first; `None`: it has none, or it is not known.
    pub left: Option<String>,
    /// Of the second.
    pub right: Option<String>,
}

impl Compared {
    /// Whether the two differ.
    pub fn differs(&self) -> bool {
        self.left != self.right
    }
}

/// The comparison of two images.
#[derive(Debug)]
pub struct CompareImages {
    /// What the two are called.
    pub names: [String; 2],
    /// Each shows one thing; what differs comes first.
    pub list: List<String, Compared>,
    images: [(Place, ImageId); 2],
}

impl CompareImages {
    /// Compares the two images that are marked.
    ///
    /// # Errors
    /// Not two are marked.
    pub fn new(model: &Model) -> Result<Self, String> {
        let Screen::Images(screen) = model.screen() else { return Err("no image is marked".into()) };
        let [left, right] = screen.marked.as_slice() else {
            return Err(format!(
                "two images are compared: mark two, {} marked now",
                match screen.marked.len() {
                    0 => "none is".to_owned(),
                    1 => "one is".to_owned(),
                    more => format!("{more} are"),
                }
            ));
        };
        let images = [left.clone(), right.clone()];
        let mut dialog = Self { names: Default::default(), list: List::default(), images };
        dialog.derive(model);
        Ok(dialog)
    }

    /// How many things differ.
    pub fn differences(&self) -> usize {
        self.list.rows().iter().filter(|row| row.shows.differs()).count()
    }

    fn derive(&mut self, model: &Model) {
        let Some(observation) = &model.observation else { return };
        let found = self.images.each_ref().map(|(place, id)| observation.lineage.find(place, id));
        // What left the fleet meanwhile is shown as it was.
        let [Some(left), Some(right)] = found else { return };
        self.names = [left, right].map(|at| called(observation, at));
        let (left, right) = (told(observation, left), told(observation, right));
        let mut rows: Vec<Compared> = Vec::new();
        let mut names: Vec<&String> = left.iter().chain(&right).map(|(what, _)| what).collect();
        let mut seen = std::collections::HashSet::new();
        names.retain(|what| seen.insert(what.as_str()));
        let index =
            |told: &[(String, String)]| -> BTreeMap<String, String> { told.iter().cloned().collect() };
        let (of_left, of_right) = (index(&left), index(&right));
        for what in names {
            let (left, right) = (of_left.get(what).cloned(), of_right.get(what).cloned());
            rows.push(Compared { what: what.clone(), left, right });
        }
        rows.sort_by_key(|row| !row.differs());
        self.list.set_rows(
            rows.into_iter().map(|row| Row { key: Some(row.what.clone()), shows: row, height: 1 }).collect(),
        );
    }
}

/// Everything that is told of an image, by what it is.
fn told(observation: &Observation, at: usize) -> Vec<(String, String)> {
    let lineage = &observation.lineage;
    let Some(kin) = lineage.images.get(at) else { return Vec::new() };
    let image = lineage.image(&observation.fleet, at);
    let mut told: Vec<(String, String)> = vec![
        ("id".into(), kin.id.to_string()),
        ("region".into(), kin.place.region.to_string()),
        ("state".into(), ImageState::of(image, observation.fleet.observed_at).word()),
    ];
    let built_on: Vec<String> = chain(observation, at).into_iter().map(|link| link.says).collect();
    told.push(("built on".into(), built_on.join(" ← ")));
    let Some(image) = image else { return told };
    let text = |value: &Option<Text>| value.as_ref().map(Text::to_string);
    let time = |at: Option<jiff::Timestamp>| at.map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let told_of = &image.provenance;
    let fields = [
        ("family", image.family.as_ref().map(|family| family.name.to_string())),
        ("version", text(&image.version)),
        ("name", text(&image.name)),
        ("owner", image.owner.as_ref().map(ToString::to_string)),
        ("architecture", text(&image.architecture)),
        ("made", time(image.created_at)),
        ("deprecated", time(image.deprecated_at)),
        ("revision", text(&told_of.revision)),
        ("builder", text(&told_of.builder)),
        ("build", text(&told_of.build)),
        ("built", text(&told_of.built_at)),
    ];
    told.extend(fields.into_iter().filter_map(|(what, value)| Some((what.to_owned(), value?))));
    told.extend(image.devices.iter().map(|one| (format!("device {}", one.name), device(one))));
    told.extend(image.tags.iter().map(|(key, value)| (format!("tag {key}"), value.to_string())));
    told
}

/// A volume in words.
fn device(device: &ImageDevice) -> String {
    let size = device.size_gib.map(|size| format!("{size} GiB"));
    let encrypted =
        device.encrypted.map(|on| if on { "encrypted".to_owned() } else { "not encrypted".to_owned() });
    let text = |value: &Option<Text>| value.as_ref().map(Text::to_string);
    let parts = [text(&device.virtual_name), size, text(&device.kind), encrypted, text(&device.snapshot)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl Popup for CompareImages {
    fn context(&self) -> Context {
        Context::Dialog
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(action, Action::Yes | Action::No | Action::Accept)
    }

    fn fit(&mut self, body: Area) {
        self.list.set_height(body.height.saturating_sub(FRAME));
    }

    fn act(&mut self, action: Action, _model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        if let Some(step) = Step::of(action) {
            step.apply(&mut self.list);
        }
        match action {
            Action::Back | Action::No | Action::Accept => Reaction::Close,
            _ => Reaction::Stay,
        }
    }

    fn refresh(&mut self, model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        self.derive(model);
        true
    }
}
