//! The way back of a refresh: while it runs AWS takes it back, afterwards another refresh goes to the version that the
//! group had saved before.

use super::{Draft, Given, refresh, refresh_ends};
use crate::plan::resource::seen;
use crate::plan::{
    Call, Effect, Expected, GroupState, Intent, Knobs, Plan, RefreshTo, Refusal, Resource, Saved,
    StartRefresh, State,
};

/// What takes back the refresh of a plan; `None` where it is a plan of something else.
pub(super) fn draft<'a>(given: Given<'a>, plan: &Plan) -> Option<Result<Draft<'a>, Refusal>> {
    if !matches!(given.history.origin(&plan.intent), Intent::Refresh { .. }) {
        return None;
    }
    let (call, start, before) = started(given, plan)?;
    Some(of(given, call, start, before))
}

/// The call that started it, and what was there before; of a resumed operation, of the one that it resumed.
fn started<'p>(given: Given<'p>, plan: &'p Plan) -> Option<(&'p Call, &'p StartRefresh, &'p GroupState)> {
    /// An operation that was resumed more often is not told apart any more.
    const OFTEN: usize = 100;
    let mut plan = plan;
    for _ in 0..OFTEN {
        let start = plan.steps.iter().find_map(|step| match (&step.call, &step.expects) {
            (
                Some(call @ Call::StartInstanceRefresh(start)),
                Some(Expected { state: State::Group(before), .. }),
            ) => Some((call, &**start, before)),
            _ => None,
        });
        if start.is_some() {
            return start;
        }
        let Intent::Resume { operation, .. } = &plan.intent else { return None };
        plan = given.history.plan_of(operation)?;
    }
    None
}

fn of<'a>(
    given: Given<'a>,
    call: &Call,
    start: &StartRefresh,
    before: &GroupState,
) -> Result<Draft<'a>, Refusal> {
    let name = &start.group;
    let resource = Resource::Group(name.clone());
    let found = seen(given.fleet, given.cluster, &resource);
    let (Some(group), Some(State::Group(found))) = (given.cluster.group(name), found) else {
        return Err(Refusal::new(format!("{name} is not there any more"), "look who deleted it"));
    };
    let taken = call.effect(&State::Group(before.clone()), &State::Group(found.clone())) == Effect::Taken;
    if group.refresh.is_some() && taken {
        return refresh_ends::taken_back(given, name);
    }
    let Some(Saved::Template(saved)) = &before.saved else {
        return Err(Refusal::new(
            format!("no record tells which numbered version {name} had saved before"),
            "refresh the group to the version you want",
        ));
    };
    let mut draft = refresh::draft(given, name, &RefreshTo::Version(saved.version), &Knobs::default())?;
    draft.phrase = "back".into();
    draft.notes.insert(0, format!("the refresh is over: another goes back to version {}", saved.version));
    Ok(draft)
}
