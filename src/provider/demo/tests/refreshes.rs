//! Instance refreshes as they run, and launch template versions.

use super::groups::{first, group, healthy, mark, place_of, sizes, why};
use super::*;
use crate::plan::{
    Alarms, CreateTemplateVersion, Desired, Effect, EnterStandby, ExitStandby, Newest, OfGroup, Preferences,
    Protected, RefreshMark, Saved, SetDesiredCapacity, Standby, StartRefresh, State, Strategy,
    TemplateChanges, TemplateNumber, TemplateState, UpdateGroup,
};

fn preferences(min: i32, max: i32) -> Preferences {
    Preferences {
        min_healthy_percentage: min,
        max_healthy_percentage: max,
        instance_warmup: Some(20),
        checkpoint_percentages: Vec::new(),
        checkpoint_delay: None,
        bake_time: None,
        skip_matching: true,
        auto_rollback: false,
        scale_in_protected_instances: Protected::Ignore,
        standby_instances: Standby::Ignore,
        alarm_specification: None,
    }
}

/// A version of the template that a group launches from by its number.
fn version(demo: &Demo, name: &str, version: i64) -> TemplateNumber {
    let (facts, at) = facts_with(demo, name);
    let LaunchSource::Template(named) = facts.groups.as_ref().unwrap().value[at].source.clone() else {
        unreachable!("{name} launches from a template")
    };
    TemplateNumber { id: named.id.unwrap(), version }
}

fn start_call(demo: &Demo, name: &str, to: i64, preferences: Preferences) -> Call {
    let desired = Desired::LaunchTemplate(version(demo, name, to));
    let group = name.into();
    Call::StartInstanceRefresh(Box::new(StartRefresh {
        group,
        strategy: Strategy::Rolling,
        desired,
        preferences,
    }))
}

fn start(demo: &Demo, name: &str, to: i64, preferences: Preferences) {
    now(demo.apply(&place_of(demo, name), &start_call(demo, name, to, preferences))).unwrap();
}

fn cancel(name: &str) -> Call {
    Call::CancelInstanceRefresh(OfGroup { group: name.into() })
}

fn roll_back(name: &str) -> Call {
    Call::RollbackInstanceRefresh(OfGroup { group: name.into() })
}

fn refresh(demo: &Demo, name: &str) -> RefreshMark {
    let Some(Newest::Refresh(refresh)) = group(demo, name).refresh else {
        unreachable!("{name} has a refresh")
    };
    refresh
}

fn status(demo: &Demo, name: &str) -> String {
    refresh(demo, name).status.raw().to_owned()
}

fn reason(demo: &Demo, name: &str) -> String {
    refresh(demo, name).reason.unwrap_or_default().raw().to_owned()
}

fn saved(demo: &Demo, name: &str) -> i64 {
    let Some(Saved::Template(number)) = group(demo, name).saved else { unreachable!("{name} is pinned") };
    number.version
}

/// How many members that stay were launched from each version.
fn versions(demo: &Demo, name: &str) -> Vec<(i64, usize)> {
    let (facts, at) = facts_with(demo, name);
    let mut counted = std::collections::BTreeMap::new();
    let members = &facts.groups.as_ref().unwrap().value[at].members;
    for member in members.iter().filter(|member| member.lifecycle.raw() != "Terminating") {
        let Some(crate::fleet::TemplateVersion::Number(number)) =
            member.template.as_ref().map(|t| t.version.clone())
        else {
            unreachable!("launched from a number")
        };
        *counted.entry(number).or_insert(0) += 1;
    }
    counted.into_iter().collect()
}

