//! What people change by hand beside us: now and then by themselves, or when a test says so.

use std::sync::Arc;

use super::life::Event;
use super::world::{Duty, GroupAt, Ill, MINUTE, Moment, NEVER, SECOND, World};
use super::{calls, cloudwatch};
use crate::fleet::{
    Actions, AlarmState, ForwardConfig, GroupName, ImageId, InstanceId, SecurityGroupId, SourceArn,
    TargetGroupArn, Text,
};
use crate::plan::Call;

/// Between two changes by hand in one region.
const IDLE: std::ops::Range<Moment> = 3 * MINUTE..9 * MINUTE;
/// Until somebody puts back what was changed by hand.
const LEFT: std::ops::Range<Moment> = 12 * MINUTE..35 * MINUTE;
/// One change by hand of this many is of weights.
const WEIGHTS: u32 = 6;
/// The weight that a hand gives to a side that had none.
const NUDGE: i32 = 5;

/// A change that somebody else makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Foreign {
    /// Writes an action list.
    Actions {
        /// To this listener or rule.
        source: SourceArn,
        /// The whole list.
        actions: Actions,
    },
    /// Sets a tag of an instance, or takes it away.
    Tag {
        /// The instance.
        instance: InstanceId,
        /// The tag.
        key: Text,
        /// Its value; `None` takes it away.
        value: Option<Text>,
    },
    /// Attaches a security group to an instance, or takes it away.
    SecurityGroup {
        /// The instance.
        instance: InstanceId,
        /// The security group.
        group: SecurityGroupId,
        /// Whether it is attached.
        attached: bool,
    },
    /// Protects an instance from scale-in, or no longer.
    Protect {
        /// The instance.
        instance: InstanceId,
        /// Whether it is protected.
        on: bool,
    },
    /// Sends an instance to standby, or back into service.
    Standby {
        /// The instance.
        instance: InstanceId,
        /// Whether it stands by.
        on: bool,
    },
    /// Terminates an instance at once, past its group.
    Terminate {
        /// The instance.
        instance: InstanceId,
    },
    /// Makes the program of an instance fail its health checks from now on.
    Break {
        /// The instance.
        instance: InstanceId,
    },
    /// Makes whatever ails an instance end.
    Heal {
        /// The instance.
        instance: InstanceId,
    },
    /// Sets the state of an alarm of the region.
    Alarm {
        /// The alarm.
        name: Text,
        /// Its state from now on; `None`: as it really is.
        state: Option<AlarmState>,
    },
    /// Sets the wanted size of a group.
    Scale {
        /// The group.
        group: GroupName,
        /// Its wanted size, in capacity units.
        desired: i32,
    },
    /// Makes a call of their own: starts a refresh, terminates an instance through its group, makes a template version.
    Call(Box<Call>),
    /// Deletes a target group, after taking it out of every action that has another one.
    DeleteTargetGroup {
        /// The target group.
        target_group: TargetGroupArn,
    },
    /// Deregisters an image.
    Deregister {
        /// The image.
        image: ImageId,
    },
}

impl World {
    /// Lets somebody change something; `false` where there is nothing like it in that region.
    pub(super) fn meddle(&mut self, region: usize, foreign: &Foreign, at: Moment) -> bool {
        match foreign {
            Foreign::Actions { source, actions } => {
                self.regions[region].write(source, actions.clone(), at, false)
            }
            Foreign::Scale { group, desired } => {
                let Some(group) = self.regions[region].group(group) else { return false };
                let group = GroupAt { region, group };
                self.group_mut(group).fact.desired = *desired;
                self.reconcile(group, at);
                true
            }
            Foreign::Alarm { name, state } => {
                let told = &mut self.regions[region].told_alarms;
                match state {
                    Some(state) => drop(told.insert(name.clone(), state.clone())),
                    None => drop(told.remove(name)),
                }
                cloudwatch::is_alarm(name)
            }
            Foreign::Call(call) => match call.source() {
                Some(source) => self.regions[region].write(&source, call.actions().clone(), at, false),
                None => calls::apply(self, region, call, at).is_ok(),
            },
            Foreign::DeleteTargetGroup { target_group } => {
                self.regions[region].delete_target_group(target_group, at)
            }
            Foreign::Deregister { image } => {
                let Some(image) = self.regions[region].images.get_mut(image) else { return false };
                image.hidden = true;
                image.fact.state = "deregistered".into();
                true
            }
            Foreign::Tag { instance, .. }
            | Foreign::SecurityGroup { instance, .. }
            | Foreign::Protect { instance, .. }
            | Foreign::Standby { instance, .. }
            | Foreign::Terminate { instance }
            | Foreign::Break { instance }
            | Foreign::Heal { instance } => self.meddle_with(region, instance, foreign, at),
        }
    }

