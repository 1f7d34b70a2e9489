//! Whose place this operation takes: what is resumed or rolled back before it was over is over for whoever left it.
//!
//! The own journal says so at the operation itself; for everybody else the newer epoch of the lease does. It is said
//! once something came of it: who tried to take over and changed nothing leaves the ways out where they were.

use super::{Run, Stop};
use crate::plan::{Event, Intent, OperationId, Record};

impl Run<'_> {
    /// Notes at each operation that this one takes over that it does.
    pub(super) fn write_taken_over(&self) -> Result<(), Stop> {
        let takes_over = |of: &OperationId| match &self.plan.intent {
            Intent::Resume { operation, .. } | Intent::Rollback { of: Some(operation), .. } => {
                operation == of
            }
            Intent::Rollback { of: None, .. } => *of != self.plan.id,
            _ => false,
        };
        let left: Vec<Record> = self
            .remembered()
            .history()
            .left_open(self.plan.intent.cluster())
            .filter(|last| takes_over(&last.operation))
            .cloned()
            .collect();
        for last in left {
            self.write_down(last.step, Event::TakenOver, |record| {
                record.result = Some(format!("{} {} took it over", record.verb, record.operation));
                record.operation = last.operation;
                record.verb = last.verb;
                record.digest = last.digest;
                record.of = last.of;
            })?;
        }
        Ok(())
    }
}
