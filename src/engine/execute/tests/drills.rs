//! Drills: an instance lost, a zone lost and given back, too few left, the hours over, a cockpit that dies.

use std::sync::Arc;

use jiff::Timestamp;

use super::site::{Home, Side, Site};
use crate::fleet::{InstanceId, ServerGroup, Zone};
use crate::plan::{
    Call, ClusterPolicy, DrillHours, Event, Exercise, Intent, Outcome, Policy, Window, operations,
};
use crate::provider::Clock as _;
use crate::provider::demo::Foreign;

/// The live side of `orders`.
const GROUP: &str = "orders-blue";

/// A site where drills are allowed.
fn site() -> Site {
    let mut site = Site::new();
    allow(&mut site, Timestamp::MAX);
    site
}

fn allow(site: &mut Site, until: Timestamp) {
    let window = Window::Once { from: Timestamp::MIN, until };
    let drills = Some(DrillHours { written: "now".into(), windows: vec![window] });
    let selector = crate::fleet::ClusterSelector { name: "orders".into(), account: None, region: None };
    let own = ClusterPolicy { drills, ..ClusterPolicy::default() };
    site.policy = Policy { clusters: vec![(selector, own)], ..Policy::default() };
}

fn group(site: &Site) -> Arc<ServerGroup> {
    let fleet = site.fleet();
    Arc::clone(fleet.cluster(&site.cluster).unwrap().group(&GROUP.into()).unwrap())
}

fn drill(site: &Site, exercise: Exercise, stop_below: Option<usize>) -> Intent {
    Intent::Drill { cluster: site.cluster.clone(), group: GROUP.into(), exercise, stop_below }
}

fn zone(site: &Site) -> Zone {
    group(site).zones[1].clone()
}

fn empty(site: &Site) -> Intent {
    drill(site, Exercise::Empty { zone: zone(site), seconds: 120 }, None)
}

fn in_zone(site: &Site, zone: &Zone) -> usize {
    group(site).instances.iter().filter(|instance| instance.zone.as_ref() == Some(zone)).count()
}

#[test]
fn a_lost_instance_is_replaced_and_the_report_tells_how_long_it_took() {
    let (site, home) = (site(), Home::new("ann"));
    let before = group(&site);
    let instance: InstanceId = crate::plan::choose_for_drill(&before, 7).unwrap();
    let outcome = site.run(&home, &drill(&site, Exercise::Replace { instance: instance.clone() }, None));
    let Outcome::Done { says } = &outcome else { panic!("{outcome:?}") };
    let after = group(&site);
    assert!(after.instances.iter().all(|one| one.id != instance));
    let end = home.records().last().unwrap().clone();
    let report = end.report.clone().unwrap();
    let healthy = report.healthy_before.unwrap();
    assert_eq!(report.lowest_healthy, Some(healthy - 1), "{report:?}");
    assert!(report.replaced_seconds.is_some_and(|seconds| (30..600).contains(&seconds)), "{report:?}");
    assert_eq!((end.event, end.result.as_ref()), (Event::Done, Some(says)));
    assert!(says.contains(&report.says()) && says.contains("5xx not measured"), "{says}");
    let known = operations(&site.history(&home), &[], site.clock.now());
    assert_eq!(known[0].report, Some(report));
}

#[test]
fn a_zone_is_emptied_stays_so_and_is_given_back() {
    let (site, home) = (site(), Home::new("ann"));
    let (zone, before) = (zone(&site), group(&site));
    assert!(in_zone(&site, &zone) > 0);
    let outcome = site.run(&home, &empty(&site));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?} {:?}", home.says());
    let sent = site.demo.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].at.duration_since(sent[0].at).as_secs() > 120, "it was empty for a time");
    let after = group(&site);
    assert_eq!((&after.subnets, &after.zones), (&before.subnets, &before.zones));
    let report = home.records().last().unwrap().report.clone().unwrap();
    assert!(report.lowest_healthy >= report.healthy_before, "launched elsewhere first: {report:?}");
    site.assert_never_below_the_floor();
}

#[test]
fn too_few_healthy_instances_lead_back() {
    let (site, home) = (site(), Home::new("ann"));
    let (zone, before) = (zone(&site), group(&site));
    let healthy = before.instances.len();
    let lowest = healthy - in_zone(&site, &zone);
    let exercise = Exercise::Empty { zone, seconds: 600 };
    let (place, demo) = (site.place(), Arc::clone(&site.demo));
    let ids: Vec<InstanceId> = before.instances.iter().map(|one| one.id.clone()).collect();
    site.after(30, move || {
        for id in ids {
            demo.meddle(&place, &Foreign::Terminate { instance: id });
        }
    });
    let outcome = site.run(&home, &drill(&site, exercise, Some(lowest)));
    let Outcome::RolledBack { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("the drill stops below"), "{why}");
    assert_eq!(group(&site).subnets, before.subnets);
}

#[test]
fn outside_of_its_hours_nothing_is_sent_and_what_was_taken_is_given_back_all_the_same() {
    let (mut site, home) = (site(), Home::new("ann"));
    let subnets = group(&site).subnets.clone();
    let plan = site.plan(&home, &empty(&site)).unwrap();
    let approved = site.approve(&home, plan, &[]);
    let now = site.clock.now();
    allow(&mut site, now);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert_eq!(site.applied(), 0);

    allow(&mut site, now + jiff::SignedDuration::from_secs(60));
    let outcome = site.run(&Home::new("bob"), &empty(&site));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(site.clock.now() > now + jiff::SignedDuration::from_secs(60));
    assert_eq!(group(&site).subnets, subnets);
}

#[test]
fn a_drill_that_was_cut_off_is_taken_up_and_gives_the_zone_back() {
    let calls = |site: &Site| {
        let updates = |call: &Call| matches!(call, Call::UpdateAutoScalingGroup(_));
        site.demo.sent().iter().filter(|sent| sent.applied && updates(&sent.call)).count()
    };
    let (mut cut, mut taken_up) = (0, 0);
    for nth in 0..40 {
        for side in [Side::Before, Side::After] {
            let (site, home) = (site(), Home::new("ann"));
            let subnets = group(&site).subnets.clone();
            let plan = site.plan(&home, &empty(&site)).unwrap();
            let (id, approved) = (plan.id.clone(), site.approve(&home, plan, &[]));
            if site.cut_off(&home, approved, nth, side).is_some() {
                continue;
            }
            cut += 1;
            site.clock.pass(std::time::Duration::from_mins(2));
            let heir = Home::with("ann", Arc::clone(&home.paper));
            let resume = Intent::Resume { cluster: site.cluster.clone(), operation: id };
            match site.plan(&heir, &resume) {
                Ok(plan) => {
                    let approved = site.approve(&heir, plan, &[]);
                    let outcome = site.execute(&heir, approved).unwrap();
                    assert!(matches!(outcome, Outcome::Done { .. }), "{nth} {side:?} {outcome:?}");
                    taken_up += 1;
                    assert_eq!(calls(&site), 2, "{nth} {side:?}: each call once");
                }
                Err(refusal) => assert!(
                    ["nothing left", "is over", "no record"].iter().any(|one| refusal.why.contains(one)),
                    "{nth} {side:?}: {refusal}"
                ),
            }
            assert_eq!(group(&site).subnets, subnets, "{nth} {side:?}");
        }
    }
    assert!(cut > 20 && taken_up > 10, "{cut} {taken_up}");
}
