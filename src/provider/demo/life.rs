//! What happens by time: a queue of events, lived up to the moment that is asked for.
//!
//! An event is worked off at its own moment and knows no other, so the world is the same however often it is looked
//! at. Refreshes are in `refresh`, what people do by hand in `hands`, what only ages in `phase`.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::hands::Foreign;
use super::launch;
use super::phase::NOTICED;
use super::world::{Ailment, Duty, GroupAt, Ill, Instance, MINUTE, Moment, NEVER, SECOND, World};
use crate::fleet::{BuildId, InstanceId};

/// A group looks after its size this long after it lost an instance.
pub(super) const REACTION: Moment = 8 * SECOND;
/// Between two rounds of chance at one group, at least and at most.
const ROUND: std::ops::Range<Moment> = 4 * MINUTE..16 * MINUTE;
/// So long nothing happens by itself to the cluster that a first walk changes: who has moved its traffic can take it
/// back with a word.
const FIRST_WALK: Moment = 15 * MINUTE;
/// What the names of that cluster's groups begin with.
const WALKED: &str = "orders-";
/// A program that stops answering comes back after this long.
const FLAP: std::ops::Range<Moment> = 45 * SECOND..2 * MINUTE;
/// One mishap of this many is a broken machine, which the group replaces.
const BROKEN: u32 = 5;
/// How often the errors of a bad version follow its traffic.
const STRAIN: Moment = 15 * SECOND;
/// Of a bad version's instances, this part fails at full traffic.
const WORST: f64 = 0.9;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Chance has its turn at a group.
    Round(GroupAt),
    /// A group notices that an instance is broken.
    Notice(GroupAt, InstanceId),
    /// An instance that leaves its group has drained.
    Detached(GroupAt, InstanceId),
    /// A group looks after its size.
    Reconcile(GroupAt),
    /// A group looks at its zones.
    Rebalance(GroupAt),
    /// A refresh goes on.
    Refresh(GroupAt),
    /// The errors of a bad version follow its traffic.
    Strain(GroupAt),
    /// A build needs something of its account, or gives it something.
    Build(usize, BuildId),
    /// Somebody in a region feels like changing something by hand.
    Hands(usize),
    /// Somebody puts back what was changed by hand.
    PutBack(usize, Foreign),
}

/// Events to come, by moment.
#[derive(Default)]
pub(super) struct Agenda {
    queue: BinaryHeap<Reverse<Due>>,
    noted: u64,
}

struct Due {
    at: Moment,
    nth: u64,
    event: Event,
}

impl Agenda {
    /// Notes an event; of two at one moment, the one noted first happens first.
    pub(super) fn note(&mut self, at: Moment, event: Event) {
        self.queue.push(Reverse(Due { at, nth: self.noted, event }));
        self.noted += 1;
    }

