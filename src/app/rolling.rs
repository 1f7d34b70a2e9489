//! How far the instance refresh of a group is, from what was seen of the group and of its refresh. How it is drawn is
//! `ui`'s.

use crate::fleet::{ImageId, Refresh, RefreshStatus, ServerGroup, TemplateRef, TemplateVersion};

/// A refresh under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rolling {
    /// What AWS does now, in words.
    pub says: &'static str,
    /// Whether it goes back: then the percentage runs back to 0.
    pub back: bool,
    /// How much is replaced and warm, 0–100.
    pub percent: Option<i32>,
    /// Instances still to be replaced.
    pub to_go: Option<i32>,
    /// New instances that are in service and not counted yet: they warm up.
    pub warming: usize,
    /// The image it goes to: of a way back, the one that the group launches by itself.
    pub to: Option<ImageId>,
}

impl Rolling {
    /// The refresh of a group; `None` where none is under way.
    pub fn of(group: &ServerGroup) -> Option<Self> {
        let refresh = group.refresh.as_ref()?;
        let fact = &refresh.fact;
        let back = fact.status == RefreshStatus::RollbackInProgress;
        let wants = if back { &group.wants } else { &refresh.wants };
        let warming = match fact.status {
            RefreshStatus::InProgress => warming(group, fact.percent),
            _ => 0,
        };
        Some(Self {
            says: match fact.status {
                RefreshStatus::Pending => "not begun yet",
                RefreshStatus::InProgress => "replacing",
                RefreshStatus::Baking => "all replaced, watched",
                RefreshStatus::Cancelling => "being cancelled",
                RefreshStatus::RollbackInProgress => "running back",
                _ => "of a state nobody knows",
            },
            back,
            percent: fact.percent,
            to_go: fact.to_update.filter(|left| *left > 0),
            warming,
            to: wants.first().and_then(|wanted| wanted.image.clone()),
        })
    }
}

/// New instances in service beyond those that the percentage counts.
fn warming(group: &ServerGroup, percent: Option<i32>) -> usize {
    let goal = group.refresh.as_ref().and_then(Refresh::goes_to);
    let (Some((id, number)), Some(percent)) =
        (goal, percent.and_then(|percent| usize::try_from(percent).ok()))
    else {
        return 0;
    };
    let is_new =
        |from: &TemplateRef| from.id.as_ref() == Some(id) && from.version == TemplateVersion::Number(number);
    let new = group.instances.iter().filter(|instance| {
        instance.membership.as_ref().is_some_and(|member| member.lifecycle.raw() == "InService")
            && instance.launched_from.as_ref().is_some_and(is_new)
    });
    // AWS rounds the percentage down.
    let counted = (group.instances.len() * percent).div_ceil(100);
    new.count().saturating_sub(counted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::LaunchSource;
    use crate::fleet::builders::{World, template_ref};

    /// Four instances, of which this many are new; AWS counts this many percent.
    fn group(status: RefreshStatus, new: usize, percent: i32) -> ServerGroup {
        let mut world = World::new();
        for (version, image) in [(1, "ami-1"), (2, "ami-2")] {
            world.image(image, &format!("orders-1.{version}.0"));
            world.template("lt-1", version, image);
        }
        let version = |number| LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(number)));
        world.group("orders", "lt-1").source = version(1);
        for n in 0..4 {
            let number = if n < new { 2 } else { 1 };
            let member = world.member("orders", &format!("i-{n}"), &format!("ami-{number}"));
            member.template = Some(template_ref("lt-1", TemplateVersion::Number(number)));
        }
        let fact = world.refresh("orders", status);
        (fact.percent, fact.desired) = (Some(percent), Some(version(2)));
        (*world.fleet().clusters[0].groups[0]).clone()
    }

    #[test]
    fn instances_that_are_new_and_not_counted_yet_warm_up() {
        for (new, percent, warming) in [(0, 0, 0), (2, 25, 1), (3, 25, 2), (3, 74, 0), (1, 100, 0)] {
            let rolling = Rolling::of(&group(RefreshStatus::InProgress, new, percent)).unwrap();
            assert_eq!((rolling.warming, rolling.percent), (warming, Some(percent)), "{new} {percent}");
            assert_eq!(rolling.to, Some("ami-2".into()));
        }
    }

    #[test]
    fn what_runs_back_leads_to_what_the_group_launches_by_itself() {
        let rolling = Rolling::of(&group(RefreshStatus::RollbackInProgress, 3, 50)).unwrap();
        assert_eq!((rolling.back, rolling.warming, rolling.says), (true, 0, "running back"));
        assert_eq!(rolling.to, Some("ami-1".into()));
        assert_eq!(Rolling::of(&group(RefreshStatus::Cancelled, 2, 50)), None);
    }
}
