//! `cancel`, `rollback-refresh`, another instance type, and the way back without an old side.

use super::*;
use crate::fleet::{LaunchSource, RefreshStatus, Section, TemplateVersion, builders::template_ref};

/// `orders` with green on version 1 by number, and a refresh to version 2 that somebody started.
fn refreshing(status: RefreshStatus) -> Orders {
    let mut orders = orders(100, 0);
    orders.world.image("ami-3", "orders-1.2.0");
    orders.world.template("lt-green", 2, "ami-3");
    let version = |number| LaunchSource::Template(template_ref("lt-green", TemplateVersion::Number(number)));
    orders.world.group_mut("orders-green").source = version(1);
    orders.world.refresh("orders-green", status).desired = Some(version(2));
    let replaced = &mut orders.world.group_mut("orders-green").members[0];
    replaced.template = Some(template_ref("lt-green", TemplateVersion::Number(2)));
    orders
}

fn cancel() -> Intent {
    Intent::CancelRefresh { cluster: id(), group: "orders-green".into() }
}

fn take_back() -> Intent {
    Intent::RollbackRefresh { cluster: id(), group: "orders-green".into() }
}

fn made(orders: &Orders, intent: &Intent) -> Plan {
    planned(orders, intent, &History::default()).unwrap()
}

fn refusal(orders: &Orders, intent: &Intent) -> Refusal {
    planned(orders, intent, &History::default()).unwrap_err()
}

fn says(plan: &Plan, words: &str) -> bool {
    plan.notes.iter().any(|note| note.contains(words))
}

#[test]
fn a_refresh_that_somebody_started_is_cancelled_by_one_call_on_that_very_refresh() {
    let plan = made(&refreshing(RefreshStatus::InProgress), &cancel());
    assert!(matches!(plan.steps[0].call, Some(Call::CancelInstanceRefresh(_))), "{:?}", plan.steps);
    let State::Group(expected) = &plan.steps[0].expects.as_ref().unwrap().state else { panic!() };
    assert_eq!(expected.refresh.as_ref().unwrap().id(), Some(&"refresh".into()));
    let wait = plan.steps[1].wait.as_ref().unwrap();
    assert_eq!((wait.what, plan.steps.len()), (WaitFor::Refreshed, 2));
    assert_eq!((plan.way_back(), plan.confirm.phrase.as_str()), (None, "orders cancel"));
    assert!(says(&plan, "1 of 2 instances run version 2") && says(&plan, "two ways out"), "{:?}", plan.notes);
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
}

#[test]
fn a_cancelled_rollback_warns_that_nothing_takes_the_mix_back() {
    let plan = made(&refreshing(RefreshStatus::RollbackInProgress), &cancel());
    assert!(says(&plan, "nothing takes that back by itself"), "{:?}", plan.notes);
    assert!(plan.steps[0].does.contains("cancel the rollback"), "{}", plan.steps[0].does);
    let forward = made(&refreshing(RefreshStatus::InProgress), &cancel());
    assert!(!says(&forward, "nothing takes that back"), "{:?}", forward.notes);
}

#[test]
fn facts_that_ending_a_refresh_does_not_need_hold_it_not() {
    let mut orders = refreshing(RefreshStatus::InProgress);
    orders.world.gap(Section::Templates, None);
    orders.world.gap(Section::TargetHealth, Some(orders.green.raw()));
    for intent in [cancel(), take_back()] {
        let plan = made(&orders, &intent);
        assert_eq!(verdict(&plan, "group-facts").verdict, Answer::Pass, "{:?}", plan.guards);
    }
    orders.world.gap(Section::Refreshes, Some("orders-green"));
    assert_eq!(verdict(&made(&orders, &cancel()), "group-facts").verdict, Answer::Block);
}

#[test]
fn a_refresh_that_runs_is_taken_back_whoever_started_it() {
    let plan = made(&refreshing(RefreshStatus::InProgress), &take_back());
    assert!(matches!(plan.steps[0].call, Some(Call::RollbackInstanceRefresh(_))), "{:?}", plan.steps);
    assert_eq!(plan.steps[1].wait.as_ref().unwrap().what, WaitFor::Refreshed);
    assert!(says(&plan, "runs back to 0"), "{:?}", plan.notes);
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
}

