//! Instances replaced in batches, and launched first: the group never has less than its plan says, nobody else is
//! touched, and wherever a run is cut off or goes wrong it ends at the plan, at the state before, or held.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::site::{Home, Side, Site};
use crate::fleet::{InstanceId, ServerGroup};
use crate::plan::{
    Batches, Call, Intent, KnownState, OperationId, Outcome, Plan, Resource, Steer, operations,
};
use crate::provider::demo::{Fate, Options};
use crate::provider::{Clock as _, FailureKind};

const GROUP: &str = "orders-blue";

/// Until a lease has lapsed.
const LAPSED: Duration = Duration::from_secs(61);

/// Until what a call began has ended by itself.
const CALM: Duration = Duration::from_hours(1);

/// More points than such a run has.
const MOST: usize = 4_000;

fn group(site: &Site) -> Arc<ServerGroup> {
    let fleet = site.fleet();
    Arc::clone(fleet.cluster(&site.cluster).unwrap().group(&GROUP.into()).unwrap())
}

fn members(site: &Site) -> BTreeSet<InstanceId> {
    group(site).instances.iter().map(|instance| instance.id.clone()).collect()
}

fn sizes(site: &Site) -> (i32, i32, i32) {
    let group = group(site);
    (group.min, group.desired, group.max)
}

fn replace(site: &Site, count: usize, batches: Batches) -> Intent {
    let instances = members(site).into_iter().take(count).collect();
    Intent::Replace { cluster: site.cluster.clone(), group: GROUP.into(), instances, batches }
}

fn chosen(plan: &Plan) -> Vec<InstanceId> {
    let Intent::Replace { instances, .. } = &plan.intent else { panic!("{:?}", plan.intent) };
    instances.clone()
}

/// A calm fleet in which the group has enough instances that some may be chosen.
fn calm() -> Site {
    Site::of("orders", Options { lively: false, instances: 72, ..Options::default() })
}

/// A site whose group may not grow: what is launched first takes a larger largest size.
fn tight() -> Site {
    let site = calm();
    let desired = group(&site).desired;
    let intent = Intent::Scale {
        cluster: site.cluster.clone(),
        group: GROUP.into(),
        desired,
        min: None,
        max: Some(desired),
    };
    let outcome = site.run(&Home::new("eve"), &intent);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    site.clock.pass(LAPSED);
    site
}

/// The chosen are gone, each was ended once, and everybody else is there.
fn assert_replaced(site: &Site, plan: &Plan, before: &BTreeSet<InstanceId>, about: &str) {
    let (after, chosen) = (members(site), chosen(plan));
    assert!(chosen.iter().all(|id| !after.contains(id)), "{about}: {after:?}");
    assert!(before.iter().filter(|id| !chosen.contains(id)).all(|id| after.contains(id)), "{about}");
    assert_eq!(after.len(), before.len(), "{about}");
    for id in &chosen {
        let sent = site.demo.sent();
        let ends =
            sent.iter().filter(|sent| sent.applied && sent.call.resource() == Resource::Instance(id.clone()));
        assert_eq!(ends.count(), 1, "{about}: {id}");
    }
}

