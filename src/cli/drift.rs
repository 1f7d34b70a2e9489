//! `flightdeck drift`: findings, and an exit code that a pipeline can act on.

use jiff::Timestamp;
use serde::Serialize;

use super::documents::{self, GapDocument};
use super::exit::End;
use super::session::{self, Session};
use super::snapshot::columns;
use crate::drift::{Finding, Severity};
use crate::fleet::{ClusterId, Place, Text};

/// Schema of the document.
const SCHEMA: &str = "flightdeck.drift.v1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    observed_at: Timestamp,
    /// What counts.
    findings: Vec<&'a Finding>,
    /// What does not count until a time.
    ignored: Vec<IgnoredDocument<'a>>,
    gaps: Vec<GapDocument<'a>>,
}

#[derive(Serialize)]
struct IgnoredDocument<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    until: Timestamp,
    reason: &'a Text,
    author: &'a Text,
}

/// Observes once, judges, prints, and ends with 1 where a finding is at or above the level.
pub(super) fn run(session: &Session, json: bool, fail_on: Severity) -> Result<(), End> {
    let observed = session.observe()?;
    let observation = &observed.observation;
    let fleet = &observation.fleet;
    let selection = session.selection(&observed)?;
    let (findings, ignored): (Vec<&Finding>, Vec<&Finding>) = observation
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
        .partition(|finding| finding.ignored.is_none());
    let drifted = findings.iter().any(|finding| finding.severity >= fail_on);
    if json {
        let gaps = fleet.gaps.iter().map(GapDocument::from).collect();
        let ignored = ignored.into_iter().filter_map(ignored_document).collect();
        documents::print(&Document {
            schema: SCHEMA,
            observed_at: fleet.observed_at,
            findings,
            ignored,
            gaps,
        })
    } else {
        documents::print_text(&table(&findings, &ignored))
    }
    .map_err(session::unwritable)?;
    session::tell_gaps(fleet);
    if drifted { Err(End::Short) } else { Ok(()) }
}

fn ignored_document(finding: &Finding) -> Option<IgnoredDocument<'_>> {
    let ignore = finding.ignored.as_deref()?;
    Some(IgnoredDocument { finding, until: ignore.until, reason: &ignore.reason, author: &ignore.author })
}

/// What counts, then what does not and why.
fn table(findings: &[&Finding], ignored: &[&Finding]) -> String {
    let mut rows = vec![["SEVERITY", "RULE", "CLUSTER", "INSTANCE", "WHY"].map(String::from)];
    rows.extend(
        findings.iter().map(|finding| row(finding, finding.severity.to_string(), finding.why.clone())),
    );
    rows.extend(ignored.iter().filter_map(|finding| {
        let ignore = finding.ignored.as_deref()?;
        let why = format!("until {}: {} ({})", ignore.until, ignore.reason, ignore.author);
        Some(row(finding, "ignored".into(), why))
    }));
    let nothing = if findings.is_empty() { "no drift found\n" } else { "" };
    if rows.len() == 1 { nothing.into() } else { format!("{nothing}{}", columns(&rows)) }
}

fn row(finding: &Finding, severity: String, why: String) -> [String; 5] {
    let cluster = finding.cluster.as_ref().map_or_else(|| "–".into(), ToString::to_string);
    [severity, finding.rule.to_string(), cluster, finding.instance.to_string(), why]
}
