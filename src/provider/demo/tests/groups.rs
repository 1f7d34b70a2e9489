//! Sizes of groups, and single instances taken out or given back.

use super::*;
use crate::plan::{
    CreateTags, DetachInstances, EnterStandby, ExitStandby, GroupState, InstanceMark, Newest, Saved,
    SetDesiredCapacity, Sizes, State, TemplateNumber, TerminateInGroup, TerminateInstances, UpdateGroup,
};

pub(super) fn place_of(demo: &Demo, group: &str) -> Place {
    facts_with(demo, group).0.place
}

pub(super) fn group(demo: &Demo, name: &str) -> GroupState {
    let resource = Resource::Group(name.into());
    let State::Group(state) = now(demo.state(&place_of(demo, name), &resource)).unwrap() else {
        unreachable!()
    };
    state
}

pub(super) fn mark(demo: &Demo, place: &Place, id: &InstanceId) -> InstanceMark {
    let resource = Resource::Instance(id.clone());
    let State::Instance(mark) = now(demo.state(place, &resource)).unwrap() else { unreachable!() };
    mark
}

pub(super) fn first(demo: &Demo, name: &str) -> InstanceId {
    let (facts, at) = facts_with(demo, name);
    facts.groups.as_ref().unwrap().value[at].members[0].id.clone()
}

pub(super) fn sizes(demo: &Demo, name: &str) -> (i32, i32, i32) {
    let Sizes { min, desired, max } = group(demo, name).sizes.unwrap();
    (min, desired, max)
}

pub(super) fn healthy(demo: &Demo, name: &str) -> usize {
    count(&states(demo, name), &TargetState::Healthy)
}

/// Applies a call that is refused, and tells why; nothing is changed.
pub(super) fn why(demo: &Demo, place: &Place, call: &Call) -> String {
    let before = demo.facts();
    let failure = now(demo.apply(place, call)).unwrap_err();
    assert!(!failure.maybe_applied);
    assert_eq!(demo.facts(), before, "{failure}");
    failure.why
}

fn lifecycle(mark: &InstanceMark) -> &str {
    mark.lifecycle.as_ref().map_or("none", Text::raw)
}

fn end(instance: &InstanceId, decrement: bool) -> Call {
    Call::TerminateInstanceInAutoScalingGroup(TerminateInGroup { instance: instance.clone(), decrement })
}

fn update(group: &str, min: Option<i32>, desired: Option<i32>, max: Option<i32>) -> Call {
    let group = group.into();
    Call::UpdateAutoScalingGroup(UpdateGroup { group, min, max, desired, template: None, subnets: None })
}

fn resize(group: &str, desired: i32) -> Call {
    Call::SetDesiredCapacity(SetDesiredCapacity { group: group.into(), desired })
}

#[test]
fn a_group_a_template_and_an_instance_are_told_whole() {
    let (demo, _) = calm();
    let found = group(&demo, "orders-blue");
    assert_eq!(found.sizes, Some(Sizes { min: 4, desired: 8, max: 16 }));
    let Some(Saved::Template(TemplateNumber { id, version })) = found.saved else { unreachable!() };
    assert_eq!((version, found.refresh), (2, Some(Newest::None)));
    assert!(found.members.len() == 8 && found.members.values().all(|word| word.raw() == "InService"));

    let place = place_of(&demo, "orders-blue");
    let State::Template(template) = now(demo.state(&place, &Resource::Template(id))).unwrap() else {
        unreachable!()
    };
    assert_eq!((template.latest, template.descriptions.len()), (3, 3));

    let tainted = mark(&demo, &place, &first(&demo, "orders-green"));
    assert_eq!(tainted.group, Some("orders-green".into()));
    assert_eq!((lifecycle(&tainted), tainted.state.as_ref().unwrap().raw()), ("InService", "running"));
    let keys: Vec<&str> = tainted.tags.keys().map(Text::raw).collect();
    assert_eq!(keys, ["flightdeck:tainted"]);
    assert_eq!(mark(&demo, &place, &"i-nothing".into()), InstanceMark::default());

    let moving = group(&demo, "checkout-green").saved;
    assert!(matches!(moving, Some(Saved::Other(words)) if words.raw().ends_with("$Latest")));
    let Some(Newest::Refresh(refresh)) = group(&demo, "search-v012").refresh else { unreachable!() };
    assert_eq!((refresh.status.raw(), refresh.percent), ("Cancelled", Some(50)));
    assert_eq!(refresh.to.unwrap().version, 3);
    for resource in [Resource::Group("nothing".into()), Resource::Template("lt-nothing".into())] {
        assert_eq!(now(demo.state(&place, &resource)).unwrap_err().kind, FailureKind::NotFound);
    }
}

