//! Applies one call, once: the account is proven, the call is checked, the request is sent without a second attempt.

use std::sync::Arc;

use async_trait::async_trait;

use super::connection::{Connection, Proof};
use super::factory::Lane;
use super::meter::OTHER_LOGIN;
use super::traffic;
use crate::fleet::Place;
use crate::plan::{Call, Receipt};
use crate::provider::{Failure, Operator};

/// The only thing in this house that changes anything on AWS. A read-only session makes none.
pub struct AwsOperator {
    connection: Arc<Connection>,
}

impl AwsOperator {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// The engine proves who we are before every plan that is no rollback. A rollback needs nothing but the load
    /// balancers to answer, so a write of traffic, whose ARN carries the account, waits for STS only a moment.
    async fn send(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        let proof = if call.source().is_some() { Proof::Tried } else { Proof::Needed };
        let clients = self.connection.writers(place, Lane::Write, proof).await?;
        match traffic::write(&clients, place, call).await {
            // The login was renewed between proof and write, and nothing was sent.
            Err(failure) if failure.why == OTHER_LOGIN => {
                self.connection.forget_after(&failure).await;
                let clients = self.connection.writers(place, Lane::Write, proof).await?;
                traffic::write(&clients, place, call).await
            }
            done => done,
        }
    }
}

#[async_trait]
impl Operator for AwsOperator {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        traffic::check(place, call)?;
        let done = self.send(place, call).await;
        if let Err(failure) = &done {
            self.connection.forget_after(failure).await;
        }
        done
    }
}

#[cfg(test)]
mod tests;
