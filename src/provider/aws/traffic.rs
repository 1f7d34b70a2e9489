//! The action list of one listener or rule: one call to read it, one call to write it.

use aws_types::request_id::RequestId as _;

use super::actions;
use super::factory::Clients;
use super::permissions::ELB;
use super::trouble::{Asked, Trouble};
use crate::fleet::{Actions, Place, SourceArn, Text};
use crate::plan::{Call, Receipt};
use crate::provider::{Failure, FailureKind};

/// Reads the present actions.
pub(super) async fn read(clients: &Clients, place: &Place, source: &SourceArn) -> Result<Actions, Failure> {
    let region = &place.region;
    let found = match source {
        SourceArn::Listener(listener) => {
            let asked = Asked::new(ELB, "DescribeListeners", region);
            let call = clients.elb.describe_listeners().listener_arns(listener.raw());
            let answer = call.send().await.map_err(|error| Trouble::of(asked, &error).failure)?;
            let found = answer.listeners().iter().find(|found| found.listener_arn() == Some(listener.raw()));
            found.map(|listener| actions::read(listener.default_actions()))
        }
        SourceArn::Rule(rule) => {
            let asked = Asked::new(ELB, "DescribeRules", region);
            let call = clients.elb.describe_rules().rule_arns(rule.raw());
            let answer = call.send().await.map_err(|error| Trouble::of(asked, &error).failure)?;
            let found = answer.rules().iter().find(|found| found.rule_arn() == Some(rule.raw()));
            found.map(|rule| actions::read(rule.actions()))
        }
    };
    found.ok_or_else(|| {
        Failure::new(
            FailureKind::NotFound,
            format!("read {source}"),
            "AWS does not know it any more",
            "observe again, it may be gone",
        )
    })
}

/// Refuses what must not be sent: a foreign account or region, a kind of load balancer we do not write to, an action
/// list that would not arrive exactly.
pub(super) fn check(place: &Place, call: &Call) -> Result<(), Failure> {
    let Some(source) = call.source() else { return Err(no_traffic(call)) };
    let refuse = |why: String, remedy: &str| {
        let what = format!("{} on {source}", call.operation());
        Err(Failure::new(FailureKind::Refused, what, why, remedy))
    };
    let mut parts = source.raw().splitn(6, ':').skip(3);
    let (region, account, resource) = (parts.next(), parts.next(), parts.next());
    if region != Some(place.region.raw()) || account != Some(place.account.raw()) {
        return refuse(format!("it is not in {place}"), "plan again");
    }
    if resource.is_none_or(|resource| resource.split('/').nth(1) != Some("app")) {
        let why = "only application load balancers are written to for now";
        return refuse(why.into(), "use the AWS console for this one");
    }
    let mut named = call.actions().iter().flat_map(crate::fleet::Action::weights);
    if let Some((arn, _)) = named.find(|(arn, _)| arn.is_to_be()) {
        return refuse(format!("target group {} is not there yet", arn.name()), "plan again");
    }
    match actions::write(call.actions()) {
        Ok(_) => Ok(()),
        Err(unfit) => refuse(unfit.to_string(), "plan again"),
    }
}

/// Writes an action list, and nothing but the actions.
pub(super) async fn write(clients: &Clients, place: &Place, call: &Call) -> Result<Receipt, Failure> {
    check(place, call)?;
    let written = actions::write(call.actions()).unwrap_or_default();
    let asked = Asked::new(ELB, call.operation(), &place.region);
    match call {
        Call::ModifyListener { listener, .. } => {
            let modify = clients.elb.modify_listener().listener_arn(listener.raw());
            let modify = modify.set_default_actions(Some(written)).send().await;
            let answer = modify.map_err(|error| Trouble::of(asked, &error).failure)?;
            let now = answer.listeners().iter().flat_map(|listener| listener.default_actions().to_vec());
            Ok(receipt(answer.request_id(), &now.collect::<Vec<_>>()))
        }
        Call::ModifyRule { rule, .. } => {
            let modify = clients.elb.modify_rule().rule_arn(rule.raw());
            let modify = modify.set_actions(Some(written)).send().await;
            let answer = modify.map_err(|error| Trouble::of(asked, &error).failure)?;
            let now = answer.rules().iter().flat_map(|rule| rule.actions().to_vec());
            Ok(receipt(answer.request_id(), &now.collect::<Vec<_>>()))
        }
        _ => Err(no_traffic(call)),
    }
}

fn no_traffic(call: &Call) -> Failure {
    let what = format!("{} on {}", call.operation(), call.resource());
    Failure::new(FailureKind::Refused, what, "it moves no traffic", "")
}

fn receipt(request_id: Option<&str>, now: &[aws_sdk_elasticloadbalancingv2::types::Action]) -> Receipt {
    Receipt { request_id: request_id.map(Text::new), actions: actions::read(now) }
}
