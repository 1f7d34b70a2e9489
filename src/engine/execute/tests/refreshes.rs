//! A group is refreshed by AWS while the operation follows it: to its end, back, cut off and taken up.

use std::sync::Arc;
use std::time::Duration;

use super::site::{Home, Side, Site, now};
use crate::fleet::{GroupName, RefreshStatus, ServerGroup, TemplateVersion};
use crate::plan::{
    Call, Event, Intent, Knobs, Newest, Outcome, Plan, RefreshTo, Resource, Saved, State, Steer, WayOut,
    operations,
};
use crate::provider::demo::Fate;
use crate::provider::{Clock as _, Observer as _, Operator as _};

/// The idle side of `orders`, which is refreshed in these tests.
const GROUP: &str = "orders-green";

fn group(site: &Site) -> Arc<ServerGroup> {
    let fleet = site.fleet();
    Arc::clone(fleet.cluster(&site.cluster).unwrap().group(&GROUP.into()).unwrap())
}

fn saved(site: &Site) -> i64 {
    match Saved::of(&group(site).source) {
        Saved::Template(number) => number.version,
        Saved::Other(words) => panic!("{words}"),
    }
}

/// The number of the version that every instance of the group was launched from; `None` where they are mixed.
fn runs(site: &Site) -> Option<i64> {
    let group = group(site);
    let mut numbers =
        group.instances.iter().map(|instance| match &instance.launched_from.as_ref()?.version {
            TemplateVersion::Number(number) => Some(*number),
            _ => None,
        });
    let first = numbers.next()??;
    numbers.all(|number| number == Some(first)).then_some(first)
}

/// A refresh to an earlier version of the same template.
fn to_version(site: &Site, version: i64) -> Intent {
    let knobs = Knobs { warmup: Some(30), max_healthy: Some(150), ..Knobs::default() };
    Intent::Refresh {
        cluster: site.cluster.clone(),
        group: GroupName::from(GROUP),
        to: RefreshTo::Version(version),
        knobs,
    }
}

fn status(site: &Site) -> RefreshStatus {
    let resource = Resource::Group(GROUP.into());
    let State::Group(state) = now(site.demo.state(&site.place(), &resource)).unwrap() else { panic!() };
    let Some(Newest::Refresh(mark)) = state.refresh else { panic!("no refresh") };
    RefreshStatus::of_word(&mark.status)
}

fn planned(site: &Site, home: &Home, intent: &Intent) -> Plan {
    let plan = site.plan(home, intent).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
    plan
}

#[test]
fn a_group_is_refreshed_and_saved_at_its_end() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (before, other) = (saved(&site), if saved(&site) == 1 { 2 } else { 1 });
    let outcome = site.run(&home, &to_version(&site, other));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(status(&site), RefreshStatus::Successful);
    assert_eq!((saved(&site), runs(&site)), (other, Some(other)));
    assert_ne!(before, other);
    let told = home.told.lock().unwrap();
    assert!(told.iter().any(|told| told.says.contains("% replaced and warm")), "{told:#?}");
    site.assert_never_below_the_floor();
}

#[test]
fn following_a_refresh_costs_few_calls() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let other = if saved(&site) == 1 { 2 } else { 1 };
    let begun = site.clock.monotonic();
    site.run(&home, &to_version(&site, other));
    let minutes = site.clock.monotonic().saturating_sub(begun).as_secs() / 60 + 1;
    let reads = site.log.lock().unwrap().iter().filter(|what| *what == "read").count() as u64;
    assert!(reads <= 3 * minutes + 5, "{reads} reads in {minutes} min");
}

#[test]
fn an_abort_takes_the_refresh_back_and_waits_until_it_is() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (before, other) = (saved(&site), if saved(&site) == 1 { 2 } else { 1 });
    let helm = Arc::clone(&home.helm);
    site.after(90, move || helm.order(Steer::Abort));
    let outcome = site.run(&home, &to_version(&site, other));
    assert!(matches!(&outcome, Outcome::RolledBack { why, .. } if why.contains("abort")), "{outcome:?}");
    assert_eq!(status(&site), RefreshStatus::RollbackSuccessful);
    assert_eq!((saved(&site), runs(&site)), (before, Some(before)));
}

