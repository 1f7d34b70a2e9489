//! The promises of the simulated fleet itself: a clock that a test sets, and ways to find things.

mod builds;
mod calls;
mod cloudwatch;
mod groups;
mod life;
mod looks;
mod refreshes;

use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::fleet::{
    Action, AlarmState, ForwardConfig, GroupName, GroupStickiness, InstanceId, InstanceState, LaunchSource,
    RefreshStatus, Section, Setting, TargetGroupArn, TargetState, Verdict, same_actions,
};
use crate::fleet::{Actions, SourceArn};

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

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
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
