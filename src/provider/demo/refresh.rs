//! Instance refreshes as they run: their states, their checkpoints, their ways back. Which instances go next within
//! the healthy bounds is in `replacing`, what is refused in `calls`.
//!
//! A refresh looks at its group every few seconds. How often AWS looks is not known; its reasons are ours but for those
//! that its guide shows.

use std::collections::BTreeSet;

use super::life::{Event, REACTION};
use super::world::{GroupAt, HOUR, Instance, Launch, Moment, Region, SECOND, World};
use crate::fleet::{AlarmState, InstanceId, LaunchSource, RefreshFact, RefreshStatus, Text};
use crate::plan::{Preferences, Protected, Standby};

/// Between two looks of a refresh at its group.
const PACE: Moment = 10 * SECOND;
/// How long launches are tried again and instances waited for, before it fails [guide: an hour].
const PATIENCE: Moment = HOUR;
/// Seconds at each checkpoint, where none are given [autoscaling: RefreshPreferences].
const USUAL_DELAY: i32 = 3_600;

/// An instance refresh that is under way; what is told of it is the group's newest fact.
pub(super) struct Run {
    pub preferences: Preferences,
    /// How many it is to replace.
    pub total: usize,
    /// Those of them that were still there when it was set going.
    pub olds: BTreeSet<InstanceId>,
    /// Everything that was there before it; whatever joins the group from then on is new.
    pub before: BTreeSet<InstanceId>,
    /// Percentages still to be reached, the last of which ends it.
    points: Vec<i32>,
    /// Until when it waits at a checkpoint, or bakes.
    until: Option<Moment>,
    /// Since when it gets no further.
    stuck: Option<Moment>,
    /// How far it had come when it turned back.
    turned_at: i32,
    /// When it looks again.
    next: Moment,
}

impl Run {
    pub(super) fn new(
        preferences: Preferences,
        total: usize,
        olds: BTreeSet<InstanceId>,
        before: BTreeSet<InstanceId>,
        next: Moment,
    ) -> Self {
        let mut points = preferences.checkpoint_percentages.clone();
        if points.is_empty() {
            points.push(100);
        }
        Self { preferences, total, olds, before, points, until: None, stuck: None, turned_at: 0, next }
    }
}

impl World {
    /// Starts a refresh.
    pub(super) fn start_refresh(
        &mut self,
        at: GroupAt,
        desired: LaunchSource,
        preferences: Preferences,
        now: Moment,
    ) {
        let region = &self.regions[at.region];
        let group = &region.groups[at.group];
        let launches = region.launches(&desired);
        let there = group.instances.iter().filter(|instance| instance.stays(now));
        let before: BTreeSet<InstanceId> = there.clone().map(|instance| instance.id.clone()).collect();
        let in_scope = |instance: &&Instance| {
            let skipped = preferences.skip_matching && instance.is_of(&launches);
            let protected =
                instance.protected && preferences.scale_in_protected_instances == Protected::Ignore;
            let stands_by = !instance.counts() && preferences.standby_instances == Standby::Ignore;
            !skipped && !protected && !stands_by
        };
        let olds: BTreeSet<InstanceId> = there.filter(in_scope).map(|instance| instance.id.clone()).collect();
        let about = format!("refresh {} {}", region.place.region, group.fact.name);
        let id = self.chance.uuid(&about, group.refreshes.len() as u64).as_str().into();
        let fact = RefreshFact {
            id,
            status: RefreshStatus::Pending,
            reason: None,
            percent: Some(0),
            to_update: i32::try_from(olds.len()).ok(),
            started_at: Some(self.time(now)),
            ended_at: None,
            desired: Some(desired),
        };
        let nothing_to_do = preferences.skip_matching && olds.is_empty();
        let run = Run::new(preferences, olds.len(), olds, before, now + PACE);
        self.agenda.note(run.next, Event::Refresh(at));
        let group = self.group_mut(at);
        group.refreshes.insert(0, fact);
        group.run = Some(run);
        if nothing_to_do {
            self.succeed(at, now);
        }
    }