#[test]
fn a_terminated_instance_drains_is_replaced_and_the_replacement_becomes_healthy() {
    let (demo, clock) = calm();
    let (place, id) = (place_of(&demo, "orders-blue"), first(&demo, "orders-blue"));
    now(demo.apply(&place, &end(&id, false))).unwrap();
    assert_eq!(lifecycle(&mark(&demo, &place, &id)), "Terminating");
    assert_eq!(count(&states(&demo, "orders-blue"), &TargetState::Draining), 1);
    assert!(why(&demo, &place, &end(&id, false)).starts_with("ScalingActivityInProgress"));
    clock.pass(30);
    assert_eq!((healthy(&demo, "orders-blue"), group(&demo, "orders-blue").members.len()), (7, 9));
    clock.pass(70);
    assert_eq!(healthy(&demo, "orders-blue"), 8);
    let gone = mark(&demo, &place, &id);
    assert_eq!((gone.group, gone.state.unwrap().raw()), (None, "terminated"));
    assert_eq!(sizes(&demo, "orders-blue"), (4, 8, 16));
    clock.pass(2 * 3_600);
    assert_eq!(mark(&demo, &place, &id), InstanceMark::default());
}

#[test]
fn a_terminated_instance_with_decrement_is_not_replaced_and_the_minimum_holds() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-blue");
    for _ in 0..4 {
        now(demo.apply(&place, &end(&first(&demo, "orders-blue"), true))).unwrap();
        clock.pass(120);
    }
    assert_eq!((sizes(&demo, "orders-blue"), in_service(&demo, "orders-blue")), ((4, 4, 16), 4));
    let refused = why(&demo, &place, &end(&first(&demo, "orders-blue"), true));
    assert!(refused.contains("desiredSize equals minSize (4)"), "{refused}");
    assert!(why(&demo, &place, &end(&"i-nothing".into(), false)).contains("Instance Id not found"));
}

#[test]
fn sizes_are_checked_and_the_group_follows_them() {
    let (demo, clock) = calm();
    let place = place_of(&demo, "orders-blue");
    now(demo.apply(&place, &resize("orders-blue", 10))).unwrap();
    clock.pass(120);
    assert_eq!((sizes(&demo, "orders-blue"), healthy(&demo, "orders-blue")), ((4, 10, 16), 10));
    now(demo.apply(&place, &update("orders-blue", Some(2), None, Some(6)))).unwrap();
    clock.pass(120);
    assert_eq!((sizes(&demo, "orders-blue"), healthy(&demo, "orders-blue")), ((2, 6, 6), 6));

    for (call, word) in [
        (resize("orders-blue", 7), "above max value 6"),
        (resize("orders-blue", 1), "below min value 2"),
        (update("orders-blue", Some(7), None, None), "Max bound, 6"),
        (update("orders-blue", None, Some(9), None), "between the specified min size:2 and max size:6"),
        (resize("nothing", 1), "AutoScalingGroup name not found"),
    ] {
        let refused = why(&demo, &place, &call);
        assert!(refused.starts_with("ValidationError") && refused.contains(word), "{refused}");
    }
}

