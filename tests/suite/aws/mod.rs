//! The program on AWS as the rig plays it, from outside: what it prints, how it ends, and what AWS was asked.
//!
//! Wherever "nothing is sent" is meant, the rig's request log is the judge.

mod alarms;
mod cockpit;
mod deploy;
mod documents;
mod drill;
mod ended;
mod faults;
mod gaps;
mod groups;
mod hands;
mod heirs;
mod hostile;
mod keys;
mod lease;
mod login;
mod looking;
mod lost;
mod person;
mod quarantine;
mod refresh;
mod refused;
mod rolling;
mod steps;
mod traffic;
mod trouble;

use serde_json::{Value, json};

use crate::command::{Ran, Running, run_in, start_in};
use crate::home::Home;
use crate::rig::{Request, Rig};

/// Somebody at work in one account, with a home of their own.
struct Desk<'a> {
    rig: &'a Rig,
    home: Home,
}

/// A plan in a file, as scripts keep it.
struct Saved {
    plan: Value,
    file: String,
}

impl<'a> Desk<'a> {
    fn at(rig: &'a Rig) -> Self {
        Self { rig, home: Home::empty() }
    }

    /// Runs the program to its end.
    fn run(&self, arguments: &[&str]) -> Ran {
        run_in(&self.home, &self.rig.environment(), arguments)
    }

    /// Runs the program beside the test.
    fn start(&self, arguments: &[&str]) -> Running {
        start_in(&self.home, &self.rig.environment(), arguments)
    }

    /// Runs what must end with 0.
    #[track_caller]
    fn done(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.err);
        ran
    }

    /// Makes a plan and keeps it: the words after `plan`.
    #[track_caller]
    fn plan(&self, arguments: &[&str]) -> Saved {
        let planned = self.done(&[&["plan"], arguments, &["--json"]].concat());
        Saved { plan: planned.json(), file: self.keep("plan.json", &planned.out) }
    }

    /// Writes a file at home; its path.
    fn keep(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).expect("a file at home");
        path.to_str().expect("a temporary path is text").to_owned()
    }

    /// Runs a saved plan with the phrase it asks for.
    fn apply(&self, saved: &Saved) -> Ran {
        self.run(&["apply", &saved.file, "--confirm", saved.phrase()])
    }

    /// What the journal tells, oldest first: event after event.
    #[track_caller]
    fn events(&self) -> Vec<String> {
        let journal = self.done(&["journal", "--json"]).json();
        assert_eq!(journal["schema"], "flightdeck.journal.v1");
        let records = journal["records"].as_array().expect("records");
        records.iter().map(|record| record["event"].as_str().expect("an event").to_owned()).collect()
    }
}

impl Saved {
    fn phrase(&self) -> &str {
        self.plan["confirm"]["phrase"].as_str().expect("a phrase, never null")
    }

    /// The input of the one call it makes.
    fn input(&self) -> &Value {
        &self.plan["steps"][0]["call"]["input"]
    }
}

/// The requests of an account that change something of the fleet. What cockpits tell each other is no part of it.
fn changes(rig: &Rig) -> Vec<Request> {
    rig.log().into_iter().filter(|request| request.mutating && request.service != "ssm").collect()
}

/// The names of the operations that changed something, in their order.
fn changed(rig: &Rig) -> Vec<String> {
    changes(rig).into_iter().map(|request| request.operation).collect()
}

/// Every listener and numbered rule of the seeded front door, as AWS gives them back: never with a login's secret.
fn front_door(rig: &Rig) -> Value {
    let mut listeners = rig.call(
        "elbv2",
        "describe_listeners",
        &json!({ "LoadBalancerArn": rig.id("load_balancers", "edge") }),
    );
    let mut rules =
        rig.call("elbv2", "describe_rules", &json!({ "ListenerArn": rig.id("listeners", "edge") }));
    rules["Rules"].as_array_mut().expect("rules").retain(|rule| rule["IsDefault"] == false);
    // Moto alone gives the secret back where it has one, and instead of it the words that ask to keep it.
    for listener in listeners["Listeners"].as_array_mut().expect("listeners") {
        for action in listener["DefaultActions"].as_array_mut().expect("actions") {
            if let Some(login) = action.get_mut("AuthenticateOidcConfig").and_then(Value::as_object_mut) {
                login.retain(|name, _| name != "ClientSecret" && name != "UseExistingClientSecret");
            }
        }
    }
    json!({ "listeners": listeners, "rules": rules })
}

/// Somebody else writes weights.
fn meddle(rig: &Rig, blue: u32, green: u32) {
    let listener = rig.id("listeners", "edge");
    let found = rig.call("elbv2", "describe_listeners", &json!({ "ListenerArns": [listener] }));
    let mut actions = found["Listeners"][0]["DefaultActions"].clone();
    actions[0]["AuthenticateOidcConfig"]["UseExistingClientSecret"] = true.into();
    actions[1]["ForwardConfig"]["TargetGroups"][0]["Weight"] = blue.into();
    actions[1]["ForwardConfig"]["TargetGroups"][1]["Weight"] = green.into();
    rig.call("elbv2", "modify_listener", &json!({ "ListenerArn": listener, "DefaultActions": actions }));
}

/// The cluster of a snapshot with this name.
#[track_caller]
fn cluster<'a>(snapshot: &'a Value, name: &str) -> &'a Value {
    let clusters = snapshot["clusters"].as_array().expect("clusters");
    clusters.iter().find(|cluster| cluster["name"] == name).unwrap_or_else(|| panic!("no cluster {name}"))
}

/// Panics where one of these names, which scripts rely on, is missing.
#[track_caller]
fn has(value: &Value, names: &str) {
    for name in names.split_whitespace() {
        assert!(value.get(name).is_some(), "no {name:?} in {value:#}");
    }
}
