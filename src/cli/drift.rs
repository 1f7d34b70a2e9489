//! `flightdeck drift`: findings, and an exit code that a pipeline can act on.

use jiff::Timestamp;
use serde::Serialize;

use super::documents::{self, GapDocument};
use super::exit::End;
use super::session::{self, Session};
use super::snapshot::columns;
use crate::drift::{Finding, Severity};
use crate::fleet::{ClusterId, Place};

/// Schema of the document.
const SCHEMA: &str = "flightdeck.drift.v1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    observed_at: Timestamp,
    findings: Vec<&'a Finding>,
    gaps: Vec<GapDocument<'a>>,
}

/// Observes once, judges, prints, and ends with 1 where a finding is at or above the level.
pub(super) fn run(session: &Session, json: bool, fail_on: Severity) -> Result<(), End> {
    let observed = session.observe()?;
    let observation = &observed.observation;
    let fleet = &observation.fleet;
    let selection = session.selection(&observed)?;
    let findings: Vec<&Finding> = observation
        .judgement
        .findings
        .iter()
        .filter(|finding| {
            let place = Place { account: finding.account.clone(), region: finding.region.clone() };
            match &finding.cluster {
                Some(name) => selection.has(&ClusterId { place, name: name.clone() }),
                None => selection.has_ungrouped(&place),
            }
        })
        .collect();
    let drifted = findings.iter().any(|finding| finding.severity >= fail_on);
    if json {
        let gaps = fleet.gaps.iter().map(GapDocument::from).collect();
        documents::print(&Document { schema: SCHEMA, observed_at: fleet.observed_at, findings, gaps })
    } else {
        documents::print_text(&table(&findings))
    }
    .map_err(session::unwritable)?;
    session::tell_gaps(fleet);
    if drifted { Err(End::Short) } else { Ok(()) }
}

fn table(findings: &[&Finding]) -> String {
    if findings.is_empty() {
        return "no drift found\n".into();
    }
    let mut rows = vec![["SEVERITY", "RULE", "CLUSTER", "INSTANCE", "WHY"].map(String::from)];
    rows.extend(findings.iter().map(|finding| {
        [
            finding.severity.to_string(),
            finding.rule.to_string(),
            finding.cluster.as_ref().map_or_else(|| "–".into(), ToString::to_string),
            finding.instance.to_string(),
            finding.why.clone(),
        ]
    }));
    columns(&rows)
}
