//! `cancel GROUP` and `rollback-refresh GROUP`: a refresh that is under way ends where it is, or AWS takes it back; also
//! one that another tool started, and a cancel also ends a rollback.

use super::{Draft, Given, Kind, Move, Writes, refresh, replace, waits};
use crate::fleet::{
    GroupName, LaunchSource, Refresh, RefreshStatus, ServerGroup, TemplateRef, TemplateVersion,
};
use crate::plan::{
    Call, Expected, GroupState, OfGroup, Reach, Refusal, Resource, State, Wait, half::versions,
};

/// Longest time until a cancelled refresh has stopped: launches in flight are waited for, with their hooks, in seconds.
const STOPS: u64 = 3_600;

/// The same as a rule, in seconds.
const USUALLY_STOPS: u64 = 300;

/// Longest time in which AWS takes a refresh back, in seconds.
const GOES_BACK: u64 = 4 * 3_600;

/// The refresh of a group stops where it is.
pub(super) fn cancelled<'a>(given: Given<'a>, name: &GroupName) -> Result<Draft<'a>, Refusal> {
    let (group, refresh) = under_way(given, name)?;
    if refresh.fact.status == RefreshStatus::Cancelling {
        return Err(Refusal::new(
            format!("the refresh of {name} is being cancelled already"),
            "wait until it has stopped",
        ));
    }
    let back = refresh.fact.status == RefreshStatus::RollbackInProgress;
    let what = if back { "rollback" } else { "refresh" };
    let mut notes = Vec::new();
    if back {
        notes.push(format!(
            "AWS is taking the refresh of {name} back: what stays is a mix of both, and nothing takes that back by itself"
        ));
    }
    notes.extend(mix(group, refresh));
    notes.push(
        "two ways out stay: finish it with the same refresh again, which skips what matches, or go back with a refresh \
         to the version before"
            .into(),
    );
    let call = Call::CancelInstanceRefresh(OfGroup { group: name.clone() });
    let wait = waits::refreshed(name, STOPS);
    let wait = Wait { until: format!("AWS has cancelled the {what} of {name}"), ..wait };
    let mut draft = ends(group, format!("cancel the {what} of {name}, where it is"), call, wait);
    draft.phrase = "cancel".into();
    draft.notes = notes;
    draft.reach = Some(Reach {
        instances: 0,
        percent: 0.0,
        lowest_healthy: replace::healthy(group),
        seconds: USUALLY_STOPS,
        before: None,
    });
    Ok(draft)
}

/// The refresh of a group is taken back by AWS.
pub(super) fn taken_back<'a>(given: Given<'a>, name: &GroupName) -> Result<Draft<'a>, Refusal> {
    let (group, refresh) = under_way(given, name)?;
    let refuse = |why: String, remedy: &str| Err(Refusal::new(why, remedy));
    match refresh.fact.status {
        RefreshStatus::RollbackInProgress => {
            return refuse(format!("AWS takes the refresh of {name} back already"), "wait until it is over");
        }
        RefreshStatus::Cancelling => {
            return refuse(
                format!("the refresh of {name} is being cancelled, and AWS takes back only what runs"),
                "when it has stopped, refresh the group to the version before",
            );
        }
        _ => {}
    }
    if let Some(why) = irreversible(given, group, refresh) {
        return refuse(
            format!("AWS cannot take the refresh of {name} back: {why}"),
            "let it end or cancel it, then refresh the group to the version you want",
        );
    }
    let call = Call::RollbackInstanceRefresh(OfGroup { group: name.clone() });
    let wait = waits::refreshed(name, GOES_BACK);
    let wait = Wait { until: format!("AWS has taken the refresh of {name} back"), ..wait };
    let mut draft = ends(group, format!("take the refresh of {name} back"), call, wait);
    draft.phrase = "back".into();
    draft.notes = vec!["AWS replaces again what it has replaced: the percentage runs back to 0".into()];
    if refresh.fact.status == RefreshStatus::Baking {
        draft.notes.push("it bakes: AWS documents a rollback only while instances are replaced".into());
    }
    draft.reach = Some(Reach {
        instances: group.instances.len(),
        percent: 0.0,
        lowest_healthy: None,
        seconds: GOES_BACK,
        before: None,
    });
    Ok(draft)
}

/// One call on the refresh that is there, and no other.
fn ends(group: &ServerGroup, does: String, call: Call, wait: Wait) -> Draft<'_> {
    let state = GroupState { refresh: refresh::newest(group), ..GroupState::default() };
    let expects = Expected { resource: Resource::Group(group.id.name.clone()), state: State::Group(state) };
    Draft {
        source: None,
        group: Some(group),
        kind: Kind::Back,
        first: Vec::new(),
        moves: vec![Move {
            does,
            writes: Writes::Call { call: Box::new(call), expects, undo: None },
            waits: vec![wait],
        }],
        back: None,
        phrase: String::new(),
        notes: Vec::new(),
        reach: None,
    }
}

/// A group with the refresh that is under way.
fn under_way<'a>(given: Given<'a>, name: &GroupName) -> Result<(&'a ServerGroup, &'a Refresh), Refusal> {
    let group = refresh::known(given, name)?;
    if let Some(refresh) = &group.refresh {
        return Ok((group, refresh));
    }
    if !group.refreshes_known {
        return Err(Refusal::new(
            format!("whether an instance refresh of {name} runs could not be read"),
            "observe again, with the permission autoscaling:DescribeInstanceRefreshes",
        ));
    }
    let newest = group.last_refresh.as_ref();
    let newest =
        newest.map(|last| format!(": the newest is {}", last.fact.status.word())).unwrap_or_default();
    Err(Refusal::new(
        format!("no instance refresh of {name} is under way{newest}"),
        "there is nothing to end; to go back, refresh the group to the version before",
    ))
}

/// What the group is left with.
fn mix(group: &ServerGroup, refresh: &Refresh) -> Option<String> {
    let (id, to) = refresh.goes_to()?;
    let done = versions(group, id).get(&to).copied().unwrap_or(0);
    let of = group.instances.len();
    Some(format!(
        "{done} of {of} instances run version {to}; {} launches what it has saved, as before the refresh",
        group.id.name
    ))
}

/// Why AWS cannot take a refresh back [autoscaling: RollbackInstanceRefresh].
fn irreversible(given: Given<'_>, group: &ServerGroup, refresh: &Refresh) -> Option<String> {
    if refresh.fact.desired.is_none() {
        return Some("it was started without a desired configuration".into());
    }
    let templates: Vec<&TemplateRef> = match &group.source {
        LaunchSource::Template(template) => vec![template],
        LaunchSource::Mixed { base, overrides } => {
            std::iter::once(base).chain(overrides.iter().filter_map(|one| one.template.as_ref())).collect()
        }
        LaunchSource::Configuration(_) | LaunchSource::Unknown => Vec::new(),
    };
    templates.into_iter().find_map(|template| {
        let number = match &template.version {
            TemplateVersion::Number(number) => *number,
            TemplateVersion::Latest => {
                return Some("the group launches from $Latest, which is no number".into());
            }
            TemplateVersion::Default => {
                return Some("the group launches from $Default, which is no number".into());
            }
        };
        let fact = given.fleet.template(&given.cluster.id.place, template.id.as_ref()?, number)?;
        let by_parameter = fact.image.as_ref().is_some_and(|image| image.raw().starts_with("resolve:ssm:"));
        by_parameter.then(|| format!("version {number}, which the group launches, follows an SSM parameter"))
    })
}
