//! Words in, exit code out.
//!
//! One file a verb. Data goes to stdout, words for people to stderr; the screen is `runtime`'s.

mod apply;
mod approve;
pub mod args;
mod carry_out;
mod cockpit;
mod compare;
mod documents;
mod drift;
mod drill;
mod exit;
mod groups;
mod journal;
mod lists;
mod operations;
mod plan;
mod quarantine;
mod rebuild;
mod refresh;
mod seen;
mod session;
mod snapshot;

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Arguments, OperationsVerb, Verb};
use carry_out::Said;
use exit::{End, USAGE};
use operations::Way;
use session::Session;

/// Runs what the command line says and tells the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers; everything else is a usage error. A closed stream is nobody to tell.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
                _ => USAGE,
            };
        }
    };
    let json = arguments.verb.as_ref().is_some_and(Verb::is_json);
    match perform(arguments) {
        Ok(()) => 0,
        Err(end) => {
            if let End::Refused(refusal) = &end
                && json
            {
                let _ = documents::print(&documents::refusal(&refusal.why, &refusal.remedy));
            }
            let sentence = end.to_string();
            if !sentence.is_empty() {
                documents::tell(&format!("flightdeck: {sentence}"));
            }
            end.code()
        }
    }
}

fn perform(arguments: Arguments) -> Result<(), End> {
    let Arguments { global, verb } = arguments;
    // Each verb asks for as little as it needs: a broken configuration or a missing login stops only who needs it.
    let settings = || session::settings(&global);
    let open = || Session::new(&global, settings()?);
    match verb {
        None => cockpit::run(&global, settings()?),
        Some(Verb::Snapshot { json }) => snapshot::run(&open()?, json),
        Some(Verb::Drift { json, fail_on }) => drift::run(&open()?, json, fail_on),
        Some(Verb::Compare { a, b, json }) => compare::run(&open()?, &a, &b, json),
        Some(Verb::Plan { verb, json }) => plan::run(&open()?, &verb, json),
        Some(Verb::Apply { plan, confirm, reason, overrides, wait }) => {
            let said = Said { phrase: &confirm, reason: reason.as_deref(), overrides: &overrides };
            apply::run(&open()?, &plan, &said, wait)
        }
        Some(Verb::Approve { id: None, .. }) => approve::list(&open()?),
        Some(Verb::Approve { id: Some(id), confirm }) => approve::approve(&open()?, &id, confirm.as_deref()),
        Some(Verb::Operations { verb: None, json }) => operations::list(&open()?, json),
        Some(Verb::Operations { verb: Some(verb), .. } | Verb::Operation(verb)) => {
            let (way, taken) = match &verb {
                OperationsVerb::Resume { taken, confirm } => {
                    (Way::Resume { phrase: confirm.as_deref() }, taken)
                }
                OperationsVerb::Abort(taken) => (Way::Abort, taken),
                OperationsVerb::Rollback(taken) => (Way::Rollback, taken),
            };
            operations::take(&open()?, way, taken)
        }
        Some(Verb::Journal { verb, json }) => journal::run(&settings()?, verb, json),
        Some(Verb::Keys) => lists::keys(&settings()?),
        Some(Verb::Themes) => lists::themes(&settings()?),
        Some(Verb::Rules) => lists::rules(&settings()?),
        Some(Verb::Config { .. }) => lists::config_example(),
        Some(Verb::IamPolicy { role }) => lists::iam_policy(role),
    }
}
