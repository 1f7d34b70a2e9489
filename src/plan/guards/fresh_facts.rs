//! Decisions need fresh and complete facts: of this cluster, and only those that traffic verbs name (listeners,
//! rules, target health, membership). The way back needs nothing but Elastic Load Balancing: no membership.

use jiff::{SignedDuration, Timestamp};

use super::{Check, Guard, Subject};
use crate::fleet::{Section, SourceArn};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Policy};

pub(super) const GUARD: Guard =
    Guard { name: "fresh-facts", overridable: false, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let place = &subject.cluster.id.place;
    let source = subject.change.source;
    let mut oldest = source.seen_at;
    let gap = |section, about: Option<&str>| subject.fleet.gap(place, section, about);
    let needs_members = subject.kind != Kind::Back;

    let (section, about) = match &source.arn {
        SourceArn::Listener(_) => (Section::Listeners, source.load_balancer.raw()),
        SourceArn::Rule(_) => (Section::Rules, source.listener.raw()),
    };
    let missing = [
        gap(section, Some(about)),
        gap(section, Some(source.arn.raw())),
        gap(Section::TargetGroups, None),
        gap(Section::Groups, None).filter(|_| needs_members),
    ]
    .into_iter()
    .flatten()
    .next();
    if let Some(gap) = missing {
        return (Answer::Block, format!("{} is missing: {}", gap.what, gap.why));
    }
    // A look at one cluster reads its membership again; `seen_at` then is younger than the list of the whole region.
    match subject.fleet.ages.get(&(place.clone(), Section::Groups)) {
        _ if !needs_members => {}
        Some(at) => oldest = oldest.min(subject.cluster.seen_at.unwrap_or(*at)),
        None => return (Answer::Block, "the server groups were never read".into()),
    }
    for (arn, _) in subject.change.weights_after() {
        if let Some(gap) = gap(Section::TargetHealth, Some(arn.raw())) {
            return (Answer::Block, format!("{} is missing: {}", gap.what, gap.why));
        }
        match subject.fleet.target_groups.get(&arn).and_then(|group| group.health.as_ref()) {
            Some(health) => oldest = oldest.min(health.at),
            None => return (Answer::Block, format!("the target health of {} was never read", arn.name())),
        }
    }
    young_enough(subject.at, oldest)
}

/// Whether facts of which the oldest was read then may be decided on.
pub(super) fn young_enough(at: Timestamp, oldest: Timestamp) -> (Answer, String) {
    let age = at.duration_since(oldest);
    let limit = SignedDuration::try_from(Policy::FRESH).unwrap_or(SignedDuration::ZERO);
    if age > limit {
        return (
            Answer::Block,
            format!("the facts are {} s old and may be {} s: observe again", age.as_secs(), limit.as_secs()),
        );
    }
    (Answer::Pass, format!("complete, {} s old", age.as_secs().max(0)))
}
