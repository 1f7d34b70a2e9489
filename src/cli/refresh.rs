//! `flightdeck plan refresh`: its words, and what they mean in this fleet.

use clap::{Args, ValueEnum};

use super::args::seconds;
use crate::fleet::{Cluster, Fleet, ImageId};
use crate::plan::{Intent, Knobs, Protected, RefreshTo, Refusal, Standby, find_cluster, nearest};

/// What becomes of instances that are protected from scale-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum OfProtected {
    /// They are replaced too
    Refresh,
    /// They stay as they are
    Ignore,
    /// AWS waits for an hour, then fails
    Wait,
}

/// What becomes of instances in standby.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum OfStandby {
    /// They are ended
    Terminate,
    /// They stay as they are
    Ignore,
    /// AWS waits for an hour, then fails
    Wait,
}

/// Words of `plan refresh`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct RefreshArgs {
    /// The group
    #[arg(value_name = "GROUP")]
    group: String,
    /// Its cluster, as NAME or NAME@REGION, where several have a group of this name
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,
    /// The image: a version of the launch template is made with it
    #[arg(
        long,
        value_name = "AMI",
        required_unless_present = "template_version",
        conflicts_with = "template_version"
    )]
    image: Option<String>,
    /// The version of the group's launch template
    #[arg(long, value_name = "NUMBER")]
    template_version: Option<i64>,
    /// Fewest healthy instances on the way, in percent; 100 where left out
    #[arg(long, value_name = "PERCENT")]
    min_healthy: Option<i32>,
    /// Most healthy instances on the way, in percent; 110 where left out, 200 for a group of one
    #[arg(long, value_name = "PERCENT")]
    max_healthy: Option<i32>,
    /// Time until a new instance counts, such as 90s or 2m; the group's own where left out
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    warmup: Option<u64>,
    /// Shares at which it stops for a while, such as 25,50
    #[arg(long, value_name = "PERCENTS", value_delimiter = ',')]
    checkpoints: Vec<i32>,
    /// Time at each of them; 1h where left out
    #[arg(long, value_name = "TIME", value_parser = seconds, requires = "checkpoints")]
    checkpoint_delay: Option<u64>,
    /// Time it is watched at its end
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    bake: Option<u64>,
    /// Instances that match already are replaced too
    #[arg(long)]
    replace_matching: bool,
    /// AWS does not go back by itself where the refresh fails
    #[arg(long)]
    no_auto_rollback: bool,
    /// The group is not pinned to a numbered version first, where it names none
    #[arg(long)]
    no_pin: bool,
    /// What becomes of instances that are protected from scale-in; they stay where left out
    #[arg(long, value_name = "WHAT")]
    protected: Option<OfProtected>,
    /// What becomes of instances in standby; they stay where left out
    #[arg(long, value_name = "WHAT")]
    standby: Option<OfStandby>,
}

/// What the words mean in this fleet.
///
/// # Errors
/// No cluster has such a group, or several have.
pub(super) fn intent(args: &RefreshArgs, fleet: &Fleet) -> Result<Intent, Refusal> {
    let cluster = in_cluster(&args.group, args.cluster.as_deref(), fleet)?;
    let to = match (&args.image, args.template_version) {
        (Some(image), _) => RefreshTo::Image(ImageId::new(image)),
        (None, Some(version)) => RefreshTo::Version(version),
        (None, None) => return Err(Refusal::new("nothing says what to refresh to", "name an --image")),
    };
    // A time of a day at most, so that it fits.
    let time = |seconds: Option<u64>| seconds.and_then(|seconds| i32::try_from(seconds).ok());
    let knobs = Knobs {
        min_healthy: args.min_healthy,
        max_healthy: args.max_healthy,
        warmup: time(args.warmup),
        checkpoints: args.checkpoints.clone(),
        checkpoint_delay: time(args.checkpoint_delay),
        bake: time(args.bake),
        skip_matching: args.replace_matching.then_some(false),
        auto_rollback: args.no_auto_rollback.then_some(false),
        pin: args.no_pin.then_some(false),
        protected: args.protected.map(|what| match what {
            OfProtected::Refresh => Protected::Refresh,
            OfProtected::Ignore => Protected::Ignore,
            OfProtected::Wait => Protected::Wait,
        }),
        standby: args.standby.map(|what| match what {
            OfStandby::Terminate => Standby::Terminate,
            OfStandby::Ignore => Standby::Ignore,
            OfStandby::Wait => Standby::Wait,
        }),
    };
    let group = args.group.as_str().into();
    Ok(Intent::Refresh { cluster: cluster.id.clone(), group, to, knobs })
}

/// The cluster that was named, else the only one with such a group.
pub(super) fn in_cluster<'a>(
    group: &str,
    cluster: Option<&str>,
    fleet: &'a Fleet,
) -> Result<&'a Cluster, Refusal> {
    if let Some(name) = cluster {
        return find_cluster(fleet, name);
    }
    let wanted = group.into();
    let mut found = fleet.clusters.iter().filter(|cluster| cluster.group(&wanted).is_some());
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(one), Some(other)) => Err(Refusal::new(
            format!("several clusters have a group {wanted}"),
            format!(
                "say which: --cluster {}@{} or --cluster {}@{}",
                one.id.name, one.id.place.region, other.id.name, other.id.place.region
            ),
        )),
        (None, _) => {
            let groups = fleet.clusters.iter().flat_map(|cluster| &cluster.groups);
            let names = groups.map(|group| group.id.name.to_string());
            Err(Refusal::new(
                format!("there is no group {wanted}"),
                nearest::remedy(&wanted.to_string(), names, "there are"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::plan::tests::orders;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        refresh: RefreshArgs,
    }

    fn said(words: &str) -> Result<Intent, String> {
        let words = std::iter::once("refresh").chain(words.split_whitespace());
        let args = Words::try_parse_from(words).map_err(|error| error.to_string())?;
        intent(&args.refresh, &orders(100, 0).world.fleet()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_group_is_found_in_its_cluster_and_left_out_words_are_the_strict_default() {
        let Ok(Intent::Refresh { cluster, to, knobs, .. }) = said("orders-green --image ami-3") else {
            panic!()
        };
        assert_eq!(cluster.name, "orders".into());
        assert_eq!(to, RefreshTo::Image("ami-3".into()));
        assert!(knobs.are_default());
    }

    #[test]
    fn every_word_says_what_it_means() {
        let words = "orders-green --template-version 7 --min-healthy 90 --max-healthy 120 --warmup 90s \
                     --checkpoints 25,50 --checkpoint-delay 10m --bake 2m --replace-matching \
                     --no-auto-rollback --no-pin --protected wait --standby terminate";
        let Ok(Intent::Refresh { to, knobs, .. }) = said(words) else { panic!() };
        assert_eq!(to, RefreshTo::Version(7));
        let expected = Knobs {
            min_healthy: Some(90),
            max_healthy: Some(120),
            warmup: Some(90),
            checkpoints: vec![25, 50],
            checkpoint_delay: Some(600),
            bake: Some(120),
            skip_matching: Some(false),
            auto_rollback: Some(false),
            pin: Some(false),
            protected: Some(Protected::Wait),
            standby: Some(Standby::Terminate),
        };
        assert_eq!(knobs, expected);
    }

    #[test]
    fn what_is_meant_has_to_be_said() {
        assert!(said("orders-green").unwrap_err().contains("--image"));
        assert!(said("orders-green --image ami-3 --template-version 2").is_err());
        assert!(said("orders-gren --image ami-3").unwrap_err().contains("orders-green"));
    }
}
