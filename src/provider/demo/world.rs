//! What the simulated fleet is made of: causes with their times, never what is seen of them.
//!
//! Whatever only ages (booting, registering, draining) is no event: `phase` tells it from the times kept here. What
//! happens by itself is in `life`, what is told to an observer in `facts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::builds::Build;
use super::chance::Chance;
use super::facts::Sight;
use super::life::Agenda;
use super::refresh::Run;
use super::weather::BuildFate;
use crate::fleet::{
    Actions, AlarmState, BuildId, GroupFact, GroupName, ImageFact, ImageId, InstanceId,
    LaunchConfigurationFact, ListenerFact, LoadBalancerFact, MetadataOptions, Place, PolicyFact, RefreshFact,
    RuleArn, RuleFact, ScheduleFact, SecurityGroupId, SourceArn, SubnetId, Tags, TargetGroupArn,
    TargetGroupAttributes, TargetGroupFact, TemplateId, TemplateRef, TemplateVersionFact, Text, Zone,
};
use crate::plan::CreateTemplateVersion;

/// Milliseconds since the world began; negative before it.
pub(super) type Moment = i64;

/// One second of a [`Moment`].
pub(super) const SECOND: Moment = 1_000;
/// One minute of a [`Moment`].
pub(super) const MINUTE: Moment = 60 * SECOND;
/// One hour of a [`Moment`].
pub(super) const HOUR: Moment = 60 * MINUTE;
/// One day of a [`Moment`].
pub(super) const DAY: Moment = 24 * HOUR;
/// Before everything: what has always been so.
pub(super) const EVER: Moment = i64::MIN / 4;
/// After everything: what does not end by itself.
pub(super) const NEVER: Moment = i64::MAX / 4;

/// The whole simulated world.
pub(super) struct World {
    pub chance: Chance,
    /// When it began.
    pub start: Timestamp,
    /// Up to when it has been lived.
    pub now: Moment,
    pub regions: Vec<Region>,
    /// What is going to happen.
    pub agenda: Agenda,
    /// Whether instances fail and flap by themselves.
    pub mishaps: bool,
    /// Whether people change things by hand by themselves.
    pub hands: bool,
    /// CloudWatch has no data.
    pub silent: bool,
    /// What becomes of the build that starts now, where a test says so.
    pub next_build: Option<BuildFate>,
}

/// One account and region.
pub(super) struct Region {
    pub place: Place,
    pub zones: Vec<Zone>,
    /// One in each zone.
    pub subnets: Vec<SubnetId>,
    pub images: BTreeMap<ImageId, Image>,
    /// Builds of images, under way and ended.
    pub builds: BTreeMap<BuildId, Build>,
    pub templates: BTreeMap<TemplateId, Vec<TemplateVersionFact>>,
    /// What made launch template versions, by client token.
    pub template_tokens: BTreeMap<Text, CreateTemplateVersion>,
    /// Descriptions of launch template versions that have one.
    pub descriptions: BTreeMap<(TemplateId, i64), Text>,
    pub configurations: BTreeMap<Text, LaunchConfigurationFact>,
    pub policies: Vec<PolicyFact>,
    pub schedules: Vec<ScheduleFact>,
    pub groups: Vec<Group>,
    /// Instances in no group.
    pub loose: Vec<Instance>,
    pub balancers: Vec<Balancer>,
    pub target_groups: BTreeMap<TargetGroupArn, TargetGroup>,
    /// The newest change of each listener or rule; `actions` in its fact are what reads back.
    pub changes: BTreeMap<SourceArn, Change>,
    /// States of alarms that somebody set.
    pub told_alarms: BTreeMap<Text, AlarmState>,
    /// Listeners and rules whose weights people change by hand now and then.
    pub casual: Vec<SourceArn>,
}

/// An image.
pub(super) struct Image {
    pub fact: ImageFact,
    /// DescribeImages does not return it any more, or never did.
    pub hidden: bool,
    /// Its program fails under load.
    pub bad: bool,
}

/// A server group with its instances.
pub(super) struct Group {
    /// As AWS tells it, without its members.
    pub fact: GroupFact,
    pub instances: Vec<Instance>,
    /// The newest first.
    pub refreshes: Vec<RefreshFact>,
    /// Its refresh that is under way.
    pub run: Option<Run>,
    /// Capacity units above the wanted size that its refresh has launched ahead of old ones.
    pub ahead: i32,
    /// Whether the errors of a bad version follow its traffic.
    pub strained: bool,
    /// Serial number of its next launch.
    pub launches: u64,
    /// Serial number of its next mishap.
    pub mishaps: u64,
}

/// An instance: when and from what it was launched, and what befell it.
#[derive(Clone)]
pub(super) struct Instance {
    pub id: InstanceId,
    pub zone: Zone,
    /// The last three bytes of its private address.
    pub address: u32,
    pub launched: Moment,
    pub boot: Boot,
    pub launch: Arc<Launch>,
    pub tags: Arc<Tags>,
    /// On its way out: when its connections have drained and it is shut down.
    pub drained: Option<Moment>,
    pub ailment: Option<Ailment>,
    pub duty: Duty,
    /// From when it fulfils its duty: on its way to stand by or to leave it drains until then, back in service it is
    /// registered from then on.
    pub duty_from: Moment,
    pub protected: bool,
    /// Shifted away from a zone on purpose.
    pub shifted_away: bool,
}

/// How long an instance takes to start, each counted from its launch, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Boot {
    /// Until it runs.
    pub running: u32,
    /// Until its program answers health checks.
    pub answers: u32,
    /// Until the status checks say ok.
    pub checked: u32,
}

