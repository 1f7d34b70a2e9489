//! The promises of the simulated fleet itself.

use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::fleet::{
    Action, GroupName, InstanceId, InstanceState, LaunchSource, RefreshStatus, Setting, TargetGroupArn,
    TargetState,
};

/// A clock that a test sets.
struct Hand(Mutex<Timestamp>);

impl Hand {
    fn pass(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now += SignedDuration::from_secs(seconds);
    }
}

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        self.pass(i64::try_from(time.as_secs()).unwrap());
    }
}

fn start() -> Timestamp {
    "2024-11-05T03:00:00Z".parse().unwrap()
}

fn demo_with(options: Options) -> (Demo, Arc<Hand>) {
    let clock = Arc::new(Hand(Mutex::new(start())));
    (Demo::new(options, Naming::default(), clock.clone()), clock)
}

fn demo() -> (Demo, Arc<Hand>) {
    demo_with(Options::default())
}

fn calm() -> (Demo, Arc<Hand>) {
    demo_with(Options { lively: false, ..Options::default() })
}

/// Looks at a future of the demo, which never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    use futures_util::FutureExt as _;
    future.now_or_never().expect("the simulated fleet answers at once")
}

/// The facts of the region with the group, and the group's index.
fn facts_with(demo: &Demo, group: &str) -> (Facts, usize) {
    let holds = |facts: &Facts| {
        facts.groups.as_ref().unwrap().value.iter().position(|g| g.name == GroupName::new(group))
    };
    demo.facts().into_iter().find_map(|facts| holds(&facts).map(|at| (facts, at))).unwrap()
}

fn states(demo: &Demo, group: &str) -> Vec<TargetState> {
    let (facts, at) = facts_with(demo, group);
    let arn: TargetGroupArn = facts.groups.as_ref().unwrap().value[at].target_groups[0].clone();
    facts.target_health[&arn].value.iter().map(|target| target.state.clone()).collect()
}

fn count(states: &[TargetState], state: &TargetState) -> usize {
    states.iter().filter(|present| *present == state).count()
}

fn in_service(demo: &Demo, group: &str) -> usize {
    let (facts, at) = facts_with(demo, group);
    let members = &facts.groups.as_ref().unwrap().value[at].members;
    members.iter().filter(|member| member.lifecycle.raw() == "InService").count()
}

/// The source that forwards to a group's target group, with its place and present actions.
fn source_of(demo: &Demo, group: &str) -> (Place, SourceArn, Actions) {
    let (facts, at) = facts_with(demo, group);
    let arn = &facts.groups.as_ref().unwrap().value[at].target_groups[0];
    let names = |actions: &[Action]| {
        actions.iter().flat_map(Action::weights).any(|(target_group, _)| target_group == *arn)
    };
    let listeners = facts.listeners.values().flat_map(|seen| &seen.value);
    let rules = facts.rules.values().flat_map(|seen| &seen.value).filter(|rule| !rule.is_default);
    listeners
        .map(|listener| (SourceArn::Listener(listener.arn.clone()), listener.actions.clone()))
        .chain(rules.map(|rule| (SourceArn::Rule(rule.arn.clone()), rule.actions.clone())))
        .find(|(_, actions)| names(actions))
        .map(|(source, actions)| (facts.place.clone(), source, actions))
        .unwrap()
}

/// The actions with these weights in the order of the target groups.
fn with_weights(actions: &Actions, weights: &[i32]) -> Actions {
    let mut actions = actions.clone();
    for action in &mut actions {
        if let Some(Setting::Map(oidc)) = action.settings.get_mut("AuthenticateOidcConfig") {
            oidc.insert("UseExistingClientSecret".into(), Setting::Flag(true));
        }
        for (tuple, weight) in
            action.forward_config.iter_mut().flat_map(|config| &mut config.target_groups).zip(weights)
        {
            tuple.weight = Some(*weight);
        }
    }
    actions
}

fn weights(actions: &Actions) -> Vec<u32> {
    actions.iter().flat_map(Action::weights).map(|(_, weight)| weight).collect()
}

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
fn the_default_fleet_has_eight_clusters_and_sixty_instances() {
    let (demo, _) = demo();
    let facts = demo.facts();
    let instances: usize = facts.iter().map(|f| f.instances.as_ref().unwrap().value.len()).sum();
    assert_eq!(instances, 60);
    assert_eq!(facts.len(), 2);
    assert!(facts.iter().all(|facts| facts.place.account.raw() == "123456789012"));
}

#[test]
fn any_number_of_instances_is_spread_to_the_last_one() {
    for wanted in [0, 1, 7, 59, 61, 999, 1_000, 1_999, 2_000, 5_000] {
        let (demo, _) = demo_with(Options { instances: wanted, ..Options::default() });
        let facts = demo.facts();
        let instances: usize = facts.iter().map(|f| f.instances.as_ref().unwrap().value.len()).sum();
        assert_eq!(instances, wanted);
        let names: std::collections::BTreeSet<&str> = facts
            .iter()
            .flat_map(|facts| &facts.groups.as_ref().unwrap().value)
            .map(|group| group.name.raw())
            .collect();
        let clusters: std::collections::BTreeSet<&str> =
            names.iter().map(|name| name.trim_end_matches("-blue").trim_end_matches("-green")).collect();
        assert_eq!(clusters.len(), 8 + wanted / 1_000, "{clusters:?}");
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
