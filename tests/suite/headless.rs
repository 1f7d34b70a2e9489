//! The headless verbs on the simulated fleet, as scripts see them.

use serde_json::Value;

use crate::command::{Ran, run_in};
use crate::home::Home;

/// Runs on the simulated fleet.
fn demo(home: &Home, arguments: &[&str]) -> Ran {
    run_in(home, &[], &[&["--demo"], arguments].concat())
}

fn saved_plan(home: &Home, arguments: &[&str]) -> (Value, String) {
    let planned = demo(home, arguments);
    assert_eq!(planned.code, 0, "{}", planned.err);
    let path = home.path().join("plan.json");
    std::fs::write(&path, &planned.out).unwrap();
    (planned.json(), path.to_str().unwrap().to_owned())
}

const SHIFT: &[&str] = &["plan", "shift", "orders", "--to", "green=25", "--json"];

#[test]
fn a_snapshot_is_one_document_with_what_scripts_rely_on() {
    let ran = demo(&Home::empty(), &["snapshot", "--json"]);
    assert_eq!(ran.code, 0);
    let json = ran.json();
    assert_eq!(json["schema"], "flightdeck.snapshot.v1");
    assert_eq!(json["account"], "123456789012");
    let clusters = json["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 8);
    let orders = clusters.iter().find(|cluster| cluster["name"] == "orders").unwrap();
    let weights = &orders["traffic"][0]["weights"];
    assert_eq!((&weights[0]["weight"], &weights[1]["weight"]), (&90.into(), &10.into()));
    let blue =
        orders["groups"].as_array().unwrap().iter().find(|group| group["name"] == "orders-blue").unwrap();
    assert_eq!(blue["live"], true);
    assert!(blue["wanted"]["image"]["version"].is_string());
    assert!(!blue["instances"].as_array().unwrap().is_empty());
    assert!(json["unmanaged"].as_array().is_some_and(|list| !list.is_empty()));
    assert!(ran.err.contains("gap:"), "gaps are said on stderr: {}", ran.err);
}

#[test]
fn drift_ends_with_1_at_or_above_the_level() {
    let home = Home::empty();
    let ran = demo(&home, &["drift", "--json", "--fail-on", "critical"]);
    let json = ran.json();
    assert_eq!(json["schema"], "flightdeck.drift.v1");
    let critical =
        json["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] == "critical");
    assert!(critical);
    assert_eq!(ran.code, 1);
    assert_eq!(demo(&home, &["--cluster", "checkout", "drift", "--fail-on", "critical"]).code, 0);
}

#[test]
fn two_clusters_are_compared_and_the_exit_code_says_whether_they_differ() {
    let home = Home::empty();
    let ran = demo(&home, &["compare", "orders", "checkout", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let json = ran.json();
    assert_eq!(json["schema"], "flightdeck.compare.v1");
    assert_eq!((&json["a"]["cluster"], &json["b"]["cluster"]), (&"orders".into(), &"checkout".into()));
    assert_eq!((&json["a"]["account"], &json["differs"]), (&"123456789012".into(), &true.into()));
    assert!(json["a"]["region"].is_string() && json["observed_at"].is_string());
    let differences = json["differences"].as_array().unwrap();
    assert!(differences.iter().any(|row| row["what"] == "image (live)"), "{differences:#?}");
    assert!(differences.iter().all(|row| row["a"] != row["b"] && row["a"].is_string()));
    assert!(json["same"].as_array().unwrap().iter().all(|row| row["value"].is_string()));
    assert!(json["unknown"].is_array() && json["gaps"].is_array());
    let ran = demo(&home, &["compare", "checkout", "orders"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("DIFFERS"), "{}", ran.out);
    let unknown = demo(&home, &["compare", "orders", "chekout", "--json"]);
    assert_eq!((unknown.code, &unknown.json()["schema"]), (3, &"flightdeck.refusal.v1".into()));
    assert!(unknown.err.contains("checkout"), "the nearest name: {}", unknown.err);
    assert_eq!(demo(&home, &["compare", "orders", "orders"]).code, 64, "one cluster is no two");
    assert_eq!(demo(&home, &["compare", "orders"]).code, 64);
}

/// The severities of the findings of one rule in `orders`, and how many of them do not count.
fn behind_in_orders(home: &Home, config: &str) -> (usize, Value) {
    let ran = demo(home, &["--config", config, "--cluster", "orders", "drift", "--json"]);
    let json = ran.json();
    let of_rule = |list: &str| -> Vec<Value> {
        let all = json[list].as_array().unwrap().iter();
        all.filter(|finding| finding["rule"] == "behind").cloned().collect()
    };
    (of_rule("findings").len(), Value::Array(of_rule("ignored")))
}

#[test]
fn ignored_findings_do_not_count_and_are_back_when_their_time_has_come() {
    let home = Home::empty();
    let config = home.path().join("config.toml");
    let path = config.to_str().unwrap();
    let ignore = |until: &str, rule: &str| {
        format!(
            "[[ignore]]\ncluster = 'orders'\nrule = '{rule}'\nuntil = {until}\nreason = 'next release'\n\
             author = 'ann'\n"
        )
    };
    std::fs::write(&config, ignore("2020-01-31", "behind")).unwrap();
    let (counted, ignored) = behind_in_orders(&home, path);
    assert!(counted > 0, "they are back");
    assert_eq!(ignored, Value::Array(Vec::new()));
    std::fs::write(&config, ignore("9000-01-31", "behind")).unwrap();
    let (none, ignored) = behind_in_orders(&home, path);
    assert_eq!((none, ignored.as_array().unwrap().len()), (0, counted));
    assert_eq!(ignored[0]["until"], "9000-01-31T00:00:00Z");
    assert_eq!((&ignored[0]["reason"], &ignored[0]["author"]), (&"next release".into(), &"ann".into()));
    // What the screen ignores is in a file of its own.
    std::fs::write(&config, "").unwrap();
    let state = home.path().join("state/flightdeck/demo");
    std::fs::create_dir_all(&state).unwrap();
    std::fs::write(state.join("ignores.toml"), ignore("9000-01-31", "behind")).unwrap();
    assert_eq!(behind_in_orders(&home, path).0, 0);
    let shown = demo(&home, &["--cluster", "orders", "drift"]);
    assert!(shown.out.contains("until 9000-01-31T00:00:00Z: next release (ann)"), "{}", shown.out);
    // With every rule ignored there is nothing left to fail on.
    let rules = demo(&home, &["rules"]).out;
    let every = rules.lines().skip(1).map(|line| line.split_whitespace().next().unwrap());
    let all: String = every.map(|rule| ignore("9000-01-31", rule)).collect();
    std::fs::write(state.join("ignores.toml"), all).unwrap();
    let ran = demo(&home, &["--filter", "name:orders", "drift"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.starts_with("no drift found\nSEVERITY"), "{}", ran.out);
    std::fs::write(state.join("ignores.toml"), "[[ignore]]\n").unwrap();
    let ran = demo(&home, &["--cluster", "orders", "drift"]);
    assert!(ran.err.contains("ignores.toml:1:1: "), "{}", ran.err);
    assert_eq!(ran.code, 1, "a file that says nothing sensible ignores nothing");
}

#[test]
fn a_plan_is_applied_once_and_the_journal_tells_of_it() {
    let home = Home::empty();
    let (plan, path) = saved_plan(&home, SHIFT);
    assert_eq!(plan["schema"], "flightdeck.plan.v1");
    assert_eq!(plan["confirm"]["phrase"], "orders 25");
    assert_eq!(plan["steps"][0]["call"]["operation"], "ModifyListener");
    let applied = demo(&home, &["apply", &path, "--confirm", "orders 25", "--reason", "incident 7"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.err.contains("read back"), "{}", applied.err);
    let journal = demo(&home, &["journal", "--json"]).json();
    let records = journal["records"].as_array().unwrap();
    let events: Vec<&str> = records.iter().map(|record| record["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["started", "intended", "applied", "read-back", "done"]);
    assert_eq!(records[1]["why"], "incident 7");
    assert_eq!(records[1]["call"], plan["steps"][0]["call"]);
    let again = demo(&home, &["apply", &path, "--confirm", "orders 25"]);
    assert_eq!(again.code, 3);
    assert!(again.err.contains("runs once"), "{}", again.err);
    assert_eq!(demo(&home, &["journal", "verify"]).code, 0);
}

#[test]
fn what_is_refused_ends_with_3_and_sends_nothing() {
    let home = Home::empty();
    let (_, path) = saved_plan(&home, SHIFT);
    let wrong = demo(&home, &["apply", &path, "--confirm", "orders 26"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.err.contains("orders 25"), "{}", wrong.err);
    let read_only = demo(&home, &["--read-only", "apply", &path, "--confirm", "orders 25"]);
    assert_eq!(read_only.code, 3);
    assert!(read_only.err.contains("read-only"), "{}", read_only.err);
    let edited = std::fs::read_to_string(&path).unwrap().replacen("\"Weight\": 25", "\"Weight\": 99", 1);
    std::fs::write(&path, edited).unwrap();
    let ran = demo(&home, &["apply", &path, "--confirm", "orders 25"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("edited"), "{}", ran.err);
    assert_eq!(demo(&home, &["journal", "--json"]).json()["records"], Value::Array(Vec::new()));
}

#[test]
fn names_and_percentages_that_cannot_be_meant_are_refused_with_the_nearest() {
    let home = Home::empty();
    for (arguments, says) in [
        (vec!["plan", "shift", "ordres", "--to", "green=25", "--json"], "did you mean `orders`?"),
        (vec!["plan", "shift", "orders", "--to", "gren=25", "--json"], "orders-green"),
        (vec!["plan", "shift", "orders", "--to", "green=101", "--json"], "0 to 100"),
        (vec!["plan", "shift", "orders", "--to", "green=-1", "--json"], "0 to 100"),
        (vec!["plan", "shift", "orders", "--to", "checkout-green=5", "--json"], "checkout"),
        (vec!["plan", "shift", "orders", "--to", "green=10", "--json"], "already has 10 %"),
        (vec!["plan", "shift", "search", "--to", "search-v012=10", "--json"], "no listener or rule"),
        (vec!["plan", "shift", "web", "--to", "green=10", "--json"], "network load balancer"),
        (vec!["plan", "rollback", "orders", "--json"], "no record"),
    ] {
        let ran = demo(&home, &arguments);
        assert_eq!(ran.code, 3, "{arguments:?}: {}", ran.err);
        assert_eq!(ran.json()["schema"], "flightdeck.refusal.v1");
        assert!(ran.out.contains(says), "{arguments:?}: {}", ran.out);
    }
}

#[test]
fn a_suspect_is_set_aside_by_its_id_and_what_is_not_in_quarantine_is_neither_released_nor_ended() {
    let home = Home::empty();
    let fleet = demo(&home, &["--cluster", "orders", "snapshot", "--json"]).json();
    let text = fleet.to_string();
    let at = text.find("\"i-").unwrap() + 1;
    let id = text[at..].split('"').next().unwrap().to_owned();
    let planned = demo(&home, &["plan", "quarantine", &id, "--reason", "INC-7", "--json"]);
    let plan = planned.json();
    let operations: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["call"]["operation"].as_str())
        .collect();
    assert_eq!(operations, ["CreateTags", "EnterStandby"], "{}", planned.err);
    let tag = plan["steps"][0]["call"]["input"]["Tags"][0].clone();
    assert_eq!(tag["Key"], "flightdeck:quarantine");
    assert!(tag["Value"].as_str().unwrap().starts_with("INC-7 · "), "{tag}");
    for (words, says) in [
        (vec!["release", &id], "nothing to release"),
        (vec!["terminate", &id], "`replace i-"),
        (vec!["quarantine", "i-nothing", "--reason", "x"], "there is no instance i-nothing"),
    ] {
        let refused = demo(&home, &[&["plan"], &words[..]].concat());
        assert_eq!(refused.code, 3, "{words:?}: {}", refused.err);
        assert!(refused.err.contains(says), "{words:?}: {}", refused.err);
    }
}

#[test]
fn a_drill_loses_an_instance_or_a_zone_where_the_configuration_allows_it() {
    let home = Home::empty();
    let calls = |plan: &Value| -> Vec<Value> {
        let steps = plan["steps"].as_array().unwrap().iter();
        steps.map(|step| step["call"].clone()).filter(|call| !call.is_null()).collect()
    };
    let lost = demo(&home, &["plan", "drill", "orders-blue", "--stop-below", "2", "--json"]);
    assert_eq!(lost.code, 0, "{}", lost.err);
    let plan = lost.json();
    assert_eq!(plan["confirm"]["phrase"], "orders drill");
    assert_eq!(plan["intent"]["stop_below"], 2);
    let [call] = &calls(&plan)[..] else { panic!("{plan:#}") };
    assert_eq!(call["operation"], "TerminateInstanceInAutoScalingGroup");
    assert_eq!(call["input"]["InstanceId"], plan["intent"]["exercise"]["replace"]["instance"]);

    let words = ["plan", "drill", "orders-blue", "--zone", "eu-west-1b", "--for", "5m", "--json"];
    let emptied = demo(&home, &words);
    assert_eq!(emptied.code, 0, "{}", emptied.err);
    let plan = emptied.json();
    let [away, home_again] = &calls(&plan)[..] else { panic!("{plan:#}") };
    let subnets = |call: &Value| call["input"]["VPCZoneIdentifier"].as_str().unwrap().split(',').count();
    assert_eq!((subnets(away), subnets(home_again)), (2, 3));
    assert_eq!(plan["back"], *home_again);

    let refused = demo(&home, &["plan", "drill", "payments-blue"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    let says = "block drill-allowed: no drill is allowed in payments: write drills = { hours =";
    assert!(refused.out.contains(says), "{}", refused.out);
    assert_eq!(demo(&home, &["plan", "drill", "orders-blue", "--for", "5m"]).code, 64, "for no zone");
}

#[test]
fn words_that_are_off_end_with_64() {
    let home = Home::empty();
    for arguments in [
        vec!["plan", "shift", "orders"],
        vec!["plan", "shift", "orders", "--to", "green"],
        vec!["fly"],
        vec!["snapshot", "--nothing"],
        vec!["drift", "--fail-on", "awful"],
    ] {
        assert_eq!(demo(&home, &arguments).code, 64, "{arguments:?}");
    }
    assert_eq!(run_in(&home, &[], &["--seed", "3", "snapshot"]).code, 64, "a seed without the demo");
    assert_eq!(demo(&home, &["--help"]).code, 0);
    assert_eq!(demo(&home, &["--version"]).out, format!("flightdeck {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn lists_need_no_account() {
    let home = Home::empty();
    for (arguments, says) in [
        (vec!["keys"], "shift"),
        (vec!["themes"], "monochrome"),
        (vec!["rules"], "gone-image"),
        (vec!["config", "--example"], "[[cluster]]"),
    ] {
        let ran = run_in(&home, &[], &arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        assert!(ran.out.contains(says), "{arguments:?}: {}", ran.out);
        assert!(!ran.out.contains('\u{1b}'));
    }
}

#[test]
fn a_journal_that_cannot_be_written_means_that_nothing_is_sent() {
    let home = Home::empty();
    let (_, path) = saved_plan(&home, SHIFT);
    let state = home.path().join("state/flightdeck/demo");
    std::fs::create_dir_all(&state).unwrap();
    std::os::unix::fs::symlink("/dev/null", state.join("journal.jsonl")).unwrap();
    let ran = demo(&home, &["apply", &path, "--confirm", "orders 25"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("journal"), "{}", ran.err);
}

#[test]
fn the_same_seed_gives_the_same_fleet_and_instances_spread_as_promised() {
    let ids = |seed: &str| -> Vec<String> {
        let json = demo(&Home::empty(), &["--seed", seed, "snapshot", "--json"]).json();
        let clusters = json["clusters"].as_array().unwrap().clone();
        let groups = clusters.iter().flat_map(|cluster| cluster["groups"].as_array().unwrap().clone());
        groups
            .flat_map(|group| group["instances"].as_array().unwrap().clone())
            .map(|i| i["id"].to_string())
            .collect()
    };
    assert_eq!(ids("3"), ids("3"));
    assert_ne!(ids("3"), ids("4"));
    let json = demo(&Home::empty(), &["--demo-instances", "2000", "snapshot", "--json"]).json();
    let clusters = json["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 10);
    for cluster in clusters {
        let count: usize = cluster["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["instances"].as_array().unwrap().len())
            .sum();
        assert!(count >= 31, "{} has {count}", cluster["name"]);
    }
}

#[test]
fn a_filter_and_a_cluster_leave_the_rest_out() {
    let home = Home::empty();
    let names = |arguments: &[&str]| -> Vec<String> {
        let json = demo(&home, &[arguments, &["snapshot", "--json"]].concat()).json();
        json["clusters"].as_array().unwrap().iter().map(|cluster| cluster["name"].to_string()).collect()
    };
    assert_eq!(names(&["--filter", "name:order"]), ["\"orders\""]);
    assert_eq!(names(&["--cluster", "orders"]), ["\"orders\""]);
    assert!(names(&["--filter", "nothing like it"]).is_empty());
    let drift = demo(&home, &["--filter", "nothing like it", "drift"]);
    assert_eq!((drift.code, drift.out.as_str()), (0, "nothing matches --cluster and --filter\n"));
    assert_eq!(demo(&home, &["--filter", "nothing like it", "snapshot"]).out, drift.out);
    assert_eq!(demo(&home, &["--filter", "/(/", "snapshot"]).code, 64);
    assert_eq!(
        demo(&home, &["--region", "eu-west-1", "snapshot"]).code,
        64,
        "the simulated fleet has its own"
    );
}

#[test]
fn looking_goes_on_without_a_journal_and_a_damaged_one_is_named() {
    let home = Home::empty();
    let (_, path) = saved_plan(&home, SHIFT);
    assert_eq!(demo(&home, &["apply", &path, "--confirm", "orders 25"]).code, 0);
    let journal = home.path().join("state/flightdeck/demo/journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("intended", "invented", 1)).unwrap();
    let ran = demo(&home, &["snapshot"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("journal line 2"), "{}", ran.err);
    std::fs::remove_file(&journal).unwrap();
    std::os::unix::fs::symlink("/dev/null", &journal).unwrap();
    let ran = demo(&home, &["drift", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("nothing tells what was before"), "{}", ran.err);
}

#[test]
fn every_mistake_has_a_line_of_its_own() {
    let home = Home::empty();
    let config = home.path().join("wrong.toml");
    std::fs::write(&config, "refresh = \"soon\"\ncolour = 1\n").unwrap();
    let ran = demo(&home, &["--config", config.to_str().unwrap(), "snapshot"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.err.lines().filter(|line| line.contains("wrong.toml:")).count(), 2, "{}", ran.err);
    let endless = demo(&home, &["--config", "/dev/zero", "snapshot"]);
    assert_eq!(endless.code, 2);
}

#[test]
fn a_refresh_that_runs_is_cancelled_or_taken_back_and_where_none_runs_that_is_said() {
    let home = Home::empty();
    let snapshot = demo(&home, &["snapshot", "--json"]).json();
    let groups: Vec<Value> = snapshot["clusters"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|cluster| cluster["groups"].as_array().unwrap().clone())
        .collect();
    let running = groups.iter().find(|group| !group["refresh"].is_null()).expect("one that runs");
    let name = running["name"].as_str().unwrap();
    let plan = demo(&home, &["plan", "cancel", name, "--json"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let plan = plan.json();
    assert_eq!(plan["verb"], "cancel");
    assert_eq!(plan["steps"][0]["call"]["operation"], "CancelInstanceRefresh");
    assert_eq!(plan["steps"][0]["undo"], Value::Null);

    for verb in ["cancel", "rollback-refresh"] {
        let none = demo(&home, &["plan", verb, "orders-green"]);
        assert_eq!(none.code, 3, "{}", none.out);
        assert!(none.err.contains("no instance refresh of orders-green is under way"), "{}", none.err);
    }
}

#[test]
fn another_instance_type_is_planned_as_a_version_and_a_refresh() {
    let home = Home::empty();
    let plan = demo(&home, &["plan", "scale", "orders-green", "--type", "m7g.4xlarge", "--json"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let plan = plan.json();
    assert_eq!(plan["verb"], "scale");
    let operations: Vec<&Value> =
        plan["steps"].as_array().unwrap().iter().map(|step| &step["call"]["operation"]).collect();
    assert!(operations.contains(&&"CreateLaunchTemplateVersion".into()), "{operations:?}");
    assert!(operations.contains(&&"StartInstanceRefresh".into()), "{operations:?}");
    assert_eq!(demo(&home, &["plan", "scale", "orders-green", "4", "--type", "m7g.4xlarge"]).code, 64);
    assert_eq!(demo(&home, &["plan", "scale", "orders-green"]).code, 64);
}

#[test]
fn instances_are_chosen_by_their_age_and_nothing_is_meant_by_none() {
    let home = Home::empty();
    let words = ["plan", "replace", "--oldest", "1", "--group", "orders-blue", "--launch-first", "--json"];
    let plan = demo(&home, &words);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let plan = plan.json();
    assert_eq!(plan["intent"]["instances"].as_array().unwrap().len(), 1, "the plan names it");
    let capacity: Vec<u64> = serde_json::from_value(plan["capacity"].clone()).unwrap();
    assert_eq!(capacity.iter().min(), capacity.first(), "it is never short: {capacity:?}");
    for words in [&["--oldest", "0", "--group", "orders-blue"][..], &["--all-tainted"]] {
        let refused = demo(&home, &[&["plan", "replace"], words].concat());
        assert_eq!(refused.code, 3, "{words:?}: {}", refused.err);
    }
    assert_eq!(demo(&home, &["plan", "replace"]).code, 64, "nothing is said at all");
}
