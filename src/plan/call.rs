//! The closed list of changes flightdeck can make, in AWS's own shape.

use serde::{Deserialize, Serialize};

use crate::fleet::{Actions, ListenerArn, RuleArn, SourceArn, Text};

/// One change: exactly what is shown, journaled and sent.
///
/// In JSON: `{ "service", "operation", "input" }` with AWS's names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub enum Call {
    /// Replaces the default actions of a listener [elbv2: ModifyListener].
    ModifyListener {
        /// The listener.
        listener: ListenerArn,
        /// The whole list.
        actions: Actions,
    },
    /// Replaces the actions of a numbered rule [elbv2: ModifyRule].
    ModifyRule {
        /// The rule.
        rule: RuleArn,
        /// The whole list.
        actions: Actions,
    },
}

impl Call {
    /// The call that writes an action list to a listener or a rule.
    pub fn set_actions(source: &SourceArn, actions: Actions) -> Self {
        match source {
            SourceArn::Listener(listener) => Self::ModifyListener { listener: listener.clone(), actions },
            SourceArn::Rule(rule) => Self::ModifyRule { rule: rule.clone(), actions },
        }
    }

    /// The service by its short name.
    pub fn service(&self) -> &'static str {
        match self {
            Self::ModifyListener { .. } | Self::ModifyRule { .. } => "elbv2",
        }
    }

    /// The operation by AWS's name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::ModifyListener { .. } => "ModifyListener",
            Self::ModifyRule { .. } => "ModifyRule",
        }
    }

    /// The listener or rule it writes to.
    pub fn source(&self) -> SourceArn {
        match self {
            Self::ModifyListener { listener, .. } => SourceArn::Listener(listener.clone()),
            Self::ModifyRule { rule, .. } => SourceArn::Rule(rule.clone()),
        }
    }

    /// The action list it writes.
    pub fn actions(&self) -> &Actions {
        match self {
            Self::ModifyListener { actions, .. } | Self::ModifyRule { actions, .. } => actions,
        }
    }
}

/// What came back from a call that took effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// AWS's request id.
    pub request_id: Option<Text>,
    /// The actions as the answer told them.
    pub actions: Actions,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    service: String,
    operation: String,
    input: Input,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    listener_arn: Option<ListenerArn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule_arn: Option<RuleArn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_actions: Option<Actions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actions: Option<Actions>,
}

impl From<Call> for Written {
    fn from(call: Call) -> Self {
        let (service, operation) = (call.service().into(), call.operation().into());
        let mut input = Input { listener_arn: None, rule_arn: None, default_actions: None, actions: None };
        match call {
            Call::ModifyListener { listener, actions } => {
                input.listener_arn = Some(listener);
                input.default_actions = Some(actions);
            }
            Call::ModifyRule { rule, actions } => {
                input.rule_arn = Some(rule);
                input.actions = Some(actions);
            }
        }
        Self { service, operation, input }
    }
}

impl TryFrom<Written> for Call {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match (written.service.as_str(), written.operation.as_str(), written.input) {
            (
                "elbv2",
                "ModifyListener",
                Input {
                    listener_arn: Some(listener),
                    rule_arn: None,
                    default_actions: Some(actions),
                    actions: None,
                },
            ) => Ok(Self::ModifyListener { listener, actions }),
            (
                "elbv2",
                "ModifyRule",
                Input {
                    listener_arn: None,
                    rule_arn: Some(rule),
                    default_actions: None,
                    actions: Some(actions),
                },
            ) => Ok(Self::ModifyRule { rule, actions }),
            (service, operation, _) => {
                Err(format!("not a call that flightdeck makes: {service} {operation}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_written_with_the_names_of_aws_and_read_back() {
        let call = Call::ModifyRule { rule: "arn:rule".into(), actions: Vec::new() };
        let json = serde_json::to_value(&call).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"service": "elbv2", "operation": "ModifyRule", "input": {"RuleArn": "arn:rule", "Actions": []}})
        );
        assert_eq!(serde_json::from_value::<Call>(json).unwrap(), call);
    }

    #[test]
    fn a_call_outside_the_list_is_not_read() {
        let json = serde_json::json!({"service": "elbv2", "operation": "DeleteListener", "input": {"ListenerArn": "x"}});
        assert!(serde_json::from_value::<Call>(json).unwrap_err().to_string().contains("DeleteListener"));
    }
}
