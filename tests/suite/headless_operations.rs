//! Operations on the command line: what is known of them, and the ways out.
//!
//! Each process has a simulated fleet of its own: what an earlier one wrote to a load balancer is gone, its journal is
//! not.

use serde_json::Value;

use crate::command::{Ran, run_in};
use crate::home::Home;

fn demo(home: &Home, arguments: &[&str]) -> Ran {
    run_in(home, &[], &[&["--demo"], arguments].concat())
}

fn saved(home: &Home, arguments: &[&str]) -> (Value, String) {
    let planned = demo(home, &[&["plan"], arguments, &["--json"]].concat());
    assert_eq!(planned.code, 0, "{}", planned.err);
    let path = home.path().join("plan.json");
    std::fs::write(&path, &planned.out).unwrap();
    (planned.json(), path.to_str().unwrap().to_owned())
}

fn operations(home: &Home) -> Vec<Value> {
    let ran = demo(home, &["operations", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.json()["schema"], "flightdeck.operations.v1");
    ran.json()["operations"].as_array().unwrap().clone()
}

#[test]
fn a_done_operation_is_told_with_who_did_it_and_has_no_way_out() {
    let home = Home::empty();
    assert_eq!(operations(&home), [] as [Value; 0]);
    assert_eq!(demo(&home, &["operations"]).out, "no operation is known\n");
    let (plan, path) = saved(&home, &["shift", "orders", "--to", "green=25"]);
    let applied = demo(&home, &["apply", &path, "--confirm", "orders 25"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    let known = operations(&home);
    let one = &known[0];
    assert_eq!((&one["id"], &one["verb"], &one["cluster"]), (&plan["id"], &"shift".into(), &"orders".into()));
    assert_eq!((&one["state"], &one["ways_out"]), (&"done".into(), &Value::Array(Vec::new())));
    assert_eq!(one["of"], plan["steps"].as_array().unwrap().len());
    assert!(one["holder"]["principal"].as_str().is_some_and(|who| who.starts_with("arn:")), "{one}");
    assert!(one["started_at"].as_str() <= one["updated_at"].as_str());
    let elsewhere = demo(&home, &["--cluster", "search", "operations", "--json"]).json();
    assert_eq!(elsewhere["operations"], Value::Array(Vec::new()));
    assert_eq!(
        demo(&home, &["--filter", "order", "journal", "--json"]).json()["records"][0]["event"],
        "started"
    );
    let none = demo(&home, &["--cluster", "search", "journal", "--json"]).json();
    assert_eq!(none["records"], Value::Array(Vec::new()));
    let id = plan["id"].as_str().unwrap();
    for verb in ["abort", "resume"] {
        let ran = demo(&home, &[verb, id]);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert!(ran.err.contains(&format!("there is nothing to {verb}")), "{}", ran.err);
    }
}

#[test]
fn a_read_only_session_sees_operations_and_touches_none() {
    let home = Home::empty();
    let seen = demo(&home, &["--read-only", "operations", "--json"]);
    assert_eq!((seen.code, &seen.json()["operations"]), (0, &Value::Array(Vec::new())));
    for verb in ["resume", "abort", "rollback"] {
        for words in [&["operations", verb, "p-1"][..], &[verb, "p-1"]] {
            let ran = demo(&home, &[&["--read-only"], words].concat());
            assert_eq!(ran.code, 3, "{words:?}: {}", ran.err);
            assert!(ran.err.contains("read-only"), "{words:?}: {}", ran.err);
        }
    }
}

#[test]
fn an_operation_nobody_knows_is_refused_and_a_verb_without_one_is_usage() {
    let home = Home::empty();
    for words in
        [&["operations", "abort", "p-1"][..], &["rollback", "p-1"], &["resume", "p-1", "--confirm", "x"]]
    {
        let ran = demo(&home, words);
        assert_eq!(ran.code, 3, "{words:?}: {}", ran.err);
        assert!(ran.err.contains("no operation is called `p-1`"), "{words:?}: {}", ran.err);
    }
    for words in [
        &["abort"][..],
        &["operations", "resume"],
        &["operations", "fly", "p-1"],
        &["plan", "shift", "orders", "--to", "green=100", "--bake", "2m"],
        &["plan", "shift", "orders", "--to", "green=100", "--steps", "--bake", "2"],
        &["plan", "shift", "orders", "--to", "green=100", "--steps", "--bake", "2 weeks"],
        &["plan", "shift", "orders", "--to", "green=100", "--steps", "--bake=-2m"],
        &["plan", "shift", "orders", "--to", "green=100", "--steps", "5;25"],
        &["plan", "switch", "orders"],
    ] {
        assert_eq!(demo(&home, words).code, 64, "{words:?}");
    }
    let impossible = demo(&home, &["plan", "shift", "orders", "--to", "green=100", "--steps", "5,250"]);
    assert_eq!(impossible.code, 3, "{}", impossible.err);
    assert!(impossible.err.contains("0 to 100"), "{}", impossible.err);
}

#[test]
fn a_guard_that_does_not_block_cannot_be_overridden() {
    let home = Home::empty();
    let (_, path) = saved(&home, &["switch", "orders", "--to", "green"]);
    let apply = |overrides: &[&str]| {
        demo(&home, &[&["apply", &path, "--confirm", "orders 100", "--reason", "r"], overrides].concat())
    };
    let unknown = apply(&["--override", "no-such-guard"]);
    assert_eq!(unknown.code, 3, "{}", unknown.err);
    assert!(unknown.err.contains("there is no guard `no-such-guard`"), "{}", unknown.err);
    let idle = apply(&["--override", "large-step"]);
    assert_eq!(idle.code, 3, "{}", idle.err);
    assert!(idle.err.contains("does not block"), "{}", idle.err);
    assert_eq!(operations(&home), [] as [Value; 0]);
}
