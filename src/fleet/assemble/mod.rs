//! Makes one snapshot of raw facts.
//!
//! Everything here is a pure function of the facts and the naming: same input, same fleet, in the same order. What
//! was not read stays unknown. Each file has one idea: [`images`], [`wants`], [`instances`], [`groups`],
//! [`traffic`], [`clusters`], [`ages`].

mod ages;
mod clusters;
mod groups;
mod images;
mod instances;
#[cfg(test)]
mod tests;
mod traffic;
mod wants;

use std::sync::Arc;

use jiff::Timestamp;

use super::{Cluster, ClusterId, Facts, Fleet, FoundBy, Identity, Naming, ServerGroup};
use instances::Instances;
use traffic::Traffic;
use wants::Templates;

/// Makes a snapshot of the facts of every place; `at` is the time of a fleet of which nothing was read yet.
pub fn assemble(facts: &[Facts], naming: &Naming, identity: Option<Identity>, at: Timestamp) -> Fleet {
    let mut fleet = Fleet { identity, ..Fleet::empty(at) };
    let mut places: Vec<&Facts> = facts.iter().collect();
    places.sort_by(|a, b| a.place.cmp(&b.place));
    for facts in places {
        add(&mut fleet, facts, naming);
    }
    fleet.observed_at = facts.iter().filter_map(ages::newest).max().unwrap_or(at);
    fleet.unmanaged.sort_by(|a, b| (&a.place, &a.id).cmp(&(&b.place, &b.id)));
    fleet.unplaced.sort_by(|a, b| (&a.place, &a.id).cmp(&(&b.place, &b.id)));
    fleet
}

/// Adds one account and region.
fn add(fleet: &mut Fleet, facts: &Facts, naming: &Naming) {
    let templates = Templates::of(facts);
    let instances = Instances::of(facts, &templates);
    let traffic = Traffic::of(facts, &instances);
    let groups: Vec<Arc<ServerGroup>> =
        groups::of(facts, &instances, &traffic, &templates).into_iter().map(Arc::new).collect();

    for (name, found) in clusters::find(facts, naming, &groups, &traffic) {
        let groups: Vec<Arc<ServerGroup>> = found.groups.iter().map(|&index| groups[index].clone()).collect();
        let sources = traffic.sources_of(&groups);
        fleet.clusters.push(Cluster {
            seen_at: ages::cluster(facts, &groups, &sources),
            found_by: found.by,
            patterns: if found.by == FoundBy::Configuration {
                clusters::patterns(naming, &facts.place, &name)
            } else {
                Vec::new()
            },
            id: ClusterId { place: facts.place.clone(), name },
            traffic: sources,
            groups,
        });
    }
    let (unmanaged, unplaced) = instances.in_no_group();
    fleet.unmanaged.extend(unmanaged);
    fleet.unplaced.extend(unplaced);
    fleet
        .images
        .extend(images::of(facts, naming).into_iter().map(|i| ((facts.place.clone(), i.id.clone()), i)));
    fleet.templates.extend(templates.into_versions(&facts.place));
    fleet.target_groups.extend(traffic.target_groups);
    let alarms = facts.alarms.iter();
    fleet.alarms.extend(alarms.map(|(name, seen)| ((facts.place.clone(), name.clone()), seen.clone())));
    fleet.ages.extend(ages::sections(facts).map(|(section, at)| ((facts.place.clone(), section), at)));
    fleet.places.push(facts.place.clone());
    fleet.gaps.extend(facts.gaps.iter().cloned());
}