/// What an instance was launched with; shared by all that were launched alike.
#[derive(Clone)]
pub(super) struct Launch {
    pub image: ImageId,
    pub instance_type: Text,
    pub security_groups: Vec<SecurityGroupId>,
    pub iam_profile: Option<Text>,
    pub key_name: Option<Text>,
    pub metadata: MetadataOptions,
    pub ebs_optimized: bool,
    pub devices: BTreeMap<Text, bool>,
    pub template: Option<TemplateRef>,
    /// Capacity units, where the group counts them.
    pub units: Option<i32>,
}

/// What an instance is there for now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// To serve.
    Service,
    /// To stand by: in its group, yet outside of what the group replaces.
    Standby,
    /// To leave its group: it is in none once its connections have drained.
    Leaving,
    /// Nothing: it was stopped.
    Stopped,
}

/// Something wrong with an instance for a time.
#[derive(Clone, Copy)]
pub(super) struct Ailment {
    pub from: Moment,
    pub until: Moment,
    pub kind: Ill,
}

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ill {
    /// The machine: EC2's status check fails, the group replaces it.
    Machine,
    /// The program does not answer for a while.
    Program,
    /// The program answers with errors while it gets traffic.
    Strain,
}

/// A load balancer with its listeners.
pub(super) struct Balancer {
    pub fact: LoadBalancerFact,
    pub listeners: Vec<Listener>,
}

/// A listener with its rules.
pub(super) struct Listener {
    pub fact: ListenerFact,
    pub default_rule: RuleArn,
    /// Numbered rules.
    pub rules: Vec<RuleFact>,
}

/// A target group; its targets are the instances of the groups attached to it.
pub(super) struct TargetGroup {
    pub fact: TargetGroupFact,
    pub attributes: TargetGroupAttributes,
    pub port: i32,
    /// Since when an action names it; `None`: none does.
    pub in_use: Option<Moment>,
}

/// A change of an action list that may not have reached every node of the load balancer yet.
pub(super) struct Change {
    pub at: Moment,
    pub before: Actions,
    /// Whether this session's own calls wrote it, now or earlier.
    pub ours: bool,
}

/// Where a group stands: index of its region, index within it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct GroupAt {
    pub region: usize,
    pub group: usize,
}

impl World {
    /// The moment of a time of day.
    pub(super) fn moment(&self, at: Timestamp) -> Moment {
        i64::try_from(at.duration_since(self.start).as_millis()).unwrap_or(NEVER)
    }

    /// The time of day of a moment, to the second as AWS tells it.
    pub(super) fn time(&self, at: Moment) -> Timestamp {
        time_of(self.start, at)
    }

    pub(super) fn group(&self, at: GroupAt) -> &Group {
        &self.regions[at.region].groups[at.group]
    }

    pub(super) fn group_mut(&mut self, at: GroupAt) -> &mut Group {
        &mut self.regions[at.region].groups[at.group]
    }

    /// A region as it is now.
    pub(super) fn sight(&self, region: usize) -> Sight<'_> {
        let Self { start, now, chance, silent, .. } = *self;
        Sight { region: &self.regions[region], start, now, chance, silent }
    }

    /// The region of a place.
    pub(super) fn region(&self, place: &Place) -> Option<usize> {
        self.regions.iter().position(|region| region.place == *place)
    }

    /// Every group.
    pub(super) fn groups(&self) -> impl Iterator<Item = GroupAt> + '_ {
        self.regions
            .iter()
            .enumerate()
            .flat_map(|(region, r)| (0..r.groups.len()).map(move |group| GroupAt { region, group }))
    }
}

impl Region {
    /// The subnet in a zone.
    pub(super) fn subnet(&self, zone: &Zone) -> Option<&SubnetId> {
        self.zones.iter().zip(&self.subnets).find(|(known, _)| *known == zone).map(|(_, subnet)| subnet)
    }

    /// The index of a group: of several that had the name one after the other, the newest.
    pub(super) fn group(&self, name: &GroupName) -> Option<usize> {
        self.groups.iter().rposition(|group| group.fact.name == *name)
    }

    /// Where an instance is: the index of its group, if it is in one, and its own there.
    pub(super) fn find(&self, id: &InstanceId) -> Option<(Option<usize>, usize)> {
        let holds = |instances: &[Instance]| instances.iter().position(|instance| instance.id == *id);
        self.groups
            .iter()
            .enumerate()
            .find_map(|(group, g)| Some((Some(group), holds(&g.instances)?)))
            .or_else(|| Some((None, holds(&self.loose)?)))
    }

    /// An instance, in a group or in none.
    pub(super) fn instance_mut(&mut self, id: &InstanceId) -> Option<&mut Instance> {
        let (group, index) = self.find(id)?;
        match group {
            Some(group) => self.groups[group].instances.get_mut(index),
            None => self.loose.get_mut(index),
        }
    }
}

/// The time of day of a moment of a world that began at `start`, to the second as AWS tells it.
pub(super) fn time_of(start: Timestamp, at: Moment) -> Timestamp {
    start.saturating_add(SignedDuration::from_secs(at.div_euclid(SECOND))).unwrap_or(start)
}

impl Group {
    /// Whether AWS tells of it: a deleted one as long as it has instances.
    pub(super) fn is_told_of(&self, now: Moment) -> bool {
        self.fact.status.is_none() || self.instances.iter().any(|one| one.lifecycle(now).is_some())
    }
}

impl Instance {
    /// Whether it counts for its group's wanted size.
    pub(super) fn counts(&self) -> bool {
        self.drained.is_none() && self.duty == Duty::Service
    }

    /// Capacity units it counts for.
    pub(super) fn units(&self) -> i32 {
        self.launch.units.unwrap_or(1)
    }
}
