//! What goes wrong on the way: gates, foreign changes, looks that fail, a store or a disk that does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;

use super::site::{Home, Site, steps};
use crate::fleet::{AlarmState, Fleet};
use crate::plan::{ClusterPolicy, Event, Freeze, Intent, LeaseStore, Outcome, Stand, Window};
use crate::provider::demo::{Fate, Foreign, watched_clusters};
use crate::provider::{Clock as _, FailureKind};

fn stepped(site: &Site, home: &Home) -> Outcome {
    let outcome = site.run(home, &site.to(100, Some(steps(&[25, 50, 100], 60))));
    site.assert_never_below_the_floor();
    outcome
}

fn held(outcome: Outcome) -> String {
    let Outcome::Held { why, remedy } = outcome else { panic!("{outcome:?}") };
    assert!(!remedy.is_empty(), "a way out of: {why}");
    why
}

fn alarm(site: &Site, at: u64, state: AlarmState) {
    let (demo, place) = (Arc::clone(&site.demo), site.place());
    site.after(at, move || {
        assert!(demo.meddle(&place, &Foreign::Alarm { name: "orders-5xx".into(), state: Some(state) }));
    });
}

fn watched(site: &mut Site) {
    let own = watched_clusters()
        .into_iter()
        .map(|(selector, own)| (selector, ClusterPolicy { alarms: own.alarms, ..ClusterPolicy::default() }));
    site.policy.clusters.extend(own);
}

#[test]
fn an_alarm_in_the_middle_leads_back() {
    let mut site = Site::new();
    watched(&mut site);
    alarm(&site, 80, AlarmState::Alarm);
    let home = Home::new("ann");
    let outcome = stepped(&site, &home);
    let Outcome::RolledBack { why, .. } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("orders-5xx"), "{why}");
    assert_eq!(site.weights(), [90, 10]);
    assert_eq!(site.claims()[0].stand, Stand::RolledBack);
}

#[test]
fn no_data_twice_holds_and_asks_and_never_ends_a_bake_well() {
    let mut site = Site::new();
    watched(&mut site);
    alarm(&site, 65, AlarmState::InsufficientData);
    let home = Home::new("ann");
    let why = held(stepped(&site, &home));
    assert!(why.contains("orders-5xx") && why.contains("2 times in a row"), "{why}");
    assert_eq!(site.weights(), [50, 50], "no step was taken on no data");
}

#[test]
fn a_change_by_somebody_else_holds_shows_both_and_is_never_overwritten() {
    let site = Site::new();
    let (demo, place, foreign) = (Arc::clone(&site.demo), site.place(), site.meddling(&[42, 58]));
    site.after(80, move || assert!(demo.meddle(&place, &foreign)));
    let why = held(stepped(&site, &Home::new("ann")));
    assert!(why.contains("orders-blue 42 orders-green 58"), "{why}");
    assert!(why.contains("orders-blue 50 orders-green 50"), "{why}");
    assert_eq!(site.weights(), [42, 58]);
}

#[test]
fn looks_that_are_throttled_for_a_while_are_waited_out() {
    let site = Arc::new(Site::new());
    for (at, fails) in [(70, true), (170, false)] {
        let demo = Arc::downgrade(&site);
        site.after(at, move || demo.upgrade().unwrap().looks_fail.store(fails, Ordering::SeqCst));
    }
    let home = Home::new("ann");
    let outcome = stepped(&site, &home);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(home.says().iter().any(|says| says.contains("too many calls")), "{:?}", home.says());
}

#[test]
fn looks_that_are_throttled_for_good_hold_at_the_deadline() {
    let site = Arc::new(Site::new());
    let demo = Arc::downgrade(&site);
    site.after(70, move || demo.upgrade().unwrap().looks_fail.store(true, Ordering::SeqCst));
    let why = held(stepped(&site, &Home::new("ann")));
    assert!(why.contains("too many calls"), "{why}");
    assert_eq!(site.weights(), [50, 50]);
}

