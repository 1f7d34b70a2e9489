//! Which version comes next: versions of images are counted up, never dated by a clock.

use super::of_family;
use crate::fleet::{Fleet, Place, Text, version};
use crate::plan::Refusal;

/// The version after the newest that anybody gave: its last number is raised by one, and what stands behind is dropped.
pub(super) fn next_version(fleet: &Fleet, place: &Place, family: &Text) -> Result<Text, Refusal> {
    let unknown = || {
        Refusal::new(format!("which version of {family} comes next is not known"), "name it with --version")
    };
    let versions = of_family(fleet, place, family).filter_map(|image| image.version.as_ref());
    let ordered = versions.filter(|one| version::compare(one.raw(), one.raw()).is_some());
    let newest = ordered
        .max_by(|a, b| version::compare(a.raw(), b.raw()).unwrap_or(std::cmp::Ordering::Equal))
        .ok_or_else(unknown)?;
    raised(newest.raw()).map(Text::from).ok_or_else(unknown)
}

/// `1.42.0` → `1.42.1`, `1.2.0-rc1` → `1.2.0`, `2024-11-03` → `2024-11-04`, `v12` → `v13`.
fn raised(version: &str) -> Option<String> {
    let version = version.split('+').next().unwrap_or(version);
    let pre = version.char_indices().find(|(at, c)| {
        c.is_ascii_alphabetic() && *at > 0 && version[..*at].bytes().any(|byte| byte.is_ascii_digit())
    });
    if let Some((at, _)) = pre {
        let release = version[..at].trim_end_matches(['-', '.', '_', '~']);
        return release.ends_with(|c: char| c.is_ascii_digit()).then(|| release.to_owned());
    }
    let digits = version.len() - version.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (head, number) = version.split_at(digits);
    let next = number.parse::<u64>().ok()?.checked_add(1)?;
    Some(format!("{head}{next:0width$}", width = number.len()))
}

#[cfg(test)]
mod tests {
    use super::raised;

    #[test]
    fn the_next_version_raises_the_last_number_and_a_pre_release_becomes_its_release() {
        for (version, next) in [
            ("1.42.0", Some("1.42.1")),
            ("1.9", Some("1.10")),
            ("1.2.0-rc1", Some("1.2.0")),
            ("2024-11-03", Some("2024-11-04")),
            ("v12", Some("v13")),
            ("007", Some("008")),
            ("1.2.0+build7", Some("1.2.1")),
            ("18446744073709551615", None),
            ("golden", None),
        ] {
            assert_eq!(raised(version).as_deref(), next, "{version}");
        }
    }
}
