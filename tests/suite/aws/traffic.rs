//! Moving traffic: one request with nothing but the actions, and a way back to exactly what was before.

use std::path::Path;

use serde_json::Value;

use super::{Desk, Saved, changes, cluster, front_door, has};
use crate::rig::{Request, Rig, SECRET};

#[test]
fn traffic_moves_by_one_request_and_goes_back_to_exactly_what_was() {
    moves_and_goes_back(&Rig::own());
}

#[test]
fn on_moto_alone_traffic_moves_and_goes_back_too() {
    moves_and_goes_back(&Rig::plain());
}

/// A listener's default action behind a login, and a numbered rule: both sticky.
fn moves_and_goes_back(rig: &Rig) {
    let desk = Desk::at(rig);
    let before = front_door(rig);

    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    has_what_scripts_rely_on(&shift.plan, rig);
    assert_eq!(shift.phrase(), "orders 25");
    assert_runs_with_one(&desk, &shift, "ModifyListener", "DefaultActions");
    let rule = desk.plan(&["shift", "checkout", "--to", "checkout-green=40"]);
    assert_runs_with_one(&desk, &rule, "ModifyRule", "Actions");

    let moved = front_door(rig);
    assert_eq!(
        differences(&before, &moved),
        ["Weight 90 → 75", "Weight 10 → 25", "Weight 100 → 60", "Weight 0 → 40"]
    );
    let snapshot = desk.done(&["snapshot", "--json"]).json();
    let orders = cluster(&snapshot, "orders");
    let percents: Vec<_> =
        orders["traffic"][0]["weights"].as_array().unwrap().iter().map(|w| &w["percent"]).collect();
    assert_eq!(percents, [&Value::from(75.0), &Value::from(25.0)]);
    assert_eq!(orders["rollback"]["light"], "warm");

    let back = desk.plan(&["rollback", "orders"]);
    assert_runs_with_one(&desk, &back, "ModifyListener", "DefaultActions");
    let back = desk.plan(&["rollback", "checkout"]);
    assert_runs_with_one(&desk, &back, "ModifyRule", "Actions");
    assert_eq!(front_door(rig), before);

    assert_eq!(desk.events(), ["started", "intended", "applied", "read-back", "done"].repeat(4));
    desk.done(&["journal", "verify"]);
    // Moto alone gives the secret of the OIDC login back, which AWS never does.
    assert_no_file_has(desk.home.path(), &["never-read-back", SECRET]);
}

/// Reads every file of a folder and of those in it: plans, journal.
#[track_caller]
fn assert_no_file_has(folder: &Path, secrets: &[&str]) {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_file_has(&path, secrets);
        } else {
            files += 1;
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let found: Vec<_> = secrets.iter().filter(|secret| text.contains(**secret)).collect();
            assert!(found.is_empty(), "{} has {found:?}", path.display());
        }
    }
    assert!(files > 0 || folder.read_dir().unwrap().next().is_some(), "{} is empty", folder.display());
}

/// Applies a plan: the one request that changes something is the plan's call, and carries the actions alone.
#[track_caller]
fn assert_runs_with_one(desk: &Desk<'_>, saved: &Saved, operation: &str, actions: &str) {
    desk.rig.forget();
    let applied = desk.apply(saved);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.err.contains("reads back"), "{}", applied.err);
    let sent = changes(desk.rig);
    let [request] = &sent[..] else { panic!("one request, not {sent:?}") };
    assert_eq!((&*request.operation, request.status), (operation, Some(200)));
    assert_eq!(flat(saved.input()), without_members(request));
    let params = request.params.as_object().unwrap();
    let others: Vec<_> = params.keys().filter(|name| !name.starts_with(&format!("{actions}."))).collect();
    assert_eq!(others.len(), 1, "the actions and whose they are, not {others:?}");
    assert!(others[0].ends_with("Arn"), "{others:?}");
    // Read just before and just after.
    let log = desk.rig.log();
    let at = log.iter().position(|other| other.operation == operation).unwrap();
    let reads = |other: &Request| other.operation == operation.replace("Modify", "Describe") + "s";
    assert!(log[..at].iter().rev().take(2).any(reads), "{:?}", &log[..at].last());
    assert!(log[at + 1..].iter().any(reads));
}

/// A request's parameters by their names in the plan: `Actions.member.1.Type` is `Actions.1.Type` there.
fn without_members(request: &Request) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let params = request.params.as_object().unwrap().iter();
    let mut params: Vec<_> =
        params.map(|(name, value)| (name.replace(".member.", "."), text(value))).collect();
    params.sort();
    params
}

/// Every leaf of a call's input with the way to it.
fn flat(input: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, path: &str, leaves: &mut Vec<(String, String)>) {
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(value, &at(name), leaves)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, item)| walk(item, &at(&(n + 1).to_string()), leaves));
            }
            Value::String(text) => leaves.push((path.to_owned(), text.clone())),
            other => leaves.push((path.to_owned(), other.to_string())),
        }
    }
    let mut leaves = Vec::new();
    walk(input, "", &mut leaves);
    leaves.sort();
    leaves
}

/// What differs between two documents, leaf by leaf: the last name of the way to it, before and after.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    fn walk(name: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
        match (before, after) {
            (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
                a.iter().for_each(|(name, value)| walk(name, value, &b[name], found));
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).for_each(|(a, b)| walk(name, a, b, found));
            }
            _ if before == after => {}
            _ => found.push(format!("{name} {before} → {after}")),
        }
    }
    let mut found = Vec::new();
    walk("", before, after, &mut found);
    found
}

fn has_what_scripts_rely_on(plan: &Value, rig: &Rig) {
    has(
        plan,
        "schema id verb cluster account region created_at expires_at digest confirm guards steps reach",
    );
    assert_eq!(plan["schema"], "flightdeck.plan.v1");
    assert_eq!((&plan["account"], &plan["region"]), (&rig.account().into(), &"us-east-1".into()));
    has(&plan["confirm"], "kind phrase");
    has(&plan["reach"], "instances percent lowest_healthy seconds");
    for guard in plan["guards"].as_array().unwrap() {
        has(guard, "name verdict why");
        assert!(["pass", "warn"].contains(&guard["verdict"].as_str().unwrap()), "{guard}");
    }
    for step in plan["steps"].as_array().unwrap() {
        has(step, "n does call undo wait");
    }
    has(&plan["steps"][0]["call"], "service operation input");
    has(&plan["steps"][0]["undo"], "service operation input");
    has(&plan["steps"][1]["wait"], "seconds until");
}
