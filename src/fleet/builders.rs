//! Small worlds of raw facts for unit tests: everything is read and healthy until a test changes it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;

/// When everything was read.
pub(crate) fn read_at() -> Timestamp {
    Timestamp::from_second(1_760_000_000).unwrap()
}

/// Some time before everything was read.
pub(crate) fn ago(time: SignedDuration) -> Timestamp {
    read_at() - time
}

fn seen<T>(value: T) -> Seen<T> {
    Seen { at: read_at(), value }
}

/// Facts of one account and region.
pub(crate) struct World {
    pub(crate) facts: Facts,
    pub(crate) naming: Naming,
}

impl World {
    /// Every list was read, and is empty.
    pub(crate) fn new() -> Self {
        let place = Place { account: "123456789012".into(), region: "eu-west-1".into() };
        let facts = Facts {
            instances: Some(seen(Vec::new())),
            statuses: Some(seen(HashMap::new())),
            root_volumes: Some(seen(BTreeMap::new())),
            images: Some(seen(BTreeMap::new())),
            image_metadata: Some(seen(BTreeMap::new())),
            groups: Some(seen(Vec::new())),
            policies: Some(seen(Vec::new())),
            schedules: Some(seen(Vec::new())),
            templates: Some(seen(Vec::new())),
            launch_configurations: Some(seen(BTreeMap::new())),
            load_balancers: Some(seen(Vec::new())),
            target_groups: Some(seen(Vec::new())),
            ..Facts::new(place)
        };
        Self { facts, naming: Naming::default() }
    }

    /// Adds an image.
    pub(crate) fn image(&mut self, id: &str, name: &str) -> &mut ImageFact {
        let fact = ImageFact {
            id: id.into(),
            name: Some(name.into()),
            owner: Some("123456789012".into()),
            state: "available".into(),
            created_at: None,
            deprecated_at: None,
            source: None,
            source_region: None,
            devices: Vec::new(),
            architecture: None,
            allowed: None,
            tags: provenance(),
        };
        self.facts.images.as_mut().unwrap().value.entry(id.into()).insert_entry(fact).into_mut()
    }

    /// Adds a launch template version, the latest and the default one from now on.
    pub(crate) fn template(&mut self, id: &str, number: i64, image: &str) -> &mut TemplateVersionFact {
        let versions = &mut self.facts.templates.as_mut().unwrap().value;
        for version in versions.iter_mut().filter(|version| version.id.raw() == id) {
            version.is_default = false;
            version.is_latest = false;
        }
        versions.push(TemplateVersionFact {
            id: id.into(),
            name: format!("{id}-name").into(),
            number,
            is_default: true,
            is_latest: true,
            image: Some(image.into()),
            resolved_image: None,
            instance_type: None,
            security_groups: Vec::new(),
            iam_profile: None,
            key_name: None,
            metadata: None,
            ebs_optimized: None,
            devices: BTreeMap::new(),
        });
        versions.last_mut().unwrap()
    }

    /// Adds a group that launches from `$Default` of a template; its refreshes were read, and there are none.
    pub(crate) fn group(&mut self, name: &str, template: &str) -> &mut GroupFact {
        self.facts.refreshes.insert(name.into(), seen(Vec::new()));
        let groups = &mut self.facts.groups.as_mut().unwrap().value;
        groups.push(GroupFact {
            name: name.into(),
            min: 0,
            desired: 2,
            max: 4,
            capacity_type: None,
            zones: Vec::new(),
            subnets: Vec::new(),
            source: LaunchSource::Template(template_ref(template, TemplateVersion::Default)),
            target_groups: Vec::new(),
            members: Vec::new(),
            suspended: Vec::new(),
            status: None,
            operator: None,
            created_at: None,
            tags: Tags::new(),
        });
        groups.last_mut().unwrap()
    }

    /// A group added before.
    pub(crate) fn group_mut(&mut self, name: &str) -> &mut GroupFact {
        let groups = &mut self.facts.groups.as_mut().unwrap().value;
        groups.iter_mut().find(|group| group.name.raw() == name).unwrap()
    }

