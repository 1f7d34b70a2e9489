//! `quarantine INSTANCE`: a suspect is taken out of traffic and out of its group's reach, and kept for study. It is
//! tagged first, so that the intent is seen whatever happens next; then it stands by in its group or leaves it; then
//! its group has to be whole without it. Giving it back and ending it are `release`'s.

use super::{Draft, Given, Kind, Move, Writes, refresh, replace, waits};
use crate::fleet::{
    ClusterId, Fleet, GroupName, Instance, InstanceId, QUARANTINE_TAG, QUARANTINED_FROM, ServerGroup, Text,
    Verdict,
};
use crate::plan::resource::own_tags;
use crate::plan::{
    Aside, Author, Call, CreateTags, DetachInstances, EnterStandby, ExitStandby, Expected, InstanceMark,
    Reach, Refusal, Resource, State, nearest,
};

/// Longest value of a tag in EC2, in characters [ec2: Tag].
const LONGEST_TAG: usize = 256;

/// A reason that would read like a release.
const TAKEN_WORD: &str = "released";

/// A group and one of its instances.
pub(super) type Member<'a> = (&'a GroupName, &'a InstanceId);

pub(super) fn draft<'a>(
    given: Given<'a>,
    (name, id): Member<'_>,
    (how, replacement): (Aside, bool),
    (reason, by): (&Text, &Author),
) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    let instance = member(group, id)?;
    let stands_by = can_be_set_aside(group, instance, how)?;
    if !replacement && !stands_by && group.desired <= group.min {
        return Err(Refusal::new(
            format!("{name} wants {} and may not get smaller than {}", group.desired, group.min),
            "let it launch a replacement, or give it a smaller --min by scale first",
        ));
    }
    let mut moves = vec![tag(group, instance, says(reason, by)?)];
    let mut notes = vec![format!(
        "kept: {id} runs on with its volumes, its memory and its addresses, and costs as before"
    )];
    let longest = replace::draining(given, group) + replace::LONGEST;
    let wait = waits::aside(id, name, longest);
    // A group that is as large as may be takes nobody back.
    let fits = !replacement || group.desired < group.max;
    match how {
        Aside::Standby if stands_by => {
            notes.push(format!("{id} stands by already: it is only marked"));
        }
        Aside::Standby => {
            let enter = EnterStandby::new(name.clone(), id.clone(), !replacement);
            let exit = Call::ExitStandby(ExitStandby::new(name.clone(), id.clone()));
            let does = format!("{id} of {name} stands by, {}", instead(replacement));
            let undo = fits.then_some(exit);
            moves.push(write(group, instance, does, Call::EnterStandby(enter), undo, vec![wait]));
            notes.push(if fits {
                "release brings it back; its tag stays after an abort, until it is released".to_owned()
            } else {
                format!("{name} is as large as it may be: with a replacement in its place nothing brings {id} back")
            });
            if fits && replacement {
                notes.push(format!("where it comes back {name} is one larger: scale it then"));
            }
        }
        Aside::Detach => {
            let detach = DetachInstances::new(name.clone(), id.clone(), !replacement);
            let does = format!("{id} leaves {name}, {}", instead(replacement));
            moves.push(write(group, instance, does, Call::DetachInstances(detach), None, vec![wait]));
            notes.push(format!("lost: its place in {name}; no call of flightdeck puts it back"));
        }
    }
    if !stands_by {
        notes.push("lost: its connections, once its targets have deregistered and drained".into());
    }
    if group.weighted {
        notes.push(format!("{name} counts capacity units: {id} may be more than one of them"));
    }
    let healthy = replace::healthy(group);
    let sound = !stands_by && instance.health.verdict() == Verdict::Healthy;
    Ok(Draft {
        source: None,
        group: Some(group),
        kind: Kind::Replace,
        first: Vec::new(),
        moves,
        back: None,
        phrase: ending(id),
        notes,
        reach: Some(Reach {
            instances: 1,
            percent: 0.0,
            lowest_healthy: healthy.map(|healthy| healthy.saturating_sub(usize::from(sound))),
            seconds: replace::draining(given, group) + if replacement { replace::LAUNCH } else { 0 },
            before: None,
        }),
    })
}

/// The cluster and the group that an instance stands in, or was taken from.
///
/// # Errors
/// There is no such instance, or no group has it or had it.
pub fn standing(fleet: &Fleet, id: &InstanceId) -> Result<(ClusterId, GroupName), Refusal> {
    let Some((cluster, group, instance)) = fleet.find_instance(id) else {
        let ids = fleet.instances().map(|instance| instance.id.to_string());
        return Err(Refusal::new(
            format!("there is no instance {id}"),
            nearest::remedy(&id.to_string(), ids, "there are"),
        ));
    };
    if let (Some(cluster), Some(group)) = (cluster, group) {
        return Ok((cluster.id.clone(), group.id.name.clone()));
    }
    let Some(from) = instance.tag(QUARANTINED_FROM) else {
        return Err(Refusal::new(
            format!("{id} is in no server group, and flightdeck has taken it from none"),
            "it is out of every group's reach already; whoever started it ends it",
        ));
    };
    let name = GroupName::new(from.raw());
    let mut here = fleet.clusters.iter().filter(|cluster| cluster.id.place == instance.place);
    match here.find(|cluster| cluster.group(&name).is_some()) {
        Some(cluster) => Ok((cluster.id.clone(), name)),
        None => Err(Refusal::new(
            format!("{name}, from which {id} was taken, is not there any more"),
            "end the instance in the AWS console",
        )),
    }
}

