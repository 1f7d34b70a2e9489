use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::fleet::builders::{World, ago};
use crate::fleet::{Facts, Naming, Section, Seen, assemble};

/// A base in two versions, an application base on each, an application on each, and a group on the older one.
fn world() -> World {
    let mut world = World::new();
    for (id, name, parent, days) in [
        ("ami-b1", "base-1.0", None, 90),
        ("ami-b2", "base-2.0", None, 86),
        ("ami-n1", "nginx-1.0", Some("ami-b1"), 60),
        ("ami-n2", "nginx-2.0", Some("ami-b2"), 50),
        ("ami-o1", "orders-1.0", Some("ami-n1"), 30),
        ("ami-o2", "orders-2.0", Some("ami-n2"), 20),
    ] {
        let image = world.image(id, name);
        image.created_at = Some(ago(SignedDuration::from_hours(24 * days)));
        image.tags.extend(parent.map(|parent| ("ParentImage".into(), parent.into())));
    }
    world.template("lt-1", 1, "ami-o2");
    world.group("orders-blue", "lt-1");
    world.member("orders-blue", "i-1", "ami-o1");
    world.member("orders-blue", "i-2", "ami-o1");
    world.member("orders-blue", "i-3", "ami-o2");
    world
}

fn parent(world: &mut World, id: &str, parent: &str) {
    let images = &mut world.facts.images.as_mut().unwrap().value;
    images.get_mut(&id.into()).unwrap().tags.insert("ParentImage".into(), parent.into());
}

/// The rows of the only tree, indented, with the instances below each.
fn rows(fleet: &Fleet) -> Vec<String> {
    let lineage = Lineage::of(fleet);
    let row = |node: &Node| {
        let kin = &lineage.images[node.image];
        format!("{}{} {}/{}", "  ".repeat(node.depth), kin.id, kin.in_use(), node.instances)
    };
    lineage.trees.iter().flat_map(|tree| &tree.nodes).map(row).collect()
}

/// How what an image is built on stands.
fn base(fleet: &Fleet, id: &str) -> String {
    let lineage = Lineage::of(fleet);
    let at = lineage.images.iter().position(|kin| kin.id.raw() == id).unwrap();
    let id = |at: usize| lineage.images[at].id.to_string();
    match lineage.base(at) {
        Base::None => "none".into(),
        Base::Newest => "newest".into(),
        Base::Older { on, newest } => format!("on {}, newest {}", id(on), id(newest)),
        Base::Unknown(Unsure::Parent(at)) => format!("parent of {}", id(at)),
        Base::Unknown(Unsure::Unseen(id)) => format!("unseen {id}"),
        Base::Unknown(Unsure::Loop(at)) => format!("loop at {}", id(at)),
        Base::Unknown(Unsure::Order(at)) => format!("order of {}", id(at)),
        Base::Unknown(Unsure::Unread(at)) => format!("unread beside {}", id(at)),
    }
}

#[test]
fn images_stand_under_what_they_are_built_on_the_newest_of_a_family_first() {
    assert_eq!(
        rows(&world().fleet()),
        ["ami-b2 0/1", "  ami-n2 0/1", "    ami-o2 1/1", "ami-b1 0/2", "  ami-n1 0/2", "    ami-o1 2/2",]
    );
}

#[test]
fn a_group_stands_under_what_it_runs_and_under_what_it_wants() {
    let mut world = world();
    world.template("lt-1", 2, "ami-n2");
    let lineage = Lineage::of(&world.fleet());
    let uses = |id: &str| {
        let kin = lineage.images.iter().find(|kin| kin.id.raw() == id).unwrap();
        kin.uses.iter().map(|one| (one.instances, one.wants, one.live)).collect::<Vec<_>>()
    };
    assert_eq!(uses("ami-o1"), [(2, false, false)]);
    assert_eq!(uses("ami-o2"), [(1, false, false)]);
    assert_eq!(uses("ami-n2"), [(0, true, false)], "what it would launch next");
}

#[test]
fn instances_of_groups_with_traffic_serve_and_clusters_are_counted_once_up_to_the_base() {
    let mut world = world();
    let live = world.target_group("orders-blue", "orders-blue");
    world.listener("web", 443, &[(&live, 1)]);
    world.group("orders-green", "lt-1");
    world.member("orders-green", "i-4", "ami-o1");
    world.instance("i-5", "ami-n1");
    let lineage = Lineage::of(&world.fleet());
    let old = lineage.images.iter().find(|kin| kin.id.raw() == "ami-o1").unwrap();
    assert_eq!((old.in_use(), old.serving()), (3, 2));
    let base = lineage.trees[0].nodes.iter().find(|node| lineage.images[node.image].id.raw() == "ami-b1");
    assert_eq!(base.map(|node| (node.clusters, node.instances)), Some((1, 4)));
}

