//! `refresh GROUP --image|--template-version`: the group's instances are replaced by AWS's own instance refresh, rolling,
//! to a numbered launch template version; of an image one is made first, from the whole data of the one that is wanted
//! now.
//!
//! Strict by default: never fewer healthy than wanted, launched before others end, the cluster's alarms, back by itself
//! where it fails. AWS goes back to what the group has saved, by number: where it names `$Latest` or `$Default`, or
//! already the version that is to come, it is first pinned to the version that its instances run.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Draft, Given, Kind, Move, Writes, waits};
use crate::fleet::{
    GroupName, ImageId, InstanceState, LaunchSource, ServerGroup, TemplateId, TemplateVersion, Verdict,
};
use crate::plan::resource::latest;
use crate::plan::{
    Alarms, Call, CreateTemplateVersion, Desired, Expected, GroupState, Knobs, Newest, OfGroup, Preferences,
    Protected, Reach, RefreshMark, RefreshTo, Refusal, Resource, Saved, Standby, StartRefresh, State,
    Strategy, TemplateChanges, TemplateNumber, TemplateState, UpdateGroup, nearest,
};

/// Fewest healthy instances where nothing else is said, in percent: never fewer than wanted.
const MIN_HEALTHY: i32 = 100;

/// Most healthy instances where nothing else is said, in percent.
const MAX_HEALTHY: i32 = 110;

/// The same for a group of one, which is replaced by a second one.
const MAX_HEALTHY_OF_ONE: i32 = 200;

/// Time in which a new instance is taken to start, in seconds, for the estimate.
const START: u64 = 120;

/// Warm-up where nothing is said, in seconds, for the estimate: the group's own is not read.
const WARMUP: u64 = 300;

/// AWS tries launches that fail for this long, in seconds.
const AWS_TRIES: u64 = 3_600;

/// Most alarms that AWS takes [model].
const MOST_ALARMS: usize = 10;

/// Longest time at a checkpoint and of a bake, in seconds [model].
const TWO_DAYS: i32 = 172_800;

/// Seconds at a checkpoint where nothing is said [autoscaling: RefreshPreferences].
const CHECKPOINT_DELAY: i32 = 3_600;

