//! An action of the fleet as the SDK sends it: every field by its name, and none left over.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::Unfit;
use crate::fleet::{Action, ForwardConfig, Setting};

pub(super) fn write_one(action: &Action) -> Result<sdk::Action, Unfit> {
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
