//! An image is deployed to the idle side, which gets the traffic then; the old side ends last. Aborted at each stage,
//! cut off anywhere and taken up.

use std::sync::Arc;
use std::time::Duration;

use super::site::{Home, Side, Site, now, steps};
use crate::fleet::{ClusterSelector, GroupName, ImageId, Instance, ServerGroup};
use crate::plan::{
    Call, ClusterPolicy, CreateGroup, DeleteGroup, Event, Intent, Outcome, Plan, Refusal, Steer, Stepped,
    TerminateInGroup, UpdateGroup, WaitFor, idle_group, operations,
};
use crate::provider::demo::Options;
use crate::provider::{Clock as _, Operator as _};

/// A cluster whose green side takes no traffic, without instances that are protected from scale-in.
pub(super) fn site() -> Site {
    let site = Site::of("checkout", Options { lively: false, instances: 24, ..Options::default() });
    let protected = |one: &&Instance| one.membership.as_ref().is_some_and(|member| member.protected);
    let blue = group(&site, "blue");
    for instance in blue.instances.iter().filter(protected) {
        let end = TerminateInGroup { instance: instance.id.clone(), decrement: false };
        let call = Call::TerminateInstanceInAutoScalingGroup(end);
        now(site.demo.apply(&site.place(), &call)).unwrap();
    }
    site.clock.pass(Duration::from_mins(20));
    site
}

pub(super) fn group(site: &Site, colour: &str) -> Arc<ServerGroup> {
    let fleet = site.fleet();
    let name = GroupName::new(format!("checkout-{colour}"));
    Arc::clone(fleet.cluster(&site.cluster).unwrap().group(&name).unwrap())
}

pub(super) fn image_of(site: &Site, colour: &str) -> ImageId {
    group(site, colour).instances[0].running.as_ref().unwrap().image.clone()
}

fn all_run(site: &Site, colour: &str, image: &ImageId) -> bool {
    let group = group(site, colour);
    group.instances.iter().all(|one| one.running.as_ref().is_some_and(|running| running.image == *image))
}

/// What blue runs, to green.
pub(super) fn deploy(site: &Site, steps: Option<Stepped>, retire: bool) -> Intent {
    Intent::Deploy {
        cluster: site.cluster.clone(),
        group: "checkout-green".into(),
        image: image_of(site, "blue"),
        steps,
        retire,
        source: None,
    }
}

pub(super) fn planned(site: &Site, home: &Home, intent: &Intent) -> Plan {
    let plan = site.plan(home, intent).unwrap_or_else(|refusal: Refusal| panic!("{refusal}"));
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
    plan
}

/// The calls that took effect, by name, with the time in seconds since the first.
fn sent(site: &Site) -> Vec<(&'static str, i64)> {
    let sent: Vec<_> = site.demo.sent().into_iter().filter(|sent| sent.applied).collect();
    let first = sent.first().map(|sent| sent.at);
    sent.iter()
        .map(|sent| (sent.call.operation(), sent.at.duration_since(first.unwrap()).as_secs()))
        .collect()
}

pub(super) fn names(site: &Site) -> Vec<&'static str> {
    sent(site).into_iter().map(|(name, _)| name).collect()
}

/// The idle side without instances, as it is left where nothing is kept warm.
fn empty_green(site: &Site) {
    let group = group(site, "green");
    let nothing = Call::UpdateAutoScalingGroup(UpdateGroup {
        group: group.id.name.clone(),
        min: Some(0),
        max: Some(group.max),
        desired: Some(0),
        template: None,
        subnets: None,
    });
    now(site.demo.apply(&site.place(), &nothing)).unwrap();
    site.clock.pass(Duration::from_mins(20));
    assert_eq!(self::group(site, "green").instances.len(), 0);
}

#[test]
fn the_idle_side_is_made_ready_gets_the_traffic_and_the_old_one_ends_an_hour_after_it_has_settled() {
    let (site, home) = (site(), Home::new("ann"));
    let image = image_of(&site, "blue");
    assert!(!all_run(&site, "green", &image), "there is something to deploy");
    let wanted = group(&site, "blue").desired;
    let outcome = site.run(&home, &deploy(&site, Some(steps(&[25], 60)), true));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(all_run(&site, "green", &image));
    assert_eq!(group(&site, "green").desired, wanted, "as large as the side that it takes over from");
    assert_eq!((group(&site, "blue").desired, group(&site, "blue").instances.len()), (0, 0));
    let sent = sent(&site);
    let traffic: Vec<usize> = (0..sent.len()).filter(|n| sent[*n].0.starts_with("Modify")).collect();
    assert_eq!(traffic.len(), 2, "{sent:?}");
    assert!(traffic[0] > sent.iter().position(|(name, _)| *name == "StartInstanceRefresh").unwrap());
    let (last, end) = (sent[traffic[1]].1, sent.last().unwrap());
    assert_eq!(end.0, "UpdateAutoScalingGroup");
    let settled = i64::try_from(crate::plan::Policy::PROPAGATION.as_secs()).unwrap();
    assert!(end.1 - last >= 3_600 + settled, "kept warm only {} s: {sent:?}", end.1 - last);
    site.assert_never_below_the_floor();
}