/// Lives until the refresh has ended; tells the fewest healthy targets and the most members on the way.
fn run_out(demo: &Demo, clock: &Hand, name: &str) -> (usize, usize) {
    let (mut fewest, mut most) = (usize::MAX, 0);
    for _ in 0..2_000 {
        clock.pass(5);
        fewest = fewest.min(healthy(demo, name));
        most = most.max(versions(demo, name).iter().map(|(_, count)| count).sum());
        if RefreshStatus::of_word(&refresh(demo, name).status).is_active() == Some(false) {
            return (fewest, most);
        }
    }
    unreachable!("{name}: {:?}", refresh(demo, name))
}

fn pass_until(demo: &Demo, clock: &Hand, name: &str, what: impl Fn(&RefreshMark) -> bool) -> RefreshMark {
    for _ in 0..2_000 {
        clock.pass(5);
        let refresh = refresh(demo, name);
        if what(&refresh) {
            return refresh;
        }
    }
    unreachable!("{name}: {:?}", refresh(demo, name))
}

#[test]
fn a_refresh_keeps_to_both_bounds_and_is_saved_only_when_it_succeeds() {
    for (bounds, within) in [
        ((100, 110), (8, 9)),
        ((90, 110), (7, 9)),
        ((50, 100), (4, 8)),
        ((100, 200), (8, 16)),
        ((100, 100), (8, 9)),
    ] {
        let (demo, clock) = calm();
        start(&demo, "orders-blue", 3, preferences(bounds.0, bounds.1));
        assert_eq!((status(&demo, "orders-blue"), saved(&demo, "orders-blue")), ("Pending".into(), 2));
        clock.pass(30);
        assert_eq!((status(&demo, "orders-blue"), saved(&demo, "orders-blue")), ("InProgress".into(), 2));
        let (fewest, most) = run_out(&demo, &clock, "orders-blue");
        assert!(fewest >= within.0 && most <= within.1, "{bounds:?}: {fewest} {most}");
        let ended = refresh(&demo, "orders-blue");
        assert_eq!((ended.status.raw(), ended.percent, ended.to_update), ("Successful", Some(100), Some(0)));
        assert_eq!((versions(&demo, "orders-blue"), saved(&demo, "orders-blue")), (vec![(3, 8)], 3));
        assert_eq!(sizes(&demo, "orders-blue"), (4, 8, 16));
        let (facts, at) = facts_with(&demo, "orders-blue");
        let told = &facts.refreshes[&facts.groups.as_ref().unwrap().value[at].name].value[0];
        assert_eq!((told.percent, told.ended_at.is_some()), (Some(100), true));
    }
}

#[test]
fn a_group_of_one_launches_before_it_ends_the_old_one() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-green");
    let sizes = UpdateGroup {
        group: "orders-green".into(),
        min: Some(1),
        desired: Some(1),
        max: None,
        template: None,
        subnets: None,
    };
    now(demo.apply(&place, &Call::UpdateAutoScalingGroup(sizes))).unwrap();
    clock.pass(200);
    start(&demo, "orders-green", 2, preferences(90, 110));
    assert_eq!(run_out(&demo, &clock, "orders-green"), (1, 2));
    assert_eq!(versions(&demo, "orders-green"), [(2, 1)]);
}

#[test]
fn what_matches_is_skipped_only_where_that_is_asked_for() {
    let (demo, clock) = calm();
    let kept: Vec<InstanceId> = group(&demo, "orders-blue").members.into_keys().collect();
    start(&demo, "orders-blue", 2, preferences(90, 110));
    assert_eq!(refresh(&demo, "orders-blue").to_update, Some(3));
    run_out(&demo, &clock, "orders-blue");
    let there = group(&demo, "orders-blue").members;
    assert_eq!(kept.iter().filter(|id| there.contains_key(id)).count(), 5);

    start(&demo, "orders-blue", 2, preferences(90, 110));
    assert_eq!(status(&demo, "orders-blue"), "Successful", "nothing to do ends at once");
    start(&demo, "orders-blue", 2, Preferences { skip_matching: false, ..preferences(50, 110) });
    run_out(&demo, &clock, "orders-blue");
    let now_there = group(&demo, "orders-blue").members;
    assert!(there.keys().all(|id| !now_there.contains_key(id)));
}

