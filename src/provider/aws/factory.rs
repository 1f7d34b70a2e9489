//! The one factory of AWS clients: every client carries the wall and a meter, and settings pinned in code.
//!
//! Credentials come from the SDK's own chain (environment, profiles, SSO, roles, credential processes, IMDS). The
//! chain's own log-in calls carry no wall: they are made by the SDK, before there is a client.

use std::borrow::Cow;
use std::time::Duration;

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region as SdkRegion, SdkConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::os_shim_internal::{Env, Fs};

use super::meter::Meter;
use super::regions;
use super::wall::Wall;
use crate::fleet::{AccountId, Region, clean};
use crate::provider::{Failure, FailureKind};

/// What a session is pointed at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Profile; the chain's own choice where there is none.
    pub profile: Option<String>,
    /// Whether the profile comes before keys in the environment.
    pub profile_on_purpose: bool,
    /// Regions; the chain's own choice where there is none.
    pub regions: Vec<String>,
    /// Endpoint for every service; AWS's own, or the environment's, where there is none.
    pub endpoint_url: Option<String>,
    /// The account that the credentials must belong to; any where there is none.
    pub pinned_account: Option<AccountId>,
}

/// How patient a client is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lane {
    /// Somebody waits for the answer: a few attempts.
    Asked,
    /// Nobody waits: one attempt, the next look is the retry, so that one call costs the budget one request.
    Idle,
    /// A change: one attempt, always. A lost answer is looked up, never repeated.
    Write,
    /// A lease: one attempt, as with a change, and an answer soon or not at all, because it lives for a minute only.
    Bookkeeping,
}

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// Time for one attempt of a read: a page of 1,000 instances with their tags takes seconds.
const READ: Duration = Duration::from_secs(30);
/// Time for a read with all its attempts.
const READ_IN_ALL: Duration = Duration::from_mins(1);
/// Time for a write: an operator waits, and what became of it can be read back.
const WRITE: Duration = Duration::from_secs(15);
/// Time for reading or writing bookkeeping: several must fit into what is left between two renewals of a lease.
const BOOKKEEPING: Duration = Duration::from_secs(5);
/// Attempts of a read that somebody waits for.
const ATTEMPTS: u32 = 3;
/// First and longest wait between attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(3));

impl Lane {
    fn retries(self) -> RetryConfig {
        match self {
            Self::Asked => RetryConfig::standard()
                .with_max_attempts(ATTEMPTS)
                .with_initial_backoff(BACKOFF.0)
                .with_max_backoff(BACKOFF.1),
            Self::Idle | Self::Write | Self::Bookkeeping => RetryConfig::disabled(),
        }
    }

    fn timeouts(self) -> TimeoutConfig {
        let (attempt, in_all) = match self {
            Self::Asked => (READ, READ_IN_ALL),
            Self::Idle => (READ, READ),
            Self::Write => (WRITE, WRITE),
            Self::Bookkeeping => (BOOKKEEPING, BOOKKEEPING),
        };
        TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(attempt)
            .operation_attempt_timeout(attempt)
            .operation_timeout(in_all)
            .build()
    }
}

/// The clients of one region.
#[derive(Clone, Debug)]
pub(super) struct Clients {
    pub(super) ec2: aws_sdk_ec2::Client,
    pub(super) autoscaling: aws_sdk_autoscaling::Client,
    pub(super) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(super) codebuild: aws_sdk_codebuild::Client,
    pub(super) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(super) imagebuilder: aws_sdk_imagebuilder::Client,
    pub(super) logs: aws_sdk_cloudwatchlogs::Client,
    pub(super) ssm: aws_sdk_ssm::Client,
    pub(super) sts: aws_sdk_sts::Client,
}

/// The factory.
#[derive(Clone, Debug)]
pub(super) struct Factory {
    config: SdkConfig,
    regions: Vec<Region>,
}

