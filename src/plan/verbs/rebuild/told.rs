//! What is told of a rebuild beside its steps: the tree of its builds, and what runs an older base when it is done.

use std::collections::{BTreeMap, BTreeSet};

use super::Asked;
use crate::fleet::{ClusterId, Fleet, Image, Place, Text};
use crate::plan::StartBuild;
use crate::plan::verbs::Given;

/// The builds as a tree in one line: `base 1.1 → app-base 2.1 → (orders 1.43.1, search 0.9.1)`.
pub(super) fn tree(builds: &[Vec<StartBuild>]) -> String {
    let level = |level: &Vec<StartBuild>| {
        let names: Vec<String> = level.iter().map(|one| format!("{} {}", one.family, one.version)).collect();
        if let [only] = names.as_slice() { only.clone() } else { format!("({})", names.join(", ")) }
    };
    format!("builds {}", builds.iter().map(level).collect::<Vec<_>>().join(" → "))
}

/// What would then run an older base: families that stand on what is rebuilt and are not rebuilt themselves, with the
/// instances that run them.
pub(super) fn stale(given: Given<'_>, asked: Asked<'_>, starts: &[&StartBuild]) -> Option<String> {
    let fleet = given.fleet;
    let rebuilt = |family: &Text| starts.iter().any(|start| start.family == *family);
    let mut counted: BTreeMap<Text, (usize, BTreeSet<&ClusterId>)> = BTreeMap::new();
    for cluster in fleet.clusters.iter().filter(|cluster| cluster.id.place == *asked.place) {
        for instance in cluster.groups.iter().flat_map(|group| &group.instances) {
            let Some(image) = instance.running.as_ref().and_then(|run| fleet.image(asked.place, &run.image))
            else {
                continue;
            };
            let Some(family) = image.family.as_ref().map(|family| &family.name) else { continue };
            if is_built_on(fleet, asked.place, image, &rebuilt) || rebuilt(family) {
                let (instances, clusters) = counted.entry(family.clone()).or_default();
                *instances += 1;
                clusters.insert(&cluster.id);
            }
        }
    }
    if counted.is_empty() {
        return None;
    }
    let says: Vec<String> = counted
        .iter()
        .map(|(family, (instances, clusters))| {
            let plural = |count: usize, what: &str| {
                if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
            };
            let instances = plural(*instances, "instance");
            format!("{family}: {instances} in {}", plural(clusters.len(), "cluster"))
        })
        .collect();
    Some(format!("behind or on an older base when it is done: {}", says.join("; ")))
}

/// Whether an image stands on one of these families, at any depth.
fn is_built_on(fleet: &Fleet, place: &Place, image: &Image, on: &impl Fn(&Text) -> bool) -> bool {
    /// Levels that are followed: more are a circle of tags.
    const DEPTH: usize = 16;
    let mut next = image.parent.as_ref();
    for _ in 0..DEPTH {
        let Some(parent) = next.and_then(|id| fleet.image(place, id)) else { return false };
        if parent.family.as_ref().is_some_and(|family| on(&family.name)) {
            return true;
        }
        next = parent.parent.as_ref();
    }
    false
}
