//! The cluster screen.

use jiff::SignedDuration;

use crate::app::Message;
use crate::app::fixture::{Person, judged, sticky};
use crate::drift::{Ignore, Policy};
use crate::fleet::{ClusterSelector, PolicyFact, PolicyKind, ScheduleFact};

fn orders() -> Person {
    let mut person = Person::new();
    person.press("j j enter");
    person
}

#[test]
fn a_cluster_shows_its_traffic_and_its_instances_under_their_groups() {
    pictures!("cluster", orders());
}

#[test]
fn what_sets_the_size_of_a_group_stands_under_its_heading() {
    pictures!("cluster-sizing", {
        let mut person = orders();
        let next = person.at + SignedDuration::from_hours(14);
        let facts = &mut person.world.facts;
        let policy = |name: &str, acts: bool| PolicyFact {
            group: "orders-blue".into(),
            name: name.into(),
            kind: PolicyKind::TargetTracking,
            metric: Some("ASGAverageCPUUtilization".into()),
            target: Some(50.0),
            alarms: Vec::new(),
            acts,
        };
        facts.policies.as_mut().unwrap().value = vec![policy("half-busy", true), policy("tried", false)];
        facts.schedules.as_mut().unwrap().value = vec![ScheduleFact {
            group: "orders-blue".into(),
            name: "night".into(),
            recurrence: Some("0 22 * * *".into()),
            time_zone: None,
            starts_at: Some(next),
            min: Some(2),
            desired: Some(2),
            max: None,
        }];
        person.look();
        person
    });
}

#[test]
fn what_may_set_a_size_and_was_not_read_is_said_and_is_not_none() {
    pictures!("cluster-sizing-unread", {
        let mut person = orders();
        person.world.facts.policies = None;
        person.look();
        person
    });
}

#[test]
fn details_tell_why_the_selected_instance_has_drifted() {
    pictures!("cluster-details", {
        let mut person = orders();
        sticky(&mut person.world);
        person.look().press("n d");
        person
    });
}

#[test]
fn what_stands_in_no_group_has_a_screen_too() {
    pictures!("cluster-ungrouped", {
        let mut person = Person::new();
        person.press("G enter");
        person
    });
}

#[test]
fn an_ignored_finding_is_marked_and_does_not_count() {
    pictures!("cluster-ignored", {
        let mut person = orders();
        person.press("n d");
        let ignore = Ignore {
            cluster: ClusterSelector { name: "orders".into(), account: None, region: None },
            rule: "behind".parse().unwrap(),
            until: person.at + SignedDuration::from_hours(24 * 7),
            reason: "the next release replaces it".into(),
            author: "ann".into(),
        };
        let policy = Policy { ignores: vec![ignore], ..Policy::default() };
        let seen = judged(&person.world, &policy, person.at);
        person.tell(Message::Observed(Box::new(seen)));
        person
    });
}

#[test]
fn what_is_marked_is_counted_whether_or_not_it_can_be_seen() {
    pictures!("cluster-marked", {
        let mut person = orders();
        person.press("space j space").press("/").types("blue-1").press("enter");
        person
    });
}

#[test]
fn a_replacement_of_several_names_them() {
    pictures!("confirm-several", {
        let mut person = orders();
        person.press("G space k space x");
        person
    });
}
