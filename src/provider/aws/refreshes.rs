//! Instance refreshes: started with exactly what the call says, stopped, taken back.
//!
//! A start has no client token: after a lost answer the group's newest refresh is looked up, never a second one sent.

use aws_sdk_autoscaling::types as sdk;
use aws_types::request_id::RequestId as _;

use super::factory::Clients;
use super::groups::specification;
use super::ids;
use super::operator::receipt;
use super::permissions::AUTO_SCALING;
use super::read::send;
use super::trouble::Trouble;
use crate::fleet::Region;
use crate::plan::{Desired, OfGroup, Preferences, Protected, Receipt, Standby, StartRefresh, Strategy};

/// Longest delay at a checkpoint and longest bake, in seconds [model].
const TWO_DAYS: i32 = 172_800;
/// Most alarms [model].
const ALARMS: usize = 10;
/// Most that the upper bound lies above the lower one [RefreshPreferences].
const SPREAD: i32 = 100;

/// Refuses what AWS would refuse, and what must not be sent though AWS might take it.
pub(super) fn check(start: &StartRefresh) -> Result<(), String> {
    ids::group(&start.group)?;
    match &start.desired {
        Desired::LaunchTemplate(number) => ids::version(number)?,
        Desired::MixedInstancesPolicy(_) => {
            return Err("flightdeck does not send a mixed-instances policy to AWS yet".into());
        }
    }
    let Preferences { min_healthy_percentage: min, max_healthy_percentage: max, .. } = start.preferences;
    if !(0..=100).contains(&min) || !(100..=200).contains(&max) || max - min > SPREAD {
        return Err(format!("healthy {min}–{max} % is not within 0–100 and 100–200, 100 apart at most"));
    }
    let preferences = &start.preferences;
    if preferences.instance_warmup.is_some_and(|seconds| seconds < 0) {
        return Err("a warm-up is not below 0 s".into());
    }
    let checkpoints = &preferences.checkpoint_percentages;
    if !checkpoints.iter().all(|at| (1..=100).contains(at)) || !checkpoints.is_sorted_by(|a, b| a < b) {
        return Err("checkpoints rise from 1 to 100 %".into());
    }
    let times = [preferences.checkpoint_delay, preferences.bake_time];
    if times.into_iter().flatten().any(|seconds| !(0..=TWO_DAYS).contains(&seconds)) {
        return Err(format!("a checkpoint's delay and a bake take 0–{TWO_DAYS} s"));
    }
    let alarms = preferences.alarm_specification.as_ref().map_or(0, |alarms| alarms.alarms.len());
    if alarms > ALARMS {
        return Err(format!("{alarms} alarms are more than {ALARMS}"));
    }
    Ok(())
}

/// Starts a refresh.
pub(super) async fn start(
    clients: &Clients,
    region: &Region,
    start: &StartRefresh,
) -> Result<Receipt, Trouble> {
    let strategy = match start.strategy {
        Strategy::Rolling => sdk::RefreshStrategy::Rolling,
    };
    let desired = sdk::DesiredConfiguration::builder()
        .set_launch_template(start.desired.template().map(specification))
        .build();
    let answer = send!(clients.autoscaling.start_instance_refresh()
        .auto_scaling_group_name(start.group.raw()).strategy(strategy).desired_configuration(desired)
        .preferences(preferences(&start.preferences)); AUTO_SCALING, "StartInstanceRefresh", region)?;
    Ok(receipt(answer.request_id()))
}

fn preferences(preferences: &Preferences) -> sdk::RefreshPreferences {
    let checkpoints = preferences.checkpoint_percentages.clone();
    let alarms = preferences.alarm_specification.as_ref().map(|alarms| {
        let names = alarms.alarms.iter().map(|name| name.raw().to_owned()).collect();
        sdk::AlarmSpecification::builder().set_alarms(Some(names)).build()
    });
    sdk::RefreshPreferences::builder()
        .min_healthy_percentage(preferences.min_healthy_percentage)
        .max_healthy_percentage(preferences.max_healthy_percentage)
        .set_instance_warmup(preferences.instance_warmup)
        .set_checkpoint_percentages((!checkpoints.is_empty()).then_some(checkpoints))
        .set_checkpoint_delay(preferences.checkpoint_delay)
        .set_bake_time(preferences.bake_time)
        .skip_matching(preferences.skip_matching)
        .auto_rollback(preferences.auto_rollback)
        .scale_in_protected_instances(match preferences.scale_in_protected_instances {
            Protected::Refresh => sdk::ScaleInProtectedInstances::Refresh,
            Protected::Ignore => sdk::ScaleInProtectedInstances::Ignore,
            Protected::Wait => sdk::ScaleInProtectedInstances::Wait,
        })
        .standby_instances(match preferences.standby_instances {
            Standby::Terminate => sdk::StandbyInstances::Terminate,
            Standby::Ignore => sdk::StandbyInstances::Ignore,
            Standby::Wait => sdk::StandbyInstances::Wait,
        })
        .set_alarm_specification(alarms)
        .build()
}

/// Stops the group's refresh, or its rollback, where it is.
pub(super) async fn cancel(clients: &Clients, region: &Region, of: &OfGroup) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.cancel_instance_refresh().auto_scaling_group_name(of.group.raw());
        AUTO_SCALING, "CancelInstanceRefresh", region)?;
    Ok(receipt(answer.request_id()))
}

/// Takes the group's refresh back.
pub(super) async fn roll_back(clients: &Clients, region: &Region, of: &OfGroup) -> Result<Receipt, Trouble> {
    let answer = send!(clients.autoscaling.rollback_instance_refresh()
        .auto_scaling_group_name(of.group.raw()); AUTO_SCALING, "RollbackInstanceRefresh", region)?;
    Ok(receipt(answer.request_id()))
}
