//! What a person tells one running operation.
//!
//! An order waits here until the engine takes it, between two slices of a wait. The newest counts, except that an
//! order to stop is never replaced by one that would go on. What an order does is the executor's.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::plan::Steer;

/// The wheel of one operation: a person's side gives orders, the engine takes them.
#[derive(Debug, Default)]
pub struct Helm {
    order: Mutex<Option<Steer>>,
}

impl Helm {
    /// Gives an order. It is answered by the operation's next [`Progress`](crate::plan::Progress).
    pub fn order(&self, steer: Steer) {
        let mut order = self.lock();
        if stops(steer) || !order.is_some_and(stops) {
            *order = Some(steer);
        }
    }

    /// Takes the order that waits.
    pub(super) fn take(&self) -> Option<Steer> {
        self.lock().take()
    }

    /// Whether an order waits that breaks off whatever is being waited for.
    pub(super) fn stops(&self) -> bool {
        self.lock().is_some_and(stops)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Steer>> {
        // An order is one value, whole whatever happened to whoever held it.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stops(steer: Steer) -> bool {
    matches!(steer, Steer::Hold | Steer::Abort)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_order_counts_and_is_taken_once() {
        let helm = Helm::default();
        helm.order(Steer::Pause);
        helm.order(Steer::Continue);
        assert_eq!(helm.take(), Some(Steer::Continue));
        assert_eq!(helm.take(), None);
    }

    #[test]
    fn an_order_to_stop_is_never_replaced_by_one_that_goes_on() {
        let helm = Helm::default();
        helm.order(Steer::Abort);
        helm.order(Steer::StepNow);
        helm.order(Steer::Continue);
        assert!(helm.stops());
        helm.order(Steer::Hold);
        assert_eq!(helm.take(), Some(Steer::Hold), "of two orders to stop the newer counts");
        assert!(!helm.stops());
    }
}
