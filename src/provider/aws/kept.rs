//! What was seen of one account and region, kept between looks: a list is replaced whole, a single thing alone, and an
//! older answer never replaces a newer one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::task::{Answer, Task};
use super::trouble::in_words;
use crate::fleet::{
    AccountId, Facts, Gap, ImageId, Place, Region, Section, Seen, TemplateId, TemplateVersionFact, Text,
};
use crate::provider::{Failure, FailureKind};

/// What is kept of one account and region.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The facts, without gaps and templates, which are put in when they are lent out.
    pub(super) facts: Facts,
    pub(super) templates: Versions,
    /// What failed, by what was asked.
    gaps: BTreeMap<Task, Gap>,
}

/// Launch template versions. What a version says never changes, which version is meant does.
#[derive(Clone, Default, Debug)]
pub(super) struct Versions {
    /// As written, for ever.
    pub(super) written: BTreeMap<(TemplateId, i64), TemplateVersionFact>,
    /// The image that a version by parameter would launch, as of the last look.
    pub(super) resolved: BTreeMap<(TemplateId, i64), ImageId>,
    /// The numbers behind `$Default` and `$Latest`, as of the last look.
    current: BTreeMap<TemplateId, (Option<i64>, i64)>,
    /// Numbers that were asked for, there or not.
    pub(super) asked: BTreeSet<(TemplateId, i64)>,
    pub(super) seen_at: Option<Timestamp>,
    /// Why parameters could not be resolved; it matters only where there are any.
    unresolved: Option<Failure>,
}

/// What resolving an image by parameter needs beside the call itself [ec2: DescribeLaunchTemplateVersions].
const RESOLVING: &str = "ssm:GetParameters";

/// An image that is named by a parameter of Systems Manager and resolved at launch [ec2].
const BY_PARAMETER: &str = "resolve:ssm:";

impl Kept {
    pub(super) fn new(account: AccountId, region: Region) -> Self {
        Self {
            facts: Facts::new(Place { account, region }),
            templates: Versions::default(),
            gaps: BTreeMap::new(),
        }
    }

    /// Lends the facts out with everything in them; they have to be given back.
    pub(super) fn lend(&mut self) -> Facts {
        self.facts.templates = self.templates.facts();
        self.facts.gaps = self.gaps.values().cloned().chain(self.templates.gaps(&self.facts.place)).collect();
        let place = self.facts.place.clone();
        std::mem::replace(&mut self.facts, Facts::new(place))
    }

    /// Takes back what was lent.
    pub(super) fn give_back(&mut self, facts: Facts) {
        self.facts = facts;
    }

    /// Drops one thing that AWS says is not there.
    pub(super) fn drop_one(&mut self, task: &Task) {
        match task {
            Task::Refreshes(group) => drop(self.facts.refreshes.remove(group)),
            Task::Listeners(load_balancer) => drop(self.facts.listeners.remove(load_balancer)),
            Task::Rules(listener) => drop(self.facts.rules.remove(listener)),
            Task::Attributes(target_group) => drop(self.facts.attributes.remove(target_group)),
            Task::Health(target_group) => drop(self.facts.target_health.remove(target_group)),
            Task::Versions(template, numbers) => {
                let asked = numbers.iter().map(|number| (template.clone(), *number));
                self.templates.asked.extend(asked);
            }
            _ => {}
        }
    }

    /// Forgets what failed: everything is asked anew.
    pub(super) fn forget_gaps(&mut self) {
        self.gaps.clear();
    }

