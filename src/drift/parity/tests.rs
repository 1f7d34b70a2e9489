//! Two clusters that are equal but for one thing show that one thing, and nothing else.

use super::*;
use crate::drift::{Policy, judge};
use crate::fleet::builders::{World, read_at};
use crate::fleet::{
    GroupStickiness, LaunchSource, MetadataOptions, Place, PolicyFact, PolicyKind, RefreshStatus, Tags,
    TargetGroupArn, TargetGroupAttributes, TemplateVersionFact, assemble,
};

const PROD: &str = "orders";
const STAGING: &str = "orders-staging";

/// The two clusters with a live and an idle side each, in one place.
struct Twins(World);

impl Twins {
    fn new() -> Self {
        let mut world = World::new();
        for (id, name) in [("ami-1", "web-1.0.0"), ("ami-2", "web-1.1.0"), ("ami-3", "web-1.2.0")] {
            world.image(id, name);
        }
        world.facts.policies.as_mut().unwrap().value.clear();
        for cluster in [PROD, STAGING] {
            twin(&mut world, cluster);
        }
        Self(world)
    }

    fn compare(&self) -> Comparison {
        of(&self.0.fleet(), PROD, STAGING)
    }

    fn version(&mut self, template: &str) -> &mut TemplateVersionFact {
        let versions = &mut self.0.facts.templates.as_mut().unwrap().value;
        versions.iter_mut().find(|version| version.id.raw() == template).unwrap()
    }
}

fn of(fleet: &Fleet, a: &str, b: &str) -> Comparison {
    let judgement = judge(fleet, &Policy::default(), read_at());
    let cluster = |name: &str| fleet.clusters.iter().find(|one| one.id.name.raw() == name).unwrap();
    compare(fleet, &judgement, cluster(a), cluster(b))
}

fn arn(name: &str) -> TargetGroupArn {
    TargetGroupArn::new(format!("arn:aws:e:targetgroup/{name}/1"))
}

/// A cluster of its own names: `blue` is live with 3 instances of 1.1.0, `green` idle with 2 of 1.0.0.
fn twin(world: &mut World, cluster: &str) {
    for (colour, image, size) in [("blue", "ami-2", 3), ("green", "ami-1", 2)] {
        let (name, template) = (format!("{cluster}-{colour}"), format!("lt-{cluster}-{colour}"));
        let version = world.template(&template, 4, image);
        version.key_name = Some(format!("{cluster}-key").into());
        version.iam_profile =
            Some(format!("arn:aws:iam::123456789012:instance-profile/{cluster}-web").as_str().into());
        version.security_groups = vec![format!("sg-{cluster}").as_str().into()];
        world.group(&name, &template).desired = size;
        for n in 0..size {
            let id = format!("i-{name}-{n}");
            world.member(&name, &id, image);
            let instance = world.instance_mut(&id);
            instance.key_name = Some(format!("{cluster}-key").into());
            instance.iam_profile =
                Some(format!("arn:aws:iam::123456789012:instance-profile/{cluster}-web").as_str().into());
            instance.security_groups = vec![format!("sg-{cluster}").as_str().into()];
        }
        let arn = world.target_group(&name, &name);
        let written = TargetGroupAttributes::of(Tags::new());
        world.facts.attributes.insert(arn, crate::fleet::Seen { at: read_at(), value: written });
    }
    let (blue, green) = (arn(&format!("{cluster}-blue")), arn(&format!("{cluster}-green")));
    world.listener(cluster, 443, &[(&blue, 100), (&green, 0)]);
}

/// What differs, as `what: a | b`.
fn rows(comparison: &Comparison) -> Vec<String> {
    comparison.differences.iter().map(|row| format!("{}: {} | {}", row.what, row.a, row.b)).collect()
}

#[test]
fn two_clusters_that_are_equal_but_for_their_names_do_not_differ() {
    let found = Twins::new().compare();
    assert_eq!(rows(&found), [""; 0]);
    assert_eq!(found.unknown, []);
    let says = |what: &str| found.same.iter().find(|row| row.what == what).map(|row| row.value.as_str());
    assert_eq!(says("image (live)"), Some("web 1.1.0 ×3"));
    assert_eq!(says("image (idle)"), Some("web 1.0.0 ×2"));
    assert_eq!(says("key pair (live)"), Some("orders-key / orders-staging-key"));
    assert_eq!(says("security groups (live)"), Some("1, by count"));
    assert_eq!(says("weights (:443 default)"), Some("100 % + 0 %"));
    assert_eq!(says("images that serve"), Some("1 image"));
}

/// Changes one thing of the staging cluster.
type Seed = fn(&mut Twins);

