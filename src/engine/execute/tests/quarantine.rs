//! A suspect is set aside: kept through a refresh, given back, ended; killed half-way and taken up by what is observed.

use super::site::{Home, Side, Site};
use crate::fleet::{Instance, InstanceId, QUARANTINE_TAG};
use crate::plan::{Answer, Aside, Author, Call, Intent, Knobs, Outcome, RefreshTo, Saved, Standby, Steer};

/// The idle side of `orders`.
const GROUP: &str = "orders-green";

fn sizes(site: &Site) -> (i32, usize) {
    let fleet = site.fleet();
    let group = fleet.cluster(&site.cluster).unwrap().group(&GROUP.into()).unwrap();
    let serving = |instance: &&Instance| {
        instance.membership.as_ref().is_some_and(|member| member.lifecycle.raw() == "InService")
    };
    (group.desired, group.instances.iter().filter(serving).count())
}

fn suspect(site: &Site) -> InstanceId {
    let fleet = site.fleet();
    fleet.cluster(&site.cluster).unwrap().group(&GROUP.into()).unwrap().instances[0].id.clone()
}

fn lifecycle(site: &Site, id: &InstanceId) -> Option<String> {
    let fleet = site.fleet();
    let (_, _, instance) = fleet.find_instance(id)?;
    Some(instance.membership.as_ref().map_or("detached".into(), |member| member.lifecycle.to_string()))
}

fn tag(site: &Site, id: &InstanceId) -> String {
    let fleet = site.fleet();
    let (_, _, instance) = fleet.find_instance(id).unwrap();
    instance.tag(QUARANTINE_TAG).map(ToString::to_string).unwrap_or_default()
}

fn by() -> Author {
    Author { who: "ann".into(), at: "2026-11-05T03:00:00Z".parse().unwrap() }
}

fn quarantine(site: &Site, id: &InstanceId, how: Aside, replacement: bool) -> Intent {
    let (cluster, group) = (site.cluster.clone(), GROUP.into());
    let reason = "INC-7".into();
    Intent::Quarantine { cluster, group, instance: id.clone(), how, replacement, reason, by: by() }
}

fn release(site: &Site, id: &InstanceId) -> Intent {
    Intent::Release { cluster: site.cluster.clone(), group: GROUP.into(), instance: id.clone(), by: by() }
}

fn terminate(site: &Site, id: &InstanceId) -> Intent {
    Intent::Terminate { cluster: site.cluster.clone(), group: GROUP.into(), instance: id.clone() }
}

fn done(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

#[test]
fn a_suspect_stands_by_with_another_in_its_place_and_comes_back_when_it_is_released() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (id, (desired, serving)) = (suspect(&site), sizes(&site));
    done(&site.run(&home, &quarantine(&site, &id, Aside::Standby, true)));
    assert_eq!((lifecycle(&site, &id).as_deref(), sizes(&site)), (Some("Standby"), (desired, serving)));
    assert_eq!(tag(&site, &id), "INC-7 · ann · 2026-11-05 03:00Z");
    done(&site.run(&home, &release(&site, &id)));
    assert_eq!(lifecycle(&site, &id).as_deref(), Some("InService"));
    assert_eq!(sizes(&site), (desired + 1, serving + 1));
    assert_eq!(tag(&site, &id), "released · ann · 2026-11-05 03:00Z");
}

#[test]
fn a_suspect_that_is_detached_is_ended_and_nobody_else_is() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (id, before) = (suspect(&site), sizes(&site));
    done(&site.run(&home, &quarantine(&site, &id, Aside::Detach, true)));
    assert_eq!((lifecycle(&site, &id).as_deref(), sizes(&site)), (Some("detached"), before));
    let why = site.plan(&home, &release(&site, &id)).unwrap_err().why;
    assert!(why.contains("was detached"), "{why}");
    done(&site.run(&home, &terminate(&site, &id)));
    assert_eq!((lifecycle(&site, &id), sizes(&site)), (None, before));
    let ends = site.demo.sent().into_iter().filter(|sent| matches!(sent.call, Call::TerminateInstances(_)));
    assert_eq!(ends.count(), 1);
}

#[test]
fn what_stands_by_is_ended_and_its_group_stays_as_it_is() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let id = suspect(&site);
    done(&site.run(&home, &quarantine(&site, &id, Aside::Standby, true)));
    let before = sizes(&site);
    done(&site.run(&home, &terminate(&site, &id)));
    site.clock.pass(std::time::Duration::from_mins(10));
    assert_eq!((lifecycle(&site, &id), sizes(&site)), (None, before));
}

