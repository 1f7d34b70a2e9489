//! What an operator wants, before anything is worked out.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{OperationId, Protected, Standby};
use crate::fleet::{ClusterId, GroupName, ImageId, InstanceId, SourceArn, Text, Zone};

/// A whole percentage, 0–100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct Percent(u8);

impl Percent {
    /// All of it.
    pub const ALL: Self = Self(100);

    /// A percentage; `None` above 100.
    pub fn new(value: u8) -> Option<Self> {
        (value <= 100).then_some(Self(value))
    }

    /// The number, 0–100.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_end_matches('%').trim_end();
        text.parse().ok().and_then(Self::new).ok_or_else(|| {
            format!("a percentage is a whole number from 0 to 100, not `{}`", crate::fleet::clean(text))
        })
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u8::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom("a percentage is at most 100"))
    }
}

/// How a shift goes on in steps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stepped {
    /// Shares on the way, in order; those not between now and the goal are dropped, the goal comes last.
    pub at: Vec<Percent>,
    /// Time each step is watched before the next, in seconds.
    pub bake: u64,
}

impl Stepped {
    /// Shares on the way where none are named (SEMANTICS: 5 → 25 → 50 → 100).
    pub const SHARES: [u8; 4] = [5, 25, 50, 100];

    /// Time a step is watched where none is named, in seconds.
    pub const BAKE: u64 = 120;
}

impl Default for Stepped {
    fn default() -> Self {
        Self { at: Self::SHARES.into_iter().filter_map(Percent::new).collect(), bake: Self::BAKE }
    }
}

