//! What AWS does not tell is a gap that says why; what it tells in pieces is the same as told at once.

use flightdeck::provider::aws::READS;
use serde_json::{Value, json};

use super::{Desk, cluster};
use crate::rig::Rig;

/// What nobody can be denied, by AWS's own rules; without it no account is known.
const ALWAYS_ALLOWED: &str = "sts:GetCallerIdentity";

/// What a snapshot never asks: a service, or what is read only around a write.
const NOT_OF_A_SNAPSHOT: &[&str] = &[
    "cloudwatch:",
    "codebuild:",
    "imagebuilder:",
    "logs:",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLifecycleHooks",
];

#[test]
fn every_denied_read_is_a_gap_that_names_the_missing_action() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let elsewhere = |action: &str| NOT_OF_A_SNAPSHOT.iter().any(|start| action.starts_with(start));
    // Bookkeeping is no fact of the fleet: what is missing there stops writing, not looking.
    let facts = READS.iter().filter(|read| read.resource == "*" && read.action != ALWAYS_ALLOWED);
    for read in facts.filter(|read| !elsewhere(read.action)) {
        rig.heal();
        rig.fault(&json!({ "operation": read.operation, "kind": "denied", "count": null }));
        let ran = desk.done(&["snapshot", "--json"]);
        let missing = format!("the role lacks {}", read.action);
        assert!(ran.err.contains(&missing), "{}: {}", read.action, ran.err);
        let snapshot = ran.json();
        let gaps = snapshot["gaps"].as_array().unwrap();
        assert!(gaps.iter().any(|gap| gap["action"] == read.action), "{}: {gaps:?}", read.action);
        let others: Vec<_> = gaps.iter().filter(|gap| gap["action"] != read.action).collect();
        assert!(others.is_empty(), "{} costs no other panel: {others:?}", read.action);
        let of_it =
            |log: &[crate::rig::Request]| log.iter().filter(|r| r.operation == read.operation).count();
        let asked = of_it(&rig.log());
        assert!((1..=16).contains(&asked), "{} is not asked {asked} times in vain", read.operation);
        rig.forget();
    }
}

#[test]
fn a_role_that_may_read_nothing_hears_so_in_one_sentence() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    for service in ["ec2", "autoscaling", "elasticloadbalancing"] {
        rig.fault(&json!({ "service": service, "kind": "denied", "count": null }));
    }
    let ran = desk.run(&["snapshot", "--json"]);
    assert_eq!((ran.code, &*ran.out), (2, ""), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.contains("the role lacks "), "{}", ran.err);
    rig.fault(&json!({ "kind": "denied", "count": null }));
    for verb in [&["drift"][..], &["plan", "shift", "orders", "--to", "green=25"]] {
        let ran = desk.run(verb);
        assert_eq!((ran.code, &*ran.out, ran.err.lines().count()), (2, "", 1), "{}", ran.err);
    }
}

#[test]
fn a_fact_that_a_guard_needs_blocks_the_plan_and_another_does_not() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = ["plan", "shift", "orders", "--to", "green=25", "--json"];
    rig.fault(&json!({ "operation": "DescribeTargetHealth", "kind": "denied", "count": null }));
    let blocked = desk.run(&shift);
    assert_eq!(blocked.code, 3, "{}", blocked.err);
    assert!(blocked.err.contains("guard "), "{}", blocked.err);
    let verdicts = blocked.json()["guards"].as_array().unwrap().clone();
    assert!(verdicts.iter().any(|guard| guard["verdict"] == "block"), "{verdicts:?}");
    rig.heal();
    rig.fault(&json!({ "operation": "DescribeInstanceRefreshes", "kind": "denied", "count": null }));
    desk.done(&shift);
}

#[test]
fn a_snapshot_in_small_and_empty_pages_is_the_same_as_in_large_ones() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let whole = timeless(desk.done(&["snapshot", "--json"]).json());
    let calls = rig.log().len();
    rig.forget();
    rig.tell("paging", &json!({ "size": 2, "empty_pages": true }));
    assert_eq!(timeless(desk.done(&["snapshot", "--json"]).json()), whole);
    assert!(rig.log().len() > calls * 2, "{} and {calls} calls", rig.log().len());
}

/// A snapshot without the moments at which it was taken.
fn timeless(mut snapshot: Value) -> Value {
    snapshot.as_object_mut().unwrap().remove("observed_at").unwrap();
    for cluster in snapshot["clusters"].as_array_mut().unwrap() {
        cluster.as_object_mut().unwrap().remove("seen_at").unwrap();
    }
    snapshot
}

#[test]
fn throttled_reads_are_tried_again_and_succeed() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    for (operation, times) in
        [("DescribeInstances", 2), ("DescribeAutoScalingGroups", 1), ("DescribeRules", 1)]
    {
        rig.fault(&json!({ "operation": operation, "kind": "throttled", "count": times }));
    }
    let ran = desk.done(&["snapshot", "--json"]);
    assert_eq!((ran.err.as_str(), &ran.json()["gaps"]), ("", &json!([])));
    let log = rig.log();
    let asked: Vec<_> = log.iter().filter(|request| request.operation == "DescribeInstances").collect();
    let answers: Vec<_> = asked.iter().map(|request| request.status).collect();
    assert_eq!(answers, [Some(503), Some(503), Some(200)]);
}

#[test]
fn a_read_that_stays_throttled_is_given_up_and_said() {
    let rig = Rig::own();
    rig.fault(&json!({ "operation": "DescribeInstanceStatus", "kind": "throttled", "count": null }));
    let ran = Desk::at(&rig).done(&["snapshot", "--json"]);
    assert!(ran.err.contains("fewer calls"), "{}", ran.err);
    let asked = rig.log().iter().filter(|request| request.operation == "DescribeInstanceStatus").count();
    assert_eq!(asked, 3, "a storm is not what throttling asks for");
}

#[test]
fn several_regions_are_one_fleet_and_one_that_fails_is_a_gap() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let both = ["--region", "us-east-1,eu-west-1", "snapshot", "--json"];
    let snapshot = desk.done(&both).json();
    assert_eq!(snapshot["regions"], json!(["eu-west-1", "us-east-1"]));
    let places: Vec<_> = snapshot["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|cluster| cluster["name"] == "search")
        .map(|cluster| cluster["region"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["eu-west-1", "us-east-1"]);

    let shift =
        |cluster| ["--region", "us-east-1,eu-west-1", "plan", "shift", cluster, "--to", "search-eu=10"];
    let ran = desk.run(&shift("search"));
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("search@eu-west-1") && ran.err.contains("search@us-east-1"), "{}", ran.err);
    let ran = desk.run(&shift("search@eu-west-1"));
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("no listener or rule"), "{}", ran.err);

    rig.fault(&json!({ "region": "eu-west-1", "kind": "denied", "count": null }));
    let ran = desk.done(&both);
    let snapshot = ran.json();
    assert!(!ran.err.is_empty());
    let gaps = snapshot["gaps"].as_array().unwrap();
    assert!(gaps.iter().all(|gap| gap["region"] == "eu-west-1") && !gaps.is_empty(), "{gaps:?}");
    cluster(&snapshot, "orders");
}
