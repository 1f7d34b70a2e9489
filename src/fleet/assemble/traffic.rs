//! Traffic: which listener or rule sends how much to which target group, and how its targets are.
//!
//! The default rule stands in two answers, as a listener's default action and as a rule of its own. It counts once,
//! as the listener's: only ModifyListener changes it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::fleet::{
    Action, Actions, Facts, GroupName, ListenerFact, LoadBalancerArn, LoadBalancerKind, RuleFact, Seen,
    ServerGroup, SourceArn, TargetGroup, TargetGroupArn, TargetGroupFact, Text, TrafficSource, Weight,
};

use super::instances::Instances;

/// Traffic of a place.
pub(super) struct Traffic {
    /// Every listener and rule that forwards, in the order a person reads them.
    pub(super) sources: Vec<TrafficSource>,
    /// Every target group.
    pub(super) target_groups: Vec<(TargetGroupArn, TargetGroup)>,
    /// Positions in `sources` by target group.
    named_by: HashMap<TargetGroupArn, Vec<usize>>,
}

impl Traffic {
    pub(super) fn of(facts: &Facts, instances: &Instances<'_>) -> Self {
        let attached = attached(facts);
        let sources = sources(facts, &attached);
        let mut named_by: HashMap<TargetGroupArn, Vec<usize>> = HashMap::new();
        for (index, source) in sources.iter().enumerate() {
            for weight in &source.weights {
                named_by.entry(weight.target_group.clone()).or_default().push(index);
            }
        }
        let target_groups = target_groups(facts, instances, &sources, &named_by, &attached);
        Self { sources, target_groups, named_by }
    }

    /// Whether any listener or rule gives a target group weight.
    pub(super) fn is_live(&self, target_group: &TargetGroupArn) -> bool {
        gives_weight(&self.sources, self.naming(target_group), target_group)
    }

    /// The sources that name a target group of these groups.
    pub(super) fn sources_of(&self, groups: &[Arc<ServerGroup>]) -> Vec<TrafficSource> {
        let attached = groups.iter().flat_map(|group| &group.target_groups);
        let indexes: BTreeSet<usize> = attached.flat_map(|arn| self.naming(arn)).copied().collect();
        indexes.into_iter().map(|index| self.sources[index].clone()).collect()
    }

    fn naming(&self, target_group: &TargetGroupArn) -> &[usize] {
        self.named_by.get(target_group).map_or(&[], Vec::as_slice)
    }
}

fn gives_weight(sources: &[TrafficSource], indexes: &[usize], target_group: &TargetGroupArn) -> bool {
    let weights = indexes.iter().flat_map(|&index| &sources[index].weights);
    weights.filter(|weight| weight.target_group == *target_group).any(|weight| weight.weight > 0)
}

fn sources(facts: &Facts, attached: &HashMap<&TargetGroupArn, Vec<GroupName>>) -> Vec<TrafficSource> {
    let balancers: HashMap<&LoadBalancerArn, (&Text, &LoadBalancerKind)> = facts
        .load_balancers
        .iter()
        .flat_map(|seen| &seen.value)
        .map(|balancer| (&balancer.arn, (&balancer.name, &balancer.kind)))
        .collect();
    let mut sources = Vec::new();
    for (arn, listeners) in &facts.listeners {
        let (name, kind) = balancers
            .get(arn)
            .map_or_else(|| (arn.name(), arn.kind()), |&(name, kind)| (name.clone(), kind.clone()));
        for listener in &listeners.value {
            let place = Front { listener, name: &name, kind: &kind, attached };
            let own = SourceArn::Listener(listener.arn.clone());
            sources.extend(place.source(own, "default", &listener.actions, listeners.at));
            let Some(Seen { at, value: rules }) = facts.rules.get(&listener.arn) else { continue };
            for rule in rules.iter().filter(|rule| !rule.is_default) {
                let own = SourceArn::Rule(rule.arn.clone());
                sources.extend(place.source(own, &rule_label(rule), &rule.actions, *at));
            }
        }
    }
    sort(&mut sources, facts);
    sources
}

/// By load balancer and port, the default first, rules by priority.
fn sort(sources: &mut [TrafficSource], facts: &Facts) {
    let ports: HashMap<_, _> =
        facts.listeners.values().flat_map(|seen| &seen.value).map(|l| (&l.arn, l.port)).collect();
    let priorities: HashMap<&str, u32> = facts
        .rules
        .values()
        .flat_map(|seen| &seen.value)
        .filter_map(|rule| Some((rule.arn.raw(), rule.priority.raw().parse().ok()?)))
        .collect();
    sources.sort_by_cached_key(|source| {
        (
            source.load_balancer.name(),
            source.load_balancer.clone(),
            ports.get(&source.listener).copied().flatten(),
            source.listener.clone(),
            !source.default,
            priorities.get(source.arn.raw()).copied(),
            source.arn.clone(),
        )
    });
}

