//! The activity screen, and an operation on its way.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::Message;
use crate::app::fixture::{Person, operation, records};
use crate::plan::{History, Truth};

#[test]
fn the_journal_says_who_did_what_and_how_it_ended() {
    pictures!("activity", {
        let mut person = Person::new();
        let records = records(&person);
        person.tell(Message::Journal(Arc::new(History::new(records)))).press("A j");
        person
    });
}

#[test]
fn a_weight_is_wanted_written_read_back_and_settled_one_after_the_other() {
    pictures!("operation", {
        let mut person = operation(Truth::ReadBack);
        person.press("enter").wait(SignedDuration::from_secs(3));
        person
    });
}

#[test]
fn leaving_asks_only_while_an_operation_runs() {
    pictures!("leave", {
        let mut person = operation(Truth::Written);
        person.press("q");
        person
    });
}
