//! What sets the size of a group by itself, a line each: what acts on metrics, what acts at times, and what of both
//! was not read. A group without either has no line.

use jiff::Timestamp;

use super::words;
use crate::fleet::{PolicyFact, ScheduleFact, ServerGroup};

/// One thing that sets the size of a group, or a list of such that is unknown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Sizing<'a> {
    /// A scaling policy.
    Policy(&'a PolicyFact),
    /// A scheduled action.
    Action(&'a ScheduleFact),
    /// What was not read.
    Unread(&'static str),
}

impl<'a> Sizing<'a> {
    /// All of a group, policies first.
    pub fn of(group: &'a ServerGroup) -> Vec<Self> {
        let mut all = Vec::new();
        match &group.policies {
            Some(policies) => all.extend(policies.iter().map(Self::Policy)),
            None => all.push(Self::Unread("scaling policies")),
        }
        match &group.schedules {
            Some(actions) => all.extend(actions.iter().map(Self::Action)),
            None => all.push(Self::Unread("scheduled actions")),
        }
        all
    }

    /// What it does, and how soon where that is known.
    pub fn says(self, at: Timestamp) -> String {
        match self {
            Self::Policy(policy) => {
                let off = if policy.acts { "" } else { " · does not act" };
                format!("policy {} {}{off}", policy.name, policy.says())
            }
            Self::Action(action) => {
                let next = action.starts_at.filter(|next| *next > at);
                let next = next.map(|next| format!(" · next in {}", words::span(next.duration_since(at))));
                format!("scheduled {} {}{}", action.name, action.says(), next.unwrap_or_default())
            }
            Self::Unread(what) => format!("{what} were not read: they may set the size"),
        }
    }
}
