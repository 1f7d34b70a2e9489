//! What each image is built on, and whether a newer version of that is there.
//!
//! A parent that no answer told of stays unknown, and so does everything that rests on it. What is built on itself,
//! by whatever way round, has no base. Work grows with the number of images alone.

use std::collections::{HashMap, HashSet};

use super::index::Index;
use crate::fleet::{Availability, Fleet, ImageId, Place, Section};

/// Copies of copies are followed so far; nobody copies an image more often.
const MOST_COPIES: usize = 16;

/// What an image is built on. Numbers are those of the images of the fleet, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parent {
    /// It names none: it is a base, or was made by hand.
    None,
    /// Nobody told its tags.
    Untold,
    /// This image.
    Known(usize),
    /// An image that is in no answer.
    Unseen(ImageId),
    /// This image, which is built on it in turn.
    Loop(usize),
}

/// Whether what an image is built on has a newer version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// It is built on nothing that it names.
    None,
    /// Everything it is built on is the newest of its family.
    Newest,
    /// It is built on an image that has a newer version: the nearest such.
    Older {
        /// What it is built on.
        on: usize,
        /// The newest version of that.
        newest: usize,
    },
    /// It cannot be told.
    Unknown(Unsure),
}

/// What is missing to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unsure {
    /// What this image, in the chain or its beginning, is built on.
    Parent(usize),
    /// Everything about an image that is named as a parent.
    Unseen(ImageId),
    /// The beginning of a chain that goes round at this image.
    Loop(usize),
    /// The order of the family of this image.
    Order(usize),
    /// Whether the family of this image has further versions: not all images could be read there.
    Unread(usize),
}

/// Parents and bases of the images of a fleet, by their number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ancestry {
    /// What each is built on.
    pub parents: Vec<Parent>,
    /// The image each was copied from, where that is known.
    pub copied_from: Vec<Option<usize>>,
    /// The newest version of the family of each, where it is not that itself.
    pub newer: Vec<Option<usize>>,
    /// How what each is built on stands.
    pub bases: Vec<Base>,
}

impl Ancestry {
    /// Finds the ancestry of all images of a fleet.
    pub fn of(fleet: &Fleet) -> Self {
        Self::by(&Index::of(fleet), fleet)
    }

    pub(super) fn by(index: &Index<'_>, fleet: &Fleet) -> Self {
        let (mut parents, copied_from) = index.parents();
        cut_loops(&mut parents);
        let newer = index.newer();
        let bases = bases(&parents, &newer, &index.unread(fleet), |at, parent| index.continues(at, parent));
        let newer = newer.into_iter().map(|newer| if let Newer::Yes(at) = newer { Some(at) } else { None });
        Self { parents, copied_from, newer: newer.collect(), bases }
    }

    /// The images that one is built on, the nearest first. It ends: no image is its own ancestor.
    pub fn chain(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        let up = |at: usize| match self.parents.get(at) {
            Some(Parent::Known(parent)) => Some(*parent),
            _ => None,
        };
        std::iter::successors(up(of), move |at| up(*at))
    }
}

/// The newest version of a family, as seen from one of its images.
#[derive(Clone, Copy)]
enum Newer {
    No,
    Yes(usize),
    Unordered,
}

/// Images that can stand for each other: of one place and kind.
#[derive(Default)]
struct Line {
    size: usize,
    /// The newest of them that another image could be built on.
    newest: Option<usize>,
}

