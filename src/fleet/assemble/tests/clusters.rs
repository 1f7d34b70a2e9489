use std::collections::BTreeMap;

use jiff::SignedDuration;
use regex::Regex;

use crate::fleet::builders::{World, ago, read_at};
use crate::fleet::{ClusterNaming, Fleet, FoundBy, Section, TargetGroupArn};

fn found(fleet: &Fleet) -> BTreeMap<String, (FoundBy, Vec<String>)> {
    let groups = |cluster: &crate::fleet::Cluster| {
        cluster.groups.iter().map(|group| group.id.name.to_string()).collect::<Vec<_>>()
    };
    fleet
        .clusters
        .iter()
        .map(|cluster| (cluster.id.name.to_string(), (cluster.found_by, groups(cluster))))
        .collect()
}

fn cluster(by: FoundBy, groups: &[&str]) -> (FoundBy, Vec<String>) {
    (by, groups.iter().map(ToString::to_string).collect())
}

fn world_of(groups: &[&str]) -> World {
    let mut world = World::new();
    for group in groups {
        world.group(group, "lt-1");
    }
    world
}

fn configured(name: &str, pattern: &str) -> ClusterNaming {
    ClusterNaming {
        name: name.into(),
        groups: vec![Regex::new(pattern).unwrap()],
        account: None,
        region: None,
    }
}

#[test]
fn groups_are_one_cluster_by_their_names_without_any_configuration() {
    let world = world_of(&["orders-green", "search", "orders-blue"]);
    let expected = BTreeMap::from([
        ("orders".into(), cluster(FoundBy::Name, &["orders-blue", "orders-green"])),
        ("search".into(), cluster(FoundBy::Name, &["search"])),
    ]);
    assert_eq!(found(&world.fleet()), expected);
}

#[test]
fn a_tag_comes_before_traffic_and_name_and_the_first_tag_wins() {
    let mut world = world_of(&["orders-blue", "orders-green", "orders-v003"]);
    let tags = [("Application", "shop"), ("flightdeck:cluster", "checkout")];
    world.group_mut("orders-blue").tags = tags.map(|(k, v)| (k.into(), v.into())).into();
    world.group_mut("orders-green").tags = [("app".into(), "shop".into())].into();
    world.group_mut("orders-v003").tags = [("Cluster".into(), " ".into())].into();
    let expected = BTreeMap::from([
        ("checkout".into(), cluster(FoundBy::Tag, &["orders-blue"])),
        ("shop".into(), cluster(FoundBy::Tag, &["orders-green"])),
        ("orders".into(), cluster(FoundBy::Name, &["orders-v003"])),
    ]);
    assert_eq!(found(&world.fleet()), expected);
}

#[test]
fn configuration_comes_before_everything_and_may_put_a_group_in_two_clusters() {
    let mut world = world_of(&["orders-blue", "orders-blue-old"]);
    world.group_mut("orders-blue").tags = [("Cluster".into(), "tagged".into())].into();
    world.naming.clusters = vec![
        configured("one", "orders-blue"),
        configured("two", ".*-blue"),
        ClusterNaming { region: Some("us-east-1".into()), ..configured("elsewhere", ".*") },
        ClusterNaming { account: Some("000000000000".into()), ..configured("foreign", ".*") },
    ];
    let expected = BTreeMap::from([
        ("one".into(), cluster(FoundBy::Configuration, &["orders-blue"])),
        ("two".into(), cluster(FoundBy::Configuration, &["orders-blue"])),
        ("orders-blue-old".into(), cluster(FoundBy::Name, &["orders-blue-old"])),
    ]);
    assert_eq!(found(&world.fleet()), expected);
}

fn target_groups(world: &mut World, groups: &[&str]) -> Vec<TargetGroupArn> {
    groups.iter().map(|group| world.target_group(group, group)).collect()
}

