//! A run that is cut off before or after anything it writes or sends: whoever comes next, with the first journal or an
//! empty one, finds it and brings it to its end or back to where it was.

use std::time::Duration;

use super::site::{Home, Side, Site, steps};
use crate::plan::{ApprovedPlan, Intent, Known, KnownState, OperationId, Outcome, operations};

/// Ten steps, and so ten calls.
const SHARES: [u8; 10] = [15, 20, 30, 40, 50, 60, 70, 80, 90, 100];

/// More points than such a run has.
const MOST: usize = 1000;

/// Until a lease has lapsed.
const LAPSED: Duration = Duration::from_secs(61);

/// Who comes after the crash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    /// The same cockpit, started again.
    FirstJournal,
    /// A colleague on another machine.
    EmptyHome,
}

/// What is done about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Resume,
    Rollback,
}

fn begun(site: &Site, home: &Home) -> ApprovedPlan {
    let plan = site.plan(home, &site.to(100, Some(steps(&SHARES, 1)))).unwrap();
    site.approve(home, plan, &[])
}

/// The operation as the next cockpit finds it.
fn found(site: &Site, home: &Home, id: &OperationId) -> Option<Known> {
    let history = site.history(home);
    operations(&history, history.claims(), now_of(site)).into_iter().find(|known| known.id == *id)
}

fn now_of(site: &Site) -> jiff::Timestamp {
    use crate::provider::Clock as _;
    site.clock.now()
}

/// Cuts a run off at one point and lets somebody finish it. Tells whether there was anything to cut.
fn crash(nth: usize, cut: Side, next: Next, way: Way) -> bool {
    let about = format!("cut off {cut:?} {nth}, then {next:?} to {way:?}");
    let site = Site::new();
    let first = Home::new("ann");
    let approved = begun(&site, &first);
    let id = approved.plan().id.clone();
    let on_the_way: Vec<Vec<u32>> = approved
        .plan()
        .steps
        .iter()
        .filter_map(|step| step.call.as_ref())
        .map(|call| call.actions().iter().flat_map(crate::fleet::Action::weights).map(|(_, w)| w).collect())
        .collect();
    if let Some(outcome) = site.cut_off(&first, approved, nth, cut) {
        // The end was told before the last thing that it wrote.
        assert!(first.fuse.touched() <= nth, "{about}: {outcome:?}");
        return false;
    }
    site.clock.pass(LAPSED);
    let left = site.weights();
    assert!(left == [90, 10] || on_the_way.contains(&left), "{about}: {left:?}");

    let second = match next {
        Next::FirstJournal => Home::with("ann", first.paper.clone()),
        Next::EmptyHome => Home::new("ben"),
    };
    let intent = match (found(&site, &second, &id), way) {
        (Some(known), _) if matches!(known.state, KnownState::Done | KnownState::Failed) => {
            // It came to its end, and was cut off while it said so.
            let end =
                if known.state == KnownState::Done { on_the_way.last().unwrap() } else { &vec![90, 10] };
            assert_eq!(left, *end, "{about}");
            return true;
        }
        (None, _) => {
            assert_eq!(left, [90, 10], "{about}: what nobody finds has changed nothing");
            return true;
        }
        (Some(_), Way::Resume) => Intent::Resume { cluster: site.cluster.clone(), operation: id.clone() },
        (Some(_), Way::Rollback) => {
            Intent::Rollback { cluster: site.cluster.clone(), of: Some(id.clone()), source: None }
        }
    };
    let plan = match site.plan(&second, &intent) {
        Ok(plan) => plan,
        Err(refusal) => {
            // Cut off before its plan was laid down, or before its first call: there is nothing to go on with, or back.
            assert_eq!(left, [90, 10], "{about}: {refusal}");
            assert!(way == Way::Rollback || nth < 3, "{about}: {refusal}");
            return true;
        }
    };
    let approved = site.approve(&second, plan, &[]);
    let outcome = site.execute(&second, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{about}: {outcome:?}");
    let end = if way == Way::Resume { on_the_way.last().unwrap() } else { &vec![90, 10] };
    assert_eq!(site.weights(), *end, "{about}");
    let known = found(&site, &second, &id).map(|known| known.state);
    assert!(
        !matches!(known, Some(KnownState::Abandoned | KnownState::Running)),
        "{about}: it is {known:?} still"
    );
    site.assert_never_below_the_floor();
    true
}

/// Every point of one side. What is there before a write is what was there after the one before it, so that between
/// them the four matrices below leave nothing out.
fn matrix(cut: Side, next: Next, way: Way) {
    let points = (0..MOST).take_while(|nth| crash(*nth, cut, next, way)).count();
    assert!(points > 5 * SHARES.len() && points < MOST, "{points} points");
}

#[test]
fn cut_off_anywhere_it_is_resumed_by_its_own_cockpit() {
    matrix(Side::After, Next::FirstJournal, Way::Resume);
}

#[test]
fn cut_off_anywhere_it_is_adopted_by_a_colleague_with_an_empty_home() {
    matrix(Side::Before, Next::EmptyHome, Way::Resume);
}

#[test]
fn cut_off_anywhere_it_is_rolled_back_by_its_own_cockpit() {
    matrix(Side::Before, Next::FirstJournal, Way::Rollback);
}

#[test]
fn cut_off_anywhere_it_is_rolled_back_by_a_colleague_with_an_empty_home() {
    matrix(Side::After, Next::EmptyHome, Way::Rollback);
}
