//! What a group carries while its instances are replaced: a live group never falls below half of its healthy instances,
//! nor below the cluster's minimum. A group of one is said.

use super::{Check, Guard, OnGroup};
use crate::plan::Answer;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard = Guard { name: "capacity", overridable: true, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    if subject.kind == Kind::Back {
        return (Answer::Pass, "capacity does not hold the way back".into());
    }
    let group = subject.group;
    let (name, count) = (&group.id.name, group.instances.len());
    if !group.live && !subject.cluster.traffic.is_empty() {
        return (Answer::Pass, format!("{name} takes no traffic"));
    }
    let Some(lowest) = subject.lowest_healthy else {
        return (Answer::Block, format!("how many instances of {name} are healthy could not be read"));
    };
    let needed = subject.policy.min_healthy(&subject.cluster.id).max(count.div_ceil(2));
    if count > 0 && lowest < needed {
        return (
            Answer::Block,
            format!("{lowest} of {count} healthy instances of {name} would be left and {needed} are needed"),
        );
    }
    if group.desired <= 1 {
        return (
            Answer::Warn,
            format!("{name} is a group of one: nothing else carries its traffic meanwhile"),
        );
    }
    (Answer::Pass, format!("{lowest} of {count} healthy on the way, and {needed} are needed"))
}
