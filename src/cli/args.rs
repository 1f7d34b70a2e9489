//! The command line as a type. What each verb does stands in a file of its own.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::drill::DrillArgs;
use super::groups::{OfGroup, ReplaceArgs, ScaleArgs};
use super::quarantine::QuarantineArgs;
use super::rebuild::{MarkArgs, RebuildArgs};
use super::refresh::RefreshArgs;
use crate::drift::Severity;

/// A terminal cockpit for fleets of immutable servers on AWS.
///
/// Without a verb the cockpit opens. It looks and changes nothing until it is armed.
#[derive(Parser, Debug)]
#[command(name = "flightdeck", version, max_term_width = 100)]
pub struct Arguments {
    /// Global options.
    #[command(flatten)]
    pub global: Global,
    /// What to do without the cockpit.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Options that go with the cockpit and with every verb.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// The simulated fleet: no account, no network
    #[arg(long, global = true, conflicts_with_all = ["profile", "region", "endpoint_url"])]
    pub demo: bool,
    /// Instances of the simulated fleet
    #[arg(long, global = true, value_name = "N", requires = "demo")]
    pub demo_instances: Option<usize>,
    /// Seed of the simulated fleet: the same seed gives the same fleet
    #[arg(long, global = true, value_name = "N", requires = "demo")]
    pub seed: Option<u64>,
    /// Profile of the AWS configuration
    #[arg(long, global = true, value_name = "P")]
    pub profile: Option<String>,
    /// Regions to watch
    #[arg(long, global = true, value_name = "R", value_delimiter = ',')]
    pub region: Vec<String>,
    /// Endpoint of another cloud that speaks like AWS
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Show only this cluster
    #[arg(long, global = true, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Show only what matches
    #[arg(long, global = true, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Nothing in the program can write
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Time between two looks, in seconds; the call budget may make it longer
    #[arg(long, global = true, value_name = "SECONDS")]
    pub refresh: Option<u64>,
    /// Theme: dark, light, monochrome, or a file of yours
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// Keymap: default, or a file of yours
    #[arg(long, global = true, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<ColorWhen>,
    /// Log file
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// How many colours to use.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColorWhen {
    /// As the terminal says
    Auto,
    /// None
    Never,
    /// 16
    #[value(name = "16")]
    Sixteen,
    /// 256
    #[value(name = "256")]
    TwoHundredFiftySix,
    /// All of them
    Truecolor,
}

