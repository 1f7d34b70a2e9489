//! `refresh`: pins, new versions, strict defaults, and what its guards say.

use super::*;
use crate::fleet::{
    LaunchSource, OverrideFact, RefreshStatus, Section, TemplateVersion, builders::template_ref,
};

/// `orders` with green on version 1 of its template, by number, and an image that is newer.
fn by_number() -> Orders {
    let mut orders = orders(100, 0);
    orders.world.image("ami-3", "orders-1.2.0");
    let source = LaunchSource::Template(template_ref("lt-green", TemplateVersion::Number(1)));
    orders.world.group_mut("orders-green").source = source;
    orders
}

fn to(to: RefreshTo, knobs: Knobs) -> Intent {
    Intent::Refresh { cluster: id(), group: "orders-green".into(), to, knobs }
}

fn to_image() -> Intent {
    to(RefreshTo::Image("ami-3".into()), Knobs::default())
}

fn refreshed(orders: &Orders, intent: &Intent) -> Plan {
    planned(orders, intent, &History::default()).unwrap()
}

fn calls(plan: &Plan) -> Vec<&Call> {
    plan.steps.iter().filter_map(|step| step.call.as_ref()).collect()
}

fn start(plan: &Plan) -> &StartRefresh {
    let start = calls(plan).into_iter().find_map(|call| match call {
        Call::StartInstanceRefresh(start) => Some(start),
        _ => None,
    });
    start.unwrap()
}

fn refusal(orders: &Orders, intent: &Intent) -> String {
    planned(orders, intent, &History::default()).unwrap_err().why
}

#[test]
fn an_image_gets_a_version_of_its_own_and_the_group_goes_to_it_by_number() {
    let orders = by_number();
    let plan = refreshed(&orders, &to_image());
    let [Call::CreateLaunchTemplateVersion(create), Call::StartInstanceRefresh(start)] = calls(&plan)[..]
    else {
        panic!("{:?}", plan.steps)
    };
    assert_eq!((create.source, create.changes.image.as_ref()), (1, Some(&"ami-3".into())));
    let number = TemplateNumber { id: "lt-green".into(), version: 2 };
    assert_eq!(start.desired, Desired::LaunchTemplate(number));
    let preferences = &start.preferences;
    assert_eq!((preferences.min_healthy_percentage, preferences.max_healthy_percentage), (100, 110));
    assert!(preferences.auto_rollback && preferences.skip_matching);
    assert!(matches!(plan.way_back(), Some(Call::RollbackInstanceRefresh(_))));
    let wait = plan.steps.last().unwrap().wait.as_ref().unwrap();
    assert_eq!(wait.what, WaitFor::Refreshed);
    assert!(plan.guards.iter().all(|guard| guard.verdict != Answer::Block), "{:#?}", plan.guards);
}

#[test]
fn a_group_without_a_number_is_pinned_first_so_that_there_is_a_way_back() {
    let mut orders = by_number();
    let source = LaunchSource::Template(template_ref("lt-green", TemplateVersion::Latest));
    orders.world.group_mut("orders-green").source = source;
    let plan = refreshed(&orders, &to_image());
    let Call::UpdateAutoScalingGroup(pin) = calls(&plan)[0] else { panic!("{:?}", plan.steps) };
    assert_eq!(pin.template, Some(TemplateNumber { id: "lt-green".into(), version: 1 }));
    assert!(start(&plan).preferences.auto_rollback);
    // Without a pin AWS has nothing to go back to, and a refresh that is to go back by itself would be refused.
    let unpinned = to(RefreshTo::Image("ami-3".into()), Knobs { pin: Some(false), ..Knobs::default() });
    let plan = refreshed(&orders, &unpinned);
    assert!(!start(&plan).preferences.auto_rollback);
    assert!(matches!(plan.way_back(), Some(Call::CancelInstanceRefresh(_))));
    assert!(plan.notes.iter().any(|note| note.contains("cannot take it back")), "{:?}", plan.notes);
}

#[test]
fn a_group_that_has_saved_the_new_version_already_is_pinned_to_what_it_runs() {
    let mut orders = by_number();
    orders.world.template("lt-green", 2, "ami-3");
    for n in 0..2 {
        let member = orders.world.group_mut("orders-green").members.get_mut(n).unwrap();
        member.template = Some(template_ref("lt-green", TemplateVersion::Number(1)));
    }
    let source = LaunchSource::Template(template_ref("lt-green", TemplateVersion::Number(2)));
    orders.world.group_mut("orders-green").source = source;
    let plan = refreshed(&orders, &to(RefreshTo::Version(2), Knobs::default()));
    let Call::UpdateAutoScalingGroup(pin) = calls(&plan)[0] else { panic!("{:?}", plan.steps) };
    assert_eq!(pin.template.as_ref().unwrap().version, 1);
    assert!(matches!(plan.way_back(), Some(Call::RollbackInstanceRefresh(_))));
}

