//! Bad sources, and that the walls see them: a check nobody saw fail is no check.

use crate::walls::{Finding, check, orphans};

/// Judges one file of which only `line` and what follows the module doc matters.
fn found(file: &str, body: &str) -> Vec<Finding> {
    let dependencies = ["aws_sdk_ec2", "jiff", "ratatui", "regex", "serde_json", "tokio"].map(str::to_owned);
    check(&[(file.to_owned(), format!("//! Doc.\n{body}"))], &dependencies)
}

/// Asserts one breach, on the line after the module doc, whose sentence begins with `what`.
fn breach(file: &str, body: &str, what: &str) {
    let findings = found(file, body);
    assert_eq!(findings.len(), 1, "{file}: {body}\n{findings:#?}");
    assert_eq!((findings[0].line, &findings[0].file[..]), (2, file), "{body}");
    assert!(findings[0].what.starts_with(what), "{body}\nis said to be: {}", findings[0].what);
    assert!(!findings[0].remedy.is_empty());
}

fn sound(file: &str, body: &str) {
    assert_eq!(found(file, body), [], "{file}: {body}");
}

#[test]
fn an_unlisted_edge_is_seen_however_it_is_written() {
    for body in [
        "use crate::provider::Observer;",
        "use crate::{fleet::Fleet, provider::{self, Observer}};",
        "use {crate::provider::Observer, std::fmt};",
        "use super::super::provider::Observer;",
        "use super::{super::provider as p};",
        "fn f() { crate::provider::look() }",
        "fn f() -> Vec<<crate::provider::A as X>::B> { vec![] }",
        "fn f() { vec![crate::provider::A] }",
        "macro_rules! m { () => { $crate::provider::A } }",
        "#[serde(with = \"crate::provider::text\")] struct S;",
        "mod inner { fn f() { super::super::super::provider::look() } }",
        "use crate as house; fn f() -> house::provider::A {}",
        "pub(in crate::provider) struct S;",
        "#[cfg(test)] mod tests { use crate::provider::Observer; }",
    ] {
        let findings = found("src/app/screens.rs", body);
        let seen = findings.iter().any(|found| found.what == "app names provider" && found.line == 2);
        assert!(seen, "{body}\n{findings:#?}");
    }
}

#[test]
fn a_listed_edge_is_not_a_breach() {
    sound("src/app/screens.rs", "use crate::{fleet::Fleet, plan::{self, Plan}, app::Model};");
    sound(
        "src/app/screens.rs",
        "use super::Model; use self::row::Row; fn f() { super::super::app::g() } mod row {}",
    );
    sound("src/runtime/mod.rs", "use crate::ui; fn f(model: &crate::app::Model) { ui::draw(model) }");
    sound("src/main.rs", "fn main() -> std::process::ExitCode { flightdeck::cli::run() }");
}

#[test]
fn comments_docs_and_strings_name_nothing() {
    sound(
        "src/app/mod.rs",
        "/// Like [`crate::provider::Observer`].\n// use crate::ui;\nconst A: &str = \"crate::ui::x\";",
    );
    sound("src/app/mod.rs", "/// Writes \"crate::provider::Observer\".\nstruct S;");
    sound(
        "src/app/mod.rs",
        "/* tokio::spawn() */ const A: &str = r#\"tokio::spawn()\"#; const B: char = '\"';",
    );
}

#[test]
fn the_whole_crate_and_unknown_rooms_are_no_way_around() {
    breach("src/app/mod.rs", "use crate::*;", "app names the whole crate");
    breach("src/app/screens.rs", "use super::super::*;", "app names the whole crate");
    breach("src/app/mod.rs", "use crate::prelude::Fleet;", "app names `crate::prelude`, which is not a room");
    breach("src/app/mod.rs", "fn f() { flightdeck::ui::draw() }", "app names ui");
    breach("src/main.rs", "use flightdeck::runtime::run;", "main names runtime");
}