/// Verbs without the cockpit.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// One observation of the fleet
    Snapshot {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// What has drifted; exit 1 where a finding is at or above the level
    Drift {
        /// One JSON document
        #[arg(long)]
        json: bool,
        /// Level from which drift is an exit code
        #[arg(long, value_name = "LEVEL", default_value = "info")]
        fail_on: Severity,
    },
    /// Two clusters side by side; exit 1 where they differ, 2 where something could not be compared
    Compare {
        /// The first cluster, as NAME or NAME@REGION
        #[arg(value_name = "A")]
        a: String,
        /// The other one
        #[arg(value_name = "B")]
        b: String,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Prints a plan; changes nothing
    Plan {
        /// What to plan
        #[command(subcommand)]
        verb: PlanVerb,
        /// One JSON document, which `apply` takes
        #[arg(long, global = true)]
        json: bool,
    },
    /// Runs a saved plan, if the world is still the one it was made for
    Apply {
        /// The plan, as `plan --json` wrote it
        plan: PathBuf,
        /// The phrase the plan asks for
        #[arg(long, value_name = "PHRASE")]
        confirm: String,
        /// Why, for the journal
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Goes on although this guard blocks, once for each; takes a reason
        #[arg(long = "override", value_name = "GUARD")]
        overrides: Vec<String>,
        /// Go on until it has settled, not only until it reads back
        #[arg(long, value_name = "WHEN")]
        wait: Option<WaitFor>,
    },
    /// Plans that wait for a second person, or the yes to one of them
    Approve {
        /// Which
        id: Option<String>,
        /// The phrase of the plan; without it the plan is only shown
        #[arg(long, value_name = "PHRASE", requires = "id")]
        confirm: Option<String>,
    },
    /// What runs, what was left half done, by whom; and the ways out
    #[command(args_conflicts_with_subcommands = true)]
    Operations {
        /// What to do about one
        #[command(subcommand)]
        verb: Option<OperationsVerb>,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// The same without `operations` in front
    #[command(flatten)]
    Operation(OperationsVerb),
    /// Everything that was done, by whom
    Journal {
        /// Checks the chain of hashes and names what was changed
        #[command(subcommand)]
        verb: Option<JournalVerb>,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Every key and what it does
    Keys,
    /// Every theme
    Themes,
    /// Every drift rule
    Rules,
    /// The configuration
    Config {
        /// Prints an example with every setting and its default
        #[arg(long, required = true)]
        example: bool,
    },
    /// The IAM policy that a viewer or an operator needs
    IamPolicy {
        /// Whose
        role: IamRole,
    },
}

/// Verbs that can be planned.
#[derive(Subcommand, Debug)]
pub enum PlanVerb {
    /// Moves one group of a cluster to an exact share of the traffic, in one call or in steps
    Shift {
        /// The cluster, as NAME or NAME@REGION
        #[arg(value_name = "CLUSTER")]
        target: String,
        /// The group and its share in percent
        #[arg(long, value_name = "GROUP=PERCENT", value_parser = share, allow_hyphen_values = true)]
        to: (String, String),
        /// In steps, each watched before the next: shares on the way, or 5,25,50,100
        #[arg(long, value_name = "PERCENTS", value_parser = percents, num_args = 0..=1)]
        steps: Option<Option<Percents>>,
        /// How long each step is watched, such as 90s, 2m or 1h; the cluster's own time where left out
        #[arg(long, value_name = "TIME", value_parser = seconds, requires = "steps")]
        bake: Option<u64>,
        /// ARN of the listener or rule, where several carry the cluster's traffic
        #[arg(long, value_name = "ARN")]
        source: Option<String>,
    },
    /// Blue/green: gives one group of a cluster all the traffic, in one call
    Switch {
        /// The cluster, as NAME or NAME@REGION
        #[arg(value_name = "CLUSTER")]
        target: String,
        /// The group that gets it
        #[arg(long, value_name = "GROUP")]
        to: String,
        /// ARN of the listener or rule, where several carry the cluster's traffic
        #[arg(long, value_name = "ARN")]
        source: Option<String>,
    },
    /// Puts the cluster's traffic back to what was recorded before
    Rollback {
        /// The cluster, as NAME or NAME@REGION
        #[arg(value_name = "CLUSTER")]
        target: String,
        /// ARN of the listener or rule, where several have something to go back to
        #[arg(long, value_name = "ARN")]
        source: Option<String>,
    },
    /// Gives the side without traffic an image and the size of the live one, then the traffic
    Deploy {
        /// The cluster, as NAME or NAME@REGION
        #[arg(value_name = "CLUSTER")]
        target: String,
        /// The image
        #[arg(long, value_name = "AMI")]
        image: String,
        /// The group that takes no traffic, where there are several
        #[arg(long, value_name = "GROUP")]
        to: Option<String>,
        /// The traffic in steps, each watched before the next: shares on the way, or 5,25,50,100
        #[arg(long, value_name = "PERCENTS", value_parser = percents, num_args = 0..=1)]
        steps: Option<Option<Percents>>,
        /// How long each step is watched, such as 90s, 2m or 1h; the cluster's own time where left out
        #[arg(long, value_name = "TIME", value_parser = seconds, requires = "steps")]
        bake: Option<u64>,
        /// Scales the old side to nothing when all has settled and it was kept warm (keep_warm); it is never deleted
        #[arg(long)]
        retire: bool,
        /// ARN of the listener or rule, where several carry the cluster's traffic
        #[arg(long, value_name = "ARN")]
        source: Option<String>,
    },
    /// Replaces a group's instances by those of an image or a launch template version, rolling
    Refresh(RefreshArgs),
    /// Ends chosen instances one after the other; their group launches others
    Replace(ReplaceArgs),
    /// Gives a group another size, or instances of another type
    Scale(ScaleArgs),
    /// Takes a suspect out of traffic and out of its group's reach, and keeps it for study
    Quarantine(QuarantineArgs),
    /// Puts an instance that stands by back into service
    Release {
        /// The instance
        #[arg(value_name = "INSTANCE")]
        instance: String,
    },
    /// Ends an instance that is in quarantine, and no other
    Terminate {
        /// The instance
        #[arg(value_name = "INSTANCE")]
        instance: String,
    },
    /// Cancels the refresh of a group that is under way, or its rollback, whoever started it
    Cancel(OfGroup),
    /// Lets AWS take back the refresh of a group that is under way, whoever started it
    RollbackRefresh(OfGroup),
    /// Builds an image of a family, or of all that stands on it; and carries it on to a deployment or a refresh
    Rebuild(RebuildArgs),
    /// Marks an image as bad, for every tool to see; or as good again
    Mark(MarkArgs),
    /// Rehearses a failure on a group: the loss of an instance, or of a zone for a time
    Drill(DrillArgs),
}

/// What can be done about an operation that is half done.
#[derive(Subcommand, Debug)]
pub enum OperationsVerb {
    /// Lets a half-done operation go on from what is observed, whoever began it
    Resume {
        /// Which
        #[command(flatten)]
        taken: Taken,
        /// The phrase of its plan; without it the plan is only shown
        #[arg(long, value_name = "PHRASE")]
        confirm: Option<String>,
    },
    /// Sets the traffic of a half-done operation back at once; naming it confirms it
    Abort(Taken),
    /// Puts back what was before an operation; naming it confirms it
    Rollback(Taken),
}

/// Which operation, and why.
#[derive(Args, Debug)]
pub struct Taken {
    /// Its id, as `flightdeck operations` tells it
    pub id: String,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Goes on although this guard blocks, once for each; takes a reason
    #[arg(long = "override", value_name = "GUARD")]
    pub overrides: Vec<String>,
}

/// When `apply` ends.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Propagation time has passed and target states are steady
    Settled,
}

/// Verbs of the journal.
#[derive(Subcommand, Clone, Copy, PartialEq, Eq, Debug)]
pub enum JournalVerb {
    /// Checks the chain of hashes and names what was changed
    Verify,
}

/// Whose permissions.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum IamRole {
    /// Looks
    Viewer,
    /// Looks and changes
    Operator,
}

/// Reads `GROUP=PERCENT`. The last `=` counts, since a group's name may hold one. Whether the percentage is possible
/// is the plan's business.
fn share(text: &str) -> Result<(String, String), String> {
    let (group, percent) = text.rsplit_once('=').filter(|(group, _)| !group.is_empty()).ok_or_else(|| {
        format!("write GROUP=PERCENT, such as `green=25`, not `{}`", crate::fleet::clean(text))
    })?;
    Ok((group.to_string(), percent.to_string()))
}

/// Shares on the way, as they were written. Whether each is possible is the plan's business.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Percents(pub Vec<String>);

/// Reads `5,25,50`, each with or without a percent sign.
pub(super) fn percents(text: &str) -> Result<Percents, String> {
    let parts: Vec<&str> = text.split(',').map(|part| part.trim().trim_end_matches('%').trim_end()).collect();
    if parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Ok(Percents(parts.into_iter().map(Into::into).collect()));
    }
    Err(format!("write whole percentages such as 5,25,50,100, not `{}`", crate::fleet::clean(text)))
}

