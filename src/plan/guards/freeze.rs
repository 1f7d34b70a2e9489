//! Freeze windows: nothing is changed while one holds, and a plan that would run into one says so. The way back goes
//! on.

use super::{Check, Guard, Scene};
use crate::plan::Answer;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard = Guard { name: "freeze", overridable: true, check: Check::Any(check) };

fn check(subject: &Scene<'_>) -> (Answer, String) {
    let id = &subject.cluster.id;
    if let Some(freeze) = subject.policy.freeze(id, subject.at, subject.at) {
        let verdict = if subject.kind == Kind::Back { Answer::Warn } else { Answer::Block };
        return (verdict, format!("changes are frozen: {}", freeze.why));
    }
    match subject.policy.freeze(id, subject.at, subject.until) {
        Some(freeze) => (Answer::Warn, format!("a freeze begins before it ends: {}", freeze.why)),
        None => (Answer::Pass, "no freeze holds".into()),
    }
}
