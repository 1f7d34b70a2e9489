//! Images are built on the simulated fleet: a family, a chain, and carried on to a deployment; failed, aborted, cut off
//! anywhere and taken up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::site::{Home, Side, Site, now, steps};
use crate::fleet::{BAD_TAG, ClusterId, Fleet, Image, ImageId, Text};
use crate::plan::{
    Author, Builder, Call, CodeBuild, Intent, Outcome, Plan, Refusal, Steer, Stepped, TagImage, blocked_by,
    image_to_carry, operations,
};
use crate::provider::demo::{BuildFate, Fate, Foreign, recipes};
use crate::provider::{Clock as _, FailureKind, Operator as _};

/// Until a lease has lapsed.
const LAPSED: Duration = Duration::from_secs(61);

fn site() -> Site {
    let mut site = super::deploy::site();
    site.policy.recipes = recipes();
    well(&site);
    site
}

/// The same with builds that any machine can follow.
fn site_of_servers() -> Site {
    let mut site = site();
    for recipe in &mut site.policy.recipes {
        let environment = [("VERSION".to_owned(), "{version}".to_owned())].into();
        let project = Text::new(&recipe.family);
        recipe.builder = Builder::CodeBuild(CodeBuild {
            project,
            source_version: None,
            environment,
            image_variable: None,
        });
    }
    site
}

/// Nothing goes wrong by chance.
fn well(site: &Site) {
    site.demo.weather(|weather| weather.builds.extend(std::iter::repeat_n(BuildFate::Well, 50)));
}

fn fates(site: &Site, fates: &[BuildFate]) {
    site.demo.weather(|weather| {
        weather.builds.clear();
        weather.builds.extend(fates.iter().copied());
        weather.builds.extend(std::iter::repeat_n(BuildFate::Well, 50));
    });
}

fn rebuild(site: &Site, family: &str, chain: bool) -> Intent {
    Intent::Rebuild {
        cluster: ClusterId::of_family(site.place(), &family.into()),
        family: family.into(),
        chain,
        version: None,
        revision: Some("4f2a9c1".into()),
        by: Author { who: "ann".into(), at: site.clock.now() },
        then: None,
    }
}

/// The base of checkout and what stands on it, then a deployment of the new checkout.
fn carried(site: &Site, family: &str, steps: Option<Stepped>) -> Intent {
    let fleet = site.fleet();
    let image = image_to_carry(&fleet, &site.cluster, &family.into(), family != "checkout");
    let deploy = Intent::Deploy {
        cluster: site.cluster.clone(),
        group: "checkout-green".into(),
        image,
        steps,
        retire: false,
        source: None,
    };
    let Intent::Rebuild { family, chain, version, revision, by, .. } =
        rebuild(site, family, family != "checkout")
    else {
        panic!()
    };
    let cluster = site.cluster.clone();
    Intent::Rebuild { cluster, family, chain, version, revision, by, then: Some(Box::new(deploy)) }
}

fn planned(site: &Site, home: &Home, intent: &Intent) -> Plan {
    super::deploy::planned(site, home, intent)
}

fn newest<'a>(site: &Site, fleet: &'a Fleet, family: &str) -> &'a Image {
    let here = fleet.images.iter().filter(|((place, _), _)| *place == site.place()).map(|(_, image)| image);
    let of = here.filter(|image| image.family.as_ref().is_some_and(|of| of.name.raw() == family));
    of.max_by_key(|image| image.rank).unwrap()
}

fn images(site: &Site) -> BTreeSet<ImageId> {
    site.fleet().images.keys().map(|(_, id)| id.clone()).collect()
}

fn tag(image: &Image, key: &str) -> String {
    image.tags.get(key).map(ToString::to_string).unwrap_or_default()
}

fn started(site: &Site) -> Vec<String> {
    let sent = site.demo.sent();
    let starts = sent.iter().filter(|sent| sent.applied).filter_map(|sent| match &sent.call {
        Call::StartBuild(start) => Some(start.build.to_string()),
        _ => None,
    });
    starts.collect()
}