    /// Stops the refresh under way, or its way back, where it is.
    pub(super) fn cancel_refresh(&mut self, at: GroupAt, now: Moment) {
        let group = self.group_mut(at);
        group.ahead = 0;
        let reason = Some("Cancelled due to user request.".into());
        if let Some(refresh) = group.refreshes.first_mut() {
            (refresh.status, refresh.reason) = (RefreshStatus::Cancelling, reason);
        }
        self.agenda.note(now + REACTION, Event::Reconcile(at));
    }

    /// Takes the refresh under way back.
    pub(super) fn roll_back_refresh(&mut self, at: GroupAt, reason: &str, now: Moment) {
        if let Some(run) = self.group_mut(at).run.take() {
            let run = self.turn_back(at, &run, reason, now);
            self.group_mut(at).run = Some(run);
        }
    }

    /// A refresh looks at its group: counts, and replaces the next ones.
    pub(super) fn refresh_step(&mut self, at: GroupAt, now: Moment) {
        let Some(mut run) = self.group_mut(at).run.take_if(|run| run.next <= now) else { return };
        match self.group(at).active_refresh().map(|refresh| refresh.status.clone()) {
            Some(RefreshStatus::Pending | RefreshStatus::InProgress) => self.go_forward(at, &mut run, now),
            Some(RefreshStatus::Baking) => self.bake(at, &mut run, now),
            Some(RefreshStatus::RollbackInProgress) => self.go_back(at, &mut run, now),
            Some(RefreshStatus::Cancelling) if !self.group(at).is_changing(now) => {
                self.end(at, RefreshStatus::Cancelled, None, now);
            }
            _ => {}
        }
        let group = self.group_mut(at);
        if group.active_refresh().is_some() {
            run.next = now + PACE;
            let next = run.next;
            group.run = Some(run);
            self.agenda.note(next, Event::Refresh(at));
        }
    }

    fn go_forward(&mut self, at: GroupAt, run: &mut Run, now: Moment) {
        self.tell(at, |refresh| refresh.status = RefreshStatus::InProgress);
        if self.is_alarmed(at, run, now) || run.until.is_some_and(|until| now < until) {
            return;
        }
        run.until = None;
        let Some(&point) = run.points.first() else { return };
        let limit = (run.total * usize::try_from(point).unwrap_or(0)).div_ceil(100);
        self.replace(at, run, limit, now);
        let group = self.group(at);
        let done = run.done(group, now);
        let stuck = self.stuck(at, run, now);
        let group = self.group(at);
        let moving = run.is_moving(group, now);
        let warming = run.warming(group, now).map(|id| {
            let what = "Waiting for instances to warm up before continuing.";
            format!("{what} For example: {id} is warming up.")
        });
        let total = run.total;
        if stuck.as_ref().is_none_or(|stuck| stuck.counts) {
            self.tell(at, |refresh| {
                refresh.percent = Some(percent(done, total));
                refresh.to_update = i32::try_from(total - done).ok();
            });
        }
        let reason = stuck.as_ref().map(|stuck| stuck.reason.clone()).or(warming);
        self.tell(at, |refresh| refresh.reason = reason.map(Text::new));
        if let Some(stuck) = stuck {
            if run.loses_patience(now) {
                self.fail(at, run, stuck.given_up, now);
            }
            return;
        }
        run.stuck = None;
        if done >= limit && !moving {
            self.reach(at, run, point, now);
        }
    }

    /// Reaches a checkpoint, the last of which ends it, whether that is 100 % or less.
    fn reach(&mut self, at: GroupAt, run: &mut Run, point: i32, now: Moment) {
        let preferences = &run.preferences;
        if run.points.len() > 1 {
            run.points.remove(0);
            let delay = preferences.checkpoint_delay.unwrap_or(USUAL_DELAY);
            run.until = Some(now + Moment::from(delay) * SECOND);
            let reason = format!("Waiting at the checkpoint of {point}% before continuing.");
            self.tell(at, |refresh| refresh.reason = Some(reason.into()));
        } else if let Some(bake) = preferences.bake_time.filter(|bake| *bake > 0) {
            run.until = Some(now + Moment::from(bake) * SECOND);
            self.tell(at, |refresh| {
                refresh.status = RefreshStatus::Baking;
                refresh.reason = Some("Waiting for the bake time to pass.".into());
            });
        } else {
            self.succeed(at, now);
        }
    }