    /// Takes in what a task found; `at` is when it was first asked.
    pub(super) fn take_in(&mut self, task: &Task, answer: Answer, at: Timestamp) {
        self.gaps.retain(|failed, gap| !task.heals(failed, gap.about.is_none()));
        match answer {
            Answer::Instances(found) => {
                let id = |fact: &crate::fleet::InstanceFact| Text::new(fact.id.raw());
                let asked = match task {
                    Task::InstancesById(ids) | Task::InstancesFiltered(ids) => {
                        Some(ids.iter().map(|id| id.raw().into()).collect())
                    }
                    _ => None,
                };
                let list = &mut self.facts.instances;
                put(list, Section::Instances, &mut self.facts.read_again, found, id, asked, at);
            }
            Answer::Groups(found) => {
                let id = |fact: &crate::fleet::GroupFact| Text::new(fact.name.raw());
                let asked = match task {
                    Task::GroupsByName(names) => Some(names.iter().map(|name| name.raw().into()).collect()),
                    _ => None,
                };
                put(
                    &mut self.facts.groups,
                    Section::Groups,
                    &mut self.facts.read_again,
                    found,
                    id,
                    asked,
                    at,
                );
            }
            Answer::TargetGroups(found) => {
                let id = |fact: &crate::fleet::TargetGroupFact| Text::new(fact.arn.raw());
                let asked = match task {
                    Task::TargetGroupsByArn(arns) => Some(arns.iter().map(|arn| arn.raw().into()).collect()),
                    _ => None,
                };
                let list = &mut self.facts.target_groups;
                put(list, Section::TargetGroups, &mut self.facts.read_again, found, id, asked, at);
            }
            Answer::Statuses(found) => match task {
                Task::StatusesById(ids) => {
                    let ids: HashSet<_> = ids.iter().collect();
                    let seen = self.facts.statuses.get_or_insert(Seen { at, value: BTreeMap::new() });
                    seen.value.retain(|id, _| !ids.contains(id));
                    seen.value.extend(found);
                }
                _ => replace(&mut self.facts.statuses, found.into_iter().collect(), at),
            },
            Answer::RootVolumes(found) => {
                let mut newest: BTreeMap<_, crate::fleet::RootVolumeFact> = BTreeMap::new();
                for (id, fact) in found {
                    let known = newest.entry(id).or_insert_with(|| fact.clone());
                    if fact.completed_at > known.completed_at {
                        *known = fact;
                    }
                }
                replace(&mut self.facts.root_volumes, newest, at);
            }
            Answer::ImageMetadata(found) => {
                replace(&mut self.facts.image_metadata, found.into_iter().collect(), at);
            }
            Answer::Images(found) => {
                let found = found.into_iter().map(|image| (image.id.clone(), image));
                let seen = self.facts.images.get_or_insert(Seen { at, value: BTreeMap::new() });
                if *task == Task::OwnImages {
                    // Images of others stay until they are asked for again by id.
                    let account = &self.facts.place.account;
                    seen.value.retain(|_, image| image.owner.as_ref() != Some(account));
                    seen.at = at;
                }
                if let Task::Images(ids) = task {
                    seen.value.retain(|id, _| !ids.contains(id));
                }
                seen.value.extend(found);
            }
            Answer::Templates(found) => self.templates.take_in(task, found, at),
            Answer::Configurations(found) => {
                let seen =
                    self.facts.launch_configurations.get_or_insert(Seen { at, value: BTreeMap::new() });
                seen.value.extend(found);
            }
            Answer::LoadBalancers(found) => {
                let arns: HashSet<_> = found.iter().map(|found| &found.arn).collect();
                self.facts.listeners.retain(|arn, _| arns.contains(arn));
                replace(&mut self.facts.load_balancers, found, at);
            }
            Answer::Listeners(found) => {
                if let Task::Listeners(load_balancer) = task {
                    put_one(&mut self.facts.listeners, load_balancer, found, at);
                }
            }
            Answer::Rules(found) => {
                if let Task::Rules(listener) = task {
                    put_one(&mut self.facts.rules, listener, found, at);
                }
            }
            Answer::Refreshes(found) => {
                if let Task::Refreshes(group) = task {
                    put_one(&mut self.facts.refreshes, group, found, at);
                }
            }
            Answer::Attributes(found) => {
                if let Task::Attributes(target_group) = task {
                    put_one(&mut self.facts.attributes, target_group, found, at);
                }
            }
            Answer::Health(found) => {
                if let Task::Health(target_group) = task {
                    put_one(&mut self.facts.target_health, target_group, found, at);
                }
            }
        }
        self.drop_orphans(task);
    }

