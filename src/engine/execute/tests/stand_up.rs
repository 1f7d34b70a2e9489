//! A deployment where there is neither a group nor a target group without traffic: both are made, once, and deleted
//! again where it is aborted before they get traffic.

use std::sync::Arc;
use std::time::Duration;

use super::deploy::{deploy, group, has_green, image_of, names, planned, site, without_green};
use super::site::{Home, Side, Site, now, steps};
use crate::fleet::{Action, ClusterSelector, TargetGroup, Text, same_actions};
use crate::plan::{
    Call, ClusterPolicy, CreateTargetGroup, Intent, Outcome, Resource, State, Steer, idle_group, operations,
};
use crate::provider::demo::Foreign;
use crate::provider::{Clock as _, Observer as _, Operator as _};

fn alone() -> Site {
    let site = site();
    leave_alone(&site);
    site
}

/// Neither the idle group nor its target group is there.
pub(super) fn leave_alone(site: &Site) {
    without_green(site);
    let green = site.actions().iter().flat_map(Action::weights).find(|(_, weight)| *weight == 0).unwrap().0;
    assert!(site.demo.meddle(&site.place(), &Foreign::DeleteTargetGroup { target_group: green }));
    site.clock.pass(Duration::from_mins(5));
    assert_eq!(site.weights().len(), 1);
}

fn green_target_group(site: &Site) -> Option<TargetGroup> {
    let name = group(site, "blue").target_groups[0].name().raw().replace("blue", "green");
    site.fleet().target_group_named(&site.place(), &Text::new(name)).cloned()
}

#[test]
fn a_target_group_like_the_live_one_is_made_put_in_with_weight_0_and_gets_a_group_and_the_traffic() {
    let (site, home) = (alone(), Home::new("ann"));
    let fleet = site.fleet();
    assert_eq!(idle_group(&fleet, fleet.cluster(&site.cluster).unwrap()), Ok("checkout-green".into()));
    let plan = planned(&site, &home, &deploy(&site, Some(steps(&[25], 60)), true));
    let Some(Call::CreateTargetGroup(create)) = &plan.steps[0].call else { panic!("{:#?}", plan.steps) };
    let text = serde_json::to_string(&plan).unwrap();
    assert!(create.to_be().is_to_be() && text.contains(create.to_be().raw()), "it says that it is not there");
    let blue = group(&site, "blue").target_groups[0].clone();
    let approved = site.approve(&home, plan, &[]);
    let begun = site.demo.sent().len();
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let made = green_target_group(&site).unwrap();
    assert!(!made.arn.is_to_be() && made.live);
    let like = site.fleet().target_groups[&blue].attributes.clone();
    assert_eq!(made.attributes, like, "AWS's own would be others");
    assert_eq!(group(&site, "green").target_groups, [made.arn]);
    let sent: Vec<Call> = site.demo.sent().into_iter().skip(begun).map(|sent| sent.call).collect();
    let order: Vec<&str> = sent.iter().map(Call::operation).take(4).collect();
    assert_eq!(
        order[..3],
        ["CreateTargetGroup", "ModifyTargetGroupAttributes", "CreateAutoScalingGroup"],
        "{order:?}"
    );
    assert!(order[3].starts_with("Modify"), "{order:?}");
    assert_eq!(sent[3].actions().iter().flat_map(Action::weights).last().map(|(_, weight)| weight), Some(0));
    assert!(!serde_json::to_string(&sent).unwrap().contains("/to-be"), "what was sent names what is there");
    site.assert_never_below_the_floor();
}

#[test]
fn aborted_at_any_moment_before_it_gets_traffic_what_was_made_is_out_of_the_action_and_deleted() {
    for after in [1, 7, 12, 17, 40, 100] {
        let (site, home) = (alone(), Home::new("ann"));
        let before = site.weights();
        let helm = Arc::clone(&home.helm);
        site.after(after, move || helm.order(Steer::Abort));
        let outcome = site.run(&home, &deploy(&site, None, false));
        assert!(
            !matches!(outcome, Outcome::Done { .. } | Outcome::Held { .. }),
            "{after}: {outcome:?} {:?}",
            names(&site)
        );
        site.clock.pass(Duration::from_mins(10));
        assert!(!has_green(&site) && green_target_group(&site).is_none(), "{after}: {:?}", names(&site));
        assert_eq!(site.weights(), before, "{after}");
        assert!(group(&site, "blue").live);
    }
}

#[test]
fn aborted_with_traffic_the_traffic_goes_back_and_what_was_made_stays() {
    let (site, home) = (alone(), Home::new("ann"));
    let plan = planned(&site, &home, &deploy(&site, Some(steps(&[25], 3_600)), true));
    let before = site.actions();
    let approved = site.approve(&home, plan, &[]);
    let helm = Arc::clone(&home.helm);
    site.after(1_500, move || helm.order(Steer::Abort));
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::RolledBack { .. }), "{outcome:?}");
    assert!(same_actions(&site.actions(), &before));
    assert!(has_green(&site) && green_target_group(&site).is_some());
    site.assert_never_below_the_floor();
}

