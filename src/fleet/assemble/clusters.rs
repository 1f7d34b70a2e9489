//! Which server groups make a cluster: by configuration, by a tag, by a shared listener or rule, by name.
//!
//! The first way that tells decides for a group. A name is unique within a place: what is found under the same name
//! by different ways is one cluster.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::fleet::{
    Cluster, ClusterName, ClusterNaming, Facts, FoundBy, GroupName, Naming, Place, ServerGroup,
};

use super::traffic::Traffic;

/// A cluster on the way.
pub(super) struct Found {
    /// The strongest way that found it.
    pub(super) by: FoundBy,
    /// Positions of its groups.
    pub(super) groups: BTreeSet<usize>,
}

/// Finds the clusters of a place. Every group stands in at least one.
pub(super) fn find(
    facts: &Facts,
    naming: &Naming,
    groups: &[Arc<ServerGroup>],
    traffic: &Traffic,
) -> BTreeMap<ClusterName, Found> {
    let mut clusters = Clusters::default();
    for (index, group) in groups.iter().enumerate() {
        let configured = by_configuration(naming, &facts.place, &group.id.name);
        if !configured.is_empty() {
            for name in configured {
                clusters.add(name, FoundBy::Configuration, index);
            }
        } else if let Some(name) = by_tag(naming, group) {
            clusters.add(name, FoundBy::Tag, index);
        }
    }
    clusters.share_traffic(groups, traffic);
    for (index, group) in groups.iter().enumerate() {
        if !clusters.of.contains_key(&index) {
            clusters.add(ClusterName::new(stem(group.id.name.raw())), FoundBy::Name, index);
        }
    }
    clusters.found
}

#[derive(Default)]
struct Clusters {
    found: BTreeMap<ClusterName, Found>,
    /// Names by group.
    of: HashMap<usize, BTreeSet<ClusterName>>,
}

impl Clusters {
    fn add(&mut self, name: ClusterName, by: FoundBy, group: usize) {
        self.of.entry(group).or_default().insert(name.clone());
        let found = self.found.entry(name).or_insert(Found { by, groups: BTreeSet::new() });
        found.by = found.by.min(by);
        found.groups.insert(group);
    }

    /// Places the groups that nothing has named yet by what they share traffic with: in the clusters of the named
    /// groups beside them, else with each other.
    fn share_traffic(&mut self, groups: &[Arc<ServerGroup>], traffic: &Traffic) {
        let decided: HashSet<usize> = self.of.keys().copied().collect();
        let mut among_themselves = BTreeSet::new();
        for sharing in sharing(groups, traffic) {
            let (beside, open): (Vec<usize>, Vec<usize>) =
                sharing.iter().partition(|index| decided.contains(index));
            if beside.is_empty() {
                among_themselves.insert(sharing);
                continue;
            }
            let names: BTreeSet<ClusterName> =
                beside.iter().filter_map(|index| self.of.get(index)).flatten().cloned().collect();
            for group in open {
                for name in &names {
                    self.add(name.clone(), FoundBy::Traffic, group);
                }
            }
        }
        for sharing in largest(&among_themselves) {
            let name = shared_name(sharing.iter().map(|&index| &groups[index].id.name));
            for &group in sharing {
                self.add(name.clone(), FoundBy::Traffic, group);
            }
        }
    }
}

/// The sets of at least two groups that one listener or rule sends requests to.
fn sharing(groups: &[Arc<ServerGroup>], traffic: &Traffic) -> BTreeSet<BTreeSet<usize>> {
    let index: HashMap<&GroupName, usize> =
        groups.iter().enumerate().map(|(index, group)| (&group.id.name, index)).collect();
    traffic
        .sources
        .iter()
        .map(|source| {
            let names = source.weights.iter().flat_map(|weight| &weight.groups);
            names.filter_map(|name| index.get(name).copied()).collect::<BTreeSet<usize>>()
        })
        .filter(|set| set.len() > 1)
        .collect()
}

/// The sets that are no part of another: a test listener that names fewer groups makes no second cluster.
fn largest(sets: &BTreeSet<BTreeSet<usize>>) -> Vec<&BTreeSet<usize>> {
    let mut holding: HashMap<usize, Vec<&BTreeSet<usize>>> = HashMap::new();
    for set in sets {
        for &group in set {
            holding.entry(group).or_default().push(set);
        }
    }
    let is_part = |set: &BTreeSet<usize>| {
        let others = set.first().and_then(|group| holding.get(group));
        others.into_iter().flatten().any(|other| other.len() > set.len() && set.is_subset(other))
    };
    sets.iter().filter(|set| !is_part(set)).collect()
}

fn by_configuration(naming: &Naming, place: &Place, group: &GroupName) -> Vec<ClusterName> {
    configured(naming, place)
        .filter(|cluster| cluster.groups.iter().any(|pattern| matches_whole(pattern, group)))
        .map(|cluster| ClusterName::new(&cluster.name))
        .collect()
}

