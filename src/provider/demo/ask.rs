//! One question to the simulated cloud: a call, or a list by pages, and where its answer goes.
//!
//! Which questions a look asks is in `look`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::facts::Sight;
use crate::fleet::{
    Facts, Gap, GroupName, ListenerArn, LoadBalancerArn, Place, Section, Seen, TargetGroupArn,
    TemplateVersionFact, Text,
};

/// One question to the cloud.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Ask {
    /// A section that is one list.
    List(Section),
    /// The refreshes of a group.
    Refreshes(GroupName),
    /// The listeners of a load balancer.
    Listeners(LoadBalancerArn),
    /// The rules of a listener.
    Rules(ListenerArn),
    /// The attributes of a target group.
    Attributes(TargetGroupArn),
    /// The health of a target group's targets.
    TargetHealth(TargetGroupArn),
    /// CloudWatch alarms by name.
    Alarms(Vec<Text>),
    /// Metrics of target groups.
    Metrics(BTreeSet<TargetGroupArn>),
}

impl Ask {
    /// The section it belongs to.
    pub(super) fn section(&self) -> Section {
        match self {
            Self::List(section) => *section,
            Self::Refreshes(_) => Section::Refreshes,
            Self::Listeners(_) => Section::Listeners,
            Self::Rules(_) => Section::Rules,
            Self::Attributes(_) => Section::TargetGroupAttributes,
            Self::TargetHealth(_) => Section::TargetHealth,
            Self::Alarms(_) => Section::Alarms,
            Self::Metrics(_) => Section::Metrics,
        }
    }

    /// Whether it is about what carries traffic, or the health of what takes it.
    pub(super) fn is_of_traffic(&self) -> bool {
        matches!(self, Self::Listeners(_) | Self::Rules(_) | Self::TargetHealth(_))
    }

    fn about(&self) -> Option<Text> {
        match self {
            Self::List(_) | Self::Alarms(_) | Self::Metrics(_) => None,
            Self::Refreshes(group) => Some(Text::new(group.raw())),
            Self::Listeners(balancer) => Some(Text::new(balancer.raw())),
            Self::Rules(listener) => Some(Text::new(listener.raw())),
            Self::Attributes(group) | Self::TargetHealth(group) => Some(Text::new(group.raw())),
        }
    }

    /// Puts the answer into the facts, or, where it is denied, a gap in its place.
    pub(super) fn answer(&self, sight: &Sight, denied: bool, at: Timestamp, facts: &mut Facts) {
        let (section, about) = (self.section(), self.about());
        facts.gaps.retain(|gap| gap.section != section || (about.is_some() && gap.about != about));
        if denied {
            facts.gaps.push(self.gap(facts));
        }
        let told = !denied;
        match self {
            Self::List(section) => list(*section, sight, told, at, facts),
            Self::Refreshes(name) => {
                let group = sight.region.group(name).map(|group| &sight.region.groups[group]);
                let value = group.map(|group| group.refreshes.clone());
                set(&mut facts.refreshes, name, value.filter(|_| told), at);
            }
            Self::Listeners(arn) => {
                set(&mut facts.listeners, arn, told.then(|| sight.listeners(arn)), at);
            }
            Self::Rules(arn) => {
                set(&mut facts.rules, arn, sight.rules(arn).filter(|_| told), at);
            }
            Self::Attributes(arn) => {
                let value = sight.region.target_groups.get(arn).map(|group| group.attributes.clone());
                set(&mut facts.attributes, arn, value.filter(|_| told), at);
            }
            Self::TargetHealth(arn) => {
                let value = sight.region.target_groups.get(arn).map(|group| sight.target_health(group));
                set(&mut facts.target_health, arn, value.filter(|_| told), at);
            }
            Self::Alarms(names) => {
                for name in names {
                    set(&mut facts.alarms, name, told.then(|| sight.alarm(name)), at);
                }
            }
            Self::Metrics(arns) => {
                for arn in arns {
                    set(&mut facts.metrics, arn, told.then(|| sight.metrics(arn)), at);
                }
            }
        }
    }

    fn gap(&self, facts: &Facts) -> Gap {
        let (what, action) = words(self.section());
        let about = self.about();
        Gap {
            place: facts.place.clone(),
            section: self.section(),
            what: about.as_ref().map_or(what.to_owned(), |about| format!("{what} of {about}")),
            about,
            why: format!("not allowed: {action} is missing"),
            action: Some(action.to_owned()),
        }
    }
}