#[test]
fn an_expired_login_costs_a_pause_and_a_new_one_is_picked_up() {
    let site = Site::new();
    for (at, outage) in [(70, Some(FailureKind::Expired)), (95, None)] {
        let demo = Arc::clone(&site.demo);
        site.after(at, move || demo.weather(|weather| weather.outage = outage));
    }
    let home = Home::new("ann");
    let outcome = stepped(&site, &home);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(home.says().iter().any(|says| says.contains("expired")), "{:?}", home.says());
}

#[test]
fn a_login_that_stays_expired_holds_with_one_sentence() {
    let site = Site::new();
    let demo = Arc::clone(&site.demo);
    site.after(70, move || demo.weather(|weather| weather.outage = Some(FailureKind::Expired)));
    let home = Home::new("ann");
    let approved = site.plan(&home, &site.to(100, Some(steps(&[25, 50, 100], 60)))).unwrap();
    let approved = site.approve(&home, approved, &[]);
    let why = held(site.execute(&home, approved).unwrap());
    assert!(why.contains("lease"), "{why}");
    site.demo.weather(|weather| weather.outage = None);
    assert_eq!(site.weights(), [50, 50]);
}

#[test]
fn a_disk_that_fills_up_holds_with_one_sentence() {
    let site = Site::new();
    let home = Home::new("ann");
    let full = Arc::clone(&home.full);
    site.after(70, move || full.store(true, Ordering::SeqCst));
    let why = held(stepped(&site, &home));
    assert!(why.contains("no space left"), "{why}");
    assert_eq!(site.weights(), [50, 50], "nothing is sent without its intent");
}

#[test]
fn a_guard_that_blocks_in_the_middle_holds_before_the_next_call() {
    let mut site = Site::new();
    let home = Home::new("ann");
    let plan = site.plan(&home, &site.to(100, Some(steps(&[25, 50, 100], 60)))).unwrap();
    let approved = site.approve(&home, plan, &[]);
    // What is decided on is the policy of the moment, not that of the plan.
    let from = site.clock.now() + SignedDuration::from_secs(30);
    let when = Window::Once { from, until: from + SignedDuration::from_hours(1) };
    site.policy.freezes.push(Freeze { why: "year's end".into(), when, clusters: Vec::new() });
    let outcome = site.execute(&home, approved).unwrap();
    let (Outcome::Held { why, .. } | Outcome::Refused { why, .. }) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("freeze"), "{why}");
    assert!(site.applied() < 3);
}

#[test]
fn a_call_that_is_refused_in_the_middle_holds_and_the_first_one_fails() {
    for (fates, applied) in [(vec![Fate::Refused(FailureKind::Denied)], 0), (vec![Fate::Well, Fate::Lost], 1)]
    {
        let site = Site::new();
        site.demo.weather(|weather| weather.changes.extend(fates));
        let home = Home::new("ann");
        let outcome = stepped(&site, &home);
        match applied {
            0 => assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}"),
            _ => assert!(held(outcome).contains("nothing was changed")),
        }
        assert_eq!(site.applied(), applied);
        let ends = if applied == 0 { Event::Failed } else { Event::Held };
        assert_eq!(*home.events().last().unwrap(), ends);
    }
}

#[test]
fn somebody_who_holds_the_cluster_is_named_and_nothing_is_sent() {
    let site = Site::new();
    let (ann, ben) = (Home::new("ann"), Home::new("ben"));
    let plan = site.plan(&ben, &site.to(50, None)).unwrap();
    let bens = site.approve(&ben, plan, &[]);
    let plan = site.plan(&ann, &site.to(25, None)).unwrap();
    let anns = site.approve(&ann, plan, &[]);
    // She has just taken the lease when her machine stops.
    assert_eq!(site.cut_off(&ann, anns, 2, super::site::Side::After), None);
    let outcome = site.execute_knowing(&ben, bens, &[]).unwrap();
    let Outcome::Refused { why, .. } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("user/ann on ann since") && why.contains("step"), "{why}");
    assert_eq!(site.demo.sent(), []);
}

