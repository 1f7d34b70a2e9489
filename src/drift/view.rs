//! The fleet as rules look at it: everything that many instances share is looked up once.

use std::collections::HashMap;

use crate::fleet::{
    Ancestry, Base, Cluster, Fleet, Gap, Image, ImageId, LoadBalancerArn, Place, Section, ServerGroup,
    TargetGroup, TargetGroupArn, TemplateId, TemplateVersionFact,
};

use super::replacement::Replacement;

/// One account and region.
#[derive(Default)]
pub(super) struct PlaceView<'a> {
    images: HashMap<&'a ImageId, (usize, &'a Image)>,
    templates: HashMap<(&'a TemplateId, i64), &'a TemplateVersionFact>,
    gaps: HashMap<Section, Vec<&'a Gap>>,
}

impl<'a> PlaceView<'a> {
    pub(super) fn image(&self, id: &ImageId) -> Option<&'a Image> {
        self.images.get(id).map(|(_, image)| *image)
    }

    /// The number of an image among those of the fleet.
    fn number(&self, id: &ImageId) -> Option<usize> {
        self.images.get(id).map(|(number, _)| *number)
    }

    pub(super) fn template(&self, id: &TemplateId, number: i64) -> Option<&'a TemplateVersionFact> {
        self.templates.get(&(id, number)).copied()
    }

    /// The gap that hides a thing in a section, if any.
    pub(super) fn gap(&self, section: Section, about: &str) -> Option<&'a Gap> {
        let is_about = |gap: &&&Gap| gap.about.as_ref().is_none_or(|text| text.raw() == about);
        self.gaps.get(&section)?.iter().find(is_about).copied()
    }

    /// Any gap in a section: what is missing there may be there after all.
    pub(super) fn any_gap(&self, section: Section) -> Option<&'a Gap> {
        self.gaps.get(&section)?.first().copied()
    }

    /// Why something of a section is missing: by the gap that hides it, else nobody said it.
    pub(super) fn why_missing(&self, section: Section, about: &str) -> String {
        let gap = self.gap(section, about).or_else(|| self.any_gap(section));
        gap.map_or_else(|| "No answer of AWS told it.".into(), |gap| sentence(&gap.why))
    }
}

/// A reason as a sentence of its own.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Whether a target group is given requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Live<'a> {
    /// A listener or rule gives it weight.
    Yes,
    /// Every listener and rule was read, and none does.
    No,
    /// It cannot be told.
    Unknown(&'a Gap),
}

/// A target group with what its targets are judged by.
pub struct TargetView<'a> {
    /// The target group.
    pub group: &'a TargetGroup,
    /// Whether it is given requests.
    pub live: Live<'a>,
    /// Healthy targets; `None`: not known.
    pub healthy: Option<usize>,
    /// Healthy targets below which requests go to all targets; `None`: attributes not read.
    pub fail_open_below: Option<usize>,
}

impl<'a> TargetView<'a> {
    fn of(group: &'a TargetGroup, live: Live<'a>) -> Self {
        let below = group.attributes.as_ref().map(|attributes| attributes.fail_open_below as usize);
        Self { group, live, healthy: group.healthy(), fail_open_below: below }
    }

    /// Whether it has too few healthy targets, so that requests go to unhealthy ones too; `None`: not known.
    pub fn fails_open(&self) -> Option<bool> {
        let healthy = self.healthy?;
        // Whatever the threshold: with no healthy target at all it is open.
        if healthy == 0 { Some(true) } else { Some(healthy < self.fail_open_below?) }
    }
}

/// A server group with what its instances are judged by.
pub struct GroupView<'a> {
    /// The cluster it is judged in.
    pub cluster: &'a Cluster,
    /// The group.
    pub group: &'a ServerGroup,
    /// Its target groups.
    pub targets: Vec<&'a TargetView<'a>>,
    /// How many of its instances run another image than it wants.
    pub(super) replacement: Replacement,
}

