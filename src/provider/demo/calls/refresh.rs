//! Instance refreshes: what starting, cancelling and rolling back one refuses. How they run is in `refresh`.

use std::collections::BTreeMap;

use super::super::world::{GroupAt, Moment, Region, World};
use super::scaling::{fits, group, numbered};
use super::{Wrong, missing, wrong};
use crate::fleet::{
    AlarmState, LaunchSource, OverrideFact, RefreshStatus, Setting, TemplateId, TemplateRef, TemplateVersion,
    Text,
};
use crate::plan::{Desired, OfGroup, Preferences, StartRefresh};

/// Alarms of one refresh, at most [autoscaling: RefreshPreferences].
const MOST_ALARMS: usize = 10;
/// Between the two healthy bounds, at most [autoscaling: RefreshPreferences].
const WIDEST: i32 = 100;
/// A launch template version's image by this prefix follows a parameter.
const PARAMETER: &str = "resolve:ssm:";

pub(super) fn start(world: &mut World, region: usize, start: &StartRefresh, at: Moment) -> Result<(), Wrong> {
    let group_at = group(world, region, &start.group)?;
    check_bounds(&start.preferences)?;
    let here = &world.regions[region];
    let desired = match &start.desired {
        Desired::LaunchTemplate(number) => numbered(here, number)?,
        Desired::MixedInstancesPolicy(policy) => mixed(here, policy)?,
    };
    if start.preferences.auto_rollback
        && let Some(why) = irreversible(here, &world.group(group_at).fact.source, Some(&desired))
    {
        return wrong(format!("ValidationError: AutoRollback cannot be enabled: {why}"));
    }
    check_alarms(world, region, &start.preferences)?;
    if world.group(group_at).active_refresh().is_some() {
        return wrong(
            "InstanceRefreshInProgress: An Instance Refresh is already in progress and blocks the execution of this \
             Instance Refresh.",
        );
    }
    world.start_refresh(group_at, desired, start.preferences.clone(), at);
    Ok(())
}

pub(super) fn cancel(world: &mut World, region: usize, of: &OfGroup, at: Moment) -> Result<(), Wrong> {
    let group_at = to_steer(world, region, of, &[RefreshStatus::Cancelling])?;
    world.cancel_refresh(group_at, at);
    Ok(())
}

pub(super) fn roll_back(world: &mut World, region: usize, of: &OfGroup, at: Moment) -> Result<(), Wrong> {
    let beyond = [RefreshStatus::Cancelling, RefreshStatus::RollbackInProgress];
    let group_at = to_steer(world, region, of, &beyond)?;
    let group = world.group(group_at);
    let desired = group.active_refresh().and_then(|refresh| refresh.desired.as_ref());
    if let Some(why) = irreversible(&world.regions[region], &group.fact.source, desired) {
        let what = "The instance refresh cannot be rolled back:";
        return wrong(format!("IrreversibleInstanceRefresh: {what} {why}"));
    }
    world.roll_back_refresh(group_at, "A user request rolled the instance refresh back.", at);
    Ok(())
}

/// The group whose refresh is under way, and in none of these states.
fn to_steer(world: &World, region: usize, of: &OfGroup, beyond: &[RefreshStatus]) -> Result<GroupAt, Wrong> {
    let group_at = group(world, region, &of.group)?;
    match world.group(group_at).active_refresh() {
        Some(refresh) if !beyond.contains(&refresh.status) => Ok(group_at),
        _ => missing(format!(
            "ActiveInstanceRefreshNotFound: No in progress or pending Instance Refresh found for Auto Scaling group {}",
            of.group
        )),
    }
}

/// Ranges as AWS's model has them, both ends included.
fn check_bounds(preferences: &Preferences) -> Result<(), Wrong> {
    let (min, max) = (preferences.min_healthy_percentage, preferences.max_healthy_percentage);
    let most_seconds = 172_800;
    for (name, value, range) in [
        ("minHealthyPercentage", Some(min), 0..=100),
        ("maxHealthyPercentage", Some(max), 100..=200),
        ("instanceWarmup", preferences.instance_warmup, 0..=i32::MAX),
        ("checkpointDelay", preferences.checkpoint_delay, 0..=most_seconds),
        ("bakeTime", preferences.bake_time, 0..=most_seconds),
    ] {
        if let Some(value) = value.filter(|value| !range.contains(value)) {
            return wrong(format!(
                "ValidationError: Value '{value}' at '{name}' failed to satisfy constraint: Member must have value \
                 between {} and {}",
                range.start(),
                range.end()
            ));
        }
    }
    if max - min > WIDEST {
        return wrong(format!(
            "ValidationError: The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater \
             than {WIDEST}."
        ));
    }
    let points = &preferences.checkpoint_percentages;
    if points.is_empty() && preferences.checkpoint_delay.is_some() {
        return wrong(
            "ValidationError: CheckpointPercentages must be specified when CheckpointDelay is specified.",
        );
    }
    if !points.is_sorted_by(|a, b| a < b) || points.iter().any(|point| !(1..=100).contains(point)) {
        return wrong(
            "ValidationError: CheckpointPercentages must be unique, in ascending order and between 1 and 100.",
        );
    }
    Ok(())
}

