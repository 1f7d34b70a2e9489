//! The shipped sample: every setting with what it does and its default, and the list of where each belongs.

/// The sample. A line that begins with `#` and a letter or bracket is a setting without a default.
const EXAMPLE: &str = include_str!("example.toml");

/// A configuration with every setting and its default. Loading it is the same as loading none.
#[must_use]
pub fn example() -> String {
    EXAMPLE.to_owned()
}

/// The header of the section that holds a setting, `""` for the top; `None` where there is no such setting.
pub(super) fn section_of(key: &str) -> Option<&'static str> {
    let mut section = "";
    for line in EXAMPLE.lines().map(|line| line.strip_prefix('#').unwrap_or(line)) {
        if line.starts_with('[') {
            section = line;
        } else if line.split_once(" = ").is_some_and(|(known, _)| known == key) {
            return Some(section);
        }
    }
    None
}
