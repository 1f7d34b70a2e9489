//! The README stays true where that can be told: its commands are understood, its pictures are there, its tests exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::command::run_in;
use crate::home::Home;

const README: &str = include_str!("../../README.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything a pattern's only group matches.
fn all(pattern: &str) -> BTreeSet<&'static str> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(README).map(|found| found.get(1).unwrap().as_str()).collect()
}

/// The words of a command as a shell would take them, up to where another one or a file begins.
fn words(command: &str) -> Vec<String> {
    let word = Regex::new(r#""([^"]*)"|([^\s"]+)"#).unwrap();
    word.captures_iter(command)
        .map(|word| word.get(1).or_else(|| word.get(2)).unwrap().as_str().to_owned())
        .take_while(|word| !["#", "|", ">"].contains(&word.as_str()))
        .collect()
}

#[test]
fn every_command_it_shows_is_understood() {
    let commands = all("(?m)(?:^|`)flightdeck ([^`\n]+)");
    assert!(commands.len() > 10, "{commands:?}");
    let home = Home::empty();
    for command in commands {
        let mut arguments = words(command);
        arguments.push("--help".to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = run_in(&home, &[], &arguments);
        assert_eq!(ran.code, 0, "flightdeck {command}: {}", ran.err);
    }
}

#[test]
fn every_option_it_names_exists() {
    let help = run_in(&Home::empty(), &[], &["snapshot", "--help"]).out;
    for option in all("`(--[a-z-]+)") {
        assert!(help.contains(option), "{option}");
    }
}

#[test]
fn it_shows_every_picture_and_every_one_it_shows_is_there() {
    let shown: BTreeSet<PathBuf> =
        all(r"\]\((tests/pictures/[^)]+)\)").into_iter().map(|path| root().join(path)).collect();
    let there = std::fs::read_dir(root().join("tests/pictures")).unwrap();
    let there: BTreeSet<PathBuf> = there.map(|file| file.unwrap().path()).collect();
    assert_eq!(shown, there);
}

#[test]
fn every_test_it_names_exists() {
    let sources = sources(&root().join("src")) + &sources(&root().join("tests"));
    let named = all("`([a-z0-9]+(?:_[a-z0-9]+){3,})`");
    assert!(named.len() > 40, "{named:?}");
    for test in named {
        let is_there = Regex::new(&format!(r"\bfn {test}\(")).unwrap().is_match(&sources);
        assert!(is_there, "no test is called {test}");
    }
}

#[test]
fn it_names_exactly_the_actions_an_operator_is_given() {
    let permissions = include_str!("../../src/provider/aws/permissions.rs");
    let between = |text: &'static str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap();
        rest.split_once(to).unwrap().0
    };
    let actions = |text: &'static str, quote: char| -> BTreeSet<&'static str> {
        let pattern = Regex::new(&format!("{quote}([a-z0-9]+:[A-Z][A-Za-z]+){quote}")).unwrap();
        // Keys of conditions stand in lists.
        let lines = text.lines().filter(|line| !line.contains("[\""));
        lines
            .flat_map(|line| pattern.captures_iter(line))
            .map(|found| found.get(1).unwrap().as_str())
            .collect()
    };
    let mut given = actions(between(permissions, "pub const WRITES", "\n];"), '"');
    given.extend(actions(between(permissions, "const BESIDES", "\n];"), '"'));
    assert!(given.len() > 10, "{given:?}");
    let told = actions(between(README, "`flightdeck iam-policy operator`", "With fewer rights"), '`');
    assert_eq!(told, given);
}

#[test]
fn every_file_it_links_is_there() {
    for link in all(r"\]\(([^):]+)\)") {
        assert!(root().join(link).exists(), "{link}");
    }
}

/// All Rust sources below a folder.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(&path).unwrap();
        }
    }
    text
}
