//! Auto Scaling: groups with their members, instance refreshes, scaling policies and scheduled actions, old launch
//! configurations.

use aws_sdk_autoscaling::types as sdk;

use super::{Page, send, text, time};
use crate::fleet::{
    GroupFact, GroupName, LaunchConfigurationFact, LaunchSource, MemberFact, OverrideFact, PolicyFact,
    PolicyKind, RefreshFact, RefreshStatus, Region, ScheduleFact, SubnetId, TargetGroupArn, TemplateRef,
    TemplateVersion, Text, Zone,
};
use crate::provider::aws::factory::Clients;
use crate::provider::aws::permissions::AUTO_SCALING;
use crate::provider::aws::trouble::Trouble;

/// Most groups, refreshes, policies, scheduled actions and configurations a page [autoscaling].
const PAGE: i32 = 100;

/// Groups with all their members, all of them or some by name.
pub(crate) async fn groups(
    clients: &Clients,
    region: &Region,
    names: Option<&[GroupName]>,
    token: Option<String>,
) -> Result<Page<GroupFact>, Trouble> {
    let names = names.map(|names| names.iter().map(|name| name.raw().to_owned()).collect());
    let answer = send!(clients.autoscaling.describe_auto_scaling_groups()
        .set_auto_scaling_group_names(names).max_records(PAGE).set_next_token(token);
        AUTO_SCALING, "DescribeAutoScalingGroups", region)?;
    Ok(Page::of(answer.auto_scaling_groups().iter().map(group), answer.next_token()))
}

/// Instance refreshes of one group, the newest first.
pub(crate) async fn refreshes(
    clients: &Clients,
    region: &Region,
    group: &GroupName,
    token: Option<String>,
) -> Result<Page<RefreshFact>, Trouble> {
    let answer = send!(clients.autoscaling.describe_instance_refreshes()
        .auto_scaling_group_name(group.raw()).max_records(PAGE).set_next_token(token);
        AUTO_SCALING, "DescribeInstanceRefreshes", region)?;
    Ok(Page::of(answer.instance_refreshes().iter().map(refresh), answer.next_token()))
}

/// Scaling policies of all groups.
pub(crate) async fn policies(
    clients: &Clients,
    region: &Region,
    token: Option<String>,
) -> Result<Page<PolicyFact>, Trouble> {
    let answer = send!(clients.autoscaling.describe_policies().max_records(PAGE).set_next_token(token);
        AUTO_SCALING, "DescribePolicies", region)?;
    Ok(Page::of(answer.scaling_policies().iter().map(policy), answer.next_token()))
}

/// Scheduled actions of all groups that have not run for the last time.
pub(crate) async fn schedules(
    clients: &Clients,
    region: &Region,
    token: Option<String>,
) -> Result<Page<ScheduleFact>, Trouble> {
    let answer = send!(clients.autoscaling.describe_scheduled_actions().max_records(PAGE)
        .set_next_token(token);
        AUTO_SCALING, "DescribeScheduledActions", region)?;
    Ok(Page::of(answer.scheduled_update_group_actions().iter().map(schedule), answer.next_token()))
}

/// Launch configurations by name (at most 50).
pub(crate) async fn configurations(
    clients: &Clients,
    region: &Region,
    names: &[Text],
    token: Option<String>,
) -> Result<Page<(Text, LaunchConfigurationFact)>, Trouble> {
    let names = names.iter().map(|name| name.raw().to_owned()).collect();
    let answer = send!(clients.autoscaling.describe_launch_configurations()
        .set_launch_configuration_names(Some(names)).max_records(PAGE).set_next_token(token);
        AUTO_SCALING, "DescribeLaunchConfigurations", region)?;
    let all = answer.launch_configurations().iter().map(|found| {
        let fact = LaunchConfigurationFact {
            image: found.image_id().filter(|image| !image.is_empty()).map(Into::into),
            instance_type: text(found.instance_type()),
        };
        Some((found.launch_configuration_name()?.into(), fact))
    });
    Ok(Page::of(all, answer.next_token()))
}

