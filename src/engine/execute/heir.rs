//! Whose place this operation takes: what is resumed or rolled back before it was over is over for whoever left it.

use std::collections::BTreeSet;

use super::{Run, Stop};
use crate::plan::{Claim, Event, Intent, OperationId, Record};

impl Run<'_> {
    /// Notes at each operation that this one takes over that it does.
    pub(super) fn write_taken_over(&self) -> Result<(), Stop> {
        for operation in self.heirs_to() {
            let last = {
                let journal = self.remembered();
                journal.history().records_of(&operation).next_back().cloned()
            };
            let claim = self.ports.claims.iter().find(|claim| claim.operation == operation);
            if last.is_none() && claim.is_none() {
                continue;
            }
            self.write_down(0, Event::TakenOver, |record| {
                let by = format!("{} {} took it over", record.verb, record.operation);
                record.operation = operation;
                record.result = Some(by);
                match (last, claim) {
                    (Some(Record { verb, digest, step, of, .. }), _) => {
                        (record.verb, record.digest, record.step, record.of) = (verb, digest, step, of);
                    }
                    (None, Some(Claim { verb, plan, step, of, .. })) => {
                        record.verb.clone_from(verb);
                        record.digest = plan.as_ref().map_or_else(String::new, |plan| plan.digest.clone());
                        (record.step, record.of) = (*step, *of);
                    }
                    (None, None) => {}
                }
            })?;
        }
        Ok(())
    }

    fn heirs_to(&self) -> Vec<OperationId> {
        match &self.plan.intent {
            Intent::Resume { operation, .. } => vec![operation.clone()],
            Intent::Rollback { of, .. } => {
                let open = self.left_open();
                open.into_iter().filter(|open| of.as_ref().is_none_or(|of| of == open)).collect()
            }
            Intent::Shift { .. } | Intent::Switch { .. } => Vec::new(),
        }
    }

    /// Operations on this cluster that have no end, by the journal and by what others told.
    fn left_open(&self) -> BTreeSet<OperationId> {
        let cluster = self.plan.intent.cluster();
        let mut open = BTreeSet::new();
        let claims = self.ports.claims.iter().filter(|claim| claim.cluster == *cluster);
        open.extend(claims.filter(|claim| !claim.stand.is_over()).map(|claim| claim.operation.clone()));
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
            } else {
                open.insert(record.operation.clone());
            }
        }
        open.remove(&self.plan.id);
        open
    }
}
