//! `refresh GROUP --image|--template-version`: the group's instances are replaced by AWS's own instance refresh, rolling,
//! to a numbered launch template version; of an image or an instance type one is made first, from the whole data of the
//! one that is wanted now.
//!
//! Strict by default: never fewer healthy than wanted, launched before others end, the cluster's alarms, back by itself
//! where it fails. AWS goes back to what the group has saved, by number: where it names `$Latest` or `$Default`, or
//! already the version that is to come, it is first pinned to the version that its instances run.

mod knobs;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Draft, Given, Kind, Move, Writes, waits};
use crate::fleet::{GroupName, ImageId, LaunchSource, ServerGroup, TemplateId, TemplateVersion, Text};
use crate::plan::half::versions;
use crate::plan::resource::latest;
use crate::plan::{
    Call, CreateTemplateVersion, Desired, Expected, GroupState, Knobs, Newest, OfGroup, Reach, RefreshMark,
    RefreshTo, Refusal, Resource, Saved, StartRefresh, State, Strategy, TemplateChanges, TemplateNumber,
    TemplateState, UpdateGroup, nearest,
};
use knobs::{estimate, fitting, in_words, lowest, preferences, reached, set_aside};

/// AWS tries launches that fail for this long, in seconds.
const AWS_TRIES: u64 = 3_600;

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
        RefreshTo::Type(wanted) => {
            other_type(given, &wants, wanted)?;
            notes.push(format!(
                "whether {wanted} is to be had in the zones of {name} is not read: AWS tries launches that fail for an hour"
            ));
            TemplateNumber { version: next(given, &wants)?, ..wants.saved.clone() }
        }
        RefreshTo::Image(_) => TemplateNumber { version: next(given, &wants)?, ..wants.saved.clone() },
    };
    let base = base(given, group, &wants, &target);
    let pins = knobs.pin.unwrap_or(true) && base.as_ref().is_some_and(|base| wants.number() != Some(base));
    let mut state = GroupState { refresh: newest(group), ..GroupState::default() };
    state.saved = Some(Saved::of(&group.source));
    if let Some(base) = base.as_ref().filter(|_| pins) {
        moves.push(pin(name, base, &state));
        notes.push(format!(
            "{name} launches from {} now: it is pinned to a number first, as AWS goes back to nothing else",
            wants.words
        ));
        state.saved = Some(Saved::Template(base.clone()));
    }
    let changes = match to {
        RefreshTo::Image(image) if target != wants.saved => TemplateChanges::to_image(image),
        RefreshTo::Type(wanted) => TemplateChanges { image: None, instance_type: Some(wanted.clone()) },
        RefreshTo::Image(_) | RefreshTo::Version(_) => TemplateChanges::default(),
    };
    if changes != TemplateChanges::default() {
        moves.push(new_version(given, &wants, changes, &target)?);
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
    notes.push(in_words(&preferences));
    notes.extend(set_aside(group, &preferences));
    Ok(Draft {
        source: None,
        group: Some(group),
        kind: Kind::Replace,
        first: Vec::new(),
        moves,
        back: Some(undo),
        phrase: match to {
            RefreshTo::Type(wanted) => wanted.to_string(),
            RefreshTo::Image(_) | RefreshTo::Version(_) => "refresh".into(),
        },
        notes,
        reach: Some(Reach {
            instances: reached(group, &preferences),
            percent: 0.0,
            lowest_healthy: lowest(group, &preferences),
            seconds,
            before: None,
        }),
    })
}

/// What a group launches from now.
pub(super) struct Launches {
    /// The version by its number, also where the group does not name it by one.
    pub saved: TemplateNumber,
    /// Whether the group itself names the number.
    by_number: bool,
    /// As the group names it.
    words: String,
    /// The image it gives, where that is known.
    pub image: Option<ImageId>,
    /// Whether the image follows an SSM parameter.
    pub by_parameter: bool,
}

impl Launches {
    /// The version, where the group itself names it by its number.
    pub fn number(&self) -> Option<&TemplateNumber> {
        self.by_number.then_some(&self.saved)
    }
}

