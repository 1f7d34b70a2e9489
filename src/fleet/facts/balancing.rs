//! Facts of Elastic Load Balancing: load balancers, listeners, rules, target groups and their targets.

use crate::fleet::{
    Actions, InstanceId, ListenerArn, LoadBalancerArn, RuleArn, Tags, TargetGroupArn, Text, Zone,
};

/// Kind of a load balancer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadBalancerKind {
    /// Application Load Balancer.
    Application,
    /// Network Load Balancer.
    Network,
    /// Gateway Load Balancer.
    Gateway,
    /// A word we do not know.
    Other(Text),
}

/// A load balancer [elbv2: LoadBalancer].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadBalancerFact {
    /// Its ARN.
    pub arn: LoadBalancerArn,
    /// Its name.
    pub name: Text,
    /// Its kind.
    pub kind: LoadBalancerKind,
    /// `active`, `provisioning`, `active_impaired`, `failed`.
    pub state: Option<Text>,
    /// Zones that are enabled.
    pub zones: Vec<Zone>,
}

/// A listener [elbv2: Listener].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListenerFact {
    /// Its ARN.
    pub arn: ListenerArn,
    /// Its load balancer.
    pub load_balancer: LoadBalancerArn,
    /// 1–65,535.
    pub port: Option<i32>,
    /// `HTTP`, `HTTPS`, `TCP` …
    pub protocol: Option<Text>,
    /// Its default actions.
    pub actions: Actions,
}

/// A listener rule [elbv2: Rule].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleFact {
    /// Its ARN.
    pub arn: RuleArn,
    /// A number, or `default`.
    pub priority: Text,
    /// The default rule is changed by ModifyListener only.
    pub is_default: bool,
    /// Its conditions in words, such as `path /api/*`.
    pub conditions: Vec<Text>,
    /// Its actions.
    pub actions: Actions,
}

/// A target group [elbv2: TargetGroup].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetGroupFact {
    /// Its ARN.
    pub arn: TargetGroupArn,
    /// Its name.
    pub name: Text,
    /// `instance`, `ip`, `lambda`, `alb`.
    pub target_type: Option<Text>,
    /// Load balancers that send to it.
    pub load_balancers: Vec<LoadBalancerArn>,
}

/// Attributes of a target group, with AWS's defaults where the answer left one out [elbv2: TargetGroupAttribute].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetGroupAttributes {
    /// `deregistration_delay.timeout_seconds`, 0–3,600; default 300.
    pub deregistration_delay: u32,
    /// `slow_start.duration_seconds`, 0 (off) or 30–900.
    pub slow_start: u32,
    /// `stickiness.enabled`: of the target, not of the group choice.
    pub sticky: bool,
    /// Longest stickiness of a target in seconds, where it is on.
    pub sticky_seconds: Option<u32>,
    /// `target_group_health.unhealthy_state_routing.minimum_healthy_targets.count`; default 1.
    pub fail_open_below: u32,
    /// All of them, as AWS tells them.
    pub written: Tags,
}

impl TargetGroupAttributes {
    /// What attributes say by their keys and values.
    pub fn of(written: Tags) -> Self {
        let value = |key: &str| written.get(key).map(Text::raw);
        let number = |key: &str| value(key).and_then(|value| value.parse().ok());
        let sticky = value("stickiness.enabled") == Some("true");
        let cookie = match value("stickiness.type") {
            Some("app_cookie") => number("stickiness.app_cookie.duration_seconds"),
            Some("lb_cookie") => number("stickiness.lb_cookie.duration_seconds"),
            _ => None,
        };
        Self {
            deregistration_delay: number("deregistration_delay.timeout_seconds").unwrap_or(300),
            slow_start: number("slow_start.duration_seconds").unwrap_or(0),
            sticky,
            sticky_seconds: cookie.filter(|_| sticky),
            fail_open_below: number(
                "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
            )
            .unwrap_or(1),
            written,
        }
    }
}

/// State of a target [elbv2: TargetHealth].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TargetState {
    /// Being registered or checked for the first time.
    Initial,
    /// Passing its checks.
    Healthy,
    /// Failing its checks.
    Unhealthy,
    /// Unhealthy and draining.
    UnhealthyDraining,
    /// Not used by any action, or its zone is not enabled: health unknown.
    Unused,
    /// Being deregistered.
    Draining,
    /// Health checks are off or not possible.
    Unavailable,
    /// A word we do not know.
    Other(Text),
}

impl TargetState {
    /// The word AWS uses.
    pub fn word(&self) -> String {
        match self {
            Self::Initial => "initial".into(),
            Self::Healthy => "healthy".into(),
            Self::Unhealthy => "unhealthy".into(),
            Self::UnhealthyDraining => "unhealthy.draining".into(),
            Self::Unused => "unused".into(),
            Self::Draining => "draining".into(),
            Self::Unavailable => "unavailable".into(),
            Self::Other(text) => text.to_string(),
        }
    }
}

/// A target group's word on one of its targets [elbv2: TargetHealthDescription].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetFact {
    /// The instance, address or function.
    pub id: InstanceId,
    /// Its port.
    pub port: Option<i32>,
    /// Its state.
    pub state: TargetState,
    /// AWS's reason code.
    pub reason: Option<Text>,
    /// AWS's description.
    pub description: Option<Text>,
    /// An administrative override such as a zonal shift: healthy, yet without traffic on purpose.
    pub shifted_away: bool,
}
