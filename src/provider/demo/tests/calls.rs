//! Changes and what becomes of them.

use super::*;

#[test]
fn weights_are_read_back_at_once_and_take_effect_later() {
    let (demo, clock) = calm();
    let (place, source, actions) = source_of(&demo, "recommend-green");
    let call = Call::set_actions(&source, with_weights(&actions, &[20, 80]));
    let receipt = now(demo.apply(&place, &call)).unwrap();
    assert_eq!(weights(&receipt.actions), [20, 80]);
    assert_eq!(weights(&now(demo.actions(&place, &source)).unwrap()), [20, 80]);
    let share = |demo: &Demo| {
        let (state, _) = demo.now();
        let region = &state.world.regions[1];
        let group = region.groups.iter().find(|g| g.fact.name.raw() == "recommend-green").unwrap();
        region.share(&group.fact.target_groups, state.world.now)
    };
    assert!((share(&demo) - 0.05).abs() < 1e-9);
    clock.pass(10);
    assert!((share(&demo) - 0.8).abs() < 1e-9);
}

fn refused(demo: &Demo, place: &Place, source: &SourceArn, actions: Actions) -> Failure {
    let before = demo.facts();
    let failure = now(demo.apply(place, &Call::set_actions(source, actions))).unwrap_err();
    assert!(!failure.maybe_applied);
    assert_eq!(demo.facts(), before, "{failure}");
    failure
}

#[test]
fn what_aws_would_refuse_is_refused() {
    let (demo, _) = calm();
    let (place, source, actions) = source_of(&demo, "checkout-green");
    let good = with_weights(&actions, &[100, 0]);
    let why = |actions: Actions| refused(&demo, &place, &source, actions).why;
    for weights in [[-1, 1], [1_000, 1]] {
        assert!(why(with_weights(&good, &weights)).contains("between 0 and 999"));
    }
    assert!(why(with_weights(&good, &[0, 0])).contains("all weights are 0"));
    assert!(why(Vec::new()).contains("empty"));
    assert!(why(good[..1].to_vec()).contains("exactly one routing action"));
    assert!(why(vec![good[1].clone(), good[1].clone()]).contains("exactly one routing action"));
    assert!(why(actions.clone()).contains("UseExistingClientSecret"));

    let forward = |change: &dyn Fn(&mut ForwardConfig)| {
        let mut actions = good.clone();
        change(actions[1].forward_config.as_mut().unwrap());
        actions
    };
    let seven = forward(&|config| {
        config.target_groups = config.target_groups.iter().cycle().take(7).cloned().collect();
    });
    assert!(why(seven).contains("at most 5"));
    assert!(
        why(forward(&|config| config.target_groups[1] = config.target_groups[0].clone())).contains("twice")
    );
    assert!(why(forward(&|config| config.target_groups[1].weight = None)).contains("a weight each"));
    assert!(why(forward(&|config| config.target_groups.clear())).contains("at least one"));
    let sticky = GroupStickiness { enabled: true, duration_seconds: None };
    assert!(
        why(forward(&|config| config.target_group_stickiness_config = Some(sticky))).contains("duration")
    );
    let unknown = forward(&|config| config.target_groups[1].target_group_arn = "arn:nowhere".into());
    let failure = refused(&demo, &place, &source, unknown);
    assert_eq!(failure.kind, FailureKind::NotFound);
    let mut beside = good.clone();
    beside[1].target_group_arn = Some(actions[1].weights()[0].0.clone());
    assert!(why(beside).contains("TargetGroupArn beside"));

    let (other_place, other, elsewhere) = source_of(&demo, "payments-green");
    let failure = refused(&demo, &other_place, &other, vec![good[1].clone()]);
    assert_eq!(failure.kind, FailureKind::NotFound, "a target group of another region is not there");
    let (_, _, reports) = source_of(&demo, "reports-green");
    assert!(refused(&demo, &other_place, &other, reports).why.contains("another load balancer"));
    assert_eq!(refused(&demo, &place, &other, elsewhere).kind, FailureKind::NotFound);
    let nowhere = Place { region: "eu-north-1".into(), ..place.clone() };
    assert_eq!(refused(&demo, &nowhere, &source, good.clone()).kind, FailureKind::NotFound);

    let (facts, _) = facts_with(&demo, "checkout-green");
    let default = facts.rules.values().flat_map(|seen| &seen.value).find(|rule| rule.is_default).unwrap();
    let why = refused(&demo, &place, &SourceArn::Rule(default.arn.clone()), good.clone()).why;
    assert!(why.contains("OperationNotPermitted"), "{why}");

    assert!(now(demo.apply(&place, &Call::set_actions(&source, good))).is_ok());
}

