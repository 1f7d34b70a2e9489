//! What cannot be undone is refused, or said, before starting (promise 16): an undo writes the actions of before in
//! full, so they must be such as can be written, and such as flightdeck knows.
//!
//! An OIDC client secret, which AWS never gives back, is no such thing: the write says "keep the one you have".

use super::{Check, Guard, Subject};
use crate::fleet::Action;
use crate::plan::Answer;

pub(super) const GUARD: Guard = Guard { name: "undoable", overridable: true, check: Check::Traffic(check) };

/// The kinds of actions whose every field is carried [elbv2: Action].
const KNOWN: [&str; 6] =
    ["forward", "redirect", "fixed-response", "authenticate-oidc", "authenticate-cognito", "jwt-validation"];

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let before = subject.change.before;
    if let Some(unknown) = before.iter().find(|action| !KNOWN.contains(&action.kind.as_str())) {
        let kind = crate::fleet::clean(&unknown.kind);
        return (
            Answer::Block,
            format!("an action of kind `{kind}` is not known here: it could be lost, and not be put back"),
        );
    }
    let weights: Vec<_> = before.iter().flat_map(Action::weights).collect();
    if let Some((arn, _)) = weights.iter().find(|(arn, _)| !subject.fleet.target_groups.contains_key(arn)) {
        return (Answer::Warn, format!("the undo names {}, which does not exist any more", arn.name()));
    }
    if weights.len() > 1 && weights.iter().all(|(_, weight)| *weight == 0) {
        return (Answer::Warn, "the weights of before are all 0: they cannot be put back".into());
    }
    (Answer::Pass, "one call puts back what was before".into())
}
