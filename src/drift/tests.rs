//! The whole judgement: order, counts, policies, and what must hold for any fleet.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::fleet::builders::{World, read_at, target, template_ref};
use crate::fleet::{
    ClusterSelector, Fleet, GROUP_TAG, InstanceId, InstanceState, LaunchSource, OverrideFact, RefreshStatus,
    Section, TargetState, TemplateVersion,
};

fn judged(world: &World) -> Judgement {
    judge(&world.fleet(), &Policy::default(), read_at())
}

/// One group that wants orders-2.0, with an instance that is behind (protected, too), one that is fine, and one
/// instance outside.
fn world() -> World {
    let mut world = World::new();
    for number in 1..=2 {
        world.image(&format!("ami-{number}"), &format!("orders-{number}.0"));
    }
    world.template("lt-1", 1, "ami-2");
    world.group("orders-blue", "lt-1");
    world.member("orders-blue", "i-behind", "ami-1").protected = true;
    world.member("orders-blue", "i-fine", "ami-2");
    world.instance("i-outside", "ami-2");
    world
}

fn counts(summary: &Summary) -> Vec<(&str, usize)> {
    summary.worst.iter().map(|count| (count.rule.as_str(), count.instances)).collect()
}

#[test]
fn an_instance_is_counted_once_under_its_worst_finding() {
    let judgement = judged(&world());
    let rules: Vec<&str> = judgement.of(&"i-behind".into()).iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(rules, ["behind", "mixed", "protected"]);
    assert_eq!(judgement.worst(&"i-behind".into()).unwrap().rule.as_str(), "behind");
    assert!(judgement.of(&"i-fine".into()).is_empty());
    assert_eq!(judgement.fleet.instances, 3);
    assert_eq!(counts(&judgement.fleet), [("behind", 1), ("unmanaged", 1)]);
    assert_eq!((judgement.fleet.drifted(), judgement.fleet.unknown()), (2, 0));
    assert_eq!(judgement.fleet.of_severity(Severity::Warning), 1);
    let cluster = judgement.clusters.values().next().unwrap();
    assert_eq!((cluster.instances, counts(cluster)), (2, vec![("behind", 1)]));
    assert_eq!(judgement.groups.values().next(), Some(cluster));
    assert_eq!(counts(judgement.ungrouped.values().next().unwrap()), [("unmanaged", 1)]);
}

#[test]
fn a_group_in_two_clusters_counts_in_both_and_once_in_the_fleet() {
    let mut world = world();
    let selector = |name: &str| crate::fleet::ClusterNaming {
        name: name.into(),
        groups: vec![regex::Regex::new("orders-.*").unwrap()],
        account: None,
        region: None,
    };
    world.naming.clusters = vec![selector("one"), selector("two")];
    let judgement = judged(&world);
    assert_eq!(judgement.fleet.instances, 3);
    let clusters: Vec<_> =
        judgement.clusters.values().map(|summary| (summary.instances, counts(summary))).collect();
    assert_eq!(clusters, vec![(2, vec![("behind", 1)]); 2]);
    let of_behind = judgement.findings.iter().filter(|finding| finding.instance == "i-behind".into());
    assert!(of_behind.map(|finding| finding.cluster.as_ref().unwrap().raw()).all(|name| name == "one"));
}

