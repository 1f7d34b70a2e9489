//! The guards that hold during a run.

use super::*;
use crate::fleet::{RefreshStatus, Section};

fn found(
    orders: &Orders,
    intent: &Intent,
    history: &History,
    policy: &Policy,
    name: &str,
) -> (Answer, String) {
    let plan = plan(intent, &orders.world.fleet(), history, policy, read_at()).unwrap();
    let finding = verdict(&plan, name);
    (finding.verdict, finding.why.clone())
}

fn says(orders: &Orders, intent: &Intent, name: &str) -> (Answer, String) {
    found(orders, intent, &History::default(), &Policy::default(), name)
}

/// Orders with more healthy blue targets, in this zone.
fn more_blue(orders: &mut Orders, count: usize, zone: &str) {
    for n in 0..count {
        let id = format!("i-blue-{zone}-{n}");
        orders.world.member("orders-blue", &id, "ami-1");
        orders.world.instance_mut(&id).zone = Some(zone.into());
        let blue = orders.blue.clone();
        orders.world.targets_mut(&blue).push(target(&id, TargetState::Healthy));
    }
}

#[test]
fn never_to_zero_holds_in_every_zone_that_had_healthy_targets() {
    let mut orders = orders(100, 0);
    more_blue(&mut orders, 1, "eu-west-1b");
    let (verdict, why) = says(&orders, &switch(), "never-to-zero");
    assert_eq!(verdict, Answer::Block, "{why}");
    assert!(why.contains("in eu-west-1b and 1 are needed: it had 1"), "{why}");
    assert_eq!(says(&orders, &shift(60), "never-to-zero").0, Answer::Pass, "blue still serves there");
}

#[test]
fn never_to_zero_counts_a_side_by_its_share_and_one_with_weight_0_not_at_all() {
    let mut orders = orders(100, 0);
    more_blue(&mut orders, 6, "eu-west-1a");
    // Half of 8 is 4; green has 2, which carry at most half of that.
    assert_eq!(says(&orders, &shift(50), "never-to-zero").0, Answer::Pass);
    let (verdict, why) = says(&orders, &shift(51), "never-to-zero");
    assert_eq!(verdict, Answer::Block);
    assert!(
        why.starts_with("orders-green has 2 healthy targets and needs 3 for 51 % of the traffic"),
        "{why}"
    );
    let (verdict, why) = says(&orders, &switch(), "never-to-zero");
    assert_eq!(verdict, Answer::Block);
    assert!(why.starts_with("2 healthy targets would carry the traffic and 4 are needed"), "{why}");
}

#[test]
fn every_step_is_judged_and_the_first_that_blocks_is_said() {
    let mut orders = orders(100, 0);
    more_blue(&mut orders, 6, "eu-west-1a");
    let (verdict, why) = says(&orders, &stepped(100, Stepped::default()), "never-to-zero");
    assert_eq!(verdict, Answer::Block);
    assert!(why.starts_with("2 healthy targets would carry"), "the last step takes blue out: {why}");
}

#[test]
fn before_is_what_was_last_fully_live_and_not_both_sides_together() {
    let mut orders = orders(50, 50);
    more_blue(&mut orders, 2, "eu-west-1a");
    let without = says(&orders, &shift(60), "never-to-zero").1;
    assert!(without.contains("largest weight now, as no record tells more"), "{without}");
    let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (100, 0))]);
    let with = found(&orders, &shift(60), &history, &Policy::default(), "never-to-zero").1;
    assert!(with.contains("half of the 4 of orders-blue, which carried all of it by the records"), "{with}");
}

#[test]
fn before_is_what_the_plan_measured_though_the_old_side_has_shrunk_since() {
    let mut orders = orders(100, 0);
    more_blue(&mut orders, 2, "eu-west-1a");
    let plan = planned(&orders, &stepped(100, Stepped::default()), &History::default()).unwrap();
    assert_eq!(plan.reach.before.as_ref().unwrap().healthy, Some(4));
    assert_eq!(plan.reach.before.as_ref().unwrap().by, CarriedBy::Now);
    let (blue, green) = (orders.blue.clone(), orders.green.clone());
    set_actions(&mut orders, forward(&[(&blue, 95), (&green, 5)]));
    orders.world.targets_mut(&blue).truncate(0);
    orders.world.targets_mut(&green).truncate(1);
    let findings = check(&plan, 3, &orders.world.fleet(), &History::default(), &Policy::default(), read_at());
    let finding = findings.iter().find(|finding| finding.name == "never-to-zero").unwrap();
    assert_eq!(finding.verdict, Answer::Block, "{}", finding.why);
    assert!(
        finding.why.starts_with("1 healthy targets would carry the traffic and 2 are needed"),
        "{}",
        finding.why
    );
    // A colleague who plans anew reads it from the record of the plan.
    let begun =
        Record { plan: Some(Box::new(plan)), ..record(&orders, "p-1", "shift", Event::Started, (100, 0)) };
    let sent = Record {
        after: Some(State::Actions(forward(&[(&blue, 95), (&green, 5)]))),
        ..record(&orders, "p-1", "shift", Event::Intended, (100, 0))
    };
    let history = History::new(vec![begun, sent]);
    let why = found(&orders, &shift(6), &history, &Policy::default(), "never-to-zero").1;
    assert!(why.contains("half of the 4 of orders-blue, which carried all of it by the records"), "{why}");
}

