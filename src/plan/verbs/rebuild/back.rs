//! The way back of a rebuild that was left half done: what still builds is stopped. Images that are there stay, and what
//! traffic was moved goes back by its own record.

use super::{built, starts_at};
use crate::plan::verbs::{Draft, Given, Kind, Move, Writes};
use crate::plan::{BuildState, Call, Expected, Plan, Reach, Refusal, Resource, State, StopBuild};

/// `None` where nothing of it can be building any more.
pub(in crate::plan) fn back<'a>(given: Given<'a>, plan: &Plan) -> Option<Result<Draft<'a>, Refusal>> {
    let place = &given.cluster.id.place;
    let begun = starts_at(given.history, plan);
    let left = plan.builds().filter(|start| {
        begun.contains(&start.build) && built(given.fleet, given.history, &plan.id, (place, start)).is_none()
    });
    let moves: Vec<Move> = left
        .map(|start| {
            let key = start.key();
            let state = State::Build(BuildState::running("".into(), None));
            Move {
                does: format!(
                    "stop build {} of {} {}, where it runs",
                    start.build, start.family, start.version
                ),
                writes: Writes::Call {
                    call: Box::new(Call::StopBuild(StopBuild { build: key.clone() })),
                    expects: Expected { resource: Resource::Build(key), state },
                    undo: None,
                },
                waits: Vec::new(),
            }
        })
        .collect();
    (!moves.is_empty()).then(|| {
        Ok(Draft {
            source: None,
            group: None,
            kind: Kind::Back,
            first: Vec::new(),
            moves,
            back: None,
            phrase: "back".into(),
            notes: vec!["images that are there by then stay".into()],
            reach: Some(Reach { instances: 0, percent: 0.0, lowest_healthy: None, seconds: 0, before: None }),
        })
    })
}