pub(super) fn draft<'a>(
    given: Given<'a>,
    name: &GroupName,
    to: &RefreshTo,
    knobs: &Knobs,
) -> Result<Draft<'a>, Refusal> {
    let group = known(given, name)?;
    let wants = launches_from(given, group)?;
    fitting(knobs)?;
    let mut notes = Vec::new();
    let mut moves = Vec::new();
    let target = match to {
        RefreshTo::Version(number) => existing(given, &wants, *number)?,
        RefreshTo::Image(image) if wants.image.as_ref() == Some(image) => wants.saved.clone(),
        RefreshTo::Image(_) => TemplateNumber { version: next(given, &wants)?, ..wants.saved.clone() },
    };
    let base = base(given, group, &wants, &target);
    let pins = knobs.pin.unwrap_or(true) && base.as_ref().is_some_and(|base| wants.number() != Some(base));
    let mut state = GroupState { refresh: newest(group), ..GroupState::default() };
    state.saved = Some(Saved::of(&group.source));
    if let Some(base) = base.as_ref().filter(|_| pins) {
        moves.push(Move {
            does: format!("pin {name} to {} version {}, which its instances run", base.id, base.version),
            writes: Writes::Call {
                call: Box::new(Call::UpdateAutoScalingGroup(UpdateGroup {
                    group: name.clone(),
                    min: None,
                    max: None,
                    desired: None,
                    template: Some(base.clone()),
                })),
                expects: Expected {
                    resource: Resource::Group(name.clone()),
                    state: State::Group(state.clone()),
                },
                undo: None,
            },
            waits: Vec::new(),
        });
        notes.push(format!(
            "{name} launches from {} now: it is pinned to a number first, as AWS goes back to nothing else",
            wants.words
        ));
        state.saved = Some(Saved::Template(base.clone()));
    }
    if let RefreshTo::Image(image) = to
        && target.version != wants.saved.version
    {
        moves.push(new_version(given, &wants, image, &target)?);
    }
    let way_back = way_back(given, &wants, &target, state.saved.as_ref());
    if let Err(why) = &way_back {
        notes.push(format!("AWS cannot take it back: {why}; an abort stops it where it is"));
    }
    if let Some(wrong) = wants.image.as_ref().filter(|_| wants.by_parameter) {
        notes.push(format!("the saved version follows a parameter, which gives {wrong} today"));
    }
    let of = OfGroup { group: name.clone() };
    let undo = match way_back {
        Ok(()) => Call::RollbackInstanceRefresh(of),
        Err(_) => Call::CancelInstanceRefresh(of),
    };
    let preferences = preferences(given, group, knobs, matches!(undo, Call::RollbackInstanceRefresh(_)))?;
    let seconds = estimate(group, &preferences);
    moves.push(Move {
        does: format!("refresh {name} to {} version {}", target.id, target.version),
        writes: Writes::Call {
            call: Box::new(Call::StartInstanceRefresh(Box::new(StartRefresh {
                group: name.clone(),
                strategy: Strategy::Rolling,
                desired: Desired::LaunchTemplate(target),
                preferences: preferences.clone(),
            }))),
            expects: Expected { resource: Resource::Group(name.clone()), state: State::Group(state) },
            undo: Some(Box::new(undo.clone())),
        },
        waits: vec![waits::refreshed(name, seconds.saturating_mul(2).saturating_add(AWS_TRIES))],
    });
    notes.extend(set_aside(group, &preferences));
    Ok(Draft {
        source: None,
        group: Some(group),
        kind: Kind::Replace,
        first: Vec::new(),
        moves,
        back: Some(undo),
        phrase: "refresh".into(),
        notes,
        reach: Some(Reach {
            instances: group.instances.len(),
            percent: 0.0,
            lowest_healthy: lowest(group, &preferences),
            seconds,
            before: None,
        }),
    })
}

/// What a group launches from now.
struct Launches {
    /// The version by its number, also where the group does not name it by one.
    saved: TemplateNumber,
    /// Whether the group itself names the number.
    by_number: bool,
    /// As the group names it.
    words: String,
    /// The image it gives, where that is known.
    image: Option<ImageId>,
    /// Whether the image follows an SSM parameter.
    by_parameter: bool,
}

impl Launches {
    fn number(&self) -> Option<&TemplateNumber> {
        self.by_number.then_some(&self.saved)
    }
}

fn known<'a>(given: Given<'a>, name: &GroupName) -> Result<&'a ServerGroup, Refusal> {
    let cluster = given.cluster;
    cluster.group(name).map(|group| &**group).ok_or_else(|| {
        let names = cluster.groups.iter().map(|group| group.id.name.to_string());
        Refusal::new(
            format!("{} has no group {name}", cluster.id.name),
            nearest::remedy(&name.to_string(), names, "its groups are"),
        )
    })
}

fn launches_from(given: Given<'_>, group: &ServerGroup) -> Result<Launches, Refusal> {
    let name = &group.id.name;
    let refuse = |why: String, remedy: &str| Err(Refusal::new(why, remedy));
    let template = match &group.source {
        LaunchSource::Template(template) => template,
        LaunchSource::Mixed { .. } => {
            return refuse(
                format!("{name} launches by a mixed-instances policy"),
                "for now flightdeck refreshes groups of one launch template: use the AWS console for this one",
            );
        }
        LaunchSource::Configuration(old) => {
            return refuse(
                format!(
                    "{name} launches from the old launch configuration {old}, and has no launch template"
                ),
                "give the group a launch template first",
            );
        }
        LaunchSource::Unknown => {
            return refuse(format!("what {name} launches from is not known"), "observe again");
        }
    };
    let wanted = group.wants.first();
    let number = match (&template.version, wanted.map(|wanted| &wanted.source)) {
        (TemplateVersion::Number(number), _) => Some(*number),
        (_, Some(crate::fleet::WantedSource::Template { number, .. })) => *number,
        _ => None,
    };
    let (Some(id), Some(version)) = (&template.id, number) else {
        return refuse(
            format!("which launch template version {name} launches from could not be read"),
            "observe again, with the permission ec2:DescribeLaunchTemplateVersions",
        );
    };
    let by_number = matches!(template.version, TemplateVersion::Number(_));
    let words = match template.version {
        TemplateVersion::Latest => format!("{id} $Latest, which is version {version}"),
        TemplateVersion::Default => format!("{id} $Default, which is version {version}"),
        TemplateVersion::Number(_) => format!("{id} version {version}"),
    };
    let saved = TemplateNumber { id: id.clone(), version };
    let place = &given.cluster.id.place;
    let resolved = given.fleet.template(place, id, version).and_then(|fact| fact.resolved_image.clone());
    let image = wanted.and_then(|wanted| wanted.image.clone()).or(resolved);
    let by_parameter = wanted.is_some_and(|wanted| wanted.by_parameter);
    Ok(Launches { saved, by_number, words, image, by_parameter })
}

