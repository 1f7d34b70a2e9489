//! Applies one call, once: the call is checked, the account is proven, the request is sent without a second attempt.
//!
//! What each call sends is in a file of its own kind: `traffic`, `target_groups`, `groups`, `standing`,
//! `refreshes`, `templates`, `instances`.

use std::sync::Arc;

use async_trait::async_trait;

use super::builds;
use super::connection::{Connection, Proof};
use super::factory::{Clients, Lane};
use super::groups;
use super::ids;
use super::images;
use super::instances;
use super::meter::OTHER_LOGIN;
use super::refreshes;
use super::standing;
use super::target_groups;
use super::templates;
use super::traffic;
use crate::fleet::{Place, Text};
use crate::plan::{Call, Receipt};
use crate::provider::{Failure, FailureKind, Operator};

/// The only thing in this house that changes anything on AWS. A read-only session makes none.
pub struct AwsOperator {
    connection: Arc<Connection>,
}

impl AwsOperator {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// The engine proves who we are before every plan that is no rollback. A rollback needs nothing but the load
    /// balancers to answer, so a write of traffic, whose ARN carries the account, waits for STS only a moment.
    async fn send(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        let proof = if call.source().is_some() { Proof::Tried } else { Proof::Needed };
        let clients = self.connection.writers(place, Lane::Write, proof).await?;
        match write(&clients, place, call).await {
            // The login was renewed between proof and write, and nothing was sent.
            Err(failure) if failure.why == OTHER_LOGIN => {
                self.connection.forget_after(&failure).await;
                let clients = self.connection.writers(place, Lane::Write, proof).await?;
                write(&clients, place, call).await
            }
            done => done,
        }
    }
}

#[async_trait]
impl Operator for AwsOperator {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        check(place, call)?;
        let done = self.send(place, call).await;
        if let Err(failure) = &done {
            self.connection.forget_after(failure).await;
        }
        done
    }
}

/// Refuses what must not be sent, before anything is asked.
fn check(place: &Place, call: &Call) -> Result<(), Failure> {
    let fit = match call {
        Call::ModifyListener { .. } | Call::ModifyRule { .. } => return traffic::check(place, call),
        Call::CreateTargetGroup(create) => target_groups::check(place, create),
        Call::ModifyTargetGroupAttributes(modify) => target_groups::check_attributes(place, modify),
        Call::DeleteTargetGroup(delete) => target_groups::is_there(place, &delete.target_group),
        Call::StartInstanceRefresh(start) => refreshes::check(start),
        Call::CancelInstanceRefresh(of) | Call::RollbackInstanceRefresh(of) => ids::group(&of.group),
        Call::UpdateAutoScalingGroup(update) => groups::check_update(update),
        Call::SetDesiredCapacity(set) => groups::check_desired(set),
        Call::TerminateInstanceInAutoScalingGroup(end) => ids::instance(&end.instance),
        Call::EnterStandby(enter) => ids::member(&enter.group, enter.instance()),
        Call::ExitStandby(exit) => ids::member(&exit.group, exit.instance()),
        Call::DetachInstances(detach) => ids::member(&detach.group, detach.instance()),
        Call::CreateAutoScalingGroup(create) => standing::check(place, create),
        Call::DeleteAutoScalingGroup(delete) => ids::group(&delete.group),
        Call::CreateLaunchTemplateVersion(create) => templates::check(create),
        Call::CreateTags(tags) => instances::check_tags(tags),
        Call::TerminateInstances(end) => ids::instance(end.instance()),
        Call::TagImage(tags) => images::check_tags(tags),
        Call::StartBuild(start) => builds::check(place, start),
        Call::StopBuild(stop) => builds::check_stop(place, stop),
    };
    fit.map_err(|why| {
        let what = format!("{} on {}", call.operation(), call.resource());
        Failure::new(FailureKind::Refused, what, why, "plan again")
    })
}

async fn write(clients: &Clients, place: &Place, call: &Call) -> Result<Receipt, Failure> {
    let region = &place.region;
    let done = match call {
        Call::ModifyListener { .. } | Call::ModifyRule { .. } => {
            return traffic::write(clients, place, call).await;
        }
        Call::CreateTargetGroup(create) => target_groups::create(clients, region, create).await,
        Call::ModifyTargetGroupAttributes(modify) => {
            target_groups::set_attributes(clients, region, modify).await
        }
        Call::DeleteTargetGroup(delete) => target_groups::delete(clients, region, &delete.target_group).await,
        Call::StartInstanceRefresh(start) => refreshes::start(clients, region, start).await,
        Call::CancelInstanceRefresh(of) => refreshes::cancel(clients, region, of).await,
        Call::RollbackInstanceRefresh(of) => refreshes::roll_back(clients, region, of).await,
        Call::UpdateAutoScalingGroup(update) => groups::update(clients, region, update).await,
        Call::SetDesiredCapacity(set) => groups::set_desired(clients, region, set).await,
        Call::TerminateInstanceInAutoScalingGroup(end) => groups::terminate(clients, region, end).await,
        Call::EnterStandby(enter) => groups::enter_standby(clients, region, enter).await,
        Call::ExitStandby(exit) => groups::exit_standby(clients, region, exit).await,
        Call::DetachInstances(detach) => groups::detach(clients, region, detach).await,
        Call::CreateAutoScalingGroup(create) => standing::create(clients, region, create).await,
        Call::DeleteAutoScalingGroup(delete) => standing::delete(clients, region, delete).await,
        Call::CreateLaunchTemplateVersion(create) => templates::create(clients, region, create).await,
        Call::CreateTags(tags) => instances::tag(clients, region, tags).await,
        Call::TerminateInstances(end) => instances::terminate(clients, region, end).await,
        Call::TagImage(tags) => images::tag(clients, region, tags).await,
        Call::StartBuild(start) => builds::start(clients, region, start).await,
        Call::StopBuild(stop) => builds::stop(clients, region, stop).await,
    };
    done.map_err(|trouble| trouble.failure)
}

/// The receipt of a call that writes no actions.
pub(super) fn receipt(request_id: Option<&str>) -> Receipt {
    Receipt { request_id: request_id.map(Text::new), actions: Vec::new() }
}

#[cfg(test)]
mod tests;
