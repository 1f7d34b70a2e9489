//! One file a verb: from an intent to a [`Draft`]. A new verb is its file, its variant of [`Intent`] and its row in
//! [`draft`]; guards, confirmation, steps, reach, digest, journal and undo follow from the draft.

mod deploy;
mod drill;
mod earlier;
mod mark;
mod quarantine;
pub(super) mod rebuild;
mod refresh;
mod refresh_back;
mod refresh_ends;
mod release;
pub(super) mod replace;
mod resume;
mod rollback;
mod scale;
mod shift;
mod source;
mod stand_up;
mod switch;
mod waits;
mod weights;

use jiff::Timestamp;

pub use deploy::{idle_group, idle_groups};
pub use drill::{choose, floor};
pub use quarantine::standing;
pub(in crate::plan) use replace::healthy;
pub(super) use rollback::{goal, instead};
pub(super) use stand_up::prospect;
pub use waits::duration;

use super::change::{Change, one_side};
use super::sides::Sides;
use super::{
    Call, Carried, Confirm, ConfirmKind, Expected, History, Intent, LeaseStore, Policy, Reach, Refusal,
    StartBuild, Step, Wait, WaitFor,
};
use crate::fleet::{Action, Actions, Cluster, Fleet, GroupName, ServerGroup, Setting, TrafficSource};

/// What a verb works with.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub fleet: &'a Fleet,
    pub cluster: &'a Cluster,
    pub history: &'a History,
    pub policy: &'a Policy,
    pub at: Timestamp,
    /// A group of the cluster that is not there: it is to be made.
    pub stands_up: Option<&'a GroupName>,
    /// Builds of images, level by level; their images stand in the fleet as though they were there.
    pub builds: &'a [Vec<StartBuild>],
}

/// What kind of change it is, for the guards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// On to something, at a pace.
    Shift,
    /// All of it at once, which is what was asked for.
    Switch,
    /// Back to what was before: held by the health of the old side and by nothing else that can wait.
    Back,
    /// Instances of a group, or images, by others.
    Replace,
}

/// One call of a plan and what is waited for after it.
pub(super) struct Move {
    /// The step's sentence.
    pub does: String,
    /// What it writes.
    pub writes: Writes,
    /// What is waited for, one after the other.
    pub waits: Vec<Wait>,
}

/// What a call of a plan writes.
#[expect(clippy::large_enum_variant, reason = "a plan has few of them, and none lives long")]
pub(super) enum Writes {
    /// Actions to the draft's listener or rule. What they replace and how they are undone follows from the move before.
    Actions(Actions),
    /// Anything else.
    Call {
        /// The call.
        call: Box<Call>,
        /// What has to be there before it.
        expects: Expected,
        /// The call that takes it back, where there is one.
        undo: Option<Box<Call>>,
    },
}

impl Move {
    /// One that writes actions to the draft's listener or rule.
    pub fn traffic(does: String, after: Actions, waits: Vec<Wait>) -> Self {
        Self { does, writes: Writes::Actions(after), waits }
    }

    /// The actions it writes to the draft's listener or rule; `None` where it writes something else.
    pub fn after(&self) -> Option<&Actions> {
        match &self.writes {
            Writes::Actions(actions) => Some(actions),
            Writes::Call { .. } => None,
        }
    }

    /// The call, where it writes no actions.
    pub fn call(&self) -> Option<&Call> {
        match &self.writes {
            Writes::Actions(_) => None,
            Writes::Call { call, .. } => Some(call),
        }
    }
}

/// What a verb worked out, before guards have spoken.
pub(super) struct Draft<'a> {
    /// The listener or rule it writes; `None` where it moves no traffic.
    pub source: Option<&'a TrafficSource>,
    /// The group whose instances it changes; `None` where it changes none.
    pub group: Option<&'a ServerGroup>,
    /// For the guards.
    pub kind: Kind,
    /// Waits before the first call: those in which an operation that is resumed stood.
    pub first: Vec<Wait>,
    /// The calls.
    pub moves: Vec<Move>,
    /// Where an abort leads, where that is not the state before the first call.
    pub back: Option<Call>,
    /// What the confirmation phrase ends in, after the cluster's name.
    pub phrase: String,
    /// What the operator should know.
    pub notes: Vec<String>,
    /// How far it reaches, where that is not told by its traffic.
    pub reach: Option<Reach>,
}

