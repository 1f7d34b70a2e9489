//! How a refresh goes: strict where nothing else is said, within what AWS takes; how long it takes, and how few healthy
//! instances are left on the way.

use crate::fleet::{Instance, ServerGroup};
use crate::plan::verbs::replace::healthy;
use crate::plan::verbs::{Given, duration};
use crate::plan::{Alarms, Knobs, Preferences, Protected, Refusal, Standby};

/// Fewest healthy instances where nothing else is said, in percent: never fewer than wanted.
const MIN_HEALTHY: i32 = 100;

/// Most healthy instances where nothing else is said, in percent.
const MAX_HEALTHY: i32 = 110;

/// The same for a group of one, which is replaced by a second one.
const MAX_HEALTHY_OF_ONE: i32 = 200;

/// Time in which a new instance is taken to start, in seconds, for the estimate.
const START: u64 = 120;

/// Warm-up where nothing is said, in seconds, for the estimate: the group's own is not read.
const WARMUP: u64 = 300;

/// Most alarms that AWS takes [autoscaling: RefreshPreferences].
const MOST_ALARMS: usize = 10;

/// Longest time at a checkpoint and of a bake, in seconds [autoscaling: RefreshPreferences].
const TWO_DAYS: i32 = 172_800;

/// Seconds at a checkpoint where nothing is said [autoscaling: RefreshPreferences].
const CHECKPOINT_DELAY: i32 = 3_600;

/// # Errors
/// A bound that AWS does not take [autoscaling: RefreshPreferences].
pub(super) fn fitting(knobs: &Knobs) -> Result<(), Refusal> {
    let within = |name: &str, value: Option<i32>, least: i32, most: i32| match value {
        Some(value) if !(least..=most).contains(&value) => {
            Err(Refusal::new(format!("{name} is {value}"), format!("it is a number from {least} to {most}")))
        }
        _ => Ok(()),
    };
    within("the lowest share of healthy instances", knobs.min_healthy, 0, 100)?;
    within("the highest share of healthy instances", knobs.max_healthy, 100, 200)?;
    within("the warm-up", knobs.warmup, 0, i32::MAX)?;
    within("the time at a checkpoint", knobs.checkpoint_delay, 0, TWO_DAYS)?;
    within("the bake time", knobs.bake, 0, TWO_DAYS)?;
    let ascending = knobs.checkpoints.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascending || knobs.checkpoints.iter().any(|share| !(1..=100).contains(share)) {
        return Err(Refusal::new(
            "checkpoints are shares from 1 to 100, each larger than the one before",
            "for example 25, 50, 100",
        ));
    }
    if let (Some(min), Some(max)) = (knobs.min_healthy, knobs.max_healthy)
        && max - min > 100
    {
        return Err(Refusal::new(
            format!("between {min} and {max} % lie more than 100"),
            "AWS takes bounds that are at most 100 apart",
        ));
    }
    Ok(())
}

/// What is sent of it.
///
/// # Errors
/// More alarms than AWS watches, or a way back by itself where there is none.
pub(super) fn preferences(
    given: Given<'_>,
    group: &ServerGroup,
    knobs: &Knobs,
    leads_back: bool,
) -> Result<Preferences, Refusal> {
    let alarms = given.policy.alarms(&given.cluster.id);
    if alarms.len() > MOST_ALARMS {
        return Err(Refusal::new(
            format!("the configuration names {} alarms of this cluster", alarms.len()),
            format!("AWS watches at most {MOST_ALARMS} during a refresh: join some in a composite alarm"),
        ));
    }
    if knobs.auto_rollback == Some(true) && !leads_back {
        return Err(Refusal::new(
            "AWS refuses a refresh that is to go back by itself and has nothing to go back to",
            "let the group be pinned first, or leave out going back by itself",
        ));
    }
    let min = knobs.min_healthy.unwrap_or(MIN_HEALTHY);
    let usual = if group.desired <= 1 { MAX_HEALTHY_OF_ONE } else { MAX_HEALTHY };
    let mut checkpoints = knobs.checkpoints.clone();
    if checkpoints.last().is_some_and(|last| *last < 100) {
        checkpoints.push(100);
    }
    Ok(Preferences {
        min_healthy_percentage: min,
        max_healthy_percentage: knobs.max_healthy.unwrap_or(usual.min(min + 100)),
        instance_warmup: knobs.warmup,
        checkpoint_delay: (!checkpoints.is_empty())
            .then(|| knobs.checkpoint_delay.unwrap_or(CHECKPOINT_DELAY)),
        checkpoint_percentages: checkpoints,
        bake_time: knobs.bake,
        skip_matching: knobs.skip_matching.unwrap_or(true),
        auto_rollback: knobs.auto_rollback.unwrap_or(leads_back),
        scale_in_protected_instances: knobs.protected.unwrap_or(Protected::Ignore),
        standby_instances: knobs.standby.unwrap_or(Standby::Ignore),
        alarm_specification: (!alarms.is_empty()).then(|| Alarms { alarms: alarms.to_vec() }),
    })
}

