//! What a drill is held by, and what it showed: every look at its group is measured, and too few healthy instances end
//! it. The gates are `vigil`'s, as for every operation.

use std::sync::PoisonError;

use jiff::Timestamp;

use super::{Ports, Run, Stop};
use crate::fleet::{Fleet, GroupName, Instance, ServerGroup, Verdict};
use crate::plan::{Course, DrillReport, Event, Intent, Plan, Refusal, drill_floor};

/// The leash of a drill.
pub(super) struct Leash {
    group: GroupName,
    stop_below: Option<usize>,
    report: DrillReport,
    /// When the operation that this one resumes took something.
    acted: Option<Timestamp>,
}

impl Leash {
    /// That of a plan; `None` where it is no drill.
    pub(super) fn of(plan: &Plan, ports: Ports<'_>) -> Option<Self> {
        let journal = ports.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let history = journal.history();
        let Intent::Drill { group, stop_below, .. } = history.origin(&plan.intent) else { return None };
        let acted = match &plan.intent {
            Intent::Resume { operation, .. } => {
                history.records_of(operation).find(|record| record.event == Event::Applied)
            }
            _ => None,
        };
        Some(Self {
            group: group.clone(),
            stop_below: *stop_below,
            report: DrillReport::default(),
            acted: acted.map(|record| record.at),
        })
    }
}

impl Run<'_> {
    /// Whether it is a drill that goes ahead.
    pub(super) fn is_on_leash(&self) -> bool {
        self.leash.is_some() && self.course == Course::Ahead
    }

    /// Takes a look into account.
    pub(super) fn measure(&mut self, fleet: &Fleet) {
        let cluster = fleet.cluster(self.plan.intent.cluster());
        let Some(leash) = &mut self.leash else { return };
        let Some(group) = cluster.and_then(|cluster| cluster.group(&leash.group)) else { return };
        let Some(healthy) = healthy(group) else { return };
        let metrics = group.target_groups.iter().filter_map(|arn| {
            fleet.target_groups.get(arn)?.metrics.as_ref().and_then(|seen| seen.value.errors_5xx)
        });
        leash.report.saw(healthy, metrics.reduce(|all, one| all + one));
    }

    /// Ends a drill with too few healthy instances. `Ok(Some(why))`: how many there are is not known.
    pub(super) fn stop_rule(&self, fleet: &Fleet) -> Result<Option<String>, Stop> {
        let Some(leash) = self.leash.as_ref().filter(|_| self.is_on_leash()) else { return Ok(None) };
        let name = &leash.group;
        let cluster = fleet.cluster(self.plan.intent.cluster());
        let Some(group) = cluster.and_then(|cluster| cluster.group(name)) else {
            return Ok(Some(format!("the last look does not show {name}")));
        };
        let Some(healthy) = healthy(group) else {
            return Ok(Some(format!("how many instances of {name} are healthy is not known")));
        };
        let floor = drill_floor(group, leash.stop_below, self.policy.min_healthy(self.plan.intent.cluster()));
        if healthy >= floor {
            return Ok(None);
        }
        Err(self.turn_back(format!(
            "{healthy} instances of {name} are healthy, and the drill stops below {floor}"
        )))
    }

    /// Something is bad: it goes back, or stays where nothing leads back.
    pub(super) fn turn_back(&self, why: String) -> Stop {
        if self.leash.is_some() && self.plan.way_back().is_none() {
            let remedy =
                "nothing brings an ended instance back: follow its replacement, and mend what is bad";
            return self.stop(Refusal::new(why, remedy));
        }
        Stop::Back(why)
    }

    /// The group is whole again without what was taken from it.
    pub(super) fn is_whole_again(&mut self) {
        let (now, resumed) = (self.now(), self.leash.as_ref().and_then(|leash| leash.acted));
        let acted = resumed.or_else(|| {
            let journal = self.remembered();
            let mut records = journal.history().records_of(&self.plan.id);
            records.find(|record| record.event == Event::Applied).map(|record| record.at)
        });
        if let (Some(leash), Some(acted)) = (&mut self.leash, acted) {
            leash.report.replaced_seconds = u64::try_from(now.duration_since(acted).as_secs()).ok();
        }
    }

    /// What a drill that took something showed.
    pub(super) fn report(&self) -> Option<DrillReport> {
        self.leash.as_ref().filter(|_| self.sent).map(|leash| leash.report.clone())
    }
}

/// Healthy instances of a group in service; `None` where the health of one is not known.
fn healthy(group: &ServerGroup) -> Option<usize> {
    let in_service = |instance: &&Instance| {
        instance.membership.as_ref().is_some_and(|member| member.lifecycle.raw() == "InService")
    };
    let mut healthy = 0;
    for instance in group.instances.iter().filter(in_service) {
        match instance.health.verdict() {
            Verdict::Unknown => return None,
            Verdict::Healthy if instance.is_running() => healthy += 1,
            _ => {}
        }
    }
    Some(healthy)
}
