//! Action lists between the SDK's shape and the fleet's, in both directions and without loss.
//!
//! A write replaces the whole list, so an action that could not be carried exactly is refused before anything is
//! sent. AWS never gives an OIDC client secret back: a write says "keep the one you have", and a secret is neither
//! read nor written.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_elasticloadbalancingv2::types as sdk;

use crate::fleet::{Action, Actions, Exact, ForwardConfig, GroupStickiness, Setting, TargetGroupTuple};

/// Largest weight of a target group [elbv2: TargetGroupTuple].
const MAX_WEIGHT: i32 = 999;

/// The kinds that answer or route a request; a list has exactly one, at its end [elbv2: Action].
const ROUTING: &[&str] = &["forward", "redirect", "fixed-response"];
/// The kinds that come before it.
const BEFORE: &[&str] = &["authenticate-oidc", "authenticate-cognito", "jwt-validation"];

type Settings = BTreeMap<String, Setting>;

/// Reads an action list off an answer.
pub(super) fn read(actions: &[sdk::Action]) -> Actions {
    actions.iter().map(read_one).collect()
}

fn read_one(action: &sdk::Action) -> Action {
    let mut settings = Settings::new();
    let mut config = |name: &str, fields: Option<Settings>| {
        if let Some(fields) = fields {
            settings.insert(name.into(), Setting::Map(fields));
        }
    };
    config("AuthenticateOidcConfig", action.authenticate_oidc_config.as_ref().map(read_oidc));
    config("AuthenticateCognitoConfig", action.authenticate_cognito_config.as_ref().map(read_cognito));
    config("RedirectConfig", action.redirect_config.as_ref().map(read_redirect));
    config("FixedResponseConfig", action.fixed_response_config.as_ref().map(read_fixed_response));
    config("JwtValidationConfig", action.jwt_validation_config.as_ref().map(read_jwt));
    Action {
        kind: action.r#type.as_ref().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        order: action.order,
        target_group_arn: action.target_group_arn.as_deref().map(Into::into),
        forward_config: action.forward_config.as_ref().map(read_forward),
        settings,
    }
}

fn read_forward(config: &sdk::ForwardActionConfig) -> ForwardConfig {
    ForwardConfig {
        target_groups: config
            .target_groups()
            .iter()
            .map(|tuple| TargetGroupTuple {
                target_group_arn: tuple.target_group_arn.as_deref().unwrap_or_default().into(),
                weight: tuple.weight,
            })
            .collect(),
        target_group_stickiness_config: config.target_group_stickiness_config.as_ref().map(|stickiness| {
            GroupStickiness {
                enabled: stickiness.enabled.unwrap_or(false),
                duration_seconds: stickiness.duration_seconds,
            }
        }),
    }
}

/// Fields of an answer that are there.
#[derive(Default)]
struct Reader(Settings);

impl Reader {
    fn text(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.into(), Setting::Text(Exact::new(value)));
        }
        self
    }

    fn number(mut self, name: &str, value: Option<i64>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.into(), Setting::Number(value));
        }
        self
    }

    fn texts(mut self, name: &str, value: Option<&HashMap<String, String>>) -> Self {
        if let Some(map) = value {
            let map = map.iter().map(|(key, value)| (key.clone(), Setting::Text(Exact::new(value))));
            self.0.insert(name.into(), Setting::Map(map.collect()));
        }
        self
    }
}

fn read_oidc(config: &sdk::AuthenticateOidcActionConfig) -> Settings {
    Reader::default()
        .text("Issuer", config.issuer())
        .text("AuthorizationEndpoint", config.authorization_endpoint())
        .text("TokenEndpoint", config.token_endpoint())
        .text("UserInfoEndpoint", config.user_info_endpoint())
        .text("ClientId", config.client_id())
        .text("SessionCookieName", config.session_cookie_name())
        .text("Scope", config.scope())
        .number("SessionTimeout", config.session_timeout)
        .texts("AuthenticationRequestExtraParams", config.authentication_request_extra_params())
        .text(
            "OnUnauthenticatedRequest",
            config
                .on_unauthenticated_request()
                .map(sdk::AuthenticateOidcActionConditionalBehaviorEnum::as_str),
        )
        .0
}

