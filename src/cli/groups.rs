//! `flightdeck plan scale` and `plan replace`: their words, and what they mean in this fleet.

use clap::Args;

use super::refresh::in_cluster;
use crate::fleet::{Fleet, InstanceId};
use crate::plan::{Intent, Refusal, nearest};

/// Words of `plan scale`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct ScaleArgs {
    /// The group
    #[arg(value_name = "GROUP")]
    group: String,
    /// Its size, in capacity units
    #[arg(value_name = "N")]
    desired: i32,
    /// Its cluster, as NAME or NAME@REGION, where several have a group of this name
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// Another smallest size
    #[arg(long, value_name = "N")]
    min: Option<i32>,
    /// Another largest size
    #[arg(long, value_name = "N")]
    max: Option<i32>,
}

/// Words of `plan replace`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct ReplaceArgs {
    /// The instances, all of one group
    #[arg(value_name = "INSTANCE", required = true)]
    instances: Vec<String>,
}

/// What the words of `plan scale` mean in this fleet.
///
/// # Errors
/// No cluster has such a group, or several have.
pub(super) fn scale(args: &ScaleArgs, fleet: &Fleet) -> Result<Intent, Refusal> {
    let cluster = in_cluster(&args.group, args.cluster.as_deref(), fleet)?;
    Ok(Intent::Scale {
        cluster: cluster.id.clone(),
        group: args.group.as_str().into(),
        desired: args.desired,
        min: args.min,
        max: args.max,
    })
}

/// What the words of `plan replace` mean in this fleet.
///
/// # Errors
/// An instance is in no group, or not all are in the same.
pub(super) fn replace(args: &ReplaceArgs, fleet: &Fleet) -> Result<Intent, Refusal> {
    let groups =
        || fleet.clusters.iter().flat_map(|cluster| cluster.groups.iter().map(move |group| (cluster, group)));
    let mut found = None;
    let mut instances: Vec<InstanceId> = Vec::new();
    for named in &args.instances {
        let id = InstanceId::new(named.as_str());
        let Some((cluster, group)) =
            groups().find(|(_, group)| group.instances.iter().any(|instance| instance.id == id))
        else {
            let ids =
                groups().flat_map(|(_, group)| &group.instances).map(|instance| instance.id.to_string());
            return Err(Refusal::new(
                format!("no server group has an instance {id}"),
                nearest::remedy(&id.to_string(), ids, "there are"),
            ));
        };
        let (cluster, group) = (cluster.id.clone(), group.id.name.clone());
        match &found {
            None => found = Some((cluster, group)),
            Some((_, first)) if *first == group => {}
            Some((_, first)) => {
                return Err(Refusal::new(
                    format!("{id} is of {group}, and others are of {first}"),
                    "replace the instances of one group at a time",
                ));
            }
        }
        instances.push(id);
    }
    let (cluster, group) =
        found.ok_or_else(|| Refusal::new("no instance is named", "name the instances to be replaced"))?;
    Ok(Intent::Replace { cluster, group, instances })
}