#[test]
fn a_finding_is_written_as_the_contract_says() {
    let judgement = judged(&world());
    let json = serde_json::to_string(judgement.worst(&"i-behind".into()).unwrap()).unwrap();
    assert_eq!(
        json,
        concat!(
            r#"{"account":"123456789012","region":"eu-west-1","cluster":"orders","group":"orders-blue","#,
            r#""instance":"i-behind","rule":"behind","severity":"warning","expected":"2.0","actual":"1.0","#,
            r#""why":"It runs 1.0, 1 version behind 2.0, which its group wants."}"#
        )
    );
    let outside = serde_json::to_value(judgement.worst(&"i-outside".into()).unwrap()).unwrap();
    assert_eq!(
        (&outside["cluster"], &outside["group"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
}

#[test]
fn a_milder_rule_gives_way_to_a_worse_one() {
    let mut policy = Policy::default();
    let milder = RuleSetting { on: None, severity: Some(Severity::Info) };
    let own = ClusterPolicy { rules: [("behind".parse().unwrap(), milder)].into(), phoenix_age: None };
    policy.clusters.push((ClusterSelector { name: "orders".into(), account: None, region: None }, own));
    let judgement = judge(&world().fleet(), &policy, read_at());
    assert_eq!(counts(&judgement.fleet), [("mixed", 1), ("unmanaged", 1)]);
}

fn ignore(rule: &str, cluster: &str, days: i64) -> Ignore {
    Ignore {
        cluster: ClusterSelector { name: cluster.into(), account: None, region: None },
        rule: rule.parse().unwrap(),
        until: read_at() + jiff::SignedDuration::from_hours(24 * days),
        reason: "the next release replaces it".into(),
        author: "ann".into(),
    }
}

#[test]
fn an_ignored_finding_is_kept_and_marked_and_does_not_count_until_its_time_has_come() {
    let world = world();
    let ignores =
        vec![ignore("behind", "orders", 1), ignore("behind", "orders", 7), ignore("mixed", "search", 7)];
    let policy = Policy { ignores, ..Policy::default() };
    let until = policy.ignores[1].until;
    let judged = |at| judge(&world.fleet(), &policy, at);
    let before = judged(until - jiff::SignedDuration::from_secs(1));
    let rules = |findings: &[Finding]| -> Vec<&str> { findings.iter().map(|f| f.rule.as_str()).collect() };
    let id = "i-behind".into();
    assert_eq!(rules(before.of(&id)), ["mixed", "protected"], "another cluster's word counts for nothing");
    assert_eq!(rules(before.ignored(&id)), ["behind"]);
    assert_eq!(before.ignored(&id)[0].ignored.as_deref(), Some(&policy.ignores[1]), "the longest one holds");
    assert_eq!(before.worst(&id).unwrap().rule.as_str(), "mixed");
    assert_eq!(counts(&before.fleet), [("mixed", 1), ("unmanaged", 1)]);
    assert_eq!(judged(until).ignored(&id), []);
    assert_eq!(counts(&judged(until).fleet), [("behind", 1), ("unmanaged", 1)]);
    assert_eq!(policy.next_return(read_at()), Some(policy.ignores[0].until));
    assert_eq!(policy.next_return(until), None);
}

#[test]
fn an_instance_with_nothing_but_ignored_findings_is_fine() {
    let ignores = ["behind", "mixed", "protected"].map(|rule| ignore(rule, "orders", 1)).to_vec();
    let judgement = judge(&world().fleet(), &Policy { ignores, ..Policy::default() }, read_at());
    assert_eq!(counts(judgement.clusters.values().next().unwrap()), []);
    assert!(judgement.worst(&"i-behind".into()).is_none());
    assert_eq!(judgement.ignored(&"i-behind".into()).len(), 3);
}

#[test]
fn every_rule_stands_in_the_table_with_its_severity() {
    let mut policy = Policy::default();
    policy.rules.insert("ahead".parse().unwrap(), RuleSetting { on: Some(false), severity: None });
    let table = table(&policy);
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), RULES.len() + 1);
    for (rule, row) in RULES.iter().zip(&rows[1..]) {
        let severity = if rule.name() == "ahead" { "off" } else { rule.severity().word() };
        assert_eq!(row[..2], [rule.name(), severity]);
        assert!(row.len() > 3, "{row:?}");
    }
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), RULES.len());
    assert_eq!(
        "beehind".parse::<RuleName>().unwrap_err().to_string(),
        "no rule is called beehind: `flightdeck rules` lists them"
    );
}

/// One instance of a random fleet.
#[derive(Clone, Debug)]
struct Cast {
    group: Option<usize>,
    image: usize,
    own_type: bool,
    status: usize,
    state: usize,
    lifecycle: usize,
    target: usize,
    tags: usize,
}

fn cast() -> impl Strategy<Value = Cast> {
    let group = prop_oneof![3 => (0..2usize).prop_map(Some), 1 => Just(None)];
    (group, 0..6usize, any::<bool>(), 0..5usize, 0..6usize, 0..6usize, 0..9usize, 0..4usize).prop_map(
        |(group, image, own_type, status, state, lifecycle, target, tags)| Cast {
            group,
            image,
            own_type,
            status,
            state,
            lifecycle,
            target,
            tags,
        },
    )
}

const GROUPS: [&str; 2] = ["orders-blue", "orders-green"];

