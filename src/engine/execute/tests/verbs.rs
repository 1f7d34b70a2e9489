//! Every verb that changes groups, whatever goes wrong and wherever it is cut off: it ends at the plan, at the state
//! before, or held; the group never has less than its plan says, and nothing else in the account is any different
//! from a twin in which nothing was done.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::site::{Home, Side, Site, now, steps};
use crate::fleet::{
    Actions, ClusterSelector, Facts, GroupName, ImageId, Instance, InstanceId, LaunchSource, ServerGroup,
    SubnetId, TemplateId, TemplateVersion, Text, Zone,
};
use crate::plan::{
    Aside, Author, Batches, Call, ClusterPolicy, DrillHours, Exercise, Intent, Knobs, Outcome, Plan, Policy,
    RefreshTo, Resource, Saved, Steer, TerminateInGroup, Window,
};
use crate::provider::demo::{Fate, Foreign, Options};
use crate::provider::{Clock as _, FailureKind, Operator as _};

/// Until a lease has lapsed.
const LAPSED: Duration = Duration::from_secs(61);

/// Until what was begun has ended by itself.
const CALM: Duration = Duration::from_hours(2);

/// Cases that are tried.
const CASES: u32 = 160;

/// Fewest cases of each verb that get as far as a run.
const FEWEST: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verb {
    Refresh,
    Replace,
    Scale,
    Deploy,
    Quarantine,
    Release,
    LoseInstance,
    LoseZone,
}

impl Verb {
    const ALL: [Self; 8] = [
        Self::Refresh,
        Self::Replace,
        Self::Scale,
        Self::Deploy,
        Self::Quarantine,
        Self::Release,
        Self::LoseInstance,
        Self::LoseZone,
    ];
}

#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    instances: usize,
    verb: Verb,
    green: bool,
    /// Which instance, zone, size or bound, by the verb.
    pick: usize,
    flag: bool,
    fates: Vec<Fate>,
    order: Option<(u64, Steer)>,
    /// From then on nothing is launched from an image that the group runs.
    gone: Option<u64>,
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

fn case() -> impl Strategy<Value = Case> {
    let asked = (0..1_000_u64, 36..72_usize, prop::sample::select(&Verb::ALL), any::<bool>());
    let how = (0..60_usize, any::<bool>());
    let steer = prop_oneof![Just(Steer::Hold), Just(Steer::Abort)];
    let wrong = (
        prop::collection::vec(fate(), 0..4),
        prop::option::weighted(0.3, (0..600_u64, steer)),
        prop::option::weighted(0.15, 0..300_u64),
        prop::option::weighted(0.4, (0..60_usize, any::<bool>())),
        any::<bool>(),
    );
    (asked, how, wrong).prop_map(
        |((seed, instances, verb, green), (pick, flag), (fates, order, gone, cut, resumes))| Case {
            seed,
            instances,
            verb,
            green,
            pick,
            flag,
            fates,
            order,
            gone,
            cut,
            resumes,
        },
    )
}

impl Case {
    fn group(&self) -> GroupName {
        match (self.verb, self.green) {
            (Verb::Deploy, _) => "checkout-green".into(),
            (_, true) => "orders-green".into(),
            (_, false) => "orders-blue".into(),
        }
    }

    /// The account before the operation; the same again for its twin.
    fn site(&self) -> Site {
        let options = Options { seed: self.seed, instances: self.instances, lively: false };
        if self.verb != Verb::Deploy {
            let mut site = Site::of("orders", options);
            allow_drills(&mut site);
            return site;
        }
        let site = Site::of("checkout", options);
        let protected = |one: &&Instance| one.membership.as_ref().is_some_and(|member| member.protected);
        for instance in group(&site, &"checkout-blue".into()).instances.iter().filter(protected) {
            let end = TerminateInGroup { instance: instance.id.clone(), decrement: false };
            let call = Call::TerminateInstanceInAutoScalingGroup(end);
            now(site.demo.apply(&site.place(), &call)).unwrap();
        }
        site.clock.pass(Duration::from_mins(20));
        site
    }

