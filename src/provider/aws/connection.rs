//! What the observer and the operator of one session share: where it is pointed, and the factory once it is loaded.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::factory::{Clients, Factory, Lane, Settings, http_client};
use super::meter::{Login, Meter, OTHER_LOGIN};
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
    /// Which login was proven to be whom; nothing once a write was signed by another.
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
    /// call reads both anew: a new login is picked up without a restart. After a write that was signed by another login
    /// than the proven one, the proof is forgotten.
    ///
    /// Tells whether it did.
    pub(super) async fn forget_after(&self, failure: &Failure) -> bool {
        if failure.why == OTHER_LOGIN {
            *self.proven.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
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

/// How sure it has to be who we are, before a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Proof {
    /// STS has said so.
    Needed,
    /// What is written to carries its account, which AWS checks: an STS that does not answer soon, or not in sense,
    /// stops nothing. That it names another account does.
    Tried,
}

/// How long a proof is tried that is not needed.
const TRIED: Duration = Duration::from_secs(2);

impl Connection {
    /// The clients that write to a place: the account is proven, once for each login, and nothing leaves under another
    /// login than the proven one, whatever is done beside this.
    pub(super) async fn writers(&self, place: &Place, lane: Lane, proof: Proof) -> Result<Clients, Failure> {
        let factory = self.factory().await?;
        let login = match proof {
            Proof::Needed => Some(self.prove(&factory, place, lane).await?),
            Proof::Tried => match timeout(TRIED, self.prove(&factory, place, lane)).await {
                Err(_) => None,
                Ok(Err(failure)) if tells_nothing(failure.kind) => None,
                Ok(proven) => Some(proven?),
            },
        };
        Ok(factory.clients(&place.region, lane, &self.writes.only(login)))
    }

    /// Proves that the credentials belong to the place's account; the login of which that is known.
    async fn prove(&self, factory: &Factory, place: &Place, lane: Lane) -> Result<Login, Failure> {
        let known = self.proven.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((login, identity)) = known
            && identity.account == place.account
        {
            return Ok(login);
        }
        // Whoever signs this one question is who is proven by its answer.
        let meter = self.writes.apart();
        let clients = factory.clients(&place.region, lane, &meter);
        let identity = self.who(&clients, &place.region).await?;
        let refused = |why: String, remedy: &str| {
            Err(Failure::new(FailureKind::Refused, format!("change {place}"), why, remedy))
        };
        if identity.account != place.account {
            let why = format!("the credentials belong to account {}", identity.account);
            return refused(why, "log in to the account the plan was made for");
        }
        let Some(login) = meter.login() else {
            return refused("nobody signed the question who we are".into(), "log in again");
        };
        *self.proven.lock().unwrap_or_else(PoisonError::into_inner) = Some((login, identity));
        Ok(login)
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

/// Whether such a failure of STS says nothing of who we are, so that what needs no proof may go on.
fn tells_nothing(kind: FailureKind) -> bool {
    use FailureKind::{Other, Throttled, TimedOut, Unreachable, Unsupported};
    matches!(kind, Throttled | TimedOut | Unreachable | Unsupported | Other)
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
