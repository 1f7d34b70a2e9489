//! Two builds of one family at once make two images of which nobody knows which is the newer: the second waits, unless a
//! person says otherwise.

use super::{Check, Guard, OnImage};
use crate::plan::{Answer, KnownState, StartBuild, operations};

pub(super) const GUARD: Guard = Guard { name: "one-build", overridable: true, check: Check::Build(check) };

fn check(subject: &OnImage<'_>, start: &StartBuild) -> (Answer, String) {
    let family = &start.family;
    let known = operations(subject.history, subject.history.claims(), subject.at);
    let open = known.iter().filter(|one| {
        Some(&one.id) != subject.operation
            && one.cluster.place == subject.cluster.id.place
            && matches!(one.state, KnownState::Running | KnownState::Held | KnownState::Abandoned)
    });
    // What this one goes on with builds the same, under the same names.
    let other =
        open.flat_map(|one| one.plan.iter().flat_map(|plan| plan.builds()).map(move |build| (one, build)));
    let mut other = other.filter(|(_, build)| build.family == *family && build.build != start.build);
    match other.next() {
        Some((one, build)) => (
            Answer::Block,
            format!(
                "{} {} of {} builds {family} {} since {:.0}: it is {}",
                one.verb,
                one.id,
                one.holder.principal,
                build.version,
                one.started_at,
                one.state.word()
            ),
        ),
        None => (Answer::Pass, format!("nobody else builds {family}")),
    }
}
