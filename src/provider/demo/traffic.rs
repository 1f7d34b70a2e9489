//! Traffic: action lists are read back as soon as they are written, and take effect a little later.

use super::world::{Change, Moment, Region, SECOND};
use crate::fleet::{Action, Actions, SourceArn, TargetGroupArn};

/// From a write to the last node of the load balancer that follows it.
pub(super) const PROPAGATION: Moment = 8 * SECOND;

impl Region {
    /// Every listener's default action list and every numbered rule's.
    pub(super) fn sources(&self) -> impl Iterator<Item = (SourceArn, &Actions)> {
        self.balancers.iter().flat_map(|balancer| &balancer.listeners).flat_map(|listener| {
            let default = (SourceArn::Listener(listener.fact.arn.clone()), &listener.fact.actions);
            let rule = listener.rules.iter().map(|rule| (SourceArn::Rule(rule.arn.clone()), &rule.actions));
            std::iter::once(default).chain(rule)
        })
    }

    /// The actions of a listener or a numbered rule as they read back.
    pub(super) fn actions(&self, source: &SourceArn) -> Option<&Actions> {
        let mut listeners = self.balancers.iter().flat_map(|balancer| &balancer.listeners);
        match source {
            SourceArn::Listener(arn) => {
                listeners.find(|listener| listener.fact.arn == *arn).map(|listener| &listener.fact.actions)
            }
            SourceArn::Rule(arn) => listeners
                .flat_map(|listener| &listener.rules)
                .find(|rule| rule.arn == *arn)
                .map(|rule| &rule.actions),
        }
    }

    fn actions_mut(&mut self, source: &SourceArn) -> Option<&mut Actions> {
        let mut listeners = self.balancers.iter_mut().flat_map(|balancer| &mut balancer.listeners);
        match source {
            SourceArn::Listener(arn) => listeners
                .find(|listener| listener.fact.arn == *arn)
                .map(|listener| &mut listener.fact.actions),
            SourceArn::Rule(arn) => listeners
                .flat_map(|listener| &mut listener.rules)
                .find(|rule| rule.arn == *arn)
                .map(|rule| &mut rule.actions),
        }
    }

    /// Writes an action list; `false` where there is no such listener or rule.
    pub(super) fn write(&mut self, source: &SourceArn, actions: Actions, at: Moment, ours: bool) -> bool {
        let Some(present) = self.actions_mut(source) else { return false };
        let before = std::mem::replace(present, actions);
        let ours = ours || self.changes.get(source).is_some_and(|change| change.ours);
        self.changes.insert(source.clone(), Change { at, before, ours });
        self.note_use(at);
        self.note_load_balancer(source);
        true
    }

    /// Deletes a target group, out of every action that has another one too; `false` where it is not there, or alone in
    /// an action, which is where AWS says that it is in use.
    pub(super) fn delete_target_group(&mut self, arn: &TargetGroupArn, at: Moment) -> bool {
        let names =
            |actions: &Actions| actions.iter().flat_map(Action::weights).any(|(named, _)| named == *arn);
        let mut lists: Vec<(SourceArn, Actions)> =
            self.sources().filter(|(_, actions)| names(actions)).map(|(s, a)| (s, a.clone())).collect();
        for (_, actions) in &mut lists {
            for config in actions.iter_mut().filter_map(|action| action.forward_config.as_mut()) {
                config.target_groups.retain(|tuple| tuple.target_group_arn != *arn);
            }
        }
        let empty = |actions: &Actions| {
            actions.iter().any(|action| action.is_forward() && action.weights().is_empty())
        };
        if lists.iter().any(|(_, actions)| empty(actions) || names(actions)) {
            return false;
        }
        for (source, actions) in lists {
            self.write(&source, actions, at, false);
        }
        for group in &mut self.groups {
            group.fact.target_groups.retain(|attached| attached != arn);
        }
        self.target_groups.remove(arn).is_some()
    }

    /// A target group belongs to the first load balancer that sends to it.
    fn note_load_balancer(&mut self, source: &SourceArn) {
        let named = self.actions(source).cloned().unwrap_or_default();
        let owns = |balancer: &&super::world::Balancer| {
            balancer.listeners.iter().any(|listener| match source {
                SourceArn::Listener(arn) => listener.fact.arn == *arn,
                SourceArn::Rule(arn) => listener.rules.iter().any(|rule| rule.arn == *arn),
            })
        };
        let Some(own) = self.balancers.iter().find(owns).map(|balancer| balancer.fact.arn.clone()) else {
            return;
        };
        for (arn, _) in named.iter().flat_map(Action::weights) {
            let of = self.target_groups.get_mut(&arn).map(|group| &mut group.fact.load_balancers);
            if let Some(of) = of.filter(|of| of.is_empty()) {
                of.push(own.clone());
            }
        }
    }

    /// Notes which target groups an action names, from a moment on.
    pub(super) fn note_use(&mut self, at: Moment) {
        let named: std::collections::BTreeSet<TargetGroupArn> = self
            .sources()
            .flat_map(|(_, actions)| actions.iter().flat_map(Action::weights))
            .map(|(arn, _)| arn)
            .collect();
        for (arn, group) in &mut self.target_groups {
            group.in_use = named.contains(arn).then(|| group.in_use.unwrap_or(at));
        }
    }

    /// The share of requests that reaches any of these target groups, 0–1, by the source that sends them most: what
    /// has taken effect, not what was written.
    pub(super) fn share(&self, target_groups: &[TargetGroupArn], at: Moment) -> f64 {
        let effective = |(source, written)| {
            let change = self.changes.get(&source).filter(|change| at < change.at + PROPAGATION);
            let weights: Vec<_> =
                change.map_or(written, |change| &change.before).iter().flat_map(Action::weights).collect();
            let sum = |all: bool| -> u32 {
                weights.iter().filter(|(arn, _)| all || target_groups.contains(arn)).map(|(_, w)| w).sum()
            };
            if sum(true) == 0 { 0.0 } else { f64::from(sum(false)) / f64::from(sum(true)) }
        };
        self.sources().map(effective).fold(0.0, f64::max)
    }
}
