//! Whose place this operation takes: what is resumed or rolled back before it was over is over for whoever left it.
//!
//! The own journal says so at the operation itself; for everybody else the newer epoch of the lease does.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Run, Stop};
use crate::plan::{Event, Intent, OperationId, Record};

impl Run<'_> {
    /// Notes at each operation that this one takes over that it does.
    pub(super) fn write_taken_over(&self) -> Result<(), Stop> {
        for (operation, last) in self.left_open() {
            let taken_over = match &self.plan.intent {
                Intent::Resume { operation: of, .. } | Intent::Rollback { of: Some(of), .. } => {
                    *of == operation
                }
                Intent::Rollback { of: None, .. } => true,
                Intent::Shift { .. } | Intent::Switch { .. } => false,
            };
            if !taken_over {
                continue;
            }
            self.write_down(last.step, Event::TakenOver, |record| {
                record.result = Some(format!("{} {} took it over", record.verb, record.operation));
                record.operation = operation;
                record.verb.clone_from(&last.verb);
                record.digest.clone_from(&last.digest);
                record.of = last.of;
            })?;
        }
        Ok(())
    }

    /// Operations on this cluster of which the journal tells no end, each with its last record.
    fn left_open(&self) -> BTreeMap<OperationId, Arc<Record>> {
        let cluster = self.plan.intent.cluster();
        let mut open = BTreeMap::new();
        for record in self.remembered().history().records().iter().filter(|record| record.cluster == *cluster)
        {
            let over = match record.event {
                Event::Done | Event::RolledBack | Event::TakenOver => true,
                // A call that failed is not yet the end of its operation.
                Event::Failed => record.step == 0,
                _ => false,
            };
            if over {
                open.remove(&record.operation);
            } else if record.operation != self.plan.id {
                open.insert(record.operation.clone(), Arc::clone(record));
            }
        }
        open
    }
}
