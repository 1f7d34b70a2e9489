//! What the entries of a lease are called.
//!
//! Plans lie apart from heads: whoever looks who holds what lists the heads alone, ten a call.

use crate::fleet::ClusterName;
use crate::provider::EntryName;

const LEASE: &str = "lease";
const PLAN: &str = "plan";

/// Above the heads of every cluster.
pub(super) fn every_lease() -> EntryName {
    EntryName::of(&[LEASE])
}

/// Above the heads of one cluster.
pub(super) fn lease(cluster: &ClusterName) -> EntryName {
    EntryName::of(&[LEASE, cluster.raw()])
}

/// The head of one epoch.
pub(super) fn head(cluster: &ClusterName, epoch: u64) -> EntryName {
    EntryName::of(&[LEASE, cluster.raw(), &epoch.to_string()])
}

/// One piece of the plan of an epoch, from 1.
pub(super) fn chunk(cluster: &ClusterName, epoch: u64, nth: usize) -> EntryName {
    EntryName::of(&[PLAN, cluster.raw(), &epoch.to_string(), &nth.to_string()])
}

/// The cluster and the epoch of a head; `None` for everything else.
pub(super) fn epoch_of(name: &EntryName) -> Option<(ClusterName, u64)> {
    let parts = name.parts()?;
    let [kind, cluster, epoch] = parts.as_slice() else { return None };
    let number: u64 = epoch.parse().ok().filter(|number| *number > 0)?;
    // `07` is no name of ours, and must not stand for epoch 7.
    (kind == LEASE && number.to_string() == *epoch).then(|| (ClusterName::new(cluster), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_known_by_its_name_and_nothing_else_is() {
        for cluster in ["orders", "a/b", "naïve web", "7"] {
            let cluster = ClusterName::new(cluster);
            assert_eq!(epoch_of(&head(&cluster, 7)), Some((cluster.clone(), 7)));
            assert_eq!(epoch_of(&chunk(&cluster, 7, 1)), None);
            assert_eq!(epoch_of(&lease(&cluster)), None);
        }
        for odd in ["/flightdeck/lease/orders/07", "/flightdeck/lease/orders/0", "/flightdeck/lease/orders/x"]
        {
            assert_eq!(EntryName::parse(odd).and_then(|name| epoch_of(&name)), None, "{odd}");
        }
    }
}
