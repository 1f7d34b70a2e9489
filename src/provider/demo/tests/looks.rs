//! What is told to whom, and how old it is.

use super::*;

#[test]
fn the_default_fleet_has_eight_clusters_and_sixty_instances() {
    let (demo, _) = demo();
    let facts = demo.facts();
    let instances: usize = facts.iter().map(|f| f.instances.as_ref().unwrap().value.len()).sum();
    assert_eq!(instances, 60);
    assert_eq!(facts.len(), 2);
    assert!(facts.iter().all(|facts| facts.place.account.raw() == "123456789012"));
}

#[test]
fn any_number_of_instances_is_spread_to_the_last_one() {
    for wanted in [0, 1, 7, 59, 61, 999, 1_000, 1_999, 2_000, 12_000] {
        let (demo, _) = demo_with(Options { instances: wanted, ..Options::default() });
        let facts = demo.facts();
        let instances: usize = facts.iter().map(|f| f.instances.as_ref().unwrap().value.len()).sum();
        assert_eq!(instances, wanted);
        let fleet = now(demo.observe(&Scope::Complete)).unwrap();
        assert_eq!(fleet.clusters.len(), 8 + wanted / 1_000);
        let smallest = fleet.clusters.iter().map(|cluster| cluster.instances().count()).min();
        assert!(wanted < 1_000 || smallest >= Some(31), "{smallest:?} of {wanted}");
    }
}

#[test]
fn a_denied_section_becomes_gaps_that_name_the_action_and_heals() {
    let (demo, _) = calm();
    demo.weather(|weather| {
        weather.denied.insert(Section::TargetHealth);
    });
    let denied = now(demo.observe(&Scope::Complete)).unwrap();
    let gaps = denied.gaps.iter().filter(|gap| gap.section == Section::TargetHealth);
    assert_eq!(gaps.clone().count(), denied.target_groups.len());
    assert!(
        gaps.clone().all(|gap| gap.action.as_deref() == Some("elasticloadbalancing:DescribeTargetHealth"))
    );
    assert!(denied.target_groups.values().all(|group| group.health.is_none()));
    demo.weather(|weather| weather.denied.clear());
    let healed = now(demo.observe(&Scope::Complete)).unwrap();
    assert_eq!(healed.gaps.iter().filter(|gap| gap.section == Section::TargetHealth).count(), 0);
    assert_eq!(healed.gaps.len(), 1, "the demo's own gap stays one: {:?}", healed.gaps);
}

#[test]
fn a_look_in_the_background_keeps_to_the_budget_and_leaves_ages() {
    let (demo, clock) = calm();
    now(demo.observe(&Scope::Complete)).unwrap();
    let mut oldest = 0;
    for second in 0..600 {
        clock.pass(1);
        let fleet = now(demo.observe(&Scope::Background { first: Vec::new() })).unwrap();
        assert!(second < 60 || demo.calls_last_minute() <= 30, "{}", demo.calls_last_minute());
        let age = |at: Timestamp| clock.now().duration_since(at).as_secs();
        let ages: Vec<i64> = fleet.clusters.iter().filter_map(|c| c.seen_at).map(age).collect();
        assert_eq!(ages.len(), 8);
        oldest = oldest.max(ages.into_iter().max().unwrap());
    }
    assert!((60..400).contains(&oldest), "{oldest} s");
}

#[test]
fn what_is_on_the_screen_is_fresher_than_the_rest() {
    let (demo, clock) = calm();
    let fleet = now(demo.observe(&Scope::Complete)).unwrap();
    let first: Vec<_> =
        fleet.clusters.iter().map(|c| c.id.clone()).filter(|id| id.name.raw() == "orders").collect();
    let (mut of_orders, mut of_all) = (0, 0);
    for _ in 0..60 {
        clock.pass(10);
        let fleet = now(demo.observe(&Scope::Background { first: first.clone() })).unwrap();
        let age = |at: Timestamp| clock.now().duration_since(at).as_secs();
        of_orders += fleet.cluster(&first[0]).unwrap().seen_at.map_or(0, age);
        of_all += fleet.clusters.iter().filter_map(|c| c.seen_at).map(age).sum::<i64>() / 8;
    }
    assert!(of_orders * 2 < of_all, "{of_orders} against {of_all}");
}

#[test]
fn a_look_at_one_cluster_is_fresh_and_complete_and_leaves_the_others_as_they_were() {
    let (demo, clock) = calm();
    let fleet = now(demo.observe(&Scope::Complete)).unwrap();
    clock.pass(100);
    let id = &fleet.clusters.iter().find(|cluster| cluster.id.name.raw() == "checkout").unwrap().id;
    let fleet = now(demo.observe(&Scope::Cluster(id.clone()))).unwrap();
    let now = clock.now();
    for cluster in &fleet.clusters {
        let fresh = cluster.seen_at == Some(now);
        let without_traffic = cluster.traffic.is_empty() && cluster.id.place == id.place;
        assert_eq!(fresh, cluster.id == *id || without_traffic, "{}", cluster.id.name);
    }
    assert_eq!(fleet.clusters.len(), 8);
}

#[test]
fn what_carries_traffic_is_read_alone_and_the_rest_keeps_its_age() {
    let (demo, clock) = calm();
    let fleet = now(demo.observe(&Scope::Complete)).unwrap();
    let before = clock.now();
    clock.pass(100);
    let id = fleet.clusters.iter().find(|cluster| cluster.id.name.raw() == "checkout").unwrap().id.clone();
    let fleet = now(demo.observe(&Scope::Traffic(id.clone()))).unwrap();
    let cluster = fleet.cluster(&id).unwrap();
    for arn in cluster.groups.iter().flat_map(|group| &group.target_groups) {
        assert_eq!(fleet.target_groups[arn].health.as_ref().unwrap().at, clock.now(), "{arn}");
    }
    assert_eq!(fleet.ages[&(id.place.clone(), Section::Groups)], before);
    assert_eq!(fleet.ages[&(id.place, Section::Instances)], before);
}

#[test]
fn a_hostile_tag_is_told_raw_and_shown_harmless() {
    let fleet = now(demo().0.observe(&Scope::Complete)).unwrap();
    let texts: Vec<&Text> = fleet
        .instances()
        .filter_map(|instance| instance.facts.as_ref())
        .flat_map(|facts| facts.tags.values())
        .collect();
    assert!(texts.iter().any(|text| text.raw().contains('\u{9b}') && text.raw().contains('\u{202e}')));
    assert!(texts.iter().all(|text| !text.to_string().chars().any(char::is_control)));
    assert!(texts.iter().any(|text| text.to_string().contains("日本語")));
}
