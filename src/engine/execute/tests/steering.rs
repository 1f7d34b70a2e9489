//! A person steers what runs.

use std::sync::Arc;
use std::time::Duration;

use super::site::{Home, Site, steps};
use crate::plan::{ClusterPolicy, Course, Event, Hold, Outcome, Stand, Steer};
use crate::provider::Clock as _;

const SHARES: [u8; 3] = [25, 50, 100];

/// Runs a shift in three steps with a bake of a minute, and orders something so many seconds after it began.
fn steered(orders: &[(u64, Steer)]) -> (Site, Home, Outcome) {
    steered_on(Site::new(), orders)
}

fn steered_on(site: Site, orders: &[(u64, Steer)]) -> (Site, Home, Outcome) {
    let home = Home::new("ann");
    for (at, steer) in orders.iter().copied() {
        let helm = Arc::clone(&home.helm);
        site.after(at, move || helm.order(steer));
    }
    let outcome = site.run(&home, &site.to(100, Some(steps(&SHARES, 60))));
    site.assert_never_below_the_floor();
    (site, home, outcome)
}

#[test]
fn a_shift_in_steps_takes_one_call_each_and_watches_between_them() {
    let (site, home, outcome) = steered(&[]);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((site.weights(), site.applied()), (vec![0, 100], 3));
    let sent: Vec<i64> = site.demo.sent().iter().map(|sent| sent.at.as_second()).collect();
    assert!(sent.windows(2).all(|two| two[1] - two[0] >= 60), "{sent:?}");
    assert!(home.told.lock().unwrap().iter().any(|told| told.deadline.is_some() && told.late.is_some()));
    assert!(home.records()[0].plan.is_some(), "the plan is kept with the beginning");
    let claim = &site.claims()[0];
    assert_eq!((claim.stand, claim.hold), (Stand::Done, Hold::Released));
}

#[test]
fn abort_goes_back_at_once_and_is_told_so() {
    let (site, home, outcome) = steered(&[(70, Steer::Abort)]);
    assert!(matches!(&outcome, Outcome::RolledBack { why, .. } if why.contains("abort")), "{outcome:?}");
    assert_eq!(site.weights(), [90, 10]);
    let sent = site.demo.sent();
    let ordered = site.clock.now() - Duration::from_secs(10);
    assert!(sent.last().unwrap().at >= ordered, "it was among the last things that happened");
    assert_eq!(*home.events().last().unwrap(), Event::RolledBack);
    assert!(home.events().contains(&Event::Steered));
    assert_eq!(site.claims()[0].stand, Stand::RolledBack);
    let told = home.told.lock().unwrap();
    let (ahead, back): (Vec<_>, Vec<_>) = told.iter().partition(|told| told.course == Course::Ahead);
    let reached = ahead.iter().map(|told| told.step).max();
    assert!(!back.is_empty() && back.iter().all(|told| told.course == Course::Back), "{back:?}");
    assert!(back.iter().all(|told| Some(told.step) == reached), "the step it had come to stays: {back:?}");
}

#[test]
fn an_order_is_taken_within_a_quarter_of_a_second() {
    let (site, home, _) = steered(&[(62, Steer::Abort)]);
    let steered = home.records().iter().find(|record| record.event == Event::Steered).unwrap().at;
    let begun = home.records()[0].at;
    let late = steered.duration_since(begun).as_millis() - 62_000;
    assert!((0..=250).contains(&late), "taken after {late} ms");
    assert_eq!(site.weights(), [90, 10]);
}

#[test]
fn hold_leaves_everything_where_it_is_and_gives_the_lease_back() {
    let (site, home, outcome) = steered(&[(70, Steer::Hold)]);
    let Outcome::Held { why, remedy } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("person") && remedy.contains("resume"), "{why} {remedy}");
    assert_eq!((site.weights(), site.applied()), (vec![50, 50], 2));
    assert_eq!(*home.events().last().unwrap(), Event::Held);
    let claim = &site.claims()[0];
    assert_eq!((claim.stand, claim.hold), (Stand::Held, Hold::Released));
}

