//! `release INSTANCE` and `terminate INSTANCE`: the two ways out of a quarantine. What stands by goes back into service,
//! and its tag says so once it is there; what was detached cannot come back. Only what is in quarantine is ended.

use super::quarantine::{Member, author, ending, member, write};
use super::{Draft, Given, Kind, Move, refresh, replace, waits};
use crate::fleet::{Instance, QUARANTINE_TAG, RELEASED, ServerGroup};
use crate::plan::{
    Author, Call, CreateTags, EnterStandby, ExitStandby, Expected, Reach, Refusal, State, TerminateInstances,
};

pub(super) fn draft<'a>(given: Given<'a>, (name, id): Member<'_>, by: &Author) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    if let Some((_, None, instance)) = given.fleet.find_instance(id)
        && instance.quarantine().is_some()
    {
        return Err(Refusal::new(
            format!("{id} was detached: no call of flightdeck puts it back into {name}"),
            "terminate it when it is no longer needed; AWS's own AttachInstances could attach it",
        ));
    }
    let instance = member(group, id)?;
    let lifecycle = instance.membership.as_ref().map(|member| member.lifecycle.raw());
    let says = format!("{RELEASED}{}", author(by));
    let does = format!("mark {id}: {says}");
    let tags = CreateTags::new(id.clone(), [(QUARANTINE_TAG.into(), says.into())]);
    let mut mark = write(group, instance, does, Call::CreateTags(tags), None, Vec::new());
    let mut notes = Vec::new();
    let mut moves = Vec::new();
    match (lifecycle, instance.quarantine()) {
        (Some("InService"), Some(says)) => {
            notes.push(format!("it is in service already, and only marked: {says}"));
        }
        (Some("Standby"), says) => {
            if group.desired >= group.max {
                return Err(Refusal::new(
                    format!("{name} wants {} and may not get larger than {}", group.desired, group.max),
                    "give it a larger --max by scale first, or fewer instances",
                ));
            }
            notes.push(says.map_or_else(
                || format!("no tag tells who has set {id} aside, or why"),
                |says| format!("it was set aside: {says}"),
            ));
            let (now, then) = (group.desired, group.desired + 1);
            notes.push(format!(
                "{name} wants {now} now and {then} with it: scale it down where that is too many"
            ));
            moves.push(back(group, instance));
            in_service(&mut mark);
        }
        (Some("InService"), None) => {
            return Err(Refusal::new(
                format!("{id} is in service, and not in quarantine"),
                "nothing to release",
            ));
        }
        (other, _) => {
            return Err(Refusal::new(
                format!("{id} is {} in {name}", other.unwrap_or("of unknown state")),
                "wait until it stands by, or observe again",
            ));
        }
    }
    moves.push(mark);
    let seconds = if moves.len() > 1 { replace::LAUNCH } else { 0 };
    Ok(drafted(group, moves, ending(id), notes, seconds))
}

pub(super) fn end<'a>(given: Given<'a>, (name, id): Member<'_>) -> Result<Draft<'a>, Refusal> {
    let group = refresh::known(given, name)?;
    let instance = match given.fleet.find_instance(id) {
        Some((_, None, instance)) => instance,
        _ => member(group, id)?,
    };
    let aside = instance.membership.is_none() || instance.stands_by();
    let Some(says) = instance.quarantine().filter(|_| aside) else {
        let why = if aside { "nobody has put it in quarantine" } else { "it is not set aside" };
        return Err(Refusal::new(
            format!("{id} is not in quarantine: {why}"),
            format!("`replace {id}` ends an instance in service, and its group launches another"),
        ));
    };
    let call = Call::TerminateInstances(TerminateInstances::new(id.clone()));
    let moves = vec![write(group, instance, format!("end {id}"), call, None, Vec::new())];
    let notes = vec![
        format!("it was set aside: {says}"),
        "lost for good: the instance, its memory, and every volume that is deleted with it".to_owned(),
    ];
    Ok(drafted(group, moves, format!("terminate {}", ending(id)), notes, 0))
}

/// Into service again, and healthy there; undone by standing by once more.
fn back(group: &ServerGroup, instance: &Instance) -> Move {
    let (name, id) = (&group.id.name, &instance.id);
    let exit = Call::ExitStandby(ExitStandby::new(name.clone(), id.clone()));
    let enter = Call::EnterStandby(EnterStandby::new(name.clone(), id.clone(), true));
    let wait = waits::sized(name, replace::LONGEST);
    write(group, instance, format!("{id} goes back into service in {name}"), exit, Some(enter), vec![wait])
}

/// What is marked then is in service.
fn in_service(mark: &mut Move) {
    if let super::Writes::Call { expects: Expected { state: State::Instance(expected), .. }, .. } =
        &mut mark.writes
    {
        expected.lifecycle = Some("InService".into());
    }
}

fn drafted(
    group: &ServerGroup,
    moves: Vec<Move>,
    phrase: String,
    notes: Vec<String>,
    seconds: u64,
) -> Draft<'_> {
    Draft {
        source: None,
        group: Some(group),
        kind: Kind::Replace,
        first: Vec::new(),
        moves,
        back: None,
        phrase,
        notes,
        reach: Some(Reach {
            instances: 1,
            percent: 0.0,
            lowest_healthy: replace::healthy(group),
            seconds,
            before: None,
        }),
    }
}
