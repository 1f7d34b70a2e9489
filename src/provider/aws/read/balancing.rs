//! Elastic Load Balancing: load balancers, listeners, rules, target groups and their targets.

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::{Page, send, text};
use crate::fleet::{
    ListenerArn, ListenerFact, LoadBalancerArn, LoadBalancerFact, LoadBalancerKind, Region, RuleFact,
    TargetFact, TargetGroupArn, TargetGroupAttributes, TargetGroupFact, TargetState, Text,
};
use crate::provider::aws::actions;
use crate::provider::aws::factory::Clients;
use crate::provider::aws::permissions::ELB;
use crate::provider::aws::trouble::Trouble;

/// Most things a page [elbv2 model].
const PAGE: i32 = 400;

pub(crate) async fn load_balancers(
    clients: &Clients,
    region: &Region,
    token: Option<String>,
) -> Result<Page<LoadBalancerFact>, Trouble> {
    let answer = send!(clients.elb.describe_load_balancers().page_size(PAGE).set_marker(token);
        ELB, "DescribeLoadBalancers", region)?;
    let all = answer.load_balancers().iter().map(|found| {
        Some(LoadBalancerFact {
            arn: found.load_balancer_arn()?.into(),
            name: found.load_balancer_name().unwrap_or_default().into(),
            kind: match found.r#type() {
                Some(sdk::LoadBalancerTypeEnum::Application) => LoadBalancerKind::Application,
                Some(sdk::LoadBalancerTypeEnum::Network) => LoadBalancerKind::Network,
                Some(sdk::LoadBalancerTypeEnum::Gateway) => LoadBalancerKind::Gateway,
                Some(other) => LoadBalancerKind::Other(other.as_str().into()),
                None => LoadBalancerKind::Other("unknown".into()),
            },
            state: text(found.state().and_then(|state| state.code()).map(sdk::LoadBalancerStateEnum::as_str)),
            zones: found
                .availability_zones()
                .iter()
                .filter_map(|zone| zone.zone_name())
                .map(Into::into)
                .collect(),
        })
    });
    Ok(Page::of(all, answer.next_marker()))
}

/// The listeners of one load balancer.
pub(crate) async fn listeners(
    clients: &Clients,
    region: &Region,
    load_balancer: &LoadBalancerArn,
    token: Option<String>,
) -> Result<Page<ListenerFact>, Trouble> {
    let answer = send!(clients.elb.describe_listeners().load_balancer_arn(load_balancer.raw()).page_size(PAGE)
        .set_marker(token); ELB, "DescribeListeners", region)?;
    let all = answer.listeners().iter().map(|found| {
        Some(ListenerFact {
            arn: found.listener_arn()?.into(),
            load_balancer: found.load_balancer_arn().unwrap_or(load_balancer.raw()).into(),
            port: found.port(),
            protocol: text(found.protocol().map(sdk::ProtocolEnum::as_str)),
            actions: actions::read(found.default_actions()),
        })
    });
    Ok(Page::of(all, answer.next_marker()))
}

/// The rules of one listener, its default rule too.
pub(crate) async fn rules(
    clients: &Clients,
    region: &Region,
    listener: &ListenerArn,
    token: Option<String>,
) -> Result<Page<RuleFact>, Trouble> {
    let answer = send!(clients.elb.describe_rules().listener_arn(listener.raw()).page_size(PAGE)
        .set_marker(token); ELB, "DescribeRules", region)?;
    let all = answer.rules().iter().map(|found| {
        Some(RuleFact {
            arn: found.rule_arn()?.into(),
            priority: found.priority().unwrap_or("unknown").into(),
            is_default: found.is_default() == Some(true) || found.priority() == Some("default"),
            conditions: found.conditions().iter().map(condition).collect(),
            actions: actions::read(found.actions()),
        })
    });
    Ok(Page::of(all, answer.next_marker()))
}

/// Target groups, all of them or some by ARN.
pub(crate) async fn target_groups(
    clients: &Clients,
    region: &Region,
    arns: Option<&[TargetGroupArn]>,
    token: Option<String>,
) -> Result<Page<TargetGroupFact>, Trouble> {
    // PageSize and ARNs do not go together.
    let page = arns.is_none().then_some(PAGE);
    let arns = arns.map(|arns| arns.iter().map(|arn| arn.raw().to_owned()).collect());
    let answer = send!(clients.elb.describe_target_groups().set_target_group_arns(arns).set_page_size(page)
        .set_marker(token); ELB, "DescribeTargetGroups", region)?;
    let all = answer.target_groups().iter().map(|found| {
        Some(TargetGroupFact {
            arn: found.target_group_arn()?.into(),
            name: found.target_group_name().unwrap_or_default().into(),
            target_type: text(found.target_type().map(sdk::TargetTypeEnum::as_str)),
            load_balancers: found.load_balancer_arns().iter().map(LoadBalancerArn::new).collect(),
        })
    });
    Ok(Page::of(all, answer.next_marker()))
}