#[test]
fn what_is_stopped_before_anything_was_sent_is_refused() {
    for steer in [Steer::Abort, Steer::Hold] {
        let site = Site::new();
        let home = Home::new("ann");
        home.helm.order(steer);
        let outcome = site.run(&home, &site.to(25, None));
        let Outcome::Refused { why, .. } = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("before anything was sent"), "{why}");
        assert_eq!(site.demo.sent(), []);
    }
}

#[test]
fn step_now_ends_a_bake_and_skips_no_check_of_the_next_call() {
    let (site, home, outcome) = steered(&[(3, Steer::StepNow)]);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let sent = site.demo.sent();
    let gap = sent[1].at.duration_since(sent[0].at).as_secs();
    assert!((5..10).contains(&gap), "the pace of one change per 5 s is kept: {gap} s");
    assert!(home.says().iter().any(|says| says.contains("one per 5 s")), "{:?}", home.says());
}

#[test]
fn a_pause_keeps_the_lease_and_stops_the_time_of_a_bake_until_told_to_go_on() {
    let (site, home, outcome) = steered(&[(10, Steer::Pause), (400, Steer::Continue)]);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let sent = site.demo.sent();
    assert!(sent[1].at.duration_since(sent[0].at).as_secs() > 400);
    assert!(home.told.lock().unwrap().iter().any(|told| told.paused && told.deadline.is_some()));
    assert_eq!(site.claims()[0].epoch, 1, "it was renewed all the time");
}

#[test]
fn a_pause_ends_after_an_hour_and_holds() {
    let (site, _, outcome) = steered(&[(10, Steer::Pause)]);
    let Outcome::Held { why, .. } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("60 min"), "{why}");
    assert_eq!(site.weights(), [75, 25]);
}

fn asked() -> Site {
    let mut site = Site::new();
    let selector = crate::fleet::ClusterSelector { name: "orders".into(), account: None, region: None };
    site.policy.clusters.push((selector, ClusterPolicy { manual_gate: true, ..ClusterPolicy::default() }));
    site
}

#[test]
fn a_manual_gate_waits_for_a_person_and_goes_on_by_one() {
    let (site, home, outcome) =
        steered_on(asked(), &[(600, Steer::StepNow), (900, Steer::StepNow), (1200, Steer::StepNow)]);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(site.weights(), [0, 100]);
    assert!(home.says().iter().any(|says| says.contains("waits for a person")), "{:?}", home.says());
}

#[test]
fn a_manual_gate_that_nobody_answers_holds_at_its_deadline() {
    let (site, _, outcome) = steered_on(asked(), &[]);
    let Outcome::Held { why, .. } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("nobody"), "{why}");
    assert_eq!(site.weights(), [75, 25]);
}

#[test]
fn a_pause_before_a_call_holds_it_up_and_the_guards_are_asked_again_after_it() {
    let site = Site::new();
    let home = Home::new("ann");
    home.helm.order(Steer::Pause);
    super::trouble::breaks(&site, "orders-green", 2, 60);
    let helm = Arc::clone(&home.helm);
    site.after(120, move || helm.order(Steer::Continue));
    let outcome = site.run(&home, &site.to(100, None));
    let Outcome::Refused { why, .. } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("blocks the next call"), "{why}");
    assert_eq!(site.demo.sent(), []);
}

/// When the calls of a shift without a bake were sent, with orders so many seconds after it began.
fn paced(orders: &[(u64, Steer)]) -> Vec<i64> {
    let site = Site::new();
    let home = Home::new("ann");
    for (at, steer) in orders.iter().copied() {
        let helm = Arc::clone(&home.helm);
        site.after(at, move || helm.order(steer));
    }
    let outcome = site.run(&home, &site.to(100, Some(steps(&SHARES, 0))));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let sent = site.demo.sent();
    sent.windows(2).map(|two| two[1].at.duration_since(two[0].at).as_secs()).collect()
}

#[test]
fn a_pause_while_the_pace_is_kept_is_kept_too() {
    let gaps = paced(&[(2, Steer::Pause), (300, Steer::Continue)]);
    assert!(gaps[0] >= 298 && gaps[1] < 60, "{gaps:?}");
}

#[test]
fn no_order_cuts_the_pace_short() {
    assert_eq!(paced(&[]), paced(&[(2, Steer::StepNow)]));
}