#[test]
fn the_same_intent_makes_the_same_plan_with_the_same_token() {
    let orders = by_number();
    let (one, other) = (refreshed(&orders, &to_image()), refreshed(&orders, &to_image()));
    assert_eq!(one.digest, other.digest);
    assert!(one.same_work(&other));
}

#[test]
fn a_group_of_one_is_replaced_by_a_second_and_says_so() {
    let mut orders = by_number();
    let group = orders.world.group_mut("orders-green");
    group.desired = 1;
    group.members.truncate(1);
    let all_to_green = forward(&[(&orders.blue, 0), (&orders.green, 100)]);
    set_actions(&mut orders, all_to_green);
    let plan = refreshed(&orders, &to_image());
    assert_eq!(start(&plan).preferences.max_healthy_percentage, 200);
    assert_eq!(verdict(&plan, "capacity").verdict, Answer::Warn, "{:?}", verdict(&plan, "capacity"));
}

#[test]
fn an_instance_in_standby_carries_nothing_on_the_way_and_one_left_alone_is_not_reached() {
    let mut orders = by_number();
    let all_to_green = forward(&[(&orders.blue, 0), (&orders.green, 100)]);
    set_actions(&mut orders, all_to_green);
    let whole = refreshed(&orders, &to_image()).reach;
    orders.world.group_mut("orders-green").members[0].lifecycle = "Standby".into();
    let left = refreshed(&orders, &to_image()).reach;
    assert_eq!((whole.instances, whole.lowest_healthy), (2, Some(2)));
    assert_eq!((left.instances, left.lowest_healthy), (1, Some(1)));
    let ended = Knobs { standby: Some(Standby::Terminate), ..Knobs::default() };
    let ended = refreshed(&orders, &to(RefreshTo::Image("ami-3".into()), ended)).reach;
    assert_eq!((ended.instances, ended.lowest_healthy), (2, Some(1)));
    orders.world.group_mut("orders-green").members[1].protected = true;
    assert_eq!(refreshed(&orders, &to_image()).reach.instances, 0);
}

#[test]
fn a_version_is_not_made_under_the_feet_of_a_group_with_traffic_that_follows_the_newest() {
    let mut orders = by_number();
    let said = |orders: &Orders| {
        let plan = refreshed(orders, &to_image());
        let found = verdict(&plan, "template-followers");
        (found.verdict, found.why.clone())
    };
    assert_eq!(said(&orders).0, Answer::Pass);
    let newest = template_ref("lt-green", TemplateVersion::Latest);
    let own_default = template_ref("lt-green", TemplateVersion::Default);
    for (source, expected) in [
        (LaunchSource::Template(newest.clone()), Answer::Block),
        (LaunchSource::Mixed { base: newest.clone(), overrides: Vec::new() }, Answer::Block),
        (
            LaunchSource::Mixed {
                base: template_ref("lt-blue", TemplateVersion::Number(1)),
                overrides: vec![OverrideFact { template: Some(newest.clone()), ..OverrideFact::default() }],
            },
            Answer::Block,
        ),
        (LaunchSource::Template(own_default), Answer::Pass),
        (LaunchSource::Template(template_ref("lt-blue", TemplateVersion::Latest)), Answer::Pass),
    ] {
        orders.world.group_mut("orders-blue").source = source;
        let (verdict, why) = said(&orders);
        assert_eq!(verdict, expected, "{why}");
        assert_eq!(why.contains("orders-blue, which takes traffic"), expected == Answer::Block, "{why}");
    }
    // Nothing but its next launches is at stake where it takes none.
    orders.world.group_mut("orders-blue").source = LaunchSource::Template(newest);
    let all_to_green = forward(&[(&orders.blue, 0), (&orders.green, 100)]);
    set_actions(&mut orders, all_to_green);
    assert_eq!(said(&orders).0, Answer::Warn);
    // A refresh to a version that is there makes none.
    orders.world.template("lt-green", 2, "ami-3");
    let plan = refreshed(&orders, &to(RefreshTo::Version(2), Knobs::default()));
    assert!(plan.guards.iter().all(|guard| guard.name != "template-followers"));
}

