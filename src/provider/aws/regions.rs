//! Names of regions, to tell a slip of the pen from a network that is down.

use crate::fleet::{Region, clean};
use crate::provider::{Failure, FailureKind};

/// Regions as of 2026, for suggestions only: any well-formed name is asked.
const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Likeness above which a name is suggested (Jaro–Winkler, 0–1).
const NEAR: f64 = 0.8;

/// Whether a name could be a region's: letters and dashes, then a number (`eu-west-1`).
pub(super) fn is_well_formed(name: &str) -> bool {
    let mut parts: Vec<&str> = name.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    let letters = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    parts.len() >= 2
        && parts.iter().all(letters)
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
}

/// Whether it is a region's name for certain.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// The failure for a region that cannot be.
pub(super) fn unknown(region: &Region, why: &str) -> Failure {
    let remedy = nearest(region.raw(), KNOWN.iter().copied())
        .map_or_else(|| "see --region".to_owned(), |near| format!("did you mean {near}?"));
    Failure::new(FailureKind::Configuration, "connect to AWS", format!("{region} {why}"), remedy)
}

/// The name most like a wrong one.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    names
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| clean(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_is_well_formed_and_a_slip_is_told_from_it() {
        assert!(KNOWN.iter().all(|name| is_well_formed(name)));
        for odd in ["", "eu", "eu-west", "eu_west_1", "EU-WEST-1", "eu-west-1a", "-west-1", "eu--1"] {
            assert!(!is_well_formed(odd), "{odd}");
        }
        assert!(is_well_formed("eu-wst-1") && !is_known("eu-wst-1"));
    }

    #[test]
    fn the_nearest_region_is_suggested() {
        let failure = unknown(&"eu-wst-1".into(), "does not answer");
        assert_eq!(failure.to_string(), "connect to AWS: eu-wst-1 does not answer (did you mean eu-west-1?)");
        assert_eq!(nearest("zzz", KNOWN.iter().copied()), None);
    }
}
