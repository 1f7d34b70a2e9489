//! Health from three sources, kept apart: EC2, the group, and each target group.

use super::{StatusFact, TargetGroupArn, TargetState, Text};

/// What the three sources say of one instance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Health {
    /// EC2's status checks; `None`: not read, or none yet.
    pub ec2: Option<StatusFact>,
    /// The group's word: `Healthy`, `Unhealthy`; `None` where it is in no group.
    pub group: Option<Text>,
    /// Each target group's word.
    pub targets: Vec<TargetHealth>,
}

/// One target group's word on an instance.
#[derive(Clone, PartialEq, Debug)]
pub struct TargetHealth {
    /// The target group.
    pub target_group: TargetGroupArn,
    /// Port, where it is registered with one.
    pub port: Option<i32>,
    /// State.
    pub state: TargetState,
    /// AWS's reason code.
    pub reason: Option<Text>,
    /// AWS's description.
    pub description: Option<Text>,
    /// Shifted away on purpose (zonal shift).
    pub shifted_away: bool,
}

/// One word for all three.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// Every source that spoke says healthy.
    Healthy,
    /// On its way: pending, initial, initializing.
    Starting,
    /// Being taken out: draining, terminating.
    Leaving,
    /// A source says unhealthy.
    Unhealthy,
    /// Not judged: no source spoke, or in a word we do not know.
    Unknown,
}

impl Health {
    /// Sums the sources up: the worst word that was said.
    pub fn verdict(&self) -> Verdict {
        let targets = self.targets.iter().map(TargetHealth::verdict);
        let said = self.ec2_verdict().into_iter().chain(self.group_verdict()).chain(targets);
        worst(said).unwrap_or(Verdict::Unknown)
    }

    /// EC2's word; `None` where it has not spoken.
    pub fn ec2_verdict(&self) -> Option<Verdict> {
        let of = |word: &Text| match word.raw() {
            "ok" | "not-applicable" => Verdict::Healthy,
            "initializing" => Verdict::Starting,
            "impaired" => Verdict::Unhealthy,
            _ => Verdict::Unknown,
        };
        let status = self.ec2.as_ref()?;
        worst([of(&status.system), of(&status.instance)])
    }

    /// The group's word; `None` where it is in no group.
    pub fn group_verdict(&self) -> Option<Verdict> {
        self.group.as_ref().map(|word| match word.raw() {
            "Healthy" | "HEALTHY" => Verdict::Healthy,
            "Unhealthy" | "UNHEALTHY" => Verdict::Unhealthy,
            _ => Verdict::Unknown,
        })
    }
}

/// Unknown sorts last, yet one known "unhealthy" says more than an unknown beside it.
fn worst(said: impl IntoIterator<Item = Verdict>) -> Option<Verdict> {
    said.into_iter().max_by_key(|&verdict| (verdict == Verdict::Unhealthy, verdict))
}

impl TargetHealth {
    /// The target group's word as a verdict.
    pub fn verdict(&self) -> Verdict {
        match self.state {
            TargetState::Healthy => Verdict::Healthy,
            TargetState::Initial => Verdict::Starting,
            TargetState::Draining | TargetState::UnhealthyDraining => Verdict::Leaving,
            TargetState::Unhealthy => Verdict::Unhealthy,
            TargetState::Unused | TargetState::Unavailable | TargetState::Other(_) => Verdict::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_known_unhealthy_says_more_than_an_unknown_beside_it() {
        let status = |system: &str, instance: &str| {
            Some(StatusFact { system: system.into(), instance: instance.into(), events: Vec::new() })
        };
        for (ec2, group, expected) in [
            (None, None, Verdict::Unknown),
            (status("ok", "not-applicable"), Some("Healthy"), Verdict::Healthy),
            (status("ok", "initializing"), Some("Healthy"), Verdict::Starting),
            (status("insufficient-data", "ok"), Some("Healthy"), Verdict::Unknown),
            (status("insufficient-data", "impaired"), Some("Healthy"), Verdict::Unhealthy),
            (status("ok", "ok"), Some("Unhealthy"), Verdict::Unhealthy),
            (status("ok", "ok"), Some("Puzzled"), Verdict::Unknown),
        ] {
            let health = Health { ec2, group: group.map(Text::new), targets: Vec::new() };
            assert_eq!(health.verdict(), expected, "{health:?}");
        }
    }
}
