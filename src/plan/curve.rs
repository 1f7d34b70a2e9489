//! The capacity of a group on the way: its healthy instances before, and after each call and wait of a plan, as far as
//! they can be told before.

use super::{Call, Step, WaitFor, verbs};
use crate::fleet::{InstanceId, ServerGroup, Verdict};

/// The points, from now on; none where the health of an instance is not known, or the group counts in other units.
/// `lowest`: fewest on the way where AWS chooses what is replaced when.
pub(super) fn of(group: &ServerGroup, steps: &[Step], lowest: Option<usize>) -> Vec<usize> {
    let Some(mut now) = verbs::healthy(group).filter(|_| !group.weighted) else { return Vec::new() };
    let is_sound = |id: &InstanceId| {
        let found = group.instances.iter().find(|instance| instance.id == *id);
        usize::from(found.is_some_and(|instance| instance.health.verdict() == Verdict::Healthy))
    };
    // What is healthy when the group is whole again, and its size.
    let (mut whole, mut size) = (now, group.desired);
    let mut points = vec![now];
    for step in steps {
        let resized = match &step.call {
            Some(Call::SetDesiredCapacity(set)) => Some(set.desired),
            Some(Call::UpdateAutoScalingGroup(update)) => update.desired,
            _ => None,
        };
        let left = match &step.call {
            Some(Call::TerminateInstanceInAutoScalingGroup(end)) => Some((&end.instance, end.decrement)),
            _ => None,
        };
        if let Some(to) = resized {
            let by = usize::try_from(to.abs_diff(size)).unwrap_or(usize::MAX);
            whole = if to > size { whole.saturating_add(by) } else { whole.saturating_sub(by) };
            size = to;
        } else if let Some((id, decrement)) = left {
            let sound = is_sound(id);
            now = now.saturating_sub(sound);
            whole = (whole + usize::from(!decrement)).saturating_sub(sound);
            size -= i32::from(decrement);
            points.push(now);
        } else if matches!(step.call, Some(Call::StartInstanceRefresh(_))) {
            points.extend(lowest);
        } else if let Some(
            what @ (WaitFor::Replaced | WaitFor::Sized | WaitFor::Refreshed | WaitFor::Emptied),
        ) = step.wait.as_ref().map(|wait| wait.what)
        {
            points.extend(lowest.filter(|_| what == WaitFor::Emptied));
            now = whole;
            points.push(now);
        }
    }
    if points.len() > 1 { points } else { Vec::new() }
}