/// Every alarm that is named has to be there, and OK.
fn check_alarms(world: &World, region: usize, preferences: &Preferences) -> Result<(), Wrong> {
    let names: Vec<&Text> =
        preferences.alarm_specification.iter().flat_map(|alarms| &alarms.alarms).collect();
    if names.len() > MOST_ALARMS {
        return wrong(format!("ValidationError: at most {MOST_ALARMS} alarms"));
    }
    let sight = world.sight(region);
    for name in names {
        let state = match sight.alarm_state(name) {
            AlarmState::Ok => continue,
            AlarmState::NotThere => {
                return wrong(format!(
                    "ValidationError: The following CloudWatch alarm does not exist: {name}"
                ));
            }
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData | AlarmState::Other(_) => "INSUFFICIENT_DATA",
        };
        return wrong(format!(
            "ValidationError: An instance refresh cannot start while the CloudWatch alarm {name} is in {state} state."
        ));
    }
    Ok(())
}

/// Why AWS could not roll back.
fn irreversible(
    region: &Region,
    saved: &LaunchSource,
    desired: Option<&LaunchSource>,
) -> Option<&'static str> {
    let Some(desired) = desired else { return Some("The instance refresh has no desired configuration.") };
    let templates = |source: &LaunchSource| match source {
        LaunchSource::Template(template) => vec![template.clone()],
        LaunchSource::Mixed { base, overrides } => {
            let own = overrides.iter().filter_map(|one| one.template.clone());
            std::iter::once(base.clone()).chain(own).collect()
        }
        LaunchSource::Configuration(_) | LaunchSource::Unknown => Vec::new(),
    };
    let by_parameter = |template: &TemplateRef| {
        let image = region.template(template).and_then(|version| version.image.as_ref());
        image.is_some_and(|image| image.raw().starts_with(PARAMETER))
    };
    let moves = |template: &TemplateRef| {
        !matches!(template.version, TemplateVersion::Number(_)) || by_parameter(template)
    };
    if templates(saved).iter().any(moves) {
        return Some(
            "The Auto Scaling group uses $Latest, $Default or an AMI from a Systems Manager parameter.",
        );
    }
    let by_it = templates(desired).iter().any(by_parameter);
    by_it.then_some("The desired configuration uses an AMI from a Systems Manager parameter.")
}

/// A mixed-instances policy in AWS's own shape.
fn mixed(region: &Region, policy: &Setting) -> Result<LaunchSource, Wrong> {
    let unformed = || wrong("ValidationError: not a mixed-instances policy with a launch template");
    let Some(template) = map(policy).and_then(|policy| map(policy.get("LaunchTemplate")?)) else {
        return unformed();
    };
    let Some(base) =
        template.get("LaunchTemplateSpecification").and_then(|named| specification(region, named))
    else {
        return unformed();
    };
    let overrides = match template.get("Overrides") {
        Some(Setting::List(list)) => list.as_slice(),
        _ => &[],
    };
    let text = |one: &BTreeMap<String, Setting>, key: &str| one.get(key).and_then(text);
    let overrides = overrides.iter().filter_map(map).map(|one| OverrideFact {
        instance_type: text(one, "InstanceType"),
        template: one.get("LaunchTemplateSpecification").and_then(|named| specification(region, named)),
        image: text(one, "ImageId"),
        weighted_capacity: text(one, "WeightedCapacity"),
    });
    let source = LaunchSource::Mixed { base, overrides: overrides.collect() };
    fits(region, &source)?;
    Ok(source)
}

fn map(setting: &Setting) -> Option<&BTreeMap<String, Setting>> {
    match setting {
        Setting::Map(map) => Some(map),
        _ => None,
    }
}

fn text(setting: &Setting) -> Option<Text> {
    match setting {
        Setting::Text(text) => Some(Text::new(text.raw())),
        Setting::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// A launch template as a policy names it, by id or by name.
fn specification(region: &Region, named: &Setting) -> Option<TemplateRef> {
    let named = map(named)?;
    let version = match named.get("Version").and_then(text) {
        None => TemplateVersion::Default,
        Some(word) => match word.raw() {
            "$Latest" => TemplateVersion::Latest,
            "$Default" => TemplateVersion::Default,
            number => TemplateVersion::Number(number.parse().ok()?),
        },
    };
    let name = named.get("LaunchTemplateName").and_then(text);
    let by_name = || {
        let mut firsts = region.templates.values().filter_map(|versions| versions.first());
        Some(firsts.find(|first| Some(&first.name) == name.as_ref())?.id.clone())
    };
    let id =
        named.get("LaunchTemplateId").and_then(text).map(|id| TemplateId::new(id.raw())).or_else(by_name)?;
    let name = region.templates.get(&id)?.first().map(|first| first.name.clone());
    Some(TemplateRef { id: Some(id), name, version })
}