#[test]
fn a_chain_is_built_level_by_level_each_on_the_new_image_below_and_says_where_it_comes_from() {
    let (site, home) = (site(), Home::new("ann"));
    let plan = planned(&site, &home, &rebuild(&site, "al2023-base", true));
    let digest = plan.digest.clone();
    assert_eq!(plan.builds().count(), 6, "{:#?}", plan.notes);
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let fleet = site.fleet();
    let (base, jvm, app) = (
        newest(&site, &fleet, "al2023-base"),
        newest(&site, &fleet, "jvm-base"),
        newest(&site, &fleet, "checkout"),
    );
    let versions = [base, jvm, app].map(|image| image.version.as_ref().unwrap().to_string());
    assert_eq!(versions, ["3.2.1", "21.4.1", "2.8.1"]);
    assert_eq!(jvm.parent.as_ref(), Some(&base.id));
    assert_eq!(app.parent.as_ref(), Some(&jvm.id));
    for image in [base, jvm, app] {
        assert_eq!(tag(image, "flightdeck:plan"), digest);
        assert_eq!(tag(image, "flightdeck:built-by"), "ann");
        assert!(tag(image, "flightdeck:build").starts_with("b-"));
    }
    assert_eq!(tag(app, "flightdeck:parent"), jvm.id.raw());
    assert_eq!(tag(base, "flightdeck:revision"), "4f2a9c1", "the revision is of what was named");
    assert_eq!(tag(app, "flightdeck:revision"), "");
}

#[test]
fn an_image_is_built_deployed_to_the_side_without_traffic_and_gets_the_traffic_in_one_operation() {
    let (site, home) = (site(), Home::new("ann"));
    let plan = planned(&site, &home, &carried(&site, "jvm-base", Some(steps(&[10], 60))));
    assert!(plan.moves_traffic() && plan.builds().count() == 3);
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let fleet = site.fleet();
    let app = newest(&site, &fleet, "checkout").id.clone();
    let green = super::deploy::group(&site, "green");
    assert!(green.live);
    assert!(green.instances.iter().all(|one| one.running.as_ref().is_some_and(|it| it.image == app)));
    site.assert_never_below_the_floor();
}

#[test]
fn a_build_that_fails_ends_its_branch_and_the_others_go_on() {
    let (site, home) = (site(), Home::new("ann"));
    // The base, then nginx and jvm side by side.
    fates(&site, &[BuildFate::Well, BuildFate::Well, BuildFate::Fails]);
    let plan = planned(&site, &home, &rebuild(&site, "al2023-base", true));
    let second: Vec<Text> = plan.builds().skip(1).take(2).map(|start| start.family.clone()).collect();
    assert_eq!(second, ["nginx-base".into(), Text::new("jvm-base")]);
    let before = site.fleet();
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    let Outcome::Failed { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("jvm-base") && why.contains("built: "), "{why}");
    let fleet = site.fleet();
    let is_new = |family: &str| newest(&site, &fleet, family).id != newest(&site, &before, family).id;
    assert!(is_new("al2023-base") && is_new("nginx-base") && is_new("orders"));
    assert!(!is_new("jvm-base") && !is_new("checkout") && !is_new("search"));
    assert_eq!(started(&site).len(), 4, "nothing of the branch that failed was begun");
}

#[test]
fn where_the_image_is_not_there_nothing_is_deployed() {
    for fate in [BuildFate::Fails, BuildFate::Hangs, BuildFate::NeverReady] {
        let (site, home) = (site(), Home::new("ann"));
        fates(&site, &[fate]);
        let before = (site.actions(), super::deploy::image_of(&site, "green"));
        let plan = planned(&site, &home, &carried(&site, "checkout", None));
        let approved = site.approve(&home, plan, &[]);
        let outcome = site.execute(&home, approved).unwrap();
        match fate {
            // An image that is pending may yet come: a person says what becomes of it.
            BuildFate::NeverReady => assert!(matches!(outcome, Outcome::Held { .. }), "{outcome:?}"),
            _ => assert!(matches!(outcome, Outcome::Failed { .. }), "{fate:?} {outcome:?}"),
        }
        assert_eq!(before, (site.actions(), super::deploy::image_of(&site, "green")), "{fate:?}");
    }
}

