//! `flightdeck drift`: findings, and an exit code that a pipeline can act on.

use jiff::Timestamp;
use serde::Serialize;

use super::documents::{self, GapDocument};
use super::exit::End;
use super::seen;
use super::session::{self, Session};
use super::snapshot::{NO_MATCH, columns};
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
    let gaps = seen::gaps(fleet, &selection);
    let drifted = findings.iter().any(|finding| finding.severity >= fail_on);
    if json {
        let gaps = gaps.iter().copied().map(GapDocument::from).collect();
        let ignored = ignored.into_iter().filter_map(ignored_document).collect();
        documents::print(&Document {
            schema: SCHEMA,
            observed_at: fleet.observed_at,
            findings,
            ignored,
            gaps,
        })
    } else if selection.is_empty() {
        documents::print_text(NO_MATCH)
    } else {
        documents::print_text(&table(&findings, &ignored, seen::is_partial(fleet)))
    }
    .map_err(session::unwritable)?;
    session::tell_gaps(gaps);
    // Drift that was found counts, whatever else there may be.
    if drifted { Err(End::Short) } else { seen::everywhere(fleet) }
}

fn ignored_document(finding: &Finding) -> Option<IgnoredDocument<'_>> {
    let ignore = finding.ignored.as_deref()?;
    Some(IgnoredDocument { finding, until: ignore.until, reason: &ignore.reason, author: &ignore.author })
}

/// What counts, then what does not and why.
fn table(findings: &[&Finding], ignored: &[&Finding], partial: bool) -> String {
    let mut rows = vec![["SEVERITY", "RULE", "CLUSTER", "INSTANCE", "WHY"].map(String::from)];
    rows.extend(
        findings.iter().map(|finding| row(finding, finding.severity.to_string(), finding.why.clone())),
    );
    rows.extend(ignored.iter().filter_map(|finding| {
        let ignore = finding.ignored.as_deref()?;
        let why = format!("until {}: {} ({})", ignore.until, ignore.reason, ignore.author);
        Some(row(finding, "ignored".into(), why))
    }));
    let nothing = match (findings.is_empty(), partial) {
        (false, _) => "",
        (true, false) => "no drift found\n",
        (true, true) => "nothing is known to have drifted, but not everything could be read\n",
    };
    if rows.len() == 1 { nothing.into() } else { format!("{nothing}{}", columns(&rows)) }
}

fn row(finding: &Finding, severity: String, why: String) -> [String; 5] {
    let cluster = finding.cluster.as_ref().map_or_else(|| "–".into(), ToString::to_string);
    [severity, finding.rule.to_string(), cluster, finding.instance.to_string(), why]
}
