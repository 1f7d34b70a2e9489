//! Waiting with open eyes: every few seconds the cluster is looked at, and as long as a wait lasts one sentence says
//! why.
//!
//! Whatever is waited for, what was written must still stand. Gates are watched meanwhile: a bad one leads back, one
//! that twice in a row has no data holds and asks. A look that fails is waited out until the deadline. A pause by a
//! person stops the time of a wait, not the watching.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Run, Stop, words};
use crate::fleet::{Action, BuildId, Cluster, Fleet, GroupName, TargetState, TrafficSource};
use crate::plan::{
    Call, Event, Late, Reading, Refusal, Step, Truth, Wait, WaitFor, check, request_counts, watch,
};

/// Time between two looks.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// Longest time past the planned one in which targets may become steady, or a look may fail.
const GRACE: Duration = Duration::from_mins(5);

/// Longest pause by a person.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// How often in a row something may be without data before a person is asked.
const BLIND: u32 = 2;

/// One wait, by the monotonic clock.
struct Vigil {
    /// `None`: only until a person lets it go on.
    what: Option<WaitFor>,
    /// The group that is waited for, where it is one.
    group: Option<GroupName>,
    /// The build that is waited for, where it is one.
    build: Option<BuildId>,
    /// When it ends if all is well.
    earliest: Duration,
    /// When it ends at the latest.
    deadline: Duration,
    /// The same by the time of day, for people.
    shown: Timestamp,
    late: Late,
    /// How often in a row each gate was without data.
    blind: BTreeMap<&'static str, u32>,
    /// Whether requests followed the weights, where load balancers' counts are read.
    counts: Option<String>,
}

impl Vigil {
    fn new(wait: &Wait, clock: Duration, now: Timestamp) -> Self {
        let planned = Duration::from_secs(wait.seconds);
        let (least, most) = match wait.what {
            WaitFor::Settled | WaitFor::Bake => (planned, planned.saturating_add(GRACE)),
            _ => (Duration::ZERO, planned),
        };
        Self {
            what: Some(wait.what),
            group: wait.group.clone(),
            build: wait.build.clone(),
            earliest: clock.saturating_add(least),
            deadline: clock.saturating_add(most),
            shown: later(now, most),
            late: wait.late,
            blind: BTreeMap::new(),
            counts: None,
        }
    }

    fn pause(clock: Duration, now: Timestamp) -> Self {
        Self {
            what: None,
            group: None,
            build: None,
            earliest: clock,
            deadline: clock.saturating_add(LONGEST_PAUSE),
            shown: later(now, LONGEST_PAUSE),
            late: Late::Hold,
            blind: BTreeMap::new(),
            counts: None,
        }
    }

