use jiff::SignedDuration;

use crate::fleet::builders::{World, ago};
use crate::fleet::{Availability, Image, ImageMetadataFact};

fn image(world: &World, id: &str) -> Image {
    world.fleet().image(&world.facts.place, &id.into()).cloned().unwrap()
}

fn family(image: &Image) -> Option<String> {
    image.family.as_ref().map(|family| family.name.to_string())
}

#[test]
fn version_and_family_come_from_tags_then_from_the_name() {
    for (name, tags, version, family_name) in [
        ("orders-1.42.0", &[][..], Some("1.42.0"), Some("orders")),
        ("orders-v12", &[], Some("12"), Some("orders")),
        ("orders-1.42.0", &[("version", "9"), ("Version", "7")], Some("7"), Some("orders")),
        ("orders-v1.42.0-arm64", &[("Version", "1.42.0")], Some("1.42.0"), Some("orders-arm64")),
        ("orders-1.42.0-20241103", &[("Version", "1.42.0")], Some("1.42.0"), Some("orders")),
        ("orders 1.42.0", &[("Family", "shop")], Some("1.42.0"), Some("shop")),
        ("golden", &[("Version", "3")], Some("3"), Some("golden")),
        ("golden", &[("Family", "golden")], None, Some("golden")),
        ("golden", &[], None, None),
        ("1.42.0", &[("Version", "1.42.0")], Some("1.42.0"), None),
        ("", &[("Version", " ")], None, None),
        ("é2-é", &[("Version", "é")], Some("é"), Some("é2")),
    ] {
        let mut world = World::new();
        world.image("ami-1", name).tags = tags.iter().map(|&(k, v)| (k.into(), v.into())).collect();
        let image = image(&world, "ami-1");
        assert_eq!(image.version.as_ref().map(ToString::to_string).as_deref(), version, "{name} {tags:?}");
        assert_eq!(family(&image).as_deref(), family_name, "{name} {tags:?}");
    }
}

#[test]
fn images_are_ranked_by_version_within_one_family_of_one_owner() {
    let mut world = World::new();
    for (id, name) in [
        ("ami-1", "orders-1.10.0"),
        ("ami-2", "orders-1.9.0"),
        ("ami-3", "search-1.0.0"),
        ("ami-4", "orders-1.10.0-rc1"),
    ] {
        world.image(id, name);
    }
    world.image("ami-5", "orders-1.8.0").owner = Some("000000000000".into());
    world.image("ami-6", "orders-1.9").created_at = Some(ago(SignedDuration::ZERO));
    world.image("ami-7", "orders-copper").tags =
        [("Version".into(), "copper".into()), ("Family".into(), "orders".into())].into();
    let rank = |id| image(&world, id).rank;
    assert_eq!(rank("ami-2"), Some(0));
    assert_eq!(rank("ami-6"), Some(0));
    assert_eq!(rank("ami-4"), Some(1));
    assert_eq!(rank("ami-1"), Some(2));
    assert_eq!(rank("ami-3"), Some(0));
    assert_eq!(rank("ami-5"), Some(0));
    assert_eq!(rank("ami-7"), None);
}

#[test]
fn a_family_of_commits_is_ordered_by_date() {
    let mut world = World::new();
    for (id, version, hours) in [("ami-1", "copper", 1), ("ami-2", "a1b2c3d", 9)] {
        let image = world.image(id, version);
        image.tags = [("Version".into(), version.into()), ("Family".into(), "orders".into())].into();
        image.created_at = Some(ago(SignedDuration::from_hours(hours)));
    }
    world.image("ami-3", "undated").tags = [("Family".into(), "orders".into())].into();
    let rank = |id| image(&world, id).rank;
    assert_eq!((rank("ami-2"), rank("ami-1"), rank("ami-3")), (Some(0), Some(1), None));
}

#[test]
fn an_image_is_gone_only_where_an_answer_says_so() {
    for (state, allowed, expected) in [
        ("available", None, Availability::Available),
        ("available", Some(true), Availability::Available),
        ("available", Some(false), Availability::Gone("not allowed".into())),
        ("pending", None, Availability::Pending),
        ("deregistered", None, Availability::Gone("deregistered".into())),
        ("disabled", Some(true), Availability::Gone("disabled".into())),
        ("failed", None, Availability::Gone("failed".into())),
        ("transient", None, Availability::Unknown),
        ("levitating", None, Availability::Unknown),
    ] {
        let mut world = World::new();
        let fact = world.image("ami-1", "orders-1");
        (fact.state, fact.allowed) = (state.into(), allowed);
        assert_eq!(image(&world, "ami-1").availability, expected, "{state}");
    }
}

fn metadata(state: Option<&str>) -> ImageMetadataFact {
    ImageMetadataFact {
        image: Some("ami-1".into()),
        name: Some("orders-1.42.0".into()),
        state: state.map(Into::into),
        owner: Some("123456789012".into()),
        created_at: None,
        allowed: Some(false),
    }
}

#[test]
fn an_image_that_only_metadata_knows_is_an_image_too() {
    let mut world = World::new();
    world.instance("i-1", "ami-1");
    assert!(world.fleet().images.is_empty());
    let told = &mut world.facts.image_metadata.as_mut().unwrap().value;
    told.insert("i-1".into(), metadata(Some("deregistered")));
    let gone = image(&world, "ami-1");
    assert_eq!(gone.availability, Availability::Gone("deregistered".into()));
    assert_eq!((gone.label().to_string(), family(&gone).as_deref()), ("1.42.0".into(), Some("orders")));
    world.facts.image_metadata.as_mut().unwrap().value.insert("i-1".into(), metadata(None));
    assert_eq!(image(&world, "ami-1").availability, Availability::Unknown);
}

#[test]
fn metadata_tells_that_an_image_is_no_longer_allowed() {
    let mut world = World::new();
    world.image("ami-1", "orders-1.42.0");
    world.facts.image_metadata.as_mut().unwrap().value.insert("i-1".into(), metadata(None));
    assert_eq!(image(&world, "ami-1").availability, Availability::Gone("not allowed".into()));
}

#[test]
fn a_parent_is_named_by_a_tag_before_the_source() {
    let mut world = World::new();
    world.image("ami-1", "orders-1").source = Some("ami-src".into());
    assert_eq!(image(&world, "ami-1").parent, Some("ami-src".into()));
    world.image("ami-2", "orders-2").tags = [("BaseImage".into(), "ami-base".into())].into();
    assert_eq!(image(&world, "ami-2").parent, Some("ami-base".into()));
}
