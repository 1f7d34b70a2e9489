use jiff::SignedDuration;

use crate::fleet::builders::{World, ago, target, template_ref};
use crate::fleet::{
    Fleet, ImageSource, Instance, InstanceState, RefreshStatus, RootVolumeFact, Section, TargetState,
    TemplateVersion,
};

fn world() -> World {
    let mut world = World::new();
    world.group("orders", "lt-1");
    world.member("orders", "i-1", "ami-ec2");
    world
}

fn instance(fleet: &Fleet, id: &str) -> Instance {
    fleet.find_instance(&id.into()).unwrap().2.clone()
}

fn running(world: &World) -> Option<(String, ImageSource)> {
    let running = instance(&world.fleet(), "i-1").running?;
    Some((running.image.to_string(), running.source))
}

fn ids(instances: &[Instance]) -> Vec<String> {
    instances.iter().map(|instance| instance.id.to_string()).collect()
}

#[test]
fn the_image_is_ec2s_unless_a_later_word_replaces_it() {
    let mut world = world();
    assert_eq!(running(&world), Some(("ami-ec2".into(), ImageSource::Ec2)));

    world.group_mut("orders").members[0].image = Some("ami-group".into());
    assert_eq!(running(&world), Some(("ami-group".into(), ImageSource::Group)));

    let task = |hours| RootVolumeFact {
        image: Some("ami-volume".into()),
        completed_at: Some(ago(SignedDuration::from_hours(hours))),
    };
    world.facts.root_volumes.as_mut().unwrap().value.insert("i-1".into(), task(2));
    assert_eq!(running(&world), Some(("ami-volume".into(), ImageSource::RootVolume)));

    // The refresh began an hour ago, after the volume was replaced: the group's word is the later one.
    world.refresh("orders", RefreshStatus::Successful);
    assert_eq!(running(&world), Some(("ami-group".into(), ImageSource::Group)));
}

#[test]
fn a_replaced_volume_without_an_image_keeps_the_image() {
    let mut world = world();
    let task = RootVolumeFact { image: None, completed_at: None };
    world.facts.root_volumes.as_mut().unwrap().value.insert("i-1".into(), task);
    assert_eq!(running(&world), Some(("ami-ec2".into(), ImageSource::Ec2)));
}

#[test]
fn the_template_of_the_launch_is_the_groups_word_then_the_tags() {
    let mut world = world();
    let number = |world: &World| instance(&world.fleet(), "i-1").launched_from;
    assert_eq!(number(&world), None);
    world.instance_mut("i-1").tags = [
        ("aws:ec2launchtemplate:id".into(), "lt-tag".into()),
        ("aws:ec2launchtemplate:version".into(), "4".into()),
    ]
    .into();
    assert_eq!(number(&world), Some(template_ref("lt-tag", TemplateVersion::Number(4))));
    world.group_mut("orders").members[0].template = Some(template_ref("lt-1", TemplateVersion::Number(7)));
    assert_eq!(number(&world), Some(template_ref("lt-1", TemplateVersion::Number(7))));
    // What `$Latest` was at the launch is not what it is now.
    world.group_mut("orders").members[0].template = Some(template_ref("lt-1", TemplateVersion::Latest));
    assert_eq!(number(&world), Some(template_ref("lt-tag", TemplateVersion::Number(4))));
}

#[test]
fn terminated_and_shutting_down_instances_are_no_part_of_the_fleet() {
    for state in [InstanceState::Terminated, InstanceState::ShuttingDown] {
        let mut world = world();
        world.instance("i-2", "ami-1").state = state.clone();
        world.instance_mut("i-1").state = state;
        let fleet = world.fleet();
        assert_eq!(fleet.instances().count(), 0);
        assert_eq!(fleet.clusters.len(), 1);
    }
}

#[test]
fn an_instance_that_only_its_group_names_is_kept_without_facts() {
    let mut world = world();
    world.facts.instances.as_mut().unwrap().value.clear();
    let instance = instance(&world.fleet(), "i-1");
    assert_eq!((instance.state, instance.facts, instance.running), (None, None, None));
    assert_eq!(instance.membership.unwrap().lifecycle.to_string(), "InService");
}

#[test]
fn what_no_group_names_is_unmanaged() {
    let mut world = world();
    world.instance("i-9", "ami-1");
    world.instance("i-8", "ami-1").state = InstanceState::Stopped;
    let fleet = world.fleet();
    assert_eq!(ids(&fleet.unmanaged), ["i-8", "i-9"]);
    assert!(fleet.unplaced.is_empty());
}

#[test]
fn nothing_is_unmanaged_where_groups_could_not_be_read() {
    let mut denied = world();
    denied.facts.groups = None;
    assert_eq!(ids(&denied.fleet().unplaced), ["i-1"]);
    assert!(denied.fleet().unmanaged.is_empty());

    let mut cut = world();
    cut.instance("i-2", "ami-1");
    cut.gap(Section::Groups, None);
    assert_eq!(ids(&cut.fleet().unplaced), ["i-2"]);
    assert!(cut.fleet().unmanaged.is_empty());
}

#[test]
fn an_instance_its_group_does_not_name_yet_is_not_unmanaged() {
    let mut world = world();
    let fresh = world.instance("i-2", "ami-1");
    fresh.tags = [("aws:autoscaling:groupName".into(), "orders".into())].into();
    fresh.launched_at = Some(ago(SignedDuration::from_secs(30)));
    assert_eq!(ids(&world.fleet().unplaced), ["i-2"]);
    world.instance_mut("i-2").launched_at = Some(ago(SignedDuration::from_mins(10)));
    assert_eq!(ids(&world.fleet().unmanaged), ["i-2"]);
}

#[test]
fn health_is_told_by_each_source_apart() {
    let mut world = world();
    let arn = world.target_group("blue", "orders");
    let health = instance(&world.fleet(), "i-1").health;
    assert_eq!(health.ec2.unwrap().system.to_string(), "ok");
    assert_eq!(health.group.unwrap().to_string(), "Healthy");
    assert_eq!(health.targets.len(), 1);
    assert_eq!((&health.targets[0].target_group, &health.targets[0].state), (&arn, &TargetState::Healthy));
}

#[test]
fn a_target_whose_instance_is_gone_is_gone() {
    let mut world = world();
    let arn = world.target_group("blue", "orders");
    world.instance("i-dead", "ami-1").state = InstanceState::Terminated;
    world.targets_mut(&arn).extend([
        target("i-dead", TargetState::Draining),
        target("i-unheard", TargetState::Healthy),
        target("10.0.0.7", TargetState::Healthy),
    ]);
    let living = |world: &World| -> Vec<String> {
        let health = world.fleet().target_groups[&arn].health.clone().unwrap();
        health.value.iter().map(|target| target.id.to_string()).collect()
    };
    assert_eq!(living(&world), ["i-1", "10.0.0.7"]);
    // An incomplete answer of EC2 proves nothing about what it does not name.
    world.gap(Section::Instances, None);
    assert_eq!(living(&world), ["i-1", "i-unheard", "10.0.0.7"]);
}