#[test]
fn an_empty_side_is_launched_from_the_image_at_once_and_stays_where_nobody_ends_the_other() {
    let (site, home) = (site(), Home::new("ann"));
    empty_green(&site);
    let image = image_of(&site, "blue");
    let plan = planned(&site, &home, &deploy(&site, None, false));
    let refreshes =
        |plan: &Plan| plan.steps.iter().any(|step| matches!(step.call, Some(Call::StartInstanceRefresh(_))));
    assert!(!refreshes(&plan), "there is nothing to replace");
    let blue = group(&site, "blue").desired;
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(all_run(&site, "green", &image));
    assert_eq!((group(&site, "green").desired, group(&site, "blue").desired), (blue, blue));
    site.assert_never_below_the_floor();
}

#[test]
fn aborted_before_traffic_moves_a_refresh_that_runs_is_taken_back_and_nothing_else_is_sent() {
    let (site, home) = (site(), Home::new("ann"));
    let before = (image_of(&site, "green"), site.weights());
    let helm = Arc::clone(&home.helm);
    site.after(120, move || helm.order(Steer::Abort));
    let outcome = site.run(&home, &deploy(&site, None, false));
    assert!(matches!(outcome, Outcome::RolledBack { .. }), "{outcome:?}");
    assert_eq!(names(&site).last(), Some(&"RollbackInstanceRefresh"), "{:?}", names(&site));
    assert!(names(&site).iter().all(|name| !name.starts_with("Modify")));
    assert!(all_run(&site, "green", &before.0));
    assert_eq!(site.weights(), before.1);
}

#[test]
fn aborted_while_the_side_grows_it_moves_no_traffic_and_says_so() {
    let (site, home) = (site(), Home::new("ann"));
    empty_green(&site);
    let before = site.weights();
    let sent_before = names(&site).len();
    let helm = Arc::clone(&home.helm);
    site.after(40, move || helm.order(Steer::Abort));
    let outcome = site.run(&home, &deploy(&site, None, false));
    let Outcome::RolledBack { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("no traffic was moved"), "{why}");
    assert!(names(&site)[sent_before..].iter().all(|name| !name.starts_with("Modify")));
    assert_eq!(site.weights(), before);
}

#[test]
fn aborted_in_a_bake_the_traffic_goes_back_to_what_it_was() {
    let (site, home) = (site(), Home::new("ann"));
    empty_green(&site);
    let before = site.weights();
    let plan = planned(&site, &home, &deploy(&site, Some(steps(&[25], 3_600)), true));
    let approved = site.approve(&home, plan, &[]);
    let helm = Arc::clone(&home.helm);
    site.after(1_500, move || helm.order(Steer::Abort));
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::RolledBack { .. }), "{outcome:?}");
    assert!(names(&site).iter().any(|name| name.starts_with("Modify")), "it was in the bake");
    assert_eq!(site.weights(), before);
    site.assert_never_below_the_floor();
}

#[test]
fn the_old_side_is_not_ended_while_it_takes_traffic_again() {
    let (site, home) = (site(), Home::new("ann"));
    empty_green(&site);
    let plan = planned(&site, &home, &deploy(&site, None, true));
    let warm = plan.steps.iter().rposition(|step| {
        step.wait.as_ref().is_some_and(|wait| wait.what == WaitFor::Bake && wait.group.is_some())
    });
    assert!(warm.is_some(), "{:#?}", plan.steps);
    let meddling = site.meddling(&[50, 50]);
    let (demo, place) = (Arc::clone(&site.demo), site.place());
    site.after(3_000, move || assert!(demo.meddle(&place, &meddling)));
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    let Outcome::Held { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("someone changed"), "{why}");
    assert!(group(&site, "blue").desired > 0);
}

