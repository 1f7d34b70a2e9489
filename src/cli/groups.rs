//! `flightdeck plan scale`, `replace`, `cancel` and `rollback-refresh`: their words, and what they mean in this fleet.

use clap::{ArgGroup, Args};

use super::refresh::in_cluster;
use crate::drift::Judgement;
use crate::fleet::{Cluster, Fleet, GroupName, InstanceId, ServerGroup};
use crate::plan::{
    Batches, Choice, Intent, Knobs, Percent, RefreshTo, Refusal, choose, find_cluster, replacement,
};

/// Words of `plan scale`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct ScaleArgs {
    /// The group
    #[arg(value_name = "GROUP")]
    group: String,
    /// Its size, in capacity units
    #[arg(value_name = "N", required_unless_present = "instance_type")]
    desired: Option<i32>,
    /// Its cluster, as NAME or NAME@REGION, where several have a group of this name
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// Another smallest size
    #[arg(long, value_name = "N")]
    min: Option<i32>,
    /// Another largest size
    #[arg(long, value_name = "N")]
    max: Option<i32>,
    /// Another instance type instead of a size: a launch template version is made with it, and the group refreshed
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["desired", "min", "max"])]
    instance_type: Option<String>,
}

/// A group and nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct OfGroup {
    /// The group
    #[arg(value_name = "GROUP")]
    group: String,
    /// Its cluster, as NAME or NAME@REGION, where several have a group of this name
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
}

/// Words of `plan replace`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["instances", "all_tainted", "all_behind", "oldest"])))]
pub struct ReplaceArgs {
    /// The instances, all of one group
    #[arg(value_name = "INSTANCE")]
    instances: Vec<String>,
    /// Every instance of the group that is tainted
    #[arg(long)]
    all_tainted: bool,
    /// Every instance of the group that is behind
    #[arg(long)]
    all_behind: bool,
    /// So many of the group, the oldest first
    #[arg(long, value_name = "N")]
    oldest: Option<usize>,
    /// The group, where the instances are not named
    #[arg(long, value_name = "GROUP", conflicts_with = "instances")]
    group: Option<String>,
    /// The cluster, as NAME or NAME@REGION, where it has one group with such instances
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// So many are ended together, as a number or a share of the group; the group is whole before the next
    #[arg(long, value_name = "N|PERCENT%", value_parser = at_once, default_value = "1")]
    at_once: AtOnce,
    /// As many are launched before the first is ended, so that capacity is never short
    #[arg(long)]
    launch_first: bool,
}

/// How many instances at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum AtOnce {
    Number(usize),
    Share(Percent),
}

/// Reads `2` or `25%`.
fn at_once(text: &str) -> Result<AtOnce, String> {
    if text.trim_end().ends_with('%') {
        return text.parse().map(AtOnce::Share);
    }
    text.parse().map(AtOnce::Number).map_err(|_| {
        format!("write a number such as 2 or a share such as 25%, not `{}`", crate::fleet::clean(text))
    })
}

impl ReplaceArgs {
    /// Whether the instances are chosen by what is found, not named.
    pub(super) fn chooses(&self) -> bool {
        self.instances.is_empty()
    }

    fn choice(&self) -> Choice {
        match self.oldest {
            Some(count) => Choice::Oldest(count),
            None if self.all_tainted => Choice::Found("tainted"),
            None => Choice::Found("behind"),
        }
    }

    /// A share is of the group as it is now, rounded down, and at least one.
    fn batches(&self, group: Option<&ServerGroup>) -> Batches {
        let at_once = match self.at_once {
            AtOnce::Number(number) => number,
            AtOnce::Share(share) if share.get() == 0 => 0,
            AtOnce::Share(share) => {
                let count = group.map_or(0, |group| group.instances.len());
                (count * usize::from(share.get()) / 100).max(1)
            }
        };
        Batches { at_once, launch_first: self.launch_first }
    }
}

/// What the words of `plan scale` mean in this fleet.
///
/// # Errors
/// No cluster has such a group, or several have.
pub(super) fn scale(args: &ScaleArgs, fleet: &Fleet) -> Result<Intent, Refusal> {
    let cluster = in_cluster(&args.group, args.cluster.as_deref(), fleet)?.id.clone();
    let group = args.group.as_str().into();
    if let Some(wanted) = &args.instance_type {
        let to = RefreshTo::Type(wanted.as_str().into());
        return Ok(Intent::Refresh { cluster, group, to, knobs: Knobs::default() });
    }
    let desired = args
        .desired
        .ok_or_else(|| Refusal::new("nothing says how large the group is to be", "name a size"))?;
    Ok(Intent::Scale { cluster, group, desired, min: args.min, max: args.max })
}

/// What the words of `plan cancel` mean in this fleet.
///
/// # Errors
/// No cluster has such a group, or several have.
pub(super) fn cancel(args: &OfGroup, fleet: &Fleet) -> Result<Intent, Refusal> {
    let cluster = in_cluster(&args.group, args.cluster.as_deref(), fleet)?.id.clone();
    Ok(Intent::CancelRefresh { cluster, group: args.group.as_str().into() })
}

/// What the words of `plan rollback-refresh` mean in this fleet.
///
/// # Errors
/// No cluster has such a group, or several have.
pub(super) fn rollback_refresh(args: &OfGroup, fleet: &Fleet) -> Result<Intent, Refusal> {
    let cluster = in_cluster(&args.group, args.cluster.as_deref(), fleet)?.id.clone();
    Ok(Intent::RollbackRefresh { cluster, group: args.group.as_str().into() })
}

