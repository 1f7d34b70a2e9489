//! Images: what each is built on, who runs it, what is newer. A tree, or the same images by what asks for a look.
//!
//! Below an image stand the groups that run it. A filter keeps what an image is built on in sight, so that the tree
//! stays one. What is derived of the fleet is `fleet::Lineage`'s, and comes with each look.

mod rows;
mod searched;

pub use rows::{ImageKey, ImageLine, Shows};

use std::cmp::Reverse;

use super::{Cluster, Screen, Seen, Step, View};
use crate::app::{Area, Filter, List, Observation, Subject, images};
use crate::fleet::{Availability, Base, ClusterId, ImageId, Place};
use crate::keymap::{Action, Context};

/// Rows of a frame.
const FRAME: u16 = 2;
/// Rows the table keeps, whatever else there is to show.
const TABLE_AT_LEAST: u16 = 8;
/// Rows of what is told of the selected image.
const DETAILS: u16 = 16;
/// Rows of a screen on which details are shown without being asked for.
const ROOMY: u16 = 30;

/// By what images are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// As a tree, families by name, the newest of each first.
    #[default]
    Tree,
    /// The base that is longest out of date first.
    Base,
    /// What most instances run first.
    Use,
}

impl Order {
    const ALL: [Self; 3] = [Self::Tree, Self::Base, Self::Use];