#[test]
fn an_abort_puts_it_back_into_service_and_nothing_back_where_nothing_was_done() {
    for after in [0, 30] {
        let (site, home) = (Site::new(), Home::new("ann"));
        let id = suspect(&site);
        let helm = std::sync::Arc::clone(&home.helm);
        // At first it is marked and no more; later it stands by.
        let marked = site.demo.sent().len();
        assert_eq!(marked, 0);
        site.after(after + 4, move || helm.order(Steer::Abort));
        let outcome = site.run(&home, &quarantine(&site, &id, Aside::Standby, false));
        assert!(matches!(outcome, Outcome::RolledBack { .. }), "{after}: {outcome:?}");
        site.clock.pass(std::time::Duration::from_mins(10));
        assert_eq!(lifecycle(&site, &id).as_deref(), Some("InService"), "{after}");
        assert!(tag(&site, &id).starts_with("INC-7"), "the tag stays until it is released");
    }
}

#[test]
fn a_suspect_survives_a_refresh_and_one_that_would_end_it_is_blocked() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let id = suspect(&site);
    done(&site.run(&home, &quarantine(&site, &id, Aside::Standby, true)));
    let group = site.fleet().cluster(&site.cluster).unwrap().group(&GROUP.into()).unwrap().clone();
    let Saved::Template(saved) = Saved::of(&group.source) else { panic!("{:?}", group.source) };
    let refresh = |standby| Intent::Refresh {
        cluster: site.cluster.clone(),
        group: GROUP.into(),
        to: RefreshTo::Version(saved.version - 1),
        knobs: Knobs { standby, warmup: Some(30), max_healthy: Some(150), ..Knobs::default() },
    };
    let blocked = site.plan(&home, &refresh(Some(Standby::Terminate))).unwrap();
    let guard = blocked.guards.iter().find(|guard| guard.name == "quarantined").unwrap();
    assert!(guard.verdict == Answer::Block && guard.why.contains("INC-7 · ann"), "{guard:?}");
    done(&site.run(&home, &refresh(None)));
    assert_eq!(lifecycle(&site, &id).as_deref(), Some("Standby"));
}

/// Cuts a quarantine off at one point and lets a colleague finish it. Tells whether there was anything to cut.
fn crash(nth: usize, cut: Side) -> bool {
    let site = Site::new();
    let (first, second) = (Home::new("ann"), Home::new("ben"));
    let (id, before) = (suspect(&site), sizes(&site));
    let plan = site.plan(&first, &quarantine(&site, &id, Aside::Standby, true)).unwrap();
    let operation = plan.id.clone();
    let approved = site.approve(&first, plan, &[]);
    if site.cut_off(&first, approved, nth, cut).is_some() {
        return false;
    }
    site.clock.pass(std::time::Duration::from_secs(61));
    let resume = Intent::Resume { cluster: site.cluster.clone(), operation };
    // Nobody knows of what was cut off before it laid its plan down, and nothing is left of what had ended.
    let Ok(plan) = site.plan(&second, &resume) else {
        let untouched = lifecycle(&site, &id).as_deref() == Some("InService") && tag(&site, &id).is_empty();
        let ended = lifecycle(&site, &id).as_deref() == Some("Standby") && sizes(&site) == before;
        assert!(untouched || ended, "cut off {cut:?} {nth}: {:?}", lifecycle(&site, &id));
        return true;
    };
    let approved = site.approve(&second, plan, &[]);
    done(&site.execute(&second, approved).unwrap());
    assert_eq!(lifecycle(&site, &id).as_deref(), Some("Standby"), "cut off {cut:?} {nth}");
    assert_eq!(sizes(&site), before, "cut off {cut:?} {nth}");
    let enters = site.demo.sent().into_iter().filter(|sent| matches!(sent.call, Call::EnterStandby(_)));
    assert_eq!(enters.count(), 1, "cut off {cut:?} {nth}");
    true
}

#[test]
fn cut_off_anywhere_a_colleague_finishes_it_by_what_is_observed() {
    for cut in [Side::Before, Side::After] {
        let points = (0..200).take_while(|nth| crash(*nth, cut)).count();
        assert!((5..200).contains(&points), "{points} points");
    }
}