#[test]
fn each_single_difference_is_one_row_and_nothing_else() {
    let seeds: &[(&str, Seed)] = &[
        ("instance type (live): not set | m7g.large", |twins| {
            twins.version("lt-orders-staging-blue").instance_type = Some("m7g.large".into());
        }),
        ("metadata options (idle): not set | tokens required", |twins| {
            twins.version("lt-orders-staging-green").metadata = Some(MetadataOptions::default());
            for n in 0..2 {
                let id = format!("i-orders-staging-green-{n}");
                twins.0.instance_mut(&id).metadata =
                    Some(MetadataOptions { tokens: Some("required".into()), ..MetadataOptions::default() });
            }
            let version = twins.version("lt-orders-staging-green");
            version.metadata.as_mut().unwrap().tokens = Some("required".into());
        }),
        ("size (live): 3 wanted, 0–4 | 3 wanted, 0–9", |twins| {
            twins.0.group_mut("orders-staging-blue").max = 9;
        }),
        ("launches from (idle): launch template, $Default | launch template, $Latest", |twins| {
            let group = twins.0.group_mut("orders-staging-green");
            if let LaunchSource::Template(template) = &mut group.source {
                template.version = crate::fleet::TemplateVersion::Latest;
            }
        }),
        ("suspended processes (live): none | AZRebalance", |twins| {
            twins.0.group_mut("orders-staging-blue").suspended = vec!["AZRebalance".into()];
        }),
        ("zones (live): 0 zones | 1 zone", |twins| {
            twins.0.group_mut("orders-staging-blue").zones = vec!["eu-west-1a".into()];
        }),
        ("scaling policies (live): none | keeps CPU at 50", |twins| {
            twins.0.facts.policies.as_mut().unwrap().value.push(PolicyFact {
                group: "orders-staging-blue".into(),
                name: "cpu".into(),
                kind: PolicyKind::TargetTracking,
                metric: Some("CPU".into()),
                target: Some(50.0),
                alarms: Vec::new(),
                acts: true,
            });
        }),
        ("instance refresh (idle): none under way | under way, 50 %", |twins| {
            twins.0.refresh("orders-staging-green", RefreshStatus::InProgress);
        }),
        ("drift: template-drift (live): none | 1 instance", |twins| {
            twins.0.instance_mut("i-orders-staging-blue-1").key_name = Some("rescue".into());
        }),
        ("target group deregistration delay (live): 300 s | 30 s", |twins| {
            let own = twins.0.facts.attributes.get_mut(&arn("orders-staging-blue")).unwrap();
            own.value.deregistration_delay = 30;
        }),
        ("weights (:443 default): 100 % + 0 % | 90 % + 10 %", |twins| weights(twins, [90, 10])),
        ("stickiness to a side (:443 default): off | 60 s", |twins| {
            for listener in staging_listeners(twins) {
                listener.actions[0].forward_config.as_mut().unwrap().target_group_stickiness_config =
                    Some(GroupStickiness { enabled: true, duration_seconds: Some(60) });
            }
        }),
        ("image (idle): web 1.0.0 ×2 | web 1.1.0 ×2", |twins| {
            twins.version("lt-orders-staging-green").image = Some("ami-2".into());
            for n in 0..2 {
                twins.0.instance_mut(&format!("i-orders-staging-green-{n}")).image = Some("ami-2".into());
            }
        }),
    ];
    for (row, seed) in seeds {
        let mut twins = Twins::new();
        seed(&mut twins);
        let found = twins.compare();
        let expected = vec![(*row).to_owned()];
        assert_eq!((rows(&found), found.unknown), (expected, Vec::new()));
    }
}

fn staging_listeners(twins: &mut Twins) -> impl Iterator<Item = &mut crate::fleet::ListenerFact> {
    let all = twins.0.facts.listeners.values_mut().flat_map(|seen| &mut seen.value);
    all.filter(|listener| listener.arn.raw().contains("/orders-staging/"))
}

fn weights(twins: &mut Twins, weights: [i32; 2]) {
    for listener in staging_listeners(twins) {
        let config = listener.actions[0].forward_config.as_mut().unwrap();
        for (tuple, weight) in config.target_groups.iter_mut().zip(weights) {
            tuple.weight = Some(weight);
        }
    }
}

#[test]
fn the_side_that_takes_the_traffic_is_compared_with_the_other_one_that_does_whatever_its_colour() {
    let mut twins = Twins::new();
    // Staging has switched: its green side, with the same image as blue in production, takes the traffic.
    weights(&mut twins, [0, 100]);
    let found = twins.compare();
    let rows = rows(&found);
    assert!(rows.contains(&"image (live): web 1.1.0 ×3 | web 1.0.0 ×2".to_owned()), "{rows:?}");
    assert!(rows.contains(&"image (idle): web 1.0.0 ×2 | web 1.1.0 ×3".to_owned()), "{rows:?}");
    let why = found.differences[0].why.as_deref();
    assert_eq!(why, Some("orders runs the newer version"));
}

#[test]
fn a_side_more_is_one_difference() {
    let mut twins = Twins::new();
    twins.0.facts.groups.as_mut().unwrap().value.retain(|group| group.name.raw() != "orders-staging-green");
    let found = twins.compare();
    assert!(rows(&found).contains(&"server groups: 2 | 1".to_owned()), "{found:?}");
    assert!(found.same.iter().any(|row| row.what == "image (live)"), "{found:?}");
}

