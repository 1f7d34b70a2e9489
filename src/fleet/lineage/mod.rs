//! Lineage: base image → application base → application image → the groups and instances that run it.
//!
//! One forest a place, made of the snapshot alone. What is named and was in no answer has its row all the same; what
//! could not be read is said. Work grows with the number of images and instances, times its logarithm at most. What
//! a newer base means for an instance is judged in `drift`.

mod ancestry;
mod index;
#[cfg(test)]
mod tests;
mod usage;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

pub use ancestry::{Ancestry, Base, Parent, Unsure};
pub use usage::Use;

use super::{Fleet, Image, ImageId, Place};
use index::Index;
use usage::Usage;

/// The lineage of a fleet.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lineage {
    /// Every image: those of the fleet, in their order, then those that are only named.
    pub images: Vec<Kin>,
    /// One a place, in their order.
    pub trees: Vec<Tree>,
    /// What each image of the fleet is built on.
    pub ancestry: Ancestry,
    copies: Vec<Vec<usize>>,
}

/// An image among its kin.
#[derive(Clone, PartialEq, Debug)]
pub struct Kin {
    /// Where it is.
    pub place: Place,
    /// Its id.
    pub id: ImageId,
    /// Groups that run or want it, by name.
    pub uses: Vec<Use>,
    /// Instances that run it and stand in no group, or whose group is not known.
    pub loose: usize,
    /// Number of the images that it is one with, in other places.
    copies: Option<usize>,
}

impl Kin {
    /// Instances that run it.
    pub fn in_use(&self) -> usize {
        self.uses.iter().map(|one| one.instances).sum::<usize>() + self.loose
    }

    /// Instances of groups with traffic that run it.
    pub fn serving(&self) -> usize {
        self.uses.iter().filter(|one| one.live).map(|one| one.instances).sum()
    }
}

/// The images of one place, and those of others that they are built on.
#[derive(Clone, PartialEq, Debug)]
pub struct Tree {
    /// Where.
    pub place: Place,
    /// Images, each followed by what is built on it; families by name, the newest of each first.
    pub nodes: Vec<Node>,
}

/// An image in its tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// The number of the image.
    pub image: usize,
    /// The node it is built on, by its number.
    pub parent: Option<usize>,
    /// How many images are above it.
    pub depth: usize,
    /// Clusters that run it, or what is built on it; not what a later version of its own family carries on.
    pub clusters: usize,
    /// Instances that run it, or what is built on it, counted alike.
    pub instances: usize,
}

impl Lineage {
    /// Finds the lineage of a fleet.
    pub fn of(fleet: &Fleet) -> Self {
        let index = Index::of(fleet);
        let ancestry = Ancestry::by(&index, fleet);
        let mut images: Vec<Kin> = fleet.images.keys().map(|(place, id)| kin(place, id)).collect();
        for (image, copies) in images.iter_mut().zip(&index.twins) {
            image.copies = *copies;
        }
        let usage = Usage::of(fleet, &index, &mut images);
        let mut lineage = Self { images, trees: Vec::new(), ancestry, copies: Vec::new() };
        let mut places: Vec<&Place> = fleet.places.iter().collect();
        places.sort();
        let ranks = index.ranks();
        lineage.trees = places.into_iter().map(|place| lineage.tree(&index, &ranks, place, &usage)).collect();
        lineage.copies = index.copies;
        lineage
    }

    /// The same image in other places.
    pub fn copies(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        let place = self.images.get(of).map(|kin| &kin.place);
        let all = self.images.get(of).and_then(|kin| self.copies.get(kin.copies?));
        let elsewhere = move |at: &usize| Some(&self.images[*at].place) != place;
        all.into_iter().flatten().copied().filter(elsewhere)
    }

