//! What happens by time, by seed and by hand.

use proptest::prelude::*;

use super::super::world::{Group, Instance};
use super::*;

#[test]
fn the_same_seed_and_clock_give_the_same_fleet_and_another_seed_another() {
    let (one, clock) = demo();
    let (other, other_clock) = demo();
    assert_eq!(one.facts(), other.facts());
    clock.pass(3 * 3_600);
    other_clock.pass(3 * 3_600);
    assert_eq!(one.facts(), other.facts());
    let (unlike, _) = demo_with(Options { seed: 8, ..Options::default() });
    assert_ne!(unlike.facts()[0].instances, demo().0.facts()[0].instances);
}

#[test]
fn looking_more_often_changes_nothing() {
    let (often, often_clock) = demo();
    let (once, once_clock) = demo();
    for _ in 0..720 {
        often_clock.pass(10);
        now(often.observe(&Scope::Background { first: Vec::new() })).unwrap();
    }
    once_clock.pass(7_200);
    assert_eq!(often.facts(), once.facts());
}

#[test]
fn things_happen_by_themselves() {
    let (demo, clock) = demo();
    let before = demo.facts();
    clock.pass(2 * 3_600);
    let after = demo.facts();
    let ids = |facts: &[Facts]| -> std::collections::BTreeSet<_> {
        let instances = facts.iter().flat_map(|f| &f.instances.as_ref().unwrap().value);
        instances.map(|instance| instance.id.clone()).collect()
    };
    assert!(ids(&after).difference(&ids(&before)).count() > 3, "instances are replaced");
}

#[test]
fn the_cluster_of_the_first_walk_stays_well_so_that_its_way_back_takes_a_word() {
    for seed in 0..20 {
        let (demo, clock) = demo_with(Options { seed, ..Options::default() });
        let all = count(&states(&demo, "orders-blue"), &TargetState::Healthy);
        for _ in 0..15 * 6 - 1 {
            clock.pass(10);
            assert_eq!(count(&states(&demo, "orders-blue"), &TargetState::Healthy), all, "seed {seed}");
        }
    }
}

#[test]
fn capacity_recovers_after_a_death() {
    let (demo, clock) = calm();
    let (facts, at) = facts_with(&demo, "orders-blue");
    let victim = facts.groups.as_ref().unwrap().value[at].members[0].id.clone();
    assert!(demo.meddle(&facts.place, &Foreign::Terminate { instance: victim.clone() }));
    clock.pass(1);
    assert_eq!(in_service(&demo, "orders-blue"), 7);
    assert_eq!(count(&states(&demo, "orders-blue"), &TargetState::Healthy), 7);
    clock.pass(40);
    let (facts, at) = facts_with(&demo, "orders-blue");
    let state = |id: &InstanceId| {
        let instances = &facts.instances.as_ref().unwrap().value;
        instances.iter().find(|instance| instance.id == *id).unwrap().state.clone()
    };
    assert_eq!(state(&victim), InstanceState::Terminated);
    assert_eq!(facts.groups.as_ref().unwrap().value[at].members.len(), 8);
    clock.pass(120);
    assert_eq!(in_service(&demo, "orders-blue"), 8);
    assert_eq!(count(&states(&demo, "orders-blue"), &TargetState::Healthy), 8);
}

#[test]
fn a_refresh_advances_to_its_end_and_only_then_changes_what_the_group_wants() {
    let (demo, clock) = calm();
    let wanted = |demo: &Demo| {
        let (facts, at) = facts_with(demo, "payments-blue");
        let group = &facts.groups.as_ref().unwrap().value[at];
        let refresh = facts.refreshes[&group.name].value[0].clone();
        (group.source.clone(), refresh)
    };
    let (saved, refresh) = wanted(&demo);
    assert_eq!(refresh.status, RefreshStatus::InProgress);
    clock.pass(240);
    let (present, running) = wanted(&demo);
    assert_eq!(present, saved);
    assert!(running.percent > refresh.percent, "{:?} after {:?}", running.percent, refresh.percent);
    clock.pass(3_600);
    let (present, ended) = wanted(&demo);
    assert_eq!(ended.status, RefreshStatus::Successful);
    assert_eq!(ended.percent, Some(100));
    assert_ne!(present, saved);
    assert!(matches!(present, LaunchSource::Mixed { .. }));
}

#[test]
fn a_frozen_refresh_stands_still_and_fails_at_last() {
    let (demo, clock) = calm();
    let refresh = |demo: &Demo| {
        let (facts, at) = facts_with(demo, "reports-blue");
        facts.refreshes[&facts.groups.as_ref().unwrap().value[at].name].value[0].clone()
    };
    let before = refresh(&demo);
    clock.pass(1_800);
    assert_eq!(refresh(&demo), before);
    clock.pass(3_600);
    assert_eq!(refresh(&demo).status, RefreshStatus::Failed);
}

#[test]
fn a_bad_version_fails_with_its_traffic_and_recovers_without() {
    let (demo, clock) = demo_with(Options { instances: 600, lively: false, ..Options::default() });
    let (place, source, actions) = source_of(&demo, "recommend-green");
    let ill = |demo: &Demo| count(&states(demo, "recommend-green"), &TargetState::Unhealthy);
    assert_eq!(ill(&demo), 1);
    now(demo.apply(&place, &Call::set_actions(&source, with_weights(&actions, &[0, 100])))).unwrap();
    clock.pass(300);
    let worst = ill(&demo);
    assert!(worst >= 15, "{worst} of 20");
    now(demo.apply(&place, &Call::set_actions(&source, with_weights(&actions, &[100, 0])))).unwrap();
    clock.pass(300);
    assert_eq!(ill(&demo), 0);
}

