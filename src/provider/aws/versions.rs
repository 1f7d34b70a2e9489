//! Launch template versions between looks: what a version says is asked once, which one is meant each time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::task::Task;
use crate::fleet::{Gap, ImageId, Place, Section, Seen, TemplateId, TemplateVersionFact, Text};
use crate::provider::{Failure, FailureKind};

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

impl Versions {
    /// Notes that parameters could not be resolved.
    pub(super) fn fail_to_resolve(&mut self, failure: &Failure) {
        self.unresolved = Some(failure.clone());
    }

    /// Takes in versions, as written or resolved.
    pub(super) fn take_in(&mut self, task: &Task, found: Vec<TemplateVersionFact>, at: Timestamp) {
        let resolved = task.resolves();
        if resolved {
            self.unresolved = None;
        }
        let is_newest = self.seen_at.is_none_or(|seen| seen <= at);
        if matches!(task, Task::TemplatesWritten | Task::TemplatesResolved) && is_newest {
            self.current = current_of(&found);
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
    pub(super) fn gaps(&self, place: &Place) -> Vec<Gap> {
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

    /// The versions as facts; `None` before the first list.
    pub(super) fn facts(&self) -> Option<Seen<Vec<TemplateVersionFact>>> {
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

/// The numbers behind `$Default` and `$Latest`, of a list that holds both: the highest number is the latest.
fn current_of(found: &[TemplateVersionFact]) -> BTreeMap<TemplateId, (Option<i64>, i64)> {
    let mut current = BTreeMap::new();
    for version in found {
        let (default, latest) = current.entry(version.id.clone()).or_insert((None, version.number));
        *latest = version.number.max(*latest);
        if version.is_default {
            *default = Some(version.number);
        }
    }
    current
}

/// Whether an image is given by a parameter, to be resolved at launch.
pub(super) fn is_by_parameter(image: &Text) -> bool {
    image.raw().starts_with(BY_PARAMETER)
}