#[test]
fn checkpoints_are_waited_at_and_a_bake_comes_last() {
    let (demo, clock) = calm();
    let steps = Preferences {
        checkpoint_percentages: vec![25, 100],
        checkpoint_delay: Some(600),
        bake_time: Some(300),
        ..preferences(90, 110)
    };
    start(&demo, "orders-blue", 3, steps);
    pass_until(&demo, &clock, "orders-blue", |r| r.percent == Some(25) && r.reason.is_some());
    clock.pass(60);
    assert!(reason(&demo, "orders-blue").contains("checkpoint of 25%"), "{}", reason(&demo, "orders-blue"));
    clock.pass(480);
    assert_eq!(refresh(&demo, "orders-blue").percent, Some(25));
    assert_eq!(versions(&demo, "orders-blue").last(), Some(&(3, 2)));
    pass_until(&demo, &clock, "orders-blue", |refresh| refresh.status.raw() == "Baking");
    assert_eq!((refresh(&demo, "orders-blue").percent, saved(&demo, "orders-blue")), (Some(100), 2));
    clock.pass(280);
    assert_eq!(status(&demo, "orders-blue"), "Baking");
    clock.pass(30);
    assert_eq!((status(&demo, "orders-blue"), saved(&demo, "orders-blue")), ("Successful".into(), 3));
}

#[test]
fn a_last_checkpoint_below_all_leaves_the_rest_as_it_is() {
    let (demo, clock) = calm();
    start(&demo, "orders-blue", 3, Preferences { checkpoint_percentages: vec![50], ..preferences(90, 110) });
    run_out(&demo, &clock, "orders-blue");
    let old: usize =
        versions(&demo, "orders-blue").iter().filter(|(n, _)| *n < 3).map(|(_, count)| count).sum();
    assert_eq!((status(&demo, "orders-blue"), old), ("Successful".into(), 4));
}

#[test]
fn cancelling_leaves_a_mixed_group_that_launches_the_old_configuration_again() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-blue");
    assert!(why(&demo, &place, &cancel("orders-blue")).starts_with("ActiveInstanceRefreshNotFound"));
    start(&demo, "orders-blue", 3, preferences(90, 110));
    pass_until(&demo, &clock, "orders-blue", |refresh| refresh.percent >= Some(50));
    now(demo.apply(&place, &cancel("orders-blue"))).unwrap();
    assert_eq!(status(&demo, "orders-blue"), "Cancelling");
    let ended = pass_until(&demo, &clock, "orders-blue", |refresh| refresh.status.raw() == "Cancelled");
    assert_eq!(ended.reason.unwrap().raw(), "Cancelled due to user request.");
    clock.pass(300);
    let counted = versions(&demo, "orders-blue");
    assert!(counted.len() > 1 && counted.iter().map(|(_, count)| count).sum::<usize>() == 8, "{counted:?}");
    assert_eq!(saved(&demo, "orders-blue"), 2);
    let new =
        |demo: &Demo| versions(demo, "orders-blue").into_iter().find(|(n, _)| *n == 2).map_or(0, |(_, c)| c);
    let before = new(&demo);
    let ten = SetDesiredCapacity { group: "orders-blue".into(), desired: 10 };
    now(demo.apply(&place, &Call::SetDesiredCapacity(ten))).unwrap();
    clock.pass(60);
    assert_eq!(new(&demo), before + 2);
}

