//! The images of a fleet by number: found by id, and told apart by what they are images of.
//!
//! Each id, family and version is hashed once; everything after works on numbers.

use std::collections::HashMap;

use crate::fleet::{FamilyId, Fleet, Image, ImageId, Place, Text};

/// All images, in the order of the fleet.
pub(super) struct Index<'a> {
    pub(super) images: Vec<&'a Image>,
    /// The places, in order.
    pub(super) places: Vec<&'a Place>,
    /// The number of the place of each image.
    pub(super) place: Vec<usize>,
    /// The first image of an id.
    first: HashMap<&'a ImageId, usize>,
    /// The next image of the same id, in another place.
    further: HashMap<usize, usize>,
    /// What each is an image of: one family and architecture, wherever.
    pub(super) kinds: Vec<Option<usize>>,
    /// The number of the images that each is one with, itself among them.
    pub(super) twins: Vec<Option<usize>>,
    /// Images that are one: of one kind and version.
    pub(super) copies: Vec<Vec<usize>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(fleet: &'a Fleet) -> Self {
        let count = fleet.images.len();
        let mut index = Self {
            images: Vec::with_capacity(count),
            places: Vec::new(),
            place: Vec::with_capacity(count),
            first: HashMap::with_capacity(count),
            further: HashMap::new(),
            kinds: Vec::with_capacity(count),
            twins: Vec::with_capacity(count),
            copies: Vec::new(),
        };
        let mut latest = HashMap::new();
        let mut kinds: HashMap<(&FamilyId, Option<&Text>), usize> = HashMap::new();
        let mut versions: HashMap<(usize, &Text), usize> = HashMap::with_capacity(count);
        for (number, ((place, id), image)) in fleet.images.iter().enumerate() {
            if index.places.last() != Some(&place) {
                index.places.push(place);
            }
            index.images.push(image);
            index.place.push(index.places.len() - 1);
            let first = *index.first.entry(id).or_insert(number);
            if first != number {
                let before = latest.insert(id, number).unwrap_or(first);
                index.further.insert(before, number);
            }
            let kind = image.family.as_ref().map(|family| {
                let next = kinds.len();
                *kinds.entry((family, image.architecture.as_ref())).or_insert(next)
            });
            let twins = kind.zip(image.version.as_ref()).map(|version| {
                let twins = *versions.entry(version).or_insert(index.copies.len());
                if twins == index.copies.len() {
                    index.copies.push(Vec::new());
                }
                index.copies[twins].push(number);
                twins
            });
            index.kinds.push(kind);
            index.twins.push(twins);
        }
        index
    }

    /// An image by id, in the place of that number.
    pub(super) fn find_in(&self, place: usize, id: &ImageId) -> Option<usize> {
        let first = self.first.get(id).copied();
        std::iter::successors(first, |at| self.further.get(at).copied()).find(|at| self.place[*at] == place)
    }

    /// An image by id: of this place, else the first of any.
    pub(super) fn find(&self, place: usize, id: &ImageId) -> Option<usize> {
        self.find_in(place, id).or_else(|| self.first.get(id).copied())
    }

    /// The image of a place that is the same as this one of another place; else this one.
    pub(super) fn of_place(&self, place: usize, at: usize) -> usize {
        let mut twins = self.twins[at].iter().flat_map(|twins| &self.copies[*twins]);
        if self.place[at] == place {
            return at;
        }
        twins.find(|twin| self.place[**twin] == place).copied().unwrap_or(at)
    }

    /// Whether an image is a later version of the one it is built on; neither may be only named.
    pub(super) fn continues(&self, image: usize, parent: usize) -> bool {
        let family = |at: usize| self.images.get(at)?.family.as_ref();
        family(image).is_some() && family(image) == family(parent)
    }

    /// The order of each by the name of its family; those of none come last.
    pub(super) fn ranks(&self) -> Vec<usize> {
        let mut names: HashMap<usize, &Text> = HashMap::new();
        for (image, kind) in self.images.iter().zip(&self.kinds) {
            if let (Some(family), Some(kind)) = (&image.family, kind) {
                names.entry(*kind).or_insert(&family.name);
            }
        }
        let mut sorted: Vec<&Text> = names.values().copied().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let rank = |name: &&Text| sorted.partition_point(|other| other < name);
        let ranks: HashMap<usize, usize> = names.iter().map(|(kind, name)| (*kind, rank(name))).collect();
        self.kinds
            .iter()
            .map(|kind| kind.and_then(|kind| ranks.get(&kind).copied()).unwrap_or(usize::MAX))
            .collect()
    }

    /// The number of a place that has images.
    pub(super) fn place(&self, place: &Place) -> Option<usize> {
        self.places.binary_search(&place).ok()
    }
}