impl Index<'_> {
    /// Whether one is a copy of the other, by what they are called.
    fn is_copy(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.images[one], self.images[other]);
        one.version.is_some()
            && one.family.is_some()
            && one.family == other.family
            && one.version == other.version
    }

    fn parents(&self) -> (Vec<Parent>, Vec<Option<usize>>) {
        let original = |at: usize| {
            let (id, _) = self.images[at].source.as_ref()?;
            self.find(self.place[at], id).filter(|source| *source != at && self.is_copy(at, *source))
        };
        let copied_from: Vec<Option<usize>> = (0..self.images.len()).map(original).collect();
        let parents = (0..self.images.len()).map(|at| self.parent(at, &copied_from)).collect();
        (parents, copied_from)
    }

    /// What an image is built on: for a copy that names no other, what its original is built on.
    fn parent(&self, at: usize, copied_from: &[Option<usize>]) -> Parent {
        let mut of = at;
        for _ in 0..MOST_COPIES {
            let image = self.images[of];
            if !image.described {
                return Parent::Untold;
            }
            let Some(id) = &image.parent else { return Parent::None };
            let Some(parent) = self.find(self.place[of], id) else { return Parent::Unseen(id.clone()) };
            if Some(parent) != copied_from[of] {
                return Parent::Known(self.of_place(self.place[at], parent));
            }
            of = parent;
        }
        Parent::Loop(of)
    }

    /// For each image the newest version of its line.
    fn newer(&self) -> Vec<Newer> {
        let order = |at: usize| (self.images[at].rank, self.images[at].created_at);
        let mut lines: HashMap<(usize, usize), Line> = HashMap::new();
        let keys = || (0..).zip(self.place.iter().zip(&self.kinds));
        let keys = || keys().filter_map(|(at, (place, kind))| Some((at, (*place, (*kind)?))));
        for (at, key) in keys() {
            let line = lines.entry(key).or_default();
            line.size += 1;
            let image = self.images[at];
            let can_be_used = !matches!(image.availability, Availability::Gone(_) | Availability::Pending);
            let is_newer = line.newest.is_none_or(|newest| order(newest) < order(at));
            if can_be_used && is_newer && image.rank.is_some() && image.marked_bad().is_none() {
                line.newest = Some(at);
            }
        }
        let mut newer = vec![Newer::No; self.images.len()];
        for (at, key) in keys() {
            let Some(line) = lines.get(&key) else { continue };
            let rank = self.images[at].rank;
            newer[at] = match line.newest.filter(|newest| self.images[*newest].rank > rank) {
                _ if rank.is_none() && line.size > 1 => Newer::Unordered,
                Some(newest) if rank.is_some() => Newer::Yes(newest),
                _ => Newer::No,
            };
        }
        newer
    }

    /// For each image, whether others of its place may be missing.
    fn unread(&self, fleet: &Fleet) -> Vec<bool> {
        let gaps = fleet.gaps.iter().filter(|gap| gap.section == Section::Images && gap.about.is_none());
        let gaps: HashSet<&Place> = gaps.map(|gap| &gap.place).collect();
        let unread: Vec<bool> = self.places.iter().map(|place| gaps.contains(place)).collect();
        self.place.iter().map(|place| unread[*place]).collect()
    }
}

/// Takes the parents from images that are built on themselves.
fn cut_loops(parents: &mut [Parent]) {
    /// Nobody has been here.
    const NEW: usize = usize::MAX;
    let mut walks = vec![NEW; parents.len()];
    for first in 0..parents.len() {
        let mut at = first;
        let came_back = loop {
            if walks[at] != NEW {
                break walks[at] == first;
            }
            walks[at] = first;
            let Parent::Known(parent) = parents[at] else { break false };
            at = parent;
        };
        while came_back && let Parent::Known(parent) = parents[at] {
            parents[at] = Parent::Loop(parent);
            at = parent;
        }
    }
}

/// How what each is built on stands: its parent's own word, then what the parent itself is built on. A parent of its own
/// family is the version before it and no base: it is older by being one.
fn bases(
    parents: &[Parent],
    newer: &[Newer],
    unread: &[bool],
    continues: impl Fn(usize, usize) -> bool,
) -> Vec<Base> {
    let mut bases: Vec<Option<Base>> = vec![None; parents.len()];
    let mut walk = Vec::new();
    for first in 0..parents.len() {
        let mut at = first;
        while bases[at].is_none() {
            walk.push(at);
            match parents[at] {
                Parent::Known(parent) if bases[parent].is_none() => at = parent,
                _ => break,
            }
        }
        while let Some(at) = walk.pop() {
            bases[at] = Some(match &parents[at] {
                Parent::None => Base::None,
                Parent::Untold => Base::Unknown(Unsure::Parent(at)),
                Parent::Unseen(id) => Base::Unknown(Unsure::Unseen(id.clone())),
                Parent::Loop(parent) => Base::Unknown(Unsure::Loop(*parent)),
                Parent::Known(parent) if continues(at, *parent) => {
                    bases[*parent].clone().unwrap_or(Base::None)
                }
                Parent::Known(parent) => {
                    on(*parent, newer[*parent], bases[*parent].as_ref(), unread[*parent])
                }
            });
        }
    }
    bases.into_iter().map(|base| base.unwrap_or(Base::None)).collect()
}

/// How a parent stands as a base.
fn on(parent: usize, newer: Newer, above: Option<&Base>, unread: bool) -> Base {
    match (newer, above) {
        (Newer::Yes(newest), _) => Base::Older { on: parent, newest },
        (Newer::No | Newer::Unordered, Some(older @ Base::Older { .. })) => older.clone(),
        (Newer::Unordered, _) => Base::Unknown(Unsure::Order(parent)),
        (Newer::No, Some(unknown @ Base::Unknown(_))) => unknown.clone(),
        (Newer::No, _) if unread => Base::Unknown(Unsure::Unread(parent)),
        (Newer::No, _) => Base::Newest,
    }
}
