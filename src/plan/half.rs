//! A group that a refresh left half replaced: it was cancelled or failed, and nothing runs to finish it. The way on is the
//! same refresh again, which skips what matches; the way back one to what the others run.

use std::collections::BTreeMap;

use super::{RefreshTo, TemplateNumber};
use crate::fleet::{LaunchSource, RefreshStatus, ServerGroup, TemplateId, TemplateVersion, WantedSource};

/// How far a refresh came that ended before its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Half {
    /// How it ended.
    pub ended: RefreshStatus,
    /// Where it was going.
    pub to: TemplateNumber,
    /// The last good version: the one to go back to; `None` where nothing tells of one.
    pub back: Option<TemplateNumber>,
    /// Instances that run where it was going.
    pub done: usize,
    /// All instances.
    pub of: usize,
}

impl Half {
    /// What finishes it.
    pub fn finish(&self) -> RefreshTo {
        RefreshTo::Version(self.to.version)
    }

    /// What goes back.
    pub fn go_back(&self) -> Option<RefreshTo> {
        self.back.as_ref().map(|back| RefreshTo::Version(back.version))
    }
}

/// Whether a group is half replaced, by its newest refresh and by the versions its instances run; `None` where it is
/// not, or where that cannot be told.
pub fn half_finished(group: &ServerGroup) -> Option<Half> {
    if group.refresh.is_some() || !group.refreshes_known {
        return None;
    }
    let refresh = group.last_refresh.as_ref()?;
    let fact = &refresh.fact;
    let stopped = matches!(
        fact.status,
        RefreshStatus::Cancelled | RefreshStatus::Failed | RefreshStatus::RollbackFailed
    );
    let saved = saved(group).filter(|_| stopped)?;
    let (_, version) = refresh.goes_to().filter(|(id, _)| **id == saved.id)?;
    let to = TemplateNumber { version, ..saved.clone() };
    let runs = versions(group, &saved.id);
    let (done, of) = (runs.get(&to.version).copied().unwrap_or(0), group.instances.len());
    if done == 0 || (done == of && saved == to) {
        return None;
    }
    let others = runs.into_iter().filter(|(number, _)| *number != to.version);
    let most = others.max_by_key(|(_, count)| *count).map(|(version, _)| version);
    let most = most.map(|version| TemplateNumber { id: saved.id.clone(), version });
    let back = (saved != to).then_some(saved).or(most);
    Some(Half { ended: fact.status.clone(), to, back, done, of })
}

/// What a group launches from, by its number; `None` where it is no launch template, or the number is not known.
fn saved(group: &ServerGroup) -> Option<TemplateNumber> {
    let LaunchSource::Template(template) = &group.source else { return None };
    let version = match (&template.version, group.wants.first().map(|wanted| &wanted.source)) {
        (TemplateVersion::Number(number), _) => *number,
        (_, Some(WantedSource::Template { number, .. })) => (*number)?,
        _ => return None,
    };
    Some(TemplateNumber { id: template.id.clone()?, version })
}

/// How many instances run each version of a template.
pub(super) fn versions(group: &ServerGroup, template: &TemplateId) -> BTreeMap<i64, usize> {
    let mut runs: BTreeMap<i64, usize> = BTreeMap::new();
    for instance in &group.instances {
        let from = instance.launched_from.as_ref().filter(|from| from.id.as_ref() == Some(template));
        if let Some(TemplateVersion::Number(number)) = from.map(|from| &from.version) {
            *runs.entry(*number).or_default() += 1;
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::{World, template_ref};

    /// A group of four on version 1, of which this many were replaced by version 2 before the refresh ended so.
    fn after(status: RefreshStatus, done: usize, saved: TemplateVersion) -> ServerGroup {
        let mut world = World::new();
        for (version, image) in [(1, "ami-1"), (2, "ami-2")] {
            world.image(image, &format!("orders-1.{version}.0"));
            world.template("lt-1", version, image);
        }
        world.group("orders", "lt-1").source = LaunchSource::Template(template_ref("lt-1", saved));
        for n in 0..4 {
            let version = if n < done { 2 } else { 1 };
            let member = world.member("orders", &format!("i-{n}"), &format!("ami-{version}"));
            member.template = Some(template_ref("lt-1", TemplateVersion::Number(version)));
        }
        world.refresh("orders", status).desired =
            Some(LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(2))));
        (*world.fleet().clusters[0].groups[0]).clone()
    }

    #[test]
    fn a_refresh_that_stopped_half_way_leaves_both_ways_out() {
        let ended = [RefreshStatus::Cancelled, RefreshStatus::Failed, RefreshStatus::RollbackFailed];
        for status in ended {
            let half = half_finished(&after(status.clone(), 3, TemplateVersion::Number(1))).unwrap();
            assert_eq!((half.done, half.of, half.ended.clone()), (3, 4, status));
            assert_eq!(half.finish(), RefreshTo::Version(2));
            assert_eq!(half.go_back(), Some(RefreshTo::Version(1)));
        }
    }

    #[test]
    fn where_the_group_has_saved_the_new_one_the_others_tell_what_was_good() {
        let half = half_finished(&after(RefreshStatus::Failed, 1, TemplateVersion::Latest)).unwrap();
        assert_eq!((half.to.version, half.go_back()), (2, Some(RefreshTo::Version(1))));
    }

    #[test]
    fn nothing_is_half_that_runs_came_to_its_end_or_replaced_nothing() {
        let saved = TemplateVersion::Number(1);
        assert_eq!(half_finished(&after(RefreshStatus::InProgress, 2, saved.clone())), None);
        assert_eq!(half_finished(&after(RefreshStatus::Successful, 2, saved.clone())), None);
        assert_eq!(half_finished(&after(RefreshStatus::RollbackSuccessful, 2, saved.clone())), None);
        assert_eq!(half_finished(&after(RefreshStatus::Cancelled, 0, saved.clone())), None);
        // All were replaced, and the group would still launch the old one.
        assert!(half_finished(&after(RefreshStatus::Cancelled, 4, saved)).is_some());
        assert_eq!(half_finished(&after(RefreshStatus::Cancelled, 4, TemplateVersion::Number(2))), None);
    }
}
