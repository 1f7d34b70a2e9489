//! The rows of the images screen: which there are, how deep each stands, and which lines of the tree pass by it.

use crate::app::{Observation, Row};
use crate::fleet::{ClusterId, GroupName, ImageId, Place, Section, Tree};

/// Levels that are drawn; what is deeper stands at the last of them.
const DEEPEST: usize = 24;

/// What names a row.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ImageKey {
    /// An image in the tree of the first place; the second is its own.
    Image(Place, Place, ImageId),
    /// A group of a place that runs or wants an image of it.
    Group(Place, ImageId, GroupName),
    /// What runs an image of a place and stands in no group.
    Loose(Place, ImageId),
}

impl ImageKey {
    /// The image that the row is about.
    pub fn image(&self) -> (&Place, &ImageId) {
        match self {
            Self::Image(_, place, id) | Self::Group(place, id, _) | Self::Loose(place, id) => (place, id),
        }
    }
}

/// What kind of row it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows {
    /// The heading of the place of this number.
    Place(usize),
    /// A gap of the fleet, by its number: not every image could be read.
    Gap(usize),
    /// An image.
    Image,
    /// A group that runs or wants it, by its number among those.
    Group(usize),
    /// Instances in no group.
    Loose,
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageLine {
    /// What it shows.
    pub shows: Shows,
    /// The numbers of the tree and the node of its image; none for a heading.
    pub node: Option<(usize, usize)>,
    /// The cluster of its group.
    pub cluster: Option<ClusterId>,
    /// Levels above it.
    pub depth: usize,
    /// Bit by level, whether a line passes by to something further down.
    pub rails: u32,
    /// Whether it is the last below what is above it.
    pub last: bool,
    /// Whether it is shown only for what stands below it.
    pub aside: bool,
}

type Rows = Vec<Row<ImageKey, ImageLine>>;

/// What is shown of the images: everything, or the numbers of those that match.
pub(super) type Matching<'a> = dyn Fn(usize, usize) -> bool + 'a;

/// Rows as a tree, place by place.
pub(super) fn tree(observation: &Observation, is_shown: &Matching<'_>, reversed: bool) -> Rows {
    let lineage = &observation.lineage;
    let mut rows = Vec::new();
    for (number, tree) in lineage.trees.iter().enumerate() {
        let matches: Vec<bool> = (0..tree.nodes.len()).map(|node| is_shown(number, node)).collect();
        // What a match is built on stays in sight; a parent always stands before what is built on it.
        let mut shown = matches.clone();
        for node in (0..tree.nodes.len()).rev() {
            if let Some(parent) = tree.nodes[node].parent
                && shown[node]
            {
                shown[parent] = true;
            }
        }
        let begin = heading(observation, number, tree, &mut rows);
        for node in order(tree, reversed) {
            if shown[node] {
                with_groups(observation, (number, node), tree.nodes[node].depth, !matches[node], &mut rows);
            }
        }
        draw_lines(&mut rows[begin..]);
    }
    rows
}

/// Rows one after the other, each image with its groups.
pub(super) fn flat(observation: &Observation, is_shown: &Matching<'_>, order: &[(usize, usize)]) -> Rows {
    let mut rows = Vec::new();
    gaps(observation, |_| true, &mut rows);
    let begin = rows.len();
    for &(tree, node) in order.iter().filter(|(tree, node)| is_shown(*tree, *node)) {
        with_groups(observation, (tree, node), 0, false, &mut rows);
    }
    draw_lines(&mut rows[begin..]);
    rows
}

/// The nodes of a tree in their order, or each family of siblings the other way round.
fn order(tree: &Tree, reversed: bool) -> Vec<usize> {
    if !reversed {
        return (0..tree.nodes.len()).collect();
    }
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    let mut next = Vec::new();
    for (at, node) in tree.nodes.iter().enumerate() {
        match node.parent {
            Some(parent) => below[parent].push(at),
            None => next.push(at),
        }
    }
    let mut order = Vec::with_capacity(tree.nodes.len());
    while let Some(at) = next.pop() {
        order.push(at);
        next.append(&mut below[at]);
    }
    order
}

fn row(
    key: Option<ImageKey>,
    shows: Shows,
    node: Option<(usize, usize)>,
    depth: usize,
) -> Row<ImageKey, ImageLine> {
    let shows = ImageLine { shows, node, cluster: None, depth, rails: 0, last: true, aside: false };
    Row { key, shows, height: 1 }
}

/// The heading of a place, where there are several, and what could not be read of it; gives where its images begin.
fn heading(observation: &Observation, number: usize, tree: &Tree, rows: &mut Rows) -> usize {
    if observation.lineage.trees.len() > 1 {
        rows.push(row(None, Shows::Place(number), None, 0));
    }
    gaps(observation, |place| *place == tree.place, rows);
    rows.len()
}

fn gaps(observation: &Observation, of: impl Fn(&Place) -> bool, rows: &mut Rows) {
    let gaps = observation.fleet.gaps.iter().enumerate();
    let gaps = gaps.filter(|(_, gap)| gap.section == Section::Images && of(&gap.place));
    rows.extend(gaps.map(|(number, _)| row(None, Shows::Gap(number), None, 0)));
}

/// An image, and below it what runs or wants it.
fn with_groups(observation: &Observation, node: (usize, usize), depth: usize, aside: bool, rows: &mut Rows) {
    let lineage = &observation.lineage;
    let tree = &lineage.trees[node.0];
    let Some(kin) = lineage.images.get(tree.nodes[node.1].image) else { return };
    let key = ImageKey::Image(tree.place.clone(), kin.place.clone(), kin.id.clone());
    let mut own = row(Some(key), Shows::Image, Some(node), depth);
    own.shows.aside = aside;
    rows.push(own);
    // Who runs an image of another place is told there.
    if aside || kin.place != tree.place {
        return;
    }
    for (number, one) in kin.uses.iter().enumerate() {
        let key = ImageKey::Group(kin.place.clone(), kin.id.clone(), one.group.name.clone());
        let mut group = row(Some(key), Shows::Group(number), Some(node), depth + 1);
        group.shows.cluster = Some(one.cluster.clone());
        rows.push(group);
    }
    if kin.loose > 0 {
        let key = ImageKey::Loose(kin.place.clone(), kin.id.clone());
        rows.push(row(Some(key), Shows::Loose, Some(node), depth + 1));
    }
}

/// Finds the lines of the tree, from the last row up.
fn draw_lines(rows: &mut [Row<ImageKey, ImageLine>]) {
    // By level, whether a row of it comes further down below the same image.
    let mut goes_on: Vec<bool> = Vec::new();
    for row in rows.iter_mut().rev() {
        let depth = row.shows.depth.min(DEEPEST);
        goes_on.resize(depth + 1, false);
        row.shows.depth = depth;
        row.shows.last = !goes_on[depth];
        row.shows.rails =
            (1..depth).filter(|level| goes_on[*level]).fold(0, |rails, level| rails | 1 << level);
        goes_on[depth] = true;
    }
}