/// What is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Intent {
    /// One group of a cluster gets exactly this share: now and in one call, or in steps.
    Shift {
        /// The cluster.
        cluster: ClusterId,
        /// The group that gets the share.
        to: GroupName,
        /// The share: of the group, absolute.
        percent: Percent,
        /// The steps; `None`: one call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        steps: Option<Stepped>,
        /// Which listener or rule; required where several carry the cluster's traffic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<SourceArn>,
    },
    /// Blue/green: all traffic to the named group, in one call.
    Switch {
        /// The cluster.
        cluster: ClusterId,
        /// The group that gets all of it.
        to: GroupName,
        /// Which listener or rule; required where several carry the cluster's traffic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<SourceArn>,
    },
    /// The cluster's traffic goes back to what was before.
    Rollback {
        /// The cluster.
        cluster: ClusterId,
        /// Undoes this one operation: exactly what it recorded. `None`: back to what was fully live.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<OperationId>,
        /// Which listener or rule; required where several have something to go back to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<SourceArn>,
    },
    /// A half-done operation goes on from what is observed: by whoever began it, or by a colleague who takes it over.
    Resume {
        /// The cluster.
        cluster: ClusterId,
        /// The operation.
        operation: OperationId,
    },
    /// The side that takes no traffic gets an image, then the traffic.
    Deploy {
        /// The cluster.
        cluster: ClusterId,
        /// The group that takes no traffic.
        group: GroupName,
        /// The image.
        image: ImageId,
        /// The steps in which it gets the traffic; `None`: one call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        steps: Option<Stepped>,
        /// Whether the old side ends when it was kept warm long enough.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        retire: bool,
        /// Which listener or rule; required where several carry the cluster's traffic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<SourceArn>,
    },
    /// A group's instances are replaced by ones of an image or a launch template version, rolling.
    Refresh {
        /// The cluster.
        cluster: ClusterId,
        /// The group.
        group: GroupName,
        /// What it goes to.
        to: RefreshTo,
        /// How, where it is not the strict default.
        #[serde(default, skip_serializing_if = "Knobs::are_default")]
        knobs: Knobs,
    },
    /// The refresh of a group that is under way, or its rollback, stops where it is, whoever started it.
    CancelRefresh {
        /// The cluster.
        cluster: ClusterId,
        /// The group.
        group: GroupName,
    },
    /// The refresh of a group that is under way is taken back by AWS, whoever started it.
    RollbackRefresh {
        /// The cluster.
        cluster: ClusterId,
        /// The group.
        group: GroupName,
    },
    /// Chosen instances of a group are ended, one after the other or so many at once, and the group launches others.
    Replace {
        /// The cluster.
        cluster: ClusterId,
        /// The group.
        group: GroupName,
        /// The instances.
        instances: Vec<InstanceId>,
        /// How many together, and what comes first.
        #[serde(default, skip_serializing_if = "Batches::are_default")]
        batches: Batches,
    },
    /// A group gets another size, in capacity units.
    Scale {
        /// The cluster.
        cluster: ClusterId,
        /// The group.
        group: GroupName,
        /// The size.
        desired: i32,
        /// Another smallest size.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i32>,
        /// Another largest size.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i32>,
    },
    /// A suspect is taken out of traffic and out of its group's reach, and kept for study.
    Quarantine {
        /// The cluster.
        cluster: ClusterId,
        /// The group that has it.
        group: GroupName,
        /// The instance.
        instance: InstanceId,
        /// How.
        how: Aside,
        /// Whether its group launches another; else it gets smaller by one.
        replacement: bool,
        /// Why, for its tag.
        reason: Text,
        /// Who wants it and when, for its tag.
        by: Author,
    },
    /// An instance that stands by goes back into service.
    Release {
        /// The cluster.
        cluster: ClusterId,
        /// The group that has it.
        group: GroupName,
        /// The instance.
        instance: InstanceId,
        /// Who wants it and when, for its tag.
        by: Author,
    },
    /// An instance in quarantine is ended.
    Terminate {
        /// The cluster.
        cluster: ClusterId,
        /// The group that has it, or had it.
        group: GroupName,
        /// The instance.
        instance: InstanceId,
    },
    /// Images are built: of one family, or of all families that stand on it.
    Rebuild {
        /// The cluster that the image is for, else what stands for the family.
        cluster: ClusterId,
        /// The family.
        family: Text,
        /// Whether everything that stands on it is built too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        chain: bool,
        /// The version of its image; `None`: the next one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Text>,
        /// The revision of its source; `None`: as its recipe says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<Text>,
        /// Who wants it and when: it names the builds.
        by: Author,
        /// What is done with the image of one of the builds: a deployment, or a refresh.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        then: Option<Box<Self>>,
    },
    /// An image is marked as bad, or no longer.
    Mark {
        /// What stands for its family.
        cluster: ClusterId,
        /// The image.
        image: ImageId,
        /// Why it is bad; `None`: it is not, after all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bad: Option<Text>,
        /// Who says so and when, for its tag.
        by: Author,
    },
    /// A failure is rehearsed on a group.
    Drill {
        /// The cluster.
        cluster: ClusterId,
        /// The group.
        group: GroupName,
        /// What is rehearsed.
        exercise: Exercise,
        /// It stops where fewer instances of the group are healthy; `None`: where no plan may go below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop_below: Option<usize>,
    },
}

/// What a drill rehearses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Exercise {
    /// The loss of an instance, which was chosen at random.
    Replace {
        /// The instance.
        instance: InstanceId,
    },
    /// The loss of a zone.
    Empty {
        /// The zone.
        zone: Zone,
        /// How long it stays empty, in seconds.
        seconds: u64,
    },
}

/// How an instance is taken aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aside {
    /// It stands by in its group: it can come back.
    Standby,
    /// It leaves its group for good.
    Detach,
}

/// Who wants something, and when that was said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// What a person is called.
    pub who: Text,
    /// When.
    pub at: Timestamp,
}

/// How chosen instances are replaced: by default one after the other, each ended before another is launched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Batches {
    /// So many are ended together, from 1; the group is whole again before the next.
    pub at_once: usize,
    /// Whether as many are launched before the first is ended.
    pub launch_first: bool,
}

impl Batches {
    /// Whether everything is the default.
    pub fn are_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Batches {
    fn default() -> Self {
        Self { at_once: 1, launch_first: false }
    }
}

/// What a refresh goes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshTo {
    /// An image: a launch template version with it is made.
    Image(ImageId),
    /// A version of the group's launch template.
    Version(i64),
    /// An instance type, with the image that the group launches now: a launch template version with it is made.
    Type(Text),
}