#[test]
fn a_rollback_runs_the_percent_back_to_nothing_and_restores_the_saved_configuration() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-green");
    start(&demo, "orders-green", 2, preferences(90, 110));
    let before = pass_until(&demo, &clock, "orders-green", |refresh| refresh.percent >= Some(50));
    now(demo.apply(&place, &roll_back("orders-green"))).unwrap();
    assert_eq!(status(&demo, "orders-green"), "RollbackInProgress");
    assert!(why(&demo, &place, &roll_back("orders-green")).starts_with("ActiveInstanceRefreshNotFound"));
    let mut last = before.percent;
    let ended = pass_until(&demo, &clock, "orders-green", |refresh| {
        assert!(refresh.percent <= last.max(Some(0)));
        refresh.status.raw() != "RollbackInProgress"
    });
    last = ended.percent;
    assert_eq!((ended.status.raw(), last), ("RollbackSuccessful", Some(0)));
    clock.pass(200);
    assert_eq!((versions(&demo, "orders-green"), saved(&demo, "orders-green")), (vec![(3, 6)], 3));
    assert_eq!(healthy(&demo, "orders-green"), 6);
}

#[test]
fn a_rollback_can_be_cancelled_too_and_leaves_both() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-green");
    start(&demo, "orders-green", 2, preferences(90, 110));
    pass_until(&demo, &clock, "orders-green", |refresh| refresh.percent >= Some(60));
    now(demo.apply(&place, &roll_back("orders-green"))).unwrap();
    clock.pass(30);
    now(demo.apply(&place, &cancel("orders-green"))).unwrap();
    pass_until(&demo, &clock, "orders-green", |refresh| refresh.status.raw() == "Cancelled");
    assert_eq!(versions(&demo, "orders-green").len(), 2);
}

#[test]
fn an_alarm_rolls_it_back_where_that_was_asked_for_and_else_fails_it() {
    for (auto_rollback, during, end, left) in
        [(true, "RollbackInProgress", "RollbackSuccessful", 1), (false, "Failed", "Failed", 2)]
    {
        let (demo, clock) = calm();
        let place = place_of(&demo, "orders-green");
        let alarms = Some(Alarms { alarms: vec!["orders-5xx".into()] });
        start(
            &demo,
            "orders-green",
            2,
            Preferences { auto_rollback, alarm_specification: alarms, ..preferences(90, 110) },
        );
        let alarm = |state| Foreign::Alarm { name: "orders-5xx".into(), state };
        pass_until(&demo, &clock, "orders-green", |refresh| refresh.percent >= Some(33));
        assert!(demo.meddle(&place, &alarm(Some(AlarmState::InsufficientData))));
        clock.pass(200);
        let stopped = versions(&demo, "orders-green");
        clock.pass(600);
        assert_eq!(
            (status(&demo, "orders-green"), versions(&demo, "orders-green")),
            ("InProgress".into(), stopped)
        );
        assert!(reason(&demo, "orders-green").contains("INSUFFICIENT_DATA"));
        assert!(demo.meddle(&place, &alarm(Some(AlarmState::Alarm))));
        clock.pass(15);
        assert_eq!(status(&demo, "orders-green"), during);
        assert!(reason(&demo, "orders-green").contains("orders-5xx is in ALARM state"));
        run_out(&demo, &clock, "orders-green");
        assert_eq!((status(&demo, "orders-green"), saved(&demo, "orders-green")), (end.into(), 3));
        assert_eq!(versions(&demo, "orders-green").len(), left);
    }
}

#[test]
fn a_bad_version_goes_back_by_itself_when_its_errors_raise_the_alarm() {
    let (demo, clock) = demo_with(Options { instances: 300, lively: false, ..Options::default() });
    let alarms = Some(Alarms { alarms: vec!["recommend-5xx".into()] });
    let place = place_of(&demo, "recommend-blue");
    let (facts, at) = facts_with(&demo, "recommend-green");
    let idle = facts.groups.as_ref().unwrap().value[at].target_groups[0].clone();
    assert!(demo.meddle(&place, &Foreign::DeleteTargetGroup { target_group: idle }));
    clock.pass(300);
    let watched = Preferences { auto_rollback: true, alarm_specification: alarms, ..preferences(90, 120) };
    start(&demo, "recommend-blue", 2, watched);
    run_out(&demo, &clock, "recommend-blue");
    assert_eq!(status(&demo, "recommend-blue"), "RollbackSuccessful");
    let versions = versions(&demo, "recommend-blue");
    assert!(matches!(versions.as_slice(), [(1, _)]), "{versions:?}");
}

