//! Why a call failed: the SDK's errors in the words and kinds of `provider::Failure`.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::meter::OtherLogin;
use super::permissions::{self, READS};
use super::regions;
use super::wall::Stopped;
use crate::fleet::{Region, Section, clean};
use crate::provider::{Failure, FailureKind};

/// A call: service and operation as the table of `permissions` names them, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    service: &'static str,
    operation: &'static str,
    region: &'a Region,
}

/// A failed call.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{failure}")]
pub(super) struct Trouble {
    /// In words.
    pub(super) failure: Failure,
    /// AWS's error code, where it gave one.
    pub(super) code: Option<String>,
}

/// Longest part of AWS's own message that is repeated: an encoded authorization failure runs to kilobytes.
const MESSAGE: usize = 200;

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "NotAuthorized",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
];
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"];
const BAD_CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];
const UNSUPPORTED: &[&str] =
    &["InvalidAction", "NotImplemented", "UnknownOperationException", "UnsupportedOperation"];

/// What to do where AWS refuses what is asked of a group, by its code.
const REMEDIES: &[(&str, &str)] = &[
    (
        "InstanceRefreshInProgress",
        "another refresh runs on the group: let it end or cancel it, then plan again",
    ),
    ("ActiveInstanceRefreshNotFound", "no refresh runs on the group any more: observe again"),
    ("IrreversibleInstanceRefresh", "cancel it instead, then refresh to the image that was good"),
    ("ScalingActivityInProgress", "the group is busy: try again when its activity has ended"),
    ("ResourceContention", "something else changes the group right now: try again in a minute"),
];

/// What to do about any other error of AWS's own.
fn remedy(code: Option<&str>, otherwise: &'static str) -> &'static str {
    REMEDIES.iter().find(|(known, _)| code == Some(*known)).map_or(otherwise, |(_, remedy)| remedy)
}

impl Trouble {
    /// Reads an error of the SDK.
    pub(super) fn of<E>(asked: Asked<'_>, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
        let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
        let failure = match error {
            SdkError::ServiceError(context) => {
                asked.answered(context.raw().status().as_u16(), code.as_deref(), message)
            }
            SdkError::ResponseError(context) => asked.answered(context.raw().status().as_u16(), None, None),
            SdkError::TimeoutError(_) => asked.timed_out(true),
            other => asked.not_answered(other),
        };
        Self { failure, code }
    }

    /// An answer that makes no sense.
    pub(super) fn odd(asked: Asked<'_>, why: &str) -> Self {
        let failure = asked.failure(FailureKind::Other, why, "");
        Self { failure, code: None }
    }

    /// What kind of failure it is.
    pub(super) fn kind(&self) -> FailureKind {
        self.failure.kind
    }
}

impl<'a> Asked<'a> {
    pub(super) fn new(service: &'static str, operation: &'static str, region: &'a Region) -> Self {
        debug_assert!(permissions::action_of(service, operation).is_some(), "{service} {operation}");
        Self { service, operation, region }
    }
}

impl Asked<'_> {
    fn is_write(&self) -> bool {
        !READS.iter().any(|row| row.service == self.service && row.operation == self.operation)
    }

    fn failure(&self, kind: FailureKind, why: impl Into<String>, remedy: impl Into<String>) -> Failure {
        // The first call of all is told on a screen of its own, as what could not be done.
        let what = if self.operation == "GetCallerIdentity" { "ask AWS who we are" } else { self.operation };
        Failure::new(kind, format!("{what} in {}", self.region), why, remedy)
    }

    /// AWS answered, and said no.
    fn answered(&self, status: u16, code: Option<&str>, message: Option<&str>) -> Failure {
        let is = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
        let said = said(code, message);
        if is(DENIED) {
            return self.denied();
        }
        if is(EXPIRED) {
            return self.expired(&said);
        }
        if is(BAD_CREDENTIALS) {
            return self.failure(
                FailureKind::NoCredentials,
                format!("AWS does not accept the credentials: {said}"),
                format!("check the profile, the clock of this machine, and that {} is enabled", self.region),
            );
        }
        if is(THROTTLED) || status == 429 {
            let remedy =
                if self.is_write() { "try again in a minute" } else { "it is asked again by itself" };
            return self.failure(FailureKind::Throttled, format!("AWS asks for fewer calls: {said}"), remedy);
        }
        if is(UNSUPPORTED) || (code.is_none() && matches!(status, 404 | 405 | 500 | 501)) {
            return Failure {
                maybe_applied: self.is_write() && status >= 500 && code.is_none(),
                ..self.failure(
                    FailureKind::Unsupported,
                    format!("the endpoint does not know this call (HTTP {status})"),
                    if code.is_none() { "check the endpoint (--endpoint-url) and the proxy" } else { "" },
                )
            };
        }
        if code.is_some_and(|code| code.ends_with("NotFound") || code.ends_with("NotFoundException")) {
            let remedy = remedy(code, "observe again, it may be gone");
            return self.failure(FailureKind::NotFound, said, remedy);
        }
        // A success that cannot be read is a success all the same.
        let why = if status < 300 {
            format!("AWS answered {status}, and the answer cannot be read")
        } else {
            format!("AWS answered {status}: {said}")
        };
        Failure {
            maybe_applied: self.is_write() && !(300..500).contains(&status),
            ..self.failure(FailureKind::Other, why, remedy(code, ""))
        }
    }

    /// No answer: never sent, lost on the way, or stopped by ourselves.
    fn not_answered<E>(&self, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: Error + 'static,
    {
        if let Some(stopped) = find::<Stopped>(error) {
            return self.failure(FailureKind::Refused, stopped.to_string(), "");
        }
        if let Some(stopped) = find::<OtherLogin>(error) {
            return self.failure(FailureKind::Refused, stopped.to_string(), "try again");
        }
        if let Some(credentials) = find::<CredentialsError>(error) {
            return self.no_credentials(credentials);
        }
        let told = chain(error);
        let not_sent = matches!(error, SdkError::ConstructionFailure(_))
            || find::<io::Error>(error).is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused)
            || NOT_SENT.iter().any(|sign| told.contains(sign));
        if let SdkError::DispatchFailure(dispatch) = error {
            if dispatch.is_timeout() {
                return self.timed_out(!not_sent);
            }
            if told.contains(NO_SUCH_NAME) && !regions::is_known(self.region.raw()) {
                return regions::unknown(self.region, "does not answer; there may be no such region");
            }
            return Failure {
                maybe_applied: self.is_write() && !not_sent,
                ..self.failure(
                    FailureKind::Unreachable,
                    format!("no connection: {}", innermost(error)),
                    "check the network, the proxy, --region and --endpoint-url",
                )
            };
        }
        self.failure(FailureKind::Other, innermost(error), "")
    }

    fn denied(&self) -> Failure {
        let action = permissions::action_of(self.service, self.operation).unwrap_or(self.operation);
        Failure {
            action: Some(action.to_owned()),
            ..self.failure(
                FailureKind::Denied,
                format!("the role lacks {action}"),
                if self.is_write() {
                    "see `flightdeck iam-policy operator`"
                } else {
                    "see `flightdeck iam-policy viewer`"
                },
            )
        }
    }

    fn expired(&self, said: &str) -> Failure {
        self.failure(
            FailureKind::Expired,
            format!("the login has expired: {said}"),
            "log in again (for SSO: aws sso login); flightdeck takes it up by itself",
        )
    }

    fn timed_out(&self, sent: bool) -> Failure {
        Failure {
            maybe_applied: self.is_write() && sent,
            ..self.failure(FailureKind::TimedOut, "no answer in time", "check the network and AWS's health")
        }
    }

    fn nothing_found(&self) -> Failure {
        self.failure(
            FailureKind::NoCredentials,
            "no AWS credentials were found",
            "log in (aws sso login, aws configure), name a profile with --profile, or look around with --demo",
        )
    }

    fn no_credentials(&self, error: &CredentialsError) -> Failure {
        let told = chain(error);
        let expired = EXPIRED_LOGIN.iter().any(|sign| told.to_ascii_lowercase().contains(sign));
        if expired {
            return self.expired(&innermost(error));
        }
        match error {
            CredentialsError::CredentialsNotLoaded(_) => self.nothing_found(),
            // The last link of the chain: whatever it says, nothing before it had any.
            _ if told.contains(LAST_LINK) => self.nothing_found(),
            CredentialsError::ProviderTimedOut(_) => self.failure(
                FailureKind::TimedOut,
                "the source of the credentials did not answer in time",
                "check the profile and the network",
            ),
            CredentialsError::InvalidConfiguration(_) => self.failure(
                FailureKind::Configuration,
                format!("the profile gives no credentials: {}", innermost(error)),
                "mend it in ~/.aws/config",
            ),
            _ => self.failure(
                FailureKind::NoCredentials,
                format!("the credentials could not be loaded: {}", innermost(error)),
                "check the profile, or log in again",
            ),
        }
    }
}

