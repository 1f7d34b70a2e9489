//! What a plan consists of: steps with their calls, waits and expectations, and how far they reach.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Call, Resource, State};
use crate::fleet::{Actions, BuildId, GroupName, SourceArn, Text, Zone};

/// What a wait waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitFor {
    /// Propagation time has passed and target states are steady.
    Settled,
    /// The bake time has passed, and every gate stayed good meanwhile.
    Bake,
    /// Targets of a side that was just added with weight 0 are healthy.
    Healthy,
    /// A person says so.
    Person,
    /// The instance refresh that was started has ended well. AWS carries it, whatever becomes of flightdeck.
    Refreshed,
    /// The instance that was ended is gone, and its group is whole and healthy without it.
    Replaced,
    /// The group has as many healthy instances as it wants.
    Sized,
    /// The instance that was set aside takes no traffic any more, and its group is whole and healthy without it.
    Aside,
    /// The same, and none is left in a zone that the group launches in no more.
    Emptied,
    /// The image of a build is there, and can be launched.
    Built,
}

/// What becomes of an operation whose wait does not end as it should before its deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Late {
    /// It stays where it is and asks.
    Hold,
    /// It goes back.
    RollBack,
}

impl Late {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hold => "holds",
            Self::RollBack => "rolls back",
        }
    }
}

/// A wait inside a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Planned time in seconds: least time of settling and baking, longest time of the others.
    pub seconds: u64,
    /// What is waited for, in words.
    pub until: String,
    /// What is waited for.
    #[serde(rename = "for")]
    pub what: WaitFor,
    /// What happens at the deadline where it did not come.
    pub late: Late,
    /// The group that is waited for; `None` where it is traffic, time or a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// The build that is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildId>,
}

/// What a step expects to find before it, by identity.
///
/// In JSON `{ "source", "actions" }` of a listener or a rule, `{ "resource", "state" }` of everything else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "Written", from = "Written")]
pub struct Expected {
    /// What the call writes to.
    pub resource: Resource,
    /// What has to be there, as far as the call overwrites it or relies on it.
    pub state: State,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Written {
    Traffic { source: SourceArn, actions: Actions },
    Other { resource: Resource, state: State },
}

impl From<Expected> for Written {
    fn from(expected: Expected) -> Self {
        match (expected.resource, expected.state) {
            (Resource::Source(source), State::Actions(actions)) => Self::Traffic { source, actions },
            (resource, state) => Self::Other { resource, state },
        }
    }
}

impl From<Written> for Expected {
    fn from(written: Written) -> Self {
        match written {
            Written::Traffic { source, actions } => Self::actions(source, actions),
            Written::Other { resource, state } => Self { resource, state },
        }
    }
}

impl Expected {
    /// The actions of a listener or a rule.
    pub fn actions(source: SourceArn, actions: Actions) -> Self {
        Self { resource: Resource::Source(source), state: State::Actions(actions) }
    }
}

/// One step of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// From 1.
    pub n: u32,
    /// In words.
    pub does: String,
    /// The call, `None` for a pure wait.
    pub call: Option<Call>,
    /// The call that takes it back.
    pub undo: Option<Call>,
    /// What is waited for after the call.
    pub wait: Option<Wait>,
    /// What has to be there before the call.
    pub expects: Option<Expected>,
}

/// How far a plan reaches.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// Instances whose traffic changes.
    pub instances: usize,
    /// Share of the cluster's requests that moves, in percent.
    pub percent: f64,
    /// Lowest number of healthy, traffic-taking targets on the way; `None`: unknown.
    pub lowest_healthy: Option<usize>,
    /// Estimated time.
    pub seconds: u64,
    /// What carried the traffic before; `None` in plans of before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Carried>,
}

/// What carried the traffic when one side was last fully live: what "never to zero" is measured by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// The target group that carried it.
    pub side: Text,
    /// Its healthy targets; `None` where their health was not known.
    pub healthy: Option<usize>,
    /// Those of them whose zone is known, by zone.
    pub zones: BTreeMap<Zone, usize>,
    /// How that is known.
    pub by: CarriedBy,
}

/// How it is known what carried the traffic before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarriedBy {
    /// One side has all the traffic now.
    Now,
    /// A record tells of the side that had all of it last.
    Record,
    /// No record does: it is the side with the largest weight now.
    LargestWeight,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::GroupState;

    #[test]
    fn what_an_old_plan_expects_is_read_and_written_as_it_was() {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/1/2";
        let old =
            serde_json::json!({"source": arn, "actions": [{"Type": "forward", "TargetGroupArn": "tg"}]});
        let expected: Expected = serde_json::from_value(old.clone()).unwrap();
        assert!(matches!(expected.resource, Resource::Source(_)));
        assert_eq!(serde_json::to_value(&expected).unwrap(), old);
    }

    #[test]
    fn what_is_expected_of_a_group_is_read_back() {
        let state = State::Group(GroupState::default());
        let expected = Expected { resource: Resource::Group("orders-blue".into()), state };
        let text = serde_json::to_string(&expected).unwrap();
        assert_eq!(serde_json::from_str::<Expected>(&text).unwrap(), expected, "{text}");
        assert!(serde_json::from_str::<Expected>(r#"{"resource": {"group": "a"}, "actions": []}"#).is_err());
    }
}