    fn bake(&mut self, at: GroupAt, run: &mut Run, now: Moment) {
        if !self.is_alarmed(at, run, now) && run.until.is_none_or(|until| now >= until) {
            self.succeed(at, now);
        }
    }

    fn go_back(&mut self, at: GroupAt, run: &mut Run, now: Moment) {
        self.replace(at, run, run.total, now);
        let group = self.group(at);
        let left = run.total - run.done(group, now);
        let moving = run.is_moving(group, now);
        // What is still to go back, of as far as it had come.
        let percent = if left == 0 { 0 } else { run.turned_at * percent(left, run.total) / 100 };
        self.tell(at, |refresh| {
            refresh.percent = Some(percent);
            refresh.to_update = i32::try_from(left).ok();
        });
        match self.stuck(at, run, now) {
            Some(stuck) if run.loses_patience(now) => {
                self.end(at, RefreshStatus::RollbackFailed, Some(stuck.given_up), now);
            }
            Some(stuck) => self.tell(at, |refresh| refresh.reason = Some(stuck.reason.into())),
            None => {
                run.stuck = None;
                if left == 0 && !moving {
                    self.end(at, RefreshStatus::RollbackSuccessful, None, now);
                }
            }
        }
    }

    /// An alarm fails it, an alarm without data stops it.
    fn is_alarmed(&mut self, at: GroupAt, run: &mut Run, now: Moment) -> bool {
        let names = run.preferences.alarm_specification.iter().flat_map(|alarms| &alarms.alarms);
        let sight = self.sight(at.region);
        let states: Vec<_> = names.map(|name| (name.clone(), sight.alarm_state(name))).collect();
        if let Some((name, _)) = states.iter().find(|(_, state)| *state == AlarmState::Alarm) {
            self.fail(at, run, format!("The CloudWatch alarm {name} is in ALARM state."), now);
            return true;
        }
        let Some((name, _)) = states.iter().find(|(_, state)| *state != AlarmState::Ok) else { return false };
        let reason = format!("Waiting for the CloudWatch alarm {name}, which is in INSUFFICIENT_DATA state.");
        self.tell(at, |refresh| refresh.reason = Some(reason.into()));
        true
    }

    /// Fails, and goes back where it was told to.
    fn fail(&mut self, at: GroupAt, run: &mut Run, reason: String, now: Moment) {
        if run.preferences.auto_rollback {
            *run = self.turn_back(at, run, &reason, now);
        } else {
            self.end(at, RefreshStatus::Failed, Some(reason), now);
        }
    }

    /// Turns back: what it launched itself is replaced by what the group's saved configuration says.
    fn turn_back(&mut self, at: GroupAt, run: &Run, reason: &str, now: Moment) -> Run {
        let group = self.group_mut(at);
        let ahead = std::mem::take(&mut group.ahead);
        let mut launched: Vec<(InstanceId, i32)> =
            run.joined(group).map(|instance| (instance.id.clone(), instance.units())).collect();
        // Those launched ahead of an old one that stays need no successor.
        let mut spare = Vec::new();
        let mut units = ahead;
        while let Some((id, of_it)) = launched.pop_if(|(_, of_it)| *of_it <= units) {
            units -= of_it;
            spare.push(id);
        }
        let group = self.group(at);
        let there = group.instances.iter().filter(|instance| instance.stays(now));
        let before = there.map(|instance| instance.id.clone()).collect();
        let olds: BTreeSet<InstanceId> = launched.into_iter().map(|(id, _)| id).collect();
        let turned_at = group.refreshes.first().and_then(|refresh| refresh.percent).unwrap_or(0);
        for id in &spare {
            self.take_out(at, id, now);
        }
        let left = i32::try_from(olds.len()).ok();
        self.tell(at, |refresh| {
            refresh.status = RefreshStatus::RollbackInProgress;
            refresh.reason = Some(reason.into());
            refresh.to_update = left;
        });
        Run { turned_at, ..Run::new(run.preferences.clone(), olds.len(), olds, before, run.next) }
    }

