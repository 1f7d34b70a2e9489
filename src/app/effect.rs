//! What the model asks the outside for. The list is closed; one match in `runtime` performs it.

use std::collections::BTreeSet;

use super::Follow;
use crate::drift::Ignore;
use crate::fleet::{ClusterId, Scope};
use crate::plan::{ApprovedPlan, Asked, OperationId, Steer, Who};

/// Something to be done outside.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Looks at once.
    Observe(Scope),
    /// Says what matters from now on.
    Watch(Watch),
    /// Runs a plan that was confirmed.
    Execute(Box<ApprovedPlan>),
    /// Says yes to a colleague's plan as the second person.
    Approve {
        /// The plan.
        asked: Box<Asked>,
        /// Who says yes.
        who: Who,
        /// What was typed.
        phrase: String,
    },
    /// Tells a running operation something.
    Steer(OperationId, Steer),
    /// Writes down that findings do not count for a time, and judges again.
    Ignore(Box<Ignore>),
    /// Follows this log from now on and no other; `None`: none.
    Follow(Option<Follow>),
    /// Goes behind the shell.
    Suspend,
    /// Leaves.
    Quit,
}

/// Which parts of the fleet matter to the person in front of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watch {
    /// Clusters on the screen, in order: they come first within the ordinary budget.
    pub first: Vec<ClusterId>,
    /// Clusters that are planned or confirmed: fresh and complete, on a budget of their own.
    pub closely: BTreeSet<ClusterId>,
}
