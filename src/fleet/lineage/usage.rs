//! Who runs or wants which image, counted in one walk over the instances.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::index::Index;
use super::{Kin, kin};
use crate::fleet::{ClusterId, Fleet, GroupId, ImageId, Place, ServerGroup};

/// A group that runs or wants an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// The group.
    pub group: GroupId,
    /// The first cluster it stands in.
    pub cluster: ClusterId,
    /// Instances of it that run the image.
    pub instances: usize,
    /// Whether it takes traffic.
    pub live: bool,
    /// Whether it launches the image, or is being refreshed to it.
    pub wants: bool,
}

/// Clusters by the number of the image they run.
pub(super) struct Usage {
    clusters: Vec<Vec<usize>>,
}

impl Usage {
    /// Counts, and adds images that run and were in no answer.
    pub(super) fn of(fleet: &Fleet, index: &Index<'_>, images: &mut Vec<Kin>) -> Self {
        let clusters = vec![Vec::new(); images.len()];
        let mut count = Count { index, images, unseen: HashMap::new(), clusters };
        let mut seen = HashSet::new();
        for (number, cluster) in fleet.clusters.iter().enumerate() {
            for group in &cluster.groups {
                if seen.insert(&group.id) {
                    count.group(number, &cluster.id, group);
                }
            }
        }
        for instance in fleet.unmanaged.iter().chain(&fleet.unplaced) {
            if let Some(running) = &instance.running {
                let at = count.number(&instance.place, index.place(&instance.place), &running.image);
                count.images[at].loose += 1;
            }
        }
        let mut clusters = count.clusters;
        clusters.resize(images.len(), Vec::new());
        for image in images {
            image.uses.sort_by(|a, b| a.group.name.cmp(&b.group.name));
        }
        Self { clusters }
    }

    /// Clusters that run an image.
    pub(super) fn clusters(&self, image: usize) -> &[usize] {
        self.clusters.get(image).map_or(&[], Vec::as_slice)
    }
}

struct Count<'a, 'b> {
    index: &'b Index<'a>,
    images: &'b mut Vec<Kin>,
    /// Images that were in no answer.
    unseen: HashMap<(&'a Place, &'a ImageId), usize>,
    clusters: Vec<Vec<usize>>,
}

impl<'a> Count<'a, '_> {
    fn number(&mut self, place: &'a Place, numbered: Option<usize>, id: &'a ImageId) -> usize {
        let images = &mut *self.images;
        numbered.and_then(|place| self.index.find_in(place, id)).unwrap_or_else(|| {
            *self.unseen.entry((place, id)).or_insert_with(|| {
                images.push(kin(place, id));
                images.len() - 1
            })
        })
    }

    fn group(&mut self, number: usize, cluster: &ClusterId, group: &'a ServerGroup) {
        let place = &group.id.place;
        let numbered = self.index.place(place);
        // The neighbour mostly runs the same, or the one of two that a group changes between.
        let mut recent: [Option<(&ImageId, usize)>; 2] = [None; 2];
        let mut found: BTreeMap<usize, (usize, bool)> = BTreeMap::new();
        for running in group.instances.iter().filter_map(|instance| instance.running.as_ref()) {
            let id = &running.image;
            let known = recent.iter().flatten().find(|(known, _)| *known == id);
            let at = known.map_or_else(|| self.number(place, numbered, id), |(_, at)| *at);
            if known.is_none() {
                recent = [Some((id, at)), recent[0]];
            }
            found.entry(at).or_default().0 += 1;
        }
        let refreshing = group.refresh.iter().flat_map(|refresh| &refresh.wants);
        for id in group.wants.iter().chain(refreshing).filter_map(|wanted| wanted.image.as_ref()) {
            let at = self.number(place, numbered, id);
            found.entry(at).or_default().1 = true;
        }
        self.clusters.resize(self.images.len(), Vec::new());
        for (at, (instances, wants)) in found {
            if instances > 0 && self.clusters[at].last() != Some(&number) {
                self.clusters[at].push(number);
            }
            let (group, cluster, live) = (group.id.clone(), cluster.clone(), group.live);
            self.images[at].uses.push(Use { group, cluster, instances, live, wants });
        }
    }
}