    fn intent(&self, site: &Site) -> Option<Intent> {
        let (cluster, name) = (site.cluster.clone(), self.group());
        let group = group(site, &name);
        let one = group.instances[self.pick % group.instances.len()].id.clone();
        Some(match self.verb {
            Verb::Refresh => Intent::Refresh {
                cluster,
                group: name,
                to: RefreshTo::Version(if saved(&group)? == 1 { 2 } else { 1 }),
                knobs: Knobs {
                    warmup: Some(30),
                    min_healthy: Some(if self.flag { 100 } else { 75 }),
                    max_healthy: Some(if self.flag { 150 } else { 110 }),
                    ..Knobs::default()
                },
            },
            Verb::Replace => {
                let instances = group.instances.iter().map(|one| one.id.clone());
                let batches = Batches { at_once: 1 + self.pick % 2, launch_first: self.flag };
                let instances = instances.take(1 + self.pick % 3).collect();
                Intent::Replace { cluster, group: name, instances, batches }
            }
            Verb::Scale => {
                let by = i32::try_from(self.pick % 6).unwrap() - 2;
                Intent::Scale { cluster, group: name, desired: group.desired + by, min: None, max: None }
            }
            Verb::Deploy => Intent::Deploy {
                image: image(&self::group(site, &"checkout-blue".into())),
                cluster,
                group: name,
                steps: self.flag.then(|| steps(&[25], 30)),
                retire: false,
                source: None,
            },
            Verb::Quarantine => {
                let how = if self.flag { Aside::Standby } else { Aside::Detach };
                let (replacement, reason) = (self.pick.is_multiple_of(2), "INC-7".into());
                Intent::Quarantine { cluster, group: name, instance: one, how, replacement, reason, by: by() }
            }
            Verb::Release => {
                let (how, replacement, reason) = (Aside::Standby, self.flag, "INC-7".into());
                let instance = one.clone();
                let aside = Intent::Quarantine {
                    cluster: cluster.clone(),
                    group: name.clone(),
                    instance,
                    how,
                    replacement,
                    reason,
                    by: by(),
                };
                let eve = Home::new("eve");
                let plan = site.plan(&eve, &aside).ok().filter(|plan| !plan.is_blocked())?;
                site.execute(&eve, site.approve(&eve, plan, &[]))?;
                site.clock.pass(LAPSED);
                Intent::Release { cluster, group: name, instance: one, by: by() }
            }
            Verb::LoseInstance | Verb::LoseZone => {
                let zone = || group.zones[self.pick % group.zones.len()].clone();
                let exercise = match self.verb {
                    Verb::LoseInstance => Exercise::Replace { instance: one },
                    _ => Exercise::Empty { zone: zone(), seconds: 90 },
                };
                Intent::Drill { cluster, group: name, exercise, stop_below: None }
            }
        })
    }
}

fn allow_drills(site: &mut Site) {
    let window = Window::Once { from: Timestamp::MIN, until: Timestamp::MAX };
    let drills = Some(DrillHours { written: "now".into(), windows: vec![window] });
    let selector = ClusterSelector { name: "orders".into(), account: None, region: None };
    let own = ClusterPolicy { drills, ..ClusterPolicy::default() };
    site.policy = Policy { clusters: vec![(selector, own)], ..Policy::default() };
}

fn by() -> Author {
    Author { who: "ann".into(), at: "2026-11-05T03:00:00Z".parse().unwrap() }
}

fn group(site: &Site, name: &GroupName) -> Arc<ServerGroup> {
    Arc::clone(site.fleet().cluster(&site.cluster).unwrap().group(name).unwrap())
}

fn image(group: &ServerGroup) -> ImageId {
    group.instances[0].running.as_ref().unwrap().image.clone()
}

fn saved(group: &ServerGroup) -> Option<i64> {
    match Saved::of(&group.source) {
        Saved::Template(number) => Some(number.version),
        Saved::Other(_) => None,
    }
}

fn template(group: &ServerGroup) -> Option<TemplateId> {
    match &group.source {
        LaunchSource::Template(named) => named.id.clone(),
        _ => None,
    }
}

/// What an operation may change, and what it must leave or bring back.
#[derive(PartialEq, Debug)]
struct Stand {
    sizes: (i32, i32, i32),
    launches: Saved,
    where_to: (BTreeSet<SubnetId>, BTreeSet<Zone>),
    weights: Vec<u32>,
}

fn stand(site: &Site, group: &ServerGroup) -> Stand {
    Stand {
        sizes: (group.min, group.desired, group.max),
        launches: Saved::of(&group.source),
        where_to: (group.subnets.iter().cloned().collect(), group.zones.iter().cloned().collect()),
        weights: site.weights(),
    }
}

fn members(group: &ServerGroup) -> BTreeMap<InstanceId, String> {
    let lifecycle = |one: &Instance| one.membership.as_ref().map(|member| member.lifecycle.to_string());
    group.instances.iter().map(|one| (one.id.clone(), lifecycle(one).unwrap_or_default())).collect()
}

