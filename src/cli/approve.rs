//! `flightdeck approve [ID]`: the second pair of eyes. Without an id it lists what waits for somebody.
//!
//! The plan is shown as its author saw it; the yes is to its digest. What then runs is the author's `apply` or
//! cockpit, which waits for it.

use super::carry_out::Said;
use super::documents;
use super::exit::End;
use super::plan::words;
use super::session::{self, Session};
use super::snapshot::columns;
use crate::engine::Desk;
use crate::engine::second;
use crate::plan::{Asked, OperationId, Refusal, nearest};

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
    documents::print_text(&words(&asked.plan)).map_err(session::unwritable)?;
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
    documents::tell(&format!("approved: {} of {} runs it now", asked.plan.verb, asked.who.principal));
    Ok(())
}

fn waiting(session: &Session) -> Result<Vec<Asked>, End> {
    let mut waiting = Vec::new();
    for place in session.places()? {
        waiting.extend(session.wait(second::read_asked(session.observer(), &place, session.now()))?);
    }
    Ok(waiting)
}

fn unknown(id: &str, waiting: &[Asked]) -> Refusal {
    let ids = waiting.iter().map(|asked| asked.plan.id.to_string());
    let id = crate::fleet::clean(id);
    Refusal::new(
        format!("no plan `{id}` waits for a second person"),
        if waiting.is_empty() { "none does".into() } else { nearest::remedy(&id, ids, "there are") },
    )
}
