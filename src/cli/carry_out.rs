//! Runs a plan that was approved on the command line, and tells how it goes.
//!
//! A signal that would end the program holds the operation instead, after the call that is in flight; SIGQUIT alone
//! ends it at once.

use std::sync::Mutex;

use super::documents;
use super::exit::End;
use super::session::Session;
use crate::engine::{Company, Helm, Journal, Ports, Until, execute};
use crate::fleet::Text;
use crate::plan::{Approval, ApprovedPlan, Claim, Outcome, Progress, Refusal, Steer, Who};
use crate::runtime::{machine, signals};

/// What was said on the command line to approve a plan.
pub(super) struct Said<'a> {
    pub(super) phrase: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) overrides: &'a [String],
}

impl Said<'_> {
    /// The same as an approval of whoever we are.
    pub(super) fn approval(&self, session: &Session) -> Result<Approval, End> {
        let identity = session.identity()?;
        Ok(Approval {
            phrase: self.phrase.into(),
            reason: self.reason.map(Text::new),
            overrides: self.overrides.to_vec(),
            who: Who { principal: identity.arn, host: Text::new(machine::host()) },
        })
    }
}

/// Runs an approved plan to its end, which becomes the exit code.
pub(super) fn carry_out(
    session: &Session,
    approved: ApprovedPlan,
    journal: &Mutex<Journal>,
    claims: &[Claim],
    until: Until,
) -> Result<(), End> {
    let operator = session.operator()?;
    let helm = Helm::default();
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
        journal,
        clock: session.clock(),
        helm: &helm,
        company: &Company::default(),
        session: &machine::session(session.now()),
        claims,
    };
    let id = approved.plan().id.clone();
    let run = execute(approved, ports, &session.settings.plan, until, &mut tell);
    let outcome = session.wait(signals::caught(run, |signal| {
        documents::tell(&format!("{signal}: it holds after the call in flight, and gives the lease back"));
        helm.order(Steer::Hold);
    }));
    let outcome = outcome.map_err(|error| End::Error(format!("signals cannot be caught: {error}")))?;
    match outcome {
        Outcome::Done { says } => {
            documents::tell(&format!("done: {says}"));
            Ok(())
        }
        Outcome::Refused { why, remedy } => Err(Refusal::new(why, remedy).into()),
        Outcome::Failed { why, remedy } => Err(short("failed", why, remedy)),
        Outcome::RolledBack { why, remedy } => Err(short("rolled back", why, remedy)),
        Outcome::Held { why, remedy } => {
            let end = short("held", why, remedy);
            documents::tell(&format!(
                "go on with `flightdeck resume {id}`, or back with `flightdeck rollback {id}`"
            ));
            Err(end)
        }
    }
}

fn short(end: &str, why: String, remedy: String) -> End {
    documents::tell(&format!("{end}: {}", Refusal::new(why, remedy)));
    End::Short
}
