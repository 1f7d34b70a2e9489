//! What one look can speak for: nothing is called empty, or fine, where it could not be read.

use super::exit::End;
use super::session::Selection;
use crate::app::words;
use crate::fleet::{Cluster, Fleet, Gap, Place, Section};

/// The sections without which nobody knows what runs in a place.
const WHAT_RUNS: [Section; 2] = [Section::Instances, Section::Groups];

/// The gaps that hide something of what is told of.
pub(super) fn gaps<'a>(fleet: &'a Fleet, selection: &Selection) -> Vec<&'a Gap> {
    fleet.gaps.iter().filter(|gap| hides(fleet, selection, gap)).collect()
}

/// A gap about one thing hides the clusters it belongs to; any other may hide all.
fn hides(fleet: &Fleet, selection: &Selection, gap: &Gap) -> bool {
    let Some(about) = &gap.about else { return true };
    let here = fleet.clusters.iter().filter(|cluster| cluster.id.place == gap.place);
    let owners: Vec<&Cluster> = here.filter(|cluster| has(cluster, about.raw())).collect();
    owners.is_empty() || owners.iter().any(|cluster| selection.has(&cluster.id))
}

/// Whether a name, an id or an ARN is of something in a cluster.
fn has(cluster: &Cluster, about: &str) -> bool {
    let in_traffic = cluster.traffic.iter().any(|source| {
        [source.load_balancer.raw(), source.listener.raw(), source.arn.raw()].contains(&about)
            || source.weights.iter().any(|weight| weight.target_group.raw() == about)
    });
    in_traffic
        || cluster.groups.iter().any(|group| group.id.name.raw() == about)
        || cluster.instances().any(|instance| instance.id.raw() == about)
}

/// Whether what runs may be more than what was seen.
pub(super) fn is_partial(fleet: &Fleet) -> bool {
    fleet.gaps.iter().any(|gap| WHAT_RUNS.contains(&gap.section))
}

/// Places where neither instances nor server groups could be read.
fn unseen(fleet: &Fleet) -> Vec<&Place> {
    let is_missing = |place: &Place, section| {
        fleet.gaps.iter().any(|gap| gap.place == *place && gap.section == section && gap.about.is_none())
    };
    let places = fleet.places.iter();
    places.filter(|place| WHAT_RUNS.iter().all(|section| is_missing(place, *section))).collect()
}

/// Ends with a sentence where nothing could be observed anywhere.
pub(super) fn anything(fleet: &Fleet) -> Result<(), End> {
    let unseen = unseen(fleet);
    if unseen.len() == fleet.places.len() { blind(&unseen) } else { Ok(()) }
}

/// Ends with a sentence where nothing could be observed in one of the places: what is not seen passes no gate.
pub(super) fn everywhere(fleet: &Fleet) -> Result<(), End> {
    blind(&unseen(fleet))
}

fn blind(unseen: &[&Place]) -> Result<(), End> {
    if unseen.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = unseen.iter().map(ToString::to_string).collect();
    Err(End::Error(format!(
        "nothing could be observed in {}: neither instances nor server groups could be read; check the region, the \
         endpoint and what the role may read",
        places.join(", ")
    )))
}

/// What is said of a fleet in which nothing was found.
pub(super) fn nothing_found(fleet: &Fleet) -> String {
    if is_partial(fleet) {
        format!("nothing could be seen: {}\n", words::count(fleet.gaps.len(), "gap"))
    } else {
        "no server groups and no instances were found\n".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::World;

    fn with(sections: &[Section]) -> Fleet {
        let mut world = World::new();
        for section in sections {
            world.gap(*section, None);
        }
        world.fleet()
    }

    #[test]
    fn a_place_of_which_neither_instances_nor_groups_are_known_ends_with_2_and_one_sentence() {
        let end = everywhere(&with(&WHAT_RUNS)).unwrap_err();
        assert_eq!(end.code(), 2);
        assert!(end.to_string().starts_with("nothing could be observed in "), "{end}");
        assert_eq!(end.to_string().lines().count(), 1);
        assert_eq!(anything(&with(&WHAT_RUNS)).unwrap_err().code(), 2);
        for known in WHAT_RUNS {
            assert!(everywhere(&with(&[known])).is_ok(), "{known:?} alone");
        }
        assert!(anything(&with(&[])).is_ok());
    }

    #[test]
    fn one_blind_place_of_two_passes_no_gate_and_leaves_a_snapshot() {
        let mut fleet = with(&WHAT_RUNS);
        fleet.places.push(Place { account: "123456789012".into(), region: "us-east-1".into() });
        assert!(anything(&fleet).is_ok());
        assert_eq!(everywhere(&fleet).unwrap_err().code(), 2);
    }

    #[test]
    fn nothing_is_called_empty_beside_a_gap_of_what_runs() {
        assert_eq!(nothing_found(&with(&[])), "no server groups and no instances were found\n");
        assert_eq!(nothing_found(&with(&[Section::Groups])), "nothing could be seen: 1 gap\n");
    }

    #[test]
    fn a_gap_of_another_cluster_is_not_told() {
        let mut world = World::new();
        for name in ["orders-blue", "web-blue"] {
            world.group(name, "lt");
            world.gap(Section::Refreshes, Some(name));
        }
        world.gap(Section::Images, None);
        world.gap(Section::Images, Some("ami-of-nobody"));
        let fleet = world.fleet();
        let orders = fleet.clusters.iter().find(|cluster| cluster.id.name.raw() == "orders").unwrap();
        let selection = Selection::of([crate::app::Subject::Cluster(orders.id.clone())]);
        let told: Vec<_> = gaps(&fleet, &selection)
            .iter()
            .map(|gap| gap.about.as_ref().map(crate::fleet::Text::raw))
            .collect();
        assert_eq!(told, [Some("orders-blue"), None, Some("ami-of-nobody")]);
    }
}
