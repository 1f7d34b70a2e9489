//! One writer per cluster: while somebody holds its lease, nobody else changes it. A half-done operation that nobody
//! holds is a warning.
//!
//! This is what the last look told. The lease itself is taken and proven by `engine`.

use super::{Check, Guard, Scene};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Claim};

pub(super) const GUARD: Guard = Guard { name: "lease", overridable: false, check: Check::Any(check) };

fn check(subject: &Scene<'_>) -> (Answer, String) {
    let claims = || {
        let own = |claim: &&Claim| Some(&claim.operation) == subject.operation;
        subject
            .history
            .claims()
            .iter()
            .filter(|claim| claim.cluster == subject.cluster.id)
            .filter(move |c| !own(c))
    };
    if let Some(held) = claims().find(|claim| claim.is_alive_at(subject.at)) {
        return alive(subject, held);
    }
    match claims().find(|claim| !claim.stand.is_over()).filter(|_| subject.kind != Kind::Back) {
        Some(left) => (
            Answer::Warn,
            format!(
                "{} {} of {} is half done, at step {} of {}: resume it or roll it back",
                left.verb, left.operation, left.who.principal, left.step, left.of
            ),
        ),
        None => (Answer::Pass, "nobody else works on this cluster".into()),
    }
}

fn alive(subject: &Scene<'_>, held: &Claim) -> (Answer, String) {
    let what = format!("{} {}, step {} of {}", held.verb, held.operation, held.step, held.of);
    if !subject.history.is_own(held) {
        let who = &held.who;
        return (
            Answer::Block,
            format!("{} on {} works on it since {:.0}: {what}", who.principal, who.host, held.since),
        );
    }
    match subject.kind {
        Kind::Back => (Answer::Warn, format!("it takes over from what runs here: {what}")),
        Kind::Shift | Kind::Switch | Kind::Replace => {
            (Answer::Block, format!("an operation of this cockpit runs on it: {what}"))
        }
    }
}
