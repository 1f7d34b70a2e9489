//! The dialogs.

use jiff::SignedDuration;

use crate::app::fixture::{Person, drilling, production, read_only, safe, sticky};
use crate::plan::Policy;

/// A person who has planned to shift a share of orders to green.
fn planned(mut person: Person) -> Person {
    person.look().press("j j s").types("25").press("enter").wait(SignedDuration::from_secs(1));
    person
}

#[test]
fn a_shift_asks_for_what_it_needs_to_know() {
    pictures!("shift-form", {
        let mut person = Person::new();
        person.press("j j s").types("250").press("enter");
        person
    });
}

#[test]
fn what_sets_an_instance_aside_asks_how_and_why() {
    pictures!("quarantine-form", {
        let mut person = Person::new();
        person.press("j j enter j Q enter");
        person
    });
}

#[test]
fn what_a_drill_loses_is_asked_for_how_long_and_when_it_stops() {
    pictures!("drill-form", {
        let mut person = Person::before(safe(), drilling());
        person.look();
        person.press("j j enter X down");
        person
    });
    pictures!("drill-plan", {
        let mut person = Person::before(safe(), drilling());
        person.look();
        person.press("j j enter X down enter");
        person
    });
}

#[test]
fn a_plan_is_confirmed_by_a_phrase_of_its_own_and_arms_in_the_same_dialog() {
    pictures!("confirm-safe", {
        let mut person = planned(Person::before(safe(), Policy::default()));
        person.types("9012").press("enter").types("orders 2");
        person
    });
}

#[test]
fn a_plan_for_production_is_red_and_asks_for_the_name_of_the_account() {
    pictures!("confirm-production", {
        let mut person = Person::before(safe(), production());
        sticky(&mut person.world);
        let mut person = planned(person);
        person.types("9011").press("enter");
        person
    });
}

#[test]
fn a_read_only_session_shows_the_plan_and_says_why_it_cannot_run() {
    pictures!("confirm-read-only", planned(Person::before(read_only(), Policy::default())));
}

#[test]
fn arming_asks_for_the_end_of_the_account() {
    pictures!("arm", {
        let mut person = Person::before(safe(), production());
        person.look().press("a").wait(SignedDuration::from_secs(1)).types("90");
        person
    });
}

#[test]
fn help_greys_what_does_not_apply_and_says_why() {
    pictures!("help", {
        let mut person = Person::new();
        person.press("?");
        person
    });
}

#[test]
fn the_palette_finds_actions_and_clusters() {
    pictures!("palette", {
        let mut person = Person::new();
        person.press(":").types("or");
        person
    });
}

#[test]
fn the_filter_is_a_line_where_the_footer_was() {
    pictures!("filter", {
        let mut person = Person::new();
        person.press("/").types("drift:behind");
        person
    });
}

#[test]
fn gaps_are_listed_with_the_permission_that_is_missing() {
    pictures!("gaps", {
        let mut person = Person::before(safe(), Policy::default());
        person.deny_target_health();
        person.look().press("u");
        person
    });
}

#[test]
fn a_finding_rests_until_a_date_for_a_reason() {
    pictures!("ignore", {
        let mut person = Person::new();
        person
            .press("j j enter n I")
            .types("bastion of the migration")
            .press("shift-tab")
            .types("x")
            .press("enter");
        person
    });
}
