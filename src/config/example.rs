//! The shipped sample: every setting with what it does and its default, and the list of where each belongs.

use std::fmt::Write as _;

use crate::drift::RULES;

/// The sample up to the table of rules. A line that begins with `#` and a letter or bracket is a setting without a
/// default.
const EXAMPLE: &str = include_str!("example.toml");

/// A configuration with every setting and its default. Loading it is the same as loading none.
#[must_use]
pub fn example() -> String {
    let mut rules = String::new();
    let width = RULES.iter().map(|rule| rule.name().len()).max().unwrap_or_default();
    for rule in RULES {
        let setting = format!("{{ enabled = true, severity = \"{}\" }}", rule.severity());
        let _infallible =
            writeln!(rules, "{:width$} = {setting:42} # the instance {}", rule.name(), rule.about());
    }
    EXAMPLE.replace("#<every rule>\n", &rules)
}

/// The header of the section that holds a setting, empty for the top; `None` where there is no such setting.
pub(super) fn section_of(key: &str) -> Option<String> {
    let mut section = "";
    let example = example();
    for line in example.lines().map(|line| line.strip_prefix('#').unwrap_or(line)) {
        if line.starts_with('[') {
            section = line;
        } else if line.split_once(" = ").is_some_and(|(known, _)| known.trim_end() == key) {
            return Some(section.to_owned());
        }
    }
    None
}