fn list(section: Section, sight: &Sight, told: bool, at: Timestamp, facts: &mut Facts) {
    fn seen<T>(told: bool, at: Timestamp, value: impl FnOnce() -> T) -> Option<Seen<T>> {
        told.then(|| Seen { at, value: value() })
    }
    match section {
        Section::Instances => facts.instances = seen(told, at, || sight.instances()),
        Section::Statuses => facts.statuses = seen(told, at, || sight.statuses()),
        Section::RootVolumes => facts.root_volumes = seen(told, at, BTreeMap::new),
        Section::Images => facts.images = seen(told, at, || sight.images()),
        Section::ImageMetadata => facts.image_metadata = seen(told, at, || sight.image_metadata()),
        Section::Groups => facts.groups = seen(told, at, || sight.groups()),
        Section::Templates => {
            let (versions, unresolved) = sight.templates();
            let place = facts.place.clone();
            facts.gaps.extend(unresolved.into_iter().map(|version| parameter_gap(&place, version)));
            facts.templates = seen(told, at, || versions);
        }
        Section::Policies => facts.policies = seen(told, at, || sight.region.policies.clone()),
        Section::Schedules => facts.schedules = seen(told, at, || sight.region.schedules.clone()),
        Section::LaunchConfigurations => {
            facts.launch_configurations = seen(told, at, || sight.region.configurations.clone());
        }
        Section::LoadBalancers => {
            facts.load_balancers = seen(told, at, || sight.load_balancers());
        }
        Section::TargetGroups => facts.target_groups = seen(told, at, || sight.target_groups()),
        Section::Refreshes
        | Section::Listeners
        | Section::Rules
        | Section::TargetGroupAttributes
        | Section::TargetHealth
        | Section::Alarms
        | Section::Metrics
        | Section::Identity => {}
    }
}

/// The demo's own gap: an image by a parameter that this session may not read.
fn parameter_gap(place: &Place, version: &TemplateVersionFact) -> Gap {
    Gap {
        place: place.clone(),
        section: Section::Templates,
        about: Some(Text::new(version.id.raw())),
        what: format!("image of launch template {} version {}", version.name, version.number),
        why: "not allowed to read the parameter that names it: ssm:GetParameters is missing".into(),
        action: Some("ssm:GetParameters".into()),
    }
}

fn set<K: Ord + Clone, V>(map: &mut BTreeMap<K, Seen<V>>, key: &K, value: Option<V>, at: Timestamp) {
    match value {
        Some(value) => drop(map.insert(key.clone(), Seen { at, value })),
        None => drop(map.remove(key)),
    }
}

/// What a section is called, and the IAM action that reads it.
fn words(section: Section) -> (&'static str, &'static str) {
    match section {
        Section::Instances => ("instances", "ec2:DescribeInstances"),
        Section::Statuses => ("status checks", "ec2:DescribeInstanceStatus"),
        Section::RootVolumes => ("root volumes", "ec2:DescribeReplaceRootVolumeTasks"),
        Section::Images => ("images", "ec2:DescribeImages"),
        Section::ImageMetadata => ("image metadata", "ec2:DescribeInstanceImageMetadata"),
        Section::Groups => ("server groups", "autoscaling:DescribeAutoScalingGroups"),
        Section::Refreshes => ("instance refreshes", "autoscaling:DescribeInstanceRefreshes"),
        Section::Policies => ("scaling policies", "autoscaling:DescribePolicies"),
        Section::Schedules => ("scheduled actions", "autoscaling:DescribeScheduledActions"),
        Section::Templates => ("launch templates", "ec2:DescribeLaunchTemplateVersions"),
        Section::LaunchConfigurations => {
            ("launch configurations", "autoscaling:DescribeLaunchConfigurations")
        }
        Section::LoadBalancers => ("load balancers", "elasticloadbalancing:DescribeLoadBalancers"),
        Section::Listeners => ("listeners", "elasticloadbalancing:DescribeListeners"),
        Section::Rules => ("rules", "elasticloadbalancing:DescribeRules"),
        Section::TargetGroups => ("target groups", "elasticloadbalancing:DescribeTargetGroups"),
        Section::TargetGroupAttributes => {
            ("target group attributes", "elasticloadbalancing:DescribeTargetGroupAttributes")
        }
        Section::TargetHealth => ("target health", "elasticloadbalancing:DescribeTargetHealth"),
        Section::Alarms => ("alarms", "cloudwatch:DescribeAlarms"),
        Section::Metrics => ("metrics", "cloudwatch:GetMetricData"),
        Section::Identity => ("identity", "sts:GetCallerIdentity"),
    }
}
