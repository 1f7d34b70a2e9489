//! An action of the SDK as the fleet keeps it.

use std::collections::HashMap;

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::Settings;
use crate::fleet::{Action, Exact, ForwardConfig, GroupStickiness, Setting, TargetGroupTuple};

pub(super) fn read_one(action: &sdk::Action) -> Action {
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
                .text(
                    "Format",
                    claim.format.as_ref().map(sdk::JwtValidationActionAdditionalClaimFormatEnum::as_str),
                )
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
