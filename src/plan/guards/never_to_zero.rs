//! Never to zero: what carries the traffic after a change has at least half of the healthy targets that carried it
//! before, in all, in each zone that had some, and on each side that gains by its share. A side with weight 0
//! protects nobody; unknown counts as unhealthy.
//!
//! What "before" is stands in `carried`. The way back is held by its own, stricter rule (`enough_healthy`).

use super::{Check, Guard, Subject};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Carried, CarriedBy};

pub(super) const GUARD: Guard =
    Guard { name: "never-to-zero", overridable: true, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    if subject.kind == Kind::Back {
        return (Answer::Pass, "the way back is held by the health of the old side".into());
    }
    let Some(before) = subject.before else {
        return (Answer::Pass, "nothing carried the traffic before".into());
    };
    let serving: Vec<_> = subject.change.serving_after().collect();
    if serving.iter().any(|(arn, _)| subject.is_not_checked_yet(arn)) {
        return (
            Answer::Pass,
            format!("is judged before step {}, when the new side is health-checked", subject.step),
        );
    }
    let Some(had) = before.healthy else {
        let side = &before.side;
        return (
            Answer::Block,
            format!(
                "unknown: the health of {side}, which carried the traffic, could not be read, so nobody can say \
                 what is enough"
            ),
        );
    };
    let found = in_all(subject, before, had, &serving)
        .or_else(|| by_share(subject, before, had, &serving))
        .or_else(|| by_zone(subject, before, &serving));
    if let Some(too_few) = found {
        return (Answer::Block, too_few);
    }
    let (healthy, needed) = (count(subject, &serving, |side| side.healthy.unwrap_or(0)), half(had));
    (
        Answer::Pass,
        format!("{healthy} healthy targets carry the traffic and {needed} are needed: {}", of(before, had)),
    )
}

type Serving = [(crate::fleet::TargetGroupArn, u32)];

/// Half of the healthy targets of before, rounded up.
fn half(before: usize) -> usize {
    before.div_ceil(2)
}

fn count(
    subject: &Subject<'_>,
    serving: &Serving,
    of: impl Fn(&crate::plan::sides::Side<'_>) -> usize,
) -> usize {
    serving.iter().filter_map(|(arn, _)| subject.sides.get(arn)).map(of).sum()
}

fn in_all(subject: &Subject<'_>, before: &Carried, had: usize, serving: &Serving) -> Option<String> {
    let after = count(subject, serving, |side| side.healthy.unwrap_or(0));
    let needed = half(had);
    (after < needed).then(|| {
        format!(
            "{after} healthy targets would carry the traffic and {needed} are needed: {}",
            of(before, had)
        )
    })
}

/// A side that gains carries its share of what half of before would have to carry.
fn by_share(subject: &Subject<'_>, before: &Carried, had: usize, serving: &Serving) -> Option<String> {
    let total: usize = serving.iter().filter_map(|(_, weight)| usize::try_from(*weight).ok()).sum();
    let gaining = subject.change.gaining();
    serving.iter().filter(|(arn, _)| gaining.contains(arn)).find_map(|(arn, weight)| {
        let weight = usize::try_from(*weight).ok()?;
        let healthy = subject.sides.healthy(arn).unwrap_or(0);
        let needed = (had * weight).div_ceil(total * 2);
        (healthy < needed).then(|| {
            format!(
                "{} has {healthy} healthy targets and needs {needed} for {} % of the traffic: {}",
                arn.name(),
                weight * 100 / total,
                of(before, had)
            )
        })
    })
}

fn by_zone(subject: &Subject<'_>, before: &Carried, serving: &Serving) -> Option<String> {
    before.zones.iter().find_map(|(zone, had)| {
        let after = count(subject, serving, |side| side.zones.get(zone).copied().unwrap_or(0));
        let needed = half(*had);
        (after < needed).then(|| {
            format!("{after} healthy targets would carry the traffic in {zone} and {needed} are needed: it had {had}")
        })
    })
}

/// What before was, and how that is known.
fn of(before: &Carried, healthy: usize) -> String {
    let side = &before.side;
    let known = match before.by {
        CarriedBy::Now => "which carries all of it",
        CarriedBy::Record => "which carried all of it by the records",
        CarriedBy::LargestWeight => "which has the largest weight now, as no record tells more",
    };
    format!("half of the {healthy} of {side}, {known}")
}