/// # Errors
/// A bound that AWS does not take [autoscaling: RefreshPreferences].
fn fitting(knobs: &Knobs) -> Result<(), Refusal> {
    let within = |name: &str, value: Option<i32>, least: i32, most: i32| match value {
        Some(value) if !(least..=most).contains(&value) => {
            Err(Refusal::new(format!("{name} is {value}"), format!("it is a number from {least} to {most}")))
        }
        _ => Ok(()),
    };
    within("the lowest share of healthy instances", knobs.min_healthy, 0, 100)?;
    within("the highest share of healthy instances", knobs.max_healthy, 100, 200)?;
    within("the warm-up", knobs.warmup, 0, i32::MAX)?;
    within("the time at a checkpoint", knobs.checkpoint_delay, 0, TWO_DAYS)?;
    within("the bake time", knobs.bake, 0, TWO_DAYS)?;
    let ascending = knobs.checkpoints.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascending || knobs.checkpoints.iter().any(|share| !(1..=100).contains(share)) {
        return Err(Refusal::new(
            "checkpoints are shares from 1 to 100, each larger than the one before",
            "for example 25, 50, 100",
        ));
    }
    if let (Some(min), Some(max)) = (knobs.min_healthy, knobs.max_healthy)
        && max - min > 100
    {
        return Err(Refusal::new(
            format!("between {min} and {max} % lie more than 100"),
            "AWS takes bounds that are at most 100 apart",
        ));
    }
    Ok(())
}

/// A version that was asked for, where it is there.
fn existing(given: Given<'_>, wants: &Launches, number: i64) -> Result<TemplateNumber, Refusal> {
    let id = &wants.saved.id;
    let place = &given.cluster.id.place;
    let newest = latest(given.fleet, place, id);
    let known = given.fleet.template(place, id, number).is_some();
    if number < 1 || (!known && newest.is_some_and(|newest| number > newest)) {
        let newest = newest.map_or_else(|| "is not known".into(), |newest| format!("is {newest}"));
        return Err(Refusal::new(
            format!("{id} has no version {number}"),
            format!("its newest version {newest}"),
        ));
    }
    Ok(TemplateNumber { id: id.clone(), version: number })
}

/// The number that a new version will have.
fn next(given: Given<'_>, wants: &Launches) -> Result<i64, Refusal> {
    let newest = latest(given.fleet, &given.cluster.id.place, &wants.saved.id);
    newest.map(|newest| newest + 1).ok_or_else(|| {
        Refusal::new(
            format!("the newest version of {} could not be read", wants.saved.id),
            "observe again, with the permission ec2:DescribeLaunchTemplateVersions",
        )
    })
}

