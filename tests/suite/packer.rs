//! Real Packer on the rig: a chain of images, built by keys; an image that is built and deployed; a build that is
//! cancelled.
//!
//! A target of its own, since it needs Packer on the search path: `cargo test --features packer --test packer`.
#![expect(dead_code, reason = "what the other suite uses besides stands in the same files")]

mod command;
mod home;
#[path = "aws/person.rs"]
mod person;
mod rig;
mod terminal;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use command::{Ran, run_in, start_in};
use home::Home;
use person::{ESCAPE, PROGRAM, SIZE, answer, press_until};
use rig::{REGION, Rig};
use terminal::Terminal;

/// A key that chooses the next one.
const DOWN: &str = "\u{1b}[B";
/// Three images, one after the other, with what lies between two calls.
const BUILT: Duration = Duration::from_mins(4);
/// Families that stand on each other, the base first.
const CHAIN: [&str; 3] = ["al2023-base", "nginx", "reports"];

/// A template as operators write it; it takes at least so many seconds.
fn template(family: &str, seconds: u32) -> String {
    let template = json!({
        "variables": { "version": "", "parent_image": "", "endpoint": "{{env `AWS_ENDPOINT_URL`}}" },
        "builders": [{
            "type": "amazon-ebs",
            "region": REGION,
            "custom_endpoint_ec2": "{{user `endpoint`}}",
            "skip_region_validation": true,
            "skip_metadata_api_check": true,
            "communicator": "none",
            "instance_type": "t3.micro",
            "source_ami": "{{user `parent_image`}}",
            "ami_name": format!("{family}-{{{{user `version`}}}}"),
            "tags": {
                "Family": family,
                "Version": "{{user `version`}}",
                "ParentImage": "{{user `parent_image`}}",
                "Builder": "packer",
            },
        }],
        "provisioners": [{ "type": "shell-local", "command": format!("echo provisioning; sleep {seconds}") }],
    });
    template.to_string()
}

/// Writes templates and a configuration with them; its path.
fn configured(rig: &Rig, home: &Path, seconds: u32) -> String {
    let mut config = "[[cluster]]\nname = \"reports\"\nbake = \"0s\"\nkeep_warm = \"0s\"\n".to_owned();
    for (n, family) in CHAIN.iter().enumerate() {
        let file = home.join(format!("{family}.json"));
        std::fs::write(&file, template(family, seconds)).expect("a template");
        // What the base stands on is Amazon's, and its recipe names it.
        let (on, parent) = match n {
            0 => (String::new(), rig.id("images", "al2023-base-1.0.0").to_owned()),
            n => (format!("on = \"{}\"\n", CHAIN[n - 1]), "{parent}".to_owned()),
        };
        let family = format!(
            "[[family]]\nname = \"{family}\"\n[family.build]\npacker = \"{}\"\n{on}aws_environment = true\n\
             variables = {{ version = \"{{version}}\", parent_image = \"{parent}\" }}\n",
            file.display()
        );
        config.push_str(&family);
    }
    let path = home.join("packer.toml");
    std::fs::write(&path, config).expect("a configuration");
    path.to_str().expect("a temporary path is text").to_owned()
}

/// The images of a family with their tags, by version.
fn images(rig: &Rig, family: &str) -> Vec<Value> {
    let filter = json!({ "Filters": [{ "Name": "tag:Family", "Values": [family] }] });
    let mut found = rig.call("ec2", "describe_images", &filter)["Images"].as_array().expect("images").clone();
    found.sort_by_key(|image| tag(image, "Version"));
    found
}

fn tag(image: &Value, key: &str) -> String {
    let tags = image["Tags"].as_array().expect("tags");
    let tag = tags.iter().find(|tag| tag["Key"] == key);
    tag.and_then(|tag| tag["Value"].as_str()).unwrap_or_default().to_owned()
}

