//! The stage: puts images, templates, load balancers and groups into a region, in AWS's shapes.
//!
//! Who stands on it is in `cast`.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::chance::Chance;
use super::launch;
use super::world::{
    Balancer, EVER, Group, Image, Instance, Launch, Listener, MINUTE, Moment, Region, TargetGroup, time_of,
};
use crate::fleet::{
    Action, Actions, ForwardConfig, GroupFact, GroupName, GroupStickiness, ImageDevice, ImageFact, ImageId,
    LaunchSource, ListenerArn, ListenerFact, LoadBalancerArn, LoadBalancerFact, LoadBalancerKind,
    MetadataOptions, Place, RuleArn, RuleFact, SecurityGroupId, SourceArn, Tags, TargetGroupArn,
    TargetGroupAttributes, TargetGroupFact, TargetGroupTuple, TemplateId, TemplateRef, TemplateVersion,
    TemplateVersionFact, Text,
};

/// The account of the simulated fleet.
pub(super) const ACCOUNT: &str = "123456789012";
/// Instances of one part were launched within this time of each other.
const ROLLOUT: Moment = 30 * MINUTE;

/// A region that is being set up.
pub(super) struct Stage {
    pub chance: Chance,
    pub start: Timestamp,
    pub region: Region,
}

/// How an image was built.
pub(super) struct Build<'a> {
    pub family: &'a str,
    pub version: &'a str,
    pub parent: Option<&'a ImageId>,
    pub age: Moment,
}

/// A part of a group's instances that were launched alike.
pub(super) struct Part {
    /// Its weight among the parts of its group.
    pub weight: usize,
    /// What it was launched from.
    pub from: LaunchSource,
    /// How long ago.
    pub age: Moment,
}

/// A group to be set up.
pub(super) struct NewGroup<'a> {
    pub name: &'a str,
    pub tags: &'a [(&'a str, &'a str)],
    pub source: LaunchSource,
    pub target_groups: Vec<TargetGroupArn>,
    pub count: usize,
    pub parts: Vec<Part>,
}

impl Stage {
    pub(super) fn new(chance: Chance, start: Timestamp, region: &str) -> Self {
        let zones = ["a", "b", "c"].map(|letter| format!("{region}{letter}").as_str().into()).to_vec();
        let region = Region {
            place: Place { account: ACCOUNT.into(), region: region.into() },
            subnets: ["a", "b", "c"]
                .map(|letter| format!("subnet-{region}{letter}").as_str().into())
                .to_vec(),
            zones,
            images: BTreeMap::new(),
            builds: BTreeMap::new(),
            templates: BTreeMap::new(),
            descriptions: BTreeMap::new(),
            template_tokens: BTreeMap::new(),
            configurations: BTreeMap::new(),
            policies: Vec::new(),
            schedules: Vec::new(),
            groups: Vec::new(),
            loose: Vec::new(),
            balancers: Vec::new(),
            target_groups: BTreeMap::new(),
            changes: BTreeMap::new(),
            casual: Vec::new(),
            told_alarms: BTreeMap::new(),
        };
        Self { chance, start, region }
    }

    /// The name of something within this region: what its chance is about.
    fn about(&self, name: &str) -> String {
        format!("{} {name}", self.region.place.region)
    }

    fn arn(&self, rest: &str) -> String {
        format!("arn:aws:elasticloadbalancing:{}:{ACCOUNT}:{rest}", self.region.place.region)
    }

