//! `flightdeck approve [ID]`: the second pair of eyes. Without an id it lists what waits for somebody.
//!
//! The plan is shown as its author saw it; the yes is to its digest. What then runs is the author's `apply` or
//! cockpit, which waits for it.

use super::carry_out::Said;
use super::documents;
use super::exit::End;
use super::plan::in_words;
use super::session::{self, Session};
use super::snapshot::columns;
use crate::app::words;
use crate::engine::Desk;
use crate::engine::second;
use crate::fleet::Place;
use crate::plan::{Asked, OperationId, Refusal, nearest};
use crate::provider::Failure;

/// Lists the plans that wait for a second person.
pub(super) fn list(session: &Session) -> Result<(), End> {
    let waiting = waiting(session)?;
    if waiting.is_empty() {
        return documents::print_text("no plan waits for a second person\n").map_err(session::unwritable);
    }
    let mut rows = vec![["ASKED", "ID", "VERB", "CLUSTER", "BY", "WHY", "UNTIL"].map(String::from)];
    rows.extend(waiting.iter().map(|asked| {
        [
            asked.asked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            asked.plan.id.to_string(),
            asked.plan.verb.clone(),
            asked.plan.cluster.to_string(),
            asked.who.principal.to_string(),
            Some(asked.because()).filter(|why| !why.is_empty()).unwrap_or_else(|| "–".into()),
            asked.until().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ]
    }));
    documents::print_text(&columns(&rows)).map_err(session::unwritable)
}

/// Shows a plan of somebody else and, with its phrase, says yes to it.
pub(super) fn approve(session: &Session, id: &str, phrase: Option<&str>) -> Result<(), End> {
    session.operator()?;
    let waiting = waiting(session)?;
    let wanted = OperationId::new(id);
    let asked = waiting.iter().find(|asked| asked.plan.id == wanted).ok_or_else(|| unknown(id, &waiting))?;
    documents::print_text(&in_words(&asked.plan)).map_err(session::unwritable)?;
    let Some(phrase) = phrase else {
        let phrase = &asked.plan.confirm.phrase;
        return Err(Refusal::new(
            "nothing was approved: it is confirmed by the phrase of the plan",
            format!("flightdeck approve {} --confirm '{phrase}'", crate::fleet::clean(id)),
        )
        .into());
    };
    let register = session.register().ok_or_else(|| {
        Refusal::new("there is no store to approve a plan in", "run it without --read-only")
    })?;
    let desk = Desk { observer: session.observer(), register, clock: session.clock() };
    let who = Said { phrase, reason: None, overrides: &[] }.approval(session)?.who;
    session.wait(second::approve(desk, asked, &who, phrase))?;
    documents::tell(&format!(
        "approved: it runs as soon as the flightdeck of {}, which waits for it, sees this",
        words::person(&asked.who)
    ));
    Ok(())
}

fn waiting(session: &Session) -> Result<Vec<Asked>, End> {
    let places = session.places()?;
    let read = places
        .iter()
        .map(|place| (place, session.wait(second::read_asked(session.observer(), place, session.now()))));
    Ok(unapproved(read.collect())?)
}

/// The plans that nobody approved yet. Where a place cannot be read, that is told, and the others count.
fn unapproved(read: Vec<(&Place, Result<Vec<Asked>, Failure>)>) -> Result<Vec<Asked>, Failure> {
    let mut waiting = Vec::new();
    let (mut any, mut last) = (false, None);
    for (place, asked) in read {
        match asked {
            Ok(asked) => {
                any = true;
                waiting.extend(asked.into_iter().filter(|asked| asked.approved_by.is_none()));
            }
            Err(failure) => {
                documents::tell(&format!("what waits in {place} is not known: {failure}"));
                last = Some(failure);
            }
        }
    }
    match last {
        Some(failure) if !any => Err(failure),
        _ => Ok(waiting),
    }
}

fn unknown(id: &str, waiting: &[Asked]) -> Refusal {
    let ids = waiting.iter().map(|asked| asked.plan.id.to_string());
    let id = crate::fleet::clean(id);
    Refusal::new(
        format!("no plan `{id}` waits for a second person"),
        if waiting.is_empty() { "none does".into() } else { nearest::remedy(&id, ids, "there are") },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{Person, asked};
    use crate::provider::FailureKind;

    #[test]
    fn a_place_that_cannot_be_read_hides_no_other_and_what_was_approved_waits_no_more() {
        let waits = asked(&Person::new(), "ben");
        let approved = Asked { approved_by: Some(waits.who.clone()), ..waits.clone() };
        let place = waits.plan.place();
        let denied = || Failure::new(FailureKind::Denied, "read what waits", "it is denied", "");
        let read = vec![(&place, Err(denied())), (&place, Ok(vec![approved, waits.clone()]))];
        let found = unapproved(read).unwrap();
        assert_eq!(found.iter().map(|one| one.approved_by.is_none()).collect::<Vec<_>>(), [true]);
        assert!(unapproved(vec![(&place, Err(denied()))]).is_err(), "nothing is known at all");
    }
}
