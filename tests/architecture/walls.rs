//! The tables of the house, and the judgement of what `source` found against them.

use std::{collections::BTreeMap, fmt};

use crate::source::{Module, Name, Source, Target};

/// Each room and the rooms it may name. `main` is the binary.
pub const ROOMS: &[(&str, &str)] = &[
    ("fleet", ""),
    ("drift", "fleet"),
    ("plan", "fleet drift"),
    ("provider", "fleet plan"),
    ("engine", "fleet drift plan provider"),
    ("keymap", ""),
    ("theme", ""),
    ("config", "fleet drift plan keymap theme"),
    ("app", "fleet drift plan keymap config"),
    ("ui", "fleet drift plan keymap theme app"),
    ("runtime", "fleet drift plan provider engine keymap theme config app ui"),
    ("cli", "fleet drift plan provider engine keymap theme config app runtime"),
    ("main", "cli"),
];

/// Rooms that may name a few crates and no other.
const FRUGAL: &[(&str, &str)] = &[("fleet", "std core alloc serde regex jiff")];

/// What only some places may name in code that ships, and what to do elsewhere. A place is a room or a module
/// in it; `*` ends a family of names. Clocks and tasks are in `clippy.toml` too: this table has no exceptions.
const WALLS: &[(&str, &str, &str)] = &[
    ("ratatui", "theme ui runtime", "put what is shown in `ui`, what it looks like in `theme`"),
    ("crossterm", "runtime", "take `keymap::Key` or an `app::Message`"),
    ("tokio", "provider engine runtime cli main", "return an effect, or a value that `runtime` awaits on"),
    ("tokio::spawn", "runtime", "return a future; `runtime` owns the tasks"),
    ("tokio::task", "runtime", "join futures with `futures_util`; `runtime` owns the tasks"),
    ("tokio::time", "provider runtime", "wait through `provider::Clock`"),
    ("tokio::time::Instant", "runtime", "take the instant as an argument"),
    ("tokio::fs", "runtime", "take the text; `runtime` opens files"),
    ("tokio::process", "provider/build runtime", "children are started by `provider::build` and `runtime`"),
    ("tokio::signal", "runtime", "signals arrive as messages"),
    ("aws_*", "provider/aws", "say it with the types of `fleet` and `plan`"),
    ("clap", "cli", "words become values in `cli`"),
    ("toml", "config keymap theme", "files are read by `config`, `keymap` and `theme`"),
    ("anyhow", "cli main", "give the room an error enum with `thiserror`"),
    ("rustix", "provider/build runtime", "the operating system is met in `runtime`"),
    ("fastrand", "provider engine runtime", "pure rooms take no chances: pass the value in"),
    ("tracing_subscriber", "runtime", "logging is set up in `runtime`"),
    ("tracing_appender", "runtime", "logging is set up in `runtime`"),
    ("std::fs", "runtime", "take the text; `runtime` opens files"),
    ("std::thread", "runtime", "threads are started in `runtime`"),
    (
        "std::process::Command",
        "provider/build runtime",
        "children are started by `provider::build` and `runtime`",
    ),
    ("std::process::exit", "", "return the exit code to `main`"),
    ("std::net::Tcp*", "runtime", "the network is behind `provider`"),
    ("std::net::Udp*", "runtime", "the network is behind `provider`"),
    ("std::env::var*", "config", "take the value; `config` reads the environment"),
    ("std::time::Instant", "runtime", "take the instant as an argument"),
    ("std::time::SystemTime::now", "runtime", "take the instant as an argument"),
    ("std::io::std*", "runtime cli main", "return the text; `cli` and `runtime` write it"),
    ("jiff::Timestamp::now", "runtime", "take the instant as an argument"),
    ("jiff::Zoned::now", "runtime", "take the instant as an argument"),
    ("jiff::tz::TimeZone::system", "runtime", "take the zone as an argument"),
    ("crate::provider::aws", "provider/aws runtime cli", "take a trait of `provider`"),
    ("crate::provider::demo", "provider/demo runtime cli", "take a trait of `provider`"),
    ("crate::provider::build", "provider/build runtime cli", "take a trait of `provider`"),
    ("print!", "cli main", "return the text: a print tears the screen"),
    ("println!", "cli main", "return the text: a print tears the screen"),
    ("eprint!", "cli main", "return the text: a print tears the screen"),
    ("eprintln!", "cli main", "return the text: a print tears the screen"),
    ("dbg!", "", "take it out"),
    ("todo!", "", "build it, or leave it out"),
    ("unimplemented!", "", "build it, or leave it out"),
    ("include!", "", "declare a module: an included file escapes the walls"),
];