fn read_cognito(config: &sdk::AuthenticateCognitoActionConfig) -> Settings {
    Reader::default()
        .text("UserPoolArn", config.user_pool_arn.as_deref())
        .text("UserPoolClientId", config.user_pool_client_id.as_deref())
        .text("UserPoolDomain", config.user_pool_domain.as_deref())
        .text("SessionCookieName", config.session_cookie_name())
        .text("Scope", config.scope())
        .number("SessionTimeout", config.session_timeout)
        .texts("AuthenticationRequestExtraParams", config.authentication_request_extra_params())
        .text(
            "OnUnauthenticatedRequest",
            config
                .on_unauthenticated_request()
                .map(sdk::AuthenticateCognitoActionConditionalBehaviorEnum::as_str),
        )
        .0
}

fn read_redirect(config: &sdk::RedirectActionConfig) -> Settings {
    Reader::default()
        .text("Protocol", config.protocol())
        .text("Port", config.port())
        .text("Host", config.host())
        .text("Path", config.path())
        .text("Query", config.query())
        .text("StatusCode", config.status_code.as_ref().map(sdk::RedirectActionStatusCodeEnum::as_str))
        .0
}

fn read_fixed_response(config: &sdk::FixedResponseActionConfig) -> Settings {
    Reader::default()
        .text("MessageBody", config.message_body())
        .text("StatusCode", config.status_code.as_deref())
        .text("ContentType", config.content_type())
        .0
}

fn read_jwt(config: &sdk::JwtValidationActionConfig) -> Settings {
    let mut fields = Reader::default()
        .text("JwksEndpoint", config.jwks_endpoint.as_deref())
        .text("Issuer", config.issuer.as_deref())
        .0;
    if let Some(claims) = &config.additional_claims {
        let claims = claims.iter().map(|claim| {
            let mut fields = Reader::default()
                .text("Format", claim.format.as_ref().map(|format| format.as_str()))
                .text("Name", claim.name.as_deref())
                .0;
            if let Some(values) = &claim.values {
                let values = values.iter().map(|value| Setting::Text(Exact::new(value)));
                fields.insert("Values".into(), Setting::List(values.collect()));
            }
            Setting::Map(fields)
        });
        fields.insert("AdditionalClaims".into(), Setting::List(claims.collect()));
    }
    fields
}

/// Why a list cannot be sent.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Unfit {
    /// A kind of action we do not know.
    #[error("an action of the kind {0:?} cannot be carried over without loss")]
    Kind(String),
    /// A setting we do not know, or of another shape than we know.
    #[error("the setting {0} of an action cannot be carried over without loss")]
    Setting(String),
    /// A secret where none may be.
    #[error("a client secret stands in the actions, and secrets are not sent")]
    Secret,
    /// No, several, or a misplaced routing action.
    #[error("a list of actions ends with its one forward, redirect or fixed response")]
    Routing,
    /// A forward action to nothing.
    #[error("a forward action names no target group")]
    NoTargets,
    /// A weight outside 0–999.
    #[error("a weight of {0} is outside 0–999")]
    Weight(i32),
    /// Nothing would take traffic.
    #[error("all weights are 0")]
    AllZero,
}

/// Makes the action list of a request.
pub(super) fn write(actions: &[Action]) -> Result<Vec<sdk::Action>, Unfit> {
    check(actions)?;
    actions.iter().map(write_one).collect()
}

/// What AWS, or a lenient stand-in for it, must never be asked for.
fn check(actions: &[Action]) -> Result<(), Unfit> {
    for action in actions {
        if !ROUTING.contains(&action.kind.as_str()) && !BEFORE.contains(&action.kind.as_str()) {
            return Err(Unfit::Kind(crate::fleet::clean(&action.kind).into_owned()));
        }
        let tuples = action.forward_config.iter().flat_map(|config| &config.target_groups);
        if let Some(weight) = tuples.filter_map(|tuple| tuple.weight).find(|w| !(0..=MAX_WEIGHT).contains(w))
        {
            return Err(Unfit::Weight(weight));
        }
        if action.is_forward() {
            let weights = action.weights();
            if weights.is_empty() || weights.iter().any(|(arn, _)| arn.raw().is_empty()) {
                return Err(Unfit::NoTargets);
            }
            if weights.iter().all(|(_, weight)| *weight == 0) {
                return Err(Unfit::AllZero);
            }
        }
    }
    let mut in_order: Vec<&Action> = actions.iter().collect();
    in_order.sort_by_key(|action| action.order.unwrap_or(i32::MAX));
    let routes = |action: &&Action| ROUTING.contains(&action.kind.as_str());
    match in_order.split_last() {
        Some((last, before)) if routes(last) && !before.iter().any(routes) => Ok(()),
        _ => Err(Unfit::Routing),
    }
}