/// What the configuration says of a place.
fn configured<'a>(naming: &'a Naming, place: &'a Place) -> impl Iterator<Item = &'a ClusterNaming> {
    let is_of =
        |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
    naming
        .clusters
        .iter()
        .filter(move |cluster| is_of(&cluster.account, place.account.raw()))
        .filter(move |cluster| is_of(&cluster.region, place.region.raw()))
}

fn matches_whole(pattern: &regex::Regex, group: &GroupName) -> bool {
    pattern.find(group.raw()).is_some_and(|found| found.len() == group.raw().len())
}

/// The patterns by which the configuration finds a cluster's groups.
pub(super) fn patterns(naming: &Naming, place: &Place, cluster: &ClusterName) -> Vec<String> {
    let own = configured(naming, place).filter(|own| own.name == cluster.raw());
    own.flat_map(|own| &own.groups).map(ToString::to_string).collect()
}

impl Cluster {
    /// Whether a group that is made like one of it, tags and all, is found to be of it too. Where its traffic does not
    /// tell that, its name has to.
    pub fn would_have(&self, name: &GroupName, shares_traffic: bool) -> bool {
        match self.found_by {
            FoundBy::Tag => true,
            FoundBy::Configuration => {
                let patterns = self.patterns.iter().filter_map(|pattern| regex::Regex::new(pattern).ok());
                patterns.into_iter().any(|pattern| matches_whole(&pattern, name))
            }
            FoundBy::Traffic | FoundBy::Name => shares_traffic || stem(name.raw()) == self.id.name.raw(),
        }
    }
}

fn by_tag(naming: &Naming, group: &ServerGroup) -> Option<ClusterName> {
    let values = naming.cluster_tags.iter().filter_map(|key| group.tags.get(key.as_str()));
    values.map(|value| value.raw().trim()).find(|value| !value.is_empty()).map(ClusterName::new)
}

/// One name where all groups have it in common, else all of them: `orders+payments`.
fn shared_name<'a>(groups: impl Iterator<Item = &'a GroupName>) -> ClusterName {
    let stems: BTreeSet<&str> = groups.map(|name| stem(name.raw())).collect();
    ClusterName::new(stems.into_iter().collect::<Vec<_>>().join("+"))
}

/// A group's name without colour and version at its end (`-blue`, `-green`, `-v012`).
fn stem(name: &str) -> &str {
    let is_colour = |end: &str| end.eq_ignore_ascii_case("blue") || end.eq_ignore_ascii_case("green");
    let is_version = |end: &str| {
        end.strip_prefix(['v', 'V'])
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match name.rsplit_once('-') {
        Some((head, end)) if !head.is_empty() && (is_colour(end) || is_version(end)) => stem(head),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_to_be_is_of_a_cluster_by_the_way_that_cluster_is_found() {
        let cluster = |found_by, patterns: &[&str]| Cluster {
            id: crate::fleet::ClusterId {
                place: Place { account: "123456789012".into(), region: "eu-west-1".into() },
                name: "orders".into(),
            },
            found_by,
            patterns: patterns.iter().map(ToString::to_string).collect(),
            groups: Vec::new(),
            traffic: Vec::new(),
            seen_at: None,
        };
        let by_pattern = cluster(FoundBy::Configuration, &["orders-(blue|green)", "shop-.*"]);
        assert!(by_pattern.would_have(&"orders-green".into(), false));
        assert!(by_pattern.would_have(&"shop-1".into(), false));
        assert!(!by_pattern.would_have(&"orders-green-v2".into(), true), "the whole name has to match");
        assert!(cluster(FoundBy::Tag, &[]).would_have(&"anything".into(), false));
        for by in [FoundBy::Name, FoundBy::Traffic] {
            assert!(cluster(by, &[]).would_have(&"orders-green".into(), false));
            assert!(!cluster(by, &[]).would_have(&"other-green".into(), false));
            assert!(cluster(by, &[]).would_have(&"other-green".into(), true));
        }
    }

    #[test]
    fn a_name_loses_its_colour_and_its_version() {
        for (name, expected) in [
            ("orders-blue", "orders"),
            ("orders-Green", "orders"),
            ("orders-v012", "orders"),
            ("orders-green-v012", "orders"),
            ("orders-v012-blue", "orders"),
            ("orders-v", "orders-v"),
            ("orders-v1a", "orders-v1a"),
            ("orders-bluer", "orders-bluer"),
            ("ordersblue", "ordersblue"),
            ("blue", "blue"),
            ("-blue", "-blue"),
            ("", ""),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn a_set_within_another_makes_no_cluster_of_its_own() {
        let set = |groups: &[usize]| groups.iter().copied().collect::<BTreeSet<usize>>();
        let sets = BTreeSet::from([set(&[1, 2]), set(&[1, 2, 3]), set(&[3, 4])]);
        assert_eq!(largest(&sets), [&set(&[1, 2, 3]), &set(&[3, 4])]);
    }
}
