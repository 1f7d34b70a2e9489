//! How well the shared bookkeeping is known. What it tells stands in the history; what could not be read is unknown,
//! and never shown as none.

use std::collections::BTreeMap;

use crate::fleet::Place;

/// Places whose bookkeeping could not be read last, and why.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Unread(BTreeMap<Place, String>);

impl Unread {
    /// Takes how the newest attempt to read a place ended.
    pub(super) fn take(&mut self, place: Place, why: Option<String>) {
        match why {
            Some(why) => self.0.insert(place, why),
            None => self.0.remove(&place),
        };
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&Place, &str)> {
        self.0.iter().map(|(place, why)| (place, why.as_str()))
    }

    /// Why that of a place could not be read.
    pub fn at(&self, place: &Place) -> Option<&str> {
        self.0.get(place).map(String::as_str)
    }
}
