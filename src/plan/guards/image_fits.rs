//! The image that is to come is of the architecture and of the family that the group runs; an instance type that is to
//! come is of the architecture of the image.

use super::image_launches::{saved, wanted};
use super::{Check, Guard, OnGroup};
use crate::fleet::{Image, ImageId};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Intent, RefreshTo};

pub(super) const GUARD: Guard = Guard { name: "image-fits", overridable: true, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    if subject.kind == Kind::Back {
        return (Answer::Pass, "the way back takes the image of before".into());
    }
    if subject.is_old_side() {
        return (Answer::Pass, "the group launches what it launches anyway".into());
    }
    match subject.intent {
        Intent::Refresh { to: RefreshTo::Type(wanted), .. } => return fits_type(subject, wanted.raw()),
        Intent::Refresh { .. } | Intent::Deploy { .. } => {}
        _ => return (Answer::Pass, "the group launches what it launches anyway".into()),
    }
    let (Some(to), Some(from)) = (image(subject, wanted(subject)), image(subject, before(subject))) else {
        return (Answer::Warn, "whether the images are of one kind is not known".into());
    };
    if let (Some(new), Some(old)) = (&to.architecture, &from.architecture)
        && new != old
    {
        return (Answer::Block, format!("{to} is for {new}, and the group runs {old}"));
    }
    match (&to.family, &from.family) {
        (Some(new), Some(old)) if new != old => {
            (Answer::Block, format!("{to} is of the family {}, and the group runs {}", new.name, old.name))
        }
        (Some(new), Some(_)) => (Answer::Pass, format!("{to} is of the family {}", new.name)),
        _ => (Answer::Warn, format!("the family of {to} or of {from} is not known")),
    }
}

/// Whether a type can run the image of now, by the type's name: a `g` behind the generation is AWS's own Arm processor
/// [ec2: instance type naming].
fn fits_type(subject: &OnGroup<'_>, name: &str) -> (Answer, String) {
    let family = name.split('.').next().unwrap_or_default();
    let behind = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_arm = family == "a1" || behind.split('-').next().is_some_and(|behind| behind.contains('g'));
    let runs = if is_arm { "arm64" } else { "x86_64" };
    let image = image(subject, wanted(subject));
    match image.map(|image| (image, image.architecture.as_ref())) {
        Some((image, Some(needs))) if needs.raw() != runs => {
            (Answer::Block, format!("{image} is for {needs}, and {name} is {runs} by its name"))
        }
        Some((image, Some(_))) => (Answer::Pass, format!("{image} is for {runs}, as is {name}")),
        _ => (Answer::Warn, format!("whether the image can run on {name} is not known")),
    }
}

/// What the instances run, else what the group launches.
fn before(subject: &OnGroup<'_>) -> Option<ImageId> {
    let running = subject.group.instances.iter().find_map(|instance| instance.running.as_ref());
    running.map(|running| running.image.clone()).or_else(|| saved(subject))
}

fn image<'a>(subject: &OnGroup<'a>, id: Option<ImageId>) -> Option<&'a Image> {
    subject.fleet.image(&subject.cluster.id.place, &id?)
}