    /// The time of a pause does not count.
    fn push_back(&mut self, by: Duration) {
        self.earliest = self.earliest.saturating_add(by);
        self.deadline = self.deadline.saturating_add(by);
        self.shown = later(self.shown, by);
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

impl Run<'_> {
    /// Waits as a step of the plan says, and tells in a sentence how it ended.
    pub(super) async fn keep_vigil(&mut self, step: &Step, wait: &Wait) -> Result<String, Stop> {
        self.note(step.n, &format!("waits: {}", wait.until)).await?;
        let mut vigil = Vigil::new(wait, self.ports.clock.monotonic(), self.now());
        let says = self.watch_over(&mut vigil).await?;
        if says.is_none() && matches!(wait.what, WaitFor::Replaced | WaitFor::Emptied) {
            self.is_whole_again();
        }
        let settled = format!("settled, {}", vigil.counts.as_deref().unwrap_or(UNCOUNTED));
        if says.is_none() && wait.what == WaitFor::Settled {
            self.write_down(step.n, Event::Settled, |record| record.result = Some(settled.clone()))?;
            self.say(Truth::Settled, &settled, None);
        }
        Ok(says.unwrap_or_else(|| match wait.what {
            WaitFor::Settled => settled,
            WaitFor::Bake => format!("{} s without a bad sign", wait.seconds),
            WaitFor::Healthy => "the side that was added is healthy".into(),
            WaitFor::Person => "a person let it go on".into(),
            WaitFor::Refreshed => "AWS has refreshed it".into(),
            WaitFor::Replaced => "it is replaced, and the group is whole".into(),
            WaitFor::Sized => "the group is as large as wanted, and healthy".into(),
            WaitFor::Aside => "it takes no traffic, and the group is whole without it".into(),
            WaitFor::Emptied => "the zone is empty, and the group is whole".into(),
            WaitFor::Built => "the image is there, and can be launched".into(),
        }))
    }

    /// Stays before a step as long as a person has it paused.
    pub(super) async fn stay_while_paused(&mut self, step: &Step) -> Result<(), Stop> {
        self.heed()?;
        if let Some(since) = self.paused {
            self.note(step.n, "paused by a person").await?;
            self.watch_over(&mut Vigil::pause(since, self.now())).await?;
        }
        Ok(())
    }

    /// Waits until what takes a refresh back has ended.
    pub(super) async fn keep_vigil_back(&mut self, call: &Call) -> Result<(), Stop> {
        let wait = Wait {
            seconds: LONGEST_WAY_BACK,
            until: format!("{} is over", call.operation()),
            what: WaitFor::Refreshed,
            late: Late::Hold,
            group: None,
            build: None,
        };
        let mut vigil = Vigil::new(&wait, self.ports.clock.monotonic(), self.now());
        self.watch_over(&mut vigil).await.map(drop)
    }

    /// Watches until it is over. `Some`: a person ended it before.
    async fn watch_over(&mut self, vigil: &mut Vigil) -> Result<Option<String>, Stop> {
        let mut then = self.ports.clock.monotonic();
        loop {
            let of_group = vigil.what.filter(|what| is_of_group(*what));
            let why = match of_group {
                Some(what) => match self.replacing(what, vigil.group.as_ref()).await? {
                    why if self.is_on_leash() => self.on_leash(vigil).await?.or(why),
                    why => why,
                },
                None if vigil.what == Some(WaitFor::Built) => self.building(vigil.build.as_ref()).await?,
                None => match self.look().await? {
                    Ok(fleet) => self.pending(&fleet, vigil).await?,
                    Err(failure) => Some(words::sentence_of(&failure).why),
                },
            };
            let now = self.ports.clock.monotonic();
            if self.paused.is_some() && vigil.what.is_some() {
                vigil.push_back(now.saturating_sub(then));
            }
            then = now;
            match self.paused {
                Some(since) if now.saturating_sub(since) >= LONGEST_PAUSE => {
                    return Err(self.stop(Refusal::new(
                        format!("it was paused for {} min", LONGEST_PAUSE.as_secs() / 60),
                        self.ways_out(),
                    )));
                }
                Some(since) => {
                    let ends = later(self.now(), LONGEST_PAUSE.saturating_sub(now.saturating_sub(since)));
                    let says = why.as_ref().map_or_else(
                        || "paused by a person".into(),
                        |why| format!("paused by a person: {why}"),
                    );
                    self.say(Truth::ReadBack, &says, Some((ends, Late::Hold)));
                }
                None => {
                    let asks = vigil.what == Some(WaitFor::Person);
                    if why.is_none() && now >= vigil.earliest && !asks {
                        return Ok(None);
                    }
                    let why = why.unwrap_or_else(|| {
                        if asks {
                            "waits for a person to say so".into()
                        } else {
                            words::left(vigil.what, vigil.earliest.saturating_sub(now))
                        }
                    });
                    if now >= vigil.deadline {
                        return Err(self.too_late(vigil, &why));
                    }
                    self.say(Truth::ReadBack, &why, Some((vigil.shown, vigil.late)));
                }
            }
            let was_paused = self.paused.is_some();
            let ahead = vigil.earliest.saturating_sub(now);
            let pause = match of_group {
                Some(_) if !self.is_on_leash() => self.joined.group_pause(),
                Some(_) => LOOK_PAUSE,
                None if ahead.is_zero() || was_paused => LOOK_PAUSE,
                None => ahead.min(LOOK_PAUSE),
            };
            // AWS goes on with a refresh whatever a person says here: only its end is the end.
            // Nothing goes on without its image.
            let ends_itself = matches!(vigil.what, Some(WaitFor::Refreshed | WaitFor::Built));
            if self.rest(pause).await? && !ends_itself {
                return Ok(Some(match vigil.what {
                    Some(WaitFor::Settled) => "a person ended the wait before it had settled".into(),
                    _ => "a person ended the wait".into(),
                }));
            }
        }
    }

    /// Why it cannot be over yet, by a look; `None` where nothing but time is waited for.
    async fn pending(&mut self, fleet: &Fleet, vigil: &mut Vigil) -> Result<Option<String>, Stop> {
        if let Some(why) = self.still_stands(fleet).await? {
            return Ok(Some(why));
        }
        if let Some(why) = self.gone(fleet) {
            return self.blind(vigil, "target-groups", why);
        }
        vigil.blind.remove("target-groups");
        if let Some(why) = self.hold_on(fleet, vigil)? {
            return Ok(Some(why));
        }
        Ok(match vigil.what {
            Some(WaitFor::Settled) => self.traffic().and_then(|(_, actions)| words::unsteady(fleet, actions)),
            Some(WaitFor::Healthy) => self.not_healthy(fleet),
            _ => None,
        })
    }

    /// The same of a drill whose group is waited for.
    async fn on_leash(&mut self, vigil: &mut Vigil) -> Result<Option<String>, Stop> {
        match self.look().await? {
            Ok(fleet) => self.hold_on(&fleet, vigil),
            Err(failure) => Ok(Some(words::sentence_of(&failure).why)),
        }
    }

    /// The stop rule of a drill, then the gates.
    fn hold_on(&self, fleet: &Fleet, vigil: &mut Vigil) -> Result<Option<String>, Stop> {
        const INSTANCES: &str = "instances";
        if let Some(why) = self.stop_rule(fleet)? {
            return self.blind(vigil, INSTANCES, why);
        }
        vigil.blind.remove(INSTANCES);
        self.ask_gates(fleet, vigil)
    }

    /// What the gates say: `Some(why)` where one cannot be read for now.
    fn ask_gates(&self, fleet: &Fleet, vigil: &mut Vigil) -> Result<Option<String>, Stop> {
        let Some(cluster) = fleet.cluster(self.plan.intent.cluster()) else { return Ok(None) };
        let mut pending = None;
        for source in self.gated(cluster) {
            let why = self.ask_gates_of(fleet, (cluster, source), vigil)?;
            pending = pending.or(why);
        }
        Ok(pending)
    }

    /// The listeners and rules whose gates are asked: what is written, and of a drill all that carry traffic. A way
    /// back is not led back by a gate.
    fn gated<'c>(&self, cluster: &'c Cluster) -> Vec<&'c TrafficSource> {
        let sources = cluster.traffic.iter();
        match self.traffic() {
            _ if self.is_rollback() => Vec::new(),
            Some((arn, _)) => sources.filter(|source| source.arn == *arn).collect(),
            None if self.is_on_leash() => {
                sources.filter(|source| source.weights.iter().any(|weight| weight.weight > 0)).collect()
            }
            None => Vec::new(),
        }
    }

    fn ask_gates_of(
        &self,
        fleet: &Fleet,
        (cluster, source): (&Cluster, &TrafficSource),
        vigil: &mut Vigil,
    ) -> Result<Option<String>, Stop> {
        let since_call = self.last_call.map(|then| self.ports.clock.monotonic().saturating_sub(then));
        if let Some(since) = since_call {
            let written_at = self.now().saturating_sub(SignedDuration::try_from(since).unwrap_or_default());
            vigil.counts = written_at.ok().and_then(|at| request_counts(fleet, source, at));
        }
        let mut pending = None;
        for gate in watch(fleet, cluster, source, self.policy, self.now()) {
            match gate.reading {
                Reading::Bad(why) => return Err(self.turn_back(format!("gate {}: {why}", gate.name))),
                Reading::Good(_) => {
                    vigil.blind.remove(gate.name);
                }
                Reading::NoData(why) => {
                    let why = format!("gate {}: {why}", gate.name);
                    if since_call.is_some_and(|since| since < gate.lag) {
                        pending.get_or_insert(why);
                    } else if let Some(why) = self.blind(vigil, gate.name, why)? {
                        pending.get_or_insert(why);
                    }
                }
            }
        }
        Ok(pending)
    }

    /// Something is missing from a look: once it is waited, twice in a row it holds and asks.
    fn blind(&self, vigil: &mut Vigil, name: &'static str, why: String) -> Result<Option<String>, Stop> {
        let times = vigil.blind.entry(name).or_default();
        *times += 1;
        if *times < BLIND {
            return Ok(Some(why));
        }
        Err(self
            .stop(Refusal::new(format!("{why}, {times} times in a row"), "look at it: resume, or roll back")))
    }

    /// Why the side that was added with weight 0 cannot be given traffic yet.
    fn not_healthy(&self, fleet: &Fleet) -> Option<String> {
        let call = self
            .plan
            .steps
            .iter()
            .filter(|step| step.n < self.step)
            .rev()
            .find(|step| step.call.is_some())?;
        let named = |call: Option<&Call>| {
            call.map(|call| {
                call.actions().iter().flat_map(Action::weights).map(|(arn, _)| arn).collect::<Vec<_>>()
            })
            .unwrap_or_default()
        };
        let before = named(call.undo.as_ref());
        for arn in named(call.call.as_ref()).into_iter().filter(|arn| !before.contains(arn)) {
            let name = arn.name();
            let Some(health) = fleet.target_groups.get(&arn).and_then(|group| group.health.as_ref()) else {
                return Some(format!("the health of the targets of {name} is unknown"));
            };
            let waiting = |state: &TargetState| matches!(state, TargetState::Initial | TargetState::Unused);
            let initial = health.value.iter().filter(|target| waiting(&target.state)).count();
            if initial > 0 || health.value.is_empty() {
                return Some(format!(
                    "{initial} of {} targets of {name} are not checked yet",
                    health.value.len()
                ));
            }
        }
        // What is healthy enough is the guards' to say.
        let next = self.plan.steps.iter().find(|step| step.n > self.step && step.call.is_some())?;
        let findings = check(&self.plan, next.n, fleet, &self.history(), self.policy, self.now());
        self.blocked(&findings).map(|refusal| refusal.why)
    }

    fn too_late(&self, vigil: &Vigil, why: &str) -> Stop {
        let what = match vigil.what {
            Some(WaitFor::Settled) => "it did not settle in time",
            Some(WaitFor::Bake) => "the bake did not end well in time",
            Some(WaitFor::Healthy) => "the side that was added did not become healthy in time",
            Some(WaitFor::Refreshed) => "AWS has not ended the refresh in time",
            Some(WaitFor::Replaced) => "it was not replaced in time",
            Some(WaitFor::Sized) => "the group did not get its size in time",
            Some(WaitFor::Aside) => "it was not set aside in time",
            Some(WaitFor::Emptied) => "the zone was not empty in time",
            Some(WaitFor::Built) => "the image was not there in time",
            Some(WaitFor::Person) | None => "nobody let it go on in time",
        };
        match vigil.late {
            Late::RollBack => Stop::Back(format!("{what}: {why}")),
            Late::Hold => self.stop(Refusal::new(format!("{what}: {why}"), self.ways_out())),
        }
    }
}

/// Longest time in which AWS takes a refresh back, in seconds.
const LONGEST_WAY_BACK: u64 = 4 * 3_600;

/// Whether it is a group that is waited for, and no traffic.
fn is_of_group(what: WaitFor) -> bool {
    let of_group = [WaitFor::Refreshed, WaitFor::Replaced, WaitFor::Sized, WaitFor::Aside, WaitFor::Emptied];
    of_group.contains(&what)
}

/// What is said of weights that are true for good where nobody counts requests.
const UNCOUNTED: &str = "no request counts";