    /// Drops what belongs to things that are no longer there.
    fn drop_orphans(&mut self, task: &Task) {
        let facts = &mut self.facts;
        match task {
            Task::Groups | Task::GroupsByName(_) => {
                let names: HashSet<_> =
                    facts.groups.iter().flat_map(|seen| &seen.value).map(|group| &group.name).collect();
                facts.refreshes.retain(|name, _| names.contains(name));
                self.gaps.retain(|failed, _| match failed {
                    Task::Refreshes(name) => names.contains(name),
                    _ => true,
                });
            }
            Task::LoadBalancers | Task::Listeners(_) => {
                let arns: HashSet<_> =
                    facts.listeners.values().flat_map(|seen| &seen.value).map(|found| &found.arn).collect();
                facts.rules.retain(|arn, _| arns.contains(arn));
                self.gaps.retain(|failed, _| match failed {
                    Task::Rules(arn) => arns.contains(arn),
                    _ => true,
                });
            }
            Task::TargetGroups | Task::TargetGroupsByArn(_) => {
                let arns: HashSet<_> =
                    facts.target_groups.iter().flat_map(|seen| &seen.value).map(|found| &found.arn).collect();
                facts.target_health.retain(|arn, _| arns.contains(arn));
                facts.attributes.retain(|arn, _| arns.contains(arn));
                self.gaps.retain(|failed, _| match failed {
                    Task::Attributes(arn) | Task::Health(arn) => arns.contains(arn),
                    _ => true,
                });
            }
            _ => {}
        }
    }

    /// Notes that a task failed: what was seen before stays, with its age, and a gap beside it. Where nothing of the
    /// section can be read, the gap is about all of it.
    pub(super) fn note(&mut self, task: &Task, failure: &Failure, whole_section: bool) {
        if task.resolves() {
            self.templates.unresolved = Some(failure.clone());
            return;
        }
        let section = task.section();
        let about = task.about().filter(|_| !whole_section);
        let what = match &about {
            Some(about) => format!("{} of {}", in_words(section), short(about)),
            None => in_words(section).to_owned(),
        };
        if about.is_none() {
            self.gaps.retain(|failed, _| failed.section() != section);
        }
        let (why, action) = (failure.why.clone(), failure.action.clone());
        let gap = Gap { place: self.facts.place.clone(), section, about, what, why, action };
        self.gaps.insert(task.clone(), gap);
    }
}

/// The part of an ARN that a person knows it by (`app/web`, `orders-blue`).
fn short(about: &Text) -> Text {
    let raw = about.raw();
    let Some(resource) = raw.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4)) else {
        return about.clone();
    };
    let mut parts = resource.split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some("app" | "net" | "gwy"), Some(name)) | (Some(name), _) => name.into(),
        _ => about.clone(),
    }
}

/// Replaces a whole section unless it is newer.
fn replace<T>(section: &mut Option<Seen<T>>, value: T, at: Timestamp) {
    if section.as_ref().is_none_or(|seen| seen.at <= at) {
        *section = Some(Seen { at, value });
    }
}

/// Replaces one thing unless it is newer.
fn put_one<K: Ord + Clone, T>(section: &mut BTreeMap<K, Seen<T>>, key: &K, value: T, at: Timestamp) {
    if section.get(key).is_none_or(|seen| seen.at <= at) {
        section.insert(key.clone(), Seen { at, value });
    }
}

/// Replaces a list, or the things that were asked for by id: what was asked for and not found is gone.
fn put<T>(
    list: &mut Option<Seen<Vec<T>>>,
    section: Section,
    read_again: &mut BTreeMap<(Section, Text), Timestamp>,
    found: Vec<T>,
    id: impl Fn(&T) -> Text,
    asked: Option<HashSet<Text>>,
    at: Timestamp,
) {
    let newer = |text: &Text, read_again: &BTreeMap<(Section, Text), Timestamp>| {
        read_again.get(&(section, text.clone())).is_some_and(|again| *again > at)
    };
    match (list.as_mut(), asked) {
        (Some(seen), Some(asked)) => {
            let asked: HashSet<Text> = asked.into_iter().filter(|text| !newer(text, read_again)).collect();
            if seen.at <= at {
                seen.value.retain(|thing| !asked.contains(&id(thing)));
                seen.value.extend(found.into_iter().filter(|thing| asked.contains(&id(thing))));
                read_again.extend(asked.into_iter().map(|text| ((section, text), at)));
            }
        }
        (Some(seen), None) => {
            if seen.at <= at {
                let mut all: HashMap<Text, T> = found
                    .into_iter()
                    .map(|thing| (id(&thing), thing))
                    .filter(|(text, _)| !newer(text, read_again))
                    .collect();
                let kept =
                    std::mem::take(&mut seen.value).into_iter().filter(|thing| newer(&id(thing), read_again));
                all.extend(kept.map(|thing| (id(&thing), thing)));
                let mut all: Vec<(Text, T)> = all.into_iter().collect();
                all.sort_by(|a, b| a.0.cmp(&b.0));
                seen.value = all.into_iter().map(|(_, thing)| thing).collect();
                seen.at = at;
                read_again.retain(|(of, _), again| *of != section || *again > at);
            }
        }
        (None, _) => *list = Some(Seen { at, value: found }),
    }
}