    /// Builds an image with its version, family, parent and provenance in tags.
    pub(super) fn image(&mut self, build: &Build) -> ImageId {
        let name = format!("{}-{}", build.family, build.version);
        let about = self.about(&name);
        let id = ImageId::new(self.chance.id("ami", &about, 0));
        let created_at = Some(time_of(self.start, -build.age));
        let revision = self.chance.hex(&about);
        let number = self.chance.of(&about, 1).u32(1_000..9_000).to_string();
        let mut tags = tags_of(&[
            ("Name", &name),
            ("Family", build.family),
            ("Version", build.version),
            ("SourceRevision", &revision),
            ("Builder", "packer 1.11.2"),
            ("BuildId", &number),
            ("BuildTime", &time_of(self.start, -build.age).strftime("%Y-%m-%dT%H:%MZ").to_string()),
        ]);
        if let Some(parent) = build.parent {
            tags.insert("ParentImage".into(), Text::new(parent.raw()));
        }
        let fact = ImageFact {
            id: id.clone(),
            name: Some(name.into()),
            owner: Some(ACCOUNT.into()),
            state: "available".into(),
            created_at,
            deprecated_at: None,
            source: None,
            source_region: None,
            devices: vec![root_volume(&self.chance.id("snap", &about, 2))],
            architecture: Some("arm64".into()),
            allowed: Some(true),
            tags,
        };
        self.region.images.insert(id.clone(), Image { fact, hidden: false, bad: false });
        id
    }

    /// Changes what is said of an image.
    pub(super) fn alter(&mut self, id: &ImageId, change: impl FnOnce(&mut Image)) {
        if let Some(image) = self.region.images.get_mut(id) {
            change(image);
        }
    }

    /// Makes a launch template with one version for each image, the first number 1, the last one the default.
    pub(super) fn template(&mut self, name: &str, instance_type: &str, images: &[&ImageId]) -> TemplateId {
        let about = self.about(name);
        let id = TemplateId::new(self.chance.id("lt", &about, 0));
        let own = SecurityGroupId::new(self.chance.id("sg", &about, 1));
        let from_balancer = SecurityGroupId::new(self.chance.id("sg", &self.about("from-balancer"), 0));
        let newest = i64::try_from(images.len()).unwrap_or(i64::MAX);
        let versions = images.iter().zip(1_i64..).map(|(image, number)| TemplateVersionFact {
            id: id.clone(),
            name: name.into(),
            number,
            is_default: number == newest,
            is_latest: number == newest,
            image: Some(Text::new(image.raw())),
            resolved_image: Some((*image).clone()),
            instance_type: Some(instance_type.into()),
            security_groups: vec![own.clone(), from_balancer.clone()],
            iam_profile: Some(format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}").into()),
            key_name: None,
            metadata: Some(MetadataOptions {
                tokens: Some("required".into()),
                hop_limit: Some(2),
                endpoint: Some("enabled".into()),
            }),
            ebs_optimized: Some(true),
            devices: BTreeMap::from([("/dev/xvda".into(), Some(true))]),
        });
        let versions = versions.collect();
        self.region.templates.insert(id.clone(), versions);
        id
    }

    /// A version of a launch template, as a group names it.
    pub(super) fn version(&self, template: &TemplateId, version: TemplateVersion) -> TemplateRef {
        let name = self.region.templates.get(template).and_then(|v| v.first()).map(|v| v.name.clone());
        TemplateRef { id: Some(template.clone()), name, version }
    }

    /// A numbered version of a launch template as what a group launches from.
    pub(super) fn numbered(&self, template: &TemplateId, number: i64) -> LaunchSource {
        LaunchSource::Template(self.version(template, TemplateVersion::Number(number)))
    }

    /// Puts up a load balancer; the index names it.
    pub(super) fn balancer(&mut self, name: &str, kind: LoadBalancerKind) -> usize {
        let path = if kind == LoadBalancerKind::Network { "net" } else { "app" };
        let hex = self.chance.hex(&self.about(&format!("balancer {name}")));
        let fact = LoadBalancerFact {
            arn: LoadBalancerArn::new(self.arn(&format!("loadbalancer/{path}/{name}/{hex}"))),
            name: name.into(),
            kind,
            state: Some("active".into()),
            zones: self.region.zones.clone(),
        };
        self.region.balancers.push(Balancer { fact, listeners: Vec::new() });
        self.region.balancers.len() - 1
    }

