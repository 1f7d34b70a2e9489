//! Raw facts: what a provider saw in one account and region, section by section, before anything is concluded.
//!
//! A provider fills [`Facts`] and decides nothing; [`super::assemble()`] turns them into a [`super::Fleet`]. A section
//! that could not be read stays `None` and leaves a [`super::Gap`]: unknown is never empty.

mod balancing;
mod compute;
mod scaling;
mod watching;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use balancing::*;
pub use compute::*;
pub use scaling::*;
pub use watching::*;

use super::{Gap, GroupName, ImageId, InstanceId, ListenerArn, LoadBalancerArn, Place, TargetGroupArn, Text};

/// Tags by key.
pub type Tags = BTreeMap<Text, Text>;

/// Something and when it was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seen<T> {
    /// When the answer arrived.
    pub at: Timestamp,
    /// What it said.
    pub value: T,
}

/// A part of a look at one account and region; ages and gaps are told per section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// EC2 instances.
    Instances,
    /// EC2 status checks.
    Statuses,
    /// Root volumes replaced directly.
    RootVolumes,
    /// Images the fleet uses and their kin.
    Images,
    /// What EC2 says of the image of each instance.
    ImageMetadata,
    /// Auto Scaling groups with their members.
    Groups,
    /// Instance refreshes, one group at a time.
    Refreshes,
    /// Scaling policies of groups.
    Policies,
    /// Scheduled actions of groups.
    Schedules,
    /// Launch template versions.
    Templates,
    /// Old launch configurations.
    LaunchConfigurations,
    /// Load balancers.
    LoadBalancers,
    /// Listeners, one load balancer at a time.
    Listeners,
    /// Listener rules, one listener at a time.
    Rules,
    /// Target groups.
    TargetGroups,
    /// Target group attributes, one target group at a time.
    TargetGroupAttributes,
    /// Target health, one target group at a time.
    TargetHealth,
    /// CloudWatch alarms that the configuration names.
    Alarms,
    /// Metrics of target groups, where the configuration limits them.
    Metrics,
    /// Who we are.
    Identity,
}

/// Everything seen of one account and region.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// The account and the region.
    pub place: Place,
    /// EC2 instances, terminated ones too. Shared with every snapshot that is made of them.
    pub instances: Option<Seen<Vec<Arc<InstanceFact>>>>,
    /// Status checks by instance; an instance that is missing has no status yet.
    pub statuses: Option<Seen<HashMap<InstanceId, StatusFact>>>,
    /// Root volumes replaced with success, the newest per instance.
    pub root_volumes: Option<Seen<BTreeMap<InstanceId, RootVolumeFact>>>,
    /// Images by id.
    pub images: Option<Seen<BTreeMap<ImageId, ImageFact>>>,
    /// EC2's word on each instance's image.
    pub image_metadata: Option<Seen<BTreeMap<InstanceId, ImageMetadataFact>>>,
    /// Auto Scaling groups.
    pub groups: Option<Seen<Vec<GroupFact>>>,
    /// Instance refreshes by group, the newest first.
    pub refreshes: BTreeMap<GroupName, Seen<Vec<RefreshFact>>>,
    /// Scaling policies of all groups.
    pub policies: Option<Seen<Vec<PolicyFact>>>,
    /// Scheduled actions of all groups.
    pub schedules: Option<Seen<Vec<ScheduleFact>>>,
    /// Launch template versions that are known.
    pub templates: Option<Seen<Vec<TemplateVersionFact>>>,
    /// Launch configurations by name.
    pub launch_configurations: Option<Seen<BTreeMap<Text, LaunchConfigurationFact>>>,
    /// Load balancers.
    pub load_balancers: Option<Seen<Vec<LoadBalancerFact>>>,
    /// Listeners by load balancer.
    pub listeners: BTreeMap<LoadBalancerArn, Seen<Vec<ListenerFact>>>,
    /// Rules by listener, the default rule too.
    pub rules: BTreeMap<ListenerArn, Seen<Vec<RuleFact>>>,
    /// Target groups.
    pub target_groups: Option<Seen<Vec<TargetGroupFact>>>,
    /// Target group attributes.
    pub attributes: BTreeMap<TargetGroupArn, Seen<TargetGroupAttributes>>,
    /// Target health by target group.
    pub target_health: BTreeMap<TargetGroupArn, Seen<Vec<TargetFact>>>,
    /// Alarms that were asked for, by name.
    pub alarms: BTreeMap<Text, Seen<Alarm>>,
    /// What load balancers counted of target groups.
    pub metrics: BTreeMap<TargetGroupArn, Seen<Metrics>>,
    /// When single things of a list were read again after the list itself (a look at one cluster), by id, name or
    /// ARN.
    pub read_again: BTreeMap<(Section, Text), Timestamp>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

impl Facts {
    /// Nothing seen yet.
    pub fn new(place: Place) -> Self {
        Self {
            place,
            instances: None,
            statuses: None,
            root_volumes: None,
            images: None,
            image_metadata: None,
            groups: None,
            refreshes: BTreeMap::new(),
            policies: None,
            schedules: None,
            templates: None,
            launch_configurations: None,
            load_balancers: None,
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            target_groups: None,
            attributes: BTreeMap::new(),
            target_health: BTreeMap::new(),
            alarms: BTreeMap::new(),
            metrics: BTreeMap::new(),
            read_again: BTreeMap::new(),
            gaps: Vec::new(),
        }
    }

    /// When one thing of a list was last read: with its list, or by itself after it.
    pub fn read_at(&self, section: Section, about: &str, list: Timestamp) -> Timestamp {
        if self.read_again.is_empty() {
            return list;
        }
        self.read_again.get(&(section, Text::new(about))).map_or(list, |again| *again.max(&list))
    }
}