#[test]
fn ids_of_images_in_two_places_are_no_difference_where_family_and_version_are_equal() {
    let mut here = World::new();
    here.image("ami-2", "web-1.1.0");
    here.image("ami-1", "web-1.0.0");
    twin(&mut here, PROD);
    let mut there = World::new();
    there.facts.place = Place { account: "999999999999".into(), region: "us-east-1".into() };
    there.image("ami-9", "web-v1.1.0").owner = Some("999999999999".into());
    there.image("ami-8", "web-1.0.0");
    twin(&mut there, STAGING);
    for version in &mut there.facts.templates.as_mut().unwrap().value {
        let image = if version.id.raw().ends_with("blue") { "ami-9" } else { "ami-8" };
        version.image = Some(image.into());
        for n in 0..3 {
            let colour = version.id.raw().rsplit('-').next().unwrap().to_owned();
            let id = format!("i-orders-staging-{colour}-{n}");
            let instances = &mut there.facts.instances.as_mut().unwrap().value;
            for instance in instances.iter_mut().filter(|one| one.id.raw() == id) {
                std::sync::Arc::make_mut(instance).image = Some(image.into());
            }
        }
    }
    let fleet = assemble(&[here.facts, there.facts], &here.naming, None, read_at());
    let found = of(&fleet, PROD, STAGING);
    assert_eq!((rows(&found), found.unknown), (Vec::new(), Vec::new()));
}

#[test]
fn ids_of_one_version_in_one_place_are_told_apart_and_are_no_difference() {
    let mut twins = Twins::new();
    twins.0.image("ami-22", "web-1.1.0");
    twins.version("lt-orders-staging-blue").image = Some("ami-22".into());
    for n in 0..3 {
        twins.0.instance_mut(&format!("i-orders-staging-blue-{n}")).image = Some("ami-22".into());
    }
    let found = twins.compare();
    assert_eq!(rows(&found), [""; 0]);
    let image = found.same.iter().find(|row| row.what == "image (live)").unwrap();
    assert_eq!(image.value, "web 1.1.0 ×3 (ami-2) / web 1.1.0 ×3 (ami-22)");
}

#[test]
fn what_is_not_known_is_equal_to_nothing_and_says_why() {
    let unknown = |seed: Seed| {
        let mut twins = Twins::new();
        seed(&mut twins);
        let found = twins.compare();
        assert_eq!(rows(&found), [""; 0], "unknown is no difference either");
        found.unknown.into_iter().map(|row| format!("{}: {}", row.what, row.why)).collect::<Vec<_>>()
    };
    let said =
        |all: Vec<String>, wanted: &str| assert!(all.iter().any(|row| row.contains(wanted)), "{all:#?}");
    said(
        unknown(|twins| twins.0.facts.policies = None),
        "scaling policies (live): of both: its scaling policies were not read",
    );
    said(
        unknown(|twins| {
            twins.0.facts.attributes.remove(&arn("orders-staging-blue"));
        }),
        "target group settings (live): orders has settings that are known; orders-staging: the settings of",
    );
    said(
        unknown(|twins| {
            twins.0.facts.refreshes.remove(&"orders-blue".into());
            twins.0.gap(crate::fleet::Section::Refreshes, Some("orders-blue"));
        }),
        "instance refresh (live): orders: Refreshes could not be read: not allowed; orders-staging has none",
    );
    said(
        unknown(|twins| {
            let instances = &mut twins.0.facts.instances.as_mut().unwrap().value;
            std::sync::Arc::make_mut(&mut instances[0]).image = None;
        }),
        "image (live): orders: the image of 1 of its 3 instances is not known",
    );
    said(
        unknown(|twins| {
            twins.0.facts.listeners.clear();
            twins.0.facts.rules.clear();
            twins.0.gap(crate::fleet::Section::Listeners, None);
        }),
        "what the sides are: of both: which of its groups takes the traffic is not known",
    );
}

#[test]
fn a_gap_of_another_cluster_hides_nothing_here() {
    let mut twins = Twins::new();
    twin(&mut twins.0, "search");
    let listener = "arn:aws:e:listener/app/search/1/443";
    twins.0.gap(crate::fleet::Section::Rules, Some(listener));
    assert_eq!(twins.compare().unknown, []);
    twins.0.gap(crate::fleet::Section::Rules, Some("arn:aws:e:listener/app/nobody/1/443"));
    assert!(!twins.compare().unknown.is_empty(), "it may be of any of them");
}

#[test]
fn a_word_stands_for_something_else_only_as_a_whole() {
    assert_eq!(without("orders-web", "orders", "‹›"), "‹›-web");
    assert_eq!(without("reorders-web", "orders", "‹›"), "reorders-web");
    assert_eq!(without("a-b-a", "a", "‹›"), "‹›-b-‹›");
    assert_eq!(without("web", "", "‹›"), "web");
}