/// Attributes of one target group; AWS's defaults [elbv2: TargetGroupAttribute] where the answer leaves one out.
pub(crate) async fn attributes(
    clients: &Clients,
    region: &Region,
    target_group: &TargetGroupArn,
) -> Result<TargetGroupAttributes, Trouble> {
    let answer = send!(clients.elb.describe_target_group_attributes().target_group_arn(target_group.raw());
        ELB, "DescribeTargetGroupAttributes", region)?;
    let pair = |found: &sdk::TargetGroupAttribute| Some((found.key()?.into(), found.value()?.into()));
    Ok(TargetGroupAttributes::of(answer.attributes().iter().filter_map(pair).collect()))
}

/// Health of the targets of one target group, with anomalies and zonal shifts.
pub(crate) async fn health(
    clients: &Clients,
    region: &Region,
    target_group: &TargetGroupArn,
) -> Result<Page<TargetFact>, Trouble> {
    let answer = send!(clients.elb.describe_target_health().target_group_arn(target_group.raw())
        .include(sdk::DescribeTargetHealthInputIncludeEnum::All); ELB, "DescribeTargetHealth", region)?;
    let all = answer.target_health_descriptions().iter().map(|found| {
        let target = found.target()?;
        let health = found.target_health();
        Some(TargetFact {
            id: target.id()?.into(),
            port: target.port(),
            state: target_state(health.and_then(|health| health.state())),
            reason: text(health.and_then(|health| health.reason()).map(sdk::TargetHealthReasonEnum::as_str)),
            description: text(health.and_then(|health| health.description())),
            shifted_away: matches!(
                found.administrative_override().and_then(|shift| shift.state()),
                Some(
                    sdk::TargetAdministrativeOverrideStateEnum::ZonalShiftActive
                        | sdk::TargetAdministrativeOverrideStateEnum::ZonalShiftDelegatedToDns
                )
            ),
        })
    });
    Ok(Page::of(all, None))
}

fn target_state(state: Option<&sdk::TargetHealthStateEnum>) -> TargetState {
    use sdk::TargetHealthStateEnum as Word;
    match state {
        Some(Word::Initial) => TargetState::Initial,
        Some(Word::Healthy) => TargetState::Healthy,
        Some(Word::Unhealthy) => TargetState::Unhealthy,
        Some(Word::UnhealthyDraining) => TargetState::UnhealthyDraining,
        Some(Word::Unused) => TargetState::Unused,
        Some(Word::Draining) => TargetState::Draining,
        Some(Word::Unavailable) => TargetState::Unavailable,
        Some(other) => TargetState::Other(other.as_str().into()),
        None => TargetState::Other("unknown".into()),
    }
}

/// A condition in words: `path /api/*`, `host a.example or b.example`, `header X-Canary 1`.
fn condition(condition: &sdk::RuleCondition) -> Text {
    let mut values: Vec<String> = Vec::new();
    let mut name = match condition.field() {
        Some("path-pattern") => "path".to_owned(),
        Some("host-header") => "host".to_owned(),
        Some("http-header") => "header".to_owned(),
        Some("query-string") => "query".to_owned(),
        Some("http-request-method") => "method".to_owned(),
        Some("source-ip") => "from".to_owned(),
        Some(other) => other.to_owned(),
        None => "unknown condition".to_owned(),
    };
    let mut add = |more: &[String]| values.extend(more.iter().cloned());
    if let Some(config) = condition.path_pattern_config() {
        add(config.values());
        add(config.regex_values());
    }
    if let Some(config) = condition.host_header_config() {
        add(config.values());
        add(config.regex_values());
    }
    if let Some(config) = condition.http_header_config() {
        name = format!("header {}", config.http_header_name().unwrap_or_default());
        add(config.values());
        add(config.regex_values());
    }
    if let Some(config) = condition.http_request_method_config() {
        add(config.values());
    }
    if let Some(config) = condition.source_ip_config() {
        add(config.values());
    }
    if let Some(config) = condition.query_string_config() {
        values.extend(config.values().iter().map(|pair| match pair.key() {
            Some(key) => format!("{key}={}", pair.value().unwrap_or_default()),
            None => pair.value().unwrap_or_default().to_owned(),
        }));
    }
    if values.is_empty() {
        values.extend(condition.values().iter().chain(condition.regex_values()).cloned());
    }
    format!("{name} {}", values.join(" or ")).into()
}
