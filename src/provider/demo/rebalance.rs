//! A group moves its instances between zones: out of those it launches in no more, and over the others evenly.
//!
//! AWS launches first, and then ends [Amazon EC2 Auto Scaling User Guide, "Rebalancing activities"]. That it moves a
//! tenth of the group at a time, one at least, and how long it takes until it notices, is our idea.

use super::life::{Event, REACTION};
use super::world::{GroupAt, Instance, Moment, SECOND, World};
use crate::fleet::{InstanceId, Zone};

/// Time between two looks of a group at its zones while it moves.
const LOOK: Moment = 10 * SECOND;
/// The process that does it.
const PROCESS: &str = "AZRebalance";

impl World {
    /// Notes that a group is to look at its zones.
    pub(super) fn mind_zones(&mut self, at: GroupAt, now: Moment) {
        self.agenda.note(now + REACTION, Event::Rebalance(at));
    }

    pub(super) fn rebalance(&mut self, at: GroupAt, now: Moment) {
        let group = self.group(at);
        if group.fact.suspended.iter().any(|process| process.raw() == PROCESS) {
            return;
        }
        let moves = group.misplaced();
        if moves.is_empty() && group.ahead == 0 {
            return;
        }
        self.agenda.note(now + LOOK, Event::Rebalance(at));
        let group = self.group_mut(at);
        if group.run.is_some() {
            // A refresh comes first.
            return;
        }
        let one = |instance: &InstanceId| {
            group.instances.iter().find(|other| other.id == *instance).map_or(1, Instance::units)
        };
        if group.ahead == 0 {
            let share = usize::try_from(group.fact.desired).unwrap_or(0).div_ceil(10).max(1);
            group.ahead = moves.iter().take(share).map(one).sum();
            return self.reconcile(at, now);
        }
        let sound = |instance: &Instance| {
            let checked = instance.launched + Moment::from(instance.boot.checked);
            instance.ready_from().max(checked) <= now
        };
        let ready = |instance: &&Instance| instance.counts() && sound(instance);
        let there: i32 = group.instances.iter().filter(ready).map(Instance::units).sum();
        if there < group.wanted() && !moves.is_empty() {
            return self.reconcile(at, now);
        }
        let mut leaving = Vec::new();
        for id in moves {
            let units = one(&id);
            if group.ahead >= units {
                group.ahead -= units;
                leaving.push(id);
            }
        }
        // What was launched for nothing ends as every surplus does.
        group.ahead = 0;
        for id in &leaving {
            self.take_out(at, id, now);
        }
    }
}

impl super::world::Group {
    /// Instances that stand in a wrong zone, or in one that has two more than another.
    fn misplaced(&self) -> Vec<InstanceId> {
        let movable = |instance: &&Instance| instance.counts() && !instance.protected;
        let inside = |zone: &Zone| self.instances.iter().filter(|i| i.counts() && i.zone == *zone).count();
        let outside: Vec<InstanceId> = self
            .instances
            .iter()
            .filter(movable)
            .filter(|instance| !self.fact.zones.contains(&instance.zone))
            .map(|instance| instance.id.clone())
            .collect();
        if !outside.is_empty() {
            return outside;
        }
        let counts = self.fact.zones.iter().map(|zone| (inside(zone), zone));
        let (Some((least, _)), Some((most, fullest))) = (counts.clone().min(), counts.max()) else {
            return Vec::new();
        };
        let over = (most - least) / 2;
        let there = self.instances.iter().filter(movable).filter(|instance| instance.zone == *fullest);
        there.take(over).map(|instance| instance.id.clone()).collect()
    }
}
