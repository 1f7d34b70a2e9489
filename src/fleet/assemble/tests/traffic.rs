use jiff::SignedDuration;

use crate::fleet::builders::{World, ago};
use crate::fleet::{
    Action, ForwardConfig, GroupStickiness, LoadBalancerKind, SourceArn, TargetGroupArn, TrafficSource,
};

fn world() -> (World, TargetGroupArn, TargetGroupArn) {
    let mut world = World::new();
    world.group("orders-blue", "lt-1");
    world.group("orders-green", "lt-1");
    let blue = world.target_group("blue", "orders-blue");
    let green = world.target_group("green", "orders-green");
    (world, blue, green)
}

fn sources(world: &World) -> Vec<TrafficSource> {
    world.fleet().clusters[0].traffic.clone()
}

#[test]
fn a_default_action_counts_once_though_it_stands_in_two_answers() {
    let (mut world, blue, green) = world();
    let listener = world.listener("web", 443, &[(&blue, 90), (&green, 10)]);
    let sources = sources(&world);
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0].arn, SourceArn::Listener(listener));
    assert!(sources[0].default);
    assert!((sources[0].group_percent(&"orders-green".into()) - 10.0).abs() < f64::EPSILON);
    assert_eq!(world.fleet().target_groups[&blue].sources, [sources[0].arn.clone()]);
}

#[test]
fn sources_are_labelled_and_listed_as_a_person_reads_them() {
    let (mut world, blue, green) = world();
    let listener = world.listener("web", 443, &[(&blue, 1)]);
    world.rule(&listener, "100", &[(&blue, 1)]);
    world.rule(&listener, "20", &[(&green, 1)]).conditions = vec!["path /api/*".into()];
    world.listener("web", 80, &[(&blue, 1)]);
    let labels: Vec<String> = sources(&world).iter().map(|source| source.label.to_string()).collect();
    assert_eq!(
        labels,
        ["web :80 default", "web :443 default", "web :443 rule 20 path /api/*", "web :443 rule 100",]
    );
}

#[test]
fn a_group_is_live_by_a_weight_above_zero_on_any_source() {
    let (mut world, blue, green) = world();
    world.listener("web", 443, &[(&blue, 100), (&green, 0)]);
    let live = |world: &World| -> Vec<bool> {
        world.fleet().clusters[0].groups.iter().map(|group| group.live).collect()
    };
    assert_eq!(live(&world), [true, false]);
    world.listener("web", 8443, &[(&green, 1)]);
    assert_eq!(live(&world), [true, true]);
}

#[test]
fn what_forwards_nothing_carries_no_traffic() {
    let (mut world, blue, _) = world();
    world.listener("web", 443, &[(&blue, 1)]);
    world.listener("web", 80, &[]);
    assert_eq!(sources(&world).len(), 1);
}

#[test]
fn a_load_balancer_that_was_not_read_is_told_by_its_arn() {
    let (mut world, blue, _) = world();
    world.listener("web", 443, &[(&blue, 1)]);
    world.facts.load_balancers = None;
    let source = &sources(&world)[0];
    assert_eq!(
        (source.label.to_string().as_str(), &source.kind),
        ("web :443 default", &LoadBalancerKind::Application)
    );
}

#[test]
fn a_target_group_is_known_where_the_list_of_them_was_not_read() {
    let (mut world, blue, _) = world();
    world.listener("web", 443, &[(&blue, 1)]);
    world.facts.target_groups = None;
    let fleet = world.fleet();
    let group = &fleet.target_groups[&blue];
    assert_eq!((group.name.to_string().as_str(), group.sources.len()), ("blue", 1));
    assert!(group.health.is_some() && group.attributes.is_none());
}

#[test]
fn stickiness_of_the_group_choice_counts_where_it_is_on() {
    let (mut world, blue, _) = world();
    world.listener("web", 443, &[(&blue, 1)]);
    for (enabled, expected) in [(true, Some(60)), (false, None)] {
        for listeners in world.facts.listeners.values_mut() {
            let action: &mut Action = &mut listeners.value[0].actions[0];
            let config: &mut ForwardConfig = action.forward_config.as_mut().unwrap();
            config.target_group_stickiness_config =
                Some(GroupStickiness { enabled, duration_seconds: Some(60) });
        }
        let sticky = sources(&world)[0].stickiness.and_then(|sticky| sticky.duration_seconds);
        assert_eq!(sticky, expected);
    }
}

#[test]
fn a_source_is_as_old_as_its_own_answer() {
    let (mut world, blue, green) = world();
    let listener = world.listener("web", 443, &[(&blue, 1)]);
    world.rule(&listener, "10", &[(&green, 1)]);
    let old = ago(SignedDuration::from_mins(5));
    world.facts.rules.get_mut(&listener).unwrap().at = old;
    let ages: Vec<bool> = sources(&world).iter().map(|source| source.seen_at == old).collect();
    assert_eq!(ages, [false, true]);
}