/// Names that say nothing about what a module holds.
const EMPTY_NAMES: &[&str] =
    &["core", "common", "util", "helper", "types", "type", "manager", "service", "handler"];

/// Lines a file may have without its tests.
const LONGEST_FILE: usize = 600;
/// Lines of code that `main.rs` and `lib.rs` may have.
const LONGEST_ENTRY: usize = 40;

/// One breach: where, what and what to do.
#[derive(Debug, PartialEq)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub what: String,
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    {}", self.file, self.line, self.what, self.remedy)
    }
}

/// Judges sources, each a path from the top of the repository (`src/…`) and a text.
pub fn check(sources: &[(String, String)], dependencies: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut read = Vec::new();
    for (file, text) in sources {
        let module = module_of(file);
        match Source::read(text, &module) {
            Ok(source) => read.push(File { path: file, text, module, source, dependencies }),
            Err(why) => findings.push(Finding {
                file: file.clone(),
                line: 1,
                what: format!("is no Rust ({why})"),
                remedy: "mend it, or move it out of `src`".into(),
            }),
        }
    }
    let in_tests: Vec<Module> = read.iter().flat_map(|file| file.source.test_modules.clone()).collect();
    for file in &read {
        let test = in_tests.iter().any(|module| file.module.starts_with(module));
        findings.extend(file.place());
        findings.extend(file.size_and_doc(test));
        findings.extend(file.attributes());
        findings.extend(file.names(test));
    }
    findings
}

/// Files that no module declares: nobody compiles them, so nothing in them holds.
pub fn orphans(sources: &[(String, String)]) -> Vec<String> {
    let read = |(file, text): &(String, String)| Source::read(text, &module_of(file)).ok();
    let declared: Vec<Module> = sources
        .iter()
        .filter_map(read)
        .flat_map(|source| source.modules.into_iter().map(|(module, _)| module))
        .collect();
    let roots = ["src/lib.rs", "src/main.rs"];
    let mut files: Vec<_> = sources.iter().map(|(file, _)| file.clone()).collect();
    files.retain(|file| !roots.contains(&file.as_str()) && !declared.contains(&module_of(file)));
    files
}

/// `src/app/mod.rs` is `app`, `src/app/fleet.rs` is `app::fleet`, `src/lib.rs` is the top.
fn module_of(file: &str) -> Module {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|name| *name != "lib").map(str::to_owned).collect()
}

fn rooms_of(room: &str) -> Option<&'static str> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, may_name)| *may_name)
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
    module: Module,
    source: Source,
    dependencies: &'a [String],
}