/// The instance metadata service, asked where nothing else had credentials.
const LAST_LINK: &str = "IMDS";
/// The connection was never made, so nothing was applied.
const NOT_SENT: &[&str] = &[NO_SUCH_NAME, "HTTP connect timeout", "Connection refused"];
/// What the resolver says of a name that is not there.
const NO_SUCH_NAME: &str = "dns error";
/// What the chain says of a login that ran out, in lower case.
const EXPIRED_LOGIN: &[&str] = &["expired", "the sso session", "unauthorizedexception", "invalid_grant"];

fn said(code: Option<&str>, message: Option<&str>) -> String {
    let message: String = message.unwrap_or_default().chars().take(MESSAGE).collect();
    match (code, message.is_empty()) {
        (Some(code), true) => clean(code).into_owned(),
        (Some(code), false) => clean(&format!("{code}: {message}")).into_owned(),
        (None, true) => "no reason given".into(),
        (None, false) => clean(&message).into_owned(),
    }
}

/// An error and everything below it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref::<T>())
}

fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let told = causes(error).last().map(ToString::to_string).unwrap_or_default();
    clean(&told.chars().take(MESSAGE).collect::<String>()).into_owned()
}

/// What a section is called in a gap.
pub(super) fn in_words(section: Section) -> &'static str {
    match section {
        Section::Instances => "instances",
        Section::Statuses => "status checks",
        Section::RootVolumes => "replaced root volumes",
        Section::Images => "images",
        Section::ImageMetadata => "image metadata",
        Section::Groups => "server groups",
        Section::Refreshes => "instance refreshes",
        Section::Policies => "scaling policies",
        Section::Schedules => "scheduled actions",
        Section::Templates => "launch templates",
        Section::LaunchConfigurations => "launch configurations",
        Section::LoadBalancers => "load balancers",
        Section::Listeners => "listeners",
        Section::Rules => "listener rules",
        Section::TargetGroups => "target groups",
        Section::TargetGroupAttributes => "target group attributes",
        Section::TargetHealth => "target health",
        Section::Alarms => "alarms",
        Section::Metrics => "metrics",
        Section::Identity => "identity",
    }
}

#[cfg(test)]
mod tests;