#[test]
fn a_group_of_another_service_or_on_its_way_out_is_not_changed() {
    let (demo, _) = calm();
    let place = place_of(&demo, "orders-blue");
    let of = |change: fn(&mut crate::fleet::GroupFact)| {
        let (mut state, _) = demo.now();
        let (region, group) = (0, state.world.regions[0].group(&"orders-blue".into()).unwrap());
        change(&mut state.world.regions[region].groups[group].fact);
    };
    of(|fact| fact.operator = Some("ecs.amazonaws.com".into()));
    assert!(why(&demo, &place, &resize("orders-blue", 9)).contains("operated by ecs.amazonaws.com"));
    of(|fact| (fact.operator, fact.status) = (None, Some("Delete in progress".into())));
    assert!(why(&demo, &place, &end(&first(&demo, "orders-blue"), false)).contains("pending delete"));
}

#[test]
fn an_instance_goes_to_standby_with_or_without_a_replacement_and_comes_back() {
    let (demo, clock) = calm();
    let (place, id) = (place_of(&demo, "orders-blue"), first(&demo, "orders-blue"));
    let enter =
        |decrement| Call::EnterStandby(EnterStandby::new("orders-blue".into(), id.clone(), decrement));
    let exit = Call::ExitStandby(ExitStandby::new("orders-blue".into(), id.clone()));
    assert!(why(&demo, &place, &exit).contains("not in Standby"));
    now(demo.apply(&place, &enter(true))).unwrap();
    assert_eq!(lifecycle(&mark(&demo, &place, &id)), "EnteringStandby");
    assert_eq!(count(&states(&demo, "orders-blue"), &TargetState::Draining), 1);
    assert!(why(&demo, &place, &enter(true)).contains("not in InService"));
    clock.pass(60);
    assert_eq!(lifecycle(&mark(&demo, &place, &id)), "Standby");
    assert_eq!((sizes(&demo, "orders-blue").1, states(&demo, "orders-blue").len()), (7, 7));

    now(demo.apply(&place, &exit)).unwrap();
    assert_eq!(lifecycle(&mark(&demo, &place, &id)), "Pending");
    clock.pass(60);
    assert_eq!(lifecycle(&mark(&demo, &place, &id)), "InService");
    assert_eq!((sizes(&demo, "orders-blue").1, healthy(&demo, "orders-blue")), (8, 8));

    now(demo.apply(&place, &enter(false))).unwrap();
    clock.pass(150);
    assert_eq!((sizes(&demo, "orders-blue").1, healthy(&demo, "orders-blue")), (8, 8));
    assert_eq!(group(&demo, "orders-blue").members.len(), 9);
    now(demo.apply(&place, &update("orders-blue", None, None, Some(8)))).unwrap();
    assert!(why(&demo, &place, &exit).contains("desired-size=8. To exit standby"));
}

#[test]
fn a_detached_instance_drains_leaves_its_group_and_lives_on() {
    let (demo, clock) = calm();
    let (place, id) = (place_of(&demo, "orders-blue"), first(&demo, "orders-blue"));
    let detach = Call::DetachInstances(DetachInstances::new("orders-blue".into(), id.clone(), false));
    now(demo.apply(&place, &detach)).unwrap();
    let leaving = mark(&demo, &place, &id);
    assert_eq!((lifecycle(&leaving), leaving.group.clone()), ("Detaching", Some("orders-blue".into())));
    assert_eq!(count(&states(&demo, "orders-blue"), &TargetState::Draining), 1);
    clock.pass(150);
    let free = mark(&demo, &place, &id);
    assert_eq!((free.group, free.lifecycle, free.state.unwrap().raw()), (None, None, "running"));
    assert_eq!((sizes(&demo, "orders-blue").1, healthy(&demo, "orders-blue")), (8, 8));
    assert!(why(&demo, &place, &detach).contains("not part of Auto Scaling group"));
    assert!(why(&demo, &place, &end(&id, false)).contains("Instance Id not found"));

    now(demo.apply(&place, &Call::TerminateInstances(TerminateInstances::new(id.clone())))).unwrap();
    clock.pass(60);
    assert_eq!(mark(&demo, &place, &id).state.unwrap().raw(), "terminated");
    assert_eq!(healthy(&demo, "orders-blue"), 8);
}