#[test]
fn a_newer_version_of_any_base_makes_an_image_stale_and_the_nearest_one_is_named() {
    let mut world = world();
    assert_eq!(base(&world.fleet(), "ami-o1"), "on ami-n1, newest ami-n2");
    assert_eq!(base(&world.fleet(), "ami-o2"), "newest");
    assert_eq!(base(&world.fleet(), "ami-b1"), "none", "a base is built on nothing");
    world.image("ami-b3", "base-3.0");
    assert_eq!(base(&world.fleet(), "ami-o2"), "on ami-b2, newest ami-b3");
}

#[test]
fn what_cannot_be_built_on_makes_nothing_stale() {
    for change in ["disabled", "pending", "bad", "x86_64"] {
        let mut world = world();
        for image in world.facts.images.as_mut().unwrap().value.values_mut() {
            image.architecture = Some("arm64".into());
        }
        let newest = world.image("ami-b3", "base-3.0");
        newest.architecture = Some("arm64".into());
        match change {
            "bad" => drop(newest.tags.insert("flightdeck:bad".into(), "leaks".into())),
            "x86_64" => newest.architecture = Some(change.into()),
            state => newest.state = state.into(),
        }
        assert_eq!(base(&world.fleet(), "ami-o2"), "newest", "{change}");
    }
}

#[test]
fn a_parent_in_no_answer_has_its_row_and_what_is_built_on_it_is_unknown() {
    let mut world = world();
    world.facts.images.as_mut().unwrap().value.remove(&"ami-b1".into());
    let fleet = world.fleet();
    assert_eq!(base(&fleet, "ami-n1"), "unseen ami-b1");
    assert_eq!(
        base(&fleet, "ami-o1"),
        "on ami-n1, newest ami-n2",
        "a newer one nearer by is known all the same"
    );
    assert_eq!(rows(&fleet)[3..], ["  ami-o2 1/1", "ami-b1 0/2", "  ami-n1 0/2", "    ami-o1 2/2"][1..]);
}

#[test]
fn what_runs_and_is_in_no_answer_has_its_row_too() {
    let mut world = world();
    world.member("orders-blue", "i-9", "ami-nobody");
    let fleet = world.fleet();
    assert_eq!(rows(&fleet).last().unwrap(), "ami-nobody 1/1");
    assert_eq!(base(&fleet, "ami-nobody"), base(&fleet, "ami-nobody"));
    let lineage = Lineage::of(&fleet);
    assert_eq!(
        lineage.find(&world.facts.place, &"ami-nobody".into()).map(|at| lineage.images[at].in_use()),
        Some(1)
    );
}

#[test]
fn where_not_every_image_could_be_read_nothing_is_called_the_newest() {
    let mut world = world();
    world.gap(Section::Images, None);
    assert_eq!(base(&world.fleet(), "ami-o2"), "unread beside ami-b2");
    assert_eq!(base(&world.fleet(), "ami-o1"), "on ami-n1, newest ami-n2");
}

#[test]
fn a_family_without_an_order_has_no_newest() {
    let mut world = world();
    for (id, version) in [("ami-n1", "copper"), ("ami-n2", "silver")] {
        let tags = [("Version", version), ("Family", "nginx")];
        world.image(id, version).tags = tags.map(|(key, value)| (key.into(), value.into())).into();
    }
    assert_eq!(base(&world.fleet(), "ami-o1"), "order of ami-n1");
}

#[test]
fn what_is_built_on_itself_has_a_row_and_no_known_base() {
    let mut world = world();
    parent(&mut world, "ami-b1", "ami-n1");
    parent(&mut world, "ami-b2", "ami-b2");
    let fleet = world.fleet();
    assert_eq!(rows(&fleet).len(), 6);
    assert_eq!(base(&fleet, "ami-b1"), "loop at ami-n1");
    assert_eq!(base(&fleet, "ami-n1"), "loop at ami-b1");
    assert_eq!(base(&fleet, "ami-n2"), "loop at ami-b2");
    assert_eq!(base(&fleet, "ami-b2"), "loop at ami-b2");
}