/// Instances that Packer has launched and that are not gone.
fn builders(rig: &Rig) -> usize {
    let filter = json!({ "Filters": [
        { "Name": "tag:Name", "Values": ["Packer Builder"] },
        { "Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"] },
    ] });
    let found = rig.call("ec2", "describe_instances", &filter);
    found["Reservations"].as_array().expect("reservations").len()
}

fn run(rig: &Rig, home: &Home, config: &str, arguments: &[&str]) -> Ran {
    run_in(home, &rig.environment(), &[&["--config", config], arguments].concat())
}

#[test]
fn a_chain_of_three_is_built_by_keys_with_its_tags_and_the_tree_shows_what_became_stale() {
    let rig = Rig::with(&["orders", "reports"]);
    let home = Home::empty();
    let config = configured(&rig, home.path(), 0);
    let mut terminal = Terminal::start(PROGRAM, SIZE, &["--config", &config], &rig.environment());
    terminal.wait_for("reports");
    terminal.send("i");
    terminal.wait_for("▸al2023-base 1.1.0");
    terminal.send("R");
    terminal.wait_for("Rebuild al2023-base");
    terminal.send(DOWN);
    terminal.wait_for("and what stands on it: nginx, reports");
    terminal.send("\r");
    terminal.wait_for("packer build");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "al2023-base 1.1.1");
    terminal.wait_for("ARMED");
    press_until(&mut terminal, "o", "operations ·");
    assert!(terminal.shows("✔ done", BUILT), "{}", terminal.text());

    let newest: Vec<Value> =
        CHAIN.iter().map(|family| images(&rig, family).pop().expect("an image")).collect();
    let versions: Vec<String> = newest.iter().map(|image| tag(image, "flightdeck:version")).collect();
    assert_eq!(versions, ["1.1.1", "3.5.1", "0.4.1"]);
    for (image, parent) in newest[1..].iter().zip(&newest) {
        assert_eq!(tag(image, "ParentImage"), parent["ImageId"], "Packer was given the new image below");
        assert_eq!(tag(image, "flightdeck:parent"), parent["ImageId"]);
        assert!(tag(image, "flightdeck:build").starts_with("b-"));
    }
    assert_eq!(builders(&rig), 0);
    // What ran before stands on an older base now, and what is new on none.
    press_until(&mut terminal, ESCAPE, "images ·");
    for (image, stands) in
        [("orders 1.43.0 ", "nginx 3.5.1 is "), ("nginx 3.5.1 ", "✔ newest"), ("reports 0.4.1 ", "✔ newest")]
    {
        terminal.wait_until(&format!("{image}{stands}"), |screen| {
            screen
                .contents()
                .lines()
                .any(|line| line.contains(&format!(" {image} ")) && line.contains(stands))
        });
    }
}