    /// Adds a running instance in no group, a day old, that passes its status checks.
    pub(crate) fn instance(&mut self, id: &str, image: &str) -> &mut InstanceFact {
        let ok = StatusFact { system: "ok".into(), instance: "ok".into(), events: Vec::new() };
        self.facts.statuses.as_mut().unwrap().value.insert(id.into(), ok);
        let instances = &mut self.facts.instances.as_mut().unwrap().value;
        instances.push(Arc::new(InstanceFact {
            id: id.into(),
            image: Some(image.into()),
            instance_type: Some("m7g.large".into()),
            zone: Some("eu-west-1a".into()),
            subnet: None,
            state: InstanceState::Running,
            launched_at: Some(ago(SignedDuration::from_hours(24))),
            private_ip: None,
            security_groups: Vec::new(),
            iam_profile: None,
            key_name: None,
            metadata: None,
            ebs_optimized: None,
            devices: BTreeMap::new(),
            tags: Tags::new(),
        }));
        Arc::make_mut(instances.last_mut().unwrap())
    }

    /// An instance added before.
    pub(crate) fn instance_mut(&mut self, id: &str) -> &mut InstanceFact {
        let instances = &mut self.facts.instances.as_mut().unwrap().value;
        Arc::make_mut(instances.iter_mut().find(|instance| instance.id.raw() == id).unwrap())
    }

    /// Adds a running instance in service in a group, launched from what is now the default version of its template.
    pub(crate) fn member(&mut self, group: &str, id: &str, image: &str) -> &mut MemberFact {
        self.instance(id, image);
        let template = self.group_mut(group).source.clone();
        let versions = &self.facts.templates.as_ref().unwrap().value;
        let template = match template {
            LaunchSource::Template(TemplateRef { id: Some(id), .. }) => versions
                .iter()
                .find(|version| version.id == id && version.is_default)
                .map(|version| template_ref(id.raw(), TemplateVersion::Number(version.number))),
            _ => None,
        };
        let members = &mut self.group_mut(group).members;
        members.push(MemberFact {
            id: id.into(),
            zone: Some("eu-west-1a".into()),
            lifecycle: "InService".into(),
            health: "Healthy".into(),
            protected: false,
            image: None,
            template,
            instance_type: None,
            weighted_capacity: None,
        });
        members.last_mut().unwrap()
    }

    /// Adds a target group of instances and attaches it to a group; its members so far are healthy targets.
    pub(crate) fn target_group(&mut self, name: &str, group: &str) -> TargetGroupArn {
        let arn = TargetGroupArn::new(format!("arn:aws:e:targetgroup/{name}/1"));
        self.facts.target_groups.as_mut().unwrap().value.push(TargetGroupFact {
            arn: arn.clone(),
            name: name.into(),
            target_type: Some("instance".into()),
            load_balancers: Vec::new(),
        });
        let fact = self.group_mut(group);
        fact.target_groups.push(arn.clone());
        let targets =
            fact.members.iter().map(|member| target(member.id.raw(), TargetState::Healthy)).collect();
        self.facts.target_health.insert(arn.clone(), seen(targets));
        arn
    }

    /// The targets of a target group added before.
    pub(crate) fn targets_mut(&mut self, arn: &TargetGroupArn) -> &mut Vec<TargetFact> {
        &mut self.facts.target_health.get_mut(arn).unwrap().value
    }