/// A world in two regions: the second holds copies of some images of the first.
fn two_regions(copied: &[&str]) -> Fleet {
    let first = world();
    let mut second = World::new();
    second.facts.place.region = "us-east-1".into();
    for (id, name) in [("ami-n1", "nginx-1.0"), ("ami-o1", "orders-1.0")] {
        if copied.contains(&id) {
            let copy = second.image(&format!("{id}-us"), name);
            (copy.source, copy.source_region) = (Some(id.into()), Some("eu-west-1".into()));
        }
    }
    let facts: Vec<Facts> = vec![first.facts, second.facts];
    assemble(&facts, &Naming::default(), None, crate::fleet::builders::read_at())
}

#[test]
fn a_version_built_on_the_one_before_it_is_on_no_old_base_and_takes_its_instances_along() {
    let mut world = world();
    // The newest base is an older one, patched; then what stands on it was built anew, and runs.
    parent(&mut world, "ami-b2", "ami-b1");
    world.member("orders-blue", "i-4", "ami-o2");
    let fleet = world.fleet();
    assert_eq!(base(&fleet, "ami-b2"), "none");
    assert_eq!(base(&fleet, "ami-n2"), "newest");
    assert_eq!(base(&fleet, "ami-o2"), "newest");
    assert_eq!(base(&fleet, "ami-n1"), "on ami-b1, newest ami-b2");
    assert_eq!(
        rows(&fleet),
        [
            "ami-b1 0/2",
            "  ami-b2 0/2",
            "    ami-n2 0/2",
            "      ami-o2 2/2",
            "  ami-n1 0/2",
            "    ami-o1 2/2",
        ],
        "only those that still stand on the old one are behind it"
    );
}

#[test]
fn a_copy_is_built_on_what_its_original_is_built_on_here_if_that_was_copied_too() {
    let both = two_regions(&["ami-n1", "ami-o1"]);
    let lineage = Lineage::of(&both);
    let tree = |lineage: &Lineage| {
        let row = |node: &Node| format!("{} {}", node.depth, lineage.images[node.image].id);
        lineage.trees[1].nodes.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(tree(&lineage), ["0 ami-b1", "1 ami-n1-us", "2 ami-o1-us"], "the base is in the other region");
    let copy = lineage.images.iter().position(|kin| kin.id.raw() == "ami-o1-us").unwrap();
    let copies: Vec<String> = lineage.copies(copy).map(|at| lineage.images[at].id.to_string()).collect();
    assert_eq!(copies, ["ami-o1"]);
    assert_eq!(
        lineage.ancestry.copied_from[copy].map(|at| lineage.images[at].id.to_string()),
        Some("ami-o1".into())
    );

    let lineage = Lineage::of(&two_regions(&["ami-o1"]));
    assert_eq!(tree(&lineage), ["0 ami-b1", "1 ami-n1", "2 ami-o1-us"]);
}

#[test]
fn an_empty_account_has_an_empty_tree() {
    let lineage = Lineage::of(&World::new().fleet());
    assert_eq!((lineage.images.len(), lineage.trees.len(), lineage.trees[0].nodes.len()), (0, 1, 0));
    assert_eq!(Lineage::of(&Fleet::empty(ago(SignedDuration::ZERO))), Lineage::default());
}

#[test]
fn an_image_that_only_its_instances_tell_of_has_an_unknown_parent() {
    let mut world = world();
    let told = crate::fleet::ImageMetadataFact {
        image: Some("ami-o9".into()),
        name: Some("orders-9.0".into()),
        state: Some("available".into()),
        owner: Some("123456789012".into()),
        created_at: None,
        allowed: None,
    };
    world.facts.image_metadata =
        Some(Seen { at: ago(SignedDuration::ZERO), value: [("i-1".into(), told)].into() });
    assert_eq!(base(&world.fleet(), "ami-o9"), "parent of ami-o9");
}

proptest! {
    #[test]
    fn whatever_parents_say_every_image_has_one_row_and_no_chain_is_endless(
        parents in proptest::collection::vec(0usize..30, 24)
    ) {
        let mut world = World::new();
        for (at, on) in parents.iter().enumerate() {
            world.image(&format!("ami-{at}"), &format!("app{}-{at}.0", at % 5));
            parent(&mut world, &format!("ami-{at}"), &format!("ami-{on}"));
        }
        let fleet = world.fleet();
        let lineage = Lineage::of(&fleet);
        for at in 0..fleet.images.len() {
            let rows = lineage.trees[0].nodes.iter().filter(|node| node.image == at).count();
            prop_assert_eq!(rows, 1);
            prop_assert!(lineage.ancestry.chain(at).count() <= fleet.images.len());
        }
        for (number, node) in lineage.trees[0].nodes.iter().enumerate() {
            prop_assert!(node.parent.is_none_or(|parent| parent < number));
        }
    }
}
