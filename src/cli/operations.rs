//! `flightdeck operations`: what runs, what was left half done, by whom; and the ways out of it.
//!
//! The list works wherever anything can be read. `resume`, `abort` and `rollback` make a plan of their own, show it,
//! and run it as every other plan is run.

use std::sync::Mutex;

use jiff::Timestamp;
use serde::Serialize;

use super::args::Taken;
use super::carry_out::{Said, carry_out};
use super::documents;
use super::exit::End;
use super::plan::in_words;
use super::session::{self, Session};
use super::snapshot::columns;
use crate::engine::Until;
use crate::fleet::{ClusterId, Scope};
use crate::plan::{
    Claim, DrillReport, Intent, Known, KnownState, OperationId, Plan, Refusal, WayOut, Who, nearest,
    operations, plan,
};

/// Schema of the document.
const SCHEMA: &str = "flightdeck.operations.v1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    operations: Vec<OperationDocument<'a>>,
}

#[derive(Serialize)]
struct OperationDocument<'a> {
    id: &'a OperationId,
    verb: &'a str,
    cluster: &'a crate::fleet::ClusterName,
    account: &'a crate::fleet::AccountId,
    region: &'a crate::fleet::Region,
    state: KnownState,
    step: u32,
    of: u32,
    holder: &'a Who,
    started_at: Timestamp,
    updated_at: Timestamp,
    why: std::borrow::Cow<'a, str>,
    ways_out: &'a [WayOut],
    report: Option<&'a DrillReport>,
}

impl<'a> From<&'a Known> for OperationDocument<'a> {
    fn from(known: &'a Known) -> Self {
        let ClusterId { place, name } = &known.cluster;
        Self {
            id: &known.id,
            verb: &known.verb,
            cluster: name,
            account: &place.account,
            region: &place.region,
            state: known.state,
            step: known.step,
            of: known.of,
            holder: &known.holder,
            started_at: known.started_at,
            updated_at: known.updated_at,
            why: crate::fleet::clean(&known.why),
            ways_out: &known.ways_out,
            report: known.report.as_ref(),
        }
    }
}

/// Prints what is known of operations, the newest first.
pub(super) fn list(session: &Session, json: bool) -> Result<(), End> {
    let history = session.history();
    let claims = match session.places() {
        Ok(places) => session.claims(&places),
        Err(failure) => {
            documents::tell(&format!("{failure}; only what the own journal tells is shown"));
            Vec::new()
        }
    };
    let mut known = operations(&history, &claims, session.now());
    let selected = session.row_selection()?;
    let any = !known.is_empty();
    known.retain(|one| selected.has(&one.cluster, one));
    if json {
        let operations = known.iter().map(OperationDocument::from).collect();
        documents::print(&Document { schema: SCHEMA, operations })
    } else {
        documents::print_text(&table(&known, any))
    }
    .map_err(session::unwritable)
}

/// `any`: whether one is known at all, be it one that was not asked for.
fn table(known: &[Known], any: bool) -> String {
    if known.is_empty() {
        return if any { "no operation matches\n" } else { "no operation is known\n" }.into();
    }
    let head = ["STARTED", "ID", "VERB", "CLUSTER", "STATE", "STEP", "WHO", "WAYS OUT", "WHY"];
    let mut rows = vec![head.map(String::from)];
    rows.extend(known.iter().map(|one| {
        let ways: Vec<&str> = one.ways_out.iter().map(|way| way.word()).collect();
        let or_dash = |text: String| if text.is_empty() { "–".into() } else { text };
        [
            one.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            one.id.to_string(),
            crate::fleet::clean(&one.verb).into_owned(),
            one.cluster.name.to_string(),
            one.state.word().into(),
            if one.of == 0 { one.step.to_string() } else { format!("{}/{}", one.step, one.of) },
            one.holder.principal.to_string(),
            or_dash(ways.join(" ")),
            crate::fleet::clean(&one.why).into_owned(),
        ]
    }));
    columns(&rows)
}