    /// Only now does the configuration it went to become the group's own.
    fn succeed(&mut self, at: GroupAt, now: Moment) {
        let group = self.group_mut(at);
        if let Some(refresh) = group.refreshes.first_mut() {
            (refresh.percent, refresh.to_update, refresh.reason) = (Some(100), Some(0), None);
            if let Some(desired) = refresh.desired.clone() {
                group.fact.source = desired;
            }
        }
        self.end(at, RefreshStatus::Successful, None, now);
    }

    fn end(&mut self, at: GroupAt, status: RefreshStatus, reason: Option<String>, now: Moment) {
        let time = self.time(now);
        let group = self.group_mut(at);
        group.ahead = 0;
        group.run = None;
        self.tell(at, |refresh| {
            refresh.reason = reason.map(Text::new).or(refresh.reason.take());
            (refresh.status, refresh.ended_at) = (status, Some(time));
        });
        self.agenda.note(now + REACTION, Event::Reconcile(at));
    }

    fn tell(&mut self, at: GroupAt, change: impl FnOnce(&mut RefreshFact)) {
        if let Some(refresh) = self.group_mut(at).refreshes.first_mut() {
            change(refresh);
        }
    }

    /// Why it gets no further, if it does not.
    fn stuck(&self, at: GroupAt, run: &mut Run, now: Moment) -> Option<Stuck> {
        let region = &self.regions[at.region];
        let group = &region.groups[at.group];
        let refused = region.launch(group.source(), group.launches).map_or_else(
            || Some("The launch template names no image.".to_owned()),
            |launch| region.refusal(&launch),
        );
        let stuck = if let Some(held) = run.held(group, now) {
            let (what, freed) = if held.counts() {
                ("instances that are protected from scale in", "to lose their protection")
            } else {
                ("instances in Standby state", "to exit Standby")
            };
            let given_up = format!("Timed out waiting for {what} {freed}.");
            Stuck { reason: format!("Waiting for {what} {freed}."), given_up, counts: false }
        } else if let Some(why) = refused.filter(|_| group.is_short()) {
            let reason = format!("Failed to launch instances: {why}");
            Stuck { given_up: reason.clone(), reason, counts: true }
        } else if let Some(id) = run.ailing(group, now) {
            let what = "instances to pass their health checks. For example:";
            let given_up = format!("Timed out waiting for {what} {id} is unhealthy.");
            Stuck { reason: format!("Waiting for {what} {id} is unhealthy."), given_up, counts: true }
        } else {
            return None;
        };
        run.stuck.get_or_insert(now);
        Some(stuck)
    }
}

/// Why a refresh gets no further.
struct Stuck {
    reason: String,
    /// What is said of it in the end.
    given_up: String,
    /// Whether it counts meanwhile what it has replaced.
    counts: bool,
}

impl Run {
    fn loses_patience(&self, now: Moment) -> bool {
        self.stuck.is_some_and(|since| now - since >= PATIENCE)
    }
}

impl Instance {
    /// Whether it was launched in one of these ways, as skip matching compares.
    pub(super) fn is_of(&self, launches: &[Launch]) -> bool {
        let launch = &self.launch;
        launches.iter().any(|l| {
            l.image == launch.image
                && l.template == launch.template
                && l.instance_type == launch.instance_type
        })
    }
}

impl Region {
    /// Everything that a source may launch.
    pub(super) fn launches(&self, source: &LaunchSource) -> Vec<Launch> {
        let kinds = match source {
            LaunchSource::Mixed { overrides, .. } => overrides.len().max(1),
            _ => 1,
        };
        (0..kinds as u64).filter_map(|nth| self.launch(source, nth)).collect()
    }
}

fn percent(part: usize, of: usize) -> i32 {
    (part * 100).checked_div(of).and_then(|percent| i32::try_from(percent).ok()).unwrap_or(100)
}
