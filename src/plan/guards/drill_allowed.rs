//! A drill runs in a cluster whose configuration allows it, and in the hours it allows. What gives back what a drill
//! took is never kept waiting.

use super::{Check, Guard, OnGroup};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Refusal, no_drill};

pub(super) const GUARD: Guard =
    Guard { name: "drill-allowed", overridable: false, check: Check::Drill(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    let id = &subject.cluster.id;
    if subject.kind == Kind::Back {
        return (Answer::Pass, "it gives back what the drill took".into());
    }
    let Some(hours) = subject.policy.drills(id) else {
        let Refusal { why, remedy } = no_drill(id);
        return (Answer::Block, format!("{why}: {remedy}"));
    };
    if !hours.hold_at(subject.at) {
        return (Answer::Block, format!("drills of {} are allowed {hours} only", id.name));
    }
    if !hours.hold_at(subject.until) {
        return (Answer::Warn, format!("it may last beyond the hours of drills, {hours}"));
    }
    (Answer::Pass, format!("drills of {} are allowed {hours}", id.name))
}
