//! How far a look at the fleet goes.

use super::ClusterId;

/// What to observe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Everything, completely and now: the first look, "observe now", headless verbs.
    Complete,
    /// Everything as far as the call budget allows, the named clusters first; the rest keeps its older facts and
    /// their age.
    Background {
        /// Clusters on the screen, in order.
        first: Vec<ClusterId>,
    },
    /// One cluster, fresh and complete; the rest of the fleet comes as it was last seen. Of what stands for a family of
    /// images ([`ClusterId::of_family`]) the images of its place.
    Cluster(ClusterId),
    /// Only what carries a cluster's traffic and the health of its targets, fresh and in one round of calls to the
    /// load balancer alone; everything else comes as it was last seen. For the way back, which must not wait.
    Traffic(ClusterId),
}
