//! Versions of images of one family, ordered by their number segments.

use std::cmp::Ordering;

/// Orders two versions by number segments, pre-releases (`1.2.0-rc1`) before releases; `None` where either has no
/// number at all, so that order would be a guess.
///
/// A leading `v` and build metadata (`+…`) do not count.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Parsed::new(a)?, Parsed::new(b)?);
    let longest = a.numbers.len().max(b.numbers.len());
    let at = |numbers: &[u64], index: usize| numbers.get(index).copied().unwrap_or(0);
    for index in 0..longest {
        match at(&a.numbers, index).cmp(&at(&b.numbers, index)) {
            Ordering::Equal => {}
            unequal => return Some(unequal),
        }
    }
    Some(match (a.pre, b.pre) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => compare_pre(a, b),
    })
}

struct Parsed<'a> {
    numbers: Vec<u64>,
    pre: Option<&'a str>,
}

impl<'a> Parsed<'a> {
    fn new(version: &'a str) -> Option<Self> {
        let version = version.trim();
        let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
        let version = version.split('+').next().unwrap_or(version);
        let end =
            version.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(version.len());
        // A dash before a further number (`2024-11-03`, `1.2-45`) goes on with the numbers.
        let (mut head, mut rest) = version.split_at(end);
        let mut numbers = Vec::new();
        loop {
            for segment in head.split(['.', '_']).filter(|segment| !segment.is_empty()) {
                numbers.push(segment.parse().ok()?);
            }
            let Some(next) = rest.strip_prefix('-') else { break };
            let end = next.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(next.len());
            let ends_clean = next[end..].is_empty() || next[end..].starts_with('-');
            if end == 0 || !ends_clean {
                break;
            }
            (head, rest) = next.split_at(end);
        }
        if numbers.is_empty() {
            return None;
        }
        // Letters right behind a number are a pre-release only by a known word: `3f2a9c1` is a commit, not a 3.
        if !rest.is_empty() && !rest.starts_with('-') && !starts_with_pre_release(rest) {
            return None;
        }
        let pre = rest.trim_start_matches('-');
        Some(Self { numbers, pre: (!pre.is_empty()).then_some(pre) })
    }
}

fn starts_with_pre_release(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["alpha", "beta", "dev", "pre", "rc"].iter().any(|word| text.starts_with(word))
}

/// `rc2` before `rc10`, `alpha` before `beta`: text by text, number by number.
fn compare_pre(a: &str, b: &str) -> Ordering {
    fn split(text: &str) -> (&str, u64) {
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let digits: &str = text[at..].split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
        (&text[..at], digits.parse().unwrap_or(0))
    }
    split(a).cmp(&split(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_numbers_and_pre_releases_come_first() {
        let order = [
            "0.9",
            "1.2.0-alpha",
            "1.2.0-rc2",
            "1.2.0rc10",
            "v1.2.0",
            "1.2.1",
            "1.10",
            "2024-11-03",
            "2024-11-12",
        ];
        for (index, a) in order.iter().enumerate() {
            for (other, b) in order.iter().enumerate() {
                assert_eq!(compare(a, b), Some(index.cmp(&other)), "{a} against {b}");
            }
        }
    }

    #[test]
    fn equal_versions_are_equal_however_they_are_written() {
        assert_eq!(compare("1.2", "v1.2.0+build7"), Some(Ordering::Equal));
    }

    #[test]
    fn what_has_no_number_cannot_be_ordered() {
        assert_eq!(compare("blue", "1.2"), None);
        assert_eq!(compare("", "1.2"), None);
        assert_eq!(compare("3f2a9c1", "1.2"), None);
        assert_eq!(compare("1.99999999999999999999", "1.2"), None);
    }
}
