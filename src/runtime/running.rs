//! Operations under way, and what becomes of them when the program ends.
//!
//! Its rule: an operation does not outlive the program in silence. It is stopped first, so that nothing more is sent,
//! and then the journal says that it was left, where, and why.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::aside::aside;
use super::ledger::Ledger;
use crate::engine::Helm;
use crate::plan::{OperationId, Steer};

/// Operations under way.
#[derive(Debug)]
pub(super) struct Running {
    ledger: Arc<Ledger>,
    operations: Mutex<Vec<UnderWay>>,
}

/// One operation under way.
#[derive(Debug)]
struct UnderWay {
    operation: OperationId,
    helm: Arc<Helm>,
    task: JoinHandle<()>,
}

impl Running {
    /// None yet.
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, operations: Mutex::default() }
    }

    /// Takes note of one that began.
    pub(super) fn add(&self, operation: OperationId, helm: Arc<Helm>, task: JoinHandle<()>) {
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        operations.retain(|known| !known.task.is_finished());
        operations.push(UnderWay { operation, helm, task });
    }

    /// Tells one that runs something; one that has ended meanwhile takes no orders.
    pub(super) fn steer(&self, operation: &OperationId, steer: Steer) {
        let operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = operations.iter().find(|known| known.operation == *operation) {
            tracing::info!(%operation, ?steer, "told");
            known.helm.order(steer);
        }
    }

    /// Stops all of them, and writes down that they were left.
    pub(super) async fn leave(&self, why: String, at: Timestamp) {
        let taken = std::mem::take(&mut *self.operations.lock().unwrap_or_else(PoisonError::into_inner));
        for known in &taken {
            known.task.abort();
        }
        let mut left = Vec::new();
        for UnderWay { operation, task, .. } in taken {
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