/// The version to go back to: the one most instances run, where the group's own leads back to nothing.
fn base(
    given: Given<'_>,
    group: &ServerGroup,
    wants: &Launches,
    target: &TemplateNumber,
) -> Option<TemplateNumber> {
    let leads_back = wants.by_number && wants.saved != *target;
    if leads_back {
        return Some(wants.saved.clone());
    }
    let mut run: BTreeMap<i64, usize> = BTreeMap::new();
    for instance in &group.instances {
        let from = instance.launched_from.as_ref().filter(|from| from.id.as_ref() == Some(&wants.saved.id));
        if let Some(TemplateVersion::Number(number)) = from.map(|from| &from.version) {
            *run.entry(*number).or_default() += 1;
        }
    }
    let place = &given.cluster.id.place;
    let most =
        run.into_iter().filter(|(number, _)| *number != target.version).max_by_key(|(_, count)| *count);
    let version = most.map(|(number, _)| number);
    let version = version.filter(|number| given.fleet.template(place, &wants.saved.id, *number).is_some());
    let other = version.or((wants.saved != *target).then_some(wants.saved.version))?;
    Some(TemplateNumber { id: wants.saved.id.clone(), version: other })
}

/// Whether AWS can take the refresh back, by what the group will have saved [autoscaling: RollbackInstanceRefresh].
fn way_back(
    given: Given<'_>,
    wants: &Launches,
    target: &TemplateNumber,
    saved: Option<&Saved>,
) -> Result<(), String> {
    let Some(Saved::Template(saved)) = saved else {
        return Err(format!("the group is not pinned to a number, it launches from {}", wants.words));
    };
    if saved == target {
        return Err("the group has saved the very version it is refreshed to".into());
    }
    let fact = given.fleet.template(&given.cluster.id.place, &saved.id, saved.version);
    let image = fact.and_then(|fact| fact.image.as_ref());
    if image.is_some_and(|image| image.raw().starts_with("resolve:ssm:")) {
        return Err(format!("version {} follows an SSM parameter", saved.version));
    }
    Ok(())
}

/// Makes the version of an image.
fn new_version(
    given: Given<'_>,
    wants: &Launches,
    image: &ImageId,
    target: &TemplateNumber,
) -> Result<Move, Refusal> {
    let TemplateNumber { id, version: source } = &wants.saved;
    let token = token(id, *source, image, target.version);
    let call = Call::CreateLaunchTemplateVersion(CreateTemplateVersion {
        template: id.clone(),
        source: *source,
        description: format!("flightdeck: {image}, else as version {source} ({token})").into(),
        changes: TemplateChanges { image: Some(image.raw().into()), instance_type: None },
        token: token.into(),
    });
    let latest = next(given, wants)? - 1;
    Ok(Move {
        does: format!("make {id} version {} as version {source}, with {image}", target.version),
        writes: Writes::Call {
            call: Box::new(call),
            expects: Expected {
                resource: Resource::Template(id.clone()),
                state: State::Template(TemplateState { latest, descriptions: BTreeMap::new() }),
            },
            undo: None,
        },
        waits: Vec::new(),
    })
}

/// The same for the same version of the same template only, so that no answer that is lost makes two.
fn token(template: &TemplateId, source: i64, image: &ImageId, number: i64) -> String {
    use std::fmt::Write as _;
    /// Characters of a token: enough to be one of its kind, and short in a description.
    const LENGTH: usize = 20;
    let text = format!("{} {source} {} {number}", template.raw(), image.raw());
    let mut hex = Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    });
    hex.truncate(LENGTH);
    hex
}

/// What AWS knows of the newest refresh, as far as a look tells it.
fn newest(group: &ServerGroup) -> Option<Newest> {
    let newest = group.refresh.as_ref().or(group.last_refresh.as_ref());
    let mark = newest.map(|refresh| Newest::Refresh(RefreshMark::of(refresh.fact.id.clone())));
    mark.or_else(|| group.refreshes_known.then_some(Newest::None))
}