    fn meddle_with(&mut self, region: usize, id: &InstanceId, foreign: &Foreign, at: Moment) -> bool {
        let here = &mut self.regions[region];
        let Some((group, _)) = here.find(id) else { return false };
        let group = group.map(|group| GroupAt { region, group });
        let Some(instance) = here.instance_mut(id) else { return false };
        match foreign {
            Foreign::Tag { key, value: Some(value), .. } => {
                Arc::make_mut(&mut instance.tags).insert(key.clone(), value.clone());
            }
            Foreign::Tag { key, value: None, .. } => {
                Arc::make_mut(&mut instance.tags).remove(key);
            }
            Foreign::SecurityGroup { group, attached, .. } => {
                let groups = &mut Arc::make_mut(&mut instance.launch).security_groups;
                groups.retain(|present| present != group);
                if *attached {
                    groups.push(group.clone());
                }
            }
            Foreign::Protect { on, .. } => instance.protected = *on,
            Foreign::Standby { on, .. } => {
                let back = instance.duty == Duty::Standby && !on;
                instance.duty = if *on { Duty::Standby } else { Duty::Service };
                instance.duty_from = at;
                // AWS raises the wanted size by what comes back into service.
                let units = if back { instance.units() } else { 0 };
                if let Some(group) = group {
                    here.groups[group.group].fact.desired += units;
                }
            }
            Foreign::Terminate { .. } => instance.drained = Some(at),
            Foreign::Break { .. } => {
                let kind = Ill::Program;
                instance.ailment = Some(super::world::Ailment { from: at, until: NEVER, kind });
            }
            Foreign::Heal { .. } => instance.ailment = None,
            Foreign::Actions { .. }
            | Foreign::Alarm { .. }
            | Foreign::Scale { .. }
            | Foreign::Call(_)
            | Foreign::DeleteTargetGroup { .. }
            | Foreign::Deregister { .. } => return false,
        }
        if let Some(group) = group {
            self.agenda.note(at + 5 * SECOND, Event::Reconcile(group));
        }
        true
    }

    /// Somebody in a region changes something, and puts it back later.
    pub(super) fn lend_a_hand(&mut self, region: usize, at: Moment) {
        let here = &self.regions[region];
        let about = format!("hands {} {at}", here.place.region);
        let mut rng = self.chance.of(&about, 0);
        let next = at + rng.i64(IDLE);
        let back = at + rng.i64(LEFT);
        let change =
            if rng.u32(..WEIGHTS) == 0 { self.nudge(region, &mut rng) } else { self.touch(region, &mut rng) };
        if let Some((change, inverse)) = change.filter(|_| self.hands) {
            self.meddle(region, &change, at);
            self.agenda.note(back, Event::PutBack(region, inverse));
        }
        self.agenda.note(next, Event::Hands(region));
    }

    /// Puts back, but never over what this session wrote.
    pub(super) fn put_back(&mut self, region: usize, foreign: &Foreign, at: Moment) {
        if let Foreign::Actions { source, .. } = foreign
            && self.regions[region].changes.get(source).is_some_and(|change| change.ours)
        {
            return;
        }
        self.meddle(region, foreign, at);
    }

    /// A change of an instance in service, and its inverse.
    fn touch(&self, region: usize, rng: &mut fastrand::Rng) -> Option<(Foreign, Foreign)> {
        let here = &self.regions[region];
        let group = rng.choice(&here.groups)?;
        let instance = rng.choice(&group.instances).filter(|instance| instance.counts())?;
        let instance_id = instance.id.clone();
        Some(match rng.u32(..3) {
            0 if !instance.tags.contains_key(&Text::new("flightdeck:tainted")) => {
                let why = ["session by mira, INC-2291", "strace left running", "edited nginx.conf by hand"];
                let tag = |value| Foreign::Tag {
                    instance: instance_id.clone(),
                    key: "flightdeck:tainted".into(),
                    value,
                };
                (tag(rng.choice(why).map(Text::new)), tag(None))
            }
            1 if !instance.protected => {
                let protect = |on| Foreign::Protect { instance: instance_id.clone(), on };
                (protect(true), protect(false))
            }
            _ => {
                let attach = |attached| Foreign::SecurityGroup {
                    instance: instance_id.clone(),
                    group: "sg-0deb0900000000042".into(),
                    attached,
                };
                (attach(true), attach(false))
            }
        })
    }

    /// A small shift of weights on a listener or rule that this session does not use, and its inverse.
    fn nudge(&self, region: usize, rng: &mut fastrand::Rng) -> Option<(Foreign, Foreign)> {
        let here = &self.regions[region];
        let source = rng.choice(&here.casual)?.clone();
        if here.changes.get(&source).is_some_and(|change| change.ours) {
            return None;
        }
        let before = here.actions(&source)?.clone();
        let mut actions = before.clone();
        let forward = actions.iter_mut().find_map(|action| action.forward_config.as_mut())?;
        let ForwardConfig { target_groups, .. } = forward;
        let idle = target_groups.iter_mut().find(|tuple| tuple.weight == Some(0))?;
        idle.weight = Some(NUDGE);
        Some((
            Foreign::Actions { source: source.clone(), actions },
            Foreign::Actions { source, actions: before },
        ))
    }
}
