//! One file a verb: from an intent to a [`Draft`].

pub(super) mod rollback;
pub(super) mod shift;

use crate::fleet::{
    Action, Actions, Cluster, Fleet, GroupName, LoadBalancerKind, Setting, SourceArn, TargetGroup,
    TargetGroupArn, TrafficSource,
};
use crate::plan::{Call, Confirm, ConfirmKind, Expected, Late, Policy, Reach, Refusal, Step, Wait, WaitFor};

/// What a verb worked out, before guards have spoken.
pub(super) struct Draft<'a> {
    /// The listener or rule it writes.
    pub source: &'a TrafficSource,
    /// The actions it writes.
    pub after: Actions,
    /// The step's sentence.
    pub does: String,
    /// What the confirmation phrase ends in, after the cluster's name.
    pub phrase: String,
    /// What the operator should know.
    pub notes: Vec<String>,
}

impl Draft<'_> {
    /// Weights after, by target group.
    pub fn weights_after(&self) -> Vec<(TargetGroupArn, u32)> {
        self.after.iter().flat_map(Action::weights).collect()
    }

    /// Weight of a target group before; 0 where it is in no action.
    pub fn weight_before(&self, arn: &TargetGroupArn) -> u32 {
        self.source.weights.iter().filter(|w| w.target_group == *arn).map(|w| w.weight).sum()
    }

    /// Target groups whose share grows.
    pub fn gaining(&self) -> Vec<TargetGroupArn> {
        let after = self.weights_after();
        let total: u32 = after.iter().map(|(_, weight)| weight).sum();
        after
            .into_iter()
            .filter(|(arn, weight)| {
                // Shares are compared crosswise, so that no rounding can hide a gain.
                u64::from(*weight) * u64::from(self.source.total())
                    > u64::from(self.weight_before(arn)) * u64::from(total)
                    || (*weight > 0 && self.weight_before(arn) == 0)
            })
            .map(|(arn, _)| arn)
            .collect()
    }

    /// Share of requests that moves, in percent.
    pub fn moved_percent(&self) -> f64 {
        let after = self.weights_after();
        let total: u32 = after.iter().map(|(_, weight)| weight).sum();
        let moved: f64 = after
            .iter()
            .map(|(arn, weight)| {
                let share = if total == 0 { 0.0 } else { f64::from(*weight) * 100.0 / f64::from(total) };
                (share - self.source.percent(arn)).max(0.0)
            })
            .sum();
        (moved * 100.0).round() / 100.0
    }

    /// The steps: one write that expects what was read, then a wait until it has settled.
    pub fn steps(&self, fleet: &Fleet) -> Vec<Step> {
        let settle = self.settle_seconds(fleet);
        vec![
            Step {
                n: 1,
                does: self.does.clone(),
                call: Some(Call::set_actions(&self.source.arn, writable(&self.after))),
                undo: Some(Call::set_actions(&self.source.arn, writable(&self.source.actions))),
                wait: None,
                expects: Some(Expected {
                    source: self.source.arn.clone(),
                    actions: self.source.actions.clone(),
                }),
            },
            Step {
                n: 2,
                does: "wait until the new weights have settled".into(),
                call: None,
                undo: None,
                wait: Some(Wait {
                    seconds: settle,
                    until: "propagation time has passed and target states are steady".into(),
                    what: WaitFor::Settled,
                    late: Late::Hold,
                }),
                expects: None,
            },
        ]
    }

    /// How far the plan reaches.
    pub fn reach(&self, fleet: &Fleet, cluster: &Cluster) -> Reach {
        let after = self.weights_after();
        let serving = |weights: &[(TargetGroupArn, u32)]| -> Option<usize> {
            weights
                .iter()
                .filter(|(_, weight)| *weight > 0)
                .map(|(arn, _)| fleet.target_groups.get(arn).and_then(TargetGroup::healthy))
                .sum()
        };
        let before: Vec<_> = self.source.weights.iter().map(|w| (w.target_group.clone(), w.weight)).collect();
        let touched = |name: &GroupName| {
            self.source.weights.iter().filter(|weight| weight.groups.contains(name)).any(|weight| {
                after.iter().all(|(arn, now)| *arn != weight.target_group || *now != weight.weight)
            })
        };
        Reach {
            instances: cluster
                .groups
                .iter()
                .filter(|group| touched(&group.id.name))
                .map(|group| group.instances.len())
                .sum(),
            percent: self.moved_percent(),
            lowest_healthy: serving(&before).zip(serving(&after)).map(|(before, after)| before.min(after)),
            seconds: self.settle_seconds(fleet),
        }
    }

    /// Propagation, and the slow start of targets that gain.
    fn settle_seconds(&self, fleet: &Fleet) -> u64 {
        let slow_start = self
            .gaining()
            .iter()
            .filter_map(|arn| fleet.target_groups.get(arn)?.attributes.as_ref())
            .map(|attributes| u64::from(attributes.slow_start))
            .max()
            .unwrap_or(0);
        Policy::PROPAGATION.as_secs() + slow_start
    }

    /// How the plan is confirmed: by typing something that belongs to this very plan.
    pub fn confirm(&self, cluster: &Cluster, policy: &Policy) -> Confirm {
        let name = cluster.id.name.to_string();
        // A name that cannot be typed on every keyboard is not asked for.
        let typeable = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic());
        let phrase = if typeable { format!("{name} {}", self.phrase) } else { self.phrase.clone() };
        Confirm {
            kind: ConfirmKind::Typed,
            phrase,
            reason: policy.require_reason(&cluster.id),
            second: policy.two_people(&cluster.id),
        }
    }
}

/// The listener or rule that is meant: the one that was named, else the only one there is.
///
/// # Errors
/// None carries traffic, the named one does not, several do and none was named, or it cannot be written to.
fn choose_source<'a>(cluster: &'a Cluster, wanted: Option<&SourceArn>) -> Result<&'a TrafficSource, Refusal> {
    let name = &cluster.id.name;
    let listed = || {
        cluster
            .traffic
            .iter()
            .map(|source| format!("{} ({})", source.arn, source.label))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let source = match (wanted, cluster.traffic.as_slice()) {
        (_, []) => {
            return Err(Refusal::new(
                format!("no listener or rule sends traffic to {name}"),
                "only a cluster behind a load balancer has traffic to move",
            ));
        }
        (Some(arn), sources) => sources.iter().find(|source| source.arn == *arn).ok_or_else(|| {
            Refusal::new(
                format!("{arn} does not carry traffic of {name}"),
                format!("name one that does with --source: {}", listed()),
            )
        })?,
        (None, [only]) => only,
        (None, several) => {
            return Err(Refusal::new(
                format!("{} listeners or rules carry traffic of {name}", several.len()),
                format!("name one with --source: {}", listed()),
            ));
        }
    };
    match &source.kind {
        LoadBalancerKind::Application => Ok(source),
        other => Err(Refusal::new(
            format!("{} is a listener of a {} load balancer", source.label, kind_word(other)),
            "for now flightdeck writes only to application load balancers",
        )),
    }
}

fn kind_word(kind: &LoadBalancerKind) -> String {
    match kind {
        LoadBalancerKind::Application => "application".into(),
        LoadBalancerKind::Network => "network".into(),
        LoadBalancerKind::Gateway => "gateway".into(),
        LoadBalancerKind::Other(text) => text.to_string(),
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

/// Seconds as a person says them: `45 s`, `2 min`, `1 h 30 min`.
pub(super) fn duration(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    match (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE) {
        (0, 0, s) => format!("{s} s"),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}