/// The draft of an intent: one row a verb.
pub(super) fn draft<'a>(intent: &Intent, given: Given<'a>) -> Result<Draft<'a>, Refusal> {
    match intent {
        Intent::Shift { to, percent, steps, source, .. } => {
            shift::draft(given, to, *percent, steps.as_ref(), source.as_ref())
        }
        Intent::Switch { to, source, .. } => switch::draft(given, to, source.as_ref()),
        Intent::Rollback { of, source, .. } => rollback::draft(given, of.as_ref(), source.as_ref()),
        Intent::Resume { operation, .. } => resume::draft(given, operation),
        Intent::Refresh { group, to, knobs, .. } => refresh::draft(given, group, to, knobs),
        Intent::Deploy { group, image, steps, retire, source, .. } => {
            let (steps, source) = (steps.as_ref(), source.as_ref());
            deploy::draft(given, &deploy::Asked { group, image, steps, retire: *retire, source })
        }
        Intent::Replace { group, instances, batches, .. } => {
            replace::draft(given, group, instances, *batches)
        }
        Intent::CancelRefresh { group, .. } => refresh_ends::cancelled(given, group),
        Intent::RollbackRefresh { group, .. } => refresh_ends::taken_back(given, group),
        Intent::Scale { group, desired, min, max, .. } => scale::draft(given, group, *desired, (*min, *max)),
        Intent::Quarantine { group, instance, how, replacement, reason, by, .. } => {
            quarantine::draft(given, (group, instance), (*how, *replacement), (reason, by))
        }
        Intent::Release { group, instance, by, .. } => release::draft(given, (group, instance), by),
        Intent::Terminate { group, instance, .. } => release::end(given, (group, instance)),
        Intent::Rebuild { then, .. } => match rebuild::asked(intent) {
            Some(asked) => rebuild::draft(given, asked, then.as_deref()),
            None => Err(Refusal::new("nothing is to be built", "name a family")),
        },
        Intent::Mark { image, bad, by, .. } => mark::draft(given, image, bad.as_ref(), by),
        Intent::Drill { group, exercise, stop_below, .. } => {
            drill::draft(given, group, exercise, *stop_below)
        }
    }
}

/// What kind of change an intent is.
pub(super) fn kind(intent: &Intent, history: &History) -> Kind {
    match history.origin(intent) {
        Intent::Shift { .. } | Intent::Resume { .. } | Intent::Deploy { steps: Some(_), .. } => Kind::Shift,
        Intent::Switch { .. } | Intent::Deploy { .. } => Kind::Switch,
        // What only ends a refresh must not wait for what holds a change.
        Intent::Rollback { .. } | Intent::CancelRefresh { .. } | Intent::RollbackRefresh { .. } => Kind::Back,
        Intent::Refresh { .. }
        | Intent::Replace { .. }
        | Intent::Scale { .. }
        | Intent::Quarantine { .. }
        | Intent::Release { .. }
        | Intent::Terminate { .. }
        | Intent::Rebuild { .. }
        | Intent::Mark { .. }
        | Intent::Drill { .. } => Kind::Replace,
    }
}

impl<'a> Draft<'a> {
    /// One that moves the traffic of a listener or rule, and leads back to what is there now.
    pub fn traffic(
        source: &'a TrafficSource,
        kind: Kind,
        moves: Vec<Move>,
        phrase: String,
        notes: Vec<String>,
    ) -> Self {
        let source = Some(source);
        Self { source, group: None, kind, first: Vec::new(), moves, back: None, phrase, notes, reach: None }
    }

    /// The moves, each with the number of its step.
    fn numbered(&self) -> impl Iterator<Item = (u32, &Move)> {
        let mut n = self.first.len();
        self.moves.iter().map(move |one| {
            let step = u32::try_from(n + 1).unwrap_or(u32::MAX);
            n += 1 + one.waits.len();
            (step, one)
        })
    }

    /// The change of each call that moves traffic, with the number of its step.
    pub fn changes(&self) -> impl Iterator<Item = (u32, Change<'_>)> {
        self.source.into_iter().flat_map(|source| {
            let mut before = source.actions.as_slice();
            self.numbered().filter_map(move |(step, one)| {
                let after = one.after()?;
                let change = Change { source, before, after };
                before = after;
                Some((step, change))
            })
        })
    }

