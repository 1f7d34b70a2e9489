//! `flightdeck compare`: two clusters held against each other, and an exit code that a pipeline can act on.
//!
//! 0 where they do not differ, 1 where they do, 2 where they would be equal but for what could not be read: unknown
//! is never counted as equal.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::documents::{self, GapDocument};
use super::exit::End;
use super::seen;
use super::session::{self, Selection, Session};
use super::snapshot::columns;
use crate::app::Subject;
use crate::drift::{Comparison, Difference, Equal, Untold, compare, labels};
use crate::fleet::{AccountId, ClusterId, ClusterName, Region};
use crate::plan::find_cluster;

/// Schema of the document.
const SCHEMA: &str = "flightdeck.compare.v1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    observed_at: Timestamp,
    a: ClusterDocument<'a>,
    b: ClusterDocument<'a>,
    differs: bool,
    differences: &'a [Difference],
    same: &'a [Equal],
    unknown: &'a [Untold],
    gaps: Vec<GapDocument<'a>>,
}

#[derive(Serialize)]
struct ClusterDocument<'a> {
    cluster: &'a ClusterName,
    account: &'a AccountId,
    region: &'a Region,
}

impl<'a> From<&'a ClusterId> for ClusterDocument<'a> {
    fn from(id: &'a ClusterId) -> Self {
        Self { cluster: &id.name, account: &id.place.account, region: &id.place.region }
    }
}

/// Observes once, compares and prints.
pub(super) fn run(session: &Session, a: &str, b: &str, json: bool) -> Result<(), End> {
    let fleet = session.look(&crate::fleet::Scope::Complete)?;
    seen::anything(&fleet)?;
    let (a, b) = (find_cluster(&fleet, a)?, find_cluster(&fleet, b)?);
    if a.id == b.id {
        return Err(End::Usage(format!(
            "{} is one cluster: name another one to compare it with, such as NAME or NAME@REGION",
            a.id.name
        )));
    }
    let found = compare(&fleet, &session.judge(&fleet), a, b);
    let both = Selection::of([a, b].map(|cluster| Subject::Cluster(cluster.id.clone())));
    let gaps: Vec<_> = seen::gaps(&fleet, &both)
        .into_iter()
        .filter(|gap| [a, b].iter().any(|one| one.id.place == gap.place))
        .collect();
    if json {
        documents::print(&Document {
            schema: SCHEMA,
            observed_at: fleet.observed_at,
            a: (&a.id).into(),
            b: (&b.id).into(),
            differs: !found.differences.is_empty(),
            differences: &found.differences,
            same: &found.same,
            unknown: &found.unknown,
            gaps: gaps.iter().copied().map(GapDocument::from).collect(),
        })
    } else {
        documents::print_text(&table(&found, &labels(&a.id, &b.id)))
    }
    .map_err(session::unwritable)?;
    session::tell_gaps(gaps);
    // A difference that was found counts, whatever else there may be.
    match (found.differences.is_empty(), found.unknown.as_slice()) {
        (false, _) => Err(End::Short),
        (true, []) => Ok(()),
        (true, unknown) => {
            let what: Vec<&str> = unknown.iter().map(|row| row.what.as_str()).collect();
            Err(End::Error(format!(
                "{} and {} do not differ in what is known, but not everything could be compared: {}",
                a.id.name,
                b.id.name,
                what.join(", ")
            )))
        }
    }
}

/// What differs, what is not known, and how much is equal.
fn table(found: &Comparison, [a, b]: &[String; 2]) -> String {
    let mut text = String::new();
    if found.differences.is_empty() {
        let known = if found.unknown.is_empty() { "" } else { " in what is known" };
        let _infallible = writeln!(text, "{a} and {b} do not differ{known}");
    } else {
        let mut rows = vec![["DIFFERS".to_owned(), a.clone(), b.clone(), "WHY".to_owned()]];
        rows.extend(found.differences.iter().map(|row| {
            [row.what.clone(), row.a.clone(), row.b.clone(), row.why.clone().unwrap_or_default()]
        }));
        if found.differences.iter().all(|row| row.why.is_none()) {
            rows[0][3].clear();
        }
        text.push_str(&columns(&rows));
    }
    if !found.unknown.is_empty() {
        let mut rows = vec![["UNKNOWN", "WHY"].map(String::from)];
        rows.extend(found.unknown.iter().map(|row| [row.what.clone(), row.why.clone()]));
        let _infallible = write!(text, "\n{}", columns(&rows));
    }
    if !found.same.is_empty() {
        let mut rows = vec![["EQUAL", "VALUE"].map(String::from)];
        rows.extend(found.same.iter().map(|row| [row.what.clone(), row.value.clone()]));
        let _infallible = write!(text, "\n{}", columns(&rows));
    }
    text
}
