//! Whatever AWS writes into names, tags, reasons and errors, nothing that could command a terminal is printed.

use serde_json::{Value, json};

use super::{Desk, has};
use crate::command::Ran;
use crate::rig::Rig;
use crate::terminal::Terminal;

/// What XML carries and a terminal must not get: C1 controls, bidirectional overrides, zero width, a language tag.
const EVIL: &str = "evil\u{9b}31m\u{202e}x\u{2066}y\u{2069}\u{200b}z\u{feff}\u{e0041}";
/// What is left of it.
const HARMLESS: &str = "evil31mxyz";

/// An account with that everywhere a test can put it.
fn hostile() -> Rig {
    let rig = Rig::own();
    let tags = |tags: &[(&str, &str)]| -> Value {
        tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
    };
    let group_tag = json!({
        "ResourceId": "legacy-batch", "ResourceType": "auto-scaling-group", "PropagateAtLaunch": true,
        "Key": "flightdeck:cluster", "Value": EVIL,
    });
    rig.call("autoscaling", "create_or_update_tags", &json!({ "Tags": [group_tag] }));
    let image = rig.id("images", "orders-1.43.0");
    let version = tags(&[("Version", EVIL), ("Family", EVIL)]);
    rig.call("ec2", "create_tags", &json!({ "Resources": [image], "Tags": version }));
    let members = rig.members("orders-green");
    let taint = tags(&[("flightdeck:tainted", EVIL), ("Name", EVIL)]);
    rig.call("ec2", "create_tags", &json!({ "Resources": members, "Tags": taint }));
    let conditions = json!([{ "Field": "path-pattern", "Values": [format!("/{EVIL}/*")] }]);
    rig.call(
        "elbv2",
        "modify_rule",
        &json!({ "RuleArn": rig.id("rules", "checkout"), "Conditions": conditions }),
    );
    rig.tell(
        "targets",
        &json!({ "group": "checkout-green", "state": EVIL, "reason": EVIL, "description": EVIL }),
    );
    rig.tell("instances", &json!({ "ids": members, "lifecycle": EVIL, "health": EVIL, "status": EVIL }));
    rig
}

#[test]
fn nothing_that_aws_writes_can_command_a_terminal() {
    let rig = hostile();
    let desk = Desk::at(&rig);
    let mut printed = String::new();
    let group = format!("{EVIL}=25");
    let verbs: &[&[&str]] = &[
        &["snapshot"],
        &["snapshot", "--json"],
        &["drift"],
        &["drift", "--json"],
        &["plan", "shift", "orders", "--to", "green=25"],
        &["plan", "shift", "checkout", "--to", "green=25", "--json"],
        &["plan", "shift", EVIL, "--to", "green=25"],
        &["plan", "shift", "orders", "--to", &group, "--json"],
        &["--cluster", EVIL, "snapshot"],
        &["--region", EVIL, "snapshot"],
        &["--profile", EVIL, "snapshot"],
        &["apply", EVIL, "--confirm", EVIL],
    ];
    for verb in verbs {
        printed.push_str(&assert_harmless(&desk.run(verb)));
    }
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    assert_harmless(&desk.run(&["apply", &shift.file, "--confirm", EVIL]));
    let apply = ["apply", &shift.file, "--confirm", shift.phrase(), "--reason", EVIL];
    assert_harmless(&desk.done(&apply));
    for verb in [&["journal"][..], &["journal", "--json"]] {
        printed.push_str(&assert_harmless(&desk.done(verb)));
    }
    // It did come through: cluster, version, state, reason.
    assert!(printed.matches(HARMLESS).count() > 10, "{printed}");
}

#[test]
fn nothing_that_an_error_says_can_command_a_terminal() {
    let rig = hostile();
    let desk = Desk::at(&rig);
    for (operation, message) in [("DescribeImages", EVIL), ("DescribeRules", "\u{1b}]0;evil\u{7}\u{8}")] {
        rig.fault(&json!({
            "operation": operation, "kind": "error", "code": "Odd", "status": 400, "count": null,
            "message": message,
        }));
    }
    let ran = desk.done(&["snapshot", "--json"]);
    assert!(assert_harmless(&ran).contains("evil"));
    ran.json()["gaps"].as_array().unwrap().iter().for_each(|gap| has(gap, "what why"));
    rig.fault(&json!({ "kind": "error", "code": EVIL, "status": 403, "message": EVIL, "count": null }));
    let ran = desk.run(&["snapshot"]);
    assert_eq!(ran.code, 2);
    assert!(assert_harmless(&ran).contains(HARMLESS), "{}", ran.err);
}

#[test]
fn nothing_that_aws_writes_reaches_the_terminal_of_the_cockpit() {
    let rig = hostile();
    let program = env!("CARGO_BIN_EXE_flightdeck");
    let mut terminal = Terminal::start(program, (160, 50), &["--read-only"], &rig.environment());
    terminal.wait_for(HARMLESS);
    terminal.send("/orders\r\r");
    terminal.wait_for("orders-green");
    terminal.send("G");
    terminal.send("\r");
    terminal.wait_for("FACTS");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_exit(), 0);
    let written = String::from_utf8(terminal.written().to_vec()).unwrap();
    let odd: Vec<char> = written.chars().filter(|c| !c.is_ascii_control() && commands(*c)).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

/// Panics where something in either stream could command a terminal, also in a string of a document; what was printed.
#[track_caller]
fn assert_harmless(ran: &Ran) -> String {
    let mut printed = format!("{}{}", ran.out, ran.err);
    if let Ok(document) = serde_json::from_str::<Value>(&ran.out) {
        strings(&document, &mut printed);
    }
    let odd: Vec<char> = printed.chars().filter(|c| *c != '\n' && commands(*c)).collect();
    assert!(odd.is_empty(), "{odd:?} in {printed}");
    printed
}

/// Every string of a document, as a program would print it.
fn strings(value: &Value, all: &mut String) {
    match value {
        Value::String(text) => all.push_str(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, all)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            all.push_str(name);
            strings(value, all);
        }),
        _ => {}
    }
}

/// Controls, and characters that change how others are shown.
fn commands(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
