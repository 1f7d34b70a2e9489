//! `flightdeck apply`: runs a saved plan, if the world is still the one it was made for.

use std::path::Path;
use std::sync::Mutex;

use super::args::WaitFor;
use super::carry_out::{Said, carry_out};
use super::exit::End;
use super::session::Session;
use crate::engine::Until;
use crate::plan::Plan;
use crate::runtime::files::read_text;

/// Reads, approves, runs, and tells how it went.
pub(super) fn run(session: &Session, file: &Path, said: &Said<'_>, wait: Option<WaitFor>) -> Result<(), End> {
    // A session that may not write says so before anything else.
    session.operator()?;
    let unreadable = |why: String| {
        End::Error(format!(
            "cannot read the plan {}: {why}; make one with `flightdeck plan … --json`",
            file.display()
        ))
    };
    let text = read_text(file)
        .map_err(|error| unreadable(error.to_string()))?
        .ok_or_else(|| unreadable("there is no such file".into()))?;
    let plan = Plan::load(&text, session.now())?;
    let journal = Mutex::new(session.journal_to_write()?);
    let approval = said.approval(session)?;
    // A cockpit makes the first look before it plans; so does this, since a cluster is found among all of them.
    session.observe()?;
    let claims = session.claims(&[plan.place()]);
    let approved = plan.approve(approval, session.now())?;
    let until = match wait {
        Some(WaitFor::Settled) => Until::Settled,
        None => Until::ReadBack,
    };
    carry_out(session, approved, &journal, &claims, until)
}
