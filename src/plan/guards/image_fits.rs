//! The image that is to come is of the architecture and of the family that the group runs.

use super::image_launches::{saved, wanted};
use super::{Check, Guard, OnGroup};
use crate::fleet::{Image, ImageId};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Intent};

pub(super) const GUARD: Guard = Guard { name: "image-fits", overridable: true, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    if subject.kind == Kind::Back {
        return (Answer::Pass, "the way back takes the image of before".into());
    }
    if !matches!(subject.intent, Intent::Refresh { .. } | Intent::Deploy { .. }) || subject.is_old_side() {
        return (Answer::Pass, "the group launches what it launches anyway".into());
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

/// What the instances run, else what the group launches.
fn before(subject: &OnGroup<'_>) -> Option<ImageId> {
    let running = subject.group.instances.iter().find_map(|instance| instance.running.as_ref());
    running.map(|running| running.image.clone()).or_else(|| saved(subject))
}

fn image<'a>(subject: &OnGroup<'a>, id: Option<ImageId>) -> Option<&'a Image> {
    subject.fleet.image(&subject.cluster.id.place, &id?)
}