#[test]
fn a_stale_holder_writes_nothing_after_another_one_took_over() {
    let site = Arc::new(Site::new());
    let ann = Home::new("ann");
    let weak = Arc::downgrade(&site);
    let overtaken = Arc::new(std::sync::Mutex::new(0));
    let seen = Arc::clone(&overtaken);
    site.after(80, move || {
        let site = weak.upgrade().unwrap();
        // Her laptop sleeps; her lease lapses; a colleague rolls back; she wakes up.
        site.clock.pass(Duration::from_secs(70));
        let ben = Home::new("ben");
        let outcome = site.run(&ben, &site.back());
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
        *seen.lock().unwrap() = site.demo.sent().len();
    });
    let why = held(stepped(&site, &ann));
    assert!(why.contains("lease"), "{why}");
    assert!(*overtaken.lock().unwrap() > 0);
    assert_eq!(site.demo.sent().len(), *overtaken.lock().unwrap(), "she sent something");
    assert_eq!(site.weights(), [90, 10]);
}

#[test]
fn a_stale_holder_writes_nothing_even_before_the_newer_one_has_written() {
    let site = Arc::new(Site::new());
    let ann = Home::new("ann");
    let weak = Arc::downgrade(&site);
    site.after(80, move || {
        let site = weak.upgrade().unwrap();
        site.clock.pass(Duration::from_secs(70));
        let ben = Home::new("ben");
        let plan = site.plan(&ben, &site.back()).unwrap();
        let approved = site.approve(&ben, plan, &[]);
        // He has just taken the lease.
        assert_eq!(site.cut_off(&ben, approved, 0, super::site::Side::After), None);
    });
    let why = held(stepped(&site, &ann));
    assert!(why.contains("lease"), "{why}");
    assert_eq!((site.weights(), site.applied()), (vec![50, 50], 2));
}

#[test]
fn without_a_store_nothing_is_sent_but_a_rollback_with_a_typed_reason() {
    let site = Site::new();
    let home = Home::new("ann");
    *home.store_fails.lock().unwrap() = Some(FailureKind::Unreachable);
    let outcome = site.run(&home, &site.to(25, None));
    assert!(
        matches!(&outcome, Outcome::Refused { why, .. } if why.contains("does not answer")),
        "{outcome:?}"
    );
    assert_eq!(site.demo.sent(), []);

    *home.store_fails.lock().unwrap() = None;
    let there = site.run(&home, &site.to(25, None));
    assert!(matches!(there, Outcome::Done { .. }), "{there:?}");
    *home.store_fails.lock().unwrap() = Some(FailureKind::Unreachable);
    let plan = site.plan(&home, &site.back()).unwrap();
    let unreasoned = site.approve_because(&home, plan.clone(), &[], None);
    let outcome = site.execute(&home, unreasoned).unwrap();
    assert!(matches!(&outcome, Outcome::Refused { remedy, .. } if remedy.contains("reason")), "{outcome:?}");
    assert_eq!((site.weights(), site.applied()), (vec![75, 25], 1));
    let outcome = site.execute(&home, site.approve(&home, plan, &[])).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(site.weights(), [90, 10]);
    let begun = home.records().iter().rev().find(|record| record.event == Event::Started).cloned().unwrap();
    assert!(begun.result.as_ref().unwrap().contains("goes on without"), "{begun:?}");
}

