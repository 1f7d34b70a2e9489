//! Who runs or wants which image, counted in one walk over the instances.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Kin, kin};
use crate::fleet::{ClusterId, Fleet, GroupId, ImageId, Instance, Place, ServerGroup};

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
    pub(super) fn of(fleet: &Fleet, images: &mut Vec<Kin>) -> Self {
        let mut count = Count::new(fleet, images);
        for (number, cluster) in fleet.clusters.iter().enumerate() {
            for group in &cluster.groups {
                if count.seen.insert(&group.id) {
                    count.group(number, &cluster.id, group);
                }
            }
        }
        for instance in fleet.unmanaged.iter().chain(&fleet.unplaced) {
            if let Some(at) = count.running(instance) {
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
    images: &'b mut Vec<Kin>,
    numbers: HashMap<(&'a Place, &'a ImageId), usize>,
    seen: HashSet<&'a GroupId>,
    clusters: Vec<Vec<usize>>,
    /// The image before: the neighbour mostly runs the same.
    latest: Option<(&'a Place, &'a ImageId, usize)>,
}

impl<'a, 'b> Count<'a, 'b> {
    fn new(fleet: &'a Fleet, images: &'b mut Vec<Kin>) -> Self {
        let numbers = fleet.images.keys().enumerate().map(|(at, (place, id))| ((place, id), at)).collect();
        let clusters = vec![Vec::new(); images.len()];
        Self { images, numbers, seen: HashSet::new(), clusters, latest: None }
    }

    /// The number of the image that an instance runs.
    fn running(&mut self, instance: &'a Instance) -> Option<usize> {
        let id = &instance.running.as_ref()?.image;
        Some(self.number(&instance.place, id))
    }

    fn number(&mut self, place: &'a Place, id: &'a ImageId) -> usize {
        if let Some((.., at)) = self.latest.filter(|(there, known, _)| *known == id && *there == place) {
            return at;
        }
        let images = &mut *self.images;
        let at = *self.numbers.entry((place, id)).or_insert_with(|| {
            images.push(kin(place, id));
            images.len() - 1
        });
        self.latest = Some((place, id, at));
        at
    }

    fn group(&mut self, number: usize, cluster: &ClusterId, group: &'a ServerGroup) {
        let mut runs: Vec<usize> =
            group.instances.iter().filter_map(|instance| self.running(instance)).collect();
        runs.sort_unstable();
        let runs =
            runs.chunk_by(PartialEq::eq).filter_map(|alike| Some((*alike.first()?, (alike.len(), false))));
        let mut found: BTreeMap<usize, (usize, bool)> = runs.collect();
        let refreshing = group.refresh.iter().flat_map(|refresh| &refresh.wants);
        for id in group.wants.iter().chain(refreshing).filter_map(|wanted| wanted.image.as_ref()) {
            let at = self.number(&group.id.place, id);
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
