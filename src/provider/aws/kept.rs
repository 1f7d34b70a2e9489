//! What was seen of one account and region, kept between looks: a list is replaced whole, a single thing alone, and an
//! older answer never replaces a newer one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::task::{Answer, Task};
use super::trouble::in_words;
use super::versions::Versions;
use super::watching;
use crate::fleet::{AccountId, Alarm, Facts, Gap, Place, Region, Section, Seen, Text};
use crate::provider::Failure;

/// What is kept of one account and region.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The facts, without gaps and templates, which are put in when they are lent out.
    pub(super) facts: Facts,
    pub(super) templates: Versions,
    /// What failed, by what was asked.
    gaps: BTreeMap<Task, Gap>,
}

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
                let id = |fact: &Arc<crate::fleet::InstanceFact>| Text::new(fact.id.raw());
                let found = found.into_iter().map(Arc::new).collect();
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
                    let seen = self.facts.statuses.get_or_insert(Seen { at, value: HashMap::new() });
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
            Answer::Policies(found) => replace(&mut self.facts.policies, found, at),
            Answer::Schedules(found) => replace(&mut self.facts.schedules, found, at),
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
            one => self.take_one(task, one, at),
        }
        self.drop_orphans(task);
    }

    /// Takes in what belongs to one thing alone.
    fn take_one(&mut self, task: &Task, answer: Answer, at: Timestamp) {
        let facts = &mut self.facts;
        match (task, answer) {
            (Task::Listeners(load_balancer), Answer::Listeners(found)) => {
                put_one(&mut facts.listeners, load_balancer, found, at);
            }
            (Task::Rules(listener), Answer::Rules(found)) => put_one(&mut facts.rules, listener, found, at),
            (Task::Refreshes(group), Answer::Refreshes(mut found)) => {
                found.sort_by_key(|refresh| std::cmp::Reverse(refresh.started_at));
                put_one(&mut facts.refreshes, group, found, at);
            }
            (Task::Attributes(target_group), Answer::Attributes(found)) => {
                put_one(&mut facts.attributes, target_group, found, at);
            }
            (Task::Alarms(names), Answer::Alarms(found)) => {
                let mut found: HashMap<Text, Alarm> = found.into_iter().collect();
                for name in names {
                    let alarm = found.remove(name).unwrap_or_else(Alarm::not_there);
                    put_one(&mut facts.alarms, name, alarm, at);
                }
            }
            (Task::Metrics(sides, _), Answer::Metrics(found)) => {
                for (target_group, metrics) in watching::metrics_of(sides, found) {
                    put_one(&mut facts.metrics, &target_group, metrics, at);
                }
            }
            (Task::Health(target_group), Answer::Health(found)) => {
                put_one(&mut facts.target_health, target_group, found, at);
            }
            _ => {}
        }
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
            self.templates.fail_to_resolve(failure);
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

#[cfg(test)]
mod tests;