#[test]
fn a_rollback_needs_nothing_but_the_load_balancer_to_answer_and_reads_twice_before_it_writes() {
    let site = Site::new();
    let home = Home::new("ann");
    site.run(&home, &site.to(25, None));
    let plan = site.plan(&home, &site.back()).unwrap();
    let approved = site.approve(&home, plan, &[]);
    home.hangs.store(true, Ordering::SeqCst);
    site.log.lock().unwrap().clear();
    let begun = site.clock.now();
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(site.weights(), [90, 10]);
    assert_eq!(site.log.lock().unwrap()[..3], ["look", "read", "apply"]);
    let took = site.demo.sent().last().unwrap().at.duration_since(begun);
    assert!(took <= SignedDuration::from_secs(5), "{took:?}");
}

#[test]
fn a_cluster_without_a_store_of_leases_asks_none() {
    let mut site = Site::new();
    let selector = crate::fleet::ClusterSelector { name: "orders".into(), account: None, region: None };
    let own = ClusterPolicy { lease: Some(LeaseStore::None), ..ClusterPolicy::default() };
    site.policy.clusters.push((selector, own));
    let home = Home::new("ann");
    assert!(matches!(stepped(&site, &home), Outcome::Done { .. }));
    let log = site.log.lock().unwrap();
    assert!(!log.iter().any(|what| what == "put" || what == "create"), "{log:?}");
}

/// Lets so many instances of a group fail, so many seconds from now.
pub(super) fn breaks(site: &Site, group: &str, instances: usize, at: u64) {
    let fleet: Arc<Fleet> = site.fleet();
    let mut groups = fleet.cluster(&site.cluster).unwrap().groups.iter();
    let group = groups.find(|found| found.id.name.raw() == group).unwrap();
    let ids: Vec<_> = group.instances.iter().take(instances).map(|instance| instance.id.clone()).collect();
    assert_eq!(ids.len(), instances);
    let (demo, place) = (Arc::clone(&site.demo), site.place());
    site.after(at, move || {
        for instance in &ids {
            assert!(demo.meddle(&place, &Foreign::Break { instance: instance.clone() }));
        }
    });
}

#[test]
fn health_is_asked_again_before_each_step_and_no_step_leaves_too_few() {
    let site = Site::new();
    let fleet = site.fleet();
    let mut groups = fleet.cluster(&site.cluster).unwrap().groups.iter();
    let green = groups.find(|found| found.id.name.raw() == "orders-green").unwrap().instances.len();
    breaks(&site, "orders-green", green - 1, 70);
    let why = held(stepped(&site, &Home::new("ann")));
    assert!(why.contains("blocks the next call"), "{why}");
    assert_eq!(site.weights(), [50, 50]);
}

#[test]
fn the_way_back_is_held_where_the_old_side_is_not_well() {
    let site = Site::new();
    let home = Home::new("ann");
    breaks(&site, "orders-blue", 3, 70);
    let helm = Arc::clone(&home.helm);
    site.after(115, move || helm.order(crate::plan::Steer::Abort));
    let outcome = stepped(&site, &home);
    let why = held(outcome);
    assert!(why.contains("could not go back"), "{why}");
    assert_eq!(site.weights(), [50, 50]);
}

#[test]
fn a_rollback_of_what_still_runs_here_takes_its_place() {
    let site = Arc::new(Site::new());
    let home = Arc::new(Home::new("ann"));
    let (weak, own) = (Arc::downgrade(&site), Arc::downgrade(&home));
    site.after(80, move || {
        let (site, home) = (weak.upgrade().unwrap(), own.upgrade().unwrap());
        let outcome = site.run(&home, &site.back());
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    });
    let why = held(stepped(&site, &home));
    assert!(why.contains("rollback"), "{why}");
    assert_eq!(site.weights(), [90, 10]);
    assert!(home.events().contains(&Event::TakenOver));
}

#[test]
fn a_held_operation_goes_on_after_its_present_step() {
    let site = Site::new();
    let home = Home::new("ann");
    let helm = Arc::clone(&home.helm);
    site.after(70, move || helm.order(crate::plan::Steer::Hold));
    held(stepped(&site, &home));
    let operation = home.records()[0].operation.clone();
    let resume = Intent::Resume { cluster: site.cluster.clone(), operation: operation.clone() };
    let outcome = site.run(&home, &resume);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((site.weights(), site.applied()), (vec![0, 100], 3));
    let taken = home.records().iter().find(|record| record.event == Event::TakenOver).cloned().unwrap();
    assert_eq!(taken.operation, operation);
}

