//! Findings that are ignored for a time, in the configuration and in the file that the screen writes: both say the
//! same, in the same words.

use std::fmt::Write as _;
use std::path::Path;

use super::document::{self, Section};
use super::mistakes::Mistakes;
use super::{file, values};
use crate::drift::Ignore;
use crate::fleet::{AccountId, ClusterSelector, Region};

/// What the file of the screen begins with.
const HEADER: &str = "# Findings that are ignored for a time, as the cockpit wrote them down.\n";

/// Every `[[ignore]]` of a document.
pub(super) fn read(file: &mut Section<'_>) -> Vec<Ignore> {
    let mut ignores = Vec::new();
    file.sections("ignore", |section| ignores.extend(read_one(section)));
    ignores
}

fn read_one(section: &mut Section<'_>) -> Option<Ignore> {
    let missing: Vec<&str> = ["cluster", "rule", "until", "reason", "author"]
        .into_iter()
        .filter(|key| !section.has(key))
        .collect();
    if !missing.is_empty() {
        let list =
            |close: &str| missing.iter().map(|key| format!("{key}{close}")).collect::<Vec<_>>().join(", ");
        section.wrong(
            format!("what is ignored has no {}", list("")),
            format!("write {} below it", list(" = …")),
        );
    }
    let cluster = section.read("cluster", values::text);
    let account = section.read("account", values::account);
    let region = section.read("region", values::region);
    let rule = section.read("rule", |item| {
        file::rule_name(item.string()?).or_else(|(what, remedy)| item.wrong(what, remedy))
    });
    let until = section.read("until", values::instant);
    let reason = section.read("reason", values::text);
    let author = section.read("author", values::text);
    Some(Ignore {
        cluster: ClusterSelector { name: cluster?.as_str().into(), account, region },
        rule: rule?,
        until: until?,
        reason: reason?.into(),
        author: author?.into(),
    })
}

/// Reads the file of what the screen ignores.
///
/// # Errors
/// Everything wrong with it, each with its place and what to write instead.
pub fn read_ignores(path: &Path, text: &str) -> Result<Vec<Ignore>, Mistakes> {
    let mut ignores = Vec::new();
    let faults = document::read(text, |file| ignores = read(file));
    let mut mistakes = Mistakes::default();
    mistakes.add_all(path, text, faults);
    if mistakes.is_empty() { Ok(ignores) } else { Err(mistakes) }
}

/// Writes that file, so that [`read_ignores`] reads the same.
pub fn print_ignores(ignores: &[Ignore]) -> String {
    let mut text = HEADER.to_owned();
    for ignore in ignores {
        let ClusterSelector { name, account, region } = &ignore.cluster;
        let rows = [
            ("cluster", Some(name.raw())),
            ("account", account.as_ref().map(AccountId::raw)),
            ("region", region.as_ref().map(Region::raw)),
            ("rule", Some(ignore.rule.as_str())),
            ("until", Some(&*ignore.until.to_string())),
            ("reason", Some(ignore.reason.raw())),
            ("author", Some(ignore.author.raw())),
        ];
        text.push_str("\n[[ignore]]\n");
        for (key, value) in rows {
            if let Some(value) = value {
                let _infallible = writeln!(text, "{key} = {}", toml::Value::from(value));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<Vec<Ignore>, String> {
        read_ignores(Path::new("ignores.toml"), text).map_err(|mistakes| mistakes.to_string())
    }

    const ONE: &str = "[[ignore]]\ncluster = 'orders'\nrule = 'behind'\nreason = 'r'\nauthor = 'ann'\n";

    #[test]
    fn what_was_written_is_read_again_whatever_was_typed() {
        let mut ignores = said(&format!("{ONE}until = 2030-01-31T18:00:00.5Z")).unwrap();
        for (reason, region) in [("\"quotes\" and 'others'", None), ("a\\b\nc\u{1b}[2J é", Some("eu-west-1"))]
        {
            let mut one = ignores[0].clone();
            one.reason = reason.into();
            one.cluster.region = region.map(Into::into);
            ignores.push(one);
        }
        assert_eq!(said(&print_ignores(&ignores)).unwrap(), ignores);
        assert_eq!(said(&print_ignores(&[])).unwrap(), []);
    }

    #[test]
    fn a_date_is_its_beginning_in_utc() {
        for (written, instant) in [
            ("2030-01-31", "2030-01-31T00:00:00Z"),
            ("'2030-01-31'", "2030-01-31T00:00:00Z"),
            ("2030-01-31T18:00:00+01:00", "2030-01-31T17:00:00Z"),
            ("'2030-01-31T18:00:00Z'", "2030-01-31T18:00:00Z"),
        ] {
            assert_eq!(said(&format!("{ONE}until = {written}")).unwrap()[0].until.to_string(), instant);
        }
        for written in ["2030-01-31T18:00:00", "'soon'", "18:00:00", "7", "''"] {
            let told = said(&format!("{ONE}until = {written}")).unwrap_err();
            assert!(told.starts_with("ignores.toml:6:9: ") && told.contains("2030-01-31"), "{told}");
        }
    }

    #[test]
    fn all_that_is_missing_or_wrong_is_told_at_once() {
        let told =
            said("[[ignore]]\ncluster = 'orders'\nrule = 'behnd'\nreason = ''\nauhtor = 'x'").unwrap_err();
        assert_eq!(
            told,
            "ignores.toml:1:1: what is ignored has no until, author; write until = …, author = … below it\n\
             ignores.toml:3:8: no rule is called `behnd`; write `behind`\n\
             ignores.toml:4:10: `reason` is empty; write something between the quotes, or leave it out\n\
             ignores.toml:5:1: [ignore] has no `auhtor`; write `author`"
        );
    }
}