#[test]
fn a_refresh_that_somebody_cancels_holds_with_the_ways_out() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let other = if saved(&site) == 1 { 2 } else { 1 };
    let (demo, place) = (Arc::clone(&site.demo), site.place());
    site.after(120, move || {
        let cancel = Call::CancelInstanceRefresh(crate::plan::OfGroup { group: GROUP.into() });
        now(demo.apply(&place, &cancel)).unwrap();
    });
    let outcome = site.run(&home, &to_version(&site, other));
    let Outcome::Held { why, remedy } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("cancelled") && remedy.contains("skips what matches"), "{why}: {remedy}");
    // One of the two ways out: the same again, which skips what matches.
    let again = Home::new("ann");
    let outcome = site.run(&again, &to_version(&site, other));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(runs(&site), Some(other));
}

#[test]
fn a_refresh_goes_on_while_nobody_follows_and_is_taken_up_wherever_it_was_cut_off() {
    for side in [Side::Before, Side::After] {
        for nth in 1..60 {
            let (site, home) = (Site::new(), Home::new("ann"));
            let other = if saved(&site) == 1 { 2 } else { 1 };
            let approved = site.approve(&home, planned(&site, &home, &to_version(&site, other)), &[]);
            let operation = approved.plan().id.clone();
            if site.cut_off(&home, approved, nth, side).is_some() {
                break;
            }
            site.clock.pass(Duration::from_mins(2));
            let heir = Home::with("bob", home.paper.clone());
            let known = operations(&site.history(&heir), &site.claims(), site.clock.now());
            let Some(open) = known.iter().find(|one| one.id == operation && !one.ways_out.is_empty()) else {
                continue;
            };
            assert!(open.ways_out.contains(&WayOut::Resume) || open.ways_out.contains(&WayOut::Adopt));
            let resume = Intent::Resume { cluster: site.cluster.clone(), operation };
            let plan = match site.plan(&heir, &resume) {
                Ok(plan) => plan,
                Err(refusal) => {
                    // Cut off before its plan was laid down.
                    assert!(nth < 4 && site.demo.sent().is_empty(), "{side:?} {nth}: {refusal}");
                    continue;
                }
            };
            let approved = site.approve(&heir, plan, &[]);
            let outcome = site.execute(&heir, approved).unwrap();
            assert!(matches!(outcome, Outcome::Done { .. }), "{side:?} {nth}: {outcome:?}");
            assert_eq!((saved(&site), runs(&site)), (other, Some(other)), "{side:?} {nth}");
            let sent = site.demo.sent();
            let started = sent
                .iter()
                .filter(|sent| sent.applied)
                .filter(|sent| matches!(sent.call, Call::StartInstanceRefresh(_)));
            assert_eq!(started.count(), 1, "{side:?} {nth}: it is never started twice");
            assert!(heir.events().contains(&Event::Done));
        }
    }
}

/// What takes back what this cockpit did last.
fn taking_back(site: &Site, home: &Home) -> Intent {
    let of = home.records().last().unwrap().operation.clone();
    Intent::Rollback { cluster: site.cluster.clone(), of: Some(of), source: None }
}

#[test]
fn a_refresh_that_is_over_is_taken_back_by_another() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (before, other) = (saved(&site), if saved(&site) == 1 { 2 } else { 1 });
    site.run(&home, &to_version(&site, other));
    assert_eq!(runs(&site), Some(other));
    let outcome = site.run(&home, &taking_back(&site, &home));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((saved(&site), runs(&site)), (before, Some(before)));
}

#[test]
fn a_refresh_that_runs_is_taken_back_by_aws() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (before, other) = (saved(&site), if saved(&site) == 1 { 2 } else { 1 });
    let helm = Arc::clone(&home.helm);
    site.after(60, move || helm.order(Steer::Hold));
    let outcome = site.run(&home, &to_version(&site, other));
    let Outcome::Held { remedy, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(remedy.contains("AWS goes on"), "{remedy}");
    assert_eq!(status(&site), RefreshStatus::InProgress);
    let outcome = site.run(&home, &taking_back(&site, &home));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(status(&site), RefreshStatus::RollbackSuccessful);
    assert_eq!((saved(&site), runs(&site)), (before, Some(before)));
}

#[test]
fn an_image_gets_a_version_of_its_own_and_the_group_goes_to_it() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let other = if saved(&site) == 1 { 2 } else { 1 };
    let Intent::Refresh { cluster, group: name, knobs, .. } = to_version(&site, other) else { panic!() };
    let fleet = site.fleet();
    let template = match Saved::of(&group(&site).source) {
        Saved::Template(number) => number.id,
        Saved::Other(words) => panic!("{words}"),
    };
    let image = fleet.template(&site.place(), &template, other).unwrap().image.clone().unwrap();
    let to = RefreshTo::Image(crate::fleet::ImageId::new(image.raw()));
    let outcome = site.run(&home, &Intent::Refresh { cluster, group: name, to, knobs });
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(saved(&site) > 2, "{}", saved(&site));
    assert_eq!(runs(&site), Some(saved(&site)));
    let made = site.fleet().template(&site.place(), &template, saved(&site)).unwrap().image.clone();
    assert_eq!(made, Some(image));
}