    /// Adds an application load balancer (once) with a listener that forwards by weight.
    pub(crate) fn listener(
        &mut self,
        balancer: &str,
        port: i32,
        weights: &[(&TargetGroupArn, i32)],
    ) -> ListenerArn {
        let load_balancer = LoadBalancerArn::new(format!("arn:aws:e:loadbalancer/app/{balancer}/1"));
        let balancers = &mut self.facts.load_balancers.as_mut().unwrap().value;
        if balancers.iter().all(|fact| fact.arn != load_balancer) {
            balancers.push(LoadBalancerFact {
                arn: load_balancer.clone(),
                name: balancer.into(),
                kind: LoadBalancerKind::Application,
                state: Some("active".into()),
                zones: Vec::new(),
            });
        }
        let arn = ListenerArn::new(format!("arn:aws:e:listener/app/{balancer}/1/{port}"));
        self.facts.listeners.entry(load_balancer.clone()).or_insert_with(|| seen(Vec::new())).value.push(
            ListenerFact {
                arn: arn.clone(),
                load_balancer,
                port: Some(port),
                protocol: Some("HTTP".into()),
                actions: forward(weights),
            },
        );
        let default = rule(&arn, "default", weights);
        self.facts.rules.insert(arn.clone(), seen(vec![RuleFact { is_default: true, ..default }]));
        arn
    }

    /// Adds a numbered rule to a listener.
    pub(crate) fn rule(
        &mut self,
        listener: &ListenerArn,
        priority: &str,
        weights: &[(&TargetGroupArn, i32)],
    ) -> &mut RuleFact {
        let rules = &mut self.facts.rules.get_mut(listener).unwrap().value;
        rules.push(rule(listener, priority, weights));
        rules.last_mut().unwrap()
    }

    /// Makes a refresh of a group known, the newest first.
    pub(crate) fn refresh(&mut self, group: &str, status: RefreshStatus) -> &mut RefreshFact {
        let refreshes =
            &mut self.facts.refreshes.entry(group.into()).or_insert_with(|| seen(Vec::new())).value;
        refreshes.insert(
            0,
            RefreshFact {
                id: "refresh".into(),
                status,
                reason: None,
                percent: Some(50),
                to_update: None,
                started_at: Some(ago(SignedDuration::from_hours(1))),
                ended_at: None,
                desired: None,
            },
        );
        &mut refreshes[0]
    }

    /// Adds a gap: the call was denied.
    pub(crate) fn gap(&mut self, section: Section, about: Option<&str>) {
        self.facts.gaps.push(Gap {
            place: self.facts.place.clone(),
            section,
            about: about.map(Text::new),
            what: format!("{section:?}"),
            why: "not allowed".into(),
            action: None,
        });
    }

    /// The snapshot of this world.
    pub(crate) fn fleet(&self) -> Fleet {
        assemble(std::slice::from_ref(&self.facts), &self.naming, None, read_at())
    }
}

/// Tags that make an image traceable.
pub(crate) fn provenance() -> Tags {
    [("SourceRevision".into(), "4f2a9c1".into()), ("Builder".into(), "packer".into())].into()
}

/// A launch template version by id.
pub(crate) fn template_ref(id: &str, version: TemplateVersion) -> TemplateRef {
    TemplateRef { id: Some(id.into()), name: None, version }
}

/// A target on port 80.
pub(crate) fn target(id: &str, state: TargetState) -> TargetFact {
    TargetFact { id: id.into(), port: Some(80), state, reason: None, description: None, shifted_away: false }
}

/// One forward action by weight.
pub(crate) fn forward(weights: &[(&TargetGroupArn, i32)]) -> Actions {
    vec![Action {
        kind: "forward".into(),
        forward_config: Some(ForwardConfig {
            target_groups: weights
                .iter()
                .map(|&(arn, weight)| TargetGroupTuple {
                    target_group_arn: arn.clone(),
                    weight: Some(weight),
                })
                .collect(),
            target_group_stickiness_config: None,
        }),
        ..Action::default()
    }]
}

fn rule(listener: &ListenerArn, priority: &str, weights: &[(&TargetGroupArn, i32)]) -> RuleFact {
    RuleFact {
        arn: RuleArn::new(format!("{}/{priority}", listener.raw().replace(":listener/", ":listener-rule/"))),
        priority: priority.into(),
        is_default: false,
        conditions: Vec::new(),
        actions: forward(weights),
    }
}
