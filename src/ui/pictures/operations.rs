//! The operations screen, and what one tells operations.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::Message;
use crate::app::fixture::{Person, asked, claim, safe, stepped};
use crate::plan::{ClusterPolicy, History, Hold, Outcome, Policy, Stand};

#[test]
fn what_runs_is_told_step_by_step_with_the_time_that_is_left() {
    pictures!("operations-running", {
        let mut person = stepped();
        person.press("o").wait(SignedDuration::from_secs(20));
        person
    });
}

#[test]
fn a_held_operation_names_its_ways_out() {
    pictures!("operations-held", {
        let mut person = stepped();
        let claim = claim(&person, "ann", Hold::Released, Stand::Held);
        let operation = person.model.operations[0].id.clone();
        let (why, remedy) = ("orders-5xx is in ALARM".into(), "look at it, then resume or roll back".into());
        person.press("o").tell(Message::Ended { operation, outcome: Outcome::Held { why, remedy } });
        person.tell(Message::Journal(Arc::new(History::default().with_claims(vec![claim]))));
        person
    });
}

#[test]
fn what_a_colleague_left_half_done_can_be_adopted() {
    pictures!("operations-abandoned", {
        let mut person = Person::new();
        let claim = claim(&person, "bob", Hold::Lapsed, Stand::Running);
        person.tell(Message::Journal(Arc::new(History::default().with_claims(vec![claim])))).press("o");
        person
    });
}

#[test]
fn where_nothing_is_known_the_screen_says_so_and_unknown_is_not_none() {
    pictures!("operations-empty", {
        let mut person = Person::new();
        let place = person.model.observation.as_ref().unwrap().fleet.places[0].clone();
        let unread = Some("ops may not call ssm:GetParametersByPath".into());
        person.tell(Message::Bookkeeping { place, unread }).press("o");
        person
    });
}

#[test]
fn the_row_and_the_header_show_what_a_colleague_runs() {
    pictures!("fleet-elsewhere", {
        let mut person = Person::new();
        let until = person.at + SignedDuration::from_secs(40);
        let claim = claim(&person, "bob", Hold::Alive { until }, Stand::Running);
        person.tell(Message::Journal(Arc::new(History::default().with_claims(vec![claim]))));
        person
    });
}

#[test]
fn an_abort_is_asked_and_says_where_it_leads() {
    pictures!("abort", {
        let mut person = stepped();
        person.press("o x");
        person
    });
}

#[test]
fn a_shift_in_steps_is_asked_for_shares_and_time() {
    pictures!("shift-form-steps", {
        let mut person = Person::new();
        person.press("j j s").types("50").press("tab down tab").types(",x").press("enter");
        person
    });
}

#[test]
fn a_guard_is_overridden_by_its_name_and_a_reason() {
    pictures!("confirm-override", {
        let strict = ClusterPolicy { min_healthy: Some(7), ..ClusterPolicy::default() };
        let orders = crate::fleet::ClusterSelector { name: "orders".into(), account: None, region: None };
        let policy = Policy { clusters: vec![(orders, strict)], ..Policy::default() };
        let mut person = Person::before(safe(), policy);
        person.look().press("j j s").types("25").press("enter").wait(SignedDuration::from_secs(1));
        person.types("9012").press("enter").types("enough-healthy-targets").press("enter").types("INC-42!");
        person
    });
}

#[test]
fn a_plan_that_waits_for_a_second_person_is_approved_by_its_own_phrase() {
    let waiting = || {
        let mut person = Person::new();
        let asked = asked(&person, "bob");
        let place = asked.plan.place();
        person.tell(Message::Asked { place, asked: vec![asked] }).press("o");
        person
    };
    pictures!("operations-waiting", waiting());
    pictures!("second", {
        let mut person = waiting();
        person.press("y").wait(SignedDuration::from_secs(1)).types("9012").press("enter").types("orders");
        person
    });
}