#[test]
fn where_the_image_is_not_there_nothing_is_made_for_it_either() {
    let (site, home) = (site(), Home::new("ann"));
    super::stand_up::leave_alone(&site);
    fates(&site, &[BuildFate::Fails]);
    let plan = planned(&site, &home, &carried(&site, "checkout", None));
    let calls = plan.steps.iter().filter_map(|step| step.call.as_ref());
    assert!(calls.clone().any(|call| matches!(call, Call::CreateTargetGroup(_))), "{:#?}", plan.steps);
    let sent = site.applied();
    let approved = site.approve(&home, plan, &[]);
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    assert_eq!(site.applied(), sent + 1, "the build alone: {:?}", super::deploy::names(&site));
}

#[test]
fn an_abort_stops_the_builds_that_run_and_moves_nothing() {
    let (site, home) = (site(), Home::new("ann"));
    let (before, traffic) = (images(&site), site.actions());
    let plan = planned(&site, &home, &carried(&site, "checkout", None));
    let approved = site.approve(&home, plan, &[]);
    let helm = Arc::clone(&home.helm);
    site.after(30, move || helm.order(Steer::Abort));
    let outcome = site.execute(&home, approved).unwrap();
    let Outcome::RolledBack { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("stopped"), "{why}");
    assert!(site.demo.sent().iter().any(|sent| matches!(sent.call, Call::StopBuild(_))));
    site.clock.pass(Duration::from_mins(30));
    assert_eq!((images(&site), site.actions()), (before, traffic));
}

#[test]
fn a_second_build_of_a_family_is_refused_unless_a_person_asks_for_it() {
    let (site, home) = (site(), Home::new("ann"));
    let approved = site.approve(&home, planned(&site, &home, &rebuild(&site, "jvm-base", true)), &[]);
    let helm = Arc::clone(&home.helm);
    site.after(30, move || helm.order(Steer::Hold));
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Held { .. }), "{outcome:?}");
    let colleague = Home::new("ben");
    let plan = site.plan(&colleague, &carried(&site, "checkout", None)).unwrap();
    let guard = blocked_by(&plan.guards, &[]).unwrap();
    assert!(guard.name == "one-build" && guard.why.contains("ann"), "{guard:?}");
    let approved = site.approve(&colleague, plan, &["one-build"]);
    let outcome = site.execute(&colleague, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

#[test]
fn a_rebuild_that_was_held_is_taken_back_and_what_it_builds_stops() {
    let (site, home) = (site(), Home::new("ann"));
    let before = images(&site);
    let intent = carried(&site, "checkout", None);
    let approved = site.approve(&home, planned(&site, &home, &intent), &[]);
    let operation = approved.plan().id.clone();
    let helm = Arc::clone(&home.helm);
    site.after(30, move || helm.order(Steer::Hold));
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Held { .. }), "{outcome:?}");
    let back =
        Intent::Rollback { cluster: intent.cluster().clone(), of: Some(operation.clone()), source: None };
    let outcome = site.run(&home, &back);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let stops = site.demo.sent().iter().filter(|sent| matches!(sent.call, Call::StopBuild(_))).count();
    assert_eq!(stops, 1);
    site.clock.pass(Duration::from_mins(30));
    assert_eq!(images(&site), before);
    let history = site.history(&home);
    let known = operations(&history, history.claims(), site.clock.now());
    let one = known.iter().find(|one| one.id == operation).unwrap();
    assert_eq!(one.state, crate::plan::KnownState::RolledBack);
}

#[test]
fn a_start_whose_answer_is_lost_is_looked_up_and_never_sent_again() {
    let (site, home) = (site(), Home::new("ann"));
    site.demo.weather(|weather| weather.changes.push_back(Fate::Unanswered));
    let outcome = site.run(&home, &rebuild(&site, "checkout", false));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(started(&site).len(), 1);
    // Lost on its way, it was certainly not begun.
    site.clock.pass(Duration::from_mins(1));
    site.demo.weather(|weather| weather.changes.push_back(Fate::Refused(FailureKind::Denied)));
    let outcome = site.run(&home, &rebuild(&site, "checkout", false));
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
}