#[test]
fn shifted_away_and_unknown_targets_carry_nothing() {
    let mut orders = orders(100, 0);
    let green = orders.green.clone();
    for target in orders.world.targets_mut(&green) {
        target.shifted_away = true;
    }
    assert_eq!(says(&orders, &shift(10), "never-onto-nothing").0, Answer::Block);
    orders.world.facts.target_health.remove(&green);
    assert_eq!(says(&orders, &shift(10), "never-onto-nothing").0, Answer::Block);
}

#[test]
fn where_the_health_of_what_carried_the_traffic_is_not_known_nothing_is_called_enough() {
    let mut orders = orders(100, 0);
    let blue = orders.blue.clone();
    orders.world.facts.target_health.remove(&blue);
    orders.world.gap(Section::TargetHealth, Some(blue.raw()));
    let (verdict, why) = says(&orders, &shift(10), "never-to-zero");
    assert_eq!(verdict, Answer::Block);
    assert!(why.starts_with("unknown: the health of orders-blue"), "{why}");
}

#[test]
fn not_even_the_way_back_leads_onto_nothing() {
    let mut orders = orders(0, 100);
    let blue = orders.blue.clone();
    for target in orders.world.targets_mut(&blue) {
        target.state = TargetState::Unhealthy;
    }
    let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (100, 0))]);
    let plan = planned(&orders, &back(), &history).unwrap();
    let says = |overrides: &[&str]| {
        let overrides = overrides.iter().map(ToString::to_string).collect();
        let approval = Approval { overrides, reason: Some("incident 7".into()), ..approval(&plan) };
        plan.clone().approve(approval, read_at()).unwrap_err().why
    };
    assert!(says(&["enough-healthy-targets"]).contains("guard never-onto-nothing blocks it"));
    assert!(says(&["never-onto-nothing"]).contains("cannot be overridden"));
}

#[test]
fn an_image_that_is_marked_as_bad_gets_no_traffic_and_is_a_warning_on_the_way_back() {
    let mut orders = orders(100, 0);
    orders.world.image("ami-2", "orders-1.1.0").tags.insert("flightdeck:bad".into(), "leaks memory".into());
    let (verdict, why) = says(&orders, &shift(10), "marked-bad");
    assert_eq!(verdict, Answer::Block);
    assert_eq!(why, "orders-green runs 1.1.0, which is marked as bad: leaks memory");
    let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (0, 100))]);
    assert_eq!(found(&orders, &back(), &history, &Policy::default(), "marked-bad").0, Answer::Warn);
    orders.world.image("ami-2", "orders-1.1.0").tags.insert("flightdeck:bad".into(), "false".into());
    assert_eq!(says(&orders, &shift(10), "marked-bad").0, Answer::Pass);
}

#[test]
fn what_else_works_on_a_group_is_said_and_a_group_of_another_service_is_left_alone() {
    let name = "foreign-operation";
    let mut refreshed = orders(90, 10);
    refreshed.world.refresh("orders-green", RefreshStatus::InProgress);
    let (verdict, why) = says(&refreshed, &shift(25), name);
    assert_eq!(verdict, Answer::Warn);
    assert!(why.contains("instance refresh of orders-green runs, 50 % done"), "{why}");
    let mut suspended = orders(90, 10);
    suspended.world.group_mut("orders-green").suspended = vec!["Launch".into()];
    assert_eq!(
        says(&suspended, &shift(25), name),
        (Answer::Warn, "processes of orders-green are suspended: Launch".into())
    );
    let mut owned = orders(90, 10);
    owned.world.group_mut("orders-green").operator = Some("ecs.amazonaws.com".into());
    assert_eq!(says(&owned, &shift(25), name).0, Answer::Block);
    let history = History::new(vec![record(&owned, "p-1", "shift", Event::Intended, (100, 0))]);
    assert_eq!(found(&owned, &back(), &history, &Policy::default(), name).0, Answer::Warn);
    assert_eq!(says(&orders(90, 10), &shift(25), name).0, Answer::Pass);
}

