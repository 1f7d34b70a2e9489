//! Patterns on names: what an error in one looks like, and where it is.

use regex::Regex;
use regex_syntax::ast::Span;

use super::document::{Item, Parsed};
use super::mistakes::Fault;

/// Reads a pattern on the whole name of a group: text with `*` for any characters and `?` for one, or a regular
/// expression between slashes.
pub(super) fn on_groups(item: Item<'_>) -> Parsed<Regex> {
    let pattern = item.string()?;
    if let Some(inner) = pattern.strip_prefix('/') {
        return match inner.strip_suffix('/') {
            Some(inner) => whole(item, inner, 1),
            None => item.wrong(format!("`{pattern}` begins with a slash and ends without one"), "write /…/"),
        };
    }
    let mut expression = String::new();
    for c in pattern.chars() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    whole(item, &expression, 0)
}

/// Reads a regular expression that captures a version.
pub(super) fn on_versions(item: Item<'_>) -> Parsed<Regex> {
    let pattern = item.string()?;
    let expression = Regex::new(pattern).or_else(|error| broken(item, pattern, 0, &error))?;
    if expression.captures_len() > 1 {
        return Ok(expression);
    }
    item.wrong(
        format!("`{}` says nothing about which part is the version", item.key),
        "put that part in (?P<version>…)",
    )
}

/// Anchors an expression, so that of `blue|blue-2` the longer one is tried too.
fn whole(item: Item<'_>, expression: &str, offset: usize) -> Parsed<Regex> {
    Regex::new(expression)
        .and_then(|_| Regex::new(&format!(r"\A(?:{expression})\z")))
        .or_else(|error| broken(item, expression, offset, &error))
}

/// Tells what is wrong with an expression that begins so many bytes into the item.
fn broken(item: Item<'_>, expression: &str, offset: usize, error: &regex::Error) -> Parsed<Regex> {
    let (at, why) = match regex_syntax::parse(expression) {
        Err(regex_syntax::Error::Parse(error)) => (Some(*error.span()), error.kind().to_string()),
        Err(regex_syntax::Error::Translate(error)) => (Some(*error.span()), error.kind().to_string()),
        _ => (None, error.to_string()),
    };
    let at = at.map_or(item.value.span(), |Span { start, .. }| item.within(offset + start.offset));
    let what = format!("`{expression}` is no regular expression: {why}");
    Err(vec![Fault { at, what, remedy: "mend it there; \\ before a sign takes away its meaning".to_owned() }])
}