fn random_world(casts: &[Cast], refresh: usize, weights: (i32, i32), with_overrides: bool) -> World {
    let mut world = World::new();
    for (id, name) in [
        ("ami-0", "orders-1.0"),
        ("ami-1", "orders-2.0"),
        ("ami-2", "orders-3.0"),
        ("ami-3", "search-1.0"),
        ("ami-4", "golden"),
    ] {
        world.image(id, name);
    }
    world.image("ami-2", "orders-3.0").state = "deregistered".into();
    world.template("lt-1", 1, "ami-0").key_name = Some("deploy".into());
    world.template("lt-1", 2, "ami-1");
    for group in GROUPS {
        world.group(group, "lt-1");
    }
    if with_overrides {
        let own = OverrideFact {
            instance_type: Some("m5.large".into()),
            template: Some(template_ref("lt-1", TemplateVersion::Number(1))),
            ..OverrideFact::default()
        };
        world.group_mut(GROUPS[0]).source = LaunchSource::Mixed {
            base: template_ref("lt-1", TemplateVersion::Default),
            overrides: vec![own],
        };
    }
    for (index, cast) in casts.iter().enumerate() {
        let (id, image) = (format!("i-{index:03}"), format!("ami-{}", cast.image));
        let kind = if cast.own_type { "m5.large" } else { "m7g.large" };
        match cast.group {
            None => {
                world.instance(&id, &image);
            }
            Some(group) => {
                let member = world.member(GROUPS[group], &id, &image);
                member.lifecycle = ["InService", "InService", "Standby", "Terminating", "Detaching", "Odd"]
                    [cast.lifecycle]
                    .into();
                member.instance_type = Some(kind.into());
                member.health = if cast.status == 4 { "Unhealthy" } else { "Healthy" }.into();
            }
        }
        let fact = world.instance_mut(&id);
        fact.instance_type = Some(kind.into());
        fact.state = [
            InstanceState::Running,
            InstanceState::Running,
            InstanceState::Stopped,
            InstanceState::Pending,
            InstanceState::Terminated,
            InstanceState::Other("odd".into()),
        ][cast.state]
            .clone();
        let (key, value) =
            [("Name", "x"), ("flightdeck:tainted", "x"), (GROUP_TAG, "orders-blue"), ("Name", "y")]
                [cast.tags];
        fact.tags = [(key.into(), value.into())].into();
        let statuses = &mut world.facts.statuses.as_mut().unwrap().value;
        statuses.get_mut(&InstanceId::new(&id)).unwrap().system =
            ["ok", "ok", "impaired", "initializing", "ok"][cast.status].into();
    }
    let arns = GROUPS.map(|group| world.target_group(group, group));
    world.listener("web", 443, &[(&arns[0], weights.0), (&arns[1], weights.1)]);
    for (index, cast) in casts.iter().enumerate() {
        let states = [
            TargetState::Healthy,
            TargetState::Unhealthy,
            TargetState::Initial,
            TargetState::Draining,
            TargetState::Unused,
            TargetState::Unavailable,
            TargetState::Other("odd".into()),
        ];
        let targets = world.targets_mut(&arns[cast.group.unwrap_or_default()]);
        targets.retain(|target| target.id.raw() != format!("i-{index:03}"));
        targets.extend(states.get(cast.target).map(|state| target(&format!("i-{index:03}"), state.clone())));
    }
    if let Some(status) =
        [RefreshStatus::InProgress, RefreshStatus::Cancelled, RefreshStatus::RollbackInProgress].get(refresh)
    {
        world.refresh(GROUPS[0], status.clone()).desired =
            Some(LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(1))));
    }
    world
}

fn any_world() -> impl Strategy<Value = (Vec<Cast>, usize, (i32, i32), bool)> {
    (proptest::collection::vec(cast(), 0..14), 0..4usize, (0..3i32, 0..3i32), any::<bool>())
}

/// Takes a section away and leaves the gap.
fn hide(world: &mut World, section: Section) {
    let facts = &mut world.facts;
    match section {
        Section::Instances => facts.instances = None,
        Section::Statuses => facts.statuses = None,
        Section::Images => facts.images = None,
        Section::Groups => facts.groups = None,
        // One version is still known: the others may want anything.
        Section::Templates => {
            facts.templates.as_mut().unwrap().value.retain(|version| version.number == 1);
        }
        Section::LoadBalancers => {
            facts.load_balancers = None;
            facts.listeners.clear();
            facts.rules.clear();
        }
        Section::Listeners => {
            facts.listeners.clear();
            facts.rules.clear();
        }
        Section::TargetGroups => facts.target_groups = None,
        Section::TargetHealth => facts.target_health.clear(),
        _ => facts.attributes.clear(),
    }
    world.gap(section, None);
}

const HIDDEN: [Section; 10] = [
    Section::Instances,
    Section::Statuses,
    Section::Images,
    Section::Groups,
    Section::Templates,
    Section::LoadBalancers,
    Section::Listeners,
    Section::TargetGroups,
    Section::TargetHealth,
    Section::TargetGroupAttributes,
];

