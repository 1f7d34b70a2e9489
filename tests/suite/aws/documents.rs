//! The documents that scripts read, from a whole look at the seeded fleet.
use serde_json::Value;

use super::{Desk, cluster, has};
use crate::rig::Rig;

#[test]
fn a_snapshot_of_aws_has_what_scripts_rely_on() {
    let rig = Rig::shared();
    let ran = Desk::at(rig).done(&["snapshot", "--json"]);
    let snapshot = ran.json();
    assert_has_what_scripts_rely_on(&snapshot, rig);
    assert_eq!(snapshot["gaps"], Value::Array(Vec::new()));
    assert_eq!(ran.err, "");
    let instance = &cluster(&snapshot, "orders")["groups"][0]["instances"][0];
    assert_eq!(instance["health"]["targets"][0]["state"], "healthy");
    // Its image tells no revision by a tag that is known, and the seeded base has a newer version.
    let found: Vec<_> = instance["drift"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
    assert_eq!(found, ["base-stale", "untraceable"]);
}

#[test]
fn what_moto_alone_lacks_is_a_gap() {
    let rig = Rig::plain();
    let desk = Desk::at(&rig);
    let ran = desk.done(&["snapshot", "--json"]);
    let snapshot = ran.json();
    assert_has_what_scripts_rely_on(&snapshot, &rig);
    let gaps = snapshot["gaps"].as_array().unwrap();
    let mut sections: Vec<_> = gaps.iter().map(|gap| gap["section"].as_str().unwrap()).collect();
    sections.sort_unstable();
    assert_eq!(sections, ["image-metadata", "refreshes", "root-volumes"]);
    assert_eq!(ran.err.lines().filter(|line| line.starts_with("gap: ")).count(), 3, "{}", ran.err);
    let drift = desk.run(&["drift", "--json"]);
    assert_eq!(drift.json()["gaps"], snapshot["gaps"]);
}

#[track_caller]
fn assert_has_what_scripts_rely_on(snapshot: &Value, rig: &Rig) {
    has(snapshot, "schema observed_at account accounts regions clusters unmanaged gaps");
    assert_eq!(snapshot["schema"], "flightdeck.snapshot.v1");
    assert_eq!(snapshot["account"], rig.account());
    assert_eq!(snapshot["regions"], serde_json::json!(["us-east-1"]));
    for gap in snapshot["gaps"].as_array().unwrap() {
        has(gap, "account region what why");
    }
    let clusters = snapshot["clusters"].as_array().unwrap();
    let names: Vec<_> = clusters.iter().map(|cluster| cluster["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["checkout", "ingest", "legacy-batch", "orders", "payments", "reports", "search", "workers"]
    );
    for cluster in clusters {
        has(cluster, "name account region traffic rollback groups");
        has(&cluster["rollback"], "light target why");
        for group in cluster["groups"].as_array().unwrap() {
            has(group, "name min desired max live wanted refresh instances");
            has(&group["wanted"], "image template");
            group["instances"].as_array().unwrap().iter().for_each(assert_is_an_instance);
        }
    }
    let orders = cluster(snapshot, "orders");
    let source = &orders["traffic"][0];
    assert_eq!(source["source"], rig.id("listeners", "edge"));
    assert_eq!((&source["default"], &source["sticky_seconds"]), (&true.into(), &3600.into()));
    for (n, (side, weight)) in [("orders-blue", 90), ("orders-green", 10)].into_iter().enumerate() {
        let found = &source["weights"][n];
        assert_eq!(found["target_group"], rig.id("target_groups", side));
        assert_eq!((&found["group"], &found["weight"]), (&side.into(), &weight.into()));
    }
    let green = &orders["groups"][1];
    assert_eq!(green["wanted"]["image"]["id"], rig.id("images", "orders-1.43.0"));
    assert_eq!(green["wanted"]["image"]["parent"], rig.id("images", "nginx-3.5.0"));
    assert_eq!(green["wanted"]["template"]["version"], "2");
    assert_eq!((&green["min"], &green["desired"], &green["max"]), (&1.into(), &4.into(), &12.into()));
    let mut members: Vec<_> =
        green["instances"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect();
    let mut seeded = rig.members("orders-green");
    members.sort_unstable();
    seeded.sort_unstable();
    assert_eq!(members, seeded);
    let overrides = cluster(snapshot, "workers")["groups"][0]["wanted"]["others"].as_array().unwrap();
    assert_eq!(overrides.len(), 1);
    let payments = cluster(snapshot, "payments")["traffic"].as_array().unwrap();
    assert_eq!(payments.len(), 2, "two rules carry it");
    let unmanaged = snapshot["unmanaged"].as_array().unwrap();
    unmanaged.iter().for_each(assert_is_an_instance);
    assert_eq!(unmanaged.len(), 2, "{unmanaged:?}");
}

#[track_caller]
fn assert_is_an_instance(instance: &Value) {
    has(instance, "id image zone type state lifecycle health launched_at drift");
    has(&instance["image"], "id name version parent");
    has(&instance["health"], "ec2 group targets");
    for finding in instance["drift"].as_array().unwrap() {
        has(finding, "rule severity expected actual why");
    }
}
