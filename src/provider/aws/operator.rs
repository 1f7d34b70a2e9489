//! Applies one call, once: the account is proven, the call is checked, the request is sent without a second attempt.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::connection::Connection;
use super::factory::{Clients, Lane};
use super::meter::{Login, Meter, OTHER_LOGIN};
use super::traffic;
use crate::fleet::{Identity, Place};
use crate::plan::{Call, Receipt};
use crate::provider::{Failure, FailureKind, Operator};

/// The only thing in this house that changes anything on AWS. A read-only session makes none.
pub struct AwsOperator {
    connection: Arc<Connection>,
    meter: Meter,
    proven: Mutex<Option<(Login, Identity)>>,
}

impl AwsOperator {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { meter: connection.writes.clone(), connection, proven: Mutex::new(None) }
    }

    /// Proves that the credentials belong to the place's account; once for each login.
    async fn prove(&self, clients: &Clients, place: &Place) -> Result<(), Failure> {
        let known = self.proven.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let identity = match known {
            Some((login, identity)) if self.meter.login() == Some(login) => identity,
            _ => {
                self.meter.pin(None);
                let found = self.connection.who(clients, &place.region).await?;
                let login = self.meter.login();
                *self.proven.lock().unwrap_or_else(PoisonError::into_inner) =
                    login.map(|login| (login, found.clone()));
                self.meter.pin(login);
                found
            }
        };
        if identity.account == place.account {
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::Refused,
            format!("change {place}"),
            format!("the credentials belong to account {}", identity.account),
            "log in to the account the plan was made for",
        ))
    }

    async fn send(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        let clients = self.connection.factory().await?.clients(&place.region, Lane::Write, &self.meter);
        self.prove(&clients, place).await?;
        match traffic::write(&clients, place, call).await {
            // The login was renewed between proof and write, and nothing was sent.
            Err(failure) if failure.kind == FailureKind::Refused && failure.why == OTHER_LOGIN => {
                self.prove(&clients, place).await?;
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