fn write_one(action: &Action) -> Result<sdk::Action, Unfit> {
    let mut out = sdk::Action::builder().r#type(action.kind.as_str().into()).set_order(action.order);
    // Beside several target groups AWS refuses the single one [elbv2: Action].
    let several = action.forward_config.as_ref().is_some_and(|config| config.target_groups.len() > 1);
    if let Some(arn) = action.target_group_arn.as_ref().filter(|_| !several) {
        out = out.target_group_arn(arn.raw());
    }
    if let Some(config) = &action.forward_config {
        out = out.forward_config(write_forward(config));
    }
    for (name, setting) in &action.settings {
        let fields = Fields::of(name, setting)?;
        out = match name.as_str() {
            "AuthenticateOidcConfig" => out.authenticate_oidc_config(write_oidc(fields)?),
            "AuthenticateCognitoConfig" => out.authenticate_cognito_config(write_cognito(fields)?),
            "RedirectConfig" => out.redirect_config(write_redirect(fields)?),
            "FixedResponseConfig" => out.fixed_response_config(write_fixed_response(fields)?),
            "JwtValidationConfig" => out.jwt_validation_config(write_jwt(fields)?),
            _ => return Err(Unfit::Setting(crate::fleet::clean(name).into_owned())),
        };
    }
    Ok(out.build())
}

fn write_forward(config: &ForwardConfig) -> sdk::ForwardActionConfig {
    let tuples = config.target_groups.iter().map(|tuple| {
        sdk::TargetGroupTuple::builder()
            .target_group_arn(tuple.target_group_arn.raw())
            .set_weight(tuple.weight)
            .build()
    });
    let stickiness = config.target_group_stickiness_config.map(|stickiness| {
        sdk::TargetGroupStickinessConfig::builder()
            .enabled(stickiness.enabled)
            .set_duration_seconds(stickiness.duration_seconds)
            .build()
    });
    sdk::ForwardActionConfig::builder()
        .set_target_groups(Some(tuples.collect()))
        .set_target_group_stickiness_config(stickiness)
        .build()
}

/// Fields of a request, taken one by one: what is left over is a field we do not know.
struct Fields<'a> {
    config: &'a str,
    left: BTreeMap<&'a str, &'a Setting>,
}

impl<'a> Fields<'a> {
    fn of(config: &'a str, setting: &'a Setting) -> Result<Self, Unfit> {
        let Setting::Map(fields) = setting else {
            return Err(Unfit::Setting(crate::fleet::clean(config).into_owned()));
        };
        Ok(Self { config, left: fields.iter().map(|(name, value)| (name.as_str(), value)).collect() })
    }

    fn odd(&self, field: &str) -> Unfit {
        Unfit::Setting(crate::fleet::clean(&format!("{}.{field}", self.config)).into_owned())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Unfit> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Setting::Text(text)) => Ok(Some(text.raw().to_owned())),
            Some(_) => Err(self.odd(name)),
        }
    }

    /// A text that the SDK does not let be absent.
    fn needed(&mut self, name: &str) -> Result<String, Unfit> {
        self.text(name)?.ok_or_else(|| self.odd(name))
    }

    fn number(&mut self, name: &str) -> Result<Option<i64>, Unfit> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Setting::Number(number)) => Ok(Some(*number)),
            Some(_) => Err(self.odd(name)),
        }
    }

    fn list(&mut self, name: &str) -> Result<Option<&'a [Setting]>, Unfit> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Setting::List(list)) => Ok(Some(list)),
            Some(_) => Err(self.odd(name)),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Option<HashMap<String, String>>, Unfit> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Setting::Map(map)) => map
                .iter()
                .map(|(key, value)| match value {
                    Setting::Text(text) => Ok((key.clone(), text.raw().to_owned())),
                    _ => Err(self.odd(name)),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(self.odd(name)),
        }
    }

    fn end(self) -> Result<(), Unfit> {
        self.left.keys().next().map_or(Ok(()), |name| Err(self.odd(name)))
    }
}

