//! `switch CLUSTER --to GROUP`: blue/green. All traffic to one group in one call, after its targets were looked at;
//! the old side stays as it is, and is to stay so for a time.

use super::{Draft, Given, Kind, duration, shift, source, sticky_note, waits};
use crate::fleet::{GroupName, SourceArn};
use crate::plan::{Percent, Refusal};

pub(super) fn draft<'a>(
    given: Given<'a>,
    to: &GroupName,
    wanted: Option<&SourceArn>,
) -> Result<Draft<'a>, Refusal> {
    let source = source::choose(given.cluster, wanted)?;
    let id = &given.cluster.id;
    let mut moves = shift::moves(given, source, to, Percent::ALL, &[])?;
    if let Some(last) = moves.last_mut() {
        last.waits.extend(waits::bake(given.policy.bake(id)));
    }
    shift::settle_last(given, source, &mut moves);
    let mut notes: Vec<String> = sticky_note(source).into_iter().collect();
    let warm = given.policy.keep_warm(id);
    if warm > 0 {
        notes.push(format!(
            "the old side is to stay up for {} after it: flightdeck scales nothing down by itself",
            duration(warm)
        ));
    }
    Ok(Draft::traffic(source, Kind::Switch, moves, phrase(given, to), notes))
}

/// The side by its short name, where that can be typed; the word of the verb where it cannot.
fn phrase(given: Given<'_>, to: &GroupName) -> String {
    let (cluster, name) = (given.cluster.id.name.to_string(), to.to_string());
    let short =
        name.strip_prefix(&cluster).map_or(name.as_str(), |rest| rest.trim_start_matches(['-', '_', '.']));
    let typeable = !short.is_empty() && short.chars().all(|c| c.is_ascii_graphic());
    if typeable { short.to_string() } else { "switch".into() }
}
