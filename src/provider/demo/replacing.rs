//! Which instances a refresh replaces next within its healthy bounds, and how many it launches ahead of them.
//!
//! Counted in capacity units, as the sizes of a group are. Where the bounds leave no room one is replaced all the same,
//! launched first. The order of instances, and that nobody is replaced before those it has to wait for are free, are
//! our idea of what AWS does.

use super::refresh::Run;
use super::world::{Duty, Group, GroupAt, Instance, Moment, SECOND, World};
use crate::fleet::InstanceId;
use crate::plan::{Protected, Standby};

/// Seconds until a new instance counts, where a refresh gives none: the group's own.
const USUAL_WARMUP: i32 = 30;

/// An instance that may be replaced now.
struct Free {
    id: InstanceId,
    ready: bool,
    counts: bool,
    units: i32,
}

impl World {
    /// Goes on until `limit` instances are replaced or being replaced.
    pub(super) fn replace(&mut self, at: GroupAt, run: &Run, limit: usize, now: Moment) {
        let group = self.group(at);
        let free = run.free(group, limit, now);
        let Some(one) = free.first().map(|first| first.units.max(1)) else {
            // Units of unlike instances need not come out even.
            self.group_mut(at).ahead = 0;
            self.reconcile(at, now);
            return;
        };
        let of_desired = |percent: i32| i64::from(group.fact.desired) * i64::from(percent);
        let whole = |units: i64| i32::try_from(units).unwrap_or(i32::MAX);
        let least = whole((of_desired(run.preferences.min_healthy_percentage) + 99) / 100);
        let most = whole(of_desired(run.preferences.max_healthy_percentage) / 100);
        let mut spare = run.healthy(group, now) - least;
        let mut room = most - group.size().max(group.wanted());
        if room < one && spare < one && !run.is_coming(group, now) {
            room = one;
        }
        let in_service: i32 = free.iter().filter(|free| free.counts).map(|free| free.units).sum();
        let group = self.group_mut(at);
        while room >= one && group.ahead < in_service {
            group.ahead += one;
            room -= one;
        }
        self.reconcile(at, now);
        for old in free {
            let cost = if old.ready { old.units } else { 0 };
            if cost > spare {
                break;
            }
            spare -= cost;
            if old.counts {
                let group = self.group_mut(at);
                group.ahead = (group.ahead - old.units).max(0);
            }
            self.take_out(at, &old.id, now);
        }
    }
}

impl Run {
    /// Those replaced: the old one is gone, and a new one is ready.
    pub(super) fn done(&self, group: &Group, now: Moment) -> usize {
        let there = |instance: &&Instance| instance.lifecycle(now).is_some();
        let left = group.instances.iter().filter(there).filter(|i| self.olds.contains(&i.id)).count();
        let gone = self.total - left.min(self.total);
        // Fewer new ones are needed where the group has been made smaller meanwhile.
        if gone == self.total && !self.is_moving(group, now) {
            return self.total;
        }
        gone.min(self.joined(group).filter(|instance| self.is_ready(instance, now)).count())
    }

    /// What joined the group since it began.
    pub(super) fn joined<'a>(&self, group: &'a Group) -> impl Iterator<Item = &'a Instance> {
        group.instances.iter().filter(|instance| instance.counts() && !self.before.contains(&instance.id))
    }

    /// Whether something is being launched, warmed up or ended for it.
    pub(super) fn is_moving(&self, group: &Group, now: Moment) -> bool {
        group.ahead > 0 || group.is_changing(now) || self.is_coming(group, now)
    }

    /// Whether something is being launched or warmed up for it; old ones may still drain.
    fn is_coming(&self, group: &Group, now: Moment) -> bool {
        group.is_short() || self.joined(group).any(|instance| !self.is_ready(instance, now))
    }

    /// A new instance that is on its way to count.
    pub(super) fn warming(&self, group: &Group, now: Moment) -> Option<InstanceId> {
        self.joined(group).find(|instance| !self.is_warm(instance, now)).map(|instance| instance.id.clone())
    }

    /// A new instance that had the time to warm up, and is not healthy.
    pub(super) fn ailing(&self, group: &Group, now: Moment) -> Option<InstanceId> {
        let ails = |instance: &&Instance| self.is_warm(instance, now) && instance.ill(now).is_some();
        self.joined(group).find(ails).map(|instance| instance.id.clone())
    }

    /// An instance that somebody has to set free before it can be replaced.
    pub(super) fn held<'a>(&self, group: &'a Group, now: Moment) -> Option<&'a Instance> {
        let mut left = group.instances.iter().filter(|instance| self.is_left(instance, now));
        left.find(|instance| !self.may_end(instance))
    }

    fn free(&self, group: &Group, limit: usize, now: Moment) -> Vec<Free> {
        let left = || group.instances.iter().filter(|instance| self.is_left(instance, now));
        if left().any(|instance| !self.may_end(instance)) {
            return Vec::new();
        }
        let of = |instance: &Instance| Free {
            id: instance.id.clone(),
            ready: self.is_ready(instance, now),
            counts: instance.counts(),
            units: instance.units(),
        };
        let mut free: Vec<Free> = left().map(of).collect();
        let started = self.total - free.len().min(self.total);
        free.sort_by_key(|free| free.ready);
        free.truncate(limit.saturating_sub(started));
        free
    }

    /// Whether it is one of those to be replaced, and nothing was begun with it yet.
    fn is_left(&self, instance: &Instance, now: Moment) -> bool {
        instance.stays(now) && self.olds.contains(&instance.id)
    }

    fn may_end(&self, instance: &Instance) -> bool {
        if !instance.counts() {
            return self.preferences.standby_instances == Standby::Terminate;
        }
        !instance.protected || self.preferences.scale_in_protected_instances == Protected::Refresh
    }

    fn healthy(&self, group: &Group, now: Moment) -> i32 {
        let ready = group.instances.iter().filter(|instance| self.is_ready(instance, now));
        ready.map(Instance::units).sum()
    }

    fn is_ready(&self, instance: &Instance, now: Moment) -> bool {
        instance.counts() && self.is_warm(instance, now) && instance.ill(now).is_none()
    }

    fn is_warm(&self, instance: &Instance, now: Moment) -> bool {
        let warm_up = self.preferences.instance_warmup.unwrap_or(USUAL_WARMUP);
        let old = self.before.contains(&instance.id);
        instance.ready_from() + if old { 0 } else { Moment::from(warm_up) * SECOND } <= now
    }
}

impl Group {
    /// Capacity units there are or will be.
    pub(super) fn size(&self) -> i32 {
        self.instances.iter().filter(|instance| instance.counts()).map(Instance::units).sum()
    }

    /// Capacity units there are to be now, with what is launched ahead.
    pub(super) fn wanted(&self) -> i32 {
        self.fact.desired + self.ahead
    }

    pub(super) fn is_short(&self) -> bool {
        self.size() < self.wanted()
    }

    /// Whether an instance is on its way in or out.
    pub(super) fn is_changing(&self, now: Moment) -> bool {
        let settled = |word| matches!(word, "InService" | "Standby");
        self.instances.iter().any(|instance| instance.lifecycle(now).is_some_and(|word| !settled(word)))
    }
}

impl Instance {
    /// Whether its group has it, and does not let it go.
    pub(super) fn stays(&self, now: Moment) -> bool {
        self.drained.is_none() && self.duty != Duty::Leaving && self.lifecycle(now).is_some()
    }
}
