//! The image that instances are replaced by can be launched: it is there, and nobody marked it as bad. Unknown is not
//! good.

use super::{Check, Guard, OnGroup};
use crate::fleet::{Availability, ImageId, TemplateVersion};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Call, Intent, RefreshTo};

pub(super) const GUARD: Guard =
    Guard { name: "image-launches", overridable: true, check: Check::Group(check) };

/// The image that is to come; `None` where it is not known.
pub(super) fn wanted(subject: &OnGroup<'_>) -> Option<ImageId> {
    match (subject.intent, subject.call) {
        (Intent::Refresh { to: RefreshTo::Image(image), .. } | Intent::Deploy { image, .. }, _) => {
            Some(image.clone())
        }
        (Intent::Refresh { to: RefreshTo::Version(number), .. }, _) => of_version(subject, *number),
        (Intent::Refresh { to: RefreshTo::Type(_), .. }, _) => saved(subject),
        (_, Some(Call::StartInstanceRefresh(start))) => {
            of_version(subject, start.desired.template()?.version)
        }
        // What the group launches by itself.
        (
            Intent::Replace { .. } | Intent::Scale { .. } | Intent::Quarantine { .. } | Intent::Drill { .. },
            _,
        ) => saved(subject),
        _ => None,
    }
}

/// The image of a version of the group's launch template.
fn of_version(subject: &OnGroup<'_>, number: i64) -> Option<ImageId> {
    let crate::fleet::LaunchSource::Template(template) = &subject.group.source else { return None };
    let place = &subject.cluster.id.place;
    let fact = subject.fleet.template(place, template.id.as_ref()?, number)?;
    let named = || fact.image.as_ref().filter(|image| image.raw().starts_with("ami-"));
    fact.resolved_image.clone().or_else(|| named().map(|image| ImageId::new(image.raw())))
}

/// The image that the group launches now, by its saved configuration or by the number it is pinned to.
pub(super) fn saved(subject: &OnGroup<'_>) -> Option<ImageId> {
    let wanted = subject.group.wants.first()?;
    match &subject.group.source {
        crate::fleet::LaunchSource::Template(template) => match template.version {
            TemplateVersion::Number(number) => of_version(subject, number).or_else(|| wanted.image.clone()),
            _ => wanted.image.clone(),
        },
        _ => wanted.image.clone(),
    }
}

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    if subject.kind == Kind::Back {
        return (Answer::Pass, "the way back takes the image of before".into());
    }
    let shrinks =
        matches!(subject.intent, Intent::Scale { desired, .. } if *desired <= subject.group.desired);
    if shrinks || subject.intent.launches_nothing() {
        return (Answer::Pass, "nothing is launched".into());
    }
    if subject.is_old_side() {
        return (Answer::Pass, "nothing is launched".into());
    }
    let Some(id) = wanted(subject) else {
        return (Answer::Block, "which image is to come could not be read".into());
    };
    let Some(image) = subject.fleet.image(&subject.cluster.id.place, &id) else {
        return (
            Answer::Block,
            format!("image {id} is not there, or was not seen in this account and region"),
        );
    };
    if let Some(why) = image.marked_bad() {
        let why = if why.is_empty() { "no reason given".into() } else { why.to_string() };
        return (Answer::Block, format!("{image} is marked as bad: {why}"));
    }
    match &image.availability {
        Availability::Available => (Answer::Pass, format!("{image} ({id}) can be launched")),
        Availability::Pending => (Answer::Block, format!("{image} ({id}) is not finished yet")),
        Availability::Gone(why) => {
            (Answer::Block, format!("{image} ({id}) can no longer be launched: {why}"))
        }
        Availability::Unknown => {
            (Answer::Block, format!("whether {image} ({id}) can be launched could not be read"))
        }
    }
}