    fn due(&mut self, now: Moment) -> Option<(Moment, Event)> {
        self.queue.peek().filter(|next| next.0.at <= now)?;
        self.queue.pop().map(|Reverse(due)| (due.at, due.event))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.nth).cmp(&(other.at, other.nth))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl World {
    /// Lives up to a moment; one that has passed changes nothing.
    pub(super) fn advance(&mut self, now: Moment) {
        while let Some((at, event)) = self.agenda.due(now) {
            self.now = self.now.max(at);
            self.happen(event, at);
        }
        self.now = self.now.max(now);
    }

    fn happen(&mut self, event: Event, at: Moment) {
        match event {
            Event::Round(group) => self.round(group, at),
            Event::Notice(group, id) => self.notice(group, &id, at),
            Event::Detached(group, id) => self.detached(group, &id),
            Event::Reconcile(group) => self.reconcile(group, at),
            Event::Rebalance(group) => self.rebalance(group, at),
            Event::Refresh(group) => self.refresh_step(group, at),
            Event::Strain(group) => self.strain(group, at),
            Event::Build(region, id) => self.build_goes_on(region, &id, at),
            Event::Hands(region) => self.lend_a_hand(region, at),
            Event::PutBack(region, foreign) => self.put_back(region, &foreign, at),
        }
    }

    fn round(&mut self, group_at: GroupAt, at: Moment) {
        let (chance, mishaps) = (self.chance, self.mishaps);
        let group = self.group_mut(group_at);
        group.instances.retain(|instance| instance.state(at).is_some());
        let mut rng = chance.of(&format!("round {}", group.fact.name), group.mishaps);
        group.mishaps += 1;
        let next = at + rng.i64(ROUND);
        let all_well = group.instances.iter().all(|instance| instance.ailment.is_none_or(|a| a.until <= at));
        let serving: Vec<usize> = (0..group.instances.len())
            .filter(|index| {
                let instance = &group.instances[*index];
                instance.counts() && instance.ready_from() <= at
            })
            .collect();
        let broken = rng.u32(..BROKEN) == 0;
        // One trouble at a time, and never the last one standing: the demo is lively, not doomed.
        let walked = at < FIRST_WALK && group.fact.name.raw().starts_with(WALKED);
        if mishaps && !walked && all_well && serving.len() > 1 {
            let id = group.instances[serving[rng.usize(..serving.len())]].id.clone();
            let flap = rng.i64(FLAP);
            let replaceable = {
                let region = &self.regions[group_at.region];
                let source = region.groups[group_at.group].source();
                region.launch(source, 0).is_some_and(|launch| region.refusal(&launch).is_none())
            };
            if broken && replaceable {
                self.fall_ill(group_at, &id, Ill::Machine, at, NEVER);
            } else {
                self.fall_ill(group_at, &id, Ill::Program, at, at + flap);
            }
        }
        self.reconcile(group_at, at);
        self.agenda.note(next, Event::Round(group_at));
    }

    /// Something goes wrong with an instance; a broken machine is noticed by its group.
    pub(super) fn fall_ill(
        &mut self,
        group: GroupAt,
        id: &InstanceId,
        kind: Ill,
        from: Moment,
        until: Moment,
    ) {
        if let Some(instance) = self.member_mut(group, id) {
            instance.ailment = Some(Ailment { from, until, kind });
            if kind == Ill::Machine {
                self.agenda.note(from + NOTICED, Event::Notice(group, id.clone()));
            }
        }
    }

    pub(super) fn member_mut(&mut self, group: GroupAt, id: &InstanceId) -> Option<&mut Instance> {
        self.group_mut(group).instances.iter_mut().find(|instance| instance.id == *id)
    }

    fn notice(&mut self, group: GroupAt, id: &InstanceId, at: Moment) {
        let broken = |instance: &Instance| instance.ill(at) == Some(Ill::Machine) && instance.counts();
        if self.member_mut(group, id).is_some_and(|instance| broken(instance)) {
            self.take_out(group, id, at);
        }
    }

    /// The group takes an instance out: drains it, then terminates it, and looks after its size.
    pub(super) fn take_out(&mut self, group: GroupAt, id: &InstanceId, at: Moment) {
        let drained = at + self.drain(group);
        if let Some(instance) = self.member_mut(group, id).filter(|instance| instance.drained.is_none()) {
            // One that stands by is in no target group any more.
            let stands_by = instance.duty == Duty::Standby;
            instance.drained = Some(if stands_by { instance.duty_from.max(at) } else { drained });
        }
        self.agenda.note(at + REACTION, Event::Reconcile(group));
    }

    /// A group lets one of its instances stand by, once its connections have drained.
    pub(super) fn stand_by(&mut self, group: GroupAt, id: &InstanceId, at: Moment) {
        let drained = at + self.drain(group);
        self.give_duty(group, id, (Duty::Standby, drained), at);
    }

    /// A group takes an instance that stood by into service again, and is as much larger.
    pub(super) fn return_to_service(&mut self, group: GroupAt, id: &InstanceId, at: Moment) {
        let units = self.member_mut(group, id).map_or(0, |instance| instance.units());
        self.group_mut(group).fact.desired += units;
        self.give_duty(group, id, (Duty::Service, at), at);
    }

    /// A group lets one of its instances go, once its connections have drained.
    pub(super) fn detach(&mut self, group: GroupAt, id: &InstanceId, at: Moment) {
        let drained = at + self.drain(group);
        let stands_by = self.member_mut(group, id).is_some_and(|instance| instance.duty == Duty::Standby);
        let gone = if stands_by { at + SECOND } else { drained.max(at + SECOND) };
        self.give_duty(group, id, (Duty::Leaving, gone), at);
        self.agenda.note(gone, Event::Detached(group, id.clone()));
    }

    fn give_duty(&mut self, group: GroupAt, id: &InstanceId, (duty, from): (Duty, Moment), at: Moment) {
        if let Some(instance) = self.member_mut(group, id) {
            (instance.duty, instance.duty_from) = (duty, from);
        }
        self.agenda.note(at + REACTION, Event::Reconcile(group));
    }

    fn detached(&mut self, at: GroupAt, id: &InstanceId) {
        let region = &mut self.regions[at.region];
        let instances = &mut region.groups[at.group].instances;
        if let Some(index) = instances.iter().position(|instance| instance.id == *id) {
            let instance = Instance { duty: Duty::Service, ..instances.remove(index) };
            region.loose.push(instance);
        }
    }

    fn drain(&self, at: GroupAt) -> Moment {
        let region = &self.regions[at.region];
        let attached = &region.groups[at.group].fact.target_groups;
        let delay = |group: &super::world::TargetGroup| Moment::from(group.attributes.deregistration_delay);
        attached
            .iter()
            .filter_map(|arn| region.target_groups.get(arn))
            .filter(|group| group.in_use.is_some())
            .map(|group| delay(group) * SECOND)
            .max()
            .unwrap_or(0)
    }

    /// Launches or takes out until the group has the size it wants.
    pub(super) fn reconcile(&mut self, group_at: GroupAt, at: Moment) {
        let group = self.group(group_at);
        let counted = group.instances.iter().filter(|instance| instance.counts());
        let mut units = group.size();
        let surplus: Vec<InstanceId> = counted
            .filter(|instance| !instance.protected)
            .scan(units - group.wanted(), |over, instance| {
                *over -= instance.units();
                (*over >= 0).then(|| instance.id.clone())
            })
            .collect();
        for id in &surplus {
            self.take_out(group_at, id, at);
        }
        while units < self.group(group_at).wanted() {
            let Some(launched) = self.launch_one(group_at, at) else { break };
            units += launched.max(1);
        }
    }

    /// Launches one instance and returns the units it counts for; `None` where the group cannot.
    pub(super) fn launch_one(&mut self, at: GroupAt, now: Moment) -> Option<i32> {
        let chance = self.chance;
        let region = &self.regions[at.region];
        let group = &region.groups[at.group];
        let nth = group.launches;
        let launch = region.launch(group.source(), nth).filter(|launch| region.refusal(launch).is_none())?;
        let zone = group.thinnest_zone()?;
        let tags = Arc::new(group.launch_tags(&launch));
        let about = format!("{} {}", region.place.region, group.fact.name);
        let instance = launch::instance(chance, (&about, nth), now, zone, Arc::new(launch), tags);
        let units = instance.units();
        let bad = region.images.get(&instance.launch.image).is_some_and(|image| image.bad);
        let group = self.group_mut(at);
        group.launches += 1;
        group.instances.push(instance);
        if bad && !std::mem::replace(&mut group.strained, true) {
            self.agenda.note(now, Event::Strain(at));
        }
        Some(units)
    }

    fn strain(&mut self, group_at: GroupAt, at: Moment) {
        let region = &self.regions[group_at.region];
        let group = &region.groups[group_at.group];
        let bad = |instance: &Instance| {
            instance.counts() && region.images.get(&instance.launch.image).is_some_and(|image| image.bad)
        };
        let (failing, sound): (Vec<_>, Vec<_>) =
            group.instances.iter().filter(|i| bad(i)).partition(|i| i.ill(at) == Some(Ill::Strain));
        let share = region.share(&group.fact.target_groups, at);
        let all = failing.len() + sound.len();
        let wanted = part(all, share * WORST);
        // Errors spread and heal gradually, in big groups by several at a time.
        let step = all.div_ceil(10);
        let ids = |from: &[&Instance], count: usize| -> Vec<InstanceId> {
            from.iter().take(count.min(step)).map(|instance| instance.id.clone()).collect()
        };
        let to_fail = ids(&sound, wanted.saturating_sub(failing.len()));
        let to_heal = ids(&failing, failing.len().saturating_sub(wanted));
        for id in &to_fail {
            self.fall_ill(group_at, id, Ill::Strain, at, NEVER);
        }
        for id in &to_heal {
            if let Some(ailment) =
                self.member_mut(group_at, id).and_then(|instance| instance.ailment.as_mut())
            {
                ailment.until = at;
            }
        }
        self.agenda.note(at + STRAIN, Event::Strain(group_at));
    }
}

/// A part of a number of things, rounded up: of a bad version that gets any traffic, at least one fails.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of at most one of a small count"
)]
fn part(of: usize, share: f64) -> usize {
    ((of as f64 * share).ceil() as usize).min(of)
}
