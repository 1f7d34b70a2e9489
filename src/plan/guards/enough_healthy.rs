//! No side is given traffic that has too few healthy targets: the cluster's minimum; for a way back also most of its
//! own targets, stricter the fewer there are. Unknown counts as unhealthy.

use super::{Check, Guard, Subject};
use crate::plan::Answer;
use crate::plan::sides::Side;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard =
    Guard { name: "enough-healthy-targets", overridable: true, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let gaining = subject.change.gaining();
    let mut fine = Vec::new();
    let mut unchecked = None;
    for arn in &gaining {
        let name = arn.name();
        let Some((side, group)) = subject.sides.get(arn).and_then(|side| Some((side, side.group?))) else {
            return (Answer::Block, format!("{name} was not seen, so the health of its targets is unknown"));
        };
        if subject.remade {
            fine.push(format!("{} is made ready first: checked before step {}", group.name, subject.step));
            continue;
        }
        if subject.is_not_checked_yet(arn) {
            // What blocks may come after it.
            unchecked.get_or_insert_with(|| {
                format!(
                    "the health of {} is not known before it is in the action: it is checked before step {}",
                    group.name, subject.step
                )
            });
            continue;
        }
        let Some(healthy) = side.healthy else {
            return (Answer::Block, format!("the health of the targets of {name} could not be read"));
        };
        let needed = needed(subject, side);
        if healthy < needed {
            return (
                Answer::Block,
                format!("{name} has {healthy} healthy targets and needs {needed}{}", others(side)),
            );
        }
        fine.push(format!("{healthy} of {} healthy in {name}", side.registered));
    }
    if let Some(why) = unchecked {
        return (Answer::Warn, why);
    }
    let kept = subject
        .change
        .serving_after()
        .find(|(arn, _)| !gaining.contains(arn) && subject.sides.healthy(arn).unwrap_or(0) == 0);
    if let Some((arn, _)) = kept {
        return (Answer::Warn, format!("{} keeps traffic and has no target known to be healthy", arn.name()));
    }
    (Answer::Pass, if fine.is_empty() { "no side gains traffic".into() } else { fine.join(", ") })
}

fn needed(subject: &Subject<'_>, side: &Side<'_>) -> usize {
    // A side without any healthy target is never given traffic, whatever the configuration says.
    let minimum = subject.policy.min_healthy(&subject.cluster.id).max(1);
    match subject.kind {
        Kind::Back => minimum.max(required_for_way_back(side.registered)),
        Kind::Shift | Kind::Switch | Kind::Replace => minimum,
    }
}

/// 100 % under 10 targets, 90 % under 20, 95 % above, rounded up.
pub(crate) fn required_for_way_back(targets: usize) -> usize {
    let percent = match targets {
        0..10 => 100,
        10..20 => 90,
        _ => 95,
    };
    (targets * percent).div_ceil(100)
}

fn others(side: &Side<'_>) -> String {
    let words = side.others();
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