fn preferences(
    given: Given<'_>,
    group: &ServerGroup,
    knobs: &Knobs,
    leads_back: bool,
) -> Result<Preferences, Refusal> {
    let alarms = given.policy.alarms(&given.cluster.id);
    if alarms.len() > MOST_ALARMS {
        return Err(Refusal::new(
            format!("the configuration names {} alarms of this cluster", alarms.len()),
            format!("AWS watches at most {MOST_ALARMS} during a refresh: join some in a composite alarm"),
        ));
    }
    if knobs.auto_rollback == Some(true) && !leads_back {
        return Err(Refusal::new(
            "AWS refuses a refresh that is to go back by itself and has nothing to go back to",
            "let the group be pinned first, or leave out going back by itself",
        ));
    }
    let min = knobs.min_healthy.unwrap_or(MIN_HEALTHY);
    let usual = if group.desired <= 1 { MAX_HEALTHY_OF_ONE } else { MAX_HEALTHY };
    let mut checkpoints = knobs.checkpoints.clone();
    if checkpoints.last().is_some_and(|last| *last < 100) {
        checkpoints.push(100);
    }
    Ok(Preferences {
        min_healthy_percentage: min,
        max_healthy_percentage: knobs.max_healthy.unwrap_or(usual.min(min + 100)),
        instance_warmup: knobs.warmup,
        checkpoint_delay: (!checkpoints.is_empty())
            .then(|| knobs.checkpoint_delay.unwrap_or(CHECKPOINT_DELAY)),
        checkpoint_percentages: checkpoints,
        bake_time: knobs.bake,
        skip_matching: knobs.skip_matching.unwrap_or(true),
        auto_rollback: knobs.auto_rollback.unwrap_or(leads_back),
        scale_in_protected_instances: knobs.protected.unwrap_or(Protected::Ignore),
        standby_instances: knobs.standby.unwrap_or(Standby::Ignore),
        alarm_specification: (!alarms.is_empty()).then(|| Alarms { alarms: alarms.to_vec() }),
    })
}

/// Seconds it takes if all goes well: batches of as many as may be missing or too many, each started and warm.
fn estimate(group: &ServerGroup, preferences: &Preferences) -> u64 {
    let positive = |number: i32| u64::try_from(number).unwrap_or(0);
    let count = u64::try_from(group.instances.len()).unwrap_or(u64::MAX);
    let spread = positive(preferences.max_healthy_percentage - preferences.min_healthy_percentage);
    let batch = (count.saturating_mul(spread) / 100).max(1);
    let warmup = preferences.instance_warmup.map_or(WARMUP, positive);
    let stops = preferences.checkpoint_percentages.iter().filter(|share| **share < 100).count() as u64;
    let delay = preferences.checkpoint_delay.map_or(0, positive);
    count.div_ceil(batch) * (START + warmup) + stops * delay + preferences.bake_time.map_or(0, positive)
}

/// Fewest healthy instances on the way; `None` where the health of one is not known.
fn lowest(group: &ServerGroup, preferences: &Preferences) -> Option<usize> {
    let verdicts = group.instances.iter().map(|instance| instance.health.verdict());
    if verdicts.clone().any(|verdict| verdict == Verdict::Unknown) {
        return None;
    }
    let running = |state: &Option<InstanceState>| *state == Some(InstanceState::Running);
    let healthy = group
        .instances
        .iter()
        .filter(|instance| running(&instance.state) && instance.health.verdict() == Verdict::Healthy)
        .count();
    let min = usize::try_from(preferences.min_healthy_percentage).unwrap_or(0);
    Some((healthy * min).div_ceil(100))
}

/// Instances that the refresh leaves alone, or does not.
fn set_aside(group: &ServerGroup, preferences: &Preferences) -> Vec<String> {
    let members = || group.instances.iter().filter_map(|instance| instance.membership.as_ref());
    let protected = members().filter(|member| member.protected).count();
    let standby = members().filter(|member| member.lifecycle.raw() == "Standby").count();
    let mut notes = Vec::new();
    if protected > 0 {
        notes.push(match preferences.scale_in_protected_instances {
            Protected::Ignore => format!("{protected} protected from scale-in stay as they are"),
            Protected::Refresh => format!("{protected} protected from scale-in are replaced too"),
            Protected::Wait => {
                format!("AWS waits an hour for {protected} protected from scale-in, then fails")
            }
        });
    }
    if standby > 0 {
        notes.push(match preferences.standby_instances {
            Standby::Ignore => format!("{standby} in standby stay as they are"),
            Standby::Terminate => format!("{standby} in standby are ended"),
            Standby::Wait => format!("AWS waits an hour for {standby} in standby, then fails"),
        });
    }
    notes
}