fn group(group: &sdk::AutoScalingGroup) -> Option<GroupFact> {
    Some(GroupFact {
        name: group.auto_scaling_group_name()?.into(),
        min: group.min_size()?,
        desired: group.desired_capacity()?,
        max: group.max_size()?,
        capacity_type: text(group.desired_capacity_type()),
        zones: group.availability_zones().iter().map(Zone::new).collect(),
        subnets: subnets(group.vpc_zone_identifier()),
        source: source(group),
        target_groups: attached(group),
        members: group.instances().iter().filter_map(member).collect(),
        suspended: group.suspended_processes().iter().filter_map(|p| text(p.process_name())).collect(),
        status: text(group.status()),
        operator: text(group.operator().and_then(|operator| operator.principal())),
        created_at: time(group.created_time()),
        tags: group
            .tags()
            .iter()
            .filter_map(|tag| Some((tag.key()?.into(), tag.value().unwrap_or_default().into())))
            .collect(),
    })
}

/// Subnets as AWS lists them, with commas between.
fn subnets(listed: Option<&str>) -> Vec<SubnetId> {
    listed.unwrap_or_default().split(',').map(str::trim).filter(|id| !id.is_empty()).map(Into::into).collect()
}

/// Target groups attached to a group, whichever of the two ways they were attached by.
fn attached(group: &sdk::AutoScalingGroup) -> Vec<TargetGroupArn> {
    let sources = group.traffic_sources().iter().filter_map(|source| source.identifier());
    let mut attached: Vec<TargetGroupArn> = Vec::new();
    for arn in group.target_group_arns().iter().map(String::as_str).chain(sources) {
        let arn = arn.into();
        if is_target_group(&arn) && !attached.contains(&arn) {
            attached.push(arn);
        }
    }
    attached
}

fn is_target_group(arn: &TargetGroupArn) -> bool {
    arn.raw().contains(":targetgroup/")
}

fn source(group: &sdk::AutoScalingGroup) -> LaunchSource {
    if let Some(policy) = group.mixed_instances_policy() {
        mixed(policy)
    } else if let Some(template) = group.launch_template() {
        template_ref(template).map_or(LaunchSource::Unknown, LaunchSource::Template)
    } else {
        text(group.launch_configuration_name()).map_or(LaunchSource::Unknown, LaunchSource::Configuration)
    }
}

fn mixed(policy: &sdk::MixedInstancesPolicy) -> LaunchSource {
    let launch = policy.launch_template();
    let base = launch.and_then(|launch| launch.launch_template_specification()).and_then(template_ref);
    let Some(base) = base else { return LaunchSource::Unknown };
    let overrides = launch.map_or(&[][..], |launch| launch.overrides());
    LaunchSource::Mixed {
        base,
        overrides: overrides
            .iter()
            .map(|entry| OverrideFact {
                instance_type: text(entry.instance_type()),
                template: entry.launch_template_specification().and_then(template_ref),
                image: text(entry.image_id()),
                weighted_capacity: text(entry.weighted_capacity()),
            })
            .collect(),
    }
}

/// A template as it is named; `None` where its version is neither a number nor a word we know.
fn template_ref(template: &sdk::LaunchTemplateSpecification) -> Option<TemplateRef> {
    let version = match template.version() {
        None | Some("" | "$Default") => TemplateVersion::Default,
        Some("$Latest") => TemplateVersion::Latest,
        Some(number) => TemplateVersion::Number(number.parse().ok()?),
    };
    Some(TemplateRef {
        id: template.launch_template_id().map(Into::into),
        name: text(template.launch_template_name()),
        version,
    })
}

fn member(member: &sdk::Instance) -> Option<MemberFact> {
    Some(MemberFact {
        id: member.instance_id()?.into(),
        zone: member.availability_zone().map(Into::into),
        lifecycle: member.lifecycle_state().map_or("unknown", sdk::LifecycleState::as_str).into(),
        health: member.health_status().unwrap_or("unknown").into(),
        protected: member.protected_from_scale_in() == Some(true),
        image: member.image_id().filter(|image| !image.is_empty()).map(Into::into),
        template: member.launch_template().and_then(template_ref),
        instance_type: text(member.instance_type()),
        weighted_capacity: text(member.weighted_capacity()),
    })
}