/// The longest time a step may be watched: a day. Who waits longer watches something else.
const LONGEST_BAKE: SignedDuration = SignedDuration::from_hours(24);

/// Reads a time with its unit, in whole seconds.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let time = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let is_whole = |time: &SignedDuration| time.subsec_nanos() == 0;
    let time = time.ok().filter(|time| !time.is_negative() && is_whole(time) && *time <= LONGEST_BAKE);
    time.and_then(|time| u64::try_from(time.as_secs()).ok()).ok_or_else(|| {
        format!(
            "write a time of at most 24h in whole seconds with its unit, such as 90s, 2m or 1h, not `{}`",
            crate::fleet::clean(text)
        )
    })
}

impl Verb {
    /// Whether a document was asked for.
    pub fn is_json(&self) -> bool {
        match self {
            Self::Snapshot { json }
            | Self::Drift { json, .. }
            | Self::Compare { json, .. }
            | Self::Plan { json, .. }
            | Self::Operations { json, .. }
            | Self::Journal { json, .. } => *json,
            _ => false,
        }
    }
}

impl From<&Global> for crate::config::Flags {
    fn from(global: &Global) -> Self {
        use crate::config::ColorChoice;
        Self {
            profile: global.profile.clone(),
            regions: global.region.clone(),
            endpoint_url: global.endpoint_url.clone(),
            config: global.config.clone(),
            cluster: global.cluster.clone(),
            filter: global.filter.clone(),
            read_only: global.read_only,
            refresh: global.refresh,
            theme: global.theme.clone(),
            keymap: global.keymap.clone(),
            color: global.color.map(|when| match when {
                ColorWhen::Auto => ColorChoice::Auto,
                ColorWhen::Never => ColorChoice::Never,
                ColorWhen::Sixteen => ColorChoice::Sixteen,
                ColorWhen::TwoHundredFiftySix => ColorChoice::TwoHundredFiftySix,
                ColorWhen::Truecolor => ColorChoice::TrueColor,
            }),
            log: global.log.clone(),
        }
    }
}