    /// Adds a listener; a load balancer's first one has the index 0.
    pub(super) fn listener(&mut self, balancer: usize, port: i32, actions: Actions) -> SourceArn {
        let load_balancer = self.region.balancers[balancer].fact.arn.clone();
        let network = self.region.balancers[balancer].fact.kind == LoadBalancerKind::Network;
        let base = load_balancer.raw().replacen(":loadbalancer/", ":listener/", 1);
        let arn = format!("{base}/{}", self.chance.hex(&format!("{base} {port}")));
        let rule = arn.replacen(":listener/", ":listener-rule/", 1);
        let fact = ListenerFact {
            arn: ListenerArn::new(&arn),
            load_balancer,
            port: Some(port),
            protocol: Some(if network { "TCP" } else { "HTTPS" }.into()),
            actions,
        };
        let default_rule = RuleArn::new(format!("{rule}/{}", self.chance.hex(&rule)));
        let listener = Listener { fact, default_rule, rules: Vec::new() };
        self.region.balancers[balancer].listeners.push(listener);
        SourceArn::Listener(arn.as_str().into())
    }

    /// Adds a numbered rule to a load balancer's first listener.
    pub(super) fn rule(&mut self, balancer: usize, priority: u32, path: &str, actions: Actions) -> SourceArn {
        let chance = self.chance;
        let listener = &mut self.region.balancers[balancer].listeners[0];
        let base = listener.fact.arn.raw().replacen(":listener/", ":listener-rule/", 1);
        let arn = RuleArn::new(format!("{base}/{}", chance.hex(&format!("{base} {priority}"))));
        listener.rules.push(RuleFact {
            arn: arn.clone(),
            priority: priority.to_string().into(),
            is_default: false,
            conditions: vec![format!("path {path}").into()],
            actions,
        });
        SourceArn::Rule(arn)
    }

    /// Makes a target group behind a load balancer.
    pub(super) fn target_group(&mut self, name: &str, balancer: usize, delay: u32) -> TargetGroupArn {
        let hex = self.chance.hex(&self.about(&format!("target group {name}")));
        let arn = TargetGroupArn::new(self.arn(&format!("targetgroup/{name}/{hex}")));
        let fact = TargetGroupFact {
            arn: arn.clone(),
            name: name.into(),
            target_type: Some("instance".into()),
            load_balancers: vec![self.region.balancers[balancer].fact.arn.clone()],
        };
        let written = [
            ("deregistration_delay.timeout_seconds", delay.to_string()),
            ("slow_start.duration_seconds", "0".into()),
            ("stickiness.enabled", "false".into()),
            ("load_balancing.algorithm.type", "least_outstanding_requests".into()),
        ];
        let attributes =
            TargetGroupAttributes::of(written.map(|(key, value)| (key.into(), value.into())).into());
        let group = TargetGroup { fact, attributes, port: 8080, in_use: None };
        self.region.target_groups.insert(arn.clone(), group);
        arn
    }

    /// Sets up a group with its instances; the index names it.
    pub(super) fn group(&mut self, new: NewGroup) -> usize {
        let count = i32::try_from(new.count).unwrap_or(i32::MAX / 2);
        let fact = GroupFact {
            name: GroupName::new(new.name),
            min: (count / 2).max(i32::from(count > 0)),
            desired: count,
            max: (count * 2).max(2),
            capacity_type: None,
            zones: self.region.zones.clone(),
            subnets: self.region.subnets.clone(),
            source: new.source,
            target_groups: new.target_groups,
            members: Vec::new(),
            suspended: Vec::new(),
            status: None,
            operator: None,
            created_at: Some(time_of(self.start, -super::world::DAY * 380)),
            tags: tags_of(new.tags),
        };
        let group = Group {
            fact,
            instances: Vec::with_capacity(new.count),
            refreshes: Vec::new(),
            run: None,
            ahead: 0,
            strained: false,
            launches: 0,
            mishaps: 0,
        };
        self.region.groups.push(group);
        let index = self.region.groups.len() - 1;
        let weights: Vec<usize> = new.parts.iter().map(|part| part.weight).collect();
        for (part, count) in new.parts.iter().zip(split(new.count, &weights)) {
            self.fill(index, part, count);
        }
        let group = &mut self.region.groups[index];
        if group.instances.iter().any(|instance| instance.launch.units.is_some()) {
            group.fact.desired = group.instances.iter().map(Instance::units).sum();
            group.fact.max = group.fact.desired * 2;
        }
        index
    }