#[test]
fn instances_in_standby_or_protected_are_waited_for_left_alone_or_replaced() {
    let (demo, clock) = calm();
    let (place, id) = (place_of(&demo, "orders-green"), first(&demo, "orders-green"));
    let enter = EnterStandby::new("orders-green".into(), id.clone(), true);
    now(demo.apply(&place, &Call::EnterStandby(enter))).unwrap();
    clock.pass(90);
    start(&demo, "orders-green", 2, Preferences { standby_instances: Standby::Wait, ..preferences(90, 110) });
    clock.pass(900);
    assert_eq!(refresh(&demo, "orders-green").percent, Some(0));
    assert!(reason(&demo, "orders-green").contains("in Standby state"));
    now(demo.apply(&place, &Call::ExitStandby(ExitStandby::new("orders-green".into(), id.clone())))).unwrap();
    run_out(&demo, &clock, "orders-green");
    assert_eq!(
        (status(&demo, "orders-green"), versions(&demo, "orders-green")),
        ("Successful".into(), vec![(2, 6)])
    );

    let id = first(&demo, "orders-green");
    assert!(demo.meddle(&place, &Foreign::Protect { instance: id.clone(), on: true }));
    start(
        &demo,
        "orders-green",
        3,
        Preferences { scale_in_protected_instances: Protected::Wait, ..preferences(90, 110) },
    );
    run_out(&demo, &clock, "orders-green");
    assert_eq!(status(&demo, "orders-green"), "Failed", "nobody freed it within an hour");
    assert!(reason(&demo, "orders-green").starts_with("Timed out waiting for instances that are protected"));

    start(&demo, "orders-green", 3, preferences(90, 110));
    run_out(&demo, &clock, "orders-green");
    assert_eq!(versions(&demo, "orders-green"), [(2, 1), (3, 5)]);
    start(
        &demo,
        "orders-green",
        3,
        Preferences { scale_in_protected_instances: Protected::Refresh, ..preferences(90, 110) },
    );
    run_out(&demo, &clock, "orders-green");
    assert_eq!(versions(&demo, "orders-green"), [(3, 6)]);

    let id = first(&demo, "orders-green");
    now(demo.apply(&place, &Call::EnterStandby(EnterStandby::new("orders-green".into(), id.clone(), true))))
        .unwrap();
    clock.pass(90);
    start(
        &demo,
        "orders-green",
        2,
        Preferences { standby_instances: Standby::Terminate, ..preferences(90, 110) },
    );
    run_out(&demo, &clock, "orders-green");
    assert!(mark(&demo, &place, &id).has_ended());
    assert_eq!(versions(&demo, "orders-green"), [(2, 5)]);
}

#[test]
fn launches_that_fail_for_an_hour_fail_it_and_the_way_back_needs_an_image_too() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-green");
    let (facts, _) = facts_with(&demo, "orders-green");
    let id = version(&demo, "orders-green", 2).id;
    let image = |number: i64| {
        let all = &facts.templates.as_ref().unwrap().value;
        all.iter().find(|v| v.id == id && v.number == number).unwrap().resolved_image.clone().unwrap()
    };
    start(&demo, "orders-green", 2, Preferences { auto_rollback: true, ..preferences(50, 100) });
    clock.pass(30);
    assert!(demo.meddle(&place, &Foreign::Deregister { image: image(2) }));
    clock.pass(1_800);
    assert_eq!(status(&demo, "orders-green"), "InProgress");
    assert!(reason(&demo, "orders-green").contains("does not exist"), "{}", reason(&demo, "orders-green"));
    assert!(in_service(&demo, "orders-green") >= 3);
    assert!(demo.meddle(&place, &Foreign::Deregister { image: image(3) }));
    pass_until(&demo, &clock, "orders-green", |refresh| refresh.status.raw() == "RollbackInProgress");
    run_out(&demo, &clock, "orders-green");
    assert_eq!(status(&demo, "orders-green"), "RollbackFailed");
}

