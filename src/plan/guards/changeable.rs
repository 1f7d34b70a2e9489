//! A group that is being deleted, or that belongs to an AWS service, is not changed; one that takes
//! traffic is not deleted.

use super::{Check, Guard, OnGroup};
use crate::plan::{Answer, Call};

pub(super) const GUARD: Guard =
    Guard { name: "group-changeable", overridable: false, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    if let Some(Call::DeleteTargetGroup(delete)) = subject.call {
        let live = subject.fleet.target_groups.get(&delete.target_group).is_some_and(|found| found.live);
        let name = delete.target_group.name();
        return if live {
            (Answer::Block, format!("target group {name} takes traffic: it is not deleted"))
        } else {
            (Answer::Pass, format!("target group {name} takes no traffic"))
        };
    }
    let group = subject.group;
    let name = &group.id.name;
    if let Some(status) = &group.status {
        return (Answer::Block, format!("{name} is going away: {status}"));
    }
    if let Some(owner) = &group.operator {
        return (Answer::Block, format!("{name} belongs to {owner}, which alone may change it"));
    }
    if matches!(subject.call, Some(Call::DeleteAutoScalingGroup(_))) && group.live {
        return (Answer::Block, format!("{name} takes traffic: it is not deleted"));
    }
    (Answer::Pass, format!("{name} is ours to change"))
}
