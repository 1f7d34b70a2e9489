//! `rollback CLUSTER`: the recorded actions, exactly as they were, in one call.
//!
//! Where to: what was before the newest operation if that was one fully live side, else the last fully live side on
//! record, else what was before the newest operation although it was mixed, and the plan says so. Rolling back by
//! image (an instance refresh, a new group) comes with the verbs that replace instances.

use super::{Draft, choose_source, sticky_note, writable};
use crate::fleet::{Action, Cluster, SourceArn, same_actions};
use crate::plan::history::Recorded;
use crate::plan::{History, Refusal};

pub(crate) fn draft<'a>(
    cluster: &'a Cluster,
    history: &History,
    wanted: Option<&SourceArn>,
) -> Result<Draft<'a>, Refusal> {
    let name = &cluster.id.name;
    let recorded = history.before_operations(&cluster.id);
    // With several sources, the only one that was ever changed is meant.
    let changed: Vec<&SourceArn> = cluster
        .traffic
        .iter()
        .map(|source| &source.arn)
        .filter(|arn| recorded.iter().any(|before| before.source == *arn))
        .collect();
    let wanted = match (wanted, changed.as_slice()) {
        (None, [only]) => Some(*only),
        (wanted, _) => wanted,
    };
    let source = choose_source(cluster, wanted)?;
    let of_source: Vec<&Recorded> = recorded.iter().filter(|before| *before.source == source.arn).collect();
    let Some((goal, why)) = goal(&of_source) else {
        return Err(Refusal::new(
            format!("the journal has no record of an earlier change to the traffic of {name}"),
            "without a record nothing says what was before: use shift to name the side you want",
        ));
    };
    if same_actions(goal.actions, &source.actions) {
        return Err(Refusal::new(
            format!("the traffic of {name} is already as it was before operation {}", goal.operation),
            "nothing to roll back",
        ));
    }
    let mut notes = vec![why];
    if !same_but_for_weights(goal.actions, &source.actions) {
        notes.push(
            "the recorded actions differ from the present ones in more than weights: all of it is restored"
                .into(),
        );
    }
    if history.untrusted() > 0 {
        notes.push(format!(
            "{} records of the journal cannot be trusted and were left out: a newer change may be missing",
            history.untrusted()
        ));
    }
    notes.extend(sticky_note(source));
    Ok(Draft {
        source,
        after: writable(goal.actions),
        does: format!("back to {} on {}", describe(goal.actions), source.label),
        phrase: "back".into(),
        notes,
    })
}

/// Chooses among records, newest first, and says which in one sentence.
fn goal<'a, 'b>(recorded: &[&'b Recorded<'a>]) -> Option<(&'b Recorded<'a>, String)> {
    let newest = *recorded.first()?;
    if newest.is_one_side() {
        return Some((newest, format!("restores what was before operation {}", newest.operation)));
    }
    if let Some(live) = recorded.iter().find(|before| before.is_one_side()) {
        let why = format!(
            "before the newest operation {} the sides were mixed: goes back to the last fully live side, before \
             operation {}",
            newest.operation, live.operation
        );
        return Some((live, why));
    }
    let why = format!(
        "no record tells of a fully live side: restores what was before operation {}, which is mixed",
        newest.operation
    );
    Some((newest, why))
}

fn same_but_for_weights(a: &[Action], b: &[Action]) -> bool {
    let blank = |actions: &[Action]| {
        let mut actions: Vec<Action> = actions.iter().map(Action::normalised).collect();
        for action in &mut actions {
            for tuple in action.forward_config.iter_mut().flat_map(|config| &mut config.target_groups) {
                tuple.weight = None;
            }
        }
        actions
    };
    same_actions(&blank(a), &blank(b))
}

/// The weights of a list in words: `orders-blue 100 orders-green 0`.
fn describe(actions: &[Action]) -> String {
    actions
        .iter()
        .flat_map(Action::weights)
        .map(|(arn, weight)| format!("{} {weight}", arn.name()))
        .collect::<Vec<_>>()
        .join(" ")
}
