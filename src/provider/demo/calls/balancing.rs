//! Action lists of listeners and rules.

use super::super::world::{Moment, Region, World};
use super::{Wrong, missing, wrong};
use crate::fleet::{Action, Actions, Setting, SourceArn, TargetGroupArn};

/// Target groups of one forward action, at most [guide: ALB quotas].
const MOST_TARGET_GROUPS: usize = 5;
/// Weight of a target group [elbv2: TargetGroupTuple].
const WEIGHTS: std::ops::RangeInclusive<i32> = 0..=999;
/// Stickiness of the group choice in seconds [elbv2: TargetGroupStickinessConfig].
const STICKY: std::ops::RangeInclusive<i32> = 1..=604_800;

/// Applies an action list and returns the actions as they now read back.
pub(super) fn write(
    world: &mut World,
    region: usize,
    (source, actions): (&SourceArn, &[Action]),
    at: Moment,
) -> Result<Actions, Wrong> {
    check(&world.regions[region], source, actions)?;
    let told = as_told(actions);
    world.regions[region].write(source, told.clone(), at, true);
    Ok(told)
}

fn check(region: &Region, source: &SourceArn, actions: &[Action]) -> Result<(), Wrong> {
    if let SourceArn::Rule(arn) = source
        && region.balancers.iter().flat_map(|b| &b.listeners).any(|l| l.default_rule == *arn)
    {
        return wrong("OperationNotPermitted: default rules are changed by ModifyListener");
    }
    if region.actions(source).is_none() {
        let code = if matches!(source, SourceArn::Rule(_)) { "RuleNotFound" } else { "ListenerNotFound" };
        return missing(format!("{code}: {source} is not there"));
    }
    let mut sorted: Vec<&Action> = actions.iter().collect();
    sorted.sort_by_key(|action| action.order.unwrap_or(i32::MAX));
    let routes = |action: &Action| matches!(action.kind.as_str(), "forward" | "redirect" | "fixed-response");
    let Some((last, others)) = sorted.split_last() else {
        return wrong("ValidationError: an action list may not be empty");
    };
    if !routes(last) || others.iter().any(|action| routes(action)) {
        return wrong("InvalidLoadBalancerAction: exactly one routing action, and it comes last");
    }
    if others.iter().any(|action| action.order.is_none()) {
        return wrong("ValidationError: several actions need an order each");
    }
    for action in others {
        check_login(action)?;
    }
    if last.is_forward() { check_forward(region, source, last) } else { Ok(()) }
}

fn check_login(action: &Action) -> Result<(), Wrong> {
    let Some(Setting::Map(oidc)) = action.settings.get("AuthenticateOidcConfig") else { return Ok(()) };
    let keeps = oidc.get("UseExistingClientSecret") == Some(&Setting::Flag(true));
    if keeps || oidc.contains_key("ClientSecret") {
        return Ok(());
    }
    wrong("InvalidConfigurationRequest: a client secret must be given, or UseExistingClientSecret")
}

fn check_forward(region: &Region, source: &SourceArn, action: &Action) -> Result<(), Wrong> {
    let weights = action.weights();
    if weights.is_empty() {
        return wrong("ValidationError: a forward action names at least one target group");
    }
    if weights.len() > MOST_TARGET_GROUPS {
        return wrong(format!("ValidationError: at most {MOST_TARGET_GROUPS} target groups"));
    }
    let config = action.forward_config.as_ref();
    let tuples = config.map(|config| config.target_groups.as_slice()).unwrap_or_default();
    if let Some(tuple) = tuples.iter().find(|tuple| tuple.weight.is_some_and(|w| !WEIGHTS.contains(&w))) {
        let weight = tuple.weight.unwrap_or_default();
        return wrong(format!("ValidationError: weight {weight} is not between 0 and 999"));
    }
    if tuples.len() > 1 && tuples.iter().any(|tuple| tuple.weight.is_none()) {
        return wrong("ValidationError: several target groups need a weight each");
    }
    if weights.iter().all(|(_, weight)| *weight == 0) {
        return wrong("ValidationError: all weights are 0");
    }
    let alone = |arn: &TargetGroupArn| {
        matches!(tuples, []) || matches!(tuples, [only] if only.target_group_arn == *arn)
    };
    if action.target_group_arn.as_ref().is_some_and(|arn| !alone(arn)) {
        return wrong("InvalidLoadBalancerAction: TargetGroupArn beside several target groups");
    }
    if let Some(sticky) = config.and_then(|config| config.target_group_stickiness_config)
        && sticky.enabled
        && !sticky.duration_seconds.is_some_and(|seconds| STICKY.contains(&seconds))
    {
        return wrong("ValidationError: stickiness needs a duration of 1 to 604800 seconds");
    }
    let balancer = region
        .balancers
        .iter()
        .find(|balancer| {
            balancer.listeners.iter().any(|listener| match source {
                SourceArn::Listener(arn) => listener.fact.arn == *arn,
                SourceArn::Rule(arn) => listener.rules.iter().any(|rule| rule.arn == *arn),
            })
        })
        .map(|balancer| &balancer.fact.arn);
    let mut seen = std::collections::BTreeSet::new();
    for (arn, _) in &weights {
        let Some(group) = region.target_groups.get(arn) else {
            return missing(format!("TargetGroupNotFound: {arn} is not there"));
        };
        let of = &group.fact.load_balancers;
        if !of.is_empty() && !of.iter().any(|of| Some(of) == balancer) {
            return wrong(format!("TargetGroupAssociationLimit: {arn} belongs to another load balancer"));
        }
        if !seen.insert(arn) {
            return wrong(format!("ValidationError: {arn} is named twice"));
        }
    }
    Ok(())
}

/// The list as AWS gives it back: without secrets, and a lone target group named in both ways.
fn as_told(actions: &[Action]) -> Actions {
    let mut told: Actions = actions.to_vec();
    for action in &mut told {
        if let Some(Setting::Map(oidc)) = action.settings.get_mut("AuthenticateOidcConfig") {
            oidc.remove("ClientSecret");
            oidc.remove("UseExistingClientSecret");
        }
        if !action.is_forward() {
            continue;
        }
        let weights = action.weights();
        let config = action.forward_config.get_or_insert_default();
        config.target_groups = weights
            .iter()
            .map(|(arn, weight)| crate::fleet::TargetGroupTuple {
                target_group_arn: arn.clone(),
                weight: i32::try_from(*weight).ok(),
            })
            .collect();
        config.target_group_stickiness_config.get_or_insert_default();
        action.target_group_arn = match weights.as_slice() {
            [(only, _)] => Some(only.clone()),
            _ => None,
        };
    }
    told
}
