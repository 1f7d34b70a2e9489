//! No side is given traffic that has too few healthy targets, and all sides with traffic together keep at least half
//! of the healthy targets that carried it before. Unknown counts as unhealthy.
//!
//! "Before" is the side with the largest weight now, and the sentence says so; what the journal tells of the last
//! fully live side, and zones, come with the guards that hold during a run.

use super::{Guard, Subject};
use crate::fleet::{TargetGroup, TargetGroupArn, TargetState};
use crate::plan::{Answer, Intent};

pub(super) const GUARD: Guard = Guard { name: "enough-healthy-targets", overridable: true, check };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let gaining = subject.draft.gaining();
    let mut fine = Vec::new();
    for arn in &gaining {
        let name = arn.name();
        let Some(group) = subject.fleet.target_groups.get(arn) else {
            return (Answer::Block, format!("{name} was not seen, so the health of its targets is unknown"));
        };
        let Some(healthy) = group.healthy() else {
            return (Answer::Block, format!("the health of the targets of {name} could not be read"));
        };
        let needed = needed(subject, group);
        if healthy < needed {
            let gap = waiting(group);
            return (Answer::Block, format!("{name} has {healthy} healthy targets and needs {needed}{gap}"));
        }
        fine.push(format!("{healthy} of {} healthy in {name}", registered(group)));
    }
    if let Some(too_few) = fewer_than_half(subject) {
        return (Answer::Block, too_few);
    }
    let empty_but_kept = subject.draft.weights_after().into_iter().find(|(arn, weight)| {
        *weight > 0
            && !gaining.contains(arn)
            && subject.fleet.target_groups.get(arn).and_then(TargetGroup::healthy).unwrap_or(0) == 0
    });
    if let Some((arn, _)) = empty_but_kept {
        return (Answer::Warn, format!("{} keeps traffic and has no target known to be healthy", arn.name()));
    }
    (Answer::Pass, if fine.is_empty() { "no side gains traffic".into() } else { fine.join(", ") })
}

/// Whether less than half of before would carry the traffic, in one sentence. The way back has its own, stricter rule.
fn fewer_than_half(subject: &Subject<'_>) -> Option<String> {
    if matches!(subject.intent, Intent::Rollback { .. }) {
        return None;
    }
    let healthy = |arn: &TargetGroupArn| {
        subject.fleet.target_groups.get(arn).and_then(TargetGroup::healthy).unwrap_or(0)
    };
    let largest = subject.draft.source.weights.iter().max_by_key(|weight| weight.weight)?;
    let before = healthy(&largest.target_group);
    let serving = subject.draft.weights_after().into_iter().filter(|(_, weight)| *weight > 0);
    let after: usize = serving.map(|(arn, _)| healthy(&arn)).sum();
    (after * 2 < before).then(|| {
        format!(
            "{after} healthy targets would carry the traffic; half of the {before} of {}, which has the largest \
             weight now, is needed",
            largest.target_group.name()
        )
    })
}

/// Healthy targets a side needs: the cluster's minimum; for a way back also a share of its targets, stricter the
/// fewer there are.
fn needed(subject: &Subject<'_>, group: &TargetGroup) -> usize {
    // A side without any healthy target is never given traffic, whatever the configuration says.
    let minimum = subject.policy.min_healthy(&subject.cluster.id).max(1);
    match subject.intent {
        Intent::Rollback { .. } => minimum.max(required_for_way_back(registered(group))),
        _ => minimum,
    }
}

/// 100 % under 10 targets, 90 % under 20, 95 % above, rounded up.
fn required_for_way_back(targets: usize) -> usize {
    let percent = match targets {
        0..10 => 100,
        10..20 => 90,
        _ => 95,
    };
    (targets * percent).div_ceil(100)
}

/// Targets that are meant to stay: those being drained do not count.
fn registered(group: &TargetGroup) -> usize {
    group.health.iter().flat_map(|seen| &seen.value).filter(|target| !is_leaving(&target.state)).count()
}

fn is_leaving(state: &TargetState) -> bool {
    matches!(state, TargetState::Draining | TargetState::UnhealthyDraining)
}

fn waiting(group: &TargetGroup) -> String {
    let targets = group.health.iter().flat_map(|seen| &seen.value);
    let first =
        targets.filter(|target| target.state != TargetState::Healthy).map(|target| target.state.word());
    let mut words: Vec<String> = Vec::new();
    for word in first {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { String::new() } else { format!(" (others are {})", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::required_for_way_back;

    #[test]
    fn the_fewer_targets_the_more_of_them_must_be_healthy() {
        assert_eq!([1, 9, 10, 19, 20, 100].map(required_for_way_back), [1, 9, 9, 18, 19, 95]);
    }
}
