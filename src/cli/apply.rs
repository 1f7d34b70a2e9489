//! `flightdeck apply`: runs a saved plan, if the world is still the one it was made for.

use std::path::Path;
use std::sync::Mutex;

use super::args::WaitFor;
use super::documents;
use super::exit::End;
use super::session::Session;
use crate::engine::{Helm, Ports, Until, execute};
use crate::fleet::Text;
use crate::plan::{Approval, Outcome, Plan, Progress, Refusal, Who};
use crate::runtime::files::read_text;
use crate::runtime::machine;

/// Reads, approves, runs, and tells how it went.
pub(super) fn run(
    session: &Session,
    file: &Path,
    phrase: &str,
    reason: Option<&str>,
    wait: Option<WaitFor>,
) -> Result<(), End> {
    let operator = session.operator()?;
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
    let identity = session.identity()?;
    let approval = Approval {
        phrase: phrase.into(),
        reason: reason.map(Text::new),
        overrides: Vec::new(),
        who: Who { principal: identity.arn, host: Text::new(crate::runtime::machine::host()) },
    };
    // A cockpit makes the first look before it plans; so does this, since a cluster is found among all of them.
    session.observe()?;
    let approved = plan.approve(approval, session.now())?;
    let until = match wait {
        Some(WaitFor::Settled) => Until::Settled,
        None => Until::ReadBack,
    };
    let mut last = String::new();
    let mut tell = |progress: Progress| {
        if progress.says != last {
            documents::tell(&progress.says);
            last = progress.says;
        }
    };
    let ports = Ports {
        observer: session.observer(),
        operator: operator.as_ref(),
        register: session.register(),
        journal: &journal,
        clock: session.clock(),
        helm: &Helm::default(),
        session: &machine::session(session.now()),
        claims: &[],
    };
    let outcome = session.wait(execute(approved, ports, &session.settings.plan, until, &mut tell));
    match outcome {
        Outcome::Done { says } => {
            documents::tell(&format!("done: {says}"));
            Ok(())
        }
        Outcome::Refused { why, remedy } => Err(Refusal::new(why, remedy).into()),
        Outcome::Failed { why, remedy } => {
            documents::tell(&format!("failed: {}", Refusal::new(why, remedy)));
            Err(End::Short)
        }
        Outcome::RolledBack { why, remedy } => {
            documents::tell(&format!("rolled back: {}", Refusal::new(why, remedy)));
            Err(End::Short)
        }
        Outcome::Held { why, remedy } => {
            documents::tell(&format!("held: {}", Refusal::new(why, remedy)));
            Err(End::Short)
        }
    }
}