/// What the words of `plan replace` mean in this fleet, where they name the instances.
///
/// # Errors
/// An instance is in no group, or not all are in the same.
pub(super) fn replace(args: &ReplaceArgs, fleet: &Fleet) -> Result<Intent, Refusal> {
    let cluster = args.cluster.as_deref().map(|name| find_cluster(fleet, name)).transpose()?;
    let ids: Vec<InstanceId> = args.instances.iter().map(|id| InstanceId::new(id.as_str())).collect();
    let groups = fleet.clusters.iter().flat_map(|cluster| &cluster.groups);
    let mut holders = groups.filter(|group| group.instances.iter().any(|one| ids.first() == Some(&one.id)));
    let batches = args.batches(holders.next().map(|group| &**group));
    replacement(fleet, cluster.map(|cluster| &cluster.id), ids, batches)
}

/// The cluster in which the instances are chosen.
///
/// # Errors
/// Neither a group nor a cluster is named, or there is none of that name.
pub(super) fn cluster_of<'a>(args: &ReplaceArgs, fleet: &'a Fleet) -> Result<&'a Cluster, Refusal> {
    match (&args.group, &args.cluster) {
        (Some(group), cluster) => in_cluster(group, cluster.as_deref(), fleet),
        (None, Some(cluster)) => find_cluster(fleet, cluster),
        (None, None) => Err(Refusal::new(
            "it is not said of which group",
            "add --group GROUP, or --cluster CLUSTER where one group has such instances",
        )),
    }
}

/// What the words of `plan replace` mean in this fleet, where instances are chosen by what is found; and of whom is
/// meant but left out, one sentence each.
///
/// # Errors
/// Nothing is meant, or in several groups.
pub(super) fn chosen(
    args: &ReplaceArgs,
    fleet: &Fleet,
    judgement: &Judgement,
) -> Result<(Intent, Vec<String>), Refusal> {
    let cluster = cluster_of(args, fleet)?;
    let named = args.group.as_deref().map(GroupName::from);
    let groups =
        cluster.groups.iter().filter(|group| named.as_ref().is_none_or(|name| group.id.name == *name));
    let mut first_refusal = None;
    let mut found = Vec::new();
    for group in groups {
        match choose(group, args.choice(), judgement) {
            Ok(chosen) => found.push((group, chosen)),
            Err(refusal) => drop(first_refusal.get_or_insert(refusal)),
        }
    }
    if found.len() > 1 {
        let several: Vec<String> = found.iter().map(|(group, _)| group.id.name.to_string()).collect();
        return Err(Refusal::new(
            format!("several groups of {} have such instances: {}", cluster.id.name, several.join(", ")),
            "say which: --group GROUP",
        ));
    }
    let Some((group, (instances, left_out))) = found.pop() else {
        return Err(first_refusal.unwrap_or_else(|| {
            let name = named.map_or_else(String::new, |name| format!(" {name}"));
            Refusal::new(format!("{} has no group{name}", cluster.id.name), "name one of its groups")
        }));
    };
    let batches = args.batches(Some(group));
    Ok((replacement(fleet, Some(&cluster.id), instances, batches)?, left_out))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::drift::{Policy, judge};
    use crate::fleet::builders::read_at;
    use crate::plan::tests::orders;

    #[derive(Parser, Debug)]
    struct Words {
        #[command(flatten)]
        replace: ReplaceArgs,
    }

    fn words(text: &str) -> ReplaceArgs {
        Words::try_parse_from(std::iter::once("replace").chain(text.split_whitespace())).unwrap().replace
    }

    fn chosen_of(text: &str, tainted: &[&str]) -> Result<Intent, Refusal> {
        let mut orders = orders(50, 50);
        for id in tainted {
            orders.world.instance_mut(id).tags.insert("flightdeck:tainted".into(), "by ann".into());
        }
        let fleet = orders.world.fleet();
        chosen(&words(text), &fleet, &judge(&fleet, &Policy::default(), read_at())).map(|(intent, _)| intent)
    }

    #[test]
    fn an_empty_selection_means_nothing_and_not_everything() {
        let refusal = chosen_of("--all-tainted --group orders-blue", &["i-green0"]).unwrap_err();
        assert_eq!(refusal.why, "no instance of orders-blue in service is tainted");
        assert!(chosen_of("--oldest 0 --group orders-blue", &[]).is_err());
        assert!(chosen_of("--all-tainted", &["i-blue0"]).is_err(), "of which group is not said");
        assert!(Words::try_parse_from(["replace"]).is_err(), "nothing is named at all");
        assert!(Words::try_parse_from(["replace", "i-1", "--all-tainted"]).is_err(), "two ways at once");
    }

    #[test]
    fn what_is_chosen_is_named_in_the_intent() {
        let intent = chosen_of("--all-tainted --cluster orders --at-once 50%", &["i-green1"]).unwrap();
        let Intent::Replace { group, instances, batches, .. } = intent else { panic!("{intent:?}") };
        assert_eq!((group, instances), ("orders-green".into(), vec!["i-green1".into()]));
        assert_eq!(batches, Batches { at_once: 1, launch_first: false });
        let several = chosen_of("--all-tainted --cluster orders", &["i-green1", "i-blue0"]).unwrap_err();
        assert!(several.why.contains("several groups"), "{}", several.why);
    }

    #[test]
    fn how_many_at_once_is_a_number_or_a_share() {
        assert_eq!(words("i-1 --at-once 3").at_once, AtOnce::Number(3));
        assert_eq!(words("i-1 --at-once 25%").at_once, AtOnce::Share(Percent::new(25).unwrap()));
        for wrong in ["all", "101%", "-1", "2.5"] {
            let text = format!("--at-once={wrong}");
            assert!(Words::try_parse_from(["replace", "i-1", &text]).is_err(), "{wrong}");
        }
    }
}
