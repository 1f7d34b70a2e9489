//! Somebody or something else is at work on a group whose share changes: an instance refresh, an AWS service that
//! owns the group, suspended processes. Who holds the cluster's lease is asked by `lease`.

use super::{Check, Guard, Subject};
use crate::fleet::ServerGroup;
use crate::plan::Answer;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard =
    Guard { name: "foreign-operation", overridable: true, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let touched = |group: &&std::sync::Arc<ServerGroup>| {
        group.target_groups.iter().any(|arn| subject.change.touches(arn))
    };
    let mut worst = (Answer::Pass, "nothing else is at work on its groups".to_string());
    for group in subject.cluster.groups.iter().filter(touched) {
        if let Some((verdict, why)) = at_work(subject, group)
            && verdict > worst.0
        {
            worst = (verdict, why);
        }
    }
    worst
}

fn at_work(subject: &Subject<'_>, group: &ServerGroup) -> Option<(Answer, String)> {
    let name = &group.id.name;
    if let Some(owner) = &group.operator {
        let verdict = if subject.kind == Kind::Back { Answer::Warn } else { Answer::Block };
        return Some((verdict, format!("{name} belongs to {owner}, which may change it at any time")));
    }
    if let Some(refresh) = &group.refresh {
        let done = refresh.fact.percent.map(|percent| format!(", {percent} % done")).unwrap_or_default();
        return Some((
            Answer::Warn,
            format!("an instance refresh of {name} runs{done}: its capacity changes"),
        ));
    }
    if !group.refreshes_known {
        return Some((Answer::Warn, format!("whether an instance refresh of {name} runs could not be read")));
    }
    if !group.suspended.is_empty() {
        let processes: Vec<String> = group.suspended.iter().map(ToString::to_string).collect();
        return Some((Answer::Warn, format!("processes of {name} are suspended: {}", processes.join(", "))));
    }
    None
}
