//! What cockpits tell each other, in parameters of Systems Manager: read by the observer, written by [`AwsRegister`].
//!
//! Each parameter is of the standard tier, which the account's own default must not change, and nothing outside of
//! `/flightdeck/` is read or written: the wall holds that too. The time is the server's own, from the answer's `Date`.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_ssm::types::{Parameter, ParameterTier, ParameterType};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::connection::{Connection, Proof};
use super::factory::{Clients, Lane};
use super::permissions::SSM;
use super::read::time;
use super::trouble::{Asked, Trouble};
use crate::fleet::{Place, Region};
use crate::provider::{Created, Entries, Entry, EntryName, Failure, FailureKind, Register};

/// Parameters of one page [ssm: GetParametersByPath].
const PAGE: i32 = 10;

/// The entry is there already.
const EXISTS: &str = "ParameterAlreadyExists";

/// Somebody else writes at the same moment; what became of it can be read back.
const AT_ONCE: &str = "TooManyUpdates";

/// Writes parameters. A read-only session makes none.
pub struct AwsRegister {
    connection: Arc<Connection>,
}

impl AwsRegister {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// The clients of a place, once the account is proven.
    async fn clients(&self, place: &Place) -> Result<Clients, Failure> {
        self.connection.writers(place, Lane::Bookkeeping, Proof::Needed).await
    }

    async fn write(
        &self,
        place: &Place,
        name: &EntryName,
        value: &str,
        overwrite: bool,
    ) -> Result<u64, Trouble> {
        let asked = Asked::new(SSM, "PutParameter", &place.region);
        let clients = self.clients(place).await.map_err(|failure| Trouble { failure, code: None })?;
        let put = clients.ssm.put_parameter().name(name.raw()).value(value).overwrite(overwrite);
        let put = put.r#type(ParameterType::String).tier(ParameterTier::Standard);
        let answer = put.send().await.map_err(|error| Trouble::of(asked, &error))?;
        // Without a version nobody knows who wrote last.
        u64::try_from(answer.version()).ok().filter(|version| *version > 0).ok_or_else(|| {
            let mut trouble = Trouble::odd(asked, "the answer tells no version");
            trouble.failure.maybe_applied = true;
            trouble
        })
    }

    async fn known(&self, trouble: Trouble) -> Failure {
        let Trouble { mut failure, code } = trouble;
        if code.as_deref() == Some(AT_ONCE) {
            failure.kind = FailureKind::Throttled;
            failure.maybe_applied = true;
        }
        self.connection.forget_after(&failure).await;
        failure
    }
}

#[async_trait]
impl Register for AwsRegister {
    async fn create(&self, place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure> {
        match self.write(place, name, value, false).await {
            Ok(_) => Ok(Created::Yes),
            Err(trouble) if trouble.code.as_deref() == Some(EXISTS) => Ok(Created::Exists),
            Err(trouble) => Err(self.known(trouble).await),
        }
    }

    async fn put(&self, place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure> {
        match self.write(place, name, value, true).await {
            Ok(version) => Ok(version),
            Err(trouble) => Err(self.known(trouble).await),
        }
    }

    async fn delete(&self, place: &Place, name: &EntryName) -> Result<(), Failure> {
        let asked = Asked::new(SSM, "DeleteParameter", &place.region);
        let clients = self.clients(place).await?;
        let deleted = clients.ssm.delete_parameter().name(name.raw()).send().await;
        match deleted.map_err(|error| Trouble::of(asked, &error)) {
            Ok(_) => Ok(()),
            Err(trouble) if trouble.kind() == FailureKind::NotFound => Ok(()),
            Err(trouble) => Err(self.known(trouble).await),
        }
    }
}

/// Reads entries by name: one call.
pub(super) async fn named(
    clients: &Clients,
    region: &Region,
    names: &[EntryName],
) -> Result<Entries, Failure> {
    let asked = Asked::new(SSM, "GetParameters", region);
    let date = Date::default();
    let names = names.iter().map(|name| name.raw().to_owned()).collect();
    let get = clients.ssm.get_parameters().set_names(Some(names)).customize().interceptor(date.clone());
    let answer = get.send().await.map_err(|error| Trouble::of(asked, &error).failure)?;
    Ok(Entries { server_time: date.told(), found: found(answer.parameters()) })
}

/// Lists entries under a name, to the end by token: a page may be short or empty though more follows. The time is that
/// of the first page: nothing looks older than it is.
pub(super) async fn under(clients: &Clients, region: &Region, name: &EntryName) -> Result<Entries, Failure> {
    let asked = Asked::new(SSM, "GetParametersByPath", region);
    let date = Date::default();
    let mut entries = Entries { server_time: None, found: BTreeMap::new() };
    let (mut token, mut tokens) = (None, HashSet::new());
    loop {
        let page = clients.ssm.get_parameters_by_path().path(name.raw()).recursive(true).max_results(PAGE);
        let page = page.set_next_token(token).customize().interceptor(date.clone());
        let answer = page.send().await.map_err(|error| Trouble::of(asked, &error).failure)?;
        entries.server_time = entries.server_time.or(date.told());
        entries.found.extend(found(answer.parameters()));
        token = answer.next_token.filter(|token| !token.is_empty());
        match &token {
            None => return Ok(entries),
            Some(again) if !tokens.insert(again.clone()) => {
                return Err(Trouble::odd(asked, "AWS gives the same page over and over").failure);
            }
            Some(_) => {}
        }
    }
}

fn found(parameters: &[Parameter]) -> BTreeMap<EntryName, Entry> {
    let entry = |parameter: &Parameter| {
        let name = EntryName::parse(parameter.name()?)?;
        let entry = Entry {
            value: parameter.value()?.to_owned(),
            version: u64::try_from(parameter.version()).ok()?,
            modified_at: time(parameter.last_modified_date())?,
        };
        Some((name, entry))
    };
    parameters.iter().filter_map(entry).collect()
}

/// Notes when AWS gave its answer, by AWS's own clock.
#[derive(Clone, Default, Debug)]
struct Date(Arc<Mutex<Option<Timestamp>>>);

impl Date {
    fn told(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "flightdeck::Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