#[test]
fn cut_off_anywhere_a_deployment_is_taken_up_by_a_colleague_and_makes_nothing_twice() {
    for side in [Side::Before, Side::After] {
        for nth in 1..80 {
            let (mut site, home) = (site(), Home::new("ann"));
            let own = ClusterPolicy { keep_warm: Some(30), ..ClusterPolicy::default() };
            let this = ClusterSelector { name: site.cluster.name.clone(), account: None, region: None };
            site.policy.clusters.push((this, own));
            let image = image_of(&site, "blue");
            let plan = planned(&site, &home, &deploy(&site, Some(steps(&[25], 10)), true));
            let approved = site.approve(&home, plan, &[]);
            let operation = approved.plan().id.clone();
            if site.cut_off(&home, approved, nth, side).is_some() {
                break;
            }
            site.clock.pass(Duration::from_mins(2));
            let heir = Home::new("bob");
            let known = operations(&site.history(&heir), &site.claims(), site.clock.now());
            let Some(_) = known.iter().find(|one| one.id == operation && !one.ways_out.is_empty()) else {
                continue;
            };
            let resume = Intent::Resume { cluster: site.cluster.clone(), operation };
            let plan = match site.plan(&heir, &resume) {
                Ok(plan) => plan,
                Err(refusal) => {
                    assert!(!names(&site).contains(&"StartInstanceRefresh"), "{side:?} {nth}: {refusal}");
                    continue;
                }
            };
            let approved = site.approve(&heir, plan, &[]);
            let outcome = site.execute(&heir, approved).unwrap();
            assert!(matches!(outcome, Outcome::Done { .. }), "{side:?} {nth}: {outcome:?}");
            assert!(all_run(&site, "green", &image), "{side:?} {nth}");
            assert_eq!(group(&site, "blue").instances.len(), 0, "{side:?} {nth}");
            for once in ["CreateLaunchTemplateVersion", "StartInstanceRefresh"] {
                assert_eq!(
                    names(&site).iter().filter(|name| **name == once).count(),
                    1,
                    "{side:?} {nth} {once}"
                );
            }
            assert!(heir.events().contains(&Event::Done));
            site.assert_never_below_the_floor();
        }
    }
}

/// The idle side is gone, and its target group stands in the action with weight 0 and without a group.
pub(super) fn without_green(site: &Site) {
    empty_green(site);
    let delete = Call::DeleteAutoScalingGroup(DeleteGroup { group: "checkout-green".into() });
    now(site.demo.apply(&site.place(), &delete)).unwrap();
    site.clock.pass(Duration::from_mins(5));
    assert!(!has_green(site));
}

pub(super) fn has_green(site: &Site) -> bool {
    site.fleet().cluster(&site.cluster).unwrap().group(&"checkout-green".into()).is_some()
}

#[test]
fn where_no_group_is_without_traffic_one_is_made_like_the_live_one_and_gets_the_traffic() {
    let (site, home) = (site(), Home::new("ann"));
    without_green(&site);
    let image = image_of(&site, "blue");
    let wanted = group(&site, "blue").desired;
    let fleet = site.fleet();
    assert_eq!(idle_group(&fleet, fleet.cluster(&site.cluster).unwrap()), Ok("checkout-green".into()));
    let plan = planned(&site, &home, &deploy(&site, Some(steps(&[25], 60)), true));
    assert!(matches!(plan.steps[0].call, Some(Call::CreateAutoScalingGroup(_))), "{:#?}", plan.steps);
    assert!(plan.notes.iter().any(|note| note.contains("scaling policies")), "{:?}", plan.notes);
    let sent_before = names(&site).len();
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(names(&site)[sent_before], "CreateAutoScalingGroup");
    let green = group(&site, "green");
    assert_eq!((green.desired, green.instances.len()), (wanted, usize::try_from(wanted).unwrap()));
    assert!(green.live && all_run(&site, "green", &image));
    assert_eq!(green.tags, group(&site, "blue").tags);
    assert_eq!(group(&site, "blue").instances.len(), 0);
    site.assert_never_below_the_floor();
}

#[test]
fn aborted_before_it_gets_traffic_a_group_that_was_made_is_deleted_again() {
    let (site, home) = (site(), Home::new("ann"));
    without_green(&site);
    let before = site.weights();
    let helm = Arc::clone(&home.helm);
    site.after(40, move || helm.order(Steer::Abort));
    let outcome = site.run(&home, &deploy(&site, None, false));
    assert!(matches!(outcome, Outcome::RolledBack { .. }), "{outcome:?}");
    assert_eq!(names(&site).last(), Some(&"DeleteAutoScalingGroup"), "{:?}", names(&site));
    site.clock.pass(Duration::from_mins(10));
    assert!(!has_green(&site));
    assert_eq!(site.weights(), before);
}