    fn fill(&mut self, index: usize, part: &Part, count: usize) {
        let kinds = match &part.from {
            LaunchSource::Mixed { overrides, .. } => overrides.len().max(1),
            _ => 1,
        };
        let kits: Vec<(Arc<Launch>, Arc<Tags>)> = (0..kinds as u64)
            .filter_map(|nth| self.region.launch(&part.from, nth))
            .map(|launch| {
                let tags = self.region.groups[index].launch_tags(&launch);
                (Arc::new(launch), Arc::new(tags))
            })
            .collect();
        if kits.is_empty() {
            return;
        }
        let (chance, about) = (self.chance, self.about(self.region.groups[index].fact.name.raw()));
        let mut jitter = chance.of(&format!("{about} rollout"), self.region.groups[index].launches);
        let group = &mut self.region.groups[index];
        for at in 0..count {
            let nth = group.launches;
            group.launches += 1;
            let (launch, tags) = &kits[at % kits.len()];
            let zone = group.fact.zones[group.instances.len() % group.fact.zones.len()].clone();
            let launched = -part.age - jitter.i64(0..ROLLOUT);
            let instance =
                launch::instance(chance, (&about, nth), launched, zone, launch.clone(), tags.clone());
            group.instances.push(instance);
        }
    }

    /// Adds an instance in no group; what it was launched from says the image and all else.
    pub(super) fn loose(&mut self, name: &str, age: Moment, launch: Launch, tags: &[(&str, &str)]) {
        let zone = self.region.zones[self.region.loose.len() % self.region.zones.len()].clone();
        let nth = self.region.loose.len() as u64;
        let mut all = tags_of(tags);
        all.insert("Name".into(), name.into());
        let about = self.about("loose");
        let instance =
            launch::instance(self.chance, (&about, nth), -age, zone, Arc::new(launch), Arc::new(all));
        self.region.loose.push(instance);
    }

    /// The finished region.
    pub(super) fn finish(mut self) -> Region {
        self.region.note_use(EVER);
        self.region
    }
}

/// A forward action by weights.
pub(super) fn forward(weights: &[(&TargetGroupArn, i32)], sticky: Option<i32>) -> Action {
    Action {
        kind: "forward".into(),
        forward_config: Some(ForwardConfig {
            target_groups: weights
                .iter()
                .map(|(arn, weight)| TargetGroupTuple {
                    target_group_arn: (*arn).clone(),
                    weight: Some(*weight),
                })
                .collect(),
            target_group_stickiness_config: Some(GroupStickiness {
                enabled: sticky.is_some(),
                duration_seconds: sticky,
            }),
        }),
        ..Action::default()
    }
}

/// The root volume of an image.
pub(super) fn root_volume(snapshot: &str) -> ImageDevice {
    ImageDevice {
        name: "/dev/xvda".into(),
        virtual_name: None,
        size_gib: Some(20),
        snapshot: Some(snapshot.into()),
        encrypted: Some(true),
        kind: Some("gp3".into()),
    }
}

pub(super) fn tags_of(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| (Text::new(key), Text::new(value))).collect()
}

/// Splits a number of things by weights, to the last one: first by whole shares, then by the largest remainders.
pub(super) fn split(total: usize, weights: &[usize]) -> Vec<usize> {
    let sum: usize = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<usize> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(total * weights[*index] % sum));
    let left = total - shares.iter().sum::<usize>();
    for index in order.into_iter().take(left) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_loses_nothing_and_keeps_the_proportions() {
        assert_eq!(split(60, &[8, 6, 46]), [8, 6, 46]);
        assert_eq!(split(7, &[5, 3]), [4, 3]);
        assert_eq!(split(1, &[5, 3]), [1, 0]);
        assert_eq!(split(0, &[5, 3]), [0, 0]);
        assert_eq!(split(5, &[0, 0]), [0, 0]);
    }
}