    /// What is known of an image; `None` where it is only named.
    pub fn image<'a>(&self, fleet: &'a Fleet, at: usize) -> Option<&'a Image> {
        let kin = self.images.get(at)?;
        fleet.image(&kin.place, &kin.id)
    }

    /// The number of an image of the fleet.
    pub fn find(&self, place: &Place, id: &ImageId) -> Option<usize> {
        let known = self.ancestry.parents.len();
        let found = self.images[..known].binary_search_by(|kin| (&kin.place, &kin.id).cmp(&(place, id)));
        let named = || self.images[known..].iter().position(|kin| kin.place == *place && kin.id == *id);
        found.ok().or_else(|| Some(known + named()?))
    }

    /// How what an image is built on stands; nothing is known of one that is only named.
    pub fn base(&self, at: usize) -> Base {
        self.ancestry.bases.get(at).cloned().unwrap_or(Base::Unknown(Unsure::Parent(at)))
    }

    /// The number of an image that is only named, which may be a new one.
    fn named(&mut self, named: &mut HashMap<ImageId, usize>, place: &Place, id: &ImageId) -> usize {
        *named.entry(id.clone()).or_insert_with(|| {
            self.images.push(kin(place, id));
            self.images.len() - 1
        })
    }

    fn tree(&mut self, index: &Index<'_>, ranks: &[usize], place: &Place, usage: &Usage) -> Tree {
        let known = index.images.len();
        let from = self.images[..known].partition_point(|kin| kin.place < *place);
        let to = self.images[..known].partition_point(|kin| kin.place <= *place);
        let mut named: HashMap<ImageId, usize> = (known..self.images.len())
            .filter(|at| self.images[*at].place == *place)
            .map(|at| (self.images[at].id.clone(), at))
            .collect();
        let mut grown = Grown::default();
        for only in named.values() {
            grown.put(*only, None);
        }
        for first in from..to {
            let mut at = first;
            // What is known already has its ancestors.
            loop {
                let parent = match self.ancestry.parents.get(at) {
                    Some(Parent::Known(parent)) => Some(*parent),
                    Some(Parent::Unseen(id)) => Some(self.named(&mut named, place, &id.clone())),
                    _ => None,
                };
                match parent {
                    _ if !grown.put(at, parent) => break,
                    Some(parent) => at = parent,
                    None => break,
                }
            }
        }
        let order = |at: usize| {
            let image = index.images.get(at);
            let rank = ranks.get(at).copied().unwrap_or(usize::MAX);
            let age = image.map(|image| (image.rank, image.created_at));
            (rank, Reverse(age), &self.images[at].id)
        };
        let mut nodes = grown.laid_out(order);
        let own = |at: usize| Some(&self.images[at]).filter(|kin| kin.place == *place);
        count(
            &mut nodes,
            |at| own(at).map_or(0, Kin::in_use),
            |at| own(at).map_or(&[][..], |_| usage.clusters(at)),
            |image, parent| index.continues(image, parent),
        );
        Tree { place: place.clone(), nodes }
    }
}

fn kin(place: &Place, id: &ImageId) -> Kin {
    Kin { place: place.clone(), id: id.clone(), uses: Vec::new(), loose: 0, copies: None }
}

/// A forest while it grows.
#[derive(Default)]
struct Grown {
    /// Images and what they are built on.
    all: Vec<(usize, Option<usize>)>,
    /// By the number of the image.
    is_in: Vec<bool>,
}

impl Grown {
    /// Tells whether it was not in yet.
    fn put(&mut self, image: usize, parent: Option<usize>) -> bool {
        if self.is_in.len() <= image {
            self.is_in.resize(image + 1, false);
        }
        let is_new = !std::mem::replace(&mut self.is_in[image], true);
        if is_new {
            self.all.push((image, parent));
        }
        is_new
    }

    /// The images in the order of their rows.
    fn laid_out<K: Ord>(mut self, order: impl Fn(usize) -> K) -> Vec<Node> {
        self.all.sort_by_cached_key(|(image, _)| order(*image));
        // The first of what is built on each, and the one after each.
        let mut first: Vec<Option<usize>> = vec![None; self.is_in.len()];
        let mut after = first.clone();
        let mut next: Vec<(usize, Option<usize>, usize)> = Vec::new();
        for &(image, parent) in self.all.iter().rev() {
            match parent {
                Some(parent) => after[image] = first[parent].replace(image),
                None => next.push((image, None, 0)),
            }
        }
        let mut nodes: Vec<Node> = Vec::with_capacity(self.all.len());
        while let Some((image, parent, depth)) = next.pop() {
            next.extend(after[image].map(|sibling| (sibling, parent, depth)));
            next.extend(first[image].map(|child| (child, Some(nodes.len()), depth + 1)));
            nodes.push(Node { image, parent, depth, clusters: 0, instances: 0 });
        }
        nodes
    }
}

/// Counts instances and clusters of every image with all that is built on it, from the leaves up.
fn count<'a>(
    nodes: &mut [Node],
    instances: impl Fn(usize) -> usize,
    clusters: impl Fn(usize) -> &'a [usize],
    continues: impl Fn(usize, usize) -> bool,
) {
    let mut below: Vec<HashSet<usize>> = vec![HashSet::new(); nodes.len()];
    for at in (0..nodes.len()).rev() {
        let node = &mut nodes[at];
        let mut own = std::mem::take(&mut below[at]);
        own.extend(clusters(node.image));
        node.instances += instances(node.image);
        node.clusters = own.len();
        let (image, parent, instances) = (node.image, node.parent, node.instances);
        if let Some(parent) = parent.filter(|parent| !continues(image, nodes[*parent].image)) {
            nodes[parent].instances += instances;
            // The smaller of two sets goes into the larger one.
            let (small, mut large) = if own.len() < below[parent].len() {
                (own, std::mem::take(&mut below[parent]))
            } else {
                (std::mem::take(&mut below[parent]), own)
            };
            large.extend(small);
            below[parent] = large;
        }
    }
}
