//! Weights are 0–999, at most five groups an action, and never all 0: what AWS does then is not documented.

use super::{Check, Guard, Subject};
use crate::fleet::Action;
use crate::plan::Answer;

pub(super) const GUARD: Guard =
    Guard { name: "valid-weights", overridable: false, check: Check::Traffic(check) };

/// The largest weight [elbv2: TargetGroupTuple].
const MAX_WEIGHT: u32 = 999;

/// Target groups one action may name [guide: ALB quotas].
const MAX_GROUPS: usize = 5;

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let forwards: Vec<&Action> = subject.change.after.iter().filter(|action| action.is_forward()).collect();
    if forwards.is_empty() {
        return (Answer::Block, "no forward action is left".into());
    }
    for forward in forwards {
        let weights = forward.weights();
        if weights.len() > MAX_GROUPS {
            return (
                Answer::Block,
                format!("{} target groups in one action, AWS takes {MAX_GROUPS}", weights.len()),
            );
        }
        if let Some((arn, weight)) = weights.iter().find(|(_, weight)| *weight > MAX_WEIGHT) {
            return (Answer::Block, format!("weight {weight} of {} is above {MAX_WEIGHT}", arn.name()));
        }
        if weights.iter().all(|(_, weight)| *weight == 0) {
            return (Answer::Block, "all weights would be 0: nothing would take the traffic".into());
        }
    }
    (Answer::Pass, "0–999 and not all 0".into())
}
