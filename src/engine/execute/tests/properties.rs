//! Whatever is asked, whatever goes wrong, wherever it is cut off: it ends at the plan, at the state before, or held,
//! and no cluster ever loses its floor.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::site::{Home, Side, Site, steps};
use crate::fleet::Action;
use crate::plan::{Intent, Outcome, Plan, Steer};
use crate::provider::FailureKind;
use crate::provider::demo::{Fate, Foreign, Options};

#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    instances: usize,
    cluster: &'static str,
    percent: u8,
    shares: Vec<u8>,
    bake: u64,
    fates: Vec<Fate>,
    order: Option<(u64, Steer)>,
    /// An instance that fails, by its place in the cluster, and when.
    ill: Option<(usize, u64)>,
    cut: Option<(usize, bool)>,
    resumes: bool,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Well),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Unanswered),
        1 => Just(Fate::Refused(FailureKind::Throttled)),
    ]
}

fn order() -> impl Strategy<Value = (u64, Steer)> {
    let steer = prop_oneof![Just(Steer::Hold), Just(Steer::Abort), Just(Steer::StepNow)];
    (0..120_u64, steer)
}

fn case() -> impl Strategy<Value = Case> {
    let asked = (0..1000_u64, 24..60_usize, prop::sample::select(vec!["orders", "checkout", "recommend"]));
    let steps = (0..=100_u8, prop::collection::vec(1..100_u8, 0..5), 1..40_u64);
    let wrong = (
        prop::collection::vec(fate(), 0..6),
        prop::option::of(order()),
        prop::option::of((0..30_usize, 0..100_u64)),
        prop::option::weighted(0.7, (0..60_usize, any::<bool>())),
        any::<bool>(),
    );
    (asked, steps, wrong).prop_map(
        |((seed, instances, cluster), (percent, shares, bake), (fates, order, ill, cut, resumes))| Case {
            seed,
            instances,
            cluster,
            percent,
            shares,
            bake,
            fates,
            order,
            ill,
            cut,
            resumes,
        },
    )
}

fn weights_of(plan: &Plan) -> Vec<Vec<u32>> {
    let calls = plan.steps.iter().filter_map(|step| step.call.as_ref());
    calls
        .map(|call| call.actions().iter().flat_map(Action::weights).map(|(_, weight)| weight).collect())
        .collect()
}

fn holds(case: &Case) -> Result<(), TestCaseError> {
    let options = Options { seed: case.seed, instances: case.instances, lively: false };
    let site = Site::of(case.cluster, options);
    let before = site.weights();
    let home = Home::new("ann");
    let mut shares = case.shares.clone();
    shares.sort_unstable();
    let Ok(plan) = site.plan(&home, &site.to(case.percent, Some(steps(&shares, case.bake)))) else {
        return Ok(());
    };
    if plan.is_blocked() {
        return Ok(());
    }
    let on_the_way = weights_of(&plan);
    let id = plan.id.clone();
    site.demo.weather(|weather| weather.changes.extend(case.fates.clone()));
    if let Some((at, steer)) = case.order {
        let helm = Arc::clone(&home.helm);
        site.after(at, move || helm.order(steer));
    }
    if let Some((nth, at)) = case.ill {
        let fleet = site.fleet();
        let members = fleet.cluster(&site.cluster).into_iter().flat_map(|cluster| &cluster.groups);
        let members: Vec<_> =
            members.flat_map(|group| &group.instances).map(|instance| instance.id.clone()).collect();
        let instance = members[nth % members.len()].clone();
        let (demo, place) = (Arc::clone(&site.demo), site.place());
        site.after(at, move || {
            demo.meddle(&place, &Foreign::Break { instance });
        });
    }
    let approved = site.approve(&home, plan, &[]);
    let ended = match case.cut {
        Some((nth, after)) => {
            site.cut_off(&home, approved, nth, if after { Side::After } else { Side::Before })
        }
        None => site.execute(&home, approved),
    };
    let left = site.weights();
    let somewhere = left == before || on_the_way.contains(&left);
    prop_assert!(somewhere, "{left:?} is no state of the plan");
    match &ended {
        Some(Outcome::Done { .. }) => prop_assert_eq!(Some(&left), on_the_way.last()),
        Some(Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::RolledBack { .. }) => {
            prop_assert_eq!(&left, &before);
        }
        Some(Outcome::Held { why, remedy }) => prop_assert!(!why.is_empty() && !remedy.is_empty()),
        None => {
            site.clock.pass(Duration::from_secs(61));
            let next = Home::new("ben");
            let intent = if case.resumes {
                Intent::Resume { cluster: site.cluster.clone(), operation: id }
            } else {
                Intent::Rollback { cluster: site.cluster.clone(), of: Some(id), source: None }
            };
            // A refusal, or a guard that blocks, leaves it where it is.
            if let Ok(plan) = site.plan(&next, &intent)
                && !plan.is_blocked()
            {
                let approved = site.approve(&next, plan, &[]);
                let outcome = site.execute(&next, approved);
                let left = site.weights();
                match outcome {
                    Some(Outcome::Done { .. }) if case.resumes => {
                        prop_assert_eq!(Some(&left), on_the_way.last());
                    }
                    Some(Outcome::Done { .. } | Outcome::RolledBack { .. }) => {
                        prop_assert_eq!(&left, &before);
                    }
                    other => {
                        prop_assert!(
                            left == before || on_the_way.contains(&left),
                            "{left:?} after {other:?}"
                        );
                    }
                }
            }
        }
    }
    site.assert_never_below_the_floor();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_ends_at_the_plan_at_the_state_before_or_held_and_no_cluster_loses_its_floor(case in case()) {
        holds(&case)?;
    }
}