#[test]
fn scale_outs_meanwhile_launch_what_it_goes_to_and_the_configuration_is_not_to_be_changed() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-green");
    let slowly = Preferences { instance_warmup: Some(600), ..preferences(90, 110) };
    start(&demo, "orders-green", 2, slowly);
    clock.pass(30);
    let before = versions(&demo, "orders-green");
    let eight = SetDesiredCapacity { group: "orders-green".into(), desired: 8 };
    now(demo.apply(&place, &Call::SetDesiredCapacity(eight))).unwrap();
    clock.pass(20);
    let count =
        |versions: &[(i64, usize)]| versions.iter().find(|(n, _)| *n == 2).map_or(0, |(_, count)| *count);
    assert!(count(&versions(&demo, "orders-green")) >= count(&before) + 2);
    let template = Some(version(&demo, "orders-green", 1));
    let group = "orders-green".into();
    let update = UpdateGroup { group, min: None, max: None, desired: None, template, subnets: None };
    let refused = why(&demo, &place, &Call::UpdateAutoScalingGroup(update.clone()));
    assert!(refused.contains("An active instance refresh with a desired configuration"), "{refused}");
    let again = start_call(&demo, "orders-green", 1, preferences(90, 110));
    assert!(why(&demo, &place, &again).starts_with("InstanceRefreshInProgress"));
    run_out(&demo, &clock, "orders-green");
    now(demo.apply(&place, &Call::UpdateAutoScalingGroup(update))).unwrap();
    assert_eq!(saved(&demo, "orders-green"), 1);
}

#[test]
fn what_aws_would_refuse_of_a_refresh_is_refused() {
    let (demo, _) = calm();
    let place = place_of(&demo, "orders-blue");
    let usual = || preferences(90, 110);
    let alarm = |name: &str| Some(Alarms { alarms: vec![name.into()] });
    for (preferences, word) in [
        (preferences(-1, 100), "minHealthyPercentage"),
        (preferences(90, 99), "maxHealthyPercentage"),
        (preferences(50, 151), "cannot be greater than 100"),
        (Preferences { bake_time: Some(172_801), ..usual() }, "bakeTime"),
        (Preferences { checkpoint_delay: Some(1), ..usual() }, "CheckpointPercentages must be specified"),
        (Preferences { checkpoint_percentages: vec![50, 50], ..usual() }, "ascending"),
        (Preferences { checkpoint_percentages: vec![0], ..usual() }, "between 1 and 100"),
        (Preferences { alarm_specification: alarm("nothing"), ..usual() }, "does not exist: nothing"),
        (
            Preferences { alarm_specification: Some(Alarms { alarms: vec!["a".into(); 11] }), ..usual() },
            "at most 10",
        ),
    ] {
        let refused = why(&demo, &place, &start_call(&demo, "orders-blue", 3, preferences));
        assert!(refused.starts_with("ValidationError") && refused.contains(word), "{refused}");
    }
    let refused = why(&demo, &place, &start_call(&demo, "orders-blue", 99, usual()));
    assert!(refused.contains("launch template version 99"), "{refused}");
    for state in [AlarmState::Alarm, AlarmState::InsufficientData] {
        assert!(demo.meddle(&place, &Foreign::Alarm { name: "orders-5xx".into(), state: Some(state) }));
        let watched = Preferences { alarm_specification: alarm("orders-5xx"), ..usual() };
        let refused = why(&demo, &place, &start_call(&demo, "orders-blue", 3, watched));
        assert!(refused.contains("cannot start while the CloudWatch alarm"), "{refused}");
    }
    let moving = Preferences { auto_rollback: true, ..usual() };
    let refused = why(&demo, &place, &start_call(&demo, "checkout-green", 1, moving));
    assert!(
        refused.contains("AutoRollback cannot be enabled: The Auto Scaling group uses $Latest"),
        "{refused}"
    );
    start(&demo, "checkout-green", 1, usual());
    assert!(why(&demo, &place, &roll_back("checkout-green")).starts_with("IrreversibleInstanceRefresh"));
}