/// Somebody else's tool starts a refresh, and this much time passes.
fn started_elsewhere(site: &Site, home: &Home, version: i64, passed: Duration) {
    let plan = planned(site, home, &to_version(site, version));
    let start = plan.steps.iter().find_map(|step| match &step.call {
        Some(call @ Call::StartInstanceRefresh(_)) => Some(call.clone()),
        _ => None,
    });
    now(site.demo.apply(&site.place(), &start.unwrap())).unwrap();
    site.clock.pass(passed);
}

fn cancel(site: &Site) -> Intent {
    Intent::CancelRefresh { cluster: site.cluster.clone(), group: GROUP.into() }
}

#[test]
fn a_refresh_that_another_tool_started_is_cancelled_and_the_group_is_half_finished() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (before, other) = (saved(&site), if saved(&site) == 1 { 2 } else { 1 });
    started_elsewhere(&site, &home, other, Duration::from_mins(4));
    let outcome = site.run(&home, &cancel(&site));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((status(&site), saved(&site)), (RefreshStatus::Cancelled, before));
    let half = crate::plan::half_finished(&group(&site)).expect("half finished");
    assert_eq!(
        (half.finish(), half.go_back()),
        (RefreshTo::Version(other), Some(RefreshTo::Version(before)))
    );
    // And is finished by the same again.
    let outcome = site.run(&home, &to_version(&site, other));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((runs(&site), crate::plan::half_finished(&group(&site))), (Some(other), None));
}

#[test]
fn a_rollback_is_cancelled_too_and_a_refresh_of_another_tool_is_taken_back() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let (before, other) = (saved(&site), if saved(&site) == 1 { 2 } else { 1 });
    started_elsewhere(&site, &home, other, Duration::from_mins(4));
    let back = Intent::RollbackRefresh { cluster: site.cluster.clone(), group: GROUP.into() };
    let outcome = site.run(&home, &back);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!((status(&site), runs(&site)), (RefreshStatus::RollbackSuccessful, Some(before)));

    started_elsewhere(&site, &home, other, Duration::from_mins(4));
    let roll_back = Call::RollbackInstanceRefresh(crate::plan::OfGroup { group: GROUP.into() });
    now(site.demo.apply(&site.place(), &roll_back)).unwrap();
    let outcome = site.run(&home, &cancel(&site));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(status(&site), RefreshStatus::Cancelled);
}

#[test]
fn a_cancel_is_sent_once_whatever_becomes_of_its_answer() {
    for fate in [Fate::Unanswered, Fate::Lost] {
        let (site, home) = (Site::new(), Home::new("ann"));
        let other = if saved(&site) == 1 { 2 } else { 1 };
        started_elsewhere(&site, &home, other, Duration::from_mins(2));
        let plan = planned(&site, &home, &cancel(&site));
        site.demo.weather(|weather| weather.changes.push_back(fate.clone()));
        let approved = site.approve(&home, plan, &[]);
        let outcome = site.execute(&home, approved).unwrap();
        let sent = site.demo.sent();
        let cancels = sent.iter().filter(|sent| matches!(sent.call, Call::CancelInstanceRefresh(_)));
        assert_eq!(cancels.count(), 1, "{fate:?}");
        match fate {
            Fate::Unanswered => assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}"),
            _ => assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}"),
        }
    }
}

#[test]
fn another_instance_type_is_launched_by_a_version_of_its_own() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let Intent::Refresh { cluster, group: name, knobs, .. } = to_version(&site, 1) else { panic!() };
    let now_runs = group(&site).instances[0].instance_type.clone().unwrap();
    let (family, _) = now_runs.raw().split_once('.').unwrap();
    let wanted = crate::fleet::Text::from(format!("{family}.8xlarge"));
    let to = RefreshTo::Type(wanted.clone());
    let outcome = site.run(&home, &Intent::Refresh { cluster, group: name, to, knobs });
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let types: Vec<_> = group(&site).instances.iter().map(|one| one.instance_type.clone()).collect();
    assert!(types.iter().all(|one| one.as_ref() == Some(&wanted)), "{types:?}");
}
