//! Every target group that is given traffic is known, stands behind this cluster, and is in use.

use super::{Check, Guard, Subject};
use crate::plan::Answer;

pub(super) const GUARD: Guard =
    Guard { name: "target-group-known", overridable: false, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let after = subject.change.weights_after();
    let mut shared = None;
    for (arn, weight) in &after {
        let name = arn.name();
        let Some(group) = subject.fleet.target_groups.get(arn) else {
            return (Answer::Block, format!("target group {name} does not exist, or was not seen"));
        };
        if *weight == 0 {
            continue;
        }
        let attached =
            subject.cluster.groups.iter().any(|server_group| server_group.target_groups.contains(arn));
        if !attached {
            return (
                Answer::Block,
                format!("no server group of {} is attached to {name}", subject.cluster.id.name),
            );
        }
        if let Some(elsewhere) = group.sources.iter().find(|source| **source != subject.change.source.arn) {
            // What blocks may come after it.
            shared.get_or_insert_with(|| {
                format!("{name} also gets traffic from {elsewhere}, which this plan leaves alone")
            });
        }
    }
    match shared {
        Some(why) => (Answer::Warn, why),
        None => (Answer::Pass, format!("{} target groups, all known", after.len())),
    }
}