/// How a refresh goes; what is `None` is the strict default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Knobs {
    /// 0–100 % of the wanted size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_healthy: Option<i32>,
    /// 100–200 %.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_healthy: Option<i32>,
    /// Seconds until a new instance counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup: Option<i32>,
    /// Shares at which it stops for a while, ascending, 1–100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<i32>,
    /// Seconds at each of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_delay: Option<i32>,
    /// Seconds of watching at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bake: Option<i32>,
    /// Whether instances that match already stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_matching: Option<bool>,
    /// Whether it goes back by itself where it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_rollback: Option<bool>,
    /// What becomes of instances that are protected from scale-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protected: Option<Protected>,
    /// What becomes of instances in standby.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standby: Option<Standby>,
    /// Whether the group is first pinned to a numbered version where that makes a way back possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<bool>,
}

impl Knobs {
    /// Whether everything is the strict default.
    pub fn are_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Intent {
    /// The cluster it is about.
    pub fn cluster(&self) -> &ClusterId {
        match self {
            Self::Shift { cluster, .. }
            | Self::Switch { cluster, .. }
            | Self::Rollback { cluster, .. }
            | Self::Resume { cluster, .. }
            | Self::Deploy { cluster, .. }
            | Self::Refresh { cluster, .. }
            | Self::CancelRefresh { cluster, .. }
            | Self::RollbackRefresh { cluster, .. }
            | Self::Replace { cluster, .. }
            | Self::Scale { cluster, .. }
            | Self::Quarantine { cluster, .. }
            | Self::Release { cluster, .. }
            | Self::Terminate { cluster, .. }
            | Self::Rebuild { cluster, .. }
            | Self::Mark { cluster, .. }
            | Self::Drill { cluster, .. } => cluster,
        }
    }

    /// The verb in one word.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Shift { .. } => "shift",
            Self::Switch { .. } => "switch",
            Self::Rollback { .. } => "rollback",
            Self::Resume { .. } => "resume",
            Self::Deploy { .. } => "deploy",
            Self::Refresh { to: RefreshTo::Type(_), .. } | Self::Scale { .. } => "scale",
            Self::Refresh { .. } => "refresh",
            Self::CancelRefresh { .. } => "cancel",
            Self::RollbackRefresh { .. } => "rollback-refresh",
            Self::Replace { .. } => "replace",
            Self::Quarantine { .. } => "quarantine",
            Self::Release { .. } => "release",
            Self::Terminate { .. } => "terminate",
            Self::Rebuild { .. } => "rebuild",
            Self::Mark { .. } => "mark",
            Self::Drill { .. } => "drill",
        }
    }

    /// The group whose instances it changes; `None` where it changes none.
    pub fn group(&self) -> Option<&GroupName> {
        match self {
            Self::Deploy { group, .. }
            | Self::Refresh { group, .. }
            | Self::CancelRefresh { group, .. }
            | Self::RollbackRefresh { group, .. }
            | Self::Replace { group, .. }
            | Self::Scale { group, .. }
            | Self::Quarantine { group, .. }
            | Self::Release { group, .. }
            | Self::Terminate { group, .. }
            | Self::Drill { group, .. } => Some(group),
            Self::Rebuild { then, .. } => then.as_ref()?.group(),
            Self::Shift { .. }
            | Self::Switch { .. }
            | Self::Rollback { .. }
            | Self::Resume { .. }
            | Self::Mark { .. } => None,
        }
    }

    /// The instance that is set aside, given back or ended; `None` where it is about something else.
    pub fn set_aside(&self) -> Option<&InstanceId> {
        match self {
            Self::Quarantine { instance, .. }
            | Self::Release { instance, .. }
            | Self::Terminate { instance, .. } => Some(instance),
            _ => None,
        }
    }

    /// Whether its group launches nothing for it.
    pub(super) fn launches_nothing(&self) -> bool {
        matches!(
            self,
            Self::Quarantine { replacement: false, .. } | Self::Release { .. } | Self::Terminate { .. }
        )
    }
}