fn refresh(refresh: &sdk::InstanceRefresh) -> Option<RefreshFact> {
    Some(RefreshFact {
        id: refresh.instance_refresh_id()?.into(),
        status: status(refresh.status()),
        reason: text(refresh.status_reason()),
        percent: refresh.percentage_complete(),
        to_update: refresh.instances_to_update(),
        started_at: time(refresh.start_time()),
        ended_at: time(refresh.end_time()),
        desired: refresh.desired_configuration().and_then(|desired| {
            match (desired.mixed_instances_policy(), desired.launch_template()) {
                (Some(policy), _) => Some(mixed(policy)),
                (None, template) => {
                    Some(template_ref(template?).map_or(LaunchSource::Unknown, LaunchSource::Template))
                }
            }
        }),
    })
}

fn policy(policy: &sdk::ScalingPolicy) -> Option<PolicyFact> {
    let tracking = policy.target_tracking_configuration();
    let predefined = tracking.and_then(|tracking| tracking.predefined_metric_specification());
    let predefined = predefined.and_then(|metric| metric.predefined_metric_type());
    let own = tracking.and_then(|tracking| tracking.customized_metric_specification());
    let forecast = policy.predictive_scaling_configuration();
    let only_forecasts = forecast
        .is_some_and(|forecast| forecast.mode() != Some(&sdk::PredictiveScalingMode::ForecastAndScale));
    Some(PolicyFact {
        group: policy.auto_scaling_group_name()?.into(),
        name: policy.policy_name()?.into(),
        kind: match policy.policy_type() {
            Some("TargetTrackingScaling") => PolicyKind::TargetTracking,
            Some("StepScaling") => PolicyKind::Step,
            Some("SimpleScaling") | None => PolicyKind::Simple,
            Some("PredictiveScaling") => PolicyKind::Predictive,
            Some(other) => PolicyKind::Other(other.into()),
        },
        metric: text(predefined.map(sdk::MetricType::as_str).or_else(|| own?.metric_name())),
        target: tracking.and_then(sdk::TargetTrackingConfiguration::target_value),
        alarms: policy.alarms().iter().filter_map(|alarm| text(alarm.alarm_name())).collect(),
        acts: policy.enabled() != Some(false) && !only_forecasts,
    })
}

fn schedule(action: &sdk::ScheduledUpdateGroupAction) -> Option<ScheduleFact> {
    Some(ScheduleFact {
        group: action.auto_scaling_group_name()?.into(),
        name: action.scheduled_action_name()?.into(),
        recurrence: text(action.recurrence()),
        time_zone: text(action.time_zone()),
        starts_at: time(action.start_time().or_else(|| action.time())),
        min: action.min_size(),
        desired: action.desired_capacity(),
        max: action.max_size(),
    })
}

fn status(status: Option<&sdk::InstanceRefreshStatus>) -> RefreshStatus {
    use sdk::InstanceRefreshStatus as Word;
    match status {
        Some(Word::Pending) => RefreshStatus::Pending,
        Some(Word::InProgress) => RefreshStatus::InProgress,
        Some(Word::Baking) => RefreshStatus::Baking,
        Some(Word::Successful) => RefreshStatus::Successful,
        Some(Word::Failed) => RefreshStatus::Failed,
        Some(Word::Cancelling) => RefreshStatus::Cancelling,
        Some(Word::Cancelled) => RefreshStatus::Cancelled,
        Some(Word::RollbackInProgress) => RefreshStatus::RollbackInProgress,
        Some(Word::RollbackFailed) => RefreshStatus::RollbackFailed,
        Some(Word::RollbackSuccessful) => RefreshStatus::RollbackSuccessful,
        Some(other) => RefreshStatus::Other(other.as_str().into()),
        None => RefreshStatus::Other("unknown".into()),
    }
}