#[test]
fn a_target_group_that_somebody_gave_traffic_is_neither_taken_out_nor_deleted() {
    let (site, home) = (alone(), Home::new("ann"));
    let plan = planned(&site, &home, &deploy(&site, None, false));
    let approved = site.approve(&home, plan, &[]);
    let (demo, place, helm) = (Arc::clone(&site.demo), site.place(), Arc::clone(&home.helm));
    let source = site.source.clone();
    site.after(40, move || {
        let actions = now(demo.actions(&place, &source)).unwrap();
        let actions = super::site::reweighted(&actions, &[50, 50]);
        assert!(demo.meddle(&place, &Foreign::Actions { source, actions }));
        helm.order(Steer::Abort);
    });
    let outcome = site.execute(&home, approved).unwrap();
    let Outcome::Held { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("someone changed"), "{why}");
    assert!(has_green(&site) && green_target_group(&site).is_some());
    assert_eq!(site.weights(), [50, 50]);
}

#[test]
fn one_of_that_name_that_somebody_made_meanwhile_is_not_taken() {
    let (site, home) = (alone(), Home::new("ann"));
    let plan = planned(&site, &home, &deploy(&site, None, false));
    let Some(Call::CreateTargetGroup(create)) = plan.steps[0].call.clone() else { panic!() };
    let approved = site.approve(&home, plan, &[]);
    now(site.demo.apply(&site.place(), &Call::CreateTargetGroup(create))).unwrap();
    let sent = names(&site).len();
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert_eq!(names(&site).len(), sent);
    // The next plan finds it, and makes none.
    let plan = planned(&site, &home, &deploy(&site, None, false));
    assert!(plan.steps.iter().all(|step| !matches!(step.call, Some(Call::CreateTargetGroup(_)))));
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(green_target_group(&site).unwrap().live);
}

#[test]
fn one_of_that_name_that_is_in_use_is_refused() {
    let site = alone();
    let blue = group(&site, "blue").target_groups[0].clone();
    let name = Text::new(blue.name().raw().replace("blue", "green"));
    let create = Call::CreateTargetGroup(CreateTargetGroup { name: name.clone(), like: blue });
    now(site.demo.apply(&site.place(), &create)).unwrap();
    let found = now(site.demo.state(&site.place(), &Resource::TargetGroup(name))).unwrap();
    let State::TargetGroup(found) = found else { panic!("{found:?}") };
    let other = site.fleet();
    let other = other.clusters.iter().filter(|one| one.id.place == site.place() && one.id != site.cluster);
    let source = other.flat_map(|one| &one.traffic).next().unwrap().clone();
    let mut actions = source.actions.clone();
    for config in actions.iter_mut().filter_map(|action| action.forward_config.as_mut()) {
        let tuple = crate::fleet::TargetGroupTuple { target_group_arn: found.arn.clone(), weight: Some(0) };
        config.target_groups.push(tuple);
    }
    assert!(site.demo.meddle(&site.place(), &Foreign::Actions { source: source.arn, actions }));
    let fleet = site.fleet();
    let refused = idle_group(&fleet, fleet.cluster(&site.cluster).unwrap()).unwrap_err();
    assert!(refused.why.contains("that name is taken"), "{refused}");
}

#[test]
fn cut_off_anywhere_each_is_made_once_and_a_colleague_takes_it_up() {
    for side in [Side::Before, Side::After] {
        for nth in 1..50 {
            let (mut site, home) = (alone(), Home::new("ann"));
            let own = ClusterPolicy { keep_warm: Some(30), ..ClusterPolicy::default() };
            let this = ClusterSelector { name: site.cluster.name.clone(), account: None, region: None };
            site.policy.clusters.push((this, own));
            let image = image_of(&site, "blue");
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
                    assert!(!names(&site).contains(&"CreateTargetGroup"), "{side:?} {nth}: {refusal}");
                    continue;
                }
            };
            let approved = site.approve(&heir, plan, &[]);
            let outcome = site.execute(&heir, approved).unwrap();
            assert!(
                matches!(outcome, Outcome::Done { .. }),
                "{side:?} {nth}: {outcome:?} {:?}",
                names(&site)
            );
            let green = group(&site, "green");
            assert!(green.live, "{side:?} {nth}");
            let runs =
                |one: &crate::fleet::Instance| one.running.as_ref().is_some_and(|it| it.image == image);
            assert!(green.instances.iter().all(runs), "{side:?} {nth}");
            for once in ["CreateTargetGroup", "CreateAutoScalingGroup"] {
                let made = names(&site).iter().filter(|name| **name == once).count();
                assert_eq!(made, 1, "{side:?} {nth} {once}");
            }
        }
    }
}
