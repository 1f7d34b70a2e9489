//! What is waited for between calls, each with its time and with what happens at its end.

use crate::fleet::{Fleet, GroupName, InstanceId, TargetGroupArn, Zone};
use crate::plan::change::Change;
use crate::plan::{Late, Policy, StartBuild, Wait, WaitFor};

/// Longest time in which targets that were just put into the action become healthy, in seconds.
const HEALTHY: u64 = 600;

/// Longest time in which the image of a build that has ended can be launched, in seconds: large snapshots take long.
const AVAILABLE: u64 = 1_800;

/// Longest time a person is waited for, in seconds.
const PERSON: u64 = 3_600;

/// Until new weights have settled: propagation, and the slow start of the targets that gain.
pub(super) fn settled(fleet: &Fleet, change: &Change<'_>) -> Wait {
    let slow_start = change
        .gaining()
        .iter()
        .filter_map(|arn| fleet.target_groups.get(arn)?.attributes.as_ref())
        .map(|attributes| u64::from(attributes.slow_start))
        .max()
        .unwrap_or(0);
    Wait {
        seconds: Policy::PROPAGATION.as_secs() + slow_start,
        until: "propagation time has passed and target states are steady".into(),
        what: WaitFor::Settled,
        late: Late::Hold,
        group: None,
        build: None,
    }
}

/// Until a step was watched long enough; `None` for no time at all.
pub(super) fn bake(seconds: u64) -> Option<Wait> {
    (seconds > 0).then(|| Wait {
        seconds,
        until: "every gate stayed good; a bad one leads back, no data twice holds".into(),
        what: WaitFor::Bake,
        late: Late::Hold,
        group: None,
        build: None,
    })
}

/// Until the old side was kept up long enough after the new one has settled; `None` for no time at all.
pub(super) fn warm(old: &GroupName, seconds: u64) -> Option<Wait> {
    let wait = bake(seconds)?;
    let until = format!("{old} was kept warm, and every gate stayed good; a bad one leads back");
    Some(Wait { until, group: Some(old.clone()), ..wait })
}

/// Until the targets of a side that was just put in with weight 0 are healthy.
pub(super) fn healthy(added: &[TargetGroupArn]) -> Wait {
    let names: Vec<String> = added.iter().map(|arn| arn.name().to_string()).collect();
    Wait {
        seconds: HEALTHY,
        until: format!("the targets of {} are healthy", names.join(" and ")),
        what: WaitFor::Healthy,
        late: Late::Hold,
        group: None,
        build: None,
    }
}

/// Until AWS's refresh of a group has ended.
pub(super) fn refreshed(group: &GroupName, seconds: u64) -> Wait {
    Wait {
        seconds,
        until: format!("AWS has refreshed {group}"),
        what: WaitFor::Refreshed,
        late: Late::Hold,
        group: Some(group.clone()),
        build: None,
    }
}

/// Until instances are gone, and their group whole and healthy again.
pub(super) fn replaced(ids: &str, count: usize, group: &GroupName, seconds: u64) -> Wait {
    let are = if count == 1 { "is" } else { "are" };
    Wait {
        seconds,
        until: format!("{ids} {are} gone, and {group} is whole and healthy again"),
        what: WaitFor::Replaced,
        late: Late::Hold,
        group: Some(group.clone()),
        build: None,
    }
}

/// Until a group has the size it was given, and is healthy.
pub(super) fn sized(group: &GroupName, seconds: u64) -> Wait {
    Wait {
        seconds,
        until: format!("{group} is as large as wanted, and healthy"),
        what: WaitFor::Sized,
        late: Late::Hold,
        group: Some(group.clone()),
        build: None,
    }
}

/// Until an instance takes no traffic any more, and its group is whole and healthy without it.
pub(super) fn aside(id: &InstanceId, group: &GroupName, seconds: u64) -> Wait {
    Wait {
        seconds,
        until: format!("{id} takes no traffic any more, and {group} is whole and healthy without it"),
        what: WaitFor::Aside,
        late: Late::Hold,
        group: Some(group.clone()),
        build: None,
    }
}

/// Until no instance of a group is left in a zone that was taken from it.
pub(super) fn emptied(zone: &Zone, group: &GroupName, seconds: u64) -> Wait {
    Wait {
        seconds,
        until: format!("{zone} is empty, and {group} is whole and healthy without it"),
        what: WaitFor::Emptied,
        late: Late::RollBack,
        group: Some(group.clone()),
        build: None,
    }
}

/// Until the image of a build is there, and can be launched.
pub(super) fn built(start: &StartBuild) -> Wait {
    Wait {
        seconds: start.limit.saturating_add(AVAILABLE),
        until: format!("{} {} is built, and can be launched", start.family, start.version),
        what: WaitFor::Built,
        late: Late::Hold,
        group: None,
        build: Some(start.build.clone()),
    }
}

/// Until a person says yes.
pub(super) fn person() -> Wait {
    Wait {
        seconds: PERSON,
        until: "a person says that it goes on".into(),
        what: WaitFor::Person,
        late: Late::Hold,
        group: None,
        build: None,
    }
}

/// A wait as a step's sentence.
pub(super) fn does(wait: &Wait) -> String {
    match (wait.what, &wait.group) {
        (WaitFor::Settled, _) => "wait until the new weights have settled".into(),
        (WaitFor::Bake, Some(old)) => format!("keep {old} warm for {}", duration(wait.seconds)),
        (WaitFor::Bake, None) => format!("bake for {}", duration(wait.seconds)),
        (WaitFor::Person, _) => format!("wait for a person, {} at most", duration(wait.seconds)),
        (
            WaitFor::Healthy
            | WaitFor::Refreshed
            | WaitFor::Replaced
            | WaitFor::Sized
            | WaitFor::Aside
            | WaitFor::Emptied
            | WaitFor::Built,
            _,
        ) => {
            format!("wait until {}, {} at most", wait.until, duration(wait.seconds))
        }
    }
}

/// Seconds as a person says them, exactly: `45 s`, `2 min`, `1 h 30 min`.
pub fn duration(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let parts = [(seconds / HOUR, "h"), (seconds % HOUR / MINUTE, "min"), (seconds % MINUTE, "s")];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    if said.is_empty() { "0 s".into() } else { said.join(" ") }
}
