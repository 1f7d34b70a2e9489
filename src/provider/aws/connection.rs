//! What the observer and the operator of one session share: where it is pointed, and the factory once it is loaded.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::Mutex;

use super::factory::{Clients, Factory, Settings, http_client};
use super::meter::{Login, Meter};
use super::permissions::STS;
use super::trouble::{Asked, Trouble};
use crate::fleet::{Identity, Place, Region, Text};
use crate::provider::{Clock, Failure, FailureKind};

/// A session's connection. Nothing is asked, and nothing read from disk, before the first look.
pub(super) struct Connection {
    settings: Settings,
    http: SharedHttpClient,
    factory: Mutex<Option<Factory>>,
    pub(super) clock: Arc<dyn Clock>,
    /// Counts the requests of the operator and of the register.
    pub(super) writes: Meter,
    /// What the login of the last write was proven to be.
    pub(super) proven: StdMutex<Option<(Login, Identity)>>,
}

impl Connection {
    pub(super) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let writes = Meter::new(Arc::clone(&clock));
        Self {
            settings,
            http: http_client(),
            factory: Mutex::new(None),
            clock,
            writes,
            proven: StdMutex::new(None),
        }
    }

    /// A connection over a factory that is there already.
    #[cfg(test)]
    pub(super) fn fixed(factory: Factory, clock: Arc<dyn Clock>) -> Self {
        Self { factory: Mutex::new(Some(factory)), ..Self::new(Settings::default(), clock) }
    }

    /// The factory, loaded where it is not yet.
    pub(super) async fn factory(&self) -> Result<Factory, Failure> {
        let mut factory = self.factory.lock().await;
        if let Some(factory) = &*factory {
            return Ok(factory.clone());
        }
        let loaded = Factory::load(&self.settings, self.http.clone()).await?;
        *factory = Some(loaded.clone());
        Ok(loaded)
    }

    /// Forgets the factory where a failure tells that credentials or configuration are at fault, so that the next
    /// call reads both anew: a new login is picked up without a restart.
    ///
    /// Tells whether it did.
    pub(super) async fn forget_after(&self, failure: &Failure) -> bool {
        let at_fault = matches!(
            failure.kind,
            FailureKind::NoCredentials | FailureKind::Expired | FailureKind::Configuration
        );
        if at_fault {
            *self.factory.lock().await = None;
        }
        at_fault
    }
}

impl Connection {
    /// Proves that the credentials belong to the place's account; once for each login.
    pub(super) async fn prove(&self, clients: &Clients, place: &Place) -> Result<(), Failure> {
        let known = self.proven.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let identity = match known {
            Some((login, identity)) if self.writes.login() == Some(login) => identity,
            _ => {
                self.writes.pin(None);
                let found = self.who(clients, &place.region).await?;
                let login = self.writes.login();
                *self.proven.lock().unwrap_or_else(PoisonError::into_inner) =
                    login.map(|login| (login, found.clone()));
                self.writes.pin(login);
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

    /// Asks STS who we are, and refuses another account than the pinned one.
    pub(super) async fn who(&self, clients: &Clients, region: &Region) -> Result<Identity, Failure> {
        let identity = who_we_are(clients, region).await.map_err(|trouble| trouble.failure)?;
        match &self.settings.pinned_account {
            Some(pinned) if *pinned != identity.account => Err(Failure::new(
                FailureKind::Configuration,
                "prove the account",
                format!("the credentials belong to account {}, pinned is {pinned}", identity.account),
                "log in to the pinned account, or change `account` in the configuration",
            )),
            _ => Ok(identity),
        }
    }
}

/// Asks STS who we are.
async fn who_we_are(clients: &Clients, region: &Region) -> Result<Identity, Trouble> {
    let asked = Asked::new(STS, "GetCallerIdentity", region);
    let answer =
        clients.sts.get_caller_identity().send().await.map_err(|error| Trouble::of(asked, &error))?;
    match (answer.account(), answer.arn()) {
        (Some(account), Some(arn)) => Ok(Identity { account: account.into(), arn: Text::new(arn) }),
        _ => Err(Trouble::odd(asked, "the answer names no account")),
    }
}