/// Seconds it takes if all goes well: batches of as many as may be missing or too many, each started and warm.
pub(super) fn estimate(group: &ServerGroup, preferences: &Preferences) -> u64 {
    let positive = |number: i32| u64::try_from(number).unwrap_or(0);
    let count = u64::try_from(group.instances.len()).unwrap_or(u64::MAX);
    let spread = positive(preferences.max_healthy_percentage - preferences.min_healthy_percentage);
    let batch = (count.saturating_mul(spread) / 100).max(1);
    let warmup = preferences.instance_warmup.map_or(WARMUP, positive);
    let stops = preferences.checkpoint_percentages.iter().filter(|share| **share < 100).count() as u64;
    let delay = preferences.checkpoint_delay.map_or(0, positive);
    count.div_ceil(batch) * (START + warmup) + stops * delay + preferences.bake_time.map_or(0, positive)
}

/// Instances that it replaces or ends, as far as the preferences say: what they leave alone is out of its reach.
pub(super) fn reached(group: &ServerGroup, preferences: &Preferences) -> usize {
    let left = |instance: &Instance| {
        let protected = instance.membership.as_ref().is_some_and(|member| member.protected);
        (preferences.standby_instances == Standby::Ignore && instance.stands_by())
            || (preferences.scale_in_protected_instances == Protected::Ignore && protected)
    };
    group.instances.iter().filter(|instance| !left(instance)).count()
}

/// Fewest healthy instances on the way, without those in standby, which serve nobody; `None` where the health of one is
/// not known.
pub(super) fn lowest(group: &ServerGroup, preferences: &Preferences) -> Option<usize> {
    let min = usize::try_from(preferences.min_healthy_percentage).unwrap_or(0);
    Some((healthy(group)? * min).div_ceil(100))
}

/// All of it that the operator should know, in one sentence.
pub(super) fn in_words(preferences: &Preferences) -> String {
    let time = |seconds: i32| duration(u64::try_from(seconds).unwrap_or(0));
    let mut words = vec![if preferences.skip_matching {
        "instances that match already stay".to_owned()
    } else {
        "instances that match already are replaced too".to_owned()
    }];
    words.push(match preferences.instance_warmup {
        Some(seconds) => format!("a new one counts after {}", time(seconds)),
        None => "a new one counts after the group's own warm-up".into(),
    });
    let stops: Vec<String> = preferences
        .checkpoint_percentages
        .iter()
        .filter(|share| **share < 100)
        .map(ToString::to_string)
        .collect();
    if let Some(delay) = preferences.checkpoint_delay.filter(|_| !stops.is_empty()) {
        words.push(format!("it stops for {} at {} %", time(delay), stops.join(", ")));
    }
    words.extend(preferences.bake_time.map(|bake| format!("it is watched for {} at its end", time(bake))));
    words.push(match &preferences.alarm_specification {
        Some(alarms) => {
            let names: Vec<String> = alarms.alarms.iter().map(ToString::to_string).collect();
            format!("it fails by the alarms {}", names.join(", "))
        }
        None => "no alarm fails it: the configuration names none".into(),
    });
    words.join("; ")
}

/// Instances that the refresh leaves alone, or does not.
pub(super) fn set_aside(group: &ServerGroup, preferences: &Preferences) -> Vec<String> {
    let members = || group.instances.iter().filter_map(|instance| instance.membership.as_ref());
    let protected = members().filter(|member| member.protected).count();
    let standby = members().filter(|member| member.lifecycle.raw() == "Standby").count();
    let mut notes = Vec::new();
    if protected > 0 {
        notes.push(match preferences.scale_in_protected_instances {
            Protected::Ignore => format!("{protected} protected from scale-in stay as they are"),
            Protected::Refresh => format!("{protected} protected from scale-in are replaced too"),
            Protected::Wait => {
                format!("AWS waits an hour for {protected} protected from scale-in, then fails")
            }
        });
    }
    if standby > 0 {
        notes.push(match preferences.standby_instances {
            Standby::Ignore => format!("{standby} in standby stay as they are"),
            Standby::Terminate => format!("{standby} in standby are ended"),
            Standby::Wait => format!("AWS waits an hour for {standby} in standby, then fails"),
        });
    }
    notes
}
