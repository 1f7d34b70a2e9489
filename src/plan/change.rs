//! One change of a listener's or rule's actions: what gains, and how much moves. What it means for health is `guards'`.

use crate::fleet::{Action, TargetGroupArn, TrafficSource};

/// What one call of a plan replaces by what.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    /// The listener or rule as it was read.
    pub source: &'a TrafficSource,
    /// Its actions before the call: what was read, or what the call before it wrote.
    pub before: &'a [Action],
    /// Its actions after the call.
    pub after: &'a [Action],
}

/// Every target group of an action list with its weight.
pub(super) fn weights(actions: &[Action]) -> Vec<(TargetGroupArn, u32)> {
    actions.iter().flat_map(Action::weights).collect()
}

/// The target group that has all the traffic; `None` where several share it, or none has any.
pub(super) fn one_side(actions: &[Action]) -> Option<TargetGroupArn> {
    let mut with_traffic = weights(actions).into_iter().filter(|(_, weight)| *weight > 0);
    match (with_traffic.next(), with_traffic.next()) {
        (Some((only, _)), None) => Some(only),
        _ => None,
    }
}

/// The weights of a list in words: `orders-blue 100 orders-green 0`.
pub(super) fn words(actions: &[Action]) -> String {
    let weights: Vec<String> =
        weights(actions).iter().map(|(arn, weight)| format!("{} {weight}", arn.name())).collect();
    if weights.is_empty() { "no target group".into() } else { weights.join(" ") }
}

impl Change<'_> {
    /// Weights after, by target group.
    pub fn weights_after(&self) -> Vec<(TargetGroupArn, u32)> {
        weights(self.after)
    }

    /// Target groups that have weight after.
    pub fn serving_after(&self) -> impl Iterator<Item = (TargetGroupArn, u32)> {
        self.weights_after().into_iter().filter(|(_, weight)| *weight > 0)
    }

    /// Target groups whose share grows.
    pub fn gaining(&self) -> Vec<TargetGroupArn> {
        let (before, after) = (Shares::of(self.before), Shares::of(self.after));
        let gains = |arn: &TargetGroupArn| {
            // Shares are compared crosswise, so that no rounding can hide a gain.
            let (was, is) = (before.weight(arn), after.weight(arn));
            is > 0 && (was == 0 || is * before.total > was * after.total)
        };
        after.weights.iter().map(|(arn, _)| arn).filter(|arn| gains(arn)).cloned().collect()
    }

    /// Share of requests that moves, in percent.
    pub fn moved_percent(&self) -> f64 {
        let (before, after) = (Shares::of(self.before), Shares::of(self.after));
        let moved: f64 =
            after.weights.iter().map(|(arn, _)| (after.percent(arn) - before.percent(arn)).max(0.0)).sum();
        (moved * 100.0).round() / 100.0
    }

    /// Whether a target group's share changes.
    pub fn touches(&self, arn: &TargetGroupArn) -> bool {
        let (before, after) = (Shares::of(self.before), Shares::of(self.after));
        before.weight(arn) * after.total != after.weight(arn) * before.total
    }
}

/// Weights with their sum.
struct Shares {
    weights: Vec<(TargetGroupArn, u32)>,
    total: u64,
}

impl Shares {
    fn of(actions: &[Action]) -> Self {
        let weights = weights(actions);
        let total = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
        Self { weights, total }
    }

    fn weight(&self, arn: &TargetGroupArn) -> u64 {
        self.weights.iter().filter(|(other, _)| other == arn).map(|(_, weight)| u64::from(*weight)).sum()
    }

    fn percent(&self, arn: &TargetGroupArn) -> f64 {
        let count = |number: u64| u32::try_from(number).map_or(f64::INFINITY, f64::from);
        if self.total == 0 { 0.0 } else { count(self.weight(arn)) * 100.0 / count(self.total) }
    }
}
