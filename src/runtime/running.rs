//! Operations under way, and what becomes of them when the program ends.
//!
//! Its rule: an operation does not outlive the program in silence. It is stopped first, so that nothing more is sent,
//! and then the journal says that it was left, where, and why.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::aside::aside;
use super::ledger::Ledger;
use crate::plan::{OperationId, Steer};

/// Operations under way.
#[derive(Debug)]
pub(super) struct Running {
    ledger: Arc<Ledger>,
    operations: Mutex<Vec<(OperationId, JoinHandle<()>)>>,
}

impl Running {
    /// None yet.
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, operations: Mutex::default() }
    }

    /// Takes note of one that began.
    pub(super) fn add(&self, operation: OperationId, task: JoinHandle<()>) {
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        operations.retain(|(_, task)| !task.is_finished());
        operations.push((operation, task));
    }

    /// Tells one that runs something; one that has ended meanwhile takes no orders.
    pub(super) fn steer(&self, operation: &OperationId, steer: Steer) {
        let operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        if operations.iter().any(|(known, task)| known == operation && !task.is_finished()) {
            tracing::info!(%operation, ?steer, "told");
        }
    }

    /// Stops all of them, and writes down that they were left.
    pub(super) async fn leave(&self, why: String, at: Timestamp) {
        let taken = std::mem::take(&mut *self.operations.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = Vec::new();
        for (operation, task) in taken {
            task.abort();
            // Until it has stopped it may still send something.
            if task.await.is_err() {
                left.push(operation);
            }
        }
        if !left.is_empty() {
            let ledger = Arc::clone(&self.ledger);
            aside(move || ledger.leave(&left, &why, at)).await;
        }
    }
}
