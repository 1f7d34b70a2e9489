//! Decisions about a group need fresh and complete facts of it: its membership, its refreshes, its instances, its launch
//! template and the health of its targets. What only ends a refresh needs the refreshes.

use super::fresh_facts::young_enough;
use super::{Check, Guard, OnGroup};
use crate::fleet::{LaunchSource, Section, TemplateId, TemplateRef};
use crate::plan::{Answer, Call};

pub(super) const GUARD: Guard = Guard { name: "group-facts", overridable: false, check: Check::Group(check) };

/// The launch templates that a group names; the empty id stands for their list as a whole.
fn templates(source: &LaunchSource) -> impl Iterator<Item = &str> {
    let (first, overrides): (Option<&TemplateRef>, &[_]) = match source {
        LaunchSource::Template(template) => (Some(template), &[]),
        LaunchSource::Mixed { base, overrides } => (Some(base), overrides),
        LaunchSource::Configuration(_) | LaunchSource::Unknown => (None, &[]),
    };
    let own = overrides.iter().filter_map(|one| one.template.as_ref());
    let named = first.into_iter().chain(own).filter_map(|template| template.id.as_ref());
    named.map(TemplateId::raw).chain([""])
}

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    let (place, group) = (&subject.cluster.id.place, subject.group);
    let gap = |section, about| subject.fleet.gap(place, section, about);
    let only_ends =
        matches!(subject.call, Some(Call::CancelInstanceRefresh(_) | Call::RollbackInstanceRefresh(_)));
    let health = group.target_groups.iter().find_map(|arn| gap(Section::TargetHealth, Some(arn.raw())));
    let missing = gap(Section::Groups, None).or_else(|| gap(Section::Refreshes, Some(group.id.name.raw())));
    let missing = missing.or_else(|| {
        let launches = || templates(&group.source).find_map(|id| gap(Section::Templates, Some(id)));
        (!only_ends).then(|| gap(Section::Instances, None).or_else(launches).or(health)).flatten()
    });
    if let Some(gap) = missing {
        return (Answer::Block, format!("{} is missing: {}", gap.what, gap.why));
    }
    let Some(read) = subject.fleet.ages.get(&(place.clone(), Section::Groups)) else {
        return (Answer::Block, "the server groups were never read".into());
    };
    // A look at one cluster reads its membership again; `seen_at` then is younger than the list of the whole region.
    let mut oldest = subject.cluster.seen_at.unwrap_or(*read);
    for arn in group.target_groups.iter().filter(|_| !only_ends) {
        match subject.fleet.target_groups.get(arn).and_then(|group| group.health.as_ref()) {
            Some(health) => oldest = oldest.min(health.at),
            None => return (Answer::Block, format!("the target health of {} was never read", arn.name())),
        }
    }
    young_enough(subject.at, oldest)
}
