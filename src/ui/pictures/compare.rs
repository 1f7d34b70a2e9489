//! Two clusters side by side, and a way back that may be missed.

use crate::app::fixture::Person;
use crate::app::screens::Screen;
use crate::fleet::TargetGroupAttributes;

/// A person who has set orders beside a staging cluster that is like it but for one thing or the other.
fn beside(seed: impl FnOnce(&mut Person)) -> Person {
    let mut person = Person::new();
    person.world.facts.policies.as_mut().unwrap().value.clear();
    let world = &mut person.world;
    for (colour, image, size) in [("blue", "ami-142", 9), ("green", "ami-143", 6)] {
        let (name, template) = (format!("orders-staging-{colour}"), format!("lt-orders-{colour}"));
        let group = world.group(&name, &template);
        (group.min, group.desired, group.max) = (1, size, size * 2);
        group.zones = ["a", "b", "c"].map(|zone| format!("eu-west-1{zone}").as_str().into()).to_vec();
        for n in 0..size {
            let id = format!("i-{name}-{n}");
            world.member(&name, &id, image);
            world.instance_mut(&id).key_name = Some("ops".into());
        }
        world.target_group(&name, &name);
    }
    let arns: Vec<_> = world.facts.target_health.keys().cloned().collect();
    for arn in &arns {
        let untouched = crate::fleet::Seen { at: person.at, value: TargetGroupAttributes::of([].into()) };
        world.facts.attributes.insert(arn.clone(), untouched);
    }
    let of = |name: &str| arns.iter().find(|arn| arn.name().raw() == name).unwrap();
    world.listener("staging", 443, &[(of("orders-staging-blue"), 90), (of("orders-staging-green"), 10)]);
    seed(&mut person);
    person.look().press("g j j =");
    person
}

#[test]
fn the_most_likely_partner_is_proposed_first() {
    pictures!("compare-partner", beside(|_| {}));
}

#[test]
fn what_differs_stands_first_and_what_is_equal_below() {
    pictures!("compare", {
        let mut person = beside(|_| {});
        person.press("enter");
        person
    });
}

#[test]
fn what_is_not_known_stands_apart() {
    pictures!("compare-unknown", {
        let mut person = beside(|person| person.world.facts.policies = None);
        person.press("enter j j j j");
        person
    });
}

#[test]
fn a_cluster_that_is_gone_is_said() {
    pictures!("compare-gone", {
        let mut person = beside(|_| {});
        person.press("enter");
        let groups = &mut person.world.facts.groups.as_mut().unwrap().value;
        groups.retain(|group| !group.name.raw().starts_with("orders-staging"));
        person.look();
        person
    });
}

#[test]
fn an_image_that_a_way_back_rests_on_and_that_is_gone_is_marked_before_it_is_needed() {
    let warned = || {
        let mut person = Person::new();
        person.world.image("ami-090", "search-0.9.0").deprecated_at =
            Some(person.at + jiff::SignedDuration::from_hours(72));
        let own = person.world.template("lt-search", 2, "ami-090").clone();
        let versions = &mut person.world.facts.templates.as_mut().unwrap().value;
        versions.retain(|version| version.id != own.id || version.number == 3);
        versions.iter_mut().filter(|version| version.id == own.id).for_each(|version| {
            (version.is_default, version.is_latest) = (true, true);
        });
        versions.push(crate::fleet::TemplateVersionFact { is_default: false, is_latest: false, ..own });
        person.look().press("g");
        person
    };
    pictures!("way-back-warned", warned());
    pictures!("way-back-warned-cluster", {
        let mut person = warned();
        person.press("j j j enter");
        person
    });
}

#[test]
fn a_comparison_survives_looks_and_leads_to_another_and_back() {
    let mut person = beside(|_| {});
    person.press("enter j");
    let here = |person: &Person| match person.model.screen() {
        Screen::Compare(screen) => (screen.b.name.to_string(), screen.list.selected().cloned()),
        _ => (String::new(), None),
    };
    let before = here(&person);
    assert_eq!(before.0, "orders-staging");
    person.look();
    assert_eq!(here(&person), before, "the selection stays");
    person.press("=").types("check").press("enter");
    assert_eq!(here(&person).0, "checkout");
    person.press("esc");
    assert!(matches!(person.model.screen(), Screen::Fleet(_)), "one screen back, not two");
    person.press("enter = enter");
    assert!(matches!(person.model.screen(), Screen::Compare(_)));
    person.press("esc");
    assert!(matches!(person.model.screen(), Screen::Cluster(_)));
}