/// The whole fleet.
pub(super) struct View<'a> {
    places: HashMap<&'a Place, PlaceView<'a>>,
    targets: HashMap<&'a TargetGroupArn, TargetView<'a>>,
    nowhere: PlaceView<'a>,
    /// Images in the order of the fleet.
    images: Vec<&'a Image>,
    ancestry: Ancestry,
}

impl<'a> View<'a> {
    pub(super) fn of(fleet: &'a Fleet) -> Self {
        let mut places: HashMap<&Place, PlaceView<'_>> = HashMap::new();
        let mut images = Vec::with_capacity(fleet.images.len());
        for (number, ((place, id), image)) in fleet.images.iter().enumerate() {
            places.entry(place).or_default().images.insert(id, (number, image));
            images.push(image);
        }
        for ((place, id), versions) in &fleet.templates {
            let templates = &mut places.entry(place).or_default().templates;
            templates.extend(versions.iter().map(|version| ((id, version.number), version)));
        }
        for gap in &fleet.gaps {
            places.entry(&gap.place).or_default().gaps.entry(gap.section).or_default().push(gap);
        }
        let targets = fleet.target_groups.iter().map(|(arn, group)| {
            let live = live(group, places.get(&group.place));
            (arn, TargetView::of(group, live))
        });
        let targets = targets.collect();
        Self { places, targets, nowhere: PlaceView::default(), images, ancestry: Ancestry::of(fleet) }
    }

    /// What is known of a place; nothing, where nothing was told of it.
    pub(super) fn place(&self, place: &Place) -> &PlaceView<'a> {
        self.places.get(place).unwrap_or(&self.nowhere)
    }

    /// How what an image is built on stands.
    pub(super) fn base(&self, place: &PlaceView<'a>, id: &ImageId) -> Option<&Base> {
        self.ancestry.bases.get(place.number(id)?)
    }

    /// An image by its number.
    pub(super) fn numbered(&self, number: usize) -> Option<&'a Image> {
        self.images.get(number).copied()
    }

    pub(super) fn target(&self, arn: &TargetGroupArn) -> Option<&TargetView<'a>> {
        self.targets.get(arn)
    }

    /// A group and its target groups.
    pub(super) fn group<'b>(&'b self, cluster: &'b Cluster, group: &'b ServerGroup) -> GroupView<'b> {
        GroupView {
            cluster,
            group,
            targets: group.target_groups.iter().filter_map(|arn| self.targets.get(arn)).collect(),
            replacement: Replacement::of(group),
        }
    }
}

/// A target group without weight is idle only where every listener and rule that could give it some was read.
fn live<'a>(group: &TargetGroup, place: Option<&PlaceView<'a>>) -> Live<'a> {
    if group.live {
        return Live::Yes;
    }
    let Some(place) = place else { return Live::No };
    let is_listed = group.target_type.is_some();
    let concerns = |gap: &&&Gap| {
        gap.about.as_ref().is_none_or(|about| {
            !is_listed || group.load_balancers.iter().any(|balancer| is_of(about.raw(), balancer))
        })
    };
    let hidden = |section| place.gaps.get(&section)?.iter().find(concerns).copied();
    let gap = [Section::LoadBalancers, Section::Listeners, Section::Rules].into_iter().find_map(hidden);
    gap.map_or(Live::No, Live::Unknown)
}

/// Whether an ARN is a load balancer's own or that of one of its listeners.
fn is_of(arn: &str, balancer: &LoadBalancerArn) -> bool {
    let path = |arn: &str, kind: &str| arn.split_once(kind).map(|(_, path)| path.to_owned());
    arn == balancer.raw()
        || path(arn, ":listener/")
            .zip(path(balancer.raw(), ":loadbalancer/"))
            .is_some_and(|(listener, balancer)| listener.starts_with(&format!("{balancer}/")))
}
