//! Counts every request that leaves, retries too, and notes under which credentials; stops one that is signed by
//! others than those the account was proven for.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::{SignedDuration, Timestamp};

use crate::provider::Clock;

/// The time over which calls are counted.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// The time over which a budget is kept: calls may arrive closer together than they were sent.
const BUDGETED: SignedDuration = SignedDuration::from_secs(62);

/// Counts the requests of the clients that carry it.
#[derive(Clone)]
pub(super) struct Meter {
    clock: Arc<dyn Clock>,
    sent: Arc<Mutex<VecDeque<Timestamp>>>,
    signed_by: Arc<Mutex<Option<Login>>>,
    /// Requests pass only under these credentials; under any, where there are none.
    only: Option<Login>,
}

/// Why a write was stopped whose credentials are not those of the proven account.
pub(super) const OTHER_LOGIN: &str = "the credentials changed after the account was proven";

/// A request that was stopped because of its credentials.
#[derive(Debug, thiserror::Error)]
#[error("{OTHER_LOGIN}")]
pub(super) struct OtherLogin;

/// Which credentials signed a request, as a hash of the access key's id: enough to see a change, nothing to steal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Login(u64);

impl Meter {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, sent: Arc::default(), signed_by: Arc::default(), only: None }
    }

    /// A meter that counts together with this one, and notes by itself who signed.
    pub(super) fn apart(&self) -> Self {
        Self { signed_by: Arc::default(), only: None, ..self.clone() }
    }

    /// A meter that counts together with this one, and lets requests pass only under these credentials.
    pub(super) fn only(&self, login: Option<Login>) -> Self {
        Self { only: login, ..self.apart() }
    }

    /// Requests sent in the last minute.
    pub(super) fn last_minute(&self) -> u32 {
        self.sent_within(MINUTE)
    }

    /// Requests that still count against a budget of calls a minute.
    pub(super) fn spent(&self) -> u32 {
        self.sent_within(BUDGETED)
    }

    fn sent_within(&self, time: SignedDuration) -> u32 {
        let now = self.clock.now();
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        while sent.front().is_some_and(|at| now.duration_since(*at) >= BUDGETED) {
            sent.pop_front();
        }
        let old = sent.iter().take_while(|at| now.duration_since(**at) >= time).count();
        u32::try_from(sent.len() - old).unwrap_or(u32::MAX)
    }

    /// The credentials that signed the newest request.
    pub(super) fn login(&self) -> Option<Login> {
        *self.signed_by.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As an interceptor.
    pub(super) fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::permanent(self.clone())
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "flightdeck::Meter"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let signer = signer(context.request());
        if self.only.is_some() && signer != self.only {
            return Err(OtherLogin.into());
        }
        let mut signed_by = self.signed_by.lock().unwrap_or_else(PoisonError::into_inner);
        *signed_by = signer.or(*signed_by);
        drop(signed_by);
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.clock.now());
        Ok(())
    }
}

/// Reads `Credential=AKIA…/` off the signature.
fn signer(request: &HttpRequest) -> Option<Login> {
    let (_, rest) = request.headers().get("authorization")?.split_once("Credential=")?;
    let (key, _) = rest.split_once('/')?;
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    Some(Login(hasher.finish()))
}