#[test]
fn an_image_is_built_and_put_in_front_of_ten_percent_of_the_traffic_and_on() {
    let rig = Rig::with(&["orders", "reports"]);
    rig.tell("run", &json!({ "factor": 300 }));
    let home = Home::empty();
    let config = configured(&rig, home.path(), 0);
    let words = [
        "plan", "rebuild", "reports", "--then", "deploy", "reports", "--steps", "10", "--bake", "1s",
        "--json",
    ];
    let planned = run(&rig, &home, &config, &words);
    assert_eq!(planned.code, 0, "{}{}", planned.out, planned.err);
    let file = home.path().join("plan.json");
    std::fs::write(&file, &planned.out).expect("a plan");
    let phrase = planned.json()["confirm"]["phrase"].as_str().expect("a phrase").to_owned();
    assert_eq!(phrase, "reports rebuild deploy");
    rig.forget();
    let file = file.to_str().expect("text");
    let applied = run(&rig, &home, &config, &["apply", file, "--confirm", &phrase]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);

    let image = images(&rig, "reports").pop().expect("an image");
    assert_eq!(tag(&image, "flightdeck:version"), "0.4.1");
    let shares: Vec<Vec<String>> = rig
        .log()
        .iter()
        .filter(|request| request.operation == "ModifyRule")
        .map(|request| {
            let weight = |n: u32| {
                let key = format!("Actions.member.1.ForwardConfig.TargetGroups.member.{n}.Weight");
                request.params[&key].as_str().unwrap_or_default().to_owned()
            };
            vec![weight(1), weight(2)]
        })
        .collect();
    let halves = [["100", "0"], ["90", "10"], ["0", "100"]].map(|pair| pair.map(str::to_owned).to_vec());
    assert_eq!(shares, halves, "into the action with nothing, 10 %, all");
    let asked = json!({ "AutoScalingGroupNames": ["reports-green"] });
    let green =
        rig.call("autoscaling", "describe_auto_scaling_groups", &asked)["AutoScalingGroups"][0].clone();
    let members = green["Instances"].as_array().expect("instances");
    assert!(!members.is_empty());
    let ids: Vec<&Value> = members.iter().map(|member| &member["InstanceId"]).collect();
    let found = rig.call("ec2", "describe_instances", &json!({ "InstanceIds": ids }));
    for reservation in found["Reservations"].as_array().expect("reservations") {
        for instance in reservation["Instances"].as_array().expect("instances") {
            assert_eq!(instance["ImageId"], image["ImageId"]);
        }
    }
}

#[test]
fn a_build_that_is_cancelled_leaves_no_builder_instance_and_no_image() {
    let rig = Rig::with(&["orders", "reports"]);
    let home = Home::empty();
    let config = configured(&rig, home.path(), 120);
    let before = images(&rig, "reports").len();
    let planned = run(&rig, &home, &config, &["plan", "rebuild", "reports", "--json"]);
    assert_eq!(planned.code, 0, "{}{}", planned.out, planned.err);
    let plan = planned.json();
    let file = home.path().join("plan.json");
    std::fs::write(&file, &planned.out).expect("a plan");
    let arguments =
        ["--config", &config, "apply", file.to_str().expect("text"), "--confirm", "reports 0.4.1"];
    let mut running = start_in(&home, &rig.environment(), &arguments);
    running.until("Packer's instance runs", BUILT, || builders(&rig) == 1);
    // Whoever is killed leaves Packer running; an abort by the next one stops it.
    running.kill();
    assert_eq!(builders(&rig), 1);
    // Its lease ends.
    rig.tell("clock", &json!({ "advance": 75 }));
    let id = plan["id"].as_str().expect("an id");
    let aborted = run(&rig, &home, &config, &["abort", id, "--reason", "not that one"]);
    assert_eq!(aborted.code, 0, "{}{}", aborted.out, aborted.err);
    assert_eq!((builders(&rig), images(&rig, "reports").len()), (0, before));
}

#[test]
fn a_template_that_does_not_validate_fails_with_packers_own_words_and_nothing_is_deployed() {
    let rig = Rig::with(&["orders", "reports"]);
    let home = Home::empty();
    let config = configured(&rig, home.path(), 0);
    std::fs::write(home.path().join("reports.json"), r#"{ "builders": [{ "type": "nothing-known" }] }"#)
        .expect("a template");
    let words = ["plan", "rebuild", "reports", "--then", "deploy", "reports", "--json"];
    let planned = run(&rig, &home, &config, &words);
    let file = home.path().join("plan.json");
    std::fs::write(&file, &planned.out).expect("a plan");
    rig.forget();
    let file = file.to_str().expect("text");
    let applied = run(&rig, &home, &config, &["apply", file, "--confirm", "reports rebuild deploy"]);
    assert_eq!(applied.code, 1, "{}{}", applied.out, applied.err);
    assert!(applied.err.contains("nothing-known"), "{}", applied.err);
    let sent: Vec<String> = rig
        .log()
        .into_iter()
        .filter(|one| one.mutating && one.service != "ssm")
        .map(|one| one.operation)
        .collect();
    assert!(sent.is_empty(), "{sent:?}");
}