#[test]
fn while_somebody_else_holds_the_lease_nobody_can_override_it() {
    let orders = orders(90, 10);
    let held = |hold, stand| History::default().with_claims(vec![claim("p-9", hold, stand, None)]);
    let alive = Hold::Alive { until: read_at() };
    let (verdict, why) =
        found(&orders, &shift(25), &held(alive, Stand::Running), &Policy::default(), "lease");
    assert_eq!(verdict, Answer::Block);
    assert!(why.starts_with("arn:aws:iam::1:user/bob on desk works on it since "), "{why}");
    assert_eq!(can_override("lease"), Some(false));
    // Read before the store fell silent: nothing renews it, and it does not block for ever.
    let long_ago = Hold::Alive { until: read_at() - jiff::SignedDuration::from_secs(60) };
    assert_eq!(
        found(&orders, &shift(25), &held(long_ago, Stand::Running), &Policy::default(), "lease").0,
        Answer::Warn
    );
    let own = held(alive, Stand::Running).seen_by(SessionId::new("s-bob"));
    assert!(found(&orders, &shift(25), &own, &Policy::default(), "lease").1.contains("of this cockpit"));
    let left = held(Hold::Lapsed, Stand::Running);
    let (verdict, why) = found(&orders, &shift(25), &left, &Policy::default(), "lease");
    assert_eq!(verdict, Answer::Warn);
    assert!(why.contains("half done, at step 3 of 7: resume it or roll it back"), "{why}");
    let over = held(Hold::Released, Stand::Done);
    assert_eq!(found(&orders, &shift(25), &over, &Policy::default(), "lease").0, Answer::Pass);
}

#[test]
fn in_a_freeze_nothing_is_changed_but_back_and_one_that_comes_is_said() {
    let orders = orders(90, 10);
    let frozen = |from: i64| {
        let (from, until) = (read_at() + SignedDuration::from_secs(from), Timestamp::MAX);
        let when = Window::Once { from, until };
        Policy {
            freezes: vec![Freeze { why: "year end".into(), when, clusters: Vec::new() }],
            ..Policy::default()
        }
    };
    let none = History::default();
    let (verdict, why) = found(&orders, &shift(25), &none, &frozen(0), "freeze");
    assert_eq!((verdict, why.as_str()), (Answer::Block, "changes are frozen: year end"));
    assert_eq!(found(&orders, &shift(25), &none, &frozen(30), "freeze").0, Answer::Warn);
    assert_eq!(found(&orders, &shift(25), &none, &frozen(31), "freeze").0, Answer::Pass);
    let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (100, 0))]);
    assert_eq!(found(&orders, &back(), &history, &frozen(0), "freeze").0, Answer::Warn);
}

#[test]
fn one_change_in_5_s_and_the_way_back_does_not_wait() {
    let orders = orders(90, 10);
    let history = |ago: i64| {
        let at = read_at() - SignedDuration::from_secs(ago);
        let last = record(&orders, "p-1", "shift", Event::Intended, (100, 0));
        History::new(vec![Record { at, ..last }])
    };
    let pace = |intent: &Intent, ago| found(&orders, intent, &history(ago), &Policy::default(), "pace");
    assert_eq!(pace(&shift(25), 2), (Answer::Warn, "the last change is 2 s old: it waits 3 s".into()));
    assert_eq!(pace(&shift(25), -9), (Answer::Warn, "the last change is 0 s old: it waits 5 s".into()));
    assert_eq!(pace(&shift(25), 5).0, Answer::Pass);
    assert_eq!(pace(&back(), 2).0, Answer::Pass);
}

#[test]
fn what_could_not_be_put_back_is_refused_before_it_is_begun() {
    let mut odd = orders(90, 10);
    let mut actions = forward(&[(&odd.blue, 90), (&odd.green, 10)]);
    actions.insert(0, Action { kind: "teleport".into(), ..Action::default() });
    set_actions(&mut odd, actions);
    let (verdict, why) = says(&odd, &shift(25), "undoable");
    assert_eq!(verdict, Answer::Block);
    assert!(why.contains("kind `teleport` is not known"), "{why}");
    assert_eq!(says(&orders(0, 0), &shift(25), "undoable").0, Answer::Warn);
}