impl File<'_> {
    fn finding(&self, line: usize, what: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { file: self.path.to_owned(), line, what: what.into(), remedy: remedy.into() }
    }

    /// Is the file in a room, and does its name say something?
    fn place(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let loose = self.module.len() == 1 && !self.path.ends_with("/mod.rs") && self.path != "src/main.rs";
        if let Some(room) = self.module.first()
            && (loose || rooms_of(room).is_none())
        {
            let what = format!("`{room}` is not a room of the house");
            findings.push(self.finding(1, what, "move it into a room, or add the room to ROOMS on purpose"));
        }
        let path = self.module.iter().map(|name| (name, 1));
        let inside = self.source.modules.iter().filter_map(|(module, line)| Some((module.last()?, *line)));
        for (name, line) in path.chain(inside) {
            if EMPTY_NAMES.contains(&name.as_str()) || EMPTY_NAMES.contains(&name.trim_end_matches('s')) {
                let what = format!("`{name}` says nothing about what the module holds");
                findings.push(self.finding(line, what, "name it after the one thing it holds"));
            }
        }
        findings
    }

    fn size_and_doc(&self, test: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        let entry = matches!(self.path, "src/main.rs" | "src/lib.rs");
        let lines = self.text.lines().count().saturating_sub(self.source.test_lines);
        let code = self.text.lines().map(str::trim_start);
        let code = code.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        if !test && lines > LONGEST_FILE {
            let what = format!("has {lines} lines without its tests, more than {LONGEST_FILE}");
            findings.push(self.finding(1, what, "split it: one idea a file, under 400 lines"));
        }
        if entry && code > LONGEST_ENTRY {
            let what = format!("has {code} lines of code, more than {LONGEST_ENTRY}");
            findings.push(self.finding(1, what, "move what it does into a room"));
        }
        if !test && !self.text.starts_with("//!") {
            findings.push(self.finding(
                1,
                "does not say what it is",
                "start it with `//!` and the file's rule",
            ));
        }
        findings
    }

    fn attributes(&self) -> Vec<Finding> {
        let judge = |(text, line): &(String, usize)| {
            if text.starts_with("path=") {
                Some(self.finding(*line, "moves a module by `#[path]`", "put the file where its module is"))
            } else if text == "ignore" || text.starts_with("ignore=") {
                Some(self.finding(*line, "skips a test", "make it run, or take it out"))
            } else {
                None
            }
        };
        self.source.attributes.iter().filter_map(judge).collect()
    }

    fn names(&self, test: bool) -> Vec<Finding> {
        // Two breaches of one wall on one line are one.
        let mut findings = BTreeMap::new();
        for name in &self.source.names {
            let shipped = !test && !name.in_test;
            let found = match self.source.resolve(name, self.dependencies) {
                Target::House(path) => self.edge(name, &path).or_else(|| {
                    let path = [&["crate".to_owned()], &path[..]].concat();
                    self.wall(name, &path).filter(|_| shipped)
                }),
                Target::Outside(path) => self.wall(name, &path).filter(|_| shipped),
                Target::Local => None,
            };
            if let Some(found) = found {
                findings.entry((found.line, found.what.clone())).or_insert(found);
            }
        }
        findings.into_values().collect()
    }

    /// Judges a path within the crate. Tests are held to it too: a room must be testable with what it may name.
    fn edge(&self, name: &Name, path: &[String]) -> Option<Finding> {
        let room = name.within.first()?;
        let may_name = rooms_of(room)?;
        let other = path.first().map_or("crate", String::as_str);
        if other == room {
            return None;
        }
        if matches!(other, "crate" | "*") {
            let what = format!("{room} names the whole crate");
            return Some(self.finding(name.line, what, "name the room and the item"));
        }
        if rooms_of(other).is_none() {
            let what = format!("{room} names `crate::{other}`, which is not a room");
            return Some(self.finding(name.line, what, "move it into a room"));
        }
        if !may_name.split_whitespace().any(|allowed| allowed == other) {
            let all = if may_name.is_empty() { "no other room" } else { may_name };
            let remedy =
                format!("{room} may name {all}: pass the value in, or move the code to where it belongs");
            return Some(self.finding(name.line, format!("{room} names {other}"), remedy));
        }
        name.exported.then(|| {
            let what = format!("{room} hands on what is {other}'s");
            self.finding(name.line, what, "let each room name it where it lives")
        })
    }

    /// Judges a path against WALLS and FRUGAL.
    fn wall(&self, name: &Name, path: &[String]) -> Option<Finding> {
        let stands_in = |places: &str| {
            places.split_whitespace().any(|place| {
                let mut within = name.within.iter();
                place.split('/').all(|part| within.next().is_some_and(|module| module == part))
            })
        };
        let room = name.within.first().map_or("the top", String::as_str);
        let first = path.first()?;
        let frugal = FRUGAL.iter().find(|(frugal, allowed)| {
            *frugal == room && !first.ends_with('!') && !allowed.split_whitespace().any(|one| one == first)
        });
        if let Some((_, allowed)) = frugal.filter(|_| first != "crate") {
            let what = format!("{room} names the crate {first}");
            return Some(self.finding(name.line, what, format!("{room} knows {allowed} and no other crate")));
        }
        let (wall, places, remedy) =
            WALLS.iter().find(|(wall, places, _)| behind(wall, path) && !stands_in(places))?;
        let places = if places.is_empty() { "nothing" } else { places };
        let what = format!("{room} names `{}`; {wall} is for {places} alone", path.join("::"));
        Some(self.finding(name.line, what, *remedy))
    }
}

/// Does `path` lead to what `wall` names, or below it?
fn behind(wall: &str, path: &[String]) -> bool {
    let mut path = path.iter();
    wall.split("::").all(|part| {
        path.next().is_some_and(|name| match part.strip_suffix('*') {
            Some(family) => name.starts_with(family),
            None => name == part,
        })
    })
}
