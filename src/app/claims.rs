//! What the shared bookkeeping tells of operations, place by place. What could not be read is unknown, not none.

use std::collections::BTreeMap;

use crate::fleet::{ClusterId, Place};
use crate::plan::Claim;

/// Claims of every place that was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Claims {
    places: BTreeMap<Place, Told>,
}

/// What one place told.
#[derive(Clone, PartialEq, Debug, Default)]
struct Told {
    /// As they were read last.
    claims: Vec<Claim>,
    /// Why they could not be read again since.
    unread: Option<String>,
}

impl Claims {
    /// Takes what a place told, or why it told nothing: then what it told before stands.
    pub(super) fn take(&mut self, place: Place, claims: Result<Vec<Claim>, String>) {
        let told = self.places.entry(place).or_default();
        match claims {
            Ok(claims) => *told = Told { claims, unread: None },
            Err(why) => told.unread = Some(why),
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<Claim> {
        self.places.values().flat_map(|told| &told.claims).cloned().collect()
    }

    /// The newest of a cluster that somebody holds.
    pub fn alive(&self, cluster: &ClusterId) -> Option<&Claim> {
        let claims = self.places.get(&cluster.place)?.claims.iter();
        claims.filter(|claim| claim.cluster == *cluster && claim.is_alive()).max_by_key(|claim| claim.epoch)
    }

    /// Where they could not be read, and why.
    pub fn unread(&self) -> impl Iterator<Item = (&Place, &str)> {
        self.places.iter().filter_map(|(place, told)| Some((place, told.unread.as_deref()?)))
    }

    /// Why those of a place could not be read.
    pub fn unread_at(&self, place: &Place) -> Option<&str> {
        self.places.get(place)?.unread.as_deref()
    }
}
