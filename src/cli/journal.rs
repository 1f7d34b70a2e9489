//! `flightdeck journal`: everything that was done, by whom; and whether the chain of hashes holds.

use jiff::Timestamp;
use serde::Serialize;

use super::args::JournalVerb;
use super::documents;
use super::exit::End;
use super::session;
use super::snapshot::columns;
use crate::app::words;
use crate::config::Settings;
use crate::engine::Journal;
use crate::fleet::Text;
use crate::plan::{Call, DrillReport, Event, OperationId, Record, State, Who};

/// Schema of the document.
const SCHEMA: &str = "flightdeck.journal.v1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    records: Vec<RecordDocument<'a>>,
}

#[derive(Serialize)]
struct RecordDocument<'a> {
    at: Timestamp,
    operation: &'a OperationId,
    event: Event,
    verb: &'a str,
    cluster: &'a crate::fleet::ClusterId,
    step: u32,
    of: u32,
    digest: &'a str,
    epoch: Option<u64>,
    overrides: &'a [String],
    who: &'a Who,
    why: Option<&'a Text>,
    call: Option<&'a Call>,
    request_id: Option<&'a Text>,
    before: Option<&'a State>,
    after: Option<&'a State>,
    result: Option<&'a str>,
    report: Option<&'a DrillReport>,
}

impl<'a> From<&'a Record> for RecordDocument<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            at: record.at,
            operation: &record.operation,
            event: record.event,
            verb: &record.verb,
            cluster: &record.cluster,
            step: record.step,
            of: record.of,
            digest: &record.digest,
            epoch: record.epoch,
            overrides: &record.overrides,
            who: &record.who,
            why: record.why.as_ref(),
            call: record.call.as_ref(),
            request_id: record.request_id.as_ref(),
            before: record.before.as_ref(),
            after: record.after.as_ref(),
            result: record.result.as_deref(),
            report: record.report.as_ref(),
        }
    }
}

/// Prints the journal, or checks it.
pub(super) fn run(settings: &Settings, verb: Option<JournalVerb>, json: bool) -> Result<(), End> {
    let journal = session::journal_to_read(settings)?;
    if verb == Some(JournalVerb::Verify) {
        return verify(&journal);
    }
    let selection = session::row_selection(settings)?;
    let records = journal.history().records().iter().map(AsRef::as_ref);
    let any = !journal.history().records().is_empty();
    let records: Vec<&Record> = records.filter(|record| selection.has(&record.cluster, *record)).collect();
    if json {
        let records = records.into_iter().map(RecordDocument::from).collect();
        documents::print(&Document { schema: SCHEMA, records })
    } else {
        documents::print_text(&table(&records, any))
    }
    .map_err(session::unwritable)?;
    session::tell_damage(&journal);
    Ok(())
}

fn verify(journal: &Journal) -> Result<(), End> {
    session::tell_damage(journal);
    if journal.damage().is_empty() {
        let records = words::count(journal.history().records().len(), "record");
        documents::print_text(&format!("{records}, every hash fits\n")).map_err(session::unwritable)
    } else {
        let records = words::count(journal.damage().len(), "record");
        Err(End::Error(format!("{records} cannot be trusted")))
    }
}

/// `any`: whether there are records at all, be it ones that were not asked for.
fn table(records: &[&Record], any: bool) -> String {
    if records.is_empty() {
        return if any { "no record matches\n" } else { "nothing was done yet\n" }.into();
    }
    let mut rows = vec![["AT", "OPERATION", "VERB", "CLUSTER", "EVENT", "WHO", "RESULT"].map(String::from)];
    rows.extend(records.iter().map(|record| {
        [
            record.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            record.operation.to_string(),
            record.verb.clone(),
            record.cluster.name.to_string(),
            record.event.word().into(),
            record.who.principal.to_string(),
            record
                .result
                .as_deref()
                .map(|result| crate::fleet::clean(result).into_owned())
                .unwrap_or_default(),
        ]
    }));
    columns(&rows)
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn an_empty_list_says_whether_there_is_nothing_or_nothing_was_asked_for() {
        assert_eq!(table(&[], false), "nothing was done yet\n");
        assert_eq!(table(&[], true), "no record matches\n");
    }
}