#[test]
fn tags_are_set_and_seen_and_those_of_aws_are_not_ours_to_set() {
    let (demo, _) = calm();
    let (place, id) = (place_of(&demo, "orders-blue"), first(&demo, "orders-blue"));
    let tag = |key: &str| CreateTags::new(id.clone(), [(Text::new(key), Text::new("INC-1, mira"))]);
    let key = "flightdeck:quarantined";
    now(demo.apply(&place, &Call::CreateTags(tag(key)))).unwrap();
    assert_eq!(mark(&demo, &place, &id).tags[&Text::new(key)].raw(), "INC-1, mira");
    let (facts, _) = facts_with(&demo, "orders-blue");
    let seen = facts.instances.unwrap().value.iter().find(|instance| instance.id == id).unwrap().clone();
    assert_eq!(seen.tags[&Text::new(key)].raw(), "INC-1, mira");

    assert!(why(&demo, &place, &Call::CreateTags(tag("aws:x"))).contains("InvalidParameterValue"));
    let nobody = CreateTags::new("i-nothing".into(), [(Text::new("a"), Text::new("b"))]);
    assert!(why(&demo, &place, &Call::CreateTags(nobody)).contains("InvalidInstanceID.NotFound"));
    let nobody = Call::TerminateInstances(TerminateInstances::new("i-nothing".into()));
    assert!(why(&demo, &place, &nobody).contains("InvalidInstanceID.NotFound"));
}

#[test]
fn a_lost_or_unanswered_call_is_told_apart_by_the_state_it_leaves() {
    let (demo, _) = calm();
    let (place, id) = (place_of(&demo, "orders-blue"), first(&demo, "orders-blue"));
    let before = State::Instance(mark(&demo, &place, &id));
    for (fate, effect) in
        [(Fate::Lost, crate::plan::Effect::NotTaken), (Fate::Unanswered, crate::plan::Effect::Taken)]
    {
        demo.weather(|weather| weather.changes.push_back(fate));
        let call = end(&id, false);
        assert!(now(demo.apply(&place, &call)).unwrap_err().maybe_applied);
        assert_eq!(call.effect(&before, &State::Instance(mark(&demo, &place, &id))), effect);
    }
}

#[test]
fn a_group_leaves_a_zone_that_is_taken_from_it_and_comes_back_launching_first() {
    use crate::plan::Subnets;
    let (demo, clock) = calm();
    let name = "orders-blue";
    let place = place_of(&demo, name);
    let zones = |demo: &Demo| {
        let (facts, at) = facts_with(demo, name);
        let group = &facts.groups.as_ref().unwrap().value[at];
        let mut counts = std::collections::BTreeMap::new();
        for member in group.members.iter().filter(|member| member.lifecycle.raw() == "InService") {
            *counts.entry(member.zone.clone().unwrap()).or_insert(0usize) += 1;
        }
        (group.zones.clone(), group.subnets.clone(), counts)
    };
    let (all, subnets, before) = zones(&demo);
    let (size, least) = (before.values().sum::<usize>(), healthy(&demo, name));
    let launch_in = |subnets: &[crate::fleet::SubnetId]| {
        Call::UpdateAutoScalingGroup(UpdateGroup {
            group: name.into(),
            min: None,
            max: None,
            desired: None,
            template: None,
            subnets: Some(Subnets::new(subnets)),
        })
    };
    assert!(why(&demo, &place, &launch_in(&["subnet-strange".into()])).contains("does not exist"));
    now(demo.apply(&place, &launch_in(&subnets[..2]))).unwrap();
    assert_eq!(group(&demo, name).subnets, Some(Subnets::new(&subnets[..2])));
    for _ in 0..90 {
        clock.pass(10);
        assert!(healthy(&demo, name) >= least, "it launches first");
    }
    let (left, _, counts) = zones(&demo);
    assert_eq!((left.len(), counts.len(), counts.values().sum::<usize>()), (2, 2, size));
    now(demo.apply(&place, &launch_in(&subnets))).unwrap();
    for _ in 0..120 {
        clock.pass(10);
    }
    let (zones, _, counts) = zones(&demo);
    assert_eq!(zones, all);
    let spread = counts.values().max().unwrap() - counts.values().min().unwrap();
    assert!(counts.len() == 3 && spread < 2, "{counts:?}");
}
