//! Suspended processes stall what replaces instances: without Launch and Terminate nothing is replaced at all.

use super::{Check, Guard, OnGroup};
use crate::plan::Answer;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard =
    Guard { name: "suspended-processes", overridable: true, check: Check::Group(check) };

/// Without these a replacement does not begin, does not end, or takes no traffic [autoscaling: SuspendProcesses].
const NEEDED: [&str; 4] = ["Launch", "Terminate", "InstanceRefresh", "AddToLoadBalancer"];

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    let suspended = &subject.group.suspended;
    if suspended.is_empty() {
        return (Answer::Pass, "no process is suspended".into());
    }
    let words: Vec<String> = suspended.iter().map(ToString::to_string).collect();
    let stalls = suspended.iter().any(|process| NEEDED.contains(&process.raw()));
    let waits = subject.kind != Kind::Back && !subject.intent.launches_nothing();
    let verdict = if stalls && waits { Answer::Block } else { Answer::Warn };
    (verdict, format!("processes of {} are suspended: {}", subject.group.id.name, words.join(", ")))
}
