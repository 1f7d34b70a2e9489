//! What cockpits tell each other by way of the account: named entries in a shared store (SSM parameters on AWS).
//!
//! The store is a dictionary with versions and nothing more; what the entries mean is `engine`'s.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use jiff::Timestamp;

use crate::fleet::clean;

/// The name of an entry: a path under [`EntryName::ROOT`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EntryName(String);

impl EntryName {
    /// Everything flightdeck writes stands below.
    pub const ROOT: &'static str = "/flightdeck";

    /// The longest text an entry holds, in bytes [ssm: PutParameter, standard tier].
    pub const MAX_VALUE: usize = 4096;

    /// A name of these parts. What AWS does not take in a name (`a-zA-Z0-9_.-`) is written as `_` and two hexadecimal
    /// digits a byte, `_` itself too, so that no two names become one.
    pub fn of(parts: &[&str]) -> Self {
        let mut name = Self::ROOT.to_owned();
        for part in parts {
            name.push('/');
            for byte in part.bytes() {
                if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' {
                    name.push(char::from(byte));
                } else {
                    let _infallible = write!(name, "_{byte:02x}");
                }
            }
        }
        Self(name)
    }

    /// Takes a name as the store told it; `None` outside of [`EntryName::ROOT`].
    pub fn parse(name: &str) -> Option<Self> {
        let below = name.strip_prefix(Self::ROOT)?;
        below.starts_with('/').then(|| Self(name.to_owned()))
    }

    /// Whether it stands below another name, at any depth.
    pub fn is_under(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|below| below.starts_with('/'))
    }

    /// The parts it was made of; `None` where it was not made by [`EntryName::of`].
    pub fn parts(&self) -> Option<Vec<String>> {
        let below = self.0.strip_prefix(Self::ROOT)?.strip_prefix('/')?;
        below.split('/').map(decoded).collect()
    }

    /// The name as the store knows it.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'_' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&clean(&self.0))
    }
}

/// What became of an attempt to create an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Created {
    /// It was created, with version 1.
    Yes,
    /// An entry of that name was there.
    Exists,
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it says.
    pub value: String,
    /// 1 after its creation, one more with each overwriting.
    pub version: u64,
    /// When it was last written, by the server's clock.
    pub modified_at: Timestamp,
}

/// An answer of the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entries {
    /// When it was given, by the server's own clock: the `Date` of the answer. `None` where it did not say.
    pub server_time: Option<Timestamp>,
    /// Entries that are there.
    pub found: BTreeMap<EntryName, Entry>,
}

impl Entries {
    /// The most names of one call [ssm: GetParameters].
    pub const BATCH: usize = 10;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_the_store_takes_and_comes_back_whole() {
        for cluster in ["orders", "a_b", "a/b", "naïve", "x y", "_5f", ""] {
            let name = EntryName::of(&["lease", cluster, "7"]);
            let fits = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
            assert!(name.raw().chars().all(fits), "{name}");
            assert_eq!(name.parts().unwrap(), ["lease", cluster, "7"]);
            assert_eq!(EntryName::parse(name.raw()), Some(name));
        }
        assert_ne!(EntryName::of(&["a_b"]), EntryName::of(&["a", "b"]));
        assert_eq!(EntryName::parse("/other/lease"), None);
        assert_eq!(EntryName::parse("/flightdecks/lease"), None);
    }

    #[test]
    fn a_name_is_under_the_ones_it_is_made_of_and_no_other() {
        let name = |parts: &[&str]| EntryName::of(parts);
        assert!(name(&["lease", "web", "1"]).is_under(&name(&["lease", "web"])));
        assert!(name(&["lease", "web", "1"]).is_under(&name(&["lease"])));
        assert!(!name(&["lease", "web-eu", "1"]).is_under(&name(&["lease", "web"])));
        assert!(!name(&["lease", "web"]).is_under(&name(&["lease", "web"])));
    }
}