#[test]
fn groups_that_share_a_rule_are_one_cluster_and_a_test_listener_makes_no_other() {
    let names = ["payments", "orders-blue", "orders-next"];
    let mut world = world_of(&names);
    let arns = target_groups(&mut world, &names);
    let listener = world.listener("web", 443, &[(&arns[0], 1)]);
    world.rule(&listener, "10", &[(&arns[1], 90), (&arns[2], 10)]);
    world.listener("web", 8443, &[(&arns[2], 1)]);
    let fleet = world.fleet();
    let expected = BTreeMap::from([
        ("orders+orders-next".into(), cluster(FoundBy::Traffic, &["orders-blue", "orders-next"])),
        ("payments".into(), cluster(FoundBy::Name, &["payments"])),
    ]);
    assert_eq!(found(&fleet), expected);
    let labels: Vec<String> =
        fleet.clusters[0].traffic.iter().map(|source| source.label.to_string()).collect();
    assert_eq!(labels, ["web :443 rule 10", "web :8443 default"]);
}

#[test]
fn an_unnamed_group_joins_the_clusters_it_shares_traffic_with() {
    let names = ["a", "b", "fallback"];
    let mut world = world_of(&names);
    let arns = target_groups(&mut world, &names);
    world.group_mut("a").tags = [("Cluster".into(), "orders".into())].into();
    world.group_mut("b").tags = [("Cluster".into(), "search".into())].into();
    world.listener("web", 80, &[(&arns[0], 1), (&arns[2], 0)]);
    world.listener("web", 81, &[(&arns[1], 1), (&arns[2], 0)]);
    let fleet = world.fleet();
    let expected = BTreeMap::from([
        ("orders".into(), cluster(FoundBy::Tag, &["a", "fallback"])),
        ("search".into(), cluster(FoundBy::Tag, &["b", "fallback"])),
    ]);
    assert_eq!(found(&fleet), expected);
    assert!(std::sync::Arc::ptr_eq(&fleet.clusters[0].groups[1], &fleet.clusters[1].groups[1]));
}

#[test]
fn an_instance_of_a_group_in_two_clusters_is_listed_once() {
    let mut world = world_of(&["a"]);
    world.member("a", "i-1", "ami-1");
    world.naming.clusters = vec![configured("one", "a"), configured("two", "a")];
    assert_eq!(world.fleet().instances().count(), 1);
}

#[test]
fn a_cluster_is_as_old_as_the_oldest_answer_its_traffic_rests_on() {
    let mut world = world_of(&["orders-blue"]);
    let arn = world.target_group("blue", "orders-blue");
    world.listener("web", 80, &[(&arn, 1)]);
    assert_eq!(world.fleet().clusters[0].seen_at, Some(read_at()));

    let old = ago(SignedDuration::from_mins(3));
    world.facts.target_health.get_mut(&arn).unwrap().at = old;
    world.facts.images.as_mut().unwrap().at = ago(SignedDuration::from_hours(9));
    let fleet = world.fleet();
    assert_eq!(fleet.clusters[0].seen_at, Some(old));
    assert_eq!(fleet.ages[&(world.facts.place.clone(), Section::TargetHealth)], old);
    assert_eq!(fleet.observed_at, read_at());

    world.facts.target_health.clear();
    assert_eq!(world.fleet().clusters[0].seen_at, None);
}

#[test]
fn the_order_of_the_answers_changes_nothing() {
    let names = ["orders-blue", "orders-green", "search"];
    let mut world = world_of(&names);
    let arns = target_groups(&mut world, &names);
    world.listener("web", 80, &[(&arns[0], 1), (&arns[1], 0)]);
    for (group, id) in [("orders-blue", "i-2"), ("orders-blue", "i-1"), ("search", "i-3")] {
        world.member(group, id, "ami-1");
    }
    let fleet = world.fleet();
    world.facts.instances.as_mut().unwrap().value.reverse();
    world.facts.groups.as_mut().unwrap().value.reverse();
    for group in &mut world.facts.groups.as_mut().unwrap().value {
        group.members.reverse();
    }
    for listeners in world.facts.listeners.values_mut() {
        listeners.value.reverse();
    }
    assert_eq!(world.fleet(), fleet);
}