/// Cuts a run off at one point, and lets somebody finish it. Tells whether there was anything to cut.
fn crash(site: &Site, intent: &Intent, nth: usize, cut: Side, heir: impl Fn(&Home) -> Home) -> bool {
    let first = Home::new("ann");
    let approved = site.approve(&first, planned(site, &first, intent), &[]);
    let id = approved.plan().id.clone();
    if site.cut_off(&first, approved, nth, cut).is_some() {
        return false;
    }
    site.clock.pass(LAPSED);
    let second = heir(&first);
    let history = site.history(&second);
    let known = operations(&history, history.claims(), site.clock.now());
    let Some(_) = known.iter().find(|one| one.id == id && !one.ways_out.is_empty()) else { return true };
    let resume = Intent::Resume { cluster: intent.cluster().clone(), operation: id };
    let plan = match site.plan(&second, &resume) {
        Ok(plan) => plan,
        Err(Refusal { why, .. }) => {
            let over = why.contains("nothing left to do");
            assert!(over || started(site).is_empty(), "{cut:?} {nth}: {why}");
            return true;
        }
    };
    let approved = site.approve(&second, plan, &[]);
    let outcome = site.execute(&second, approved).unwrap();
    assert!(matches!(outcome, Outcome::Done { .. }), "{cut:?} {nth}: {outcome:?}");
    let starts = started(site);
    assert_eq!(starts.iter().collect::<BTreeSet<_>>().len(), starts.len(), "{cut:?} {nth}: {starts:?}");
    let fleet = site.fleet();
    let app = newest(site, &fleet, "checkout");
    assert!(app.version.as_ref().is_some_and(|version| version.raw() == "2.8.1"), "{cut:?} {nth}");
    assert!(!tag(app, "flightdeck:plan").is_empty() && !tag(app, "flightdeck:plan").contains("to-be"));
    true
}

#[test]
fn cut_off_anywhere_a_chain_is_taken_up_by_its_own_cockpit_and_nothing_is_built_twice() {
    for cut in [Side::Before, Side::After] {
        for nth in 1..200 {
            let site = site();
            let intent = rebuild(&site, "jvm-base", true);
            if !crash(&site, &intent, nth, cut, |first| Home::with("ann", first.paper.clone())) {
                break;
            }
        }
    }
}

#[test]
fn cut_off_anywhere_what_servers_build_is_taken_up_by_a_colleague_and_deployed() {
    for cut in [Side::Before, Side::After] {
        for nth in 1..200 {
            let site = site_of_servers();
            let intent = carried(&site, "checkout", None);
            if !crash(&site, &intent, nth, cut, |_| Home::new("ben")) {
                break;
            }
            site.assert_never_below_the_floor();
        }
    }
}

#[test]
fn nothing_is_built_on_a_new_image_that_went_bad_or_away_before_the_rest_was_taken_up() {
    for bad in [true, false] {
        let (site, home) = (site(), Home::new("ann"));
        let before = images(&site);
        let intent = rebuild(&site, "jvm-base", true);
        let approved = site.approve(&home, planned(&site, &home, &intent), &[]);
        let operation = approved.plan().id.clone();
        let helm = Arc::clone(&home.helm);
        site.after(30, move || helm.order(Steer::Hold));
        assert!(matches!(site.execute(&home, approved).unwrap(), Outcome::Held { .. }));
        site.clock.pass(Duration::from_mins(30));
        let new: Vec<ImageId> = images(&site).difference(&before).cloned().collect();
        let [base] = new.as_slice() else { panic!("{new:?}") };
        if bad {
            let mark = TagImage::new(base.clone(), [(BAD_TAG.into(), "leaks".into())]);
            now(site.demo.apply(&site.place(), &Call::TagImage(mark))).unwrap();
        } else {
            assert!(site.demo.meddle(&site.place(), &Foreign::Deregister { image: base.clone() }));
        }
        let resume = Intent::Resume { cluster: intent.cluster().clone(), operation };
        let outcome = site.run(&home, &resume);
        let Outcome::Held { why, .. } = &outcome else { panic!("{outcome:?}") };
        assert!(why.contains(if bad { "parent-launches" } else { "is not there" }), "{why}");
        assert_eq!(started(&site).len(), 1, "{why}");
    }
}