/// Whether what was planned is there.
fn is_there(site: &Site, plan: &Plan, before: &ServerGroup, after: &ServerGroup) -> bool {
    let (was, is) = (members(before), members(after));
    let lost = |id: &InstanceId| !is.contains_key(id);
    match &plan.intent {
        Intent::Refresh { to: RefreshTo::Version(version), .. } => {
            let of = |one: &Instance| match &one.launched_from.as_ref()?.version {
                TemplateVersion::Number(number) => Some(*number),
                _ => None,
            };
            saved(after) == Some(*version) && after.instances.iter().all(|one| of(one) == Some(*version))
        }
        Intent::Replace { instances, .. } => {
            let kept = was.keys().filter(|id| !instances.contains(id)).all(|id| is.contains_key(id));
            kept && instances.iter().all(lost) && was.len() == is.len()
        }
        Intent::Scale { desired, .. } => {
            after.desired == *desired && usize::try_from(*desired).is_ok_and(|desired| desired == is.len())
        }
        Intent::Deploy { image, .. } => {
            let runs = |one: &Instance| one.running.as_ref().is_some_and(|running| running.image == *image);
            after.instances.iter().all(runs) && site.weights() == [0, 100]
        }
        Intent::Quarantine { instance, how: Aside::Standby, .. } => {
            is.get(instance).is_some_and(|lifecycle| lifecycle == "Standby")
        }
        Intent::Quarantine { instance, how: Aside::Detach, .. } => lost(instance),
        Intent::Release { instance, .. } => {
            is.get(instance).is_some_and(|lifecycle| lifecycle == "InService")
        }
        Intent::Drill { exercise: Exercise::Replace { instance }, .. } => {
            lost(instance) && was.len() == is.len()
        }
        Intent::Drill { exercise: Exercise::Empty { .. }, .. } => stand(site, after) == stand(site, before),
        other => panic!("{other:?}"),
    }
}

/// The calls name nothing but what the plan is about.
fn only_what_was_asked(site: &Site, plan: &Plan, group: &ServerGroup, from: usize) -> Result<(), String> {
    let template = template(group).map(Resource::Template);
    let planned: Vec<Resource> =
        plan.steps.iter().filter_map(|step| step.call.as_ref()).map(Call::resource).collect();
    for sent in &site.demo.sent()[from..] {
        let resource = sent.call.resource();
        let own = resource == Resource::Group(group.id.name.clone()) || Some(&resource) == template.as_ref();
        if !own && !planned.contains(&resource) {
            return Err(format!("{sent:?}"));
        }
    }
    Ok(())
}

/// What there is beside the group, its instances and template, and the traffic of a deployment.
fn beside(site: &Site, group: &ServerGroup, verb: Verb) -> Vec<Facts> {
    let mut all = site.demo.facts();
    let name = &group.id.name;
    let template = template(group);
    for facts in &mut all {
        // What is measured follows the traffic.
        facts.statuses = None;
        facts.alarms.clear();
        facts.metrics.clear();
        facts.groups.as_mut().unwrap().value.retain(|group| group.name != *name);
        facts.refreshes.remove(name);
        facts.templates.as_mut().unwrap().value.retain(|version| Some(&version.id) != template.as_ref());
        for arn in &group.target_groups {
            facts.target_health.remove(arn);
        }
        let instances = &mut facts.instances.as_mut().unwrap().value;
        let is_own = |tags: &crate::fleet::Tags| {
            tags.get(&Text::new("Name")).is_some_and(|found| found.raw() == name.raw())
        };
        instances.retain(|instance| !is_own(&instance.tags));
        let left: BTreeSet<InstanceId> = instances.iter().map(|instance| instance.id.clone()).collect();
        facts.image_metadata.as_mut().unwrap().value.retain(|id, _| left.contains(id));
        if verb == Verb::Deploy {
            for (listener, seen) in &mut facts.rules {
                // The default rule says the actions of its listener again.
                let of_listener = listener.raw() == site.source.raw();
                for rule in &mut seen.value {
                    if rule.arn.raw() == site.source.raw() || (of_listener && rule.is_default) {
                        rule.actions = Actions::default();
                    }
                }
            }
            for listener in facts.listeners.values_mut().flat_map(|seen| &mut seen.value) {
                if listener.arn.raw() == site.source.raw() {
                    listener.actions = Actions::default();
                }
            }
        }
    }
    all
}