#[test]
fn what_aws_cannot_take_back_is_refused_with_the_reason() {
    let why = |orders: &Orders| refusal(orders, &take_back()).why;
    assert!(why(&refreshing(RefreshStatus::RollbackInProgress)).contains("back already"));
    assert!(why(&refreshing(RefreshStatus::Cancelling)).contains("being cancelled"));
    let mut orders = refreshing(RefreshStatus::InProgress);
    for version in [TemplateVersion::Latest, TemplateVersion::Default] {
        orders.world.group_mut("orders-green").source =
            LaunchSource::Template(template_ref("lt-green", version));
        assert!(why(&orders).contains("which is no number"), "{}", why(&orders));
    }
    let mut orders = refreshing(RefreshStatus::InProgress);
    for version in &mut orders.world.facts.templates.as_mut().unwrap().value {
        version.image = Some("resolve:ssm:/golden".into());
    }
    assert!(why(&orders).contains("SSM parameter"));
    let mut orders = refreshing(RefreshStatus::InProgress);
    orders.world.refresh("orders-green", RefreshStatus::InProgress).desired = None;
    assert!(why(&orders).contains("without a desired configuration"));
}

#[test]
fn a_way_back_to_an_image_that_is_gone_is_blocked() {
    let mut orders = refreshing(RefreshStatus::InProgress);
    orders.world.image("ami-2", "orders-1.1.0").state = "disabled".into();
    let plan = made(&orders, &take_back());
    assert_eq!(verdict(&plan, "leads-back").verdict, Answer::Block, "{:?}", verdict(&plan, "leads-back"));
    assert_eq!(verdict(&made(&orders, &cancel()), "leads-back").verdict, Answer::Pass);
}

#[test]
fn where_no_refresh_runs_there_is_nothing_to_end() {
    for intent in [cancel(), take_back()] {
        let ended = refusal(&refreshing(RefreshStatus::Cancelled), &intent);
        assert!(ended.why.contains("is under way: the newest is Cancelled"), "{ended}");
        let mut unread = refreshing(RefreshStatus::InProgress);
        unread.world.facts.refreshes.clear();
        unread.world.gap(Section::Refreshes, Some("orders-green"));
        assert!(refusal(&unread, &intent).why.contains("could not be read"));
    }
    assert!(refusal(&refreshing(RefreshStatus::Cancelling), &cancel()).why.contains("already"));
}

fn to_type(wanted: &str) -> Intent {
    Intent::Refresh {
        cluster: id(),
        group: "orders-green".into(),
        to: RefreshTo::Type(wanted.into()),
        knobs: Knobs::default(),
    }
}

#[test]
fn another_type_is_a_version_with_that_type_alone_and_a_refresh_to_it() {
    let mut orders = refreshing(RefreshStatus::Successful);
    let plan = made(&orders, &to_type("m7i.xlarge"));
    let Some(Call::CreateLaunchTemplateVersion(create)) = &plan.steps[0].call else {
        panic!("{:?}", plan.steps)
    };
    assert_eq!(create.changes.instance_type, Some("m7i.xlarge".into()));
    assert_eq!((create.source, &create.changes.image), (1, &None));
    let Some(Call::StartInstanceRefresh(start)) = &plan.steps[1].call else { panic!("{:?}", plan.steps) };
    assert_eq!(start.desired.template().unwrap().version, 3);
    assert_eq!((plan.verb.as_str(), plan.confirm.phrase.as_str()), ("scale", "orders m7i.xlarge"));
    assert!(matches!(plan.way_back(), Some(Call::RollbackInstanceRefresh(_))));
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);

    orders.world.image("ami-2", "orders-1.1.0").architecture = Some("x86_64".into());
    for (wanted, says) in [
        ("m7i.xlarge", Answer::Pass),
        ("g4dn.xlarge", Answer::Pass),
        ("m7g.large", Answer::Block),
        ("c7gn.large", Answer::Block),
        ("a1.large", Answer::Block),
    ] {
        let plan = made(&orders, &to_type(wanted));
        assert_eq!(verdict(&plan, "image-fits").verdict, says, "{wanted}");
    }
}