fn alarms(judgement: &Judgement) -> BTreeSet<(String, &'static str)> {
    let known = judgement.findings.iter().filter(|finding| finding.rule != RuleName::UNKNOWN);
    known.map(|finding| (finding.instance.to_string(), finding.rule.as_str())).collect()
}

/// Instances of which a fact is missing that a judgement needs.
fn hides_something(fleet: &Fleet) -> BTreeSet<InstanceId> {
    let mut hidden: BTreeSet<InstanceId> =
        fleet.unplaced.iter().map(|instance| instance.id.clone()).collect();
    for instance in fleet.instances() {
        let image =
            instance.running.as_ref().and_then(|running| fleet.image(&instance.place, &running.image));
        if instance.facts.is_none() || image.is_none() {
            hidden.insert(instance.id.clone());
        }
    }
    for group in fleet.clusters.iter().flat_map(|cluster| &cluster.groups) {
        let unread = group.target_groups.iter().any(|arn| fleet.target_groups[arn].health.is_none());
        let untold = group.wants.iter().any(|wanted| wanted.image.is_none()) && group.wants.len() == 1;
        for instance in &group.instances {
            let other = |running: &crate::fleet::Running| {
                let refreshing = group.refresh.iter().flat_map(|refresh| &refresh.wants);
                refreshing.chain(&group.wants).all(|wanted| wanted.image.as_ref() != Some(&running.image))
            };
            if (unread && group.live) || (untold && instance.running.as_ref().is_some_and(other)) {
                hidden.insert(instance.id.clone());
            }
        }
    }
    hidden
}

proptest! {
    #[test]
    fn the_same_facts_in_any_order_give_the_same_findings((casts, refresh, weights, overrides) in any_world()) {
        let mut world = random_world(&casts, refresh, weights, overrides);
        let judgement = judged(&world);
        prop_assert_eq!(&judged(&world), &judgement);
        world.facts.instances.as_mut().unwrap().value.reverse();
        world.facts.groups.as_mut().unwrap().value.reverse();
        for group in &mut world.facts.groups.as_mut().unwrap().value {
            group.members.reverse();
        }
        world.facts.templates.as_mut().unwrap().value.reverse();
        for targets in world.facts.target_health.values_mut() {
            targets.value.reverse();
        }
        prop_assert_eq!(judged(&world), judgement);
    }

    #[test]
    fn each_instance_is_counted_once((casts, refresh, weights, overrides) in any_world()) {
        let world = random_world(&casts, refresh, weights, overrides);
        let fleet = world.fleet();
        let judgement = judged(&world);
        prop_assert_eq!(judgement.fleet.instances, fleet.instances().count());
        let mut worst: BTreeMap<(RuleName, Severity), usize> = BTreeMap::new();
        let mut findings = 0;
        for instance in fleet.instances() {
            let own = judgement.of(&instance.id);
            prop_assert!(own.is_sorted_by(|a, b| a.severity >= b.severity));
            prop_assert!(own.iter().all(|finding| finding.instance == instance.id));
            findings += own.len();
            if let Some(finding) = own.first() {
                *worst.entry((finding.rule, finding.severity)).or_default() += 1;
            }
        }
        prop_assert_eq!(findings, judgement.findings.len());
        let counted: BTreeMap<(RuleName, Severity), usize> =
            judgement.fleet.worst.iter().map(|count| ((count.rule, count.severity), count.instances)).collect();
        prop_assert_eq!(counted, worst);
    }

    #[test]
    fn what_is_missing_is_never_fine_and_never_an_alarm(
        (casts, refresh, weights, overrides) in any_world(),
        hidden in 0..HIDDEN.len(),
    ) {
        let mut world = random_world(&casts, refresh, weights, overrides);
        let whole = judged(&world);
        let lives: BTreeSet<String> = world.fleet().instances().map(|instance| instance.id.to_string()).collect();
        hide(&mut world, HIDDEN[hidden]);
        let fleet = world.fleet();
        let judgement = judged(&world);
        for id in hides_something(&fleet) {
            let is_told = judgement.of(&id).iter().any(|finding| finding.rule == RuleName::UNKNOWN);
            prop_assert!(is_told, "nothing unknown of {id} without {:?}", HIDDEN[hidden]);
        }
        let (alarms, known) = (alarms(&judgement), alarms(&whole));
        let new: Vec<_> = alarms.difference(&known).filter(|(id, _)| lives.contains(id)).collect();
        prop_assert!(new.is_empty(), "{new:?} without {:?}", HIDDEN[hidden]);
    }
}
