//! `flightdeck plan drill`: its words, and what they mean in this fleet.

use clap::Args;

use super::args::seconds;
use super::refresh::in_cluster;
use crate::fleet::Fleet;
use crate::plan::{Exercise, Intent, Refusal, choose_for_drill};

/// How long a zone stays empty where nothing is said, in seconds.
const USUAL: u64 = 600;

/// Words of `plan drill`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct DrillArgs {
    /// The group: without --zone one of its healthy instances, at random, is replaced
    #[arg(value_name = "GROUP")]
    group: String,
    /// Its cluster, as NAME or NAME@REGION, where several have a group of this name
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// Empties this zone for a time, and gives it back
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// How long the zone stays empty, such as 10m, which is the default
    #[arg(long = "for", value_name = "TIME", value_parser = seconds, requires = "zone")]
    time: Option<u64>,
    /// Stops as soon as fewer instances of the group are healthy; half of the wanted where left out
    #[arg(long, value_name = "N")]
    stop_below: Option<usize>,
}

/// What the words mean in this fleet; `nth` is any number, by which an instance is chosen.
///
/// # Errors
/// No cluster has such a group, several have, or it has no instance that a drill may take.
pub(super) fn intent(args: &DrillArgs, fleet: &Fleet, nth: usize) -> Result<Intent, Refusal> {
    let cluster = in_cluster(&args.group, args.cluster.as_deref(), fleet)?;
    let name = args.group.as_str().into();
    let exercise = if let Some(zone) = &args.zone {
        Exercise::Empty { zone: zone.as_str().into(), seconds: args.time.unwrap_or(USUAL) }
    } else {
        let group = cluster.group(&name).ok_or_else(|| {
            Refusal::new(format!("{} has no group {name}", cluster.id.name), "name one of its groups")
        })?;
        Exercise::Replace { instance: choose_for_drill(group, nth)? }
    };
    Ok(Intent::Drill { cluster: cluster.id.clone(), group: name, exercise, stop_below: args.stop_below })
}
