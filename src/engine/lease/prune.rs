//! Epochs that are long over are taken away, so that the list stays short. The newest two stay for ever: whoever
//! deletes the newest epoch makes two holders, and the list may not show it yet.

use std::time::Duration;

use super::head::{Found, Head};
use super::hold::Desk;
use super::names;
use super::rules::age;
use crate::fleet::{ClusterName, Place};
use crate::provider::Entries;

/// How long an epoch is kept after it was written last.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Epochs taken away at once: each costs a few writes, and everybody in the account shares them.
const AT_ONCE: usize = 3;

/// Pieces of a plan that a head may claim to have.
pub(in crate::engine) const MOST_CHUNKS: usize = 64;

/// An epoch that nobody needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Old {
    epoch: u64,
    chunks: usize,
}

/// The newest epoch of a list; 0 where there is none.
pub(super) fn newest(listed: &Entries) -> u64 {
    listed.found.keys().filter_map(names::epoch_of).map(|(_, epoch)| epoch).max().unwrap_or(0)
}

/// Epochs of one cluster that are older than a week and neither the newest nor the one that is taken after it.
pub(super) fn old(listed: &Entries, newest: u64) -> Vec<Old> {
    let Some(now) = listed.server_time else { return Vec::new() };
    let epochs = listed.found.iter().filter_map(|(name, entry)| {
        let (_, epoch) = names::epoch_of(name)?;
        let chunks = match Head::read(&entry.value) {
            Found::Known(head) => head.chunks.min(MOST_CHUNKS),
            Found::Newer { .. } => return None,
            Found::Unreadable => 0,
        };
        (epoch < newest && age(entry.modified_at, now) > KEPT).then_some(Old { epoch, chunks })
    });
    let mut old: Vec<Old> = epochs.collect();
    old.sort_by_key(|old| old.epoch);
    old.truncate(AT_ONCE);
    old
}

/// Takes them away, the plan first. What fails stays for the next time.
pub(super) async fn prune(desk: Desk<'_>, place: &Place, cluster: &ClusterName, old: &[Old]) {
    for Old { epoch, chunks } in old {
        let pieces = (1..=*chunks).map(|nth| names::chunk(cluster, *epoch, nth));
        for name in pieces.chain([names::head(cluster, *epoch)]) {
            if desk.register.delete(place, &name).await.is_err() {
                return;
            }
        }
    }
}