#[test]
fn a_group_that_was_made_is_not_deleted_where_somebody_gave_it_traffic() {
    let (site, home) = (site(), Home::new("ann"));
    without_green(&site);
    let plan = planned(&site, &home, &deploy(&site, None, false));
    let approved = site.approve(&home, plan, &[]);
    let meddling = site.meddling(&[50, 50]);
    let (demo, place, helm) = (Arc::clone(&site.demo), site.place(), Arc::clone(&home.helm));
    site.after(40, move || {
        assert!(demo.meddle(&place, &meddling));
        helm.order(Steer::Abort);
    });
    let outcome = site.execute(&home, approved).unwrap();
    let Outcome::Held { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("takes traffic: it is not deleted"), "{why}");
    assert!(has_green(&site) && group(&site, "green").status.is_none());
}

#[test]
fn a_group_that_somebody_else_made_meanwhile_is_neither_taken_nor_deleted() {
    let (site, home) = (site(), Home::new("ann"));
    without_green(&site);
    let plan = planned(&site, &home, &deploy(&site, None, false));
    let Some(Call::CreateAutoScalingGroup(create)) = plan.steps[0].call.clone() else { panic!() };
    let approved = site.approve(&home, plan, &[]);
    let other = Call::CreateAutoScalingGroup(CreateGroup { max: create.max + 1, ..create });
    now(site.demo.apply(&site.place(), &other)).unwrap();
    let sent_before = names(&site).len();
    let outcome = site.execute(&home, approved);
    assert!(!matches!(outcome, Some(Outcome::Done { .. } | Outcome::RolledBack { .. })), "{outcome:?}");
    assert_eq!(names(&site).len(), sent_before, "{:?}", names(&site));
    assert!(has_green(&site));
}

#[test]
fn cut_off_anywhere_a_group_is_made_once_and_a_colleague_takes_it_up() {
    for side in [Side::Before, Side::After] {
        for nth in 1..40 {
            let (mut site, home) = (site(), Home::new("ann"));
            let own = ClusterPolicy { keep_warm: Some(30), ..ClusterPolicy::default() };
            let this = ClusterSelector { name: site.cluster.name.clone(), account: None, region: None };
            site.policy.clusters.push((this, own));
            without_green(&site);
            let plan = planned(&site, &home, &deploy(&site, None, false));
            let approved = site.approve(&home, plan, &[]);
            let operation = approved.plan().id.clone();
            if site.cut_off(&home, approved, nth, side).is_some() {
                break;
            }
            site.clock.pass(Duration::from_mins(2));
            let heir = Home::new("bob");
            let known = operations(&site.history(&heir), &site.claims(), site.clock.now());
            let Some(_) = known.iter().find(|one| one.id == operation && !one.ways_out.is_empty()) else {
                continue;
            };
            let resume = Intent::Resume { cluster: site.cluster.clone(), operation };
            let plan = match site.plan(&heir, &resume) {
                Ok(plan) => plan,
                Err(refusal) => {
                    assert!(!names(&site).contains(&"CreateAutoScalingGroup"), "{side:?} {nth}: {refusal}");
                    continue;
                }
            };
            let approved = site.approve(&heir, plan, &[]);
            let outcome = site.execute(&heir, approved).unwrap();
            assert!(matches!(outcome, Outcome::Done { .. }), "{side:?} {nth}: {outcome:?}");
            assert!(group(&site, "green").live, "{side:?} {nth}");
            let made = names(&site).iter().filter(|name| **name == "CreateAutoScalingGroup").count();
            assert_eq!(made, 1, "{side:?} {nth}");
        }
    }
}

#[test]
fn what_cannot_be_deployed_to_is_refused_with_the_way_out() {
    let site = site();
    let home = Home::new("ann");
    let Intent::Deploy { cluster, image, .. } = deploy(&site, None, false) else { panic!() };
    let to = |group: &str| Intent::Deploy {
        cluster: cluster.clone(),
        group: group.into(),
        image: image.clone(),
        steps: None,
        retire: false,
        source: None,
    };
    let refused = |intent: &Intent| site.plan(&home, intent).unwrap_err().to_string();
    assert!(refused(&to("checkout-blue")).contains("takes traffic"));
    assert!(refused(&to("checkout-gren")).contains("checkout-green"));
    let fleet = site.fleet();
    assert_eq!(idle_group(&fleet, fleet.cluster(&cluster).unwrap()), Ok("checkout-green".into()));
    let orders = fleet.clusters.iter().find(|cluster| cluster.id.name.raw() == "orders").unwrap();
    assert!(idle_group(&fleet, orders).unwrap_err().why.contains("that name is taken"));
}