#[test]
fn a_room_hands_on_nothing_of_another() {
    breach("src/app/mod.rs", "pub use crate::config::Config;", "app hands on what is config's");
    breach("src/app/mod.rs", "pub(crate) use crate::{config::Config};", "app hands on what is config's");
    sound("src/app/mod.rs", "pub use screens::Screen; mod screens {}");
}

#[test]
fn a_banned_crate_is_seen_in_its_room_and_behind_an_alias() {
    breach("src/app/mod.rs", "use ratatui::text::Line;", "app names `ratatui::text::Line`; ratatui is for");
    breach("src/app/mod.rs", "fn f() -> ::ratatui::text::Line {}", "app names `ratatui::text::Line`");
    breach("src/app/mod.rs", "fn f() { g(<ratatui::A>::new(), ::std::f()) }", "app names `ratatui::A`");
    breach("src/app/mod.rs", "extern crate ratatui as r;", "app names `ratatui`");
    breach(
        "src/engine/mod.rs",
        "use aws_sdk_ec2::Client;",
        "engine names `aws_sdk_ec2::Client`; aws_* is for",
    );
    breach("src/provider/demo/mod.rs", "use aws_sdk_ec2::Client;", "provider names `aws_sdk_ec2::Client`");
    breach("src/cli/mod.rs", "use std::{fs, fmt};", "cli names `std::fs`");
    breach("src/drift/mod.rs", "mod t { use ::tokio as t; }", "drift names `tokio`");
    breach(
        "src/ui/mod.rs",
        "use std::process as p; fn f() { p::Command::new(a) }",
        "ui names `std::process::Command",
    );
}

#[test]
fn a_wall_within_a_crate_is_seen_through_its_module() {
    let body = "use tokio; use std::process;\nfn f() { tokio::spawn(g()); process::Command::new(\"x\"); }";
    let findings = found("src/provider/aws/mod.rs", body);
    let what: Vec<_> = findings.iter().map(|found| (found.line, found.what.split(';').next())).collect();
    let expected = [
        (3, Some("provider names `std::process::Command::new`")),
        (3, Some("provider names `tokio::spawn`")),
    ];
    assert_eq!(what, expected);
    breach("src/engine/mod.rs", "use crate::provider::aws::Factory;", "engine names `crate::provider::aws");
    breach(
        "src/plan/mod.rs",
        "fn f() { let at = jiff::Timestamp::now(); }",
        "plan names `jiff::Timestamp::now`",
    );
    sound("src/runtime/clock.rs", "fn f() { let at = jiff::Timestamp::now(); }");
    sound("src/provider/build/mod.rs", "use tokio::process::Command;");
}

#[test]
fn a_name_that_only_looks_like_a_crate_is_none() {
    sound(
        "src/app/mod.rs",
        "fn f(tokio: u8) -> u8 { let Some(x) = g::<tokio>() else { return tokio }; tokio + x.clap }",
    );
    sound(
        "src/app/mod.rs",
        "use clock::Tick; mod clock {} mod toml {} fn f() { toml::g(); iter.tokio::<u8>() }",
    );
}

#[test]
fn the_facts_know_few_crates_and_tests_of_them_more() {
    sound("src/fleet/mod.rs", "use {regex::Regex, serde::Serialize, std::fmt}; fn f(at: jiff::Timestamp) {}");
    breach("src/fleet/mod.rs", "use serde_json::Value;", "fleet names the crate serde_json");
    sound("src/fleet/mod.rs", "#[cfg(test)] mod tests { use serde_json::Value; }");
    sound("src/fleet/mod.rs", "#[cfg(test)] use serde_json::{Value, json};");
    breach("src/fleet/mod.rs", "#[cfg(test)] mod tests {} use serde_json::Value;", "fleet names the crate");
}

