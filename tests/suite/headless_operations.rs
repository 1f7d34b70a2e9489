//! Operations on the command line: what is known of them, and the ways out.
//!
//! Each process has a simulated fleet of its own: what an earlier one wrote to a load balancer is gone, its journal is
//! not.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

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

/// The program goes on ignoring what was ignored when it was started, as by `nohup`. What is caught is not inherited.
fn heed_hangups() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _within = runtime.enter();
    drop(signal(SignalKind::hangup()).unwrap());
}

/// Runs until a line of stderr says `until`, sends the signal, and tells the exit code and everything it said.
fn interrupted(home: &Home, arguments: &[&str], until: &str, signal: Signal) -> (i32, String) {
    heed_hangups();
    let mut child = Command::new(env!("CARGO_BIN_EXE_flightdeck"))
        .env_clear()
        .envs(home.environment())
        .arg("--demo")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut sent = false;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if !sent && line.contains(until) {
            sent = true;
            kill_process(Pid::from_child(&child), signal).unwrap();
        }
        said.push_str(&line);
        said.push('\n');
    }
    assert!(sent, "it never said `{until}`: {said}");
    (child.wait().unwrap().code().unwrap_or(-1), said)
}

#[test]
fn a_signal_holds_an_apply_and_it_is_taken_up_by_naming_it() {
    let home = Home::empty();
    let steps = ["shift", "orders", "--to", "green=50", "--steps", "25", "--bake", "1h"];
    let (plan, path) = saved(&home, &steps);
    let (code, said) = interrupted(&home, &["apply", &path, "--confirm", "orders 50"], "bake", Signal::TERM);
    assert_eq!(code, 1, "{said}");
    let first = plan["id"].as_str().unwrap();
    let way_out = format!("`flightdeck resume {first}`");
    assert!(said.contains("SIGTERM: it holds") && said.contains(&way_out), "{said}");
    let held = &operations(&home)[0];
    assert_eq!((&held["id"], &held["state"]), (&first.into(), &"held".into()));
    assert_eq!(held["ways_out"], serde_json::json!(["resume", "abort", "rollback"]));
    assert_eq!((&held["step"], &held["of"]), (&2.into(), &5.into()));

    let shown = demo(&home, &["operations", "resume", first]);
    assert_eq!(shown.code, 3, "{}", shown.err);
    assert!(shown.out.contains("confirm with  orders resume"), "{}", shown.out);
    assert!(shown.err.contains("--confirm 'orders resume'"), "{}", shown.err);
    assert_eq!(demo(&home, &["resume", first, "--confirm", "orders 50"]).code, 3);
    assert_eq!(operations(&home).len(), 1, "nothing was sent so far");

    let again = ["resume", first, "--confirm", "orders resume", "--reason", "after lunch"];
    let (code, said) = interrupted(&home, &again, "bake", Signal::HUP);
    assert_eq!(code, 1, "{said}");
    let known = operations(&home);
    assert_eq!((&known[0]["verb"], &known[0]["state"]), (&"resume".into(), &"held".into()));
    assert_eq!(known[1]["ways_out"], Value::Array(Vec::new()), "it was taken over: {}", known[1]);
    assert!(known[1]["why"].as_str().unwrap().contains("took it over"), "{}", known[1]);
    let gone = demo(&home, &["resume", first]);
    assert_eq!(gone.code, 3, "{}", gone.err);

    // What was written is gone with the fleet of that run, and that is said.
    let second = known[0]["id"].as_str().unwrap();
    let back = demo(&home, &["operations", "abort", second]);
    assert_eq!(back.code, 3, "{}", back.err);
    assert!(back.err.contains("already as it was") && back.err.contains("fleet of its own"), "{}", back.err);
    assert_eq!(demo(&home, &["journal", "verify"]).code, 0);
}

#[test]
fn a_killed_apply_is_found_by_the_next_run() {
    let home = Home::empty();
    let (plan, path) =
        saved(&home, &["shift", "orders", "--to", "green=25", "--steps", "25", "--bake", "1h"]);
    let (_, said) = interrupted(&home, &["apply", &path, "--confirm", "orders 25"], "bake", Signal::KILL);
    let found = &operations(&home)[0];
    assert_eq!((&found["id"], &found["step"]), (&plan["id"], &1.into()), "{said}");
    // Nobody knows yet that it is gone: a lease lives for a minute. Whoever gets the journal does.
    assert_eq!(found["state"], "running");
    let resumed = demo(&home, &["resume", plan["id"].as_str().unwrap()]);
    assert!(resumed.out.contains("goes on with shift"), "{}{}", resumed.out, resumed.err);
}

#[test]
fn a_cluster_that_asks_for_a_reason_gets_one() {
    let home = Home::empty();
    let config = home.path().join("config.toml");
    std::fs::write(&config, "[[cluster]]\nname = 'orders'\nrequire_reason = true\n").unwrap();
    let config = config.to_str().unwrap();
    let planned = demo(&home, &["--config", config, "plan", "shift", "orders", "--to", "green=25", "--json"]);
    let path = home.path().join("plan.json");
    std::fs::write(&path, &planned.out).unwrap();
    let apply = ["--config", config, "apply", path.to_str().unwrap(), "--confirm", "orders 25"];
    let refused = demo(&home, &apply);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("orders asks for a reason"), "{}", refused.err);
    assert_eq!(operations(&home), [] as [Value; 0]);
    assert_eq!(demo(&home, &[&apply[..], &["--reason", "OPS-7"]].concat()).code, 0);
    assert_eq!(demo(&home, &["journal", "--json"]).json()["records"][0]["why"], "OPS-7");
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
        &["plan", "shift", "orders", "--to", "green=100", "--steps", "--bake", "500ms"],
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
fn a_guard_that_blocks_is_overridden_by_name_and_with_a_reason() {
    let home = Home::empty();
    let config = home.path().join("config.toml");
    std::fs::write(&config, "[[freeze]]\nfrom = 2020-01-01\nuntil = 9000-01-01\nwhy = 'audit'\n").unwrap();
    let config = config.to_str().unwrap();
    let planned = demo(&home, &["--config", config, "plan", "shift", "orders", "--to", "green=25", "--json"]);
    assert_eq!(planned.code, 3, "{}", planned.err);
    assert!(planned.err.contains("guard freeze blocks it"), "{}", planned.err);
    let path = home.path().join("plan.json");
    std::fs::write(&path, &planned.out).unwrap();
    let path = path.to_str().unwrap();
    let apply = |more: &[&str]| {
        demo(&home, &[&["--config", config, "apply", path, "--confirm", "orders 25"], more].concat())
    };
    assert_eq!(apply(&[]).code, 3);
    assert_eq!(apply(&["--override", "freeze"]).code, 3, "without a reason");
    assert_eq!(operations(&home), [] as [Value; 0]);
    let ran = apply(&["--override", "freeze", "--reason", "OPS-7"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let journal = demo(&home, &["journal", "--json"]).json();
    let begun = &journal["records"][0];
    assert_eq!((&begun["overrides"][0], &begun["why"]), (&"freeze".into(), &"OPS-7".into()));
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