/// What is to be done about an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way<'a> {
    /// It goes on; the plan of that is confirmed by its phrase, without which it is only shown.
    Resume { phrase: Option<&'a str> },
    /// It goes back, because it is half done.
    Abort,
    /// It goes back, also where it is done.
    Rollback,
}

impl Way<'_> {
    fn out(self) -> WayOut {
        match self {
            Self::Resume { .. } => WayOut::Resume,
            Self::Abort => WayOut::Abort,
            Self::Rollback => WayOut::Rollback,
        }
    }
}

/// Finds the operation, plans its way out, shows it, and runs it.
pub(super) fn take(session: &Session, way: Way<'_>, taken: &Taken) -> Result<(), End> {
    session.operator()?;
    let journal = Mutex::new(session.journal_to_write()?);
    let observed = session.observe()?;
    let claims = session.claims(&observed.observation.fleet.places);
    let history = observed.history.with_claims(claims.clone());
    let known = operations(&history, &claims, session.now());
    let id = OperationId::new(&taken.id);
    let one = known.iter().find(|one| one.id == id).ok_or_else(|| unknown(&taken.id, &known))?;
    is_open(one, way, &claims)?;
    let intent = match way {
        Way::Resume { .. } => Intent::Resume { cluster: one.cluster.clone(), operation: id },
        Way::Abort | Way::Rollback => {
            Intent::Rollback { cluster: one.cluster.clone(), of: Some(id), source: None }
        }
    };
    if session.demo {
        documents::tell("each run has a simulated fleet of its own: what an earlier run wrote there is gone");
    }
    let fleet = session.look(&Scope::Cluster(one.cluster.clone()))?;
    let plan = plan(&intent, &fleet, &history, &session.settings.plan, session.now())?;
    documents::print_text(&in_words(&plan)).map_err(session::unwritable)?;
    session::tell_gaps(&fleet.gaps);
    let phrase = match way {
        Way::Resume { phrase: None } => return Err(unconfirmed(&plan, taken).into()),
        Way::Resume { phrase: Some(phrase) } => phrase.to_owned(),
        // Whoever names the operation has said which way back is meant.
        Way::Abort | Way::Rollback => plan.confirm.phrase.clone(),
    };
    let said = Said { phrase: &phrase, reason: taken.reason.as_deref(), overrides: &taken.overrides };
    let approved = plan.approve(said.approval(session)?, session.now())?;
    carry_out(session, approved, &journal, &claims, Until::ReadBack)
}

fn unknown(id: &str, known: &[Known]) -> Refusal {
    let id = crate::fleet::clean(id);
    let ids = known.iter().map(|one| one.id.to_string());
    Refusal::new(
        format!("no operation is called `{id}`"),
        if known.is_empty() { "none is known".into() } else { nearest::remedy(&id, ids, "there are") },
    )
}

/// Whether nobody runs it, and there is something to be done about it.
fn is_open(one: &Known, way: Way<'_>, claims: &[Claim]) -> Result<(), Refusal> {
    let held = claims.iter().find(|claim| claim.cluster == one.cluster && claim.is_alive());
    if let Some(claim) = held {
        return Err(Refusal::new(
            format!(
                "{} on {} runs {} {} since {:.0}: step {} of {}, {}",
                claim.who.principal,
                claim.who.host,
                claim.verb,
                claim.operation,
                claim.since,
                claim.step,
                claim.of,
                claim.says
            ),
            "steer it there; once its lease was not renewed for 60 s it can be taken over",
        ));
    }
    // Whoever writes the journal here and finds no lease knows that nobody runs it.
    if one.state != KnownState::Running && !one.offers(way.out()) {
        return Err(Refusal::new(
            format!(
                "there is nothing to {} in {}: it is {}, {}",
                way.out().word(),
                one.id,
                one.state.word(),
                one.why
            ),
            "look at the cluster and make a new plan",
        ));
    }
    Ok(())
}

