//! What a group carries while its instances are replaced: a live group never falls below half of its healthy instances,
//! nor below the cluster's minimum. A group of one is said.

use super::{Check, Guard, OnGroup};
use crate::plan::verbs::{Kind, healthy};
use crate::plan::{Answer, Intent};

pub(super) const GUARD: Guard = Guard { name: "capacity", overridable: true, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    if subject.kind == Kind::Back {
        return (Answer::Pass, "capacity does not hold the way back".into());
    }
    if subject.is_old_side() {
        return old_side(subject);
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

/// The side that a deployment leaves ends when it takes no traffic any more, and the new one carries as much.
fn old_side(subject: &OnGroup<'_>) -> (Answer, String) {
    let (group, Intent::Deploy { group: to, .. }) = (subject.group, subject.intent) else {
        return (Answer::Block, "which side is the new one is not known".into());
    };
    let name = &group.id.name;
    if subject.operation.is_none() {
        return (Answer::Pass, format!("{name} ends only when it takes no traffic, and {to} has settled"));
    }
    if group.live {
        return (Answer::Block, format!("{name} takes traffic: it is not ended"));
    }
    let new = subject.cluster.group(to).and_then(|new| healthy(new));
    let needed = subject.policy.min_healthy(&subject.cluster.id).max(group.instances.len().div_ceil(2));
    match new {
        Some(new) if new >= needed => {
            (Answer::Pass, format!("{name} takes no traffic, and {to} has {new} healthy instances"))
        }
        Some(new) => (
            Answer::Block,
            format!("{to} has {new} healthy instances, and needs {needed} before {name} ends"),
        ),
        None => (Answer::Block, format!("how many instances of {to} are healthy could not be read")),
    }
}