impl Factory {
    /// Reads the chain's configuration; no credentials are asked for yet.
    pub(super) async fn load(settings: &Settings, http: SharedHttpClient) -> Result<Self, Failure> {
        if let Some(url) = &settings.endpoint_url {
            check_endpoint(url)?;
        }
        if let Some(profile) = &settings.profile {
            check_profile(profile).await?;
        }
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http.clone());
        if let Ok(name) = AppName::new("flightdeck") {
            loader = loader.app_name(name);
        }
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
            if settings.profile_on_purpose {
                let login = login_of(profile, settings.regions.first(), http).await;
                loader = loader.credentials_provider(login);
            }
        }
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(first) = settings.regions.first() {
            loader = loader.region(SdkRegion::new(first.clone()));
        }
        Self::from_config(settings, loader.load().await)
    }

    fn from_config(settings: &Settings, config: SdkConfig) -> Result<Self, Failure> {
        let mut regions: Vec<Region> = settings.regions.iter().map(Region::new).collect();
        if regions.is_empty() {
            let region = config.region().ok_or_else(|| {
                Failure::new(
                    FailureKind::Configuration,
                    "connect to AWS",
                    "no region is set",
                    "give one with --region, AWS_REGION, or `region` in the profile",
                )
            })?;
            regions.push(Region::new(region.as_ref()));
        }
        regions.dedup();
        if config.endpoint_url().is_none()
            && let Some(odd) = regions.iter().find(|region| !regions::is_well_formed(region.raw()))
        {
            return Err(regions::unknown(odd, "is no name of a region"));
        }
        Ok(Self { config, regions })
    }

    /// A factory with fixed credentials, for tests that answer by themselves.
    #[cfg(test)]
    pub(super) fn fixed(http: SharedHttpClient, regions: &[&str]) -> Self {
        Self::with_login(http, regions, aws_credential_types::Credentials::for_tests())
    }

    /// A factory with given credentials.
    #[cfg(test)]
    pub(super) fn with_login(
        http: SharedHttpClient,
        regions: &[&str],
        login: impl aws_credential_types::provider::ProvideCredentials + 'static,
    ) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(login))
            .region(SdkRegion::new(regions[0].to_owned()))
            .endpoint_url("http://aws.test")
            .build();
        Self { config, regions: regions.iter().map(Region::new).collect() }
    }

    /// The regions to look at, in order; never empty.
    pub(super) fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The region that is asked who we are.
    pub(super) fn home(&self) -> &Region {
        &self.regions[0]
    }

    /// The clients of one region.
    pub(super) fn clients(&self, region: &Region, lane: Lane, meter: &Meter) -> Clients {
        let wall = match lane {
            Lane::Asked | Lane::Idle => Wall::Reads,
            Lane::Write | Lane::Bookkeeping => Wall::ReadsAndCalls,
        };
        self.clients_behind(wall, region, lane, meter)
    }

    /// The clients of one region behind a given wall.
    #[expect(clippy::disallowed_methods, reason = "here, and only here, clients are made")]
    pub(super) fn clients_behind(&self, wall: Wall, region: &Region, lane: Lane, meter: &Meter) -> Clients {
        macro_rules! client {
            ($sdk:ident) => {{
                let mut config = $sdk::config::Builder::from(&self.config)
                    .region(SdkRegion::new(region.raw().to_owned()))
                    .retry_config(lane.retries())
                    .timeout_config(lane.timeouts());
                config.push_interceptor(wall.interceptor());
                config.push_interceptor(meter.interceptor());
                $sdk::Client::from_conf(config.build())
            }};
        }
        Clients {
            ec2: client!(aws_sdk_ec2),
            autoscaling: client!(aws_sdk_autoscaling),
            cloudwatch: client!(aws_sdk_cloudwatch),
            codebuild: client!(aws_sdk_codebuild),
            elb: client!(aws_sdk_elasticloadbalancingv2),
            imagebuilder: client!(aws_sdk_imagebuilder),
            logs: client!(aws_sdk_cloudwatchlogs),
            ssm: client!(aws_sdk_ssm),
            sts: client!(aws_sdk_sts),
        }
    }
}

/// The login of a profile that was named on purpose: keys that happen to lie in the environment do not come before
/// it, as they would in the SDK's default chain.
async fn login_of(
    profile: &str,
    region: Option<&String>,
    http: SharedHttpClient,
) -> ProfileFileCredentialsProvider {
    let region = match region {
        Some(region) => Some(SdkRegion::new(region.clone())),
        None => ProfileFileRegionProvider::builder().profile_name(profile).build().region().await,
    };
    let provider = ProviderConfig::without_region().with_http_client(http).with_region(region);
    ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&provider).build()
}

/// The HTTP client of all AWS clients and of the credential chain: rustls with ring, plain HTTP where an endpoint
/// asks for it, proxies from the environment.
pub(super) fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build()
    })
}

fn check_endpoint(url: &str) -> Result<(), Failure> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let sound = host.is_some_and(|host| {
        host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && host.chars().all(|c| c.is_ascii_graphic())
            && !host.contains('@')
    });
    if sound {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Configuration,
        "connect to AWS",
        format!("the endpoint {} is no URL", clean(url)),
        "write it as http://HOST:PORT or https://HOST",
    ))
}

#[expect(clippy::default_trait_access, reason = "the type belongs to a crate that is not linked by name")]
async fn check_profile(profile: &str) -> Result<(), Failure> {
    let known = aws_config::profile::load(
        &Fs::real(),
        &Env::real(),
        &Default::default(),
        Some(Cow::from(profile.to_owned())),
    )
    .await
    .map_err(|error| {
        Failure::new(
            FailureKind::Configuration,
            "read the AWS profiles",
            clean(&error.to_string()).into_owned(),
            "mend ~/.aws/config or ~/.aws/credentials",
        )
    })?;
    if known.get_profile(profile).is_some() {
        return Ok(());
    }
    let near = regions::nearest(profile, known.profiles());
    let remedy = near.map_or_else(
        || "see ~/.aws/config, or leave --profile out".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    Err(Failure::new(
        FailureKind::Configuration,
        "connect to AWS",
        format!("there is no profile {}", clean(profile)),
        remedy,
    ))
}

#[cfg(test)]
mod tests;
