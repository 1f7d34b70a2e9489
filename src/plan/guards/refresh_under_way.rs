//! One refresh of a group at a time [autoscaling: InstanceRefreshInProgress]: while one runs, or nobody knows whether one
//! does, its instances are changed by nothing else. What goes back has to have one to take back.

use super::{Check, Guard, OnGroup};
use crate::plan::Answer;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard =
    Guard { name: "refresh-under-way", overridable: false, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    let name = &subject.group.id.name;
    let own = subject.kind == Kind::Back || subject.call.is_none();
    match &subject.group.refresh {
        Some(refresh) if own => {
            (Answer::Pass, format!("the refresh of {name} is {}", refresh.fact.status.word()))
        }
        Some(_) if subject.awaited => {
            (Answer::Pass, format!("the refresh of {name} is waited for before step {}", subject.step))
        }
        Some(refresh) => {
            let done = refresh.fact.percent.map(|percent| format!(", {percent} % done")).unwrap_or_default();
            let status = refresh.fact.status.word();
            (Answer::Block, format!("an instance refresh of {name} is under way ({status}{done})"))
        }
        None if !subject.group.refreshes_known => {
            let verdict = if own { Answer::Warn } else { Answer::Block };
            (verdict, format!("whether an instance refresh of {name} runs could not be read"))
        }
        None => (Answer::Pass, format!("no instance refresh of {name} runs")),
    }
}