/// A listener with what its sources have in common.
struct Front<'a> {
    listener: &'a ListenerFact,
    name: &'a Text,
    kind: &'a LoadBalancerKind,
    attached: &'a HashMap<&'a TargetGroupArn, Vec<GroupName>>,
}

impl Front<'_> {
    /// `None` where nothing is forwarded to a target group (a redirect, a fixed response).
    fn source(
        &self,
        arn: SourceArn,
        what: &str,
        actions: &Actions,
        seen_at: Timestamp,
    ) -> Option<TrafficSource> {
        let weights: Vec<Weight> = actions
            .iter()
            .filter(|action| action.is_forward())
            .flat_map(Action::weights)
            .map(|(target_group, weight)| Weight {
                groups: self.attached.get(&target_group).cloned().unwrap_or_default(),
                target_group,
                weight,
            })
            .collect();
        if weights.is_empty() {
            return None;
        }
        let port = self.listener.port.map(|port| format!(" :{port}")).unwrap_or_default();
        Some(TrafficSource {
            default: matches!(arn, SourceArn::Listener(_)),
            arn,
            listener: self.listener.arn.clone(),
            load_balancer: self.listener.load_balancer.clone(),
            kind: self.kind.clone(),
            label: Text::from(format!("{}{port} {what}", self.name.raw())),
            actions: actions.clone(),
            weights,
            stickiness: actions
                .iter()
                .filter(|action| action.is_forward())
                .find_map(|action| action.forward_config.as_ref()?.target_group_stickiness_config)
                .filter(|stickiness| stickiness.enabled),
            seen_at,
        })
    }
}

fn rule_label(rule: &RuleFact) -> String {
    let conditions: Vec<&str> = rule.conditions.iter().map(Text::raw).collect();
    format!("rule {} {}", rule.priority.raw(), conditions.join(" ")).trim_end().to_owned()
}

/// Server groups by the target groups attached to them, by name.
fn attached(facts: &Facts) -> HashMap<&TargetGroupArn, Vec<GroupName>> {
    let mut attached: HashMap<&TargetGroupArn, Vec<GroupName>> = HashMap::new();
    for group in facts.groups.iter().flat_map(|seen| &seen.value) {
        for target_group in &group.target_groups {
            attached.entry(target_group).or_default().push(group.name.clone());
        }
    }
    for names in attached.values_mut() {
        names.sort();
        names.dedup();
    }
    attached
}

/// Every target group that any answer names; where the list itself could not be read, with less known of it.
fn target_groups(
    facts: &Facts,
    instances: &Instances<'_>,
    sources: &[TrafficSource],
    named_by: &HashMap<TargetGroupArn, Vec<usize>>,
    attached: &HashMap<&TargetGroupArn, Vec<GroupName>>,
) -> Vec<(TargetGroupArn, TargetGroup)> {
    let listed: HashMap<&TargetGroupArn, &TargetGroupFact> =
        facts.target_groups.iter().flat_map(|seen| &seen.value).map(|fact| (&fact.arn, fact)).collect();
    let arns: BTreeSet<&TargetGroupArn> = listed
        .keys()
        .copied()
        .chain(facts.attributes.keys())
        .chain(facts.target_health.keys())
        .chain(attached.keys().copied())
        .chain(named_by.keys())
        .collect();
    arns.into_iter()
        .map(|arn| {
            let fact = listed.get(arn);
            let mut named: Vec<SourceArn> =
                named_by.get(arn).into_iter().flatten().map(|&index| sources[index].arn.clone()).collect();
            named.dedup();
            let group = TargetGroup {
                arn: arn.clone(),
                place: facts.place.clone(),
                name: fact.map_or_else(|| arn.name(), |fact| fact.name.clone()),
                target_type: fact.and_then(|fact| fact.target_type.clone()),
                load_balancers: fact.map(|fact| fact.load_balancers.clone()).unwrap_or_default(),
                groups: attached.get(arn).cloned().unwrap_or_default(),
                live: named_by.get(arn).is_some_and(|indexes| gives_weight(sources, indexes, arn)),
                sources: named,
                attributes: facts.attributes.get(arn).map(|seen| seen.value.clone()),
                health: facts
                    .target_health
                    .get(arn)
                    .map(|seen| Seen { at: seen.at, value: instances.living(&seen.value) }),
                metrics: facts.metrics.get(arn).cloned(),
            };
            (arn.clone(), group)
        })
        .collect()
}