fn unconfirmed(plan: &Plan, taken: &Taken) -> Refusal {
    let phrase = &plan.confirm.phrase;
    Refusal::new(
        "nothing was sent: a resumed operation is confirmed by the phrase of its plan",
        format!("flightdeck resume {} --confirm '{phrase}'", crate::fleet::clean(&taken.id)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::read_at;
    use crate::plan::tests::{orders, shift};
    use crate::plan::{History, Hold, Policy, SessionId, Stand};

    /// What bob's cockpit says of a shift of orders, and what is known from it alone.
    fn claimed(stand: Stand, hold: Hold) -> (Known, Vec<Claim>) {
        let fleet = orders(90, 10).world.fleet();
        let plan = plan(&shift(25), &fleet, &History::default(), &Policy::default(), read_at()).unwrap();
        let claim = Claim {
            cluster: plan.intent.cluster().clone(),
            epoch: 1,
            who: Who { principal: "arn:aws:iam::1:user/bob".into(), host: "desk".into() },
            session: SessionId::new("s-1"),
            operation: plan.id.clone(),
            verb: plan.verb.clone(),
            step: 1,
            of: 2,
            stand,
            says: "baking".into(),
            since: read_at(),
            updated_at: read_at(),
            hold,
            plan: Some(Box::new(plan)),
        };
        let known = operations(&History::default(), std::slice::from_ref(&claim), read_at());
        (known[0].clone(), vec![claim])
    }

    #[test]
    fn an_empty_list_says_whether_there_is_nothing_or_nothing_was_asked_for() {
        assert_eq!(table(&[], false), "no operation is known\n");
        assert_eq!(table(&[], true), "no operation matches\n");
    }

    #[test]
    fn what_a_live_lease_holds_is_refused_with_who_since_when_and_the_step() {
        let (known, claims) = claimed(Stand::Running, Hold::Alive { until: read_at() });
        for way in [Way::Resume { phrase: None }, Way::Abort, Way::Rollback] {
            let refusal = is_open(&known, way, &claims).unwrap_err();
            let says = format!("runs shift {} since {:.0}: step 1 of 2, baking", known.id, read_at());
            assert!(refusal.why.contains("user/bob on desk") && refusal.why.contains(&says), "{refusal}");
        }
    }

    #[test]
    fn what_was_left_half_done_is_open_to_whoever_comes() {
        for (stand, hold) in [(Stand::Running, Hold::Lapsed), (Stand::Held, Hold::Released)] {
            let (known, claims) = claimed(stand, hold);
            for way in [Way::Resume { phrase: None }, Way::Abort, Way::Rollback] {
                assert_eq!(is_open(&known, way, &claims), Ok(()));
            }
        }
    }

    #[test]
    fn what_a_later_change_went_over_has_no_way_out_here_either() {
        for hold in [Hold::Lapsed, Hold::Released] {
            let (mut known, claims) = claimed(Stand::Held, hold);
            known.ways_out.clear();
            for way in [Way::Resume { phrase: None }, Way::Abort, Way::Rollback] {
                let refusal = is_open(&known, way, &claims).unwrap_err();
                assert!(refusal.why.contains(&format!("nothing to {}", way.out().word())), "{refusal}");
            }
        }
    }

    #[test]
    fn what_is_over_is_neither_resumed_nor_aborted() {
        for (stand, undone) in [(Stand::Done, true), (Stand::Failed, false), (Stand::RolledBack, false)] {
            let (known, claims) = claimed(stand, Hold::Released);
            assert!(is_open(&known, Way::Resume { phrase: None }, &claims).is_err());
            assert!(is_open(&known, Way::Abort, &claims).is_err());
            assert_eq!(is_open(&known, Way::Rollback, &claims).is_ok(), undone, "{stand:?}");
        }
    }
}