#[test]
fn a_batch_is_ended_together_and_the_next_waits_for_all_of_it() {
    let (site, home) = (calm(), Home::new("ann"));
    let before = members(&site);
    let plan = site.plan(&home, &replace(&site, 4, Batches { at_once: 2, launch_first: false })).unwrap();
    site.keep(&GROUP.into(), plan.reach.lowest_healthy.unwrap());
    let approved = site.approve(&home, plan.clone(), &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_replaced(&site, &plan, &before, "");
    let sent: Vec<_> = site.demo.sent().iter().map(|sent| sent.at).collect();
    let apart = |n: usize| sent[n].duration_since(sent[n - 1]).as_secs();
    assert!(apart(1) < 30 && apart(2) > 60 && apart(3) < 30, "{sent:?}");
    site.assert_never_below_the_floor();
}

#[test]
fn what_is_launched_first_keeps_the_group_whole_and_its_sizes_come_back() {
    let (site, home) = (tight(), Home::new("ann"));
    let (before, bounds) = (members(&site), sizes(&site));
    let plan = site.plan(&home, &replace(&site, 3, Batches { at_once: 2, launch_first: true })).unwrap();
    assert_eq!(plan.reach.lowest_healthy, Some(before.len()));
    site.keep(&GROUP.into(), before.len());
    let approved = site.approve(&home, plan.clone(), &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_replaced(&site, &plan, &before, "");
    assert_eq!(sizes(&site), bounds);
    site.assert_never_below_the_floor();
}

/// How an operation stands, as the next cockpit finds it.
fn stands(site: &Site, home: &Home, id: &OperationId) -> Option<KnownState> {
    let history = site.history(home);
    let known = operations(&history, history.claims(), site.clock.now());
    known.into_iter().find(|known| known.id == *id).map(|known| known.state)
}

/// Cuts a run off at one point and lets somebody take it over. Tells whether there was anything to cut.
fn killed(nth: usize, cut: Side, own: bool) -> bool {
    let about = format!("cut off {cut:?} {nth}");
    let (site, first) = (tight(), Home::new("ann"));
    let (before, bounds) = (members(&site), sizes(&site));
    let plan = site.plan(&first, &replace(&site, 2, Batches { at_once: 1, launch_first: true })).unwrap();
    let (id, approved) = (plan.id.clone(), site.approve(&first, plan.clone(), &[]));
    let sent_before = site.demo.sent().len();
    if site.cut_off(&first, approved, nth, cut).is_some() {
        return false;
    }
    site.clock.pass(LAPSED);
    let second = if own { Home::with("ann", first.paper.clone()) } else { Home::new("ben") };
    let resume = Intent::Resume { cluster: site.cluster.clone(), operation: id.clone() };
    match (stands(&site, &second, &id), site.plan(&second, &resume)) {
        (None | Some(KnownState::Failed), _) => {
            assert_eq!(site.demo.sent().len(), sent_before, "{about}: what nobody finds has changed nothing");
        }
        (Some(KnownState::Done), _) => {
            site.clock.pass(CALM);
            assert_replaced(&site, &plan, &before, &about);
        }
        (Some(_), Ok(again)) => {
            let approved = site.approve(&second, again, &[]);
            let outcome = site.execute(&second, approved).unwrap();
            assert!(matches!(outcome, Outcome::Done { .. }), "{about}: {outcome:?}");
            assert_replaced(&site, &plan, &before, &about);
            assert_eq!(sizes(&site), bounds, "{about}");
        }
        (Some(_), Err(refusal)) => {
            let untouched = site.demo.sent().len() == sent_before;
            assert!(untouched || refusal.why.contains("nothing left to do"), "{about}: {refusal}");
            if !untouched {
                site.clock.pass(CALM);
                assert_replaced(&site, &plan, &before, &about);
                assert_eq!(sizes(&site), bounds, "{about}");
            }
        }
    }
    true
}

#[test]
fn killed_anywhere_it_is_taken_over_and_nobody_is_ended_twice() {
    let points = (0..MOST).take_while(|nth| killed(*nth, Side::After, nth % 2 == 0)).count();
    assert!(points > 20 && points < MOST, "{points} points");
    let points = (0..MOST).take_while(|nth| killed(*nth, Side::Before, nth % 2 == 1)).count();
    assert!(points > 20 && points < MOST, "{points} points");
}

#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    instances: usize,
    count: usize,
    batches: Batches,
    fates: Vec<Fate>,
    order: Option<(u64, Steer)>,
    cut: Option<(usize, bool)>,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Well),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Unanswered),
        1 => Just(Fate::Refused(FailureKind::Throttled)),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let asked = (0..1_000_u64, 36..96_usize, 1..5_usize, 1..4_usize, any::<bool>());
    let steer = prop_oneof![Just(Steer::Hold), Just(Steer::Abort)];
    let wrong = (
        prop::collection::vec(fate(), 0..6),
        prop::option::of((0..1_500_u64, steer)),
        prop::option::of((0..80_usize, any::<bool>())),
    );
    (asked, wrong).prop_map(|((seed, instances, count, at_once, launch_first), (fates, order, cut))| Case {
        seed,
        instances,
        count,
        batches: Batches { at_once, launch_first },
        fates,
        order,
        cut,
    })
}

fn holds(case: &Case) -> Result<(), TestCaseError> {
    let options = Options { seed: case.seed, instances: case.instances, lively: false };
    let (site, home) = (Site::of("orders", options), Home::new("ann"));
    let (before, bounds) = (members(&site), sizes(&site));
    let Ok(plan) = site.plan(&home, &replace(&site, case.count, case.batches)) else { return Ok(()) };
    if plan.is_blocked() {
        return Ok(());
    }
    // An abort leaves it to AWS who ends; half of the group is kept whatever comes.
    site.keep(&GROUP.into(), before.len().div_ceil(2));
    site.demo.weather(|weather| weather.changes.extend(case.fates.clone()));
    if let Some((at, steer)) = case.order {
        let helm = Arc::clone(&home.helm);
        site.after(at, move || helm.order(steer));
    }
    let approved = site.approve(&home, plan.clone(), &[]);
    let mut ended = match case.cut {
        Some((nth, after)) => {
            site.cut_off(&home, approved, nth, if after { Side::After } else { Side::Before })
        }
        None => site.execute(&home, approved),
    };
    let mut is_taken_over = false;
    if ended.is_none() {
        site.clock.pass(LAPSED);
        let next = Home::new("ben");
        let intent = Intent::Resume { cluster: site.cluster.clone(), operation: plan.id.clone() };
        // A refusal, or a guard that blocks, leaves it where it is.
        let again = site.plan(&next, &intent).ok().filter(|again| !again.is_blocked());
        is_taken_over = again.is_some();
        ended = again.and_then(|again| {
            let approved = site.approve(&next, again, &[]);
            site.execute(&next, approved)
        });
    }
    let chosen = chosen(&plan);
    for sent in site.demo.sent() {
        let in_scope = match sent.call.resource() {
            Resource::Instance(id) => chosen.contains(&id),
            Resource::Group(name) => name == GROUP.into(),
            _ => false,
        };
        prop_assert!(in_scope, "{sent:?}");
        let ends = matches!(sent.call, Call::TerminateInstanceInAutoScalingGroup(_));
        prop_assert!(ends || case.batches.launch_first || plan.way_back().is_some(), "{sent:?}");
    }
    match ended {
        Some(Outcome::Done { .. }) => {
            assert_replaced(&site, &plan, &before, "done");
            prop_assert_eq!(sizes(&site), bounds);
        }
        Some(Outcome::Refused { .. } | Outcome::Failed { .. }) if !is_taken_over => {
            prop_assert_eq!((members(&site), sizes(&site)), (before, bounds));
        }
        Some(Outcome::RolledBack { .. }) => prop_assert_eq!(sizes(&site), bounds),
        Some(Outcome::Held { why, remedy }) => prop_assert!(!why.is_empty() && !remedy.is_empty()),
        _ => {}
    }
    site.assert_never_below_the_floor();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_ends_at_the_plan_at_the_state_before_or_held_and_the_group_keeps_its_half(case in case()) {
        holds(&case)?;
    }
}
