//! What a group carries while its instances are replaced: a live group never falls below half of its healthy instances,
//! nor below the cluster's minimum. A group of one is said.

use super::{Check, Guard, OnGroup};
use crate::fleet::{Instance, InstanceState, Verdict};
use crate::plan::verbs::{Kind, healthy, replace};
use crate::plan::{Answer, Call, Intent};

pub(super) const GUARD: Guard = Guard { name: "capacity", overridable: true, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    if subject.kind == Kind::Back {
        return (Answer::Pass, "capacity does not hold the way back".into());
    }
    if subject.is_old_side() {
        return old_side(subject);
    }
    let group = subject.group;
    let name = &group.id.name;
    let count = group.instances.iter().filter(|instance| !instance.stands_by()).count();
    let takes_none = matches!(
        subject.call,
        Some(Call::CreateTags(_) | Call::ExitStandby(_) | Call::TerminateInstances(_))
    );
    if takes_none {
        return (Answer::Pass, format!("nothing is taken from what {name} serves with"));
    }
    if !group.live && !subject.cluster.traffic.is_empty() {
        return (Answer::Pass, format!("{name} takes no traffic"));
    }
    let Some(lowest) = subject.lowest_healthy else {
        return (Answer::Block, format!("how many instances of {name} are healthy could not be read"));
    };
    let needed = replace::enough(subject.policy, subject.cluster, count);
    let lowest = ended_now(subject).map_or(lowest, |left| left.min(lowest));
    if count > 0 && lowest < needed {
        return (
            Answer::Block,
            format!("{lowest} of {count} healthy instances of {name} would be left and {needed} are needed"),
        );
    }
    let is_replaced = matches!(subject.intent, Intent::Replace { .. });
    if group.desired <= 1 && !(is_replaced && lowest >= count) {
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
    let needed = replace::enough(subject.policy, subject.cluster, group.instances.len());
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

/// Healthy instances that are left when this call ends one, by the look that was just taken.
fn ended_now(subject: &OnGroup<'_>) -> Option<usize> {
    subject.operation?;
    let Some(Call::TerminateInstanceInAutoScalingGroup(end)) = subject.call else { return None };
    let sound = |one: &&Instance| {
        one.state == Some(InstanceState::Running) && one.health.verdict() == Verdict::Healthy
    };
    let left = subject.group.instances.iter().filter(sound).filter(|one| one.id != end.instance);
    Some(left.count())
}