#[test]
fn a_refresh_under_way_or_unknown_blocks_another() {
    let mut orders = by_number();
    orders.world.refresh("orders-green", RefreshStatus::InProgress);
    let plan = refreshed(&orders, &to_image());
    assert_eq!(verdict(&plan, "refresh-under-way").verdict, Answer::Block);
    let mut orders = by_number();
    orders.world.facts.refreshes.clear();
    orders.world.gap(Section::Refreshes, Some("orders-green"));
    let plan = refreshed(&orders, &to_image());
    assert_eq!(verdict(&plan, "refresh-under-way").verdict, Answer::Block);
    assert_eq!(verdict(&plan, "group-facts").verdict, Answer::Block);
}

#[test]
fn a_template_that_cannot_be_read_blocks_the_groups_that_launch_from_it_and_no_others() {
    let own = start(&refreshed(&by_number(), &to_image())).desired.template().unwrap().id.clone();
    for (about, verdict_of_it) in
        [(Some(own.raw()), Answer::Block), (Some("lt-of-another"), Answer::Pass), (None, Answer::Block)]
    {
        let mut orders = by_number();
        orders.world.gap(Section::Templates, about);
        let plan = refreshed(&orders, &to_image());
        assert_eq!(verdict(&plan, "group-facts").verdict, verdict_of_it, "{about:?}");
    }
}

#[test]
fn a_group_that_is_not_ours_or_cannot_replace_blocks() {
    let mut orders = by_number();
    orders.world.group_mut("orders-green").operator = Some("eks.amazonaws.com".into());
    assert_eq!(verdict(&refreshed(&orders, &to_image()), "group-changeable").verdict, Answer::Block);
    let mut orders = by_number();
    orders.world.group_mut("orders-green").status = Some("Delete in progress".into());
    assert_eq!(verdict(&refreshed(&orders, &to_image()), "group-changeable").verdict, Answer::Block);
    let mut orders = by_number();
    orders.world.group_mut("orders-green").suspended = vec!["Launch".into()];
    assert_eq!(verdict(&refreshed(&orders, &to_image()), "suspended-processes").verdict, Answer::Block);
    orders.world.group_mut("orders-green").suspended = vec!["AZRebalance".into()];
    assert_eq!(verdict(&refreshed(&orders, &to_image()), "suspended-processes").verdict, Answer::Warn);
}

#[test]
fn an_image_of_another_kind_or_that_cannot_launch_blocks() {
    let mut orders = by_number();
    orders.world.image("ami-4", "search-1.0.0");
    let plan = refreshed(&orders, &to(RefreshTo::Image("ami-4".into()), Knobs::default()));
    assert_eq!(verdict(&plan, "image-fits").verdict, Answer::Block, "{:?}", verdict(&plan, "image-fits"));
    let plan = refreshed(&orders, &to(RefreshTo::Image("ami-9".into()), Knobs::default()));
    assert_eq!(verdict(&plan, "image-launches").verdict, Answer::Block);
    let mut orders = by_number();
    let image = orders.world.image("ami-3", "orders-1.2.0");
    image.tags.insert(crate::fleet::BAD_TAG.into(), "leaks".into());
    let plan = refreshed(&orders, &to_image());
    assert!(verdict(&plan, "image-launches").why.contains("leaks"));
    let mut orders = by_number();
    orders.world.image("ami-3", "orders-1.2.0").architecture = Some("arm64".into());
    orders.world.image("ami-2", "orders-1.1.0").architecture = Some("x86_64".into());
    let plan = refreshed(&orders, &to_image());
    assert_eq!(verdict(&plan, "image-fits").verdict, Answer::Block);
}

#[test]
fn what_cannot_be_refreshed_is_refused_with_the_reason() {
    let mut orders = by_number();
    assert!(refusal(&orders, &to(RefreshTo::Version(7), Knobs::default())).contains("no version 7"));
    let wrong = |knobs| to(RefreshTo::Image("ami-3".into()), knobs);
    let knobs = Knobs { min_healthy: Some(0), max_healthy: Some(200), ..Knobs::default() };
    assert!(refusal(&orders, &wrong(knobs)).contains("more than 100"));
    let knobs = Knobs { checkpoints: vec![50, 20], ..Knobs::default() };
    assert!(refusal(&orders, &wrong(knobs)).contains("checkpoints"));
    orders.world.group_mut("orders-green").source = LaunchSource::Configuration("old".into());
    assert!(refusal(&orders, &to_image()).contains("launch configuration"));
    let other = Intent::Refresh {
        cluster: id(),
        group: "orders-red".into(),
        to: RefreshTo::Version(1),
        knobs: Knobs::default(),
    };
    assert!(refusal(&orders, &other).contains("no group orders-red"));
}

#[test]
fn a_refresh_is_written_down_and_read_back() {
    let plan = refreshed(&by_number(), &to_image());
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(Plan::load(&text, read_at()).unwrap(), plan);
}