/// A member of a group.
pub(super) fn member<'a>(group: &'a ServerGroup, id: &InstanceId) -> Result<&'a Instance, Refusal> {
    group.instances.iter().find(|instance| instance.id == *id).ok_or_else(|| {
        let ids = group.instances.iter().map(|instance| instance.id.to_string());
        Refusal::new(
            format!("{} has no instance {id}", group.id.name),
            nearest::remedy(&id.to_string(), ids, "its instances are"),
        )
    })
}

/// Whether it stands by already.
fn can_be_set_aside(group: &ServerGroup, instance: &Instance, how: Aside) -> Result<bool, Refusal> {
    let (name, id) = (&group.id.name, &instance.id);
    let lifecycle = instance.membership.as_ref().map(|member| member.lifecycle.raw());
    match (lifecycle, instance.quarantine()) {
        (Some("InService"), _) => Ok(false),
        (Some("Standby"), Some(says)) => {
            Err(Refusal::new(format!("{id} is in quarantine already: {says}"), "release it, or terminate it"))
        }
        (Some("Standby"), None) if how == Aside::Standby => Ok(true),
        (Some("Standby"), None) => Err(Refusal::new(
            format!("{id} stands by in {name} already"),
            "mark it where it stands, without --detach, or release it first",
        )),
        (Some(other), _) if other.starts_with("Warmed") => Err(Refusal::new(
            format!("{id} belongs to the warm pool of {name}, and takes no traffic"),
            "name one that is in service",
        )),
        (other, _) => Err(Refusal::new(
            format!("{id} is {} in {name}", other.unwrap_or("of unknown state")),
            "wait until it is in service, or observe again",
        )),
    }
}

/// The text of the tag: why, by whom, when; the reason is cut where it is too long for EC2.
fn says(reason: &Text, by: &Author) -> Result<Text, Refusal> {
    // What parts the three may not stand inside of them.
    let plain = |text: &Text| text.to_string().trim().replace('·', "-");
    let reason = plain(reason);
    if reason.is_empty() {
        return Err(Refusal::new(
            "no reason is given",
            "say why it is set aside: whoever finds it wants to know",
        ));
    }
    if reason == TAKEN_WORD {
        return Err(Refusal::new("that reason says the opposite", "say why it is set aside"));
    }
    let rest = format!(" · {}", author(by));
    let room = LONGEST_TAG.saturating_sub(rest.chars().count());
    let reason = if reason.chars().count() > room {
        reason.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    } else {
        reason
    };
    Ok(format!("{reason}{rest}").into())
}

/// By whom and when: `ann · 2026-11-23 14:05Z`.
pub(super) fn author(Author { who, at }: &Author) -> String {
    /// Longest name of a person, in characters.
    const LONGEST: usize = 100;
    let who: String = who.to_string().replace('·', "-").chars().take(LONGEST).collect();
    format!("{who} · {}", at.strftime("%Y-%m-%d %H:%MZ"))
}

/// Marks it, and the group it comes from.
fn tag(group: &ServerGroup, instance: &Instance, says: Text) -> Move {
    let does = format!("mark {}: {says}", instance.id);
    let from = (QUARANTINED_FROM.into(), group.id.name.raw().into());
    let tags = CreateTags::new(instance.id.clone(), [(QUARANTINE_TAG.into(), says), from]);
    write(group, instance, does, Call::CreateTags(tags), None, Vec::new())
}

/// A call on an instance that has to be where it is now.
pub(super) fn write(
    group: &ServerGroup,
    instance: &Instance,
    does: String,
    call: Call,
    undo: Option<Call>,
    waits: Vec<crate::plan::Wait>,
) -> Move {
    let membership = instance.membership.as_ref();
    let mark = InstanceMark {
        group: membership.map(|_| group.id.name.clone()),
        lifecycle: membership.map(|member| member.lifecycle.clone()),
        state: instance.state.as_ref().map(|state| state.word().into()),
        tags: own_tags(instance),
    };
    let expects =
        Expected { resource: Resource::Instance(instance.id.clone()), state: State::Instance(mark) };
    Move { does, writes: Writes::Call { call: Box::new(call), expects, undo: undo.map(Box::new) }, waits }
}

/// What comes instead of it, in words.
fn instead(replacement: bool) -> &'static str {
    if replacement { "and another is launched instead" } else { "and the group gets smaller by one" }
}

/// The end of an instance's id, by which a plan about it is confirmed.
pub(super) fn ending(id: &InstanceId) -> String {
    const LETTERS: usize = 4;
    let letters: Vec<char> = id.raw().chars().collect();
    letters[letters.len().saturating_sub(LETTERS)..].iter().collect()
}
