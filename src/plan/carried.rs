//! What carried the traffic when one side was last fully live: the "before" of never to zero.
//!
//! In this order: the side that has all of it now; what a recorded plan measured, or the side a record tells of; the
//! side with the largest weight now. Which of them it is stands in the plan and in the guard's sentence.

use super::change::one_side;
use super::sides::Sides;
use super::{Carried, CarriedBy, History};
use crate::fleet::{Cluster, TargetGroupArn, TrafficSource};

/// Measures what carried the traffic of a listener or rule; `None` where nothing has any.
pub(super) fn measure(
    cluster: &Cluster,
    source: &TrafficSource,
    sides: &Sides<'_>,
    history: &History,
) -> Option<Carried> {
    let of = |arn: &TargetGroupArn, by| {
        let side = sides.get(arn);
        Carried {
            side: arn.name(),
            healthy: side.and_then(|side| side.healthy),
            zones: side.map(|side| side.zones.clone()).unwrap_or_default(),
            by,
        }
    };
    if let Some(only) = one_side(&source.actions) {
        return Some(of(&only, CarriedBy::Now));
    }
    for changed in history.changes(&cluster.id).filter(|changed| *changed.source == source.arn) {
        if let Some(only) = changed.after.and_then(|after| one_side(after)) {
            return Some(of(&only, CarriedBy::Record));
        }
        let measured = changed.plan.and_then(|plan| plan.reach.before.as_ref());
        if let Some(before) =
            measured.filter(|before| before.by != CarriedBy::LargestWeight && before.healthy.is_some())
        {
            return Some(Carried { by: CarriedBy::Record, ..before.clone() });
        }
        if let Some(only) = one_side(changed.before) {
            return Some(of(&only, CarriedBy::Record));
        }
    }
    let largest = source.weights.iter().max_by_key(|weight| weight.weight)?;
    (largest.weight > 0).then(|| of(&largest.target_group, CarriedBy::LargestWeight))
}
