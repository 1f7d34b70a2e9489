//! `scale GROUP N`: another wanted size, and other bounds where they are given too. What the group launches is what it
//! launches anyway; what it ends when it shrinks is the group's own choice, and the plan says so.

use super::{Draft, Given, Kind, Move, Writes, refresh, replace, waits};
use crate::fleet::{GroupName, PolicyKind, ServerGroup};
use crate::plan::{
    Call, Expected, GroupState, Reach, Refusal, Resource, Saved, SetDesiredCapacity, Sizes, State,
    TemplateNumber, UpdateGroup,
};

/// The process that scales on alarms [autoscaling: SuspendProcesses].
const ALARMS: &str = "AlarmNotification";
/// The process that scales at times.
const SCHEDULES: &str = "ScheduledActions";
/// Longest time until a group has another size, in seconds.
pub(super) const LONGEST: u64 = 1_800;

pub(super) fn draft<'a>(
    given: Given<'a>,
    name: &GroupName,
    desired: i32,
    (min, max): (Option<i32>, Option<i32>),
) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    let now = Sizes { min: group.min, desired: group.desired, max: group.max };
    let then = Sizes { min: min.unwrap_or(now.min), desired, max: max.unwrap_or(now.max) };
    if then.min < 0 || then.min > then.max {
        return Err(Refusal::new(
            format!("{name} cannot have from {} to {} {}", then.min, then.max, units(group)),
            "give a --min that is 0 or more and not above --max",
        ));
    }
    if !(then.min..=then.max).contains(&desired) {
        return Err(Refusal::new(
            format!("{desired} is not between {} and {}, the bounds of {name}", then.min, then.max),
            "choose a size between them, or give --min or --max too",
        ));
    }
    if then == now {
        return Err(Refusal::new(format!("{name} has that size already"), "nothing to scale"));
    }
    let mut notes = sets_itself(group);
    if group.weighted {
        notes.push(format!("{name} counts capacity units, which are not instances"));
    }
    if desired < now.desired {
        notes.push(format!("{name} itself chooses which instances end, by its termination policy"));
    }
    let healthy = replace::healthy(group);
    let least = usize::try_from(desired).unwrap_or(0);
    let steps = usize::try_from(desired.abs_diff(now.desired)).unwrap_or(usize::MAX);
    Ok(Draft {
        source: None,
        group: Some(group),
        kind: Kind::Replace,
        first: Vec::new(),
        moves: vec![resize(group, then, None)?],
        back: None,
        phrase: desired.to_string(),
        notes,
        reach: Some(Reach {
            instances: steps,
            percent: 0.0,
            lowest_healthy: healthy.map(|healthy| if group.weighted { healthy } else { healthy.min(least) }),
            seconds: replace::LAUNCH,
            before: None,
        }),
    })
}

/// What sets the size of a group again after it was set by hand, each in words; also what could not be read of that.
pub(super) fn sets_itself(group: &ServerGroup) -> Vec<String> {
    let name = &group.id.name;
    let unread =
        |what: &str| format!("{what} of {name} were not read: where it has some, they set its size again");
    let suspended = |process: &str| group.suspended.iter().any(|one| one.raw() == process);
    let later = |process: &str| {
        if suspended(process) { format!(", once {process} is resumed") } else { String::new() }
    };
    let mut notes = Vec::new();
    match &group.policies {
        None => notes.push(unread("scaling policies")),
        Some(policies) => notes.extend(policies.iter().filter(|policy| policy.acts).map(|policy| {
            let later = if policy.kind == PolicyKind::Predictive { String::new() } else { later(ALARMS) };
            format!(
                "policy {} of {name} {} and may set another size again{later}",
                policy.name,
                policy.says()
            )
        })),
    }
    match &group.schedules {
        None => notes.push(unread("scheduled actions")),
        Some(actions) => notes.extend(actions.iter().map(|action| {
            format!("scheduled action {} of {name} {}{}", action.name, action.says(), later(SCHEDULES))
        })),
    }
    notes
}

/// What the sizes of a group count.
fn units(group: &ServerGroup) -> &'static str {
    if group.weighted { "capacity units" } else { "instances" }
}

/// Gives a group another size, and what it launches from where that changes with it.
///
/// # Errors
/// More instances are protected from scale-in than would be left: they would stay.
pub(super) fn resize(
    group: &ServerGroup,
    then: Sizes,
    template: Option<TemplateNumber>,
) -> Result<Move, Refusal> {
    let name = &group.id.name;
    let members = group.instances.iter().filter_map(|instance| instance.membership.as_ref());
    let protected = members.filter(|member| member.protected).count();
    if !group.weighted
        && then.desired < group.desired
        && usize::try_from(then.desired).is_ok_and(|left| left < protected)
    {
        return Err(Refusal::new(
            format!(
                "{protected} instances of {name} are protected from scale-in, and {} are to be left",
                then.desired
            ),
            "take the protection off them, or leave them: scaling down ends no protected one",
        ));
    }
    let now = Sizes { min: group.min, desired: group.desired, max: group.max };
    let launches = template.as_ref().map(|number| format!(", from {} version {}", number.id, number.version));
    let launches = launches.unwrap_or_default();
    let saved = template.as_ref().map(|_| Saved::of(&group.source));
    let call = |to: Sizes, template: Option<TemplateNumber>| {
        if (now.min, now.max) == (then.min, then.max) && template.is_none() {
            return Call::SetDesiredCapacity(SetDesiredCapacity { group: name.clone(), desired: to.desired });
        }
        Call::UpdateAutoScalingGroup(UpdateGroup {
            group: name.clone(),
            min: Some(to.min),
            max: Some(to.max),
            desired: Some(to.desired),
            template,
            subnets: None,
        })
    };
    let before = match &saved {
        Some(Saved::Template(number)) => Some(number.clone()),
        _ => None,
    };
    let state = GroupState { sizes: Some(now), saved, ..GroupState::default() };
    Ok(Move {
        does: format!(
            "scale {name} {} → {}{} (between {} and {}){launches}",
            now.desired,
            then.desired,
            if group.weighted { " capacity units" } else { "" },
            then.min,
            then.max
        ),
        writes: Writes::Call {
            call: Box::new(call(then, template)),
            expects: Expected { resource: Resource::Group(name.clone()), state: State::Group(state) },
            undo: Some(Box::new(call(now, before))),
        },
        waits: vec![waits::sized(name, LONGEST)],
    })
}