    fn next(self) -> Self {
        let at = Self::ALL.iter().position(|order| *order == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

/// What there is, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Images, those too that are only named.
    pub images: usize,
    /// Images that instances run.
    pub in_use: usize,
    /// Of those, how many are built on what has a newer version.
    pub stale: usize,
    /// Of those, how many tell neither revision nor builder.
    pub untraceable: usize,
}

impl Counts {
    fn of(observation: &Observation) -> Self {
        let lineage = &observation.lineage;
        let in_use: Vec<usize> =
            (0..lineage.images.len()).filter(|at| lineage.images[*at].in_use() > 0).collect();
        let is_stale = |at: &&usize| matches!(lineage.base(**at), Base::Older { .. });
        let untraced = |at: &&usize| {
            let image = lineage.image(&observation.fleet, **at);
            image.is_some_and(|image| image.described && !image.provenance.is_traceable())
        };
        Self {
            images: lineage.images.len(),
            in_use: in_use.len(),
            stale: in_use.iter().filter(is_stale).count(),
            untraceable: in_use.iter().filter(untraced).count(),
        }
    }
}

/// The images screen.
#[derive(Debug, Default)]
pub struct Images {
    /// Images, and below each the groups that run it.
    pub list: List<ImageKey, ImageLine>,
    /// By what they are ordered.
    pub order: Order,
    /// Whether the order is turned around.
    pub reversed: bool,
    /// What there is, in numbers.
    pub counts: Counts,
    /// Images to compare, in the order they were marked.
    pub marked: Vec<(Place, ImageId)>,
    /// Where the table stands.
    pub table: Area,
    /// Where the selected image is told of; no rows where it is not.
    pub told: Area,
    /// Whether a person asked for it, or not to see it.
    details: Option<bool>,
    /// The image to begin with.
    about: Option<(Place, ImageId)>,
    filter: Filter,
}

impl Images {
    /// The screen, with an image selected first.
    pub fn new(about: Option<(Place, ImageId)>) -> Self {
        Self { about, ..Self::default() }
    }

    /// The image that the selected row is about, by its number.
    pub fn selected(&self, observation: &Observation) -> Option<usize> {
        let (place, id) = self.list.selected()?.image();
        let row = self.list.rows().get(self.list.selected_at()?)?;
        let node =
            row.shows.node.and_then(|(tree, node)| observation.lineage.trees.get(tree)?.nodes.get(node));
        let is_it = |at: &usize| observation.lineage.images.get(*at).is_some_and(|kin| kin.id == *id);
        node.map(|node| node.image).filter(is_it).or_else(|| observation.lineage.find(place, id))
    }

    /// Whether an image is marked.
    pub fn is_marked(&self, place: &Place, id: &ImageId) -> bool {
        self.marked.iter().any(|(there, known)| known == id && there == place)
    }

    /// Whether the selected row is an image's own.
    pub fn is_image_selected(&self) -> bool {
        matches!(self.list.selected(), Some(ImageKey::Image(..)))
    }

    fn shows_details(&self, body: Area) -> bool {
        self.details.unwrap_or(body.height >= ROOMY)
    }

    fn mark(&mut self, seen: &Seen<'_>) {
        let Some(observation) = seen.observation.filter(|_| self.is_image_selected()) else { return };
        let Some(kin) = self.selected(observation).and_then(|at| observation.lineage.images.get(at)) else {
            return;
        };
        let key = (kin.place.clone(), kin.id.clone());
        let before = self.marked.len();
        self.marked.retain(|marked| *marked != key);
        if self.marked.len() == before {
            self.marked.push(key);
        }
    }

    /// The numbers of tree and node of all images, in the order that is wanted where that is not the tree's.
    fn in_order(&self, observation: &Observation) -> Vec<(usize, usize)> {
        let lineage = &observation.lineage;
        let mut all: Vec<(usize, usize)> = Vec::new();
        for (number, tree) in lineage.trees.iter().enumerate() {
            let own = |at: usize| lineage.images.get(at).is_some_and(|kin| kin.place == tree.place);
            let nodes = tree.nodes.iter().enumerate().filter(|(_, node)| own(node.image));
            all.extend(nodes.map(|(at, _)| (number, at)));
        }
        let image = |(tree, node): (usize, usize)| lineage.trees[tree].nodes[node].image;
        let by_use = |at: usize| lineage.images.get(at).map_or(0, crate::fleet::Kin::in_use);
        match self.order {
            Order::Tree => {}
            Order::Base => all.sort_by_cached_key(|at| {
                let image = image(*at);
                Reverse((images::behind(observation, image), by_use(image)))
            }),
            Order::Use => all.sort_by_key(|at| Reverse(by_use(image(*at)))),
        }
        if self.reversed {
            all.reverse();
        }
        all
    }
}

/// Whether an image that is in use asks for a look.
fn asks_for_a_look(observation: &Observation, at: usize) -> bool {
    let lineage = &observation.lineage;
    let is_used = lineage.images.get(at).is_some_and(|kin| kin.in_use() > 0);
    let image = lineage.image(&observation.fleet, at);
    let is_odd = image.is_none_or(|image| {
        !image.provenance.is_traceable()
            || matches!(image.availability, Availability::Gone(_) | Availability::Unknown)
    });
    is_used && (is_odd || matches!(lineage.base(at), Base::Older { .. } | Base::Unknown(_)))
}

impl View for Images {
    fn context(&self) -> Context {
        Context::Images
    }

    fn derive(&mut self, seen: &Seen<'_>) {
        let Some(observation) = seen.observation else { return };
        self.counts = Counts::of(observation);
        let is_shown = searched::matching(observation, &self.filter);
        let rows = match self.order {
            Order::Tree => rows::tree(observation, &is_shown, self.reversed),
            Order::Base | Order::Use => rows::flat(observation, &is_shown, &self.in_order(observation)),
        };
        self.marked.retain(|(place, id)| observation.lineage.find(place, id).is_some());
        self.list.set_rows(rows);
        if let Some((place, id)) = self.about.take() {
            let _not_listed = self.list.select(&ImageKey::Image(place.clone(), place, id));
        }
    }

    fn fit(&mut self, _seen: &Seen<'_>, body: Area) {
        let mut rest = body;
        let spare = body.height.saturating_sub(TABLE_AT_LEAST);
        let told = if self.shows_details(body) { DETAILS.min(body.height / 2).min(spare) } else { 0 };
        self.told = rest.cut_bottom(told);
        self.table = rest;
        self.list.set_height(rest.height.saturating_sub(FRAME));
    }

    fn step(&mut self, step: Step) {
        step.apply(&mut self.list);
    }

    fn clusters(&self) -> Vec<ClusterId> {
        let rows = self.list.rows().get(self.list.visible()).unwrap_or_default();
        rows.iter().filter_map(|row| row.shows.cluster.clone()).collect()
    }

    fn filter(&self) -> Option<&Filter> {
        Some(&self.filter)
    }

    fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
    }

    fn act(&mut self, action: Action, seen: &Seen<'_>) -> Option<Screen> {
        match action {
            Action::Open => {
                let subject = match self.list.selected()? {
                    ImageKey::Image(..) => {
                        self.details = Some(self.told.height == 0);
                        return None;
                    }
                    ImageKey::Loose(place, _) => Subject::Ungrouped(place.clone()),
                    ImageKey::Group(..) => {
                        let row = self.list.rows().get(self.list.selected_at()?)?;
                        Subject::Cluster(row.shows.cluster.clone()?)
                    }
                };
                return Some(Screen::Cluster(Cluster::new(subject)));
            }
            Action::NextDrift | Action::PreviousDrift => {
                let observation = seen.observation?;
                let asks = |line: &ImageLine| {
                    let (tree, node) = line.node?;
                    let node = observation.lineage.trees.get(tree)?.nodes.get(node)?;
                    Some(line.shows == Shows::Image && asks_for_a_look(observation, node.image))
                };
                self.list.seek(action == Action::NextDrift, |row| asks(&row.shows) == Some(true));
            }
            Action::Mark => self.mark(seen),
            Action::Unmark => self.marked.clear(),
            Action::Details => self.details = Some(self.told.height == 0),
            Action::SortNext => {
                self.order = self.order.next();
                self.derive(seen);
            }
            Action::SortReverse => {
                self.reversed = !self.reversed;
                self.derive(seen);
            }
            _ => {}
        }
        None
    }
}