impl Versions {
    fn take_in(&mut self, task: &Task, found: Vec<TemplateVersionFact>, at: Timestamp) {
        let resolved = task.resolves();
        if resolved {
            self.unresolved = None;
        }
        if matches!(task, Task::TemplatesWritten | Task::TemplatesResolved) {
            if self.seen_at.is_some_and(|seen| seen > at) {
                return;
            }
            let mut current: BTreeMap<TemplateId, (Option<i64>, i64)> = BTreeMap::new();
            for version in &found {
                let (default, latest) = current.entry(version.id.clone()).or_insert((None, version.number));
                *latest = version.number.max(*latest);
                if version.is_default {
                    *default = Some(version.number);
                }
            }
            self.current = current;
            self.seen_at = Some(at);
        }
        match task {
            Task::Versions(template, numbers) => {
                self.asked.extend(numbers.iter().map(|number| (template.clone(), *number)));
            }
            Task::VersionsBetween(template, first, last) => {
                self.asked.extend([*first, *last].map(|number| (template.clone(), number)));
            }
            _ => {}
        }
        for version in found {
            let key = (version.id.clone(), version.number);
            if resolved {
                self.resolved.remove(&key);
                if let Some(image) = version.image.as_ref().filter(|image| !is_by_parameter(image)) {
                    self.resolved.insert(key, ImageId::new(image.raw()));
                }
            } else {
                self.written.insert(key, version);
            }
        }
    }

    /// Whether templates have to be read as written: not read yet, a version is new, or only this way works.
    pub(super) fn need_written(&self) -> bool {
        self.seen_at.is_none()
            || self.unresolved.is_some()
            || self.current.iter().any(|(template, (default, latest))| {
                default
                    .iter()
                    .chain([latest])
                    .any(|number| !self.written.contains_key(&(template.clone(), *number)))
            })
    }

    /// The template's id, where only its name is known.
    pub(super) fn id(&self, name: &Text) -> Option<&TemplateId> {
        self.written.values().find(|version| version.name == *name).map(|version| &version.id)
    }

    /// The number behind `$Default` (the first) and `$Latest`.
    pub(super) fn current(&self, template: &TemplateId) -> Option<(Option<i64>, i64)> {
        self.current.get(template).copied()
    }

    /// Templates whose image is given by a parameter that could not be resolved.
    fn gaps(&self, place: &Place) -> Vec<Gap> {
        let Some(failure) = &self.unresolved else { return Vec::new() };
        let denied = failure.kind == FailureKind::Denied;
        let unknown = self.written.iter().filter(|(key, version)| {
            version.image.as_ref().is_some_and(is_by_parameter) && !self.resolved.contains_key(key)
        });
        let templates: BTreeSet<&TemplateId> = unknown.map(|((template, _), _)| template).collect();
        let gap = |template: &TemplateId| Gap {
            place: place.clone(),
            section: Section::Templates,
            about: Some(template.raw().into()),
            what: format!("the image that {template} names by parameter"),
            why: if denied { format!("the role lacks {RESOLVING}") } else { failure.why.clone() },
            action: denied.then(|| RESOLVING.to_owned()),
        };
        templates.into_iter().map(gap).collect()
    }

    fn facts(&self) -> Option<Seen<Vec<TemplateVersionFact>>> {
        let value = self.written.iter().map(|((template, number), version)| {
            let (default, latest) = self.current.get(template).copied().unzip();
            let image = version.image.clone();
            TemplateVersionFact {
                is_default: default.flatten() == Some(*number),
                is_latest: latest == Some(*number),
                resolved_image: match image.filter(|image| !is_by_parameter(image)) {
                    Some(image) => Some(ImageId::new(image.raw())),
                    None => self.resolved.get(&(template.clone(), *number)).cloned(),
                },
                ..version.clone()
            }
        });
        Some(Seen { at: self.seen_at?, value: value.collect() })
    }
}

/// Whether an image is given by a parameter, to be resolved at launch.
pub(super) fn is_by_parameter(image: &Text) -> bool {
    image.raw().starts_with(BY_PARAMETER)
}

#[cfg(test)]
mod tests;