#[test]
fn a_module_declared_for_tests_may_hold_what_tests_need() {
    let parent = ("src/app/mod.rs".to_owned(), "//! Doc.\n#[cfg(test)]\nmod fixtures;".to_owned());
    let child = ("src/app/fixtures.rs".to_owned(), "//! Doc.\nuse tokio::sync::mpsc;".to_owned());
    let crates = ["tokio".to_owned()];
    assert_eq!(check(&[parent.clone(), child.clone()], &crates), []);
    let shipped = (parent.0, parent.1.replace("#[cfg(test)]\n", ""));
    assert_eq!(check(&[shipped, child], &crates).len(), 1);
}

#[test]
fn a_file_outside_the_rooms_is_seen() {
    for file in ["src/widgets/mod.rs", "src/widgets/table.rs", "src/prelude.rs", "src/app.rs"] {
        let findings = found(file, "");
        assert!(findings[0].what.ends_with("is not a room of the house"), "{file}: {findings:#?}");
    }
    sound("src/lib.rs", "pub mod fleet;");
}

#[test]
fn an_empty_name_is_seen_as_file_folder_and_module() {
    breach_of_name("src/app/utils.rs", "", 1);
    breach_of_name("src/app/core/mod.rs", "", 1);
    breach_of_name("src/app/mod.rs", "mod handlers {}", 2);
    sound("src/fleet/instance_types.rs", "mod launch {}");
}

fn breach_of_name(file: &str, body: &str, line: usize) {
    let findings = found(file, body);
    assert!(findings[0].what.ends_with("says nothing about what the module holds"), "{findings:#?}");
    assert_eq!((findings.len(), findings[0].line), (1, line));
}

#[test]
fn a_long_file_is_seen_and_its_tests_do_not_count() {
    let code = "const A: u8 = 0;\n".repeat(599);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn a() {}\n".repeat(400));
    sound("src/app/mod.rs", &format!("{code}{tests}"));
    let findings = found("src/app/mod.rs", &format!("{code}const B: u8 = 0;\n{tests}"));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].what, "has 601 lines without its tests, more than 600");
}

#[test]
fn a_fat_entry_and_a_file_without_doc_are_seen() {
    let findings = found("src/main.rs", &"const A: u8 = 0;\n".repeat(41));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].what, "has 41 lines of code, more than 40");
    let bare = [("src/app/mod.rs".to_owned(), "// A comment.\nfn f() {}".to_owned())];
    assert_eq!(check(&bare, &[])[0].what, "does not say what it is");
    let broken = [("src/app/mod.rs".to_owned(), "//! Doc.\nfn f() { \"".to_owned())];
    assert!(check(&broken, &[])[0].what.starts_with("is no Rust"));
}

#[test]
fn tricks_and_leftovers_are_seen() {
    breach("src/app/mod.rs", "#[path = \"../ui/table.rs\"] mod table;", "moves a module by `#[path]`");
    // What is forbidden is put together here, so that a search for it finds nothing in this house.
    let skipped = format!("#[cfg(test)] mod tests {{ #[test] #[{}] fn a() {{}} }}", "ignore");
    breach("src/app/mod.rs", &skipped, "skips a test");
    breach("src/app/mod.rs", "include!(\"../ui/table.rs\");", "app names `include!`");
    let stub = ["to", "do"].concat();
    breach("src/app/mod.rs", &format!("fn f() {{ {stub}!() }}"), &format!("app names `{stub}!`"));
    breach("src/ui/mod.rs", "fn f() { println!(\"torn\") }", "ui names `println!`");
    sound("src/cli/mod.rs", "fn f() { println!(\"data\"); assert!(a != (b)); }");
}

#[test]
fn a_file_that_nobody_declares_is_seen() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let top = file("src/lib.rs", "pub mod drift;");
    let room = file("src/drift/mod.rs", "mod rules;");
    let rules = file("src/drift/rules.rs", "mod behind; // mod forgotten;");
    let behind = file("src/drift/rules/behind.rs", "");
    let forgotten = file("src/drift/rules/forgotten.rs", "");
    let sources = [top, room, rules, behind, forgotten];
    assert_eq!(orphans(&sources), ["src/drift/rules/forgotten.rs"]);
}
