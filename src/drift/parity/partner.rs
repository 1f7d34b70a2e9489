//! With which other cluster one is compared most likely: the same somewhere else, the same in another environment,
//! one of the same images, any other.

use std::collections::BTreeSet;
use std::fmt;

use crate::fleet::{Cluster, Fleet, Text};

/// Why a cluster is proposed, the most likely first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Likeness {
    /// The same name in another region or account.
    SameName,
    /// The same name but for the environment, such as `orders` and `orders-staging`.
    SameButEnvironment,
    /// Images of the same family.
    SameImages,
    /// None.
    Other,
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SameName => "the same name elsewhere",
            Self::SameButEnvironment => "the same in another environment",
            Self::SameImages => "runs images of the same family",
            Self::Other => "another cluster",
        })
    }
}

/// Words that name an environment in the names of clusters.
const ENVIRONMENTS: [&str; 20] = [
    "prod",
    "production",
    "prd",
    "live",
    "staging",
    "stage",
    "stg",
    "preprod",
    "pre",
    "uat",
    "qa",
    "test",
    "testing",
    "tst",
    "dev",
    "development",
    "integration",
    "int",
    "sandbox",
    "demo",
];

/// All other clusters, the most likely first, equally likely ones by name and place.
pub fn partners<'a>(fleet: &'a Fleet, of: &Cluster) -> Vec<(Likeness, &'a Cluster)> {
    let own = (stem(of.id.name.raw()), families(fleet, of));
    let mut all: Vec<(Likeness, &Cluster)> = fleet
        .clusters
        .iter()
        .filter(|other| other.id != of.id)
        .map(|other| {
            let likeness = if other.id.name == of.id.name {
                Likeness::SameName
            } else if stem(other.id.name.raw()) == own.0 {
                Likeness::SameButEnvironment
            } else if !families(fleet, other).is_disjoint(&own.1) {
                Likeness::SameImages
            } else {
                Likeness::Other
            };
            (likeness, other)
        })
        .collect();
    all.sort_by(|(a_like, a), (b_like, b)| {
        (a_like, &a.id.name, &a.id.place).cmp(&(b_like, &b.id.name, &b.id.place))
    });
    all
}

/// A name without the words that name an environment; the whole name where nothing else is left.
fn stem(name: &str) -> String {
    let words: Vec<&str> = name.split(['-', '_', '.', '/']).collect();
    let kept: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !ENVIRONMENTS.iter().any(|environment| word.eq_ignore_ascii_case(environment)))
        .collect();
    if kept.is_empty() { name.to_lowercase() } else { kept.join("-").to_lowercase() }
}

/// Families of what a cluster wants.
fn families<'a>(fleet: &'a Fleet, cluster: &Cluster) -> BTreeSet<&'a Text> {
    let wants =
        cluster.groups.iter().flat_map(|group| &group.wants).filter_map(|wanted| wanted.image.as_ref());
    wants.filter_map(|id| Some(&fleet.image(&cluster.id.place, id)?.family.as_ref()?.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::World;

    #[test]
    fn the_most_likely_partner_comes_first() {
        let mut world = World::new();
        world.image("ami-1", "web-1.0.0");
        world.template("lt", 1, "ami-1");
        world.template("lt-none", 1, "ami-none");
        for (name, template) in [
            ("aaa-blue", "lt-none"),
            ("orders-staging-blue", "lt-none"),
            ("orders-blue", "lt"),
            ("payments-blue", "lt"),
        ] {
            world.group(name, template);
        }
        let mut fleet = world.fleet();
        let orders = fleet.clusters.iter().find(|one| one.id.name.raw() == "orders").unwrap().clone();
        let mut elsewhere = orders.clone();
        elsewhere.id.place.region = "us-east-1".into();
        fleet.clusters.push(elsewhere);
        let found: Vec<(Likeness, String)> =
            partners(&fleet, &orders).iter().map(|(like, one)| (*like, one.id.name.to_string())).collect();
        let expected = [
            (Likeness::SameName, "orders"),
            (Likeness::SameButEnvironment, "orders-staging"),
            (Likeness::SameImages, "payments"),
            (Likeness::Other, "aaa"),
        ];
        assert_eq!(found, expected.map(|(like, name)| (like, name.to_owned())));
    }

    #[test]
    fn a_name_of_nothing_but_an_environment_is_a_name() {
        assert_eq!(stem("staging"), "staging");
        assert_eq!(stem("prod-Orders_stg"), "orders");
        assert_eq!(stem("product"), "product");
    }
}
