//! What a listener or a rule does with a request, in AWS's own shape: a write replaces the whole list, so every
//! field of every action is carried, and serialised under AWS's own names.
//!
//! Which weights a plan writes is decided in `plan`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Exact, TargetGroupArn};

/// Actions of one listener or rule, in AWS's order.
pub type Actions = Vec<Action>;

/// One action [elbv2: Action].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Action {
    /// `forward`, `redirect`, `fixed-response`, `authenticate-oidc`, `authenticate-cognito`, `jwt-validation`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// 1–50,000; the routing action comes last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<i32>,
    /// The single target group of a simple forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_group_arn: Option<TargetGroupArn>,
    /// Target groups with weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_config: Option<ForwardConfig>,
    /// The settings of every other kind of action by AWS's field names (`RedirectConfig`, `FixedResponseConfig`,
    /// `AuthenticateOidcConfig` …): carried, never interpreted.
    #[serde(flatten)]
    pub settings: BTreeMap<String, Setting>,
}

/// A value inside an action that is carried and not interpreted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// A flag.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A text, byte for byte.
    Text(Exact),
    /// A list.
    List(Vec<Setting>),
    /// Named values.
    Map(BTreeMap<String, Setting>),
}

/// Where a forward action sends requests [elbv2: ForwardActionConfig].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ForwardConfig {
    /// Up to five target groups [guide: ALB quotas].
    #[serde(default)]
    pub target_groups: Vec<TargetGroupTuple>,
    /// Stickiness of the group choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_group_stickiness_config: Option<GroupStickiness>,
}

/// A target group and its weight [elbv2: TargetGroupTuple].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TargetGroupTuple {
    /// The target group.
    pub target_group_arn: TargetGroupArn,
    /// 0–999; AWS leaves it out for a single group, which then takes everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
}

/// Stickiness of the choice between target groups [elbv2: TargetGroupStickinessConfig].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GroupStickiness {
    /// Whether a client keeps the group it was first given.
    #[serde(default)]
    pub enabled: bool,
    /// 1–604,800 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<i32>,
}

impl Action {
    /// Whether this action forwards to target groups.
    pub fn is_forward(&self) -> bool {
        self.kind == "forward"
    }

    /// Every target group of a forward action with its weight, however AWS wrote it down.
    ///
    /// A single group without a weight takes everything and counts as weight 1.
    pub fn weights(&self) -> Vec<(TargetGroupArn, u32)> {
        match (&self.forward_config, &self.target_group_arn) {
            (Some(config), _) if !config.target_groups.is_empty() => config
                .target_groups
                .iter()
                .map(|t| (t.target_group_arn.clone(), t.weight.map_or(1, |w| w.try_into().unwrap_or(0))))
                .collect(),
            (_, Some(arn)) => vec![(arn.clone(), 1)],
            _ => Vec::new(),
        }
    }

    /// The same action written in one way, so that two can be compared: a forward action always by its
    /// `ForwardConfig` with explicit weights, without the `TargetGroupArn` that AWS adds beside a single group,
    /// with a switched-off stickiness told the same as none.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let mut action = self.clone();
        if self.is_forward() {
            let stickiness = self
                .forward_config
                .as_ref()
                .and_then(|config| config.target_group_stickiness_config)
                .filter(|stickiness| stickiness.enabled);
            action.target_group_arn = None;
            action.forward_config = Some(ForwardConfig {
                target_groups: self
                    .weights()
                    .into_iter()
                    .map(|(arn, weight)| TargetGroupTuple {
                        target_group_arn: arn,
                        weight: Some(i32::try_from(weight).unwrap_or(i32::MAX)),
                    })
                    .collect(),
                target_group_stickiness_config: stickiness,
            });
        }
        action
    }
}

/// Whether two action lists mean the same (order of target groups inside one action does not count; `Order`
/// numbers count only by the sequence they give).
pub fn same_actions(a: &[Action], b: &[Action]) -> bool {
    let canonical = |actions: &[Action]| {
        let mut actions: Vec<Action> = actions.iter().map(Action::normalised).collect();
        actions.sort_by_key(|action| action.order.unwrap_or(i32::MAX));
        for action in &mut actions {
            action.order = None;
            // AWS never gives a client secret back; a write says "keep the one you have".
            if let Some(Setting::Map(oidc)) = action.settings.get_mut("AuthenticateOidcConfig") {
                oidc.remove("ClientSecret");
                oidc.remove("UseExistingClientSecret");
            }
            if let Some(config) = &mut action.forward_config {
                config.target_groups.sort_by(|x, y| x.target_group_arn.cmp(&y.target_group_arn));
                // A lone group takes everything whatever its weight says.
                if let [only] = config.target_groups.as_mut_slice() {
                    only.weight = Some(1);
                }
            }
        }
        actions
    };
    canonical(a) == canonical(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(weights: &[(&str, Option<i32>)]) -> Action {
        Action {
            kind: "forward".into(),
            forward_config: Some(ForwardConfig {
                target_groups: weights
                    .iter()
                    .map(|(arn, weight)| TargetGroupTuple {
                        target_group_arn: (*arn).into(),
                        weight: *weight,
                    })
                    .collect(),
                target_group_stickiness_config: None,
            }),
            ..Action::default()
        }
    }

    #[test]
    fn one_group_written_in_two_ways_is_the_same_action() {
        let simple =
            Action { kind: "forward".into(), target_group_arn: Some("a".into()), ..Action::default() };
        let both = Action { target_group_arn: Some("a".into()), ..forward(&[("a", Some(100))]) };
        assert!(same_actions(&[simple], &[both]));
    }

    #[test]
    fn another_weight_or_another_stickiness_is_another_action() {
        let one = forward(&[("a", Some(90)), ("b", Some(10))]);
        let other = forward(&[("a", Some(75)), ("b", Some(25))]);
        assert!(!same_actions(std::slice::from_ref(&one), &[other]));
        let mut sticky = one.clone();
        sticky.forward_config.as_mut().unwrap().target_group_stickiness_config =
            Some(GroupStickiness { enabled: true, duration_seconds: Some(60) });
        assert!(!same_actions(&[one], &[sticky]));
    }

    #[test]
    fn the_order_of_target_groups_means_nothing() {
        let one = forward(&[("a", Some(90)), ("b", Some(10))]);
        let other = forward(&[("b", Some(10)), ("a", Some(90))]);
        assert!(same_actions(&[one], &[other]));
    }

    #[test]
    fn an_action_survives_json() {
        let mut action = forward(&[("a", Some(90))]);
        action.order = Some(2);
        action.settings.insert(
            "FixedResponseConfig".into(),
            Setting::Map(BTreeMap::from([("MessageBody".into(), Setting::Text(Exact::new("a\nb")))])),
        );
        let json = serde_json::to_string(&action).unwrap();
        assert_eq!(serde_json::from_str::<Action>(&json).unwrap(), action);
    }
}
