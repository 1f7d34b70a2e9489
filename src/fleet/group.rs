//! Server groups: Auto Scaling groups with what they want and what they have.

use jiff::Timestamp;

use super::{
    GroupId, ImageId, Instance, LaunchSource, PolicyFact, RefreshFact, ScheduleFact, SubnetId, Tags,
    TargetGroupArn, TemplateId, TemplateVersion, Text, Zone,
};

/// Where a wanted image comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WantedSource {
    /// A launch template version.
    Template {
        /// Template id, where known.
        id: Option<TemplateId>,
        /// Template name, where known.
        name: Option<Text>,
        /// As the group names it.
        version: TemplateVersion,
        /// The number behind `$Latest` or `$Default`; `None` where it is not known.
        number: Option<i64>,
    },
    /// An old launch configuration.
    Configuration(Text),
    /// Nothing we know.
    Unknown,
}

/// One thing a group would launch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The image; `None` where it cannot be told.
    pub image: Option<ImageId>,
    /// Instance type it is for; `None`: every type that no other entry names.
    pub instance_type: Option<Text>,
    /// Where it comes from.
    pub source: WantedSource,
    /// Whether the image follows an SSM parameter (`resolve:ssm:…`), so that it may be another one tomorrow.
    pub by_parameter: bool,
    /// Why the image is not known, where it is not.
    pub unknown: Option<String>,
}

/// An instance refresh with what it goes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Refresh {
    /// AWS's facts.
    pub fact: RefreshFact,
    /// What it launches; the group's own where it names nothing.
    pub wants: Vec<Wanted>,
}

/// A server group.
#[derive(Clone, PartialEq, Debug)]
pub struct ServerGroup {
    /// Account, region and name.
    pub id: GroupId,
    /// Smallest size in capacity units.
    pub min: i32,
    /// Wanted size in capacity units.
    pub desired: i32,
    /// Largest size in capacity units.
    pub max: i32,
    /// Whether sizes count units that are not instances.
    pub weighted: bool,
    /// Zones it launches in.
    pub zones: Vec<Zone>,
    /// Subnets it launches in; empty where it names zones alone.
    pub subnets: Vec<SubnetId>,
    /// What it launches from, as AWS says it.
    pub source: LaunchSource,
    /// What that is, by its saved configuration: the base first, then each override that names an image or a
    /// template of its own. Never empty.
    pub wants: Vec<Wanted>,
    /// The refresh under way: scale-outs launch what it wants until it ends.
    pub refresh: Option<Refresh>,
    /// The newest refresh that is not known to be under way; `None` where none is known.
    pub last_refresh: Option<Refresh>,
    /// Whether refreshes could be read and the newest has a state we know: `false` makes "no refresh" unknown.
    pub refreshes_known: bool,
    /// Its scaling policies, by name; `None` where they were not read since it was made.
    pub policies: Option<Vec<PolicyFact>>,
    /// Its scheduled actions, by name; `None` where they were not read since it was made.
    pub schedules: Option<Vec<ScheduleFact>>,
    /// Target groups attached to it.
    pub target_groups: Vec<TargetGroupArn>,
    /// Its instances, by id.
    pub instances: Vec<Instance>,
    /// Whether it takes traffic now (a weight above 0 on any source).
    pub live: bool,
    /// Suspended processes.
    pub suspended: Vec<Text>,
    /// AWS's word while it is being deleted.
    pub status: Option<Text>,
    /// The AWS service that alone may change it.
    pub operator: Option<Text>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Tags.
    pub tags: Tags,
}

impl ServerGroup {
    /// What this instance type would be launched with: its override's entry, else the base.
    pub fn wanted_for(&self, instance_type: Option<&Text>) -> Option<&Wanted> {
        candidates(&self.wants, instance_type).next()
    }

    /// Whether overrides choose the instance type, by the saved configuration or by that of a known refresh.
    pub fn overrides_types(&self) -> bool {
        let refreshed = self.refresh.iter().chain(&self.last_refresh).filter_map(|r| r.fact.desired.as_ref());
        refreshed
            .chain([&self.source])
            .any(|source| matches!(source, LaunchSource::Mixed { overrides, .. } if !overrides.is_empty()))
    }
}

impl Refresh {
    /// The launch template version it goes to; `None` where its number is not known, or where it is a policy.
    pub fn goes_to(&self) -> Option<(&TemplateId, i64)> {
        match (&self.wants.first()?.source, self.wants.len()) {
            (WantedSource::Template { id: Some(id), number: Some(number), .. }, 1) => Some((id, *number)),
            _ => None,
        }
    }

    /// What the refresh would launch for this instance type.
    pub fn wanted_for(&self, instance_type: Option<&Text>) -> Option<&Wanted> {
        candidates(&self.wants, instance_type).next()
    }
}

/// Everything that may be launched as this instance type: the entries for that very type, else those for no type of
/// their own. Overrides by attributes name no type, so there may be several.
pub fn candidates<'a>(wants: &'a [Wanted], instance_type: Option<&Text>) -> impl Iterator<Item = &'a Wanted> {
    let meant =
        instance_type.filter(|kind| wants.iter().any(|wanted| wanted.instance_type.as_ref() == Some(*kind)));
    wants.iter().filter(move |wanted| wanted.instance_type.as_ref() == meant)
}
