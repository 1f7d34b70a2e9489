//! Evidence stays: what is in quarantine is ended by nobody who does not mean it. A refresh that ends instances in
//! standby is blocked while one of them is a suspect; so is whatever ends, or may end, a marked one that is in service.

use super::{Check, Guard, OnGroup};
use crate::fleet::{Instance, ServerGroup};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Call, Standby};

pub(super) const GUARD: Guard = Guard { name: "quarantined", overridable: true, check: Check::Group(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    let group = subject.group;
    let own = subject.intent.set_aside();
    let mut marked = group.instances.iter().filter(|instance| {
        Some(&instance.id) != own && (instance.quarantine().is_some() || is_unread(instance))
    });
    let aside = group
        .instances
        .iter()
        .find(|instance| instance.stands_by() && (instance.quarantine().is_some() || is_unread(instance)));
    match subject.call {
        _ if subject.kind == Kind::Back => (Answer::Pass, "it is the way back".into()),
        Some(Call::StartInstanceRefresh(start)) => {
            let standby = start.preferences.standby_instances;
            match (marked.find(|instance| !instance.stands_by()), aside, standby) {
                (_, Some(suspect), Standby::Terminate) => {
                    (Answer::Block, format!("the refresh would end {}", words(suspect)))
                }
                (Some(suspect), ..) => (
                    Answer::Block,
                    format!("the refresh may end {}, which is in service: release it first", words(suspect)),
                ),
                (None, Some(suspect), Standby::Wait) => {
                    (Answer::Warn, format!("the refresh waits an hour for {}, then fails", words(suspect)))
                }
                (None, Some(suspect), Standby::Ignore) => {
                    (Answer::Pass, format!("it stays: {}", words(suspect)))
                }
                (None, None, _) => none(group),
            }
        }
        Some(Call::TerminateInstanceInAutoScalingGroup(end)) => {
            match marked.find(|instance| instance.id == end.instance) {
                Some(suspect) => (Answer::Block, format!("it ends {}", words(suspect))),
                None => none(group),
            }
        }
        Some(Call::SetDesiredCapacity(_) | Call::UpdateAutoScalingGroup(_)) => {
            match marked.find(|instance| !instance.stands_by()) {
                Some(suspect) => {
                    (Answer::Warn, format!("should the group shrink, it may end {}", words(suspect)))
                }
                None => none(group),
            }
        }
        _ => (Answer::Pass, "it ends nothing else that is in quarantine".into()),
    }
}

/// One that stands by, and of which nobody knows why: a suspect, until its tags are read.
fn is_unread(instance: &Instance) -> bool {
    instance.stands_by() && instance.facts.is_none()
}

fn words(instance: &Instance) -> String {
    instance.quarantine().map_or_else(
        || format!("{}, whose tags could not be read", instance.id),
        |says| format!("{}, in quarantine: {says}", instance.id),
    )
}

fn none(group: &ServerGroup) -> (Answer, String) {
    (Answer::Pass, format!("nothing of {} is in quarantine", group.id.name))
}