#[test]
fn a_new_template_version_carries_everything_over_but_what_is_changed() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-blue");
    let template = version(&demo, "orders-blue", 2).id;
    let create = |source: i64, token: &str, changes: TemplateChanges| {
        Call::CreateLaunchTemplateVersion(CreateTemplateVersion {
            template: template.clone(),
            source,
            description: "flightdeck 01H".into(),
            changes,
            token: token.into(),
        })
    };
    let bigger = TemplateChanges { image: None, instance_type: Some("m7g.2xlarge".into()) };
    let state = || {
        let State::Template(state) = now(demo.state(&place, &Resource::Template(template.clone()))).unwrap()
        else {
            unreachable!()
        };
        state
    };
    let before = State::Template(state());
    let call = create(2, "one", bigger.clone());
    demo.weather(|weather| weather.changes.push_back(Fate::Unanswered));
    assert!(now(demo.apply(&place, &call)).unwrap_err().maybe_applied);
    assert_eq!(call.effect(&before, &State::Template(state())), Effect::Taken);
    now(demo.apply(&place, &call)).unwrap();
    let TemplateState { latest, descriptions } = state();
    assert_eq!(
        (latest, descriptions[&4].raw(), descriptions.len()),
        (4, "flightdeck 01H", 4),
        "a token makes one"
    );
    let (facts, _) = facts_with(&demo, "orders-blue");
    let of = |number: i64| {
        let all = &facts.templates.as_ref().unwrap().value;
        all.iter().find(|version| version.id == template && version.number == number).unwrap().clone()
    };
    let same_but = crate::fleet::TemplateVersionFact {
        number: 4,
        is_latest: true,
        instance_type: Some("m7g.2xlarge".into()),
        ..of(2)
    };
    assert_eq!(of(4), same_but);
    assert!(!of(3).is_latest && of(3).is_default);

    let mismatch = create(1, "one", bigger.clone());
    assert!(why(&demo, &place, &mismatch).starts_with("IdempotentParameterMismatch"));
    assert!(why(&demo, &place, &create(9, "two", bigger.clone())).contains("VersionNotFound"));
    let bad = TemplateChanges { image: Some("resolve:ssm:/x".into()), instance_type: None };
    assert!(why(&demo, &place, &create(2, "three", bad)).starts_with("InvalidAMIID.Malformed"));

    start(&demo, "orders-blue", 4, preferences(50, 110));
    run_out(&demo, &clock, "orders-blue");
    let (facts, at) = facts_with(&demo, "orders-blue");
    let members = &facts.groups.as_ref().unwrap().value[at].members;
    let big = members.iter().filter(|m| m.instance_type == Some("m7g.2xlarge".into()));
    assert_eq!(big.count(), 8);

    for (changes, token, word) in [
        (
            TemplateChanges { image: None, instance_type: Some("c7i.large".into()) },
            "four",
            "The architecture 'x86_64'",
        ),
        (TemplateChanges { image: Some("ami-0123".into()), instance_type: None }, "five", "does not exist"),
    ] {
        now(demo.apply(&place, &create(2, token, changes))).unwrap();
        let newest = state().latest;
        let refused = why(&demo, &place, &start_call(&demo, "orders-blue", newest, preferences(90, 110)));
        assert!(refused.contains("fully-formed") && refused.contains(word), "{refused}");
    }
}