#[test]
fn an_override_needs_the_name_of_a_guard_that_blocks_and_a_reason() {
    let mut orders = orders(0, 100);
    let blue = orders.blue.clone();
    orders.world.targets_mut(&blue)[0].state = TargetState::Unhealthy;
    let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (100, 0))]);
    let plan = planned(&orders, &back(), &history).unwrap();
    let answer = |name: &str, reason: Option<&str>| {
        let approval =
            Approval { overrides: vec![name.into()], reason: reason.map(Into::into), ..approval(&plan) };
        plan.clone().approve(approval, read_at()).map_err(|refusal| refusal.to_string())
    };
    let blocks = "enough-healthy-targets";
    assert!(answer(blocks, Some("incident 7")).is_ok());
    assert!(answer(blocks, None).unwrap_err().contains("without a reason"));
    assert!(answer(blocks, Some("  ")).unwrap_err().contains("without a reason"));
    assert!(
        answer("enough-healthy", Some("x")).unwrap_err().contains("did you mean `enough-healthy-targets`?")
    );
    assert!(answer("freeze", Some("x")).unwrap_err().contains("does not block"));
    assert_eq!(answer(blocks, Some("incident 7")).unwrap().approval().overrides, [blocks]);
}

#[test]
fn a_cluster_that_asks_for_a_reason_gets_one_with_every_change() {
    let own = ClusterPolicy { require_reason: true, two_people: true, ..ClusterPolicy::default() };
    let fleet = orders(90, 10).world.fleet();
    let plan = plan(&shift(25), &fleet, &History::default(), &own_policy(own), read_at()).unwrap();
    assert!(plan.confirm.reason && plan.confirm.second);
    assert!(
        plan.clone().approve(approval(&plan), read_at()).unwrap_err().why.contains("a reason or a ticket")
    );
    let with = Approval { reason: Some("CHG-12".into()), ..approval(&plan) };
    assert!(plan.approve(with, read_at()).is_ok());
}

/// Orders with a third side behind the same listener.
fn with_teal(orders: &mut Orders) -> TargetGroupArn {
    orders.world.template("lt-teal", 1, "ami-2");
    orders.world.group("orders-teal", "lt-teal");
    orders.world.member("orders-teal", "i-teal0", "ami-2");
    for side in ["blue", "green", "teal"] {
        let tags = &mut orders.world.group_mut(&format!("orders-{side}")).tags;
        tags.insert("flightdeck:cluster".into(), "orders".into());
    }
    orders.world.target_group("orders-teal", "orders-teal")
}

#[test]
fn a_warning_about_one_target_group_hides_no_block_about_another() {
    for order in [[0, 1], [1, 0]] {
        let mut orders = orders(90, 10);
        let teal = with_teal(&mut orders);
        orders.world.group_mut("orders-teal").target_groups.clear();
        let (blue, green) = (orders.blue.clone(), orders.green.clone());
        let [first, second] = order.map(|at| [(&blue, 65), (&teal, 25)][at]);
        set_actions(&mut orders, forward(&[first, second, (&green, 10)]));
        orders.world.listener("other", 443, &[(&blue, 1)]);
        let Intent::Shift { cluster, to, percent, steps, .. } = shift(20) else { unreachable!() };
        let source = Some(SourceArn::Listener(orders.listener.clone()));
        let (verdict, why) =
            says(&orders, &Intent::Shift { cluster, to, percent, steps, source }, "target-group-known");
        assert_eq!(verdict, Answer::Block, "{why}");
        assert!(why.contains("is attached to orders-teal"), "{why}");
    }
}

#[test]
fn a_side_that_is_not_checked_yet_hides_no_sick_one() {
    for green_first in [true, false] {
        let mut orders = orders(90, 10);
        let teal = with_teal(&mut orders);
        let (blue, green) = (orders.blue.clone(), orders.green.clone());
        set_actions(&mut orders, forward(&[(&blue, 90), (&teal, 10)]));
        orders.world.targets_mut(&teal)[0].state = TargetState::Unhealthy;
        let mut sides = [(&green, 50), (&teal, 50)];
        if !green_first {
            sides.reverse();
        }
        let before = Some(forward(&sides));
        let recorded = Record {
            before: before.map(State::Actions),
            ..record(&orders, "p-1", "shift", Event::Intended, (0, 0))
        };
        let history = History::new(vec![recorded]);
        let (verdict, why) = found(&orders, &back(), &history, &Policy::default(), "enough-healthy-targets");
        assert_eq!(verdict, Answer::Block, "{why}");
        assert!(why.starts_with("orders-teal has 0 healthy targets"), "{why}");
    }
}
