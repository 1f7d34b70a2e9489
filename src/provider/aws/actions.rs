//! Action lists between the SDK's shape and the fleet's, in both directions and without loss.
//!
//! A write replaces the whole list, so an action that could not be carried exactly is refused before anything is
//! sent. AWS never gives an OIDC client secret back: a write says "keep the one you have", and a secret is neither
//! read nor written.

mod from_sdk;
mod to_sdk;

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types as sdk;

use crate::fleet::{Action, Actions, Setting};

/// Largest weight of a target group [elbv2: TargetGroupTuple].
const MAX_WEIGHT: i32 = 999;

/// The kinds that answer or route a request; a list has exactly one, at its end [elbv2: Action].
const ROUTING: &[&str] = &["forward", "redirect", "fixed-response"];
/// The kinds that come before it.
const BEFORE: &[&str] = &["authenticate-oidc", "authenticate-cognito", "jwt-validation"];

type Settings = BTreeMap<String, Setting>;

/// Reads an action list off an answer.
pub(super) fn read(actions: &[sdk::Action]) -> Actions {
    actions.iter().map(from_sdk::read_one).collect()
}

/// Why a list cannot be sent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Unfit {
    /// A kind of action we do not know.
    #[error("an action of the kind {0:?} cannot be carried over without loss")]
    Kind(String),
    /// A setting we do not know, or of another shape than we know.
    #[error("the setting {0} of an action cannot be carried over without loss")]
    Setting(String),
    /// A secret where none may be.
    #[error("a client secret stands in the actions, and secrets are not sent")]
    Secret,
    /// No, several, or a misplaced routing action.
    #[error("a list of actions ends with its one forward, redirect or fixed response")]
    Routing,
    /// A forward action to nothing.
    #[error("a forward action names no target group")]
    NoTargets,
    /// A weight outside 0–999.
    #[error("a weight of {0} is outside 0–999")]
    Weight(i32),
    /// Nothing would take traffic.
    #[error("all weights are 0")]
    AllZero,
}

/// Makes the action list of a request.
pub(super) fn write(actions: &[Action]) -> Result<Vec<sdk::Action>, Unfit> {
    check(actions)?;
    actions.iter().map(to_sdk::write_one).collect()
}

/// What AWS, or a lenient stand-in for it, must never be asked for.
fn check(actions: &[Action]) -> Result<(), Unfit> {
    for action in actions {
        if !ROUTING.contains(&action.kind.as_str()) && !BEFORE.contains(&action.kind.as_str()) {
            return Err(Unfit::Kind(crate::fleet::clean(&action.kind).into_owned()));
        }
        let tuples = action.forward_config.iter().flat_map(|config| &config.target_groups);
        if let Some(weight) = tuples.filter_map(|tuple| tuple.weight).find(|w| !(0..=MAX_WEIGHT).contains(w))
        {
            return Err(Unfit::Weight(weight));
        }
        if action.is_forward() {
            let weights = action.weights();
            if weights.is_empty() || weights.iter().any(|(arn, _)| arn.raw().is_empty()) {
                return Err(Unfit::NoTargets);
            }
            if weights.iter().all(|(_, weight)| *weight == 0) {
                return Err(Unfit::AllZero);
            }
        }
    }
    let mut in_order: Vec<&Action> = actions.iter().collect();
    in_order.sort_by_key(|action| action.order.unwrap_or(i32::MAX));
    let routes = |action: &&Action| ROUTING.contains(&action.kind.as_str());
    match in_order.split_last() {
        Some((last, before)) if routes(last) && !before.iter().any(routes) => Ok(()),
        _ => Err(Unfit::Routing),
    }
}

#[cfg(test)]
mod tests;
