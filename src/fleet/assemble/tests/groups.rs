use crate::fleet::builders::{World, template_ref};
use crate::fleet::{
    ImageId, LaunchConfigurationFact, LaunchSource, OverrideFact, RefreshStatus, ServerGroup,
    TemplateVersion, Wanted, WantedSource,
};

fn world() -> World {
    let mut world = World::new();
    world.template("lt-1", 1, "ami-1");
    world.template("lt-1", 2, "ami-2").is_default = false;
    world.facts.templates.as_mut().unwrap().value[0].is_default = true;
    world.group("orders", "lt-1");
    world
}

fn group(world: &World) -> ServerGroup {
    ServerGroup::clone(&world.fleet().clusters[0].groups[0])
}

fn wants(world: &World) -> Vec<Wanted> {
    group(world).wants
}

fn image(wanted: &Wanted) -> Option<&str> {
    wanted.image.as_ref().map(ImageId::raw)
}

#[test]
fn a_template_is_wanted_at_latest_default_or_a_number() {
    let mut world = world();
    for (version, expected) in
        [(TemplateVersion::Latest, 2), (TemplateVersion::Default, 1), (TemplateVersion::Number(2), 2)]
    {
        world.group_mut("orders").source = LaunchSource::Template(template_ref("lt-1", version.clone()));
        let wants = wants(&world);
        assert_eq!(wants.len(), 1);
        assert_eq!(image(&wants[0]), Some(format!("ami-{expected}").as_str()), "{version:?}");
        assert!(
            matches!(wants[0].source, WantedSource::Template { number, .. } if number == Some(expected)),
            "{version:?}"
        );
    }
}

#[test]
fn a_template_is_found_by_its_name_too() {
    let mut world = world();
    let mut template = template_ref("", TemplateVersion::Latest);
    (template.id, template.name) = (None, Some("lt-1-name".into()));
    world.group_mut("orders").source = LaunchSource::Template(template);
    assert_eq!(image(&wants(&world)[0]), Some("ami-2"));
}

#[test]
fn what_a_group_wants_says_why_it_is_not_known() {
    let mut world = world();
    world.group_mut("orders").source =
        LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(9)));
    let why = |world: &World| wants(world)[0].unknown.clone().unwrap_or_default();
    assert_eq!(why(&world), "no answer told version 9 of launch template lt-1");
    world.facts.templates = None;
    world.group_mut("orders").source = LaunchSource::Template(template_ref("lt-1", TemplateVersion::Default));
    assert_eq!(why(&world), "no answer told version $Default of launch template lt-1");
    world.group_mut("orders").source = LaunchSource::Configuration("old".into());
    assert_eq!(why(&world), "no answer told launch configuration old");
    world.group_mut("orders").source = LaunchSource::Unknown;
    assert!(!why(&world).is_empty());
    assert_eq!(image(&wants(&world)[0]), None);
}

#[test]
fn a_launch_configuration_is_wanted_with_its_image() {
    let mut world = world();
    world.group_mut("orders").source = LaunchSource::Configuration("old".into());
    let configuration = LaunchConfigurationFact { image: Some("ami-7".into()), instance_type: None };
    world.facts.launch_configurations.as_mut().unwrap().value.insert("old".into(), configuration);
    assert_eq!(image(&wants(&world)[0]), Some("ami-7"));
}

#[test]
fn each_override_with_an_image_or_a_template_of_its_own_is_wanted() {
    let mut world = world();
    world.template("lt-arm", 4, "ami-arm");
    let entry = |kind: &str| OverrideFact { instance_type: Some(kind.into()), ..OverrideFact::default() };
    world.group_mut("orders").source = LaunchSource::Mixed {
        base: template_ref("lt-1", TemplateVersion::Default),
        overrides: vec![
            entry("m5.large"),
            OverrideFact {
                template: Some(template_ref("lt-arm", TemplateVersion::Latest)),
                weighted_capacity: Some("2".into()),
                ..entry("m7g.large")
            },
            OverrideFact { image: Some("ami-own".into()), ..entry("c5.large") },
            OverrideFact { image: Some("resolve:ssm:/golden".into()), ..entry("c6.large") },
        ],
    };
    let group = group(&world);
    let images: Vec<_> = group.wants.iter().map(image).collect();
    assert_eq!(images, [Some("ami-1"), Some("ami-arm"), Some("ami-own"), None]);
    assert_eq!(image(group.wanted_for(Some(&"m5.large".into())).unwrap()), Some("ami-1"));
    assert_eq!(image(group.wanted_for(Some(&"m7g.large".into())).unwrap()), Some("ami-arm"));
    assert!(group.wants[3].by_parameter);
    assert_eq!(group.wants[3].unknown.as_deref(), Some("no answer told the image in parameter /golden"));
    assert!(group.weighted);
}

#[test]
fn an_image_by_parameter_is_the_one_it_gives_now() {
    let mut world = world();
    world.template("lt-1", 3, "resolve:ssm:/golden").resolved_image = Some("ami-9".into());
    let wanted = &wants(&world)[0];
    assert_eq!((image(wanted), wanted.by_parameter, &wanted.unknown), (Some("ami-9"), true, &None));
}

#[test]
fn a_running_refresh_has_a_list_of_its_own_beside_the_saved_one() {
    let mut world = world();
    let desired = LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(2)));
    world.refresh("orders", RefreshStatus::Successful);
    world.refresh("orders", RefreshStatus::InProgress).desired = Some(desired);
    let group = group(&world);
    assert_eq!(image(&group.wants[0]), Some("ami-1"));
    assert_eq!(image(&group.refresh.as_ref().unwrap().wants[0]), Some("ami-2"));
    assert_eq!(group.last_refresh.unwrap().fact.status, RefreshStatus::Successful);
    assert!(group.refreshes_known);
}

#[test]
fn a_refresh_that_was_not_read_or_is_in_a_strange_state_is_unknown() {
    let mut world = world();
    world.refresh("orders", RefreshStatus::Other("Pondering".into()));
    let strange = group(&world);
    assert!(!strange.refreshes_known && strange.refresh.is_none());
    world.facts.refreshes.clear();
    assert!(!group(&world).refreshes_known);
}