#[test]
fn what_is_written_reads_back_as_the_same_actions() {
    let (demo, _) = calm();
    for group in ["orders-green", "checkout-green", "web-green", "recommend-green"] {
        let (place, source, actions) = source_of(&demo, group);
        let written = with_weights(&actions, &[60, 40]);
        let receipt = now(demo.apply(&place, &Call::set_actions(&source, written.clone()))).unwrap();
        let read = now(demo.actions(&place, &source)).unwrap();
        assert_eq!(receipt.actions, read);
        assert!(same_actions(&read, &written), "{read:?}");
        assert!(!format!("{read:?}").contains("ClientSecret"));
    }
}

#[test]
fn a_lone_target_group_is_told_in_both_ways_as_aws_does() {
    let (demo, _) = calm();
    let (place, source, mut actions) = source_of(&demo, "orders-green");
    actions[0].forward_config.as_mut().unwrap().target_groups.pop();
    let receipt = now(demo.apply(&place, &Call::set_actions(&source, actions.clone()))).unwrap();
    assert!(receipt.actions[0].target_group_arn.is_some());
    assert!(same_actions(&receipt.actions, &actions));
}

#[test]
fn every_fate_of_a_change_is_told_and_done_as_it_says() {
    let (demo, _) = calm();
    let (place, source, actions) = source_of(&demo, "orders-green");
    let foreign = Foreign::Actions { source: source.clone(), actions: with_weights(&actions, &[1, 2]) };
    let fates = [
        (Fate::Refused(FailureKind::Denied), Some(false), [90, 10]),
        (Fate::Lost, Some(true), [90, 10]),
        (Fate::Unanswered, Some(true), [75, 25]),
        (Fate::Overtaken(foreign), None, [1, 2]),
        (Fate::Well, None, [75, 25]),
    ];
    for (fate, failure, after) in fates {
        now(demo.apply(&place, &Call::set_actions(&source, actions.clone()))).unwrap();
        demo.weather(|weather| weather.changes.push_back(fate.clone()));
        let answer = now(demo.apply(&place, &Call::set_actions(&source, with_weights(&actions, &[75, 25]))));
        assert_eq!(answer.as_ref().err().map(|failure| failure.maybe_applied), failure, "{fate:?}");
        assert_eq!(weights(&now(demo.actions(&place, &source)).unwrap()), after, "{fate:?}");
    }
    let sent: Vec<bool> = demo.sent().iter().map(|sent| sent.applied).collect();
    assert_eq!(sent, [true, false, true, false, true, true, true, true, true, true]);
}

#[test]
fn an_outage_fails_every_look_and_call_and_passes() {
    let (demo, _) = calm();
    let (place, source, actions) = source_of(&demo, "orders-green");
    demo.weather(|weather| weather.outage = Some(FailureKind::Expired));
    assert_eq!(now(demo.observe(&Scope::Complete)).unwrap_err().kind, FailureKind::Expired);
    assert_eq!(now(demo.identity()).unwrap_err().kind, FailureKind::Expired);
    assert_eq!(now(demo.actions(&place, &source)).unwrap_err().kind, FailureKind::Expired);
    let failure = now(demo.apply(&place, &Call::set_actions(&source, actions))).unwrap_err();
    assert_eq!((failure.kind, failure.maybe_applied), (FailureKind::Expired, false));
    assert_eq!(demo.sent(), []);
    demo.weather(|weather| weather.outage = None);
    assert!(now(demo.observe(&Scope::Complete)).is_ok());
}
