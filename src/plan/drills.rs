//! Hours in which drills are allowed, and what a drill showed.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::freeze::Window;
use super::verbs::duration;
use crate::fleet::ClusterId;

/// Hours in which drills of a cluster are allowed.
#[derive(Clone, PartialEq, Debug)]
pub struct DrillHours {
    /// As they were written, with the name of their time zone.
    pub written: String,
    /// Every week within these.
    pub windows: Vec<Window>,
}

impl DrillHours {
    /// Whether a drill is allowed at an instant.
    pub fn hold_at(&self, at: Timestamp) -> bool {
        self.windows.iter().any(|window| window.touches(at, at))
    }
}

/// Why no drill of a cluster is allowed that says nothing of drills.
pub fn no_drill(cluster: &ClusterId) -> Refusal {
    let name = &cluster.name;
    Refusal::new(
        format!("no drill is allowed in {name}"),
        format!(
            "write drills = {{ hours = \"Mon-Fri 10:00-16:00\", zone = \"Europe/Berlin\" }} below [[cluster]] with \
             name = \"{name}\""
        ),
    )
}

impl fmt::Display for DrillHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written)
    }
}

/// What the fleet did in a drill.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillReport {
    /// Seconds from the call that took something to the group being whole and healthy without it; `None`: it did not
    /// come to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_seconds: Option<u64>,
    /// Healthy instances of the group in service before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy_before: Option<usize>,
    /// The fewest that a look saw on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_healthy: Option<usize>,
    /// The most answers 5xx of the group's targets that one look counted, in the minutes before it: looks overlap, so
    /// they are not summed. `None`: not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_5xx_in_a_look: Option<u64>,
}

impl DrillReport {
    /// Takes a look at the group into account.
    pub fn saw(&mut self, healthy: usize, errors_5xx: Option<u64>) {
        self.healthy_before.get_or_insert(healthy);
        self.lowest_healthy = Some(self.lowest_healthy.map_or(healthy, |lowest| lowest.min(healthy)));
        self.most_5xx_in_a_look = self.most_5xx_in_a_look.max(errors_5xx);
    }

    /// In words.
    pub fn says(&self) -> String {
        let replaced = self.replaced_seconds.map_or_else(
            || "not whole again yet".into(),
            |seconds| format!("whole again after {}", duration(seconds)),
        );
        let lowest = match (self.lowest_healthy, self.healthy_before) {
            (Some(lowest), Some(before)) => format!("lowest healthy {lowest} of {before}"),
            _ => "healthy instances not seen".into(),
        };
        let errors = self
            .most_5xx_in_a_look
            .map_or_else(|| "5xx not measured".into(), |errors| format!("at most {errors} 5xx in one look"));
        format!("{replaced}, {lowest}, {errors}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_the_lowest_and_the_worst_of_all_looks() {
        let mut report = DrillReport::default();
        assert_eq!(report.says(), "not whole again yet, healthy instances not seen, 5xx not measured");
        for (healthy, errors) in [(6, None), (5, Some(3)), (6, Some(1))] {
            report.saw(healthy, errors);
        }
        report.replaced_seconds = Some(95);
        assert_eq!(
            report.says(),
            "whole again after 1 min 35 s, lowest healthy 5 of 6, at most 3 5xx in one look"
        );
    }
}