#[test]
fn a_target_group_that_is_taken_out_of_every_action_is_unused() {
    let (demo, clock) = calm();
    let (place, source, actions) = source_of(&demo, "checkout-green");
    let mut without = with_weights(&actions, &[100, 0]);
    without[1].forward_config.as_mut().unwrap().target_groups.pop();
    now(demo.apply(&place, &Call::set_actions(&source, without))).unwrap();
    assert_eq!(count(&states(&demo, "checkout-green"), &TargetState::Unused), 3);
    now(demo.apply(&place, &Call::set_actions(&source, with_weights(&actions, &[100, 0])))).unwrap();
    clock.pass(10);
    assert_eq!(count(&states(&demo, "checkout-green"), &TargetState::Initial), 3);
    clock.pass(60);
    assert_eq!(count(&states(&demo, "checkout-green"), &TargetState::Healthy), 3);
}

#[test]
fn people_change_things_by_hand_but_never_over_what_this_session_wrote() {
    let (demo, clock) = demo();
    let (place, source, actions) = source_of(&demo, "payments-green");
    let present = || weights(&now(demo.actions(&place, &source)).unwrap());
    let key = Text::new("flightdeck:tainted");
    let mut tainted = 0;
    let mut minutes = 0;
    while present() == [100, 0] || tainted < 3 {
        clock.pass(60);
        minutes += 1;
        assert!(minutes < 1_440, "nobody did anything all day");
        let facts = demo.facts();
        let instances = facts.iter().flat_map(|facts| &facts.instances.as_ref().unwrap().value);
        tainted = tainted.max(instances.filter(|instance| instance.tags.contains_key(&key)).count());
    }
    // One side without weight, and somebody about to put back what he changed: both would tempt a hand.
    now(demo.apply(&place, &Call::set_actions(&source, with_weights(&actions, &[0, 100])))).unwrap();
    for _ in 0..720 {
        clock.pass(60);
        assert_eq!(present(), [0, 100]);
    }
}

#[test]
fn a_day_of_life_leaves_the_fleet_alive() {
    let (demo, clock) = demo();
    for _ in 0..48 {
        clock.pass(1_800);
        let fleet = now(demo.observe(&Scope::Complete)).unwrap();
        for group in fleet.clusters.iter().flat_map(|cluster| &cluster.groups) {
            let units = group.instances.iter().filter(|i| i.is_running()).count();
            assert!(units > 0, "{} has nothing left", group.id.name);
        }
        let healthy = fleet.instances().filter(|i| i.health.verdict() == Verdict::Healthy).count();
        assert!(healthy > 40, "{healthy} healthy");
    }
}

/// Something that a session or somebody else does to the nth instance or source.
fn act(demo: &Demo, what: u8, nth: usize) {
    let facts = demo.facts();
    let facts = &facts[nth % facts.len()];
    let groups = &facts.groups.as_ref().unwrap().value;
    let group = &groups[nth % groups.len()];
    let listeners: Vec<_> = facts.listeners.values().flat_map(|seen| &seen.value).collect();
    let listener = listeners[nth % listeners.len()];
    let source = SourceArn::Listener(listener.arn.clone());
    let weight = i32::try_from(nth % 100).unwrap();
    let actions = with_weights(&listener.actions, &[weight, 100 - weight]);
    let place = facts.place.clone();
    let Some(member) = group.members.get(nth % group.members.len().max(1)) else { return };
    let instance = member.id.clone();
    let foreign = match what {
        0 => Foreign::Terminate { instance },
        1 => Foreign::Break { instance },
        2 => Foreign::Heal { instance },
        3 => Foreign::Standby { instance, on: nth.is_multiple_of(2) },
        4 => Foreign::Scale { group: group.name.clone(), desired: i32::try_from(nth % 12).unwrap() },
        5 => Foreign::Actions { source, actions },
        _ => return drop(now(demo.apply(&place, &Call::set_actions(&source, actions)))),
    };
    assert!(demo.meddle(&place, &foreign), "{foreign:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_done_looking_changes_nothing_and_sizes_recover(
        steps in proptest::collection::vec((0_i64..900, 0_u8..7, any::<usize>()), 0..12),
    ) {
        let (watched, watched_clock) = demo();
        let (alone, alone_clock) = demo();
        for (seconds, what, nth) in steps {
            for _ in 0..5 {
                watched_clock.pass(seconds);
                now(watched.observe(&Scope::Background { first: Vec::new() })).unwrap();
            }
            alone_clock.pass(seconds * 5);
            act(&watched, what, nth);
            act(&alone, what, nth);
        }
        prop_assert_eq!(watched.facts(), alone.facts());

        {
            let mut state = alone.lock();
            (state.world.mishaps, state.world.hands) = (false, false);
        }
        alone_clock.pass(1_200);
        let (state, _) = alone.now();
        for region in &state.world.regions {
            let settled = |group: &&Group| group.active_refresh().is_none();
            for group in region.groups.iter().filter(settled) {
                let units: i32 = group.instances.iter().filter(|i| i.counts()).map(Instance::units).sum();
                let can = region.launch(group.source(), 0).is_some_and(|l| region.refusal(&l).is_none());
                prop_assert!(units >= group.fact.desired || !can, "{} is short", group.fact.name);
            }
        }
    }
}