#[test]
fn what_is_no_type_or_launched_already_is_refused() {
    let mut orders = refreshing(RefreshStatus::Successful);
    for wrong in ["", "large", "m7g.", ".large", "m7g.large; rm", "M7G.large"] {
        assert!(refusal(&orders, &to_type(wrong)).why.contains("no instance type"), "{wrong}");
    }
    let versions = &mut orders.world.facts.templates.as_mut().unwrap().value;
    for version in versions {
        version.instance_type = Some("m7g.large".into());
    }
    assert!(refusal(&orders, &to_type("m7g.large")).why.contains("launches m7g.large already"));
}

/// `orders` with all traffic on green, which has a version of an earlier image, and nothing on blue.
fn alone() -> Orders {
    let mut orders = orders(0, 100);
    orders.world.group_mut("orders-blue").members.clear();
    orders.world.targets_mut(&orders.blue.clone()).clear();
    let versions = &mut orders.world.facts.templates.as_mut().unwrap().value;
    versions.retain(|version| version.id.raw() != "lt-green");
    orders.world.template("lt-green", 1, "ami-1");
    orders.world.template("lt-green", 2, "ami-2");
    let source = LaunchSource::Template(template_ref("lt-green", TemplateVersion::Number(2)));
    let group = orders.world.group_mut("orders-green");
    group.source = source;
    for member in &mut group.members {
        member.template = Some(template_ref("lt-green", TemplateVersion::Number(2)));
    }
    orders
}

fn goes_to(plan: &Plan) -> i64 {
    let start = plan.steps.iter().find_map(|step| match &step.call {
        Some(Call::StartInstanceRefresh(start)) => start.desired.template(),
        _ => None,
    });
    start.unwrap().version
}

#[test]
fn without_an_old_side_the_live_group_goes_back_to_the_image_that_the_light_tells_of() {
    let orders = alone();
    let fleet = orders.world.fleet();
    let cluster = fleet.cluster(&id()).unwrap();
    assert_eq!(light(&fleet, cluster, &History::default(), &Policy::default()).kind, LightKind::Image);
    let plan = made(&orders, &back());
    assert_eq!(
        (goes_to(&plan), plan.verb.as_str(), plan.confirm.phrase.as_str()),
        (1, "rollback", "orders back")
    );
    assert!(says(&plan, "no old side of orders is up"), "{:?}", plan.notes);
    assert!(!plan.is_blocked(), "{:#?}", plan.guards);
    assert!(matches!(plan.way_back(), Some(Call::RollbackInstanceRefresh(_))));
}

#[test]
fn a_recorded_side_that_has_no_instances_left_is_not_gone_back_to() {
    let orders = alone();
    let records = vec![
        record(&orders, "op-1", "switch", Event::Intended, (100, 0)),
        record(&orders, "op-1", "switch", Event::Done, (100, 0)),
    ];
    let history = History::new(records);
    let plan = planned(&orders, &back(), &history).unwrap();
    assert_eq!(goes_to(&plan), 1);
    assert!(
        says(&plan, "orders-blue, which carried the traffic before op-1, has no instances"),
        "{:?}",
        plan.notes
    );
}

#[test]
fn a_refresh_of_the_live_group_is_taken_back_and_one_that_stopped_half_way_goes_back_to_the_others() {
    let mut orders = alone();
    let version = |number| LaunchSource::Template(template_ref("lt-green", TemplateVersion::Number(number)));
    orders.world.template("lt-green", 3, "ami-2");
    orders.world.refresh("orders-green", RefreshStatus::InProgress).desired = Some(version(3));
    let plan = made(&orders, &back());
    assert!(matches!(plan.steps[0].call, Some(Call::RollbackInstanceRefresh(_))), "{:?}", plan.steps);
    orders.world.facts.refreshes.get_mut(&"orders-green".into()).unwrap().value[0].status =
        RefreshStatus::Cancelled;
    orders.world.group_mut("orders-green").members[0].template =
        Some(template_ref("lt-green", TemplateVersion::Number(3)));
    let plan = made(&orders, &back());
    assert_eq!(goes_to(&plan), 2);
    assert!(says(&plan, "stopped half-way"), "{:?}", plan.notes);
}