fn write_oidc(mut fields: Fields<'_>) -> Result<sdk::AuthenticateOidcActionConfig, Unfit> {
    if fields.left.contains_key("ClientSecret") {
        return Err(Unfit::Secret);
    }
    // Whatever a recorded list says: the secret that AWS holds is kept.
    fields.left.remove("UseExistingClientSecret");
    let config = sdk::AuthenticateOidcActionConfig::builder()
        .set_issuer(fields.text("Issuer")?)
        .set_authorization_endpoint(fields.text("AuthorizationEndpoint")?)
        .set_token_endpoint(fields.text("TokenEndpoint")?)
        .set_user_info_endpoint(fields.text("UserInfoEndpoint")?)
        .set_client_id(fields.text("ClientId")?)
        .set_session_cookie_name(fields.text("SessionCookieName")?)
        .set_scope(fields.text("Scope")?)
        .set_session_timeout(fields.number("SessionTimeout")?)
        .set_authentication_request_extra_params(fields.texts("AuthenticationRequestExtraParams")?)
        .set_on_unauthenticated_request(fields.text("OnUnauthenticatedRequest")?.map(|v| v.as_str().into()))
        .use_existing_client_secret(true)
        .build();
    fields.end()?;
    Ok(config)
}

fn write_cognito(mut fields: Fields<'_>) -> Result<sdk::AuthenticateCognitoActionConfig, Unfit> {
    let config = sdk::AuthenticateCognitoActionConfig::builder()
        .set_user_pool_arn(fields.text("UserPoolArn")?)
        .set_user_pool_client_id(fields.text("UserPoolClientId")?)
        .set_user_pool_domain(fields.text("UserPoolDomain")?)
        .set_session_cookie_name(fields.text("SessionCookieName")?)
        .set_scope(fields.text("Scope")?)
        .set_session_timeout(fields.number("SessionTimeout")?)
        .set_authentication_request_extra_params(fields.texts("AuthenticationRequestExtraParams")?)
        .set_on_unauthenticated_request(fields.text("OnUnauthenticatedRequest")?.map(|v| v.as_str().into()))
        .build();
    fields.end()?;
    Ok(config)
}

fn write_redirect(mut fields: Fields<'_>) -> Result<sdk::RedirectActionConfig, Unfit> {
    let config = sdk::RedirectActionConfig::builder()
        .set_protocol(fields.text("Protocol")?)
        .set_port(fields.text("Port")?)
        .set_host(fields.text("Host")?)
        .set_path(fields.text("Path")?)
        .set_query(fields.text("Query")?)
        .status_code(fields.needed("StatusCode")?.as_str().into())
        .build();
    fields.end()?;
    Ok(config)
}

fn write_fixed_response(mut fields: Fields<'_>) -> Result<sdk::FixedResponseActionConfig, Unfit> {
    let config = sdk::FixedResponseActionConfig::builder()
        .set_message_body(fields.text("MessageBody")?)
        .status_code(fields.needed("StatusCode")?)
        .set_content_type(fields.text("ContentType")?)
        .build();
    fields.end()?;
    Ok(config)
}

fn write_jwt(mut fields: Fields<'_>) -> Result<sdk::JwtValidationActionConfig, Unfit> {
    let claims = fields.list("AdditionalClaims")?.map(|claims| {
        claims.iter().map(|claim| write_claim(Fields::of("AdditionalClaims", claim)?)).collect()
    });
    let config = sdk::JwtValidationActionConfig::builder()
        .set_jwks_endpoint(fields.text("JwksEndpoint")?)
        .set_issuer(fields.text("Issuer")?)
        .set_additional_claims(claims.transpose()?)
        .build();
    fields.end()?;
    Ok(config)
}

fn write_claim(mut fields: Fields<'_>) -> Result<sdk::JwtValidationActionAdditionalClaim, Unfit> {
    let odd = fields.odd("Values");
    let values = fields.list("Values")?.map(|values| {
        values
            .iter()
            .map(|value| match value {
                Setting::Text(text) => Ok(text.raw().to_owned()),
                _ => Err(odd.clone()),
            })
            .collect()
    });
    let claim = sdk::JwtValidationActionAdditionalClaim::builder()
        .format(fields.needed("Format")?.as_str().into())
        .name(fields.needed("Name")?)
        .set_values(values.transpose()?)
        .build();
    fields.end()?;
    Ok(claim)
}

#[cfg(test)]
mod tests;
