//! Where a refresh that fails leads: to what the group has saved, if AWS can go there, and if that can be launched. AWS
//! does not look before it goes: a saved configuration that cannot launch leaves a group that cannot launch.

use super::{Check, Guard, OnGroup};
use crate::fleet::{Availability, ImageId};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Call, Intent, Saved};

pub(super) const GUARD: Guard = Guard { name: "leads-back", overridable: true, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    match (subject.intent, subject.call) {
        // AWS goes where the group launches from, without a look at it.
        (Intent::RollbackRefresh { .. }, Some(Call::RollbackInstanceRefresh(_))) => {}
        _ if subject.kind == Kind::Back => return (Answer::Pass, "it is the way back".into()),
        (_, Some(Call::StartInstanceRefresh(start))) if start.preferences.auto_rollback => {}
        (_, Some(Call::StartInstanceRefresh(_))) => {
            return (Answer::Warn, "AWS does not go back by itself where the refresh fails".into());
        }
        _ => return (Answer::Pass, "it starts no refresh that could fail half-way".into()),
    }
    let Some(id) = goes_to(subject) else {
        return (Answer::Warn, "which image the way back would launch could not be read".into());
    };
    let Some(image) = subject.fleet.image(&subject.cluster.id.place, &id) else {
        return (
            Answer::Warn,
            format!("whether {id}, to which it would go back, can be launched is not known"),
        );
    };
    if let Some(why) = image.marked_bad() {
        return (Answer::Warn, format!("it would go back to {image}, which is marked as bad: {why}"));
    }
    match &image.availability {
        Availability::Available => (Answer::Pass, format!("where it fails it goes back to {image}")),
        Availability::Gone(why) => {
            (Answer::Block, format!("it would go back to {image}, which can no longer be launched: {why}"))
        }
        Availability::Pending | Availability::Unknown => (
            Answer::Warn,
            format!("whether {image}, to which it would go back, can be launched is not known"),
        ),
    }
}

/// The image of what the group will have saved when the refresh starts: of what it runs where it is pinned to that.
fn goes_to(subject: &OnGroup<'_>) -> Option<ImageId> {
    if let Saved::Template(_) = Saved::of(&subject.group.source) {
        return super::image_launches::saved(subject);
    }
    let running = subject.group.instances.iter().find_map(|instance| instance.running.as_ref());
    running.map(|running| running.image.clone()).or_else(|| super::image_launches::saved(subject))
}