#[test]
fn a_policy_of_mixed_instances_is_refreshed_whole() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "payments-green");
    let (facts, _) = facts_with(&demo, "payments-green");
    let named = |name: &str| {
        let all = &facts.templates.as_ref().unwrap().value;
        let id = all.iter().find(|version| version.name.raw() == name).unwrap().id.raw().to_owned();
        serde_json::json!({ "LaunchTemplateId": id, "Version": "2" })
    };
    let policy = serde_json::json!({
        "LaunchTemplate": {
            "LaunchTemplateSpecification": named("payments"),
            "Overrides": [
                { "InstanceType": "m7g.xlarge", "WeightedCapacity": "2" },
                { "InstanceType": "c7i.large", "WeightedCapacity": "1",
                  "LaunchTemplateSpecification": named("payments-x86") },
            ],
        },
        "InstancesDistribution": { "OnDemandPercentageAboveBaseCapacity": 100 },
    });
    let call = |policy| {
        Call::StartInstanceRefresh(Box::new(StartRefresh {
            group: "payments-green".into(),
            strategy: Strategy::Rolling,
            desired: Desired::MixedInstancesPolicy(serde_json::from_value(policy).unwrap()),
            preferences: preferences(90, 150),
        }))
    };
    assert!(why(&demo, &place, &call(serde_json::json!({}))).contains("not a mixed-instances policy"));
    let units = sizes(&demo, "payments-green").1;
    now(demo.apply(&place, &call(policy))).unwrap();
    run_out(&demo, &clock, "payments-green");
    assert_eq!(status(&demo, "payments-green"), "Successful");
    assert!(versions(&demo, "payments-green").iter().all(|(number, _)| *number == 2));
    assert_eq!(sizes(&demo, "payments-green").1, units);
}

#[test]
fn a_start_whose_answer_is_lost_is_told_apart_by_the_newest_refresh() {
    let (demo, _) = calm();
    let place = place_of(&demo, "search-v012");
    let before = State::Group(group(&demo, "search-v012"));
    let call = start_call(&demo, "search-v012", 3, preferences(90, 110));
    for (fate, effect) in [(Fate::Lost, Effect::NotTaken), (Fate::Unanswered, Effect::Taken)] {
        demo.weather(|weather| weather.changes.push_back(fate));
        assert!(now(demo.apply(&place, &call)).unwrap_err().maybe_applied);
        assert_eq!(call.effect(&before, &State::Group(group(&demo, "search-v012"))), effect);
    }
}

#[test]
fn others_start_refreshes_and_delete_target_groups_too() {
    let (demo, _) = calm();
    let place = place_of(&demo, "orders-blue");
    let call = start_call(&demo, "orders-blue", 3, preferences(90, 110));
    let foreign = Foreign::Call(Box::new(call.clone()));
    assert!(demo.meddle(&place, &foreign));
    assert!(!demo.meddle(&place, &foreign), "one at a time");
    assert_eq!((status(&demo, "orders-blue"), demo.sent().len()), ("Pending".into(), 0));

    let (place, source, _) = source_of(&demo, "checkout-green");
    let (facts, at) = facts_with(&demo, "checkout-green");
    let arn = facts.groups.as_ref().unwrap().value[at].target_groups[0].clone();
    let delete =
        |target_group: &TargetGroupArn| Foreign::DeleteTargetGroup { target_group: target_group.clone() };
    assert!(demo.meddle(&place, &delete(&arn)));
    let (facts, at) = facts_with(&demo, "checkout-green");
    assert!(facts.groups.as_ref().unwrap().value[at].target_groups.is_empty());
    assert!(!facts.target_groups.as_ref().unwrap().value.iter().any(|group| group.arn == arn));
    let left = now(demo.actions(&place, &source)).unwrap();
    assert_eq!(weights(&left), [100]);
    let last = left.iter().flat_map(Action::weights).next().unwrap().0;
    assert!(!demo.meddle(&place, &delete(&last)), "it is in use, and alone");
    assert!(!demo.meddle(&place, &delete(&arn)), "it is gone");
}