pub(super) fn known<'a>(given: Given<'a>, name: &GroupName) -> Result<&'a ServerGroup, Refusal> {
    let cluster = given.cluster;
    cluster.group(name).map(|group| &**group).ok_or_else(|| {
        let names = cluster.groups.iter().map(|group| group.id.name.to_string());
        Refusal::new(
            format!("{} has no group {name}", cluster.id.name),
            nearest::remedy(&name.to_string(), names, "its groups are"),
        )
    })
}

pub(super) fn launches_from(given: Given<'_>, group: &ServerGroup) -> Result<Launches, Refusal> {
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

/// Lets a group launch from a version by its number, so that AWS can go back to it.
fn pin(name: &GroupName, base: &TemplateNumber, state: &GroupState) -> Move {
    Move {
        does: format!("pin {name} to {} version {}, which it is to go back to", base.id, base.version),
        writes: Writes::Call {
            call: Box::new(Call::UpdateAutoScalingGroup(UpdateGroup {
                group: name.clone(),
                min: None,
                max: None,
                desired: None,
                template: Some(base.clone()),
                subnets: None,
            })),
            expects: Expected { resource: Resource::Group(name.clone()), state: State::Group(state.clone()) },
            undo: None,
        },
        waits: Vec::new(),
    }
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
pub(super) fn next(given: Given<'_>, wants: &Launches) -> Result<i64, Refusal> {
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
    let run = versions(group, &wants.saved.id);
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

/// # Errors
/// What was asked for is no instance type, or the one that is launched already.
fn other_type(given: Given<'_>, wants: &Launches, wanted: &Text) -> Result<(), Refusal> {
    let TemplateNumber { id, version } = &wants.saved;
    let sound = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if !wanted.raw().split_once('.').is_some_and(|(family, size)| sound(family) && sound(size)) {
        return Err(Refusal::new(format!("`{wanted}` is no instance type"), "name one such as m7g.large"));
    }
    let fact = given.fleet.template(&given.cluster.id.place, id, *version);
    if fact.and_then(|fact| fact.instance_type.as_ref()) == Some(wanted) {
        return Err(Refusal::new(
            format!("version {version} of {id} launches {wanted} already"),
            "nothing to scale; refresh the group where its instances are of another type",
        ));
    }
    Ok(())
}

/// Makes the version that is to come.
pub(super) fn new_version(
    given: Given<'_>,
    wants: &Launches,
    changes: TemplateChanges,
    target: &TemplateNumber,
) -> Result<Move, Refusal> {
    let TemplateNumber { id, version: source } = &wants.saved;
    let what: Vec<&str> =
        [&changes.image, &changes.instance_type].into_iter().flatten().map(Text::raw).collect();
    let what = Text::from(what.join(" and "));
    let token = token(id, *source, &what, target.version);
    let with = changes.says();
    let call = Call::CreateLaunchTemplateVersion(CreateTemplateVersion {
        template: id.clone(),
        source: *source,
        description: format!("flightdeck: {what}, else as version {source} ({token})").into(),
        changes,
        token: token.into(),
    });
    let latest = next(given, wants)? - 1;
    Ok(Move {
        does: format!("make {id} version {} as version {source}, with {with}", target.version),
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
fn token(template: &TemplateId, source: i64, changes: &Text, number: i64) -> String {
    use std::fmt::Write as _;
    /// Characters of a token: enough to be one of its kind, and short in a description.
    const LENGTH: usize = 20;
    let text = format!("{} {source} {} {number}", template.raw(), changes.raw());
    let mut hex = Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    });
    hex.truncate(LENGTH);
    hex
}

/// What AWS knows of the newest refresh, as far as a look tells it.
pub(super) fn newest(group: &ServerGroup) -> Option<Newest> {
    let newest = group.refresh.as_ref().or(group.last_refresh.as_ref());
    let mark = newest.map(|refresh| Newest::Refresh(RefreshMark::of(refresh.fact.id.clone())));
    mark.or_else(|| group.refreshes_known.then_some(Newest::None))
}