#[test]
fn a_way_back_that_came_to_nothing_leaves_the_ways_out_where_they_were() {
    let site = Site::new();
    let home = Home::new("ann");
    let helm = Arc::clone(&home.helm);
    site.after(70, move || helm.order(crate::plan::Steer::Hold));
    held(stepped(&site, &home));
    let operation = home.records()[0].operation.clone();
    site.demo.weather(|weather| weather.changes.push_back(Fate::Refused(FailureKind::Denied)));
    let outcome = site.run(&home, &site.back());
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    assert!(!home.events().contains(&Event::TakenOver), "{:?}", home.events());
    let resume = Intent::Resume { cluster: site.cluster.clone(), operation };
    let outcome = site.run(&home, &resume);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

#[test]
fn a_store_that_fails_in_the_middle_does_not_stop_the_way_back_of_whoever_gave_a_reason() {
    for (reason, weights) in [(Some("errors"), vec![90, 10]), (None, vec![50, 50])] {
        let site = Site::new();
        let home = Arc::new(Home::new("ann"));
        let own = Arc::downgrade(&home);
        site.after(90, move || {
            let home = own.upgrade().unwrap();
            *home.store_fails.lock().unwrap() = Some(FailureKind::Unreachable);
            home.helm.order(crate::plan::Steer::Abort);
        });
        let plan = site.plan(&home, &site.to(100, Some(steps(&[25, 50, 100], 60)))).unwrap();
        let outcome = site.execute(&home, site.approve_because(&home, plan, &[], reason)).unwrap();
        assert_eq!(site.weights(), weights, "{outcome:?}");
        if reason.is_none() {
            assert!(held(outcome).contains("lease"));
        }
    }
}

#[test]
fn a_stop_while_the_lease_is_taken_leaves_nothing_held() {
    let site = Site::new();
    let home = Arc::new(Home::new("ann"));
    home.hangs_after_create.store(true, Ordering::SeqCst);
    let own = Arc::downgrade(&home);
    site.after(1, move || {
        let home = own.upgrade().unwrap();
        home.hangs_after_create.store(false, Ordering::SeqCst);
        home.hangs.store(false, Ordering::SeqCst);
        home.helm.order(crate::plan::Steer::Hold);
    });
    let outcome = site.run(&home, &site.to(25, None));
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    let claims = site.claims();
    assert!(!claims.is_empty() && claims.iter().all(|claim| claim.stand.is_over()), "{claims:?}");
}

#[test]
fn a_target_group_that_is_deleted_in_the_middle_holds_it() {
    let site = Site::new();
    let arn = site.actions().iter().flat_map(crate::fleet::Action::weights).next_back().unwrap().0;
    let (demo, place) = (Arc::clone(&site.demo), site.place());
    site.after(80, move || assert!(demo.meddle(&place, &Foreign::DeleteTargetGroup { target_group: arn })));
    let why = held(stepped(&site, &Home::new("ann")));
    assert!(why.contains("not there any more") || why.contains("someone changed"), "{why}");
}

#[test]
fn an_alarm_that_does_not_exist_blocks_before_anything_is_sent() {
    let mut site = Site::new();
    let selector = crate::fleet::ClusterSelector { name: "orders".into(), account: None, region: None };
    let own = ClusterPolicy { alarms: Some(vec!["no-such-alarm".into()]), ..ClusterPolicy::default() };
    site.policy.clusters.push((selector, own));
    let home = Home::new("ann");
    let plan = site.plan(&home, &site.to(25, None)).unwrap();
    assert!(plan.is_blocked(), "{:#?}", plan.guards);
    assert_eq!(site.demo.sent(), []);
}
