//! Instance refreshes that advance by themselves, and those that do not.
//!
//! Starting and cancelling one is no call of this product yet; the cast has them under way.

use super::life::Event;
use super::world::{GroupAt, Instance, Launch, Moment, Region, SECOND, World};
use crate::fleet::{InstanceId, LaunchSource, RefreshStatus};

/// Between two looks of a refresh at its group.
const PACE: Moment = 10 * SECOND;
/// Warm-up of a replaced instance before the refresh counts it.
const WARM_UP: Moment = 30 * SECOND;

impl World {
    /// A refresh looks whether its newest instances are warm, counts, and replaces the next ones.
    pub(super) fn refresh_step(&mut self, at: GroupAt, now: Moment) {
        let region = &self.regions[at.region];
        let group = &region.groups[at.group];
        let Some(refresh) = group.active_refresh() else { return };
        if group.frozen.is_some() {
            return;
        }
        let wanted = refresh.desired.clone().unwrap_or_else(|| group.fact.source.clone());
        let launches = region.launches(&wanted);
        let is_new = |instance: &&Instance| {
            launches
                .iter()
                .any(|l| l.image == instance.launch.image && l.template == instance.launch.template)
        };
        let counted = || group.instances.iter().filter(|instance| instance.counts());
        let old: Vec<InstanceId> = counted().filter(|i| !is_new(i)).map(|i| i.id.clone()).collect();
        let warm = counted().filter(is_new).filter(|i| i.ready_from() + WARM_UP <= now).count();
        let settled = counted().map(Instance::units).sum::<i32>() >= group.fact.desired
            && warm + old.len() == counted().count();
        let all = counted().count().max(1);
        let batch = all.div_ceil(10);
        let time = self.time(now);

        let group = self.group_mut(at);
        let Some(refresh) = group.refreshes.first_mut() else { return };
        refresh.percent = i32::try_from(warm.min(all) * 100 / all).ok();
        refresh.to_update = i32::try_from(all - warm.min(all)).ok();
        if settled && old.is_empty() {
            refresh.status = RefreshStatus::Successful;
            refresh.ended_at = Some(time);
            // Only now does the configuration it went to become the group's own.
            group.fact.source = wanted;
            return;
        }
        if settled {
            for id in old.iter().take(batch) {
                self.take_out(at, id, now);
            }
        }
        self.agenda.note(now + PACE, Event::Refresh(at));
    }

    /// A refresh that waited too long fails and leaves its group as it is.
    pub(super) fn give_up(&mut self, at: GroupAt, now: Moment) {
        let time = self.time(now);
        let group = self.group_mut(at);
        let reason = group.frozen.take();
        if let Some(refresh) = group.refreshes.first_mut().filter(|r| r.status.is_active() == Some(true)) {
            refresh.status = RefreshStatus::Failed;
            refresh.ended_at = Some(time);
            refresh.reason = reason;
        }
    }
}

impl Region {
    /// Everything that a source may launch.
    fn launches(&self, source: &LaunchSource) -> Vec<Launch> {
        let kinds = match source {
            LaunchSource::Mixed { overrides, .. } => overrides.len().max(1),
            _ => 1,
        };
        (0..kinds as u64).filter_map(|nth| self.launch(source, nth)).collect()
    }
}
