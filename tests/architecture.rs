//! The walls of the house: which room may name which, and what only some places may touch.
//!
//! Top-level modules of one crate end in one import cycle unless something objects; this does. It reads the
//! sources as tokens, so comments and strings never count and the bodies of macros always do. What it cannot
//! see is a dependency that is never named (a method on an inferred type), which is why re-exporting another
//! room is forbidden too. Change a table here and the house together, on purpose.

#[path = "architecture/breaches.rs"]
mod breaches;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/walls.rs"]
mod walls;

use std::{fs, path::Path};

use walls::{Finding, ROOMS, check, orphans};

/// Reads every Rust file below `folder`, named as from the top of the repository.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text =
                    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a file below the top");
                found.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    found
}

/// The names under which sources can reach other crates.
fn dependencies() -> Vec<String> {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().expect("Cargo.toml is TOML");
    ["dependencies", "dev-dependencies"]
        .iter()
        .filter_map(|table| manifest.get(*table)?.as_table())
        .flat_map(|table| table.keys().map(|name| name.replace('-', "_")))
        .collect()
}

#[test]
fn the_walls_stand() {
    let findings = check(&sources("src"), &dependencies());
    let report: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(findings.is_empty(), "{} breaches:\n\n{}", findings.len(), report.join("\n"));
}

#[test]
fn every_file_is_compiled() {
    assert_eq!(orphans(&sources("src")), Vec::<String>::new(), "declare it with `mod`, or take it out");
}

#[test]
fn every_room_stands() {
    let sources = sources("src");
    for (room, _) in ROOMS.iter().filter(|(room, _)| *room != "main") {
        let stands = sources.iter().any(|(file, _)| *file == format!("src/{room}/mod.rs"));
        assert!(stands, "there is no src/{room}/mod.rs: build the room, or take it out of ROOMS on purpose");
    }
}

#[test]
fn the_table_has_no_cycle() {
    let mut left: Vec<_> = ROOMS.iter().collect();
    while !left.is_empty() {
        let rooms: Vec<_> = left.iter().map(|(room, _)| *room).collect();
        left.retain(|(_, may_name)| may_name.split_whitespace().any(|other| rooms.contains(&other)));
        assert!(left.len() < rooms.len(), "these rooms name each other in a circle: {rooms:?}");
    }
}

#[test]
fn contributing_shows_the_same_table() {
    let row = |(room, may_name): &(&str, &str)| {
        let others: Vec<_> = may_name.split_whitespace().map(|other| format!("`{other}`")).collect();
        format!("| `{room}` | {} |\n", if others.is_empty() { "–".to_owned() } else { others.join(" ") })
    };
    let table = format!("|---|---|\n{}\n", ROOMS.iter().map(row).collect::<Vec<_>>().concat());
    let text = include_str!("../CONTRIBUTING.md");
    assert!(text.contains(&table), "CONTRIBUTING.md should show the rooms as:\n{table}");
}

#[test]
fn every_shipped_file_is_in_the_binary() {
    for folder in ["themes", "keymaps"] {
        let room = sources(&format!("src/{}", folder.trim_end_matches('s')));
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect(folder) {
            let file = format!("{folder}/{}", entry.expect("a readable folder").file_name().display());
            let embeds = format!("include_str!(\"../../{file}\")");
            assert!(
                room.iter().any(|(_, text)| text.contains(&embeds)),
                "{file} is not in SHIPPED: add its row"
            );
        }
    }
}