/// Whether there was something to run.
fn holds(case: &Case) -> Result<bool, TestCaseError> {
    let (site, home, name) = (case.site(), Home::new("ann"), case.group());
    let Some(intent) = case.intent(&site) else { return Ok(false) };
    let before = group(&site, &name);
    let (was, from) = (stand(&site, &before), site.demo.sent().len());
    let Ok(plan) = site.plan(&home, &intent) else { return Ok(false) };
    if plan.is_blocked() {
        return Ok(false);
    }
    let healthy = before.instances.len();
    // An abort of a replacement leaves it to AWS who ends; half of the group is kept whatever comes.
    let least = if case.verb == Verb::Replace { Some(healthy / 2) } else { plan.reach.lowest_healthy };
    if case.verb != Verb::Deploy {
        site.keep(&name, least.unwrap());
    }
    site.demo.weather(|weather| weather.changes.extend(case.fates.clone()));
    if let Some((at, steer)) = case.order {
        let helm = Arc::clone(&home.helm);
        site.after(at, move || helm.order(steer));
    }
    let gone = case.gone.map(|at| {
        let (image, demo, place) = (image(&before), Arc::clone(&site.demo), site.place());
        let lost = Foreign::Deregister { image };
        let again = lost.clone();
        site.after(at, move || assert!(demo.meddle(&place, &lost)));
        again
    });
    let approved = site.approve(&home, plan.clone(), &[]);
    let mut ended = match case.cut {
        Some((nth, after)) => {
            site.cut_off(&home, approved, nth, if after { Side::After } else { Side::Before })
        }
        None => site.execute(&home, approved),
    };
    let (is_cut, mut goes_back) = (ended.is_none(), false);
    if is_cut {
        site.clock.pass(LAPSED);
        let (next, cluster, id) = (Home::new("ben"), site.cluster.clone(), plan.id.clone());
        let intent = if case.resumes {
            Intent::Resume { cluster, operation: id }
        } else {
            Intent::Rollback { cluster, of: Some(id), source: None }
        };
        // A refusal, or a guard that blocks, leaves it where it is.
        if let Some(again) = site.plan(&next, &intent).ok().filter(|again| !again.is_blocked()) {
            goes_back = !case.resumes;
            ended = site.execute(&next, site.approve(&next, again, &[]));
        }
    }
    prop_assert!(only_what_was_asked(&site, &plan, &before, from).is_ok(), "{:?}", site.demo.sent());
    let after = group(&site, &name);
    let is = stand(&site, &after);
    match &ended {
        Some(Outcome::Done { .. }) if !goes_back => {
            prop_assert!(is_there(&site, &plan, &before, &after), "{:?} {:#?}", ended, members(&after));
        }
        Some(Outcome::Refused { .. } | Outcome::Failed { .. }) if !is_cut => {
            prop_assert_eq!((members(&after), &is), (members(&before), &was), "{:?}", ended);
        }
        // The idle side keeps what it was given before the traffic.
        Some(Outcome::RolledBack { .. } | Outcome::Done { .. }) if case.verb == Verb::Deploy => {
            prop_assert_eq!(&is.weights, &was.weights);
        }
        Some(Outcome::RolledBack { .. } | Outcome::Done { .. }) => {
            prop_assert_eq!(&is, &was, "{:?}", ended);
        }
        Some(Outcome::Held { why, remedy }) => prop_assert!(!why.is_empty() && !remedy.is_empty()),
        Some(Outcome::Refused { .. } | Outcome::Failed { .. }) | None => {}
    }
    site.assert_never_below_the_floor();
    let twin = case.site();
    site.clock.pass(CALM);
    twin.clock.pass(site.clock.monotonic().saturating_sub(twin.clock.monotonic()));
    if let Some(lost) = &gone {
        assert!(twin.demo.meddle(&twin.place(), lost));
    }
    let [here, there] = [&site, &twin].map(|one| beside(one, &before, case.verb));
    for (here, there) in here.iter().zip(&there) {
        let says = || {
            let lines = [here, there].map(|facts| format!("{facts:#?}"));
            let other = lines[0].lines().zip(lines[1].lines()).find(|(here, there)| here != there);
            format!("something else is different: {other:?}")
        };
        prop_assert!(here == there, "{}", says());
    }
    Ok(true)
}

#[test]
fn every_verb_ends_at_the_plan_at_the_state_before_or_held_and_touches_nothing_else() {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let runs: RefCell<BTreeMap<Verb, usize>> = RefCell::default();
    let tried = TestRunner::new_with_rng(config, seed).run(&case(), |case| {
        if holds(&case)? {
            *runs.borrow_mut().entry(case.verb).or_default() += 1;
        }
        Ok(())
    });
    if let Err(broken) = tried {
        panic!("{broken}");
    }
    let runs = runs.into_inner();
    assert!(Verb::ALL.iter().all(|verb| runs.get(verb).is_some_and(|runs| *runs >= FEWEST)), "{runs:?}");
}