#[test]
fn what_a_program_of_another_machine_built_is_not_begun_again_here() {
    let (site, home) = (site(), Home::new("ann"));
    let intent = rebuild(&site, "checkout", false);
    let approved = site.approve(&home, planned(&site, &home, &intent), &[]);
    let operation = approved.plan().id.clone();
    let build = approved.plan().builds().next().unwrap().clone();
    let helm = Arc::clone(&home.helm);
    site.after(30, move || helm.order(Steer::Hold));
    let outcome = site.execute(&home, approved).unwrap();
    assert!(matches!(outcome, Outcome::Held { .. }), "{outcome:?}");
    // On the other machine nothing is known of it.
    site.demo.forget_build(&site.place(), &build.build);
    let colleague = Home::new("ben");
    let resume = Intent::Resume { cluster: intent.cluster().clone(), operation };
    let outcome = site.run(&colleague, &resume);
    let Outcome::Held { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("ran on"), "{why}");
    assert_eq!(started(&site).len(), 1);
}

#[test]
fn an_image_is_marked_as_bad_and_no_plan_goes_to_it_until_it_is_good_again() {
    let (site, home) = (site(), Home::new("ann"));
    let fleet = site.fleet();
    let image = super::deploy::image_of(&site, "blue");
    let family = fleet.image(&site.place(), &image).unwrap().family.clone().unwrap().name;
    let mark = |bad: Option<&str>| Intent::Mark {
        cluster: ClusterId::of_family(site.place(), &family),
        image: image.clone(),
        bad: bad.map(Text::new),
        by: Author { who: "ann".into(), at: site.clock.now() },
    };
    assert!(site.plan(&home, &mark(None)).unwrap_err().why.contains("not marked"));
    assert!(site.plan(&home, &mark(Some(" "))).is_err());
    let outcome = site.run(&home, &mark(Some("leaks, INC-9")));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let deploy = super::deploy::deploy(&site, None, false);
    let plan = site.plan(&home, &deploy).unwrap();
    let guard = blocked_by(&plan.guards, &[]).unwrap();
    assert!(guard.why.contains("leaks, INC-9") && guard.why.contains("ann"), "{guard:?}");
    site.clock.pass(Duration::from_mins(1));
    let outcome = site.run(&home, &mark(None));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert!(!site.plan(&home, &deploy).unwrap().is_blocked());
}

#[test]
fn what_cannot_be_built_is_refused_with_the_way_out() {
    let (site, home) = (site(), Home::new("ann"));
    let refused = |intent: &Intent| site.plan(&home, intent).unwrap_err();
    let unknown = refused(&rebuild(&site, "checkuot", false));
    assert!(unknown.remedy.contains("checkout"), "{unknown}");
    let version = |wanted: &str| {
        let mut intent = rebuild(&site, "checkout", false);
        if let Intent::Rebuild { version, .. } = &mut intent {
            *version = Some(wanted.into());
        }
        intent
    };
    assert!(refused(&version("2.8.0")).why.contains("is there already"));
    assert!(refused(&version("-force")).why.contains("is no version"));
    // What is carried on must be built.
    let mut other = carried(&site, "checkout", None);
    if let Intent::Rebuild { family, .. } = &mut other {
        *family = "orders".into();
    }
    assert!(refused(&other).why.contains("names no image of it"));
    let gone = |site: &Site| {
        let fleet = site.fleet();
        let parents: Vec<ImageId> = fleet
            .images
            .iter()
            .filter(|((place, _), image)| {
                *place == site.place() && image.family.as_ref().is_some_and(|of| of.name.raw() == "jvm-base")
            })
            .map(|((_, id), _)| id.clone())
            .collect();
        for image in parents {
            assert!(site.demo.meddle(&site.place(), &Foreign::Deregister { image }));
        }
    };
    gone(&site);
    let refusal = refused(&rebuild(&site, "checkout", false));
    assert!(refusal.why.contains("no image of jvm-base can be launched"), "{refusal}");
}