    /// The calls that move no traffic, each with the number of its step.
    pub fn calls(&self) -> impl Iterator<Item = (u32, &Call)> {
        self.numbered().filter_map(|(step, one)| Some((step, one.call()?)))
    }

    /// The change from the traffic that is there now to the last call's; `None` where none is moved.
    pub fn whole(&self) -> Option<Change<'_>> {
        let source = self.source?;
        let before = source.actions.as_slice();
        let after = self.moves.iter().rev().find_map(Move::after).map_or(before, Vec::as_slice);
        Some(Change { source, before, after })
    }

    /// The steps: each call with what it expects and its undo, each wait by itself.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut present = self.source.map(|source| &source.actions);
        let expected =
            |actions: Option<&Actions>| Some(Expected::actions(self.source?.arn.clone(), actions?.clone()));
        let wait = |steps: &mut Vec<Step>, wait: &Wait, expects: Option<Expected>| {
            let does = waits::does(wait);
            steps.push(Step { n: 0, does, call: None, undo: None, wait: Some(wait.clone()), expects });
        };
        for first in &self.first {
            wait(&mut steps, first, expected(present));
        }
        for one in &self.moves {
            let (call, undo, expects) = match (&one.writes, self.source) {
                (Writes::Actions(after), Some(source)) => {
                    let set = |actions: &Actions| Call::set_actions(&source.arn, writable(actions));
                    let made = (Some(set(after)), present.map(set), expected(present));
                    present = Some(after);
                    made
                }
                (Writes::Actions(_), None) => (None, None, None),
                (Writes::Call { call, expects, undo }, _) => {
                    (Some((**call).clone()), undo.as_deref().cloned(), Some(expects.clone()))
                }
            };
            steps.push(Step { n: 0, does: one.does.clone(), call, undo, wait: None, expects });
            for after in &one.waits {
                wait(&mut steps, after, None);
            }
        }
        for (n, step) in (1..).zip(&mut steps) {
            step.n = n;
        }
        steps
    }

    /// Whether a wait for healthy targets comes before this step: in an action, or in a group that is made ready.
    pub fn awaits_health_before(&self, step: u32) -> bool {
        self.waits_before(step).any(|wait| wait.what == WaitFor::Healthy) || self.remakes_before(step)
    }

    /// Whether instances are replaced or launched before this step.
    pub fn remakes_before(&self, step: u32) -> bool {
        self.waits_before(step).any(|wait| matches!(wait.what, WaitFor::Refreshed | WaitFor::Sized))
    }

    /// Whether a refresh of a group is waited for before this step.
    pub fn awaits_refresh_before(&self, step: u32, group: &ServerGroup) -> bool {
        let of_it = |wait: &Wait| wait.group.as_ref() == Some(&group.id.name);
        self.waits_before(step).any(|wait| wait.what == WaitFor::Refreshed && of_it(wait))
    }

    fn waits_before(&self, step: u32) -> impl Iterator<Item = &Wait> {
        let calls = self.numbered().take_while(move |(n, _)| *n < step);
        self.first.iter().chain(calls.flat_map(|(_, one)| &one.waits))
    }

    /// Seconds of all waits.
    pub fn seconds(&self) -> u64 {
        let waits = self.first.iter().chain(self.moves.iter().flat_map(|one| &one.waits));
        waits.fold(0, |sum, wait| sum.saturating_add(wait.seconds))
    }

    /// How far the plan reaches.
    pub fn reach(&self, cluster: &Cluster, sides: &Sides<'_>, before: Option<Carried>) -> Reach {
        let Some(whole) = self.whole().filter(|_| self.reach.is_none()) else {
            let nothing = Reach {
                instances: 0,
                percent: 0.0,
                lowest_healthy: None,
                seconds: self.seconds(),
                before: None,
            };
            return Reach { before, ..self.reach.clone().unwrap_or(nothing) };
        };
        let serving = |actions: &[Action]| -> Option<usize> {
            let change = Change { source: whole.source, before: &[], after: actions };
            change.serving_after().map(|(arn, _)| sides.healthy(&arn)).sum()
        };
        let states =
            std::iter::once(whole.before).chain(self.moves.iter().filter_map(Move::after).map(Vec::as_slice));
        let counted: Option<Vec<usize>> = states.map(serving).collect();
        let touched =
            cluster.groups.iter().filter(|group| group.target_groups.iter().any(|arn| whole.touches(arn)));
        Reach {
            instances: touched.map(|group| group.instances.len()).sum(),
            percent: whole.moved_percent(),
            lowest_healthy: counted.and_then(|counted| counted.into_iter().min()),
            seconds: self.seconds(),
            before,
        }
    }

    /// How the plan is confirmed: by typing something that belongs to this very plan; by a plain yes where it moves
    /// little, outside production.
    pub fn confirm(&self, cluster: &Cluster, policy: &Policy) -> Confirm {
        /// Points of percent that count as little.
        const LITTLE: f64 = 5.0;
        let little = self.kind == Kind::Shift
            && self.back.is_none()
            && self.whole().is_some_and(|whole| whole.moved_percent() <= LITTLE);
        let (kind, phrase) = if little && !policy.is_production(&cluster.id) {
            (ConfirmKind::Yes, "yes".to_string())
        } else {
            // A name that cannot be typed on every keyboard is not asked for.
            let name = cluster.id.family().map_or_else(|| cluster.id.name.to_string(), |of| of.to_string());
            let typeable = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic());
            let phrase = if typeable { format!("{name} {}", self.phrase) } else { self.phrase.clone() };
            (ConfirmKind::Typed, phrase)
        };
        let (reason, second) = (policy.require_reason(&cluster.id), self.wants_second(cluster, policy));
        Confirm { kind, phrase, reason, second }
    }

    /// What is true of every plan for this cluster: what carries it, who else must agree, what is written beside it.
    pub fn manners(&self, cluster: &Cluster, policy: &Policy) -> Vec<String> {
        let mut notes = Vec::new();
        if self.wants_second(cluster, policy) {
            notes.push("it waits until another person has approved its digest".into());
        }
        let refreshes = self.has_wait(WaitFor::Refreshed);
        if self.calls().any(|(_, call)| matches!(call, Call::CancelInstanceRefresh(_))) {
            notes.push(
                "AWS carries it: should flightdeck end, it stops all the same, and nobody follows it".into(),
            );
        } else if refreshes {
            notes.push(
                "AWS carries the refresh: should flightdeck end, it goes on, and nobody follows it".into(),
            );
        }
        if refreshes && self.source.is_none() {
            // Nothing else is left to carry.
        } else if self.moves.len() > 1 || self.has_wait(WaitFor::Bake) {
            let at = if self.source.is_some() { "at the last weights" } else { "where it is" };
            notes.push(format!("flightdeck carries it: should it end, the operation holds {at}"));
        }
        notes.push(match policy.lease(&cluster.id) {
            LeaseStore::Ssm => "lease and record stand below /flightdeck/ in SSM Parameter Store".into(),
            LeaseStore::None => "no lease is taken: nothing keeps two operators apart".into(),
        });
        notes
    }

    /// Whether another person must agree. The way back waits for nobody.
    fn wants_second(&self, cluster: &Cluster, policy: &Policy) -> bool {
        self.kind != Kind::Back && policy.two_people(&cluster.id)
    }

    fn has_wait(&self, what: WaitFor) -> bool {
        self.first.iter().chain(self.moves.iter().flat_map(|one| &one.waits)).any(|wait| wait.what == what)
    }
}

/// An action list as it can be sent: never the single `TargetGroupArn` beside a `ForwardConfig`, and AWS keeps the
/// client secret that it does not give back [elbv2: AuthenticateOidcActionConfig].
pub(super) fn writable(actions: &[Action]) -> Actions {
    let mut actions = actions.to_vec();
    for action in &mut actions {
        if action.forward_config.as_ref().is_some_and(|config| !config.target_groups.is_empty()) {
            action.target_group_arn = None;
        }
        if let Some(Setting::Map(oidc)) = action.settings.get_mut("AuthenticateOidcConfig") {
            oidc.remove("ClientSecret");
            oidc.insert("UseExistingClientSecret".into(), Setting::Flag(true));
        }
    }
    actions
}

/// What a sticky forward action means for this change, in one sentence.
fn sticky_note(source: &TrafficSource) -> Option<String> {
    let seconds = source.stickiness?.duration_seconds?;
    Some(format!(
        "group stickiness is on: clients bound to a side stay there for up to {}, whatever the weights say",
        duration(u64::try_from(seconds).unwrap_or(0))
    ))
}
